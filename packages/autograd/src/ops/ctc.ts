// Connectionist temporal classification (Graves et al., 2006): the losses of sequences whose labels are known, but not when each is said.

import { shown } from '../arguments/shown.js';
import { defineOp, required, type Spec } from '../dispatch/define-op.js';
import { type OpSamples, samples } from '../dispatch/samples-type.js';
import { ArgumentError, IndexError, ShapeError } from '../errors.js';
import { filledTensor, tensorFrom } from '../tensor/allocate.js';
import { type DType, typedArray } from '../tensor/dtype.js';
import type { Shape } from '../tensor/shape.js';
import { formatShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, mul } from './arithmetic.js';
import { needFloat, needRank, needSameDType } from './checks.js';
import { greater, less, logicalOr } from './compare.js';
import { clamp, exp, neg } from './elementwise.js';
import { gather, scatterAdd } from './indexing.js';
import { concat, repeat, stack } from './join.js';
import { logSumExp } from './reduce.js';
import { reshape, unsqueeze } from './reshape.js';
import { slice } from './slice.js';
import { split } from './split.js';
import { where } from './where.js';

/** What is known of the sequences of a batch, beside what is predicted. */
export interface CtcSequences {
  /** The labels of each sequence: numbers of classes, none of them the blank. */
  readonly labels: readonly (readonly number[])[];
  /** How many steps of each sequence count, from 1 to `time`. */
  readonly inputLengths: readonly number[];
  /** The class that stands for no label. Default 0. */
  readonly blank: number;
}

const attrs = {
  labels: required<CtcSequences['labels']>(),
  inputLengths: required<CtcSequences['inputLengths']>(),
  blank: 0,
};

/**
 * -log of the probability that each sequence of predictions says its labels: [batch], from `logProbs` [time, batch, classes]. It is summed over
 * all paths to spread the labels over time, with blanks between and repetitions, by the forward algorithm in logarithms; the gradient is minus the
 * probability that a class is said at a step, from the forward and the backward algorithm. A sequence that cannot be said has an infinite loss
 * and no gradient. `ctcLoss` in `@dl/layers` is this with labels in a tensor, and with reductions.
 *
 * @throws IndexError for a label that is the blank or outside the classes.
 */
export const ctcLosses = /* @__PURE__ */ defineOp({
  name: 'ctcLosses',
  inputs: ['logProbs'],
  attrs,
  saves: ['logProbs'],
  infer: ({ logProbs }, sequences) => {
    checkSequences('ctcLosses', logProbs, sequences);
    return { shape: [logProbs.shape[1]!], dtype: logProbs.dtype };
  },
  grad: ({ dy, logProbs }, sequences) => ({
    logProbs: (): Tensor => ctcLossesGrad.run({ g: dy, logProbs }, sequences),
  }),
  compose: ({ logProbs }, sequences): Tensor => {
    const { raw } = totals(logProbs, pathsThrough(logProbs, sequences));
    return where(greater(raw, -NEVER / 2), Infinity, raw);
  },
  takes: { parameters: ['logProbs'], options: { labels: 'list', inputLengths: 'list', blank: 'number' } },
  call:
    (run) =>
    (logProbs: Tensor, { labels, inputLengths, blank = 0 }: Omit<CtcSequences, 'blank'> & { blank?: number }): Tensor =>
      run({ logProbs }, { labels, inputLengths, blank }),
});

/** The gradient of {@link ctcLosses}, with one upstream number g for each sequence. */
export const ctcLossesGrad = /* @__PURE__ */ defineOp({
  name: 'ctcLossesGrad',
  inputs: ['g', 'logProbs'],
  attrs,
  infer: ({ g, logProbs }, sequences) => {
    checkSequences('ctcLossesGrad', logProbs, sequences);
    needSameDType('ctcLossesGrad', 'g', g, 'logProbs', logProbs);
    if (g.shape.length !== 1 || g.shape[0] !== logProbs.shape[1]) {
      throw new ShapeError(
        `ctcLossesGrad: g is ${formatShape(g.shape)}, needs [${logProbs.shape[1]}], one number a sequence`,
      );
    }
    return { shape: logProbs.shape, dtype: logProbs.dtype };
  },
  compose: ({ g, logProbs }, sequences): Tensor => {
    const paths = pathsThrough(logProbs, sequences);
    const { raw, said, forward } = totals(logProbs, paths);
    const backward = backwards(said, paths);
    const toTotal = unsqueeze(raw, 1);
    const by = unsqueeze(neg(g), 1);
    const shares = forward.map((state, t) => {
      // No path leads there, or on: then nothing depends on the total, nor on g. [batch, states]
      const isOut = logicalOr(less(state, NEVER / 2), less(backward[t]!, NEVER / 2));
      const share = exp(where(isOut, NEVER, add(add(state, backward[t]!), toTotal)));
      return where(paths.within[t]!, where(isOut, 0, mul(share, by)), 0);
    });
    const nothing = filledTensor(logProbs.backend, 0, logProbs.shape, logProbs.dtype, 'ctcLossesGrad');
    return scatterAdd(nothing, 2, paths.classes, stack(shares));
  },
});

