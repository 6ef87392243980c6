// RNN: Elman's recurrent network.

import { checkCall, elmanSequence, type Known, linear, type Tensor } from '@dl/autograd';
import {
  type LayerRun,
  type LayerWeights,
  type OptionsShown,
  Stacked,
  type StackOptions,
  stackOptions,
  sumOf,
} from '../core/stacked.js';

/** What an {@link RNN} or a {@link GRU} remembers. */
export type HiddenState = {
  /** [layers · directions, batch, hiddenSize] */
  readonly h: Tensor;
};

/** Options of {@link RNN}. */
export interface RNNOptions extends StackOptions {
  /** What follows the sum. Default `tanh`. */
  readonly nonlinearity?: 'tanh' | 'relu';
}

const rnnOptions: Known<RNNOptions> = { ...stackOptions, nonlinearity: ['tanh', 'relu'] };

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
    super(inputSize, hiddenSize, { name: 'RNN', gates: 1, size: hiddenSize }, options);
    this.nonlinearity = options.nonlinearity ?? 'tanh';
  }

  get stateSizes(): { readonly h: number } {
    return { h: this.hiddenSize };
  }

  protected run(x: Tensor, w: LayerWeights, state: Partial<HiddenState>, run: LayerRun): HiddenState & { y: Tensor } {
    const gates = linear(x, w.weightIh, sumOf(w.biasIh, w.biasHh));
    const { y, h } = elmanSequence(gates, w.weightHh, {
      ...run,
      nonlinearity: this.nonlinearity,
      ...(state.h && { h0: state.h }),
    });
    return { y, h };
  }

  protected override get ownOptions(): OptionsShown {
    return { nonlinearity: [this.nonlinearity, 'tanh'] };
  }
}
