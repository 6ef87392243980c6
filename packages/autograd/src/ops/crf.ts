// The linear-chain conditional random field (Lafferty et al., 2001): the sum over all sequences of tags, and how likely each tag is.

import { defineOp, type Spec } from '../dispatch/define-op.js';
import { type OpSamples, samples } from '../dispatch/samples-type.js';
import { ShapeError } from '../errors.js';
import { filledTensor } from '../tensor/allocate.js';
import { formatShape, type Shape, sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, mul, sub } from './arithmetic.js';
import { needFloat, needRank, needSameDType } from './checks.js';
import { less, logicalOr } from './compare.js';
import { exp } from './elementwise.js';
import { stack } from './join.js';
import { checkLengths, inActive, type Step, stepsOf } from './recurrent.js';
import { logSumExp, sum } from './reduce.js';
import { unsqueeze } from './reshape.js';
import { unbind } from './split.js';
import { where } from './where.js';

export interface CrfOptions {
  /** How many steps of each sequence count, from 1 to `time`. Default: all. */
  readonly lengths?: readonly number[];
}

const attrs = { lengths: undefined as readonly number[] | undefined };

/**
 * log Z of a linear-chain conditional random field: [batch], the logarithm of the sum of e^score over all sequences of tags, where a sequence
 * y scores start(y₁) + Σ emissions(t, yₜ) + Σ transitions(yₜ₋₁, yₜ) + end(y of the last step). `emissions` are [batch, time, tags], `transitions`
 * [from, to], `start` and `end` [tags]. It is computed by the forward algorithm in logarithms; the gradient is the marginal probability of each tag at
 * each step, and of each pair of neighbours (Lafferty et al., "Conditional random fields", 2001).
 *
 * A score of -∞ (or below -5 · 10²⁹) forbids what it stands for, whatever else is there: its probability and its gradient are 0. Where nothing is allowed
 * log Z is -∞, without a gradient.
 *
 * @throws ShapeError when shapes do not fit, for a sequence without a step, and for a length below 1 or above `time`.
 *
 * @example
 * ```ts
 * import { crfLogPartition, tensor, useBackend, zeros } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const transitions = tensor([[0, 0], [-Infinity, 0]]); // tag 0 never follows tag 1
 * const logZ = crfLogPartition(zeros([1, 3, 2]), transitions, zeros([2]), zeros([2]));
 * console.log(logZ.exp().item()); // about 4: of 8 sequences 000, 001, 011 and 111 are left
 * ```
 */
export const crfLogPartition = /* @__PURE__ */ defineOp({
  name: 'crfLogPartition',
  inputs: ['emissions', 'transitions', 'start', 'end'],
  attrs,
  saves: ['emissions', 'transitions', 'start', 'end'],
  infer: (chain, { lengths }) => {
    checkChain('crfLogPartition', chain, lengths);
    return { shape: [chain.emissions.shape[0]!], dtype: chain.emissions.dtype };
  },
  grad: ({ dy, emissions, transitions, start, end }, attrs) => {
    type Found = { readonly [K in 'gEmissions' | 'gTransitions' | 'gStart' | 'gEnd']: Tensor };
    let found: Found | undefined;
    const all = (): Found => {
      found ??= crfLogPartitionGrad.run({ g: dy, emissions, transitions, start, end }, attrs);
      return found;
    };
    return {
      emissions: (): Tensor => all().gEmissions,
      transitions: (): Tensor => all().gTransitions,
      start: (): Tensor => all().gStart,
      end: (): Tensor => all().gEnd,
    };
  },
  compose: (chain, { lengths }): Tensor => {
    const { total } = forwards(chain, stepsOf(chain.emissions, { lengths, reverse: false }));
    return where(isNever(total), -Infinity, total);
  },
  takes: { parameters: ['emissions', 'transitions', 'start', 'end'], options: { lengths: 'numbers' } },
  call:
    (run) =>
    (emissions: Tensor, transitions: Tensor, start: Tensor, end: Tensor, { lengths }: CrfOptions = {}): Tensor =>
      run({ emissions, transitions, start, end }, { lengths }),
});

