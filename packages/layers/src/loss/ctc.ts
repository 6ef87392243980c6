// Connectionist temporal classification, as a function and as a module: the loss of a sequence whose labels are known, but not when each is said.

import {
  ArgumentError,
  add,
  clamp,
  concat,
  customGrad,
  DTypeError,
  exp,
  formatShape,
  full,
  gather,
  IndexError,
  internalScope,
  logSumExp,
  mul,
  noGrad,
  repeat,
  type Shape,
  ShapeError,
  scatterAdd,
  slice,
  split,
  stack,
  Tensor,
  tensor,
  where,
  zeros,
} from '@dl/autograd';
import { describe } from '../core/checks.js';
import { Loss } from './loss.js';
import { checkReduction, type LossOptions, needFloats, needLayout, needRange, reduceLosses } from './reduction.js';

/** Options of {@link ctcLoss}. */
export interface CtcLossOptions extends LossOptions {
  /** The class that stands for no label. Default 0. */
  readonly blank?: number;
  /** Take 0 for the loss of a sequence that is too short for its labels, instead of infinity. Default false. */
  readonly zeroInfinity?: boolean;
}

/** A logarithm of nothing that can be added to and subtracted from: with -∞ it would be no number. */
const NEVER = -1e30;

/**
 * -log of the probability that a sequence of predictions says the labels: summed over all ways to spread them over time, with blanks between
 * and repetitions (Graves et al., 2006), by the forward algorithm in logarithms. `logProbs` [time, batch, classes] are logSoftmax of the
 * logits; `targets` [batch, length] (`int32`) are the labels, whatever fills up the shorter ones, or [count], those of all sequences one after
 * the other; the lengths say how many steps and labels count in each sequence. One sequence alone is [time, classes]. The mean divides each loss by its number of labels first, as in PyTorch.
 *
 * The gradient is that of the formula: minus the probability that a class is said at a step, from the forward and the backward algorithm
 * (PyTorch's adds what logSoftmax takes away again; for the logits before it both are the same). A sequence that cannot be said
 * has an infinite loss and no gradient.
 *
 * @throws IndexError for a label that is blank or outside the classes.
 * @throws ShapeError for lengths that do not fit.
 *
 * @example
 * ```ts
 * import { logSoftmax, tensor, useBackend, zeros } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { ctcLoss } from '@dl/layers';
 * await useBackend(cpu());
 * const logProbs = logSoftmax(zeros([3, 1, 2])); // 3 steps, 1 sequence, blank and 'a'
 * const loss = ctcLoss(logProbs, tensor([[1]], { dtype: 'int32' }), [3], [1]);
 * console.log(loss.item()); // 0.2876… = -log(6/8): 'a' is said by a__, _a_, __a, aa_, _aa and aaa
 * ```
 */
export function ctcLoss(
  logProbs: Tensor,
  targets: Tensor,
  inputLengths: readonly number[],
  targetLengths: readonly number[],
  { blank = 0, zeroInfinity = false, reduction = 'mean' }: CtcLossOptions = {},
): Tensor {
  checkReduction('ctcLoss', reduction);
  if (logProbs instanceof Tensor && logProbs.rank === 2) {
    const batch = logProbs.unsqueeze(1);
    return ctcLoss(batch, targets, inputLengths, targetLengths, { blank, zeroInfinity, reduction }).reshape([]);
  }
  const labels = checkInputs(logProbs, targets, inputLengths, targetLengths, blank);
  const ways = waysThrough(labels, inputLengths, targetLengths, blank, logProbs);
  const raw = alignmentLoss(logProbs, ways);
  const losses = where(raw.greater(-NEVER / 2), zeroInfinity ? 0 : Infinity, raw);
  if (reduction !== 'mean') return reduceLosses('ctcLoss', losses, reduction);
  const counts = targetLengths.map((length) => Math.max(length, 1));
  return losses.div(tensor(counts, { dtype: logProbs.dtype, backend: logProbs.backend })).mean();
}

/**
 * Of sequences whose labels have no time, as a module, see {@link ctcLoss}: logProbs [time, batch, classes], targets [batch,
 * length] and two arrays of lengths → [], or [batch] without reduction.
 *
 * @example
 * ```ts
 * import { logSoftmax, tensor, useBackend, zeros } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { CTCLoss } from '@dl/layers';
 * await useBackend(cpu());
 * const loss = new CTCLoss();
 * const logProbs = logSoftmax(zeros([3, 1, 2])); // 3 steps, 1 sequence, blank and 'a'
 * console.log(loss.forward(logProbs, tensor([[1]], { dtype: 'int32' }), [3], [1]).item()); // 0.2876… = -log(6/8)
 * ```
 */
export class CTCLoss extends Loss<
  CtcLossOptions,
  readonly [logProbs: Tensor, targets: Tensor, inputLengths: readonly number[], targetLengths: readonly number[]]
