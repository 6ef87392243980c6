// The conformance suite: every op, on its own samples, against a backend that is trusted. For any test runner.

import {
  type AnyOp,
  type Backend,
  checkCall,
  concat,
  type DType,
  type Known,
  memory,
  type Shape,
  scope,
  type Tensor,
  useBackend,
  withBackend,
} from '@dl/autograd';
import { allSamples, type OpSamples, type RelativeTo, type SampleCase } from '@dl/autograd/samples';
import { assertAllClose } from './all-close.js';
import { axesCases } from './axes-cases.js';
import { bufferChecks } from './buffer-checks.js';
import { castChecks } from './cast-checks.js';
import { checkDependent } from './dependent-check.js';
import { gradCheck } from './grad-check.js';
import { checkParts } from './part-check.js';
import { inCase, useBackends } from './running.js';
import { sampleGradients } from './sample-gradients.js';
import { inputsFrom, isList, leavesOf, returned, runSample, sampleTensors } from './sample-inputs.js';
import { actsOnElements, magnitudeCases, specialCases } from './special-cases.js';
import { spreadsOnSome } from './special-value-exceptions.js';

/** A test to hand to a runner: `test(name, run)`, or `test.skip` where there is a reason to leave it out. */
export interface Check {
  readonly name: string;
  readonly skip?: string;
  run(): void | Promise<void>;
}

export interface ConformanceOptions {
  /** The backend under test. */
  readonly backend: Backend;
  /** The backend that is trusted; it must do float64. The CPU backend with its TypeScript engine. */
  readonly reference: Backend;
  /**
   * What is left out, with the reason: an op (`conv2d`), one check of it (`conv2d gradient float32`), or that check of every
   * op (`special values int32`).
   */
  readonly exclude?: Readonly<Record<string, string>>;
  /** False for a device that has zeros in place of numbers below 2^-126. Default true. */
  readonly subnormals?: boolean;
  /** The largest whole number that the backend holds exactly. Default 2^31. */
  readonly largestInteger?: number;
  /** The numbers of axes to try beside those of the samples. Default 1 to 9; fewer for a device that compiles each shape anew. */
  readonly axes?: readonly number[];
  /** The samples to run. Default: those of every op of @dl/autograd. */
  readonly samples?: readonly OpSamples[];
  /**
   * What is asked of an op that the backend composes of others: `all`, or `samples`, its samples' values, gradients and memory alone, for a device
   * on which calls take long; the rest is asked of the ops that it is composed of. The backend's table of kernels tells which ops they are, so start
   * the backend before. Default `all`.
   */
  readonly compositions?: 'all' | 'samples';
}

const conformanceOptions: Known<ConformanceOptions> = {
  backend: 'backend',
  reference: 'backend',
  exclude: 'object',
  subnormals: 'boolean',
  largestInteger: 'number',
  axes: 'list',
  samples: 'list',
  compositions: ['all', 'samples'],
};

/**
 * The checks of a backend: for each sample of each op the values and the gradients in float32 (and in float64 where the
 * backend has it) against the reference in float64, the same of inputs that are parts of larger tensors, and that nothing stays in
 * memory; what the backend does with some of the elements of a buffer; and casts between all dtypes that it has.
 *
 * @example
 * ```ts
 * import { cpu } from '@dl/kernels-cpu';
 * import { conformance } from '@dl/testing';
 * // In a test file: for (const { name, run } of conformance({ … })) test(name, run);
 * const checks = conformance({ backend: cpu(), reference: cpu() });
 * await checks[0]?.run();
 * ```
 */