/**
 * The gradients of {@link crfLogPartition}, with one upstream number g for each sequence: of `emissions` g times the probability of each tag at each
 * step, of the others such probabilities added up.
 */
export const crfLogPartitionGrad = /* @__PURE__ */ defineOp({
  name: 'crfLogPartitionGrad',
  inputs: ['g', 'emissions', 'transitions', 'start', 'end'],
  outputs: ['gEmissions', 'gTransitions', 'gStart', 'gEnd'],
  attrs,
  infer: ({ g, ...chain }, { lengths }) => {
    checkChain('crfLogPartitionGrad', chain, lengths);
    const { emissions, transitions, start, end } = chain;
    needPart('crfLogPartitionGrad', 'g', g, emissions, [emissions.shape[0]!], 'one number a sequence');
    const { dtype } = emissions;
    return {
      gEmissions: { shape: emissions.shape, dtype },
      gTransitions: { shape: transitions.shape, dtype },
      gStart: { shape: start.shape, dtype },
      gEnd: { shape: end.shape, dtype },
    };
  },
  compose: ({ g, ...chain }, { lengths }) => {
    const steps = stepsOf(chain.emissions, { lengths, reverse: false });
    const { said, forward, total } = forwards(chain, steps);
    const backward = backwards(chain, said, forward, steps);
    const [nodeTotal, nodeBy] = [unsqueeze(total, 1), unsqueeze(g, 1)]; // [batch, 1]
    const [pairTotal, pairBy] = [unsqueeze(nodeTotal, 2), unsqueeze(nodeBy, 2)]; // [batch, 1, 1]
    // What cannot be has no part in the total, and nothing of g; nor has what is beyond the end.
    const share = (score: Tensor, total: Tensor, by: Tensor): Tensor => {
      const never = isNever(score);
      return where(never, 0, mul(exp(where(never, NEVER, sub(score, total))), by));
    };
    const nodes = steps.map((step, t) =>
      share(inActive(step, joined(forward[t]!, backward[t]!), NEVER), nodeTotal, nodeBy),
    );
    const pairs = steps.slice(1).map((step, i) => {
      const led = joined(unsqueeze(forward[i]!, 2), chain.transitions); // [batch, from, to]
      const on = unsqueeze(joined(said[i + 1]!, backward[i + 1]!), 1); // [batch, 1, to]
      return sum(share(inActive(wider(step), joined(led, on), NEVER), pairTotal, pairBy), 0);
    });
    return {
      gEmissions: stack(nodes, 1),
      gTransitions: pairs.length > 0 ? sum(stack(pairs), 0) : nothing(chain.transitions),
      gStart: sum(nodes[0]!, 0),
      gEnd: sum(share(joined(forward.at(-1)!, chain.end), nodeTotal, nodeBy), 0),
    };
  },
});

interface Chain<T> {
  readonly emissions: T;
  readonly transitions: T;
  readonly start: T;
  readonly end: T;
}

function checkChain(op: string, chain: Chain<Spec>, lengths: readonly number[] | undefined): void {
  const { emissions, transitions, start, end } = chain;
  needFloat(op, 'emissions', emissions);
  needRank(op, 'emissions', emissions, 3, '[batch, time, tags]');
  const [batch, time, tags] = emissions.shape as readonly [number, number, number];
  if (time === 0 || tags === 0) {
    throw new ShapeError(`${op}: emissions is ${formatShape(emissions.shape)}, needs at least one step and one tag`);
  }
  needPart(op, 'transitions', transitions, emissions, [tags, tags], 'a score from each tag to each');
  needPart(op, 'start', start, emissions, [tags], 'a score for each tag');
  needPart(op, 'end', end, emissions, [tags], 'a score for each tag');
  if (lengths !== undefined) checkLengths(op, lengths, batch, time);
}

function needPart(op: string, name: string, part: Spec, emissions: Spec, shape: Shape, what: string): void {
  needSameDType(op, 'emissions', emissions, name, part);
  if (!sameShape(part.shape, shape)) {
    throw new ShapeError(
      `${op}: ${name} is ${formatShape(part.shape)}, needs ${formatShape(shape)}, ${what} (emissions is ${formatShape(emissions.shape)})`,
    );
  }
}

