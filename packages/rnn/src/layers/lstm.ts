// LSTM: long short-term memory.

import {
  ArgumentError,
  checkCall,
  checkInteger,
  concat,
  full,
  type Known,
  linear,
  lstmSequence,
  neg,
  noGrad,
  type Tensor,
  writeSlice,
} from '@dl/autograd';
import { type Kind, type LayerWeights, sumOf } from '../core/kind.js';
import { Stacked, type StackOptions, stackOptions } from '../core/stacked.js';
import { gateWeights } from './rnn.js';

/** What an {@link LSTM} remembers. */
export type LSTMState = {
  /** [layers · directions, batch, hiddenSize], or projSize with a projection; of a cell [batch, hiddenSize]. */
  readonly h: Tensor;
  /** The cells, [layers · directions, batch, hiddenSize]; of a cell [batch, hiddenSize]. */
  readonly c: Tensor;
};

/** The weights of a layer of an {@link LSTM}. */
export interface LSTMWeights extends LayerWeights {
  /** The projection. */
  readonly weightHr?: Tensor;
  readonly peepholes?: Tensor;
}

/** Options that {@link LSTM} and its cell share. */
export interface LSTMForm {
  /** Let the gates see their own cell. Default false. */
  readonly peepholes?: boolean;
  /** Use 1 - f in place of an input gate. Default false. */
  readonly coupled?: boolean;
  /** What the forget gate's bias, b_ih + b_hh, starts with; 1 lets gradients through from the first step on. Default: drawn, as all others. */
  readonly forgetBias?: number;
}

export const lstmForm: Known<LSTMForm> = { peepholes: 'boolean', coupled: 'boolean', forgetBias: 'finite' };

/** Options of {@link LSTM}. */
export interface LSTMOptions extends StackOptions, LSTMForm {
  /** Give out W_hr h, of so many numbers, which is also what goes into the next step (Sak et al., 2014). Default 0: none. */
  readonly projSize?: number;
}

const lstmOptions: Known<LSTMOptions> = { ...stackOptions, projSize: 'number', ...lstmForm };

interface Sizes {
  readonly hiddenSize: number;
  readonly projSize: number;
}

export function lstmKind(
  name: string,
  { hiddenSize, projSize }: Sizes,
  { peepholes = false, coupled = false }: LSTMForm,
): Kind<LSTMState, LSTMWeights> {
  checkInteger(name, 'hiddenSize', hiddenSize, 1);
  checkInteger(name, 'projSize', projSize, 0);
  if (projSize >= hiddenSize) {
    throw new ArgumentError(
      `${name}: projSize is ${projSize} and hiddenSize ${hiddenSize}; a projection is smaller than what it projects`,
    );
  }
  const size = projSize === 0 ? hiddenSize : projSize;
  return {
    name: 'LSTM',
    hiddenSize,
    size,
    fanIn: hiddenSize,
    axes: ['features'],
    weights: (inputSize, bias) => ({
      ...gateWeights(coupled ? 3 : 4, hiddenSize, inputSize, bias, size),
      ...(projSize > 0 && { weightHr: { shape: [projSize, hiddenSize] } }),
      ...(peepholes && { peepholes: { shape: [coupled ? 2 : 3, hiddenSize] } }),
    }),
    states: () => ({ h: [size], c: [hiddenSize] }),
    run: (x, weights, state, run) => {
      const w = coupled ? uncoupled(weights, hiddenSize) : weights;
      const { y, h, c } = lstmSequence(linear(x, w.weightIh, sumOf(w.biasIh, w.biasHh)), w.weightHh, {
        ...run,
        ...(state.h && { h0: state.h }),
        ...(state.c && { c0: state.c }),
        ...(w.peepholes && { peepholes: w.peepholes }),
        ...(w.weightHr && { projection: w.weightHr }),
      });
      return { y, state: { h, c } };
    },
    shown: { projSize: [projSize, 0], peepholes: [peepholes, false], coupled: [coupled, false] },
  };
}