> {
  forward(
    logProbs: Tensor,
    targets: Tensor,
    inputLengths: readonly number[],
    targetLengths: readonly number[],
  ): Tensor {
    return ctcLoss(logProbs, targets, inputLengths, targetLengths, this.options);
  }
}

/** The states that say the labels: blank, first label, blank, second, …, blank; and how a way may go through them. */
interface Ways {
  /** The class that each state says, [time, batch, states]. */
  readonly classes: Tensor;
  /** True where a state may follow the last but one: a label that differs from the one before. [batch, states] */
  readonly mayJump: Tensor;
  /** 0 in the states that a way may begin in, and NEVER elsewhere; the same for the end. [batch, states] */
  readonly begin: Tensor;
  readonly end: Tensor;
  /** Whether a step is within the sequence, and whether it is before the last one. Each [batch, 1]. */
  readonly within: readonly Tensor[];
  readonly beforeLast: readonly Tensor[];
}

function waysThrough(
  labels: Int32Array[],
  inputLengths: readonly number[],
  targetLengths: readonly number[],
  blank: number,
  { shape, dtype, backend }: Tensor,
): Ways {
  const [time, batch] = shape as readonly [number, number, number];
  const states = 2 * Math.max(...targetLengths, 0) + 1;
  const each = <T>(f: (row: number, state: number) => T): T[][] =>
    labels.map((_, row) => Array.from({ length: states }, (_, state) => f(row, state)));
  const classOf = (row: number, state: number): number =>
    state % 2 === 0 ? blank : (labels[row]![state >> 1] ?? blank);
  const classes = each(classOf);
  const isEnd = (row: number, state: number): boolean => {
    const last = 2 * targetLengths[row]!;
    return state === last || state === last - 1;
  };
  const steps = (isTrue: (length: number, step: number) => boolean): Tensor[] =>
    Array.from({ length: time }, (_, step) =>
      tensor(
        inputLengths.map((length) => [isTrue(length, step)]),
        { backend },
      ),
    );
  return {
    classes: repeat(tensor([classes], { dtype: 'int32', backend }), [time, 1, 1]),
    mayJump: tensor(
      each((row, state) => state % 2 === 1 && state > 1 && classOf(row, state) !== classOf(row, state - 2)),
      { backend },
    ),
    begin: tensor(
      each((_, state) => (state < 2 ? 0 : NEVER)),
      { dtype, backend },
    ).reshape([batch, states]),
    end: tensor(
      each((row, state) => (isEnd(row, state) ? 0 : NEVER)),
      { dtype, backend },
    ).reshape([batch, states]),
    within: steps((length, step) => step < length),
    beforeLast: steps((length, step) => step < length - 1),
  };
}

/** The loss of each sequence, [batch]; its gradient is written in ops, so that it can be differentiated again. */
const alignmentLoss = (logProbs: Tensor, ways: Ways): Tensor =>
  customGrad(
    (x: Tensor) => ({
      value: inScope(() => totals(x, ways).losses),
      gradient: (dy: Tensor): [Tensor] => [gradientOf(logProbs, ways, dy)],
    }),
    { name: 'ctcLoss' },
  )(logProbs);

interface Totals {
  readonly losses: Tensor;
  /** What each state says at each step, and the logarithm of the probability of all ways that lead there. */
  readonly said: readonly Tensor[];
  readonly forward: readonly Tensor[];
}

/** The forward algorithm. */
function totals(logProbs: Tensor, { classes, mayJump, begin, end, within }: Ways): Totals {
  const [batch, states] = mayJump.shape as readonly [number, number];
  const said = split(clamp(gather(logProbs, 2, classes), NEVER, Infinity), 1).map((step) =>
    step.reshape([batch, states]),
  );
  const forward: Tensor[] = [add(begin, said[0]!)];
  for (let t = 1; t < said.length; t++) {
    const before = forward[t - 1]!;
    const jump = where(mayJump, shifted(before, 2), NEVER);
    const led = logSumExp(stack([before, shifted(before, 1), jump]), 0);
    forward.push(where(within[t]!, add(led, said[t]!), before));
  }
  return { losses: logSumExp(add(forward.at(-1)!, end), 1).neg(), said, forward };
}

/** The backward algorithm: the logarithm of the probability of all ways from each state to the end, without what it says itself. */
function backwards(said: readonly Tensor[], { mayJump, end, beforeLast }: Ways): Tensor[] {
  const backward: Tensor[] = [end];
  for (let t = said.length - 2; t >= 0; t--) {
    const after = backward[0]!;
    const from = add(after, said[t + 1]!);
    const jump = shifted(where(mayJump, from, NEVER), -2);
    backward.unshift(where(beforeLast[t]!, logSumExp(stack([from, shifted(from, -1), jump]), 0), end));
  }
  return backward;
}

