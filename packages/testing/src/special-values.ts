// Where NaN and infinities go: exactly to what depends on the element that they stand in. For any test runner.

import { type AnyOp, type Backend, checkCall, type Known } from '@dl/autograd';
import { allSamples, type OpSamples, type SampleCase } from '@dl/autograd/samples';
import type { Check } from './conformance.js';
import { type Dependence, dependenceOf } from './dependence.js';
import { base, type Evaluation, evaluate, type Place, type Setting, slotsOf, withValue } from './evaluate.js';
import { inCase, useBackends } from './running.js';
import { isExcepted } from './special-value-exceptions.js';

export interface SpecialValueOptions {
  /** The backend under test. */
  readonly backend: Backend;
  /** The backend that is trusted; it must do float64. The CPU backend with its TypeScript engine. */
  readonly reference: Backend;
  /** What is left out: the op's name (`conv2d`) or one check of it (`conv2d special values in weight`), with the reason. */
  readonly exclude?: Readonly<Record<string, string>>;
  /** The samples to run. Default: those of every op of @dl/autograd. */
  readonly samples?: readonly OpSamples[];
}

const specialValueOptions: Known<SpecialValueOptions> = {
  backend: 'backend',
  reference: 'backend',
  exclude: 'object',
  samples: 'list',
};

const SPECIAL = [Number.NaN, Infinity, -Infinity];
// In float32 beside the reference in float64, whatever the op's own tolerance.
const CLOSE = 1e-3;
const MANY = 300;

/**
 * The checks that special values reach what depends on them, and nothing else. NaN, ∞ and -∞ are put into one element of
 * an input, or of an upstream gradient, in each sample of each op. Then, of the results and of the gradients of all inputs,
 *
 * - what cannot depend on that element stays as it was, to the bit;
 * - what depends on it becomes NaN with a NaN, and with an infinity what the reference makes of it, which must be its limit
 *   for ever larger numbers, or NaN where the reference has that, too.
 *
 * What depends on an element is found by finite numbers alone: the reference computes in float64 with other numbers in its
 * place. What a backend is free to do otherwise is in `specialValueExceptions`.
 *
 * @example
 * ```ts
 * import { cpu } from '@dl/kernels-cpu';
 * import { specialValueChecks } from '@dl/testing';
 * // In a test file: for (const { name, run } of specialValueChecks({ … })) test(name, run);
 * const checks = specialValueChecks({ backend: cpu(), reference: cpu({ engine: 'typescript' }) });
 * await checks[0]?.run();
 * ```
 */
export function specialValueChecks(options: SpecialValueOptions): Check[] {
  checkCall('specialValueChecks', arguments, [], specialValueOptions);
  const { backend, reference, exclude = {}, samples = allSamples() } = options;
  const known = new Set<string>();
  const checks = samples.flatMap(({ op, cases }) => {
    const slots = new Set(cases.flatMap((sample) => slotsOf(op, sample)));
    return [...slots].map((slot): Check => {
      const name = `${op.name} special values in ${slot}`;
      known.add(op.name).add(name);
      const reason = exclude[name] ?? exclude[op.name];
      return {
        name,
        ...(reason !== undefined && { skip: reason }),
        run: async () => {
          await useBackends(reference, backend);
          for (const [i, sample] of cases.entries())
            if (!sample.constant) await inCase(i, () => checkSlot(op, sample, slot, backend, reference));
        },
      };
    });
  });
  const unknown = Object.keys(exclude).find((name) => !known.has(name));
  if (unknown !== undefined) {
    throw new Error(
      `specialValueChecks: '${unknown}' is excluded, but there is no such op or check; mend the name or remove it`,
    );
  }
  return checks;
}