/**
 * Long short-term memory: with [i f g o] = W_ih x(t) + b_ih + W_hh h(t-1) + b_hh, c(t) = σ(f) ⊙ c(t-1) + σ(i) ⊙ tanh(g) and
 * h(t) = σ(o) ⊙ tanh(c(t)), over sequences [batch, time, inputSize]. `output` [batch, time, directions · size] has h of the last layer at each
 * step, `state` h and c of all layers at the end; size is hiddenSize, or projSize. All weights start uniform on ±1/√hiddenSize. Names, order and
 * layout of weights are PyTorch's (Hochreiter & Schmidhuber, 1997; with the forget gate of Gers et al., 2000).
 *
 * `peepholes` is the cell of many lectures: p_i ⊙ c(t-1) is added to i, p_f ⊙ c(t-1) to f and p_o ⊙ c(t) to o, one weight for each cell, in a
 * parameter `peepholes_l0` [3, hiddenSize] (Gers & Schmidhuber, 2000; Greff et al., "LSTM: a search space odyssey", 2017). Some slides print
 * full matrices in their place, and one an input gate before its sigmoid. With `coupled` the input gate is 1 - σ(f): weights have the rows f, g, o, and
 * peepholes those of f and o.
 *
 * @throws ShapeError when the input is no batch of sequences of inputSize features, or the state or lengths do not fit it.
 * @throws ArgumentError for a projection that is not smaller than hiddenSize.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { LSTM } from '@dl/rnn';
 * await useBackend(cpu());
 * const network = new LSTM(3, 5, { bidirectional: true, peepholes: true, forgetBias: 1 });
 * const { output, state } = network.forward(randn([4, 7, 3]));
 * console.log(output.shape, state.h.shape, state.c.shape); // [4, 7, 10] [2, 4, 5] [2, 4, 5]
 * ```
 */
export class LSTM extends Stacked<LSTMState, LSTMWeights> {
  readonly projSize: number;
  readonly peepholes: boolean;
  readonly coupled: boolean;

  constructor(inputSize: number, hiddenSize: number, options: LSTMOptions = {}) {
    checkCall('LSTM', arguments, ['inputSize', 'hiddenSize'], lstmOptions);
    const { projSize = 0, peepholes = false, coupled = false, forgetBias, ...rest } = options;
    checkForgetBias('LSTM', forgetBias, rest.bias);
    super(inputSize, lstmKind('LSTM', { hiddenSize, projSize }, { peepholes, coupled }), rest);
    this.projSize = projSize;
    this.peepholes = peepholes;
    this.coupled = coupled;
    startForgetting(this, forgetBias);
  }
}

/** Throws where a forget gate without a bias is to start with one. */
export function checkForgetBias(name: string, forgetBias: number | undefined, bias: boolean | undefined): void {
  if (forgetBias === undefined || bias !== false) return;
  throw new ArgumentError(`${name}: forgetBias is ${forgetBias} and bias false; leave one of the two out`);
}

/** Fills the biases of forget gates: b_ih with the sum, b_hh with 0. */
export function startForgetting(
  { coupled, hiddenSize, weights }: Readonly<Pick<LSTM, 'coupled' | 'hiddenSize' | 'weights'>>,
  forgetBias: number | undefined,
): void {
  if (forgetBias === undefined) return;
  const at = coupled ? 0 : hiddenSize;
  const biases = weights.filter(({ rank }) => rank === 1);
  noGrad(() => {
    for (const [i, { dtype, backend }] of biases.entries()) {
      // PyTorch's order has b_ih before b_hh.
      const start = full([hiddenSize], i % 2 === 0 ? forgetBias : 0, { dtype, backend });
      writeSlice(biases[i]!, [[at, at + hiddenSize]], start);
      start.dispose();
    }
  });
}

/** Weights of four gates from those of f, g and o: the input gate is 1 - σ(f) = σ(-f). */
function uncoupled({ weightHr, ...weights }: LSTMWeights, hidden: number): LSTMWeights {
  const withInput = (w: Tensor, rows: number): Tensor => concat([neg(w.slice([[0, rows]])), w]);
  const entries = Object.entries(weights).map(([key, w]: [string, Tensor]) => [
    key,
    withInput(w, key === 'peepholes' ? 1 : hidden),
  ]);
  return { ...Object.fromEntries(entries), ...(weightHr && { weightHr }) } as LSTMWeights;
}
