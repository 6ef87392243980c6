// Long short-term memory over a whole sequence (Hochreiter & Schmidhuber, 1997), with a forget gate (Gers et al., 2000), and if wanted with
// peepholes (Gers & Schmidhuber, 2000) and a projection (Sak et al., 2014).

import type { Known } from '../arguments/check-call.js';
import { defineOp, type Spec } from '../dispatch/define-op.js';
import { type OpSamples, samples } from '../dispatch/samples-type.js';
import { ShapeError } from '../errors.js';
import { formatShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { sigmoidGrad, tanhGrad } from './activation-grads.js';
import { add, mul } from './arithmetic.js';
import { sigmoid, tanh } from './elementwise.js';
import { concat, stack } from './join.js';
import { matmul } from './matmul.js';
import {
  after,
  along,
  before,
  checkSequence,
  inActive,
  needPart,
  rowsOf,
  type Sizes,
  stepsOf,
  weightGradient,
  withinLengths,
  withStates,
} from './recurrent.js';
import { sum } from './reduce.js';
import { type Order, orderAttrs, type SequenceOptions, sequenceOptions } from './sequence-options.js';
import { slice } from './slice.js';
import { split, unbind } from './split.js';

export interface LstmSequenceOptions extends SequenceOptions {
  /** What the cells begin with, [batch, hidden]. Default zeros. */
  readonly c0?: Tensor;
  /** One weight for each cell, [3, hidden]: with these the input and the forget gate see c(t-1), and the output gate c(t). Default: none. */
  readonly peepholes?: Tensor;
  /** With one of [size, hidden] the state is h(t) = projection · (o ⊙ tanh c(t)), of `size` numbers. Default: none. */
  readonly projection?: Tensor;
}

const lstmOptions: Known<LstmSequenceOptions> = {
  ...sequenceOptions,
  c0: 'tensor',
  peepholes: 'tensor',
  projection: 'tensor',
};

interface Weights<T> {
  readonly weight: T;
  readonly peepholes: T | undefined;
  readonly projection: T | undefined;
}

function checkLstm(op: string, gates: Spec, { weight, peepholes, projection }: Weights<Spec>, order: Order): Sizes {
  const sizes = checkSequence(op, gates, weight, 4, order);
  const { hidden } = sizes;
  const size = weight.shape[1]!;
  needPart(op, 'peepholes', peepholes, gates, [3, hidden]);
  if (projection === undefined) needPart(op, 'weight', weight, gates, [4 * hidden, hidden]);
  else if (size > hidden) {
    throw new ShapeError(
      `${op}: projection is ${formatShape(projection.shape)}, needs [size, ${hidden}] with a size of at most ${hidden}`,
    );
  }
  needPart(op, 'projection', projection, gates, [size, hidden]);
  return sizes;
}

/**
 * Long short-term memory over whole sequences. With [i f g o] = gates(t) + W h(t-1), the gates in PyTorch's order:
 * c(t) = σ(f) ⊙ c(t-1) + σ(i) ⊙ tanh(g) and h(t) = σ(o) ⊙ tanh(c(t)). `gates` [batch, time, 4 · hidden] is what the inputs and all biases give,
 * `linear(x, inputWeight, bias)`, one product for all steps; `weight` is W [4 · hidden, hidden], or [4 · hidden, size] with a projection. With `peepholes`
 * p, p₀ ⊙ c(t-1) is added to i, p₁ ⊙ c(t-1) to f and p₂ ⊙ c(t) to o. Gives `y` [batch, time, size], the state at each step, and the
 * last ones, `h` [batch, size] and `c` [batch, hidden] (Hochreiter & Schmidhuber, 1997; Gers & Schmidhuber, 2000; Sak et al., 2014).
 *
 * @throws ShapeError when shapes do not fit, for a sequence without a step, a length below 1 or above `time`, and a projection that is wider than
 * the cells.
 *
 * @example
 * ```ts
 * import { linear, lstmSequence, randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const [x, inputWeight, weight, bias] = [randn([2, 7, 3]), randn([20, 3]), randn([20, 5]), randn([20])];
 * const { y, h, c } = lstmSequence(linear(x, inputWeight, bias), weight, { lengths: [7, 4] });
 * console.log(y.shape, h.shape, c.shape); // [2, 7, 5] [2, 5] [2, 5]
 * ```
 */
export const lstmSequence = /* @__PURE__ */ defineOp({
  name: 'lstmSequence',
  inputs: ['gates', 'weight', 'h0', 'c0', 'peepholes?', 'projection?'],
  // In reserve: the gates behind their functions, and the cells after each step.
  outputs: ['y', 'h', 'c', 'activations?', 'cells?'],
  attrs: orderAttrs,
  saves: ['weight', 'h0', 'c0', 'peepholes', 'projection', 'y'],
  infer: ({ gates, h0, c0, ...weights }, order) => {
    const { batch, time, hidden } = checkLstm('lstmSequence', gates, weights, order);
    const size = weights.weight.shape[1]!;
    needPart('lstmSequence', 'h0', h0, gates, [batch, size]);
    needPart('lstmSequence', 'c0', c0, gates, [batch, hidden]);
    const { dtype } = gates;
    return {
      y: { shape: [batch, time, size], dtype },
      h: { shape: [batch, size], dtype },
      c: { shape: [batch, hidden], dtype },
      activations: { shape: gates.shape, dtype },
      cells: { shape: [batch, time, hidden], dtype },
    };
  },
  grad: ({ dy, dh, dc, weight, h0, c0, peepholes, projection, y, activations, cells }, order) => {
    let found: { readonly gGates: Tensor; readonly gH0: Tensor; readonly gC0: Tensor } | undefined;
    const all = () => {
      found ??= lstmSequenceGrad.run(
        { gY: dy, gH: dh, gC: dc, weight, c0, peepholes, projection, activations, cells },
        order,
      );
      return found;
    };
    return {
      gates: (): Tensor => all().gGates,
      weight: (): Tensor => weightGradient(all().gGates, before(y, h0, order)),
      h0: (): Tensor => all().gH0,
      c0: (): Tensor => all().gC0,
      peepholes: (): Tensor => peepholesGradient(all().gGates, cells, before(cells, c0, order)),
      projection: (): Tensor => {
        // What comes to each state from above and from the step after it, which is 0 where no step counts.
        const later = after(matmul(all().gGates, weight), dh, order);
        const o = slice(activations, ['...', [3 * cells.shape[2]!, null]]);
        return weightGradient(add(withinLengths(dy, order.lengths), later), mul(o, tanh(cells)));
      },
    };
  },
  compose: ({ gates, weight, h0, c0, peepholes, projection }, order) => {
    const hidden = c0.shape[1]!;
    const [pi, pf, po] = peepholes === undefined ? [] : unbind(peepholes);
    let [h, c] = [h0, c0];
    const y = along(gates, stepsOf(gates, order), (fromInput, step) => {
      const [state, former] = [inActive(step, h, 0), inActive(step, c, 0)];
      // In rows that do not count 0 times an infinite weight must not become NaN, which on the way back would reach all of them.
      const peeped = (z: Tensor, p: Tensor | undefined, c: Tensor): Tensor =>
        p === undefined ? z : inActive(step, add(z, mul(p, c)), 0);
      const all = inActive(step, add(fromInput, matmul(state, weight, { transposeB: true })), 0);
      const [zi, zf, zg, zo] = split(all, hidden, 1) as [Tensor, Tensor, Tensor, Tensor];
      const [i, f, g] = [sigmoid(peeped(zi, pi, former)), sigmoid(peeped(zf, pf, former)), tanh(zg)];
      const cell = add(mul(f, former), mul(i, g));
      const out = mul(sigmoid(peeped(zo, po, cell)), tanh(cell));
      const next = projection === undefined ? out : matmul(out, projection, { transposeB: true });
      h = inActive(step, next, h);
      c = inActive(step, cell, c);
      return next;
    });
    return { y, h, c };
  },
  takes: { parameters: ['gates', 'weight'], options: lstmOptions },
  call:
    (run) =>
    (gates: Tensor, weight: Tensor, options: LstmSequenceOptions = {}) => {
      const { h0, c0, peepholes, projection, lengths, reverse = false } = options;
      return withStates(
        'lstmSequence',
        { gates, weight },
        () => [
          [h0, weight.shape[1]!],
          [c0, gates.shape[2]! / 4],
        ],
        ([h0, c0]) => run({ gates, weight, h0: h0!, c0: c0!, peepholes, projection }, { lengths, reverse }),
      );
    },
});

/** Σ g ⊙ c over all steps, for each of the three. */
function peepholesGradient(gGates: Tensor, cells: Tensor, formerCells: Tensor): Tensor {
  const [gi, gf, , go] = split(rowsOf(gGates), cells.shape[2]!, 1) as [Tensor, Tensor, Tensor, Tensor];
  const [now, former] = [rowsOf(cells), rowsOf(formerCells)];
  return stack([sum(mul(gi, former), 0), sum(mul(gf, former), 0), sum(mul(go, now), 0)]);
}

/**
 * The gradients of {@link lstmSequence} for gates, h0 and c0, from those of y, h and c: back through the steps, by the gates behind their functions and
 * the cells that it kept.
 */
export const lstmSequenceGrad = /* @__PURE__ */ defineOp({
  name: 'lstmSequenceGrad',
  inputs: ['gY', 'gH', 'gC', 'weight', 'c0', 'peepholes?', 'projection?', 'activations', 'cells'],
  outputs: ['gGates', 'gH0', 'gC0'],
  attrs: orderAttrs,
  infer: ({ gY, gH, gC, c0, activations, cells, ...weights }, order) => {
    const op = 'lstmSequenceGrad';
    const { batch, time, hidden } = checkLstm(op, activations, weights, order);
    const size = weights.weight.shape[1]!;
    needPart(op, 'gY', gY, activations, [batch, time, size]);
    needPart(op, 'gH', gH, activations, [batch, size]);
    needPart(op, 'cells', cells, activations, [batch, time, hidden]);
    for (const [name, part] of Object.entries({ gC, c0 })) needPart(op, name, part, activations, [batch, hidden]);
    const { dtype } = activations;
    return {
      gGates: { shape: activations.shape, dtype },
      gH0: { shape: gH.shape, dtype },
      gC0: { shape: gC.shape, dtype },
    };
  },
  compose: ({ gY, gH, gC, weight, c0, peepholes, projection, activations, cells }, order) => {
    const hidden = c0.shape[1]!;
    const [pi, pf, po] = peepholes === undefined ? [] : unbind(peepholes);
    const [kept, now, former] = [activations, cells, before(cells, c0, order)].map((x) =>
      unbind(withinLengths(x, order.lengths), 1),
    ) as [Tensor[], Tensor[], Tensor[]];
    let [gState, gCell] = [gH, gC];
    const gGates = along(gY, stepsOf(gY, order).reverse(), (gYt, step) => {
      const [i, f, g, o] = split(kept[step.at]!, hidden, 1) as [Tensor, Tensor, Tensor, Tensor];
      const cell = tanh(now[step.at]!);
      const [gNext, gLater] = [add(gYt, inActive(step, gState, 0)), inActive(step, gCell, 0)];
      const gOut = projection === undefined ? gNext : matmul(gNext, projection);
      const go = sigmoidGrad(mul(gOut, cell), o);
      const gc = seen(add(gLater, tanhGrad(mul(gOut, o), cell)), [po, go]);
      const gi = sigmoidGrad(mul(gc, g), i);
      const gf = sigmoidGrad(mul(gc, former[step.at]!), f);
      const all = concat([gi, gf, tanhGrad(mul(gc, i), g), go], 1);
      gState = inActive(step, matmul(all, weight), gState);
      gCell = inActive(step, seen(mul(gc, f), [pi, gi], [pf, gf]), gCell);
      return all;
    });
    return { gGates, gH0: gState, gC0: gCell };
  },
});

/** What comes to cells, and to them through peepholes. */
function seen(g: Tensor, ...peeped: readonly (readonly [peephole: Tensor | undefined, g: Tensor])[]): Tensor {
  return peeped.reduce((sum, [peephole, gz]) => (peephole === undefined ? sum : add(sum, mul(gz, peephole))), g);
}

export const lstmSamples = (): readonly OpSamples[] => {
  const weight = (rows: number, columns: number) => ({ shape: [rows, columns], low: -1, high: 1 });
  const orders = [{}, { reverse: true, lengths: [1, 2] }, { lengths: [2, 1] }] as const;
  const of = (batch: number, time: number, hidden: number, size = hidden) => ({
    gates: { shape: [batch, time, 4 * hidden] },
    weight: weight(4 * hidden, size),
    h0: { shape: [batch, size] },
    c0: { shape: [batch, hidden] },
  });
  const gradOf = (batch: number, time: number, hidden: number, size = hidden) => ({
    gY: { shape: [batch, time, size] },
    gH: { shape: [batch, size] },
    gC: { shape: [batch, hidden] },
    weight: weight(4 * hidden, size),
    c0: { shape: [batch, hidden] },
    activations: { shape: [batch, time, 4 * hidden], low: 0.1, high: 0.9 },
    cells: { shape: [batch, time, hidden] },
  });
  const peepholes = { shape: [3, 2] };
  const projection = weight(1, 2);
  return [
    samples(
      lstmSequence,
      [
        { inputs: of(1, 3, 2), attrs: orders[0] },
        { inputs: { ...of(2, 2, 2), peepholes }, attrs: orders[1] },
        { inputs: { ...of(2, 2, 2, 1), projection }, attrs: orders[2] },
      ],
      { tolerance: 2e-6 },
    ),
    samples(
      lstmSequenceGrad,
      [
        { inputs: gradOf(1, 3, 2), attrs: orders[0] },
        { inputs: { ...gradOf(2, 2, 2), peepholes }, attrs: orders[1] },
        { inputs: { ...gradOf(2, 2, 2, 1), projection }, attrs: orders[2] },
      ],
      { tolerance: 2e-6 },
    ),
  ];
};
