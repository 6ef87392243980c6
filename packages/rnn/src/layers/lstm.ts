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
import {
  type LayerRun,
  type LayerWeights,
  type OptionsShown,
  Stacked,
  type StackOptions,
  stackOptions,
  sumOf,
} from '../core/stacked.js';

/** What an {@link LSTM} remembers. */
export type LSTMState = {
  /** [layers · directions, batch, hiddenSize], or projSize with a projection. */
  readonly h: Tensor;
  /** The cells, [layers · directions, batch, hiddenSize]. */
  readonly c: Tensor;
};

/** Options of {@link LSTM}. */
export interface LSTMOptions extends StackOptions {
  /** Give out W_hr h, of so many numbers, which is also what goes into the next step (Sak et al., 2014). Default 0: none. */
  readonly projSize?: number;
  /** Let the gates see their own cell. Default false. */
  readonly peepholes?: boolean;
  /** Use 1 - f in place of an input gate. Default false. */
  readonly coupled?: boolean;
  /** What the forget gate's bias, b_ih + b_hh, starts with; 1 lets gradients through from the first step on. Default: drawn, as all others. */
  readonly forgetBias?: number;
}

const lstmOptions: Known<LSTMOptions> = {
  ...stackOptions,
  projSize: 'number',
  peepholes: 'boolean',
  coupled: 'boolean',
  forgetBias: 'finite',
};

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
export class LSTM extends Stacked<LSTMState> {
  readonly projSize: number;
  readonly peepholes: boolean;
  readonly coupled: boolean;

  constructor(inputSize: number, hiddenSize: number, options: LSTMOptions = {}) {
    checkCall('LSTM', arguments, ['inputSize', 'hiddenSize'], lstmOptions);
    const { projSize = 0, peepholes = false, coupled = false, forgetBias, ...rest } = options;
    checkInteger('LSTM', 'projSize', projSize, 0);
    if (projSize >= hiddenSize) {
      throw new ArgumentError(
        `LSTM: projSize is ${projSize} and hiddenSize ${hiddenSize}; a projection is smaller than what it projects`,
      );
    }
    const size = projSize === 0 ? hiddenSize : projSize;
    const extra = {
      ...(projSize > 0 && { weightHr: [projSize, hiddenSize] }),
      ...(peepholes && { peepholes: [coupled ? 2 : 3, hiddenSize] }),
    };
    super(inputSize, hiddenSize, { name: 'LSTM', gates: coupled ? 3 : 4, size, extra }, rest);
    this.projSize = projSize;
    this.peepholes = peepholes;
    this.coupled = coupled;
    if (forgetBias !== undefined) this.#startForgetting(forgetBias);
  }

  get stateSizes(): { readonly h: number; readonly c: number } {
    return { h: this.projSize === 0 ? this.hiddenSize : this.projSize, c: this.hiddenSize };
  }

  protected run(x: Tensor, weights: LayerWeights, state: Partial<LSTMState>, run: LayerRun): LSTMState & { y: Tensor } {
    const w = this.coupled ? uncoupled(weights, this.hiddenSize) : weights;
    return lstmSequence(linear(x, w.weightIh, sumOf(w.biasIh, w.biasHh)), w.weightHh, {
      ...run,
      ...(state.h && { h0: state.h }),
      ...(state.c && { c0: state.c }),
      ...(w.peepholes && { peepholes: w.peepholes }),
      ...(w.weightHr && { projection: w.weightHr }),
    });
  }

  #startForgetting(bias: number): void {
    if (!this.bias) throw new ArgumentError('LSTM: forgetBias is given and bias is false; leave one of the two out');
    const at = this.coupled ? 0 : this.hiddenSize;
    noGrad(() => {
      for (const [name, value] of this.namedParameters()) {
        if (!name.startsWith('bias')) continue;
        const start = name.startsWith('bias_ih') ? bias : 0;
        writeSlice(
          value,
          [[at, at + this.hiddenSize]],
          full([this.hiddenSize], start, { dtype: value.dtype, backend: value.backend }),
        );
      }
    });
  }

  protected override get ownOptions(): OptionsShown {
    return { projSize: [this.projSize, 0], peepholes: [this.peepholes, false], coupled: [this.coupled, false] };
  }
}

/** Weights of four gates from those of f, g and o: the input gate is 1 - σ(f) = σ(-f). */
function uncoupled(
  { weightIh, weightHh, biasIh, biasHh, peepholes, weightHr }: LayerWeights,
  hidden: number,
): LayerWeights {
  const withInput = (w: Tensor, rows: number): Tensor => concat([neg(w.slice([[0, rows]])), w]);
  return {
    weightIh: withInput(weightIh, hidden),
    weightHh: withInput(weightHh, hidden),
    ...(biasIh && { biasIh: withInput(biasIh, hidden) }),
    ...(biasHh && { biasHh: withInput(biasHh, hidden) }),
    ...(peepholes && { peepholes: withInput(peepholes, 1) }),
    ...(weightHr && { weightHr }),
  };
}
