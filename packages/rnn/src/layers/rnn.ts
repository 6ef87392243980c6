// RNN: Elman's recurrent network.

import { checkCall, checkInteger, elmanSequence, type Known, linear, type Shape, type Tensor } from '@dl/autograd';
import { type Kind, type LayerWeights, sumOf, type WeightSpec } from '../core/kind.js';
import { Stacked, type StackOptions, stackOptions } from '../core/stacked.js';

/** What an {@link RNN} or a {@link GRU} remembers. */
export type HiddenState = {
  /** [layers · directions, batch, hiddenSize]; of a cell [batch, hiddenSize]. */
  readonly h: Tensor;
};

/** Options that {@link RNN} and its cell share. */
export interface RNNForm {
  /** What follows the sum. Default `tanh`. */
  readonly nonlinearity?: 'tanh' | 'relu';
}

export const rnnForm: Known<RNNForm> = { nonlinearity: ['tanh', 'relu'] };

/** Options of {@link RNN}. */
export interface RNNOptions extends StackOptions, RNNForm {}

const rnnOptions: Known<RNNOptions> = { ...stackOptions, ...rnnForm };

/** W_ih and W_hh of so many gates, and a bias for each of the two, as PyTorch has them. */
export function gateWeights(
  gates: number,
  hiddenSize: number,
  inputSize: number,
  bias: boolean,
  size = hiddenSize,
): { readonly [K in keyof LayerWeights]: WeightSpec } {
  const rows = gates * hiddenSize;
  const vector = { shape: [rows] as Shape };
  return {
    weightIh: { shape: [rows, inputSize] },
    weightHh: { shape: [rows, size] },
    ...(bias && { biasIh: vector, biasHh: vector }),
  };
}

export function rnnKind(
  name: string,
  hiddenSize: number,
  { nonlinearity = 'tanh' }: RNNForm,
): Kind<HiddenState, LayerWeights> {
  checkInteger(name, 'hiddenSize', hiddenSize, 1);
  return {
    name: 'RNN',
    hiddenSize,
    size: hiddenSize,
    fanIn: hiddenSize,
    axes: ['features'],
    weights: (inputSize, bias) => gateWeights(1, hiddenSize, inputSize, bias),
    states: () => ({ h: [hiddenSize] }),
    run: (x, w, state, run) => {
      const gates = linear(x, w.weightIh, sumOf(w.biasIh, w.biasHh));
      const { y, h } = elmanSequence(gates, w.weightHh, { ...run, nonlinearity, ...(state.h && { h0: state.h }) });
      return { y, state: { h } };
    },
    shown: { nonlinearity: [nonlinearity, 'tanh'] },
  };
}

/**
 * Elman's network: h(t) = tanh(W_ih x(t) + b_ih + W_hh h(t-1) + b_hh), over sequences [batch, time, inputSize]. `output`
 * [batch, time, directions · hiddenSize] has the states of the last layer at each step, `state.h`
 * [layers · directions, batch, hiddenSize] those of all layers at the end. All weights start uniform on ±1/√hiddenSize. Names, order and layout
 * of weights are PyTorch's (Elman, "Finding structure in time", 1990).
 *
 * @throws ShapeError when the input is no batch of sequences of inputSize features, or the state or lengths do not fit it.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { RNN } from '@dl/rnn';
 * await useBackend(cpu());
 * const network = new RNN(3, 5, { numLayers: 2 });
 * const { output, state } = network.forward(randn([4, 7, 3]), { lengths: [7, 7, 3, 1] });
 * console.log(output.shape, state.h.shape); // [4, 7, 5] [2, 4, 5]
 * ```
 */
export class RNN extends Stacked<HiddenState> {
  readonly nonlinearity: 'tanh' | 'relu';

  constructor(inputSize: number, hiddenSize: number, options: RNNOptions = {}) {
    checkCall('RNN', arguments, ['inputSize', 'hiddenSize'], rnnOptions);
    const { nonlinearity = 'tanh', ...rest } = options;
    super(inputSize, rnnKind('RNN', hiddenSize, { nonlinearity }), rest);
    this.nonlinearity = nonlinearity;
  }
}