export function conformance(options: ConformanceOptions): Check[] {
  checkCall('conformance', arguments, [], conformanceOptions);
  const {
    backend,
    reference,
    exclude = {},
    subnormals = true,
    largestInteger = 2 ** 31,
    axes,
    samples = allSamples(),
    compositions = 'all',
  } = options;
  const checks: Check[] = [];
  const known = new Set<string>();
  const add = (op: AnyOp, what: string, run: () => void | Promise<void>): void => {
    const name = `${op.name} ${what}`;
    known.add(op.name).add(what).add(name);
    // Who asks for everything need not have started the backend.
    const isComposed = (): boolean => op.declaration.compose !== undefined && !backend.kernels.has(op);
    if (compositions === 'samples' && !ofSamples.test(what) && isComposed()) return;
    const reason = exclude[name] ?? exclude[op.name] ?? exclude[what];
    checks.push({ name, run, ...(reason !== undefined && { skip: reason }) });
  };
  const floats = (['float32', 'float64'] as const).filter((dtype) => backend.supports(dtype));
  for (const { op, cases, tolerance, ...own } of samples) {
    const relativeTo = own.relativeTo ?? (actsOnElements(op, cases) ? 'value' : 'largest');
    const closeness = { tolerance, relativeTo };
    const eachCase = <Case>(what: string, cases: readonly Case[], check: (sample: Case) => Promise<void>): void => {
      if (cases.length === 0) return;
      add(op, what, async () => {
        await useBackends(reference, backend);
        for (const [i, sample] of cases.entries()) await inCase(i, () => check(sample));
      });
    };
    for (const dtype of floats) {
      const within = dtype === 'float64' ? 1e-12 : tolerance;
      eachCase(`values ${dtype}`, cases, (sample) => compareValues(op, sample, dtype, closeness, backend, reference));
      if (op.declaration.grad !== 'nondifferentiable') {
        eachCase(`gradient ${dtype}`, cases, (sample) =>
          compareGradients(op, sample, dtype, gradientTolerance(within), backend, reference),
        );
      }
    }
    const overAxes = axesCases(op, cases, axes);
    eachCase('1 to 9 axes', overAxes, (sample) =>
      described(sample(), (sample) => compareValues(op, sample, 'float32', closeness, backend, reference)),
    );
    if (op.declaration.grad !== 'nondifferentiable') {
      eachCase('gradient of 1 to 9 axes', overAxes, (sample) =>
        described(sample(), (sample) =>
          compareGradients(op, sample, 'float32', gradientTolerance(tolerance), backend, reference),
        ),
      );
    }
    for (const dtype of ['float32', 'int32', 'bool'] as const) {
      const special = specialCases(op, cases, dtype, { subnormals, largestInteger });
      eachCase(`special values ${dtype}`, special, (each) =>
        described(each.sample(), (sample) =>
          each.isElementwise
            ? compareEach(op, sample, { ...closeness, largestInteger }, backend, reference)
            : compareValues(op, sample, 'float32', closeness, backend, reference, {
                anyInfinite: hasFormulas(op),
                maySpread: spreadsOnSome(op),
              }),
        ),
      );
    }
    for (const dtype of floats)
      eachCase(`inputs that are parts, ${dtype}`, cases, (sample) => checkParts(op, sample, dtype, backend));
    eachCase('numbers of every size float32', magnitudeCases(op, cases), (sample) =>
      described(sample(), (sample) => compareEach(op, sample, { ...closeness, largestInteger }, backend, reference)),
    );
    add(op, 'leaves no memory', async () => {
      await useBackends(reference, backend);
      for (const sample of cases) checkMemory(op, sample, backend);
    });
  }
  for (const [name, run] of Object.entries({ ...bufferChecks(backend), ...castChecks(backend) })) {
    known.add(name);
    const reason = exclude[name];
    checks.push({
      name,
      run: async () => {
        await useBackends(reference, backend);
        await run();
      },
      ...(reason !== undefined && { skip: reason }),
    });
  }
  const unknown = Object.keys(exclude).find((name) => !known.has(name));
  if (unknown !== undefined)
    throw new Error(
      `conformance: '${unknown}' is excluded, but there is no such op or check; mend the name or remove it`,
    );
  return checks;
}

/** The checks of an op's samples as they are. */
const ofSamples = /^(values|gradient) float|^leaves no memory$/;