function gradientOf(logProbs: Tensor, ways: Ways, dy: Tensor): Tensor {
  const { losses, said, forward } = totals(logProbs, ways);
  const backward = backwards(said, ways);
  const toTotal = losses.unsqueeze(1);
  const isPossible = losses.less(-NEVER / 2).unsqueeze(1);
  const shares = forward.map((state, t) => {
    const share = exp(where(isPossible, add(add(state, backward[t]!), toTotal), NEVER)); // [batch, states]
    return where(ways.within[t]!, share, 0);
  });
  const each = mul(stack(shares), dy.neg().unsqueeze(1)); // [time, batch, states]
  const nothing = zeros(logProbs.shape, { dtype: logProbs.dtype, backend: logProbs.backend });
  return scatterAdd(nothing, 2, ways.classes, each);
}

/** Each row moved by so many states, to the right where positive, with NEVER moving in. */
function shifted(x: Tensor, by: number): Tensor {
  const [batch, states] = x.shape as readonly [number, number];
  const count = Math.min(Math.abs(by), states);
  const fresh = full([batch, count], NEVER, { dtype: x.dtype, backend: x.backend });
  if (count === states) return fresh;
  return by > 0
    ? concat([fresh, slice(x, [null, [0, states - count]])], 1)
    : concat([slice(x, [null, [count, states]]), fresh], 1);
}

/** Frees all that is made on the way. */
function inScope(f: () => Tensor): Tensor {
  const scope = internalScope();
  let result: Tensor | undefined;
  try {
    result = noGrad(f);
    return result;
  } finally {
    scope.endWith(result === undefined ? [] : [result]);
  }
}

function checkInputs(
  logProbs: Tensor,
  targets: Tensor,
  inputLengths: readonly number[],
  targetLengths: readonly number[],
  blank: number,
): Int32Array[] {
  needFloats('ctcLoss', { logProbs });
  const isLayout = (shape: Shape): boolean => shape.length === 3 && shape.every((length) => length > 0);
  needLayout('ctcLoss', 'logProbs', logProbs, '[time, batch, classes], none of them 0', isLayout);
  const [time, batch, classes] = logProbs.shape as readonly [number, number, number];
  if (!Number.isInteger(blank) || blank < 0 || blank >= classes) {
    throw new ArgumentError(`ctcLoss: blank is ${blank}, needs the number of a class, 0 to ${classes - 1}`);
  }
  if (!(targets instanceof Tensor) || targets.dtype !== 'int32') {
    const got = targets instanceof Tensor ? (targets as Tensor).dtype : describe(targets);
    throw new DTypeError(`ctcLoss: targets is ${got}, needs a Tensor of int32; cast it with .cast('int32')`);
  }
  const isJoined = targets.rank === 1;
  const layout = `[${batch}, length], a row of labels for each sequence of ${formatShape(logProbs.shape)}, or [count], all in one row`;
  needLayout('ctcLoss', 'targets', targets, layout, (shape) => isJoined || (shape.length === 2 && shape[0] === batch));
  checkLengths('inputLengths', inputLengths, batch, 1, time, 'steps');
  checkLengths('targetLengths', targetLengths, batch, 0, targets.shape.at(-1)!, 'labels');
  const count = targetLengths.reduce((sum, length) => sum + length, 0);
  if (isJoined && count !== targets.size) {
    throw new ShapeError(
      `ctcLoss: targets is ${formatShape(targets.shape)} and the targetLengths add up to ${count}; labels in one row need lengths that add up to ${targets.size}`,
    );
  }
  const needs = 'logarithms of probabilities, which are at most 0; take logSoftmax of logits';
  needRange('ctcLoss', 'logProbs', logProbs, -Infinity, 1e-6, needs);

  const values = targets.dataSync() as Int32Array;
  let next = 0;
  return targetLengths.map((length, row) => {
    const labels = values.slice(next, next + length);
    next += isJoined ? length : targets.shape[1]!;
    for (const [at, label] of labels.entries()) {
      if (label < 0 || label >= classes || label === blank) {
        throw new IndexError(
          `ctcLoss: label ${at} of sequence ${row} is ${label}, needs a class from 0 to ${classes - 1} other than the blank, ${blank}`,
        );
      }
    }
    return labels;
  });
}

function checkLengths(
  name: string,
  lengths: readonly number[],
  batch: number,
  least: number,
  most: number,
  what: string,
): void {
  if (!Array.isArray(lengths) || lengths.length !== batch) {
    const got = Array.isArray(lengths) ? `${lengths.length} numbers` : describe(lengths);
    throw new ShapeError(`ctcLoss: ${name} is ${got}, needs an array of ${batch}, one for each sequence`);
  }
  for (const [row, length] of lengths.entries()) {
    if (!Number.isInteger(length) || length < least || length > most) {
      throw new ShapeError(
        `ctcLoss: ${name} has ${length} for sequence ${row}, needs a whole number from ${least} to ${most}, as many ${what} as there are`,
      );
    }
  }
}