/** A logarithm of nothing that can be subtracted from: with -∞ it would be NaN. */
const NEVER = -1e30;

function isNever(score: Tensor): Tensor {
  return less(score, NEVER / 2);
}

/** The sum of scores, NEVER where one of them is: selected, so that nothing goes back there. */
function joined(a: Tensor, b: Tensor): Tensor {
  return where(logicalOr(isNever(a), isNever(b)), NEVER, add(a, b));
}

function nothing({ backend, shape, dtype }: Tensor): Tensor {
  return filledTensor(backend, 0, shape, dtype, 'crfLogPartitionGrad');
}

/** The same step for [batch, from, to]. */
function wider({ at, active }: Step): Step {
  return { at, active: active && unsqueeze(active, 2) };
}

interface Forward {
  /** The emissions, [batch, tags] a step. */
  readonly said: readonly Tensor[];
  /** The logarithm of the sum over all beginnings that lead to each tag, [batch, tags] a step; beyond the end that of the last. */
  readonly forward: readonly Tensor[];
  /** log Z, NEVER where there is nothing to sum up. */
  readonly total: Tensor;
}

function forwards({ emissions, transitions, start, end }: Chain<Tensor>, steps: readonly Step[]): Forward {
  const parts = unbind(emissions, 1);
  const said = steps.map((step) => inActive(step, parts[step.at]!, 0));
  const forward = [joined(said[0]!, start)];
  for (const step of steps.slice(1)) {
    const before = forward.at(-1)!;
    const led = logSumExp(joined(unsqueeze(inActive(step, before, 0), 2), transitions), 1);
    forward.push(inActive(step, joined(led, said[step.at]!), before));
  }
  return { said, forward, total: logSumExp(joined(forward.at(-1)!, end), 1) };
}

/**
 * The logarithm of the sum over all that may follow each tag, without its own emission: [batch, tags] a step; `end` from the last on, and nothing
 * for a tag that cannot be reached.
 */
function backwards(
  { transitions, end }: Chain<Tensor>,
  said: readonly Tensor[],
  forward: readonly Tensor[],
  steps: readonly Step[],
): Tensor[] {
  const last = where(isNever(end), NEVER, end);
  const backward: Tensor[] = [last];
  for (const step of steps.slice(1).reverse()) {
    const from = unsqueeze(inActive(step, joined(said[step.at]!, backward[0]!), 0), 1);
    const isCut = unsqueeze(isNever(forward[step.at - 1]!), 2);
    const on = logSumExp(where(isCut, NEVER, joined(from, transitions)), 2);
    backward.unshift(inActive(step, on, last));
  }
  return backward;
}

export const crfSamples = (): readonly OpSamples[] => {
  const of = (batch: number, time: number, tags: number) => ({
    emissions: { shape: [batch, time, tags] },
    transitions: { shape: [tags, tags] },
    start: { shape: [tags] },
    end: { shape: [tags] },
  });
  /** Tag 1 does not begin, and 0 does not come after it. */
  const constrained = {
    ...of(2, 3, 3),
    transitions: [
      [0.5, -0.25, 1],
      [-Infinity, 0.75, -0.5],
      [0.25, -1, 0.5],
    ],
    start: [0.25, -Infinity, 0.5],
  };
  const lengths = [2, 1, 4];
  return [
    samples(
      crfLogPartition,
      [
        { inputs: of(2, 3, 2) },
        { inputs: of(3, 4, 3), attrs: { lengths } },
        { inputs: constrained, attrs: { lengths: [3, 2] }, smooth: false },
      ],
      { tolerance: 2e-6 },
    ),
    samples(
      crfLogPartitionGrad,
      [
        { inputs: { g: { shape: [2] }, ...of(2, 3, 2) } },
        { inputs: { g: { shape: [3] }, ...of(3, 4, 3) }, attrs: { lengths } },
        { inputs: { g: { shape: [2] }, ...constrained }, attrs: { lengths: [3, 2] }, smooth: false },
        { inputs: { g: { shape: [2] }, ...of(2, 1, 2) } },
      ],
      { tolerance: 5e-6 },
    ),
  ];
};