/** Says of a case that follows from others what it is. */
async function described(sample: SampleCase, check: (sample: SampleCase) => Promise<void>): Promise<void> {
  try {
    await check(sample);
  } catch (error) {
    const shapes = Object.entries(sample.inputs).map(([name, input]) => {
      const lists = (isList(input!) ? input : [input]) as readonly { shape: Shape; dtype: DType }[];
      return `${name} ${lists.map(({ dtype, shape }) => `${dtype} [${shape.join(', ')}]`).join(', ')}`;
    });
    throw new Error(`${shapes.join(', ')}, ${JSON.stringify(sample.attrs)}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** A gradient passes through several ops, each with its own rounding, also where the op itself has none. */
const gradientTolerance = (tolerance: number): number => 10 * (tolerance === 0 ? 1e-6 : tolerance);

/** A device may have zeros below 2^-126, also on the way to a result, as in x · sigmoid(x). */
const TINY = 2 ** -119;

/** How special values may differ: in which kind of infinite, or by a NaN where the reference has a number. */
interface Special {
  readonly anyInfinite?: boolean;
  readonly maySpread?: boolean;
}

/** How far results may be apart. */
interface Closeness {
  readonly tolerance: number;
  readonly relativeTo: RelativeTo;
}

async function compareValues(
  op: AnyOp,
  sample: SampleCase,
  dtype: 'float32' | 'float64',
  { tolerance, relativeTo }: Closeness,
  backend: Backend,
  reference: Backend,
  special: Special = {},
): Promise<void> {
  using _ = scope();
  const actual = withBackend(backend, () => runSample(op, sampleTensors(sample, dtype, backend), sample.attrs));
  const expected = withBackend(reference, () =>
    runSample(op, sampleTensors(sample, 'float64', reference), sample.attrs),
  );
  await together(Object.keys(expected), (name) => {
    // A mean of integers is in single precision, whatever else is in double.
    const within = expected[name]!.dtype === 'float64' && dtype === 'float64' ? 1e-12 : tolerance;
    return compareTensors(actual[name]!, expected[name]!, within, { isEach: relativeTo === 'value', ...special });
  });
}

/** Several formulas are equal for finite numbers only: on the way of one ∞ - ∞ may arise, on that of another not. */
function hasFormulas(op: AnyOp): boolean {
  return op.declaration.compose !== undefined;
}

async function compareGradients(
  op: AnyOp,
  sample: SampleCase,
  dtype: 'float32' | 'float64',
  within: number,
  backend: Backend,
  reference: Backend,
): Promise<void> {
  using _ = scope();
  const actual = withBackend(backend, () => sampleGradients(op, sampleTensors(sample, dtype, backend), sample));
  const expected = withBackend(reference, () =>
    sampleGradients(op, sampleTensors(sample, 'float64', reference), sample),
  );
  await together([...actual.entries()], async ([i, gradient]) => {
    const other = expected[i];
    if ((gradient === undefined) !== (other === undefined))
      throw new Error(`input ${i} has a gradient on one backend only`);
    if (gradient !== undefined) await compareTensors(gradient, other!, within);
  });
}

/** Checks that read from a device, all at once, so that it is waited for but once; the error is that of the first that fails. */
async function together<T>(list: readonly T[], check: (item: T) => Promise<void>): Promise<void> {
  const results = await Promise.allSettled(list.map(check));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

/**
 * Values one by one, within a fraction of the value itself, or of the inputs where those are small, as in gelu(-3), where a sum
 * of numbers near 1 is left. What single precision cannot hold is infinite, and may be 0 below 2^-126;
 * what the backend's integers cannot hold, it may round.
 */
async function compareEach(
  op: AnyOp,
  sample: SampleCase,
  { tolerance, relativeTo, largestInteger }: Closeness & { readonly largestInteger: number },
  backend: Backend,
  reference: Backend,
): Promise<void> {
  using _ = scope();
  const inputs = sampleTensors(sample, 'float64', reference);
  const actual = withBackend(backend, () => runSample(op, sampleTensors(sample, 'float32', backend), sample.attrs));
  const expected = withBackend(reference, () => runSample(op, inputs, sample.attrs));
  const [a, e] = [await Object.values(actual)[0]!.data(), await Object.values(expected)[0]!.data()];
  const columns = Object.values(inputs).map((input) => (input as Tensor).dataSync());
  const wrong: string[] = [];
  for (let i = 0; i < e.length; i++) {
    const given = columns.map((column) => column[i]!);
    const right = e instanceof Float64Array ? Math.fround(e[i]!) : e[i]!;
    const least = relativeTo === 'value' ? 0 : Math.min(1, ...given.map(Math.abs).filter((x) => x >= 0));
    const scale = Math.max(Math.abs(right), least);
    if (e instanceof Int32Array && Math.abs(right) > largestInteger) continue;
    const allowed = e instanceof Float64Array ? tolerance * (Number.isFinite(scale) ? scale : 0) + TINY : 0;
    if (Object.is(a[i], right) || a[i] === right || Math.abs(a[i]! - right) <= allowed) continue;
    wrong.push(`(${given.join(', ')}) gives ${a[i]}, expected ${right}`);
  }
  if (wrong.length === 0) return;
  throw new Error(`${wrong.length} of ${e.length} differ: ${wrong.slice(0, 12).join('; ')}`);
}

/** Within a fraction of each value, or of the largest finite one: what rounding in a sum is proportional to. */
async function compareTensors(
  actual: Tensor,
  expected: Tensor,
  within: number,
  { isEach = false, anyInfinite = false, maySpread = false }: Special & { readonly isEach?: boolean } = {},
): Promise<void> {
  const [a, e] = [await actual.data(), await expected.data()];
  if (`${actual.shape}` !== `${expected.shape}`)
    throw new Error(`the shapes differ: got [${actual.shape}], expected [${expected.shape}]`);
  if (!(e instanceof Float64Array || e instanceof Float32Array)) return assertAllClose(a, e, { rtol: 0, atol: 0 });
  let largest = 0;
  for (const value of e) if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
  if (anyInfinite)
    for (let i = 0; i < e.length; i++) if (!Number.isFinite(e[i]) && !Number.isFinite(a[i])) a[i] = e[i]!;
  if (maySpread) for (let i = 0; i < e.length; i++) if (Number.isNaN(a[i])) a[i] = e[i]!;
  assertAllClose(a, e, { rtol: within, atol: isEach ? TINY : within * largest });
}

function checkMemory(op: AnyOp, sample: SampleCase, backend: Backend): void {
  const before = memory();
  const buffers = liveBuffers(backend);
  const use = (): void => {
    using _ = scope();
    sampleGradients(op, sampleTensors(sample, 'float32', backend), sample);
  };
  use();
  // What a backend keeps for good, such as scalar operands, is there after two rounds.
  if (liveBuffers(backend) !== buffers) {
    use();
    const kept = liveBuffers(backend);
    use();
    const left = liveBuffers(backend) - kept;
    if (left !== 0)
      throw new Error(`the ${backend.name} backend holds ${left} buffers more after each use: see its free`);
  }
  const after = memory();
  if (after.bytes !== before.bytes || after.buffers !== before.buffers) {
    throw new Error(`${after.buffers - before.buffers} buffers and ${after.bytes - before.bytes} bytes stay in memory`);
  }
}

/** Asked of the backend, since what it was told to free it need not have freed. */
function liveBuffers(backend: Backend): number {
  const { liveBuffers } = backend.info().details;
  if (typeof liveBuffers === 'number') return liveBuffers;
  throw new Error(
    `the ${backend.name} backend does not say how many buffers live; count them in allocate and free, and return { liveBuffers } from details()`,
  );
}

export interface GradientCheckOptions {
  /** A backend that does float64. */
  readonly backend: Backend;
  /** Default: those of every op of @dl/autograd. */
  readonly samples?: readonly OpSamples[];
  /** Ops to leave out, with the reason. */
  readonly exclude?: Readonly<Record<string, string>>;
}

const gradientCheckOptions: Known<GradientCheckOptions> = { backend: 'backend', samples: 'list', exclude: 'object' };

/**
 * The checks of the ops themselves, in float64, on every sample that does not sit on a kink: each gradient formula against
 * finite differences, first and second order, and second and third derivatives where the inputs depend on one another.
 */
export function gradientChecks(options: GradientCheckOptions): Check[] {
  checkCall('gradientChecks', arguments, [], gradientCheckOptions);
  const { backend, samples = allSamples(), exclude = {} } = options;
  const differentiable = samples.filter(({ op }) => op.declaration.grad !== 'nondifferentiable');
  const checks = (what: string, check: typeof checkSample): Check[] =>
    differentiable.map(({ op, cases }) => ({
      name: `${op.name} ${what}`,
      ...(exclude[op.name] !== undefined && { skip: exclude[op.name]! }),
      run: async () => {
        await useBackend(backend);
        for (const [i, sample] of cases.entries()) {
          if (sample.smooth === false) continue;
          await inCase(i, async () => {
            using _ = scope();
            check(op, sample, backend);
          });
        }
      },
    }));
  return [
    ...checks('gradient against finite differences, first and second order', checkSample),
    ...checks('second and third derivative of dependent inputs', checkDependent),
  ];
}

function checkSample(op: AnyOp, sample: SampleCase, backend: Backend): void {
  const tensors = sampleTensors(sample, 'float64', backend);
  const { leaves } = leavesOf(op, tensors);
  if (leaves.length === 0) return;
  const f = (...xs: Tensor[]): Tensor => {
    const outputs = returned(op, runSample(op, inputsFrom(op, tensors, xs), sample.attrs)).filter(
      ({ dtype }) => dtype === 'float64',
    );
    if (outputs.length === 0) return xs[0]!.mul(0).sum();
    return outputs.length === 1 ? outputs[0]! : concat(outputs.map((output) => output.reshape([output.size])));
  };
  gradCheck(f, leaves, { secondOrder: true });
}