function checkSequences(op: string, logProbs: Spec, { labels, inputLengths, blank }: CtcSequences): void {
  needFloat(op, 'logProbs', logProbs);
  needRank(op, 'logProbs', logProbs, 3, '[time, batch, classes]');
  const [time, batch, classes] = logProbs.shape as readonly [number, number, number];
  if (labels.length !== batch || inputLengths.length !== batch) {
    throw new ShapeError(
      `${op}: ${labels.length} rows of labels and ${inputLengths.length} lengths for ${formatShape(logProbs.shape)}; needs ${batch} of each`,
    );
  }
  if (!Number.isInteger(blank) || blank < 0 || blank >= classes) {
    throw new ArgumentError(`${op}: blank is ${shown(blank)}, needs the number of a class, 0 to ${classes - 1}`);
  }
  for (const length of inputLengths) {
    if (!Number.isInteger(length) || length < 1 || length > time) {
      throw new ShapeError(`${op}: an input length is ${shown(length)}, needs a whole number from 1 to ${time}`);
    }
  }
  for (const row of labels) {
    for (const label of row) {
      if (!Number.isInteger(label) || label < 0 || label >= classes || label === blank) {
        throw new IndexError(
          `${op}: a label is ${shown(label)}, needs a class from 0 to ${classes - 1} other than the blank, ${blank}`,
        );
      }
    }
  }
}

/** A logarithm of nothing that can be added to and subtracted from: with -∞ it would be NaN. */
const NEVER = -1e30;

/** The states that say the labels: blank, first label, blank, second, …, blank; and how a path may go through them. */
interface Paths {
  /** The class that each state says, [time, batch, states]. */
  readonly classes: Tensor;
  /** Whether a path from the begin to the end comes by, [time, batch, states]. */
  readonly isOnPath: Tensor;
  /** True where a state may follow the last but one: a label that differs from the one before. [batch, states] */
  readonly mayJump: Tensor;
  /** 0 in the states that a path may begin in, and NEVER elsewhere; the same for the end. [batch, states] */
  readonly begin: Tensor;
  readonly end: Tensor;
  /** Whether a step is within the sequence, and whether it is before the last one. Each [batch, 1]. */
  readonly within: readonly Tensor[];
  readonly beforeLast: readonly Tensor[];
}

function pathsThrough({ shape, dtype, backend }: Tensor, { labels, inputLengths, blank }: CtcSequences): Paths {
  const [time, batch] = shape as readonly [number, number, number];
  const states = 2 * labels.reduce((most, { length }) => Math.max(most, length), 0) + 1;
  const made = (shape: Shape, dtype: DType, values: readonly (number | boolean)[]): Tensor => {
    const array = typedArray(dtype, values.length);
    array.set(values.map(Number));
    return tensorFrom(backend, array, shape, dtype, 'ctcLosses');
  };
  const each = <T>(f: (row: number, state: number) => T): T[] =>
    labels.flatMap((_, row) => Array.from({ length: states }, (_, state) => f(row, state)));
  const classOf = (row: number, state: number): number =>
    state % 2 === 0 ? blank : (labels[row]![state >> 1] ?? blank);
  const isEnd = (row: number, state: number): boolean => {
    const last = 2 * labels[row]!.length;
    return state === last || state === last - 1;
  };
  const allows = (f: (row: number, state: number) => boolean): Tensor =>
    made(
      [batch, states],
      dtype,
      each((row, state) => (f(row, state) ? 0 : NEVER)),
    );
  const steps = (isTrue: (length: number, step: number) => boolean): Tensor[] =>
    Array.from({ length: time }, (_, step) =>
      made(
        [batch, 1],
        'bool',
        inputLengths.map((length) => isTrue(length, step)),
      ),
    );
  return {
    isOnPath: made([time, batch, states], 'bool', statesOnPaths(time, states, classOf, labels, inputLengths).flat(2)),
    classes: repeat(made([1, batch, states], 'int32', each(classOf)), [time, 1, 1]),
    mayJump: made(
      [batch, states],
      'bool',
      each((row, state) => state % 2 === 1 && state > 1 && classOf(row, state) !== classOf(row, state - 2)),
    ),
    begin: allows((_, state) => state < 2),
    end: allows(isEnd),
    within: steps((length, step) => step < length),
    beforeLast: steps((length, step) => step < length - 1),
  };
}