async function checkSlot(
  op: AnyOp,
  sample: SampleCase,
  slot: string,
  backend: Backend,
  reference: Backend,
): Promise<void> {
  const setting = await base(op, sample, reference);
  const before = await evaluate(op, sample, setting, 'float32', backend);
  for (const place of placesIn(setting, slot)) {
    const dependence = await dependenceOf(op, sample, setting, place, reference);
    for (const special of SPECIAL) {
      const changed = withValue(setting, place, special);
      const after = await evaluate(op, sample, changed, 'float32', backend);
      const trial = {
        op,
        put: `with ${special} in ${dependence.name}, element ${place.element},`,
        before,
        after,
        dependence,
      };
      await checkRest(trial);
      if (Number.isNaN(special)) checkNaN(trial);
      else {
        const expected = await evaluate(op, sample, changed, 'float64', reference);
        checkInfinite(trial, expected);
        if (backend === reference) checkLimits(trial, expected, await dependence.limits(special));
      }
    }
  }
}

/** The elements of a slot to try: one of the first and the last, where vector code ends; of many, where calls take long, the last alone. */
function placesIn(setting: Setting, slot: string): Place[] {
  return [...setting.inputs, ...setting.upstream].flatMap(({ name, dtype, values }, at) => {
    if (dtype !== 'float64' || name.replace(/\[\d+\]$/, '') !== slot) return [];
    const n = values.length;
    const chosen = n <= 2 ? values.keys() : n > MANY ? [n - 1] : [Math.floor(n / 3), n - 1];
    return [...chosen].map((element) => ({ at, element }));
  });
}

/** One special value, put somewhere. */
interface Trial {
  readonly op: AnyOp;
  readonly put: string;
  readonly before: Evaluation;
  readonly after: Evaluation;
  readonly dependence: Dependence;
}

/** What cannot depend on the element stays. */
async function checkRest({ op, put, before, after, dependence }: Trial): Promise<void> {
  for (const [p, { name: part, values }] of after.entries()) {
    if (isExcepted(op, 'spread', dependence.name, part)) continue;
    for (let i = 0; i < values.length; i++) {
      const [got, was] = [values[i]!, before[p]!.values[i]!];
      if (Object.is(got, was) || got === was || dependence.must[p]![i] || (await dependence.may())[p]![i]) continue;
      throw new Error(
        `${put} element ${i} of ${part} became ${got}, and was ${was}; it does not depend on that element`,
      );
    }
  }
}

/** What depends on it becomes NaN. */
function checkNaN({ op, put, after, dependence }: Trial): void {
  for (const [p, { name: part, values, isFloat }] of after.entries()) {
    if (!isFloat || isExcepted(op, 'hidden', dependence.name, part)) continue;
    for (let i = 0; i < values.length; i++) {
      if (!dependence.must[p]![i] || Number.isNaN(values[i])) continue;
      throw new Error(`${put} element ${i} of ${part} is ${values[i]}, and depends on that element; it should be NaN`);
    }
  }
}

/** What depends on an infinity becomes what the reference makes of it. */
function checkInfinite({ op, put, after, dependence }: Trial, expected: Evaluation): void {
  for (const [p, { name: part, values, isFloat }] of after.entries()) {
    if (!isFloat || isExcepted(op, 'infinite', dependence.name, part)) continue;
    for (let i = 0; i < values.length; i++) {
      const wanted = expected[p]!.values[i]!;
      if (!dependence.must[p]![i] || isLike(values[i]!, wanted)) continue;
      throw new Error(`${put} element ${i} of ${part} is ${values[i]}, and ${wanted} on the reference`);
    }
  }
}

/** And the reference has the limit for ever larger numbers, or NaN where its formula has that. */
function checkLimits(
  { op, put, dependence }: Trial,
  expected: Evaluation,
  limits: Awaited<ReturnType<Dependence['limits']>>,
): void {
  for (const [p, { name: part, values, isFloat }] of expected.entries()) {
    if (!isFloat || isExcepted(op, 'infinite', dependence.name, part)) continue;
    for (let i = 0; i < values.length; i++) {
      const limit = limits[p]![i];
      if (!dependence.must[p]![i] || limit === undefined || Number.isNaN(values[i]) || isLike(values[i]!, limit))
        continue;
      throw new Error(`${put} element ${i} of ${part} is ${values[i]}, and its limit is ${limit}`);
    }
  }
}

function isLike(got: number, wanted: number): boolean {
  if (!Number.isFinite(wanted) || !Number.isFinite(got)) return Object.is(got, wanted);
  return Math.abs(got - wanted) <= CLOSE * Math.max(1, Math.abs(wanted));
}
