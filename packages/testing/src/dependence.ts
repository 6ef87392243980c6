// What depends on one element of an input or of an upstream gradient: found by putting other finite numbers there.

import { type AnyOp, type Backend, Generator } from '@dl/autograd';
import type { SampleCase } from '@dl/autograd/samples';
import { type Evaluation, evaluate, type Numbers, numbersAt, type Place, type Setting, withValue } from './evaluate.js';

type Flags = readonly (readonly boolean[])[];

/** For each element of each result and gradient, how it depends on one element. */
export interface Dependence {
  /** What that element belongs to. */
  readonly name: string;
  /** Whether it changes with that element, all else as it is. */
  readonly must: Flags;
  /** Whether it does so when all else is a little different: a product with 0 depends on the other factor only so. */
  may(): Promise<Flags>;
  /** Where it goes as that element goes to ∞ or -∞; undefined where that is not clear. */
  limits(infinity: number): Promise<readonly (readonly (number | undefined)[])[]>;
}

// Small steps for what only depends nearby, and numbers far away for what something else hides: the largest, what is clamped.
const STEPS = [0.01, -0.4];
const FAR = [0.1, -0.41, 1.9, 40, -40, 1e4, -1e4];
const JITTER = 1e-3;
const LARGE = [1e60, 1e90] as const;

const found = new WeakMap<AnyOp, WeakMap<SampleCase, Map<string, Promise<Dependence>>>>();

/** The same for every backend under test, so it is found once for each sample and place. */
export function dependenceOf(
  op: AnyOp,
  sample: SampleCase,
  setting: Setting,
  place: Place,
  reference: Backend,
): Promise<Dependence> {
  // Ops share samples.
  let ofOp = found.get(op);
  if (ofOp === undefined) found.set(op, (ofOp = new WeakMap()));
  let ofSample = ofOp.get(sample);
  if (ofSample === undefined) ofOp.set(sample, (ofSample = new Map()));
  const key = `${place.at} ${place.element}`;
  let dependence = ofSample.get(key);
  if (dependence === undefined) ofSample.set(key, (dependence = find(op, sample, setting, place, reference)));
  return dependence;
}

async function find(
  op: AnyOp,
  sample: SampleCase,
  setting: Setting,
  place: Place,
  reference: Backend,
): Promise<Dependence> {
  const run = (changed: Setting): Promise<Evaluation> => evaluate(op, sample, changed, 'float64', reference);
  const changes = place.at >= setting.inputs.length ? changesByUpstream : changesByValue;
  let near: Promise<Flags> | undefined;
  return {
    name: numbersAt(setting, place).name,
    must: await changes(run, setting, place),
    may: () => (near ??= changes(run, jittered(setting, place), place)),
    limits: async (infinity) => {
      const [first, second] = [await far(LARGE[0]), await far(LARGE[1])];
      return first.map(({ values }, p) => Array.from(values, (a, i) => limitOf(a, second[p]!.values[i]!)));

      function far(large: number): Promise<Evaluation> {
        return run(withValue(setting, place, Math.sign(infinity) * large));
      }
    },
  };
}

/** By other numbers in place of an input's. */
async function changesByValue(
  run: (setting: Setting) => Promise<Evaluation>,
  setting: Setting,
  place: Place,
): Promise<boolean[][]> {
  const { values } = numbersAt(setting, place);
  const was = values[place.element]!;
  const unit = values.reduce((top, value) => (Number.isFinite(value) ? Math.max(top, Math.abs(value)) : top), 1);
  const before = await run(setting);
  const changed = before.map(({ values }) => new Array<boolean>(values.length).fill(false));
  for (const value of [...STEPS.map((step) => was + step), ...FAR.map((far) => far * unit)]) {
    const after = await run(withValue(setting, place, value));
    for (const [p, { values }] of after.entries()) {
      values.forEach((got, i) => {
        if (!isSame(got, before[p]!.values[i]!)) changed[p]![i] = true;
      });
    }
  }
  return changed;
}

/** Gradients are linear in what comes from upstream: with 1 at the place and 0 elsewhere they are the derivatives themselves. */
async function changesByUpstream(
  run: (setting: Setting) => Promise<Evaluation>,
  setting: Setting,
  place: Place,
): Promise<boolean[][]> {
  const nothing = setting.upstream.map((numbers) => ({ ...numbers, values: new Float64Array(numbers.values.length) }));
  const derivatives = await run(withValue({ ...setting, upstream: nothing }, place, 1));
  return derivatives.map(({ name, values }) =>
    Array.from(values, (value) => name.startsWith('the gradient') && value !== 0),
  );
}

function isSame(a: number, b: number): boolean {
  if (Number.isNaN(a) || Number.isNaN(b) || !Number.isFinite(a - b)) return Object.is(a, b);
  return Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b), 1e-6);
}

/** All floats but the one at the place, moved a little. */
function jittered({ inputs, upstream }: Setting, place: Place): Setting {
  const generator = new Generator(1);
  const move = (numbers: Numbers, at: number): Numbers => {
    if (numbers.dtype !== 'float64') return numbers;
    const values = numbers.values.map((value, i) =>
      at === place.at && i === place.element ? value : value + generator.uniform(-JITTER, JITTER),
    );
    return { ...numbers, values };
  };
  return { inputs: inputs.map(move), upstream: upstream.map((numbers, i) => move(numbers, inputs.length + i)) };
}

/** Where values go that are a and then b: nowhere further, to 0, or on and on. */
function limitOf(a: number, b: number): number | undefined {
  if (Number.isNaN(a) || Number.isNaN(b)) return undefined;
  if (Math.abs(b) === Infinity) return b;
  if (Math.abs(b) < 1e-20) return 0;
  if (Math.abs(a - b) <= 1e-6 * Math.abs(b)) return b;
  if (Math.sign(a) === Math.sign(b) && Math.abs(a) > 10 && Math.abs(b) > 1.2 * Math.abs(a))
    return Math.sign(b) * Infinity;
  return undefined;
}