/** For each step, sequence and state, whether it can be reached, and the end from there. */
function statesOnPaths(
  time: number,
  states: number,
  classOf: (row: number, state: number) => number,
  labels: CtcSequences['labels'],
  inputLengths: CtcSequences['inputLengths'],
): boolean[][][] {
  const on = Array.from({ length: time }, () => labels.map(() => new Array<boolean>(states).fill(false)));
  for (const [row, { length }] of labels.entries()) {
    const steps = inputLengths[row]!;
    const last = 2 * length;
    // The first state that can be reached, and the last: a path goes on by one state, or by two between labels that differ.
    const furthest = [Math.min(1, last)];
    const nearest = [Math.max(last - 1, 0)];
    const mayJump = (state: number): boolean => state % 2 === 1 && classOf(row, state) !== classOf(row, state - 2);
    for (let t = 1; t < steps; t++) {
      const [far, near] = [furthest[t - 1]!, nearest[t - 1]!];
      furthest.push(Math.min(last, far + (far + 2 <= last && mayJump(far + 2) ? 2 : 1)));
      nearest.push(Math.max(0, near - (near >= 2 && mayJump(near) ? 2 : 1)));
    }
    for (let t = 0; t < steps; t++) {
      for (let state = nearest[steps - 1 - t]!; state <= furthest[t]!; state++) on[t]![row]![state] = true;
    }
  }
  return on;
}

interface Totals {
  /** The losses, where what is impossible is about -NEVER. */
  readonly raw: Tensor;
  /** What each state says at each step, and the logarithm of the probability of all paths that lead there. */
  readonly said: readonly Tensor[];
  readonly forward: readonly Tensor[];
}

/** The forward algorithm. */
function totals(logProbs: Tensor, { classes, isOnPath, mayJump, begin, end, within }: Paths): Totals {
  const [batch, states] = mayJump.shape as readonly [number, number];
  // What no path comes by reaches nothing.
  const said = split(where(isOnPath, clamp(gather(logProbs, 2, classes), NEVER, Infinity), NEVER), 1).map((step) =>
    reshape(step, [batch, states]),
  );
  const forward: Tensor[] = [saying(begin, said[0]!)];
  for (let t = 1; t < said.length; t++) {
    const before = forward[t - 1]!;
    const jump = where(mayJump, shifted(before, 2), NEVER);
    const led = logSumExp(stack([before, shifted(before, 1), jump]), 0);
    forward.push(where(within[t]!, saying(led, said[t]!), before));
  }
  return { raw: neg(logSumExp(saying(end, forward.at(-1)!), 1)), said, forward };
}

/** The backward algorithm: the logarithm of the probability of all paths from each state to the end, without what it says itself. */
function backwards(said: readonly Tensor[], { mayJump, end, beforeLast }: Paths): Tensor[] {
  const backward: Tensor[] = [end];
  for (let t = said.length - 2; t >= 0; t--) {
    const from = saying(backward[0]!, said[t + 1]!);
    const jump = shifted(where(mayJump, from, NEVER), -2);
    backward.unshift(where(beforeLast[t]!, logSumExp(stack([from, shifted(from, -1), jump]), 0), end));
  }
  return backward;
}

/** Adds what is said to the paths that lead to it; where there are none, it does not matter. */
function saying(paths: Tensor, said: Tensor): Tensor {
  return where(less(paths, NEVER / 2), NEVER, add(paths, said));
}

/** Each row moved by so many states, to the right where positive, with NEVER moving in. */
function shifted(x: Tensor, by: number): Tensor {
  const [batch, states] = x.shape as readonly [number, number];
  const count = Math.min(Math.abs(by), states);
  const fresh = filledTensor(x.backend, NEVER, [batch, count], x.dtype, 'ctcLosses');
  if (count === states) return fresh;
  return by > 0
    ? concat([fresh, slice(x, [null, [0, states - count]])], 1)
    : concat([slice(x, [null, [count, states]]), fresh], 1);
}

export const ctcSamples = (): readonly OpSamples[] => {
  const logProbs = (time: number, batch: number, classes: number) =>
    ({ shape: [time, batch, classes], low: -3, high: -0.1 }) as const;
  const several = { labels: [[1, 2], [1, 1], [1], [2]], inputLengths: [5, 4, 3, 2], blank: 0 };
  const single = { labels: [[2, 0, 0, 1, 2, 0]], inputLengths: [9], blank: 3 };
  const impossible = { labels: [[1, 1], [2]], inputLengths: [2, 3], blank: 0 };
  return [
    samples(
      ctcLosses,
      [
        { inputs: { logProbs: logProbs(5, 4, 3) }, attrs: several },
        { inputs: { logProbs: logProbs(9, 1, 4) }, attrs: single },
        { inputs: { logProbs: logProbs(3, 2, 3) }, attrs: impossible, smooth: false },
      ],
      { tolerance: 1e-5 },
    ),
    samples(
      ctcLossesGrad,
      [
        { inputs: { g: { shape: [4] }, logProbs: logProbs(5, 4, 3) }, attrs: several },
        { inputs: { g: { shape: [1] }, logProbs: logProbs(9, 1, 4) }, attrs: single },
        { inputs: { g: { shape: [2] }, logProbs: logProbs(3, 2, 3) }, attrs: impossible },
      ],
      { tolerance: 1e-5 },
    ),
  ];
};
