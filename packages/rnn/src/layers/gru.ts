// GRU: the gated recurrent unit.

import { checkCall, checkInteger, type GruForm, gruSequence, type Known, linear } from '@dl/autograd';
import type { Kind, LayerWeights } from '../core/kind.js';
import { Stacked, type StackOptions, stackOptions } from '../core/stacked.js';
import { gateWeights, type HiddenState } from './rnn.js';

export const gruForm: Known<GruForm> = { reset: ['after', 'before'], update: ['keep', 'take'] };

/** Options of {@link GRU}. */
export interface GRUOptions extends StackOptions, GruForm {}

const gruOptions: Known<GRUOptions> = { ...stackOptions, ...gruForm };

export function gruKind(
  name: string,
  hiddenSize: number,
  { reset = 'after', update = 'keep' }: GruForm,
): Kind<HiddenState, LayerWeights> {
  checkInteger(name, 'hiddenSize', hiddenSize, 1);
  return {
    name: 'GRU',
    hiddenSize,
    size: hiddenSize,
    fanIn: hiddenSize,
    axes: ['features'],
    weights: (inputSize, bias) => gateWeights(3, hiddenSize, inputSize, bias),
    states: () => ({ h: [hiddenSize] }),
    run: (x, w, state, run) => {
      const { y, h } = gruSequence(linear(x, w.weightIh, w.biasIh), w.weightHh, {
        ...run,
        reset,
        update,
        ...(w.biasHh && { bias: w.biasHh }),
        ...(state.h && { h0: state.h }),
      });
      return { y, state: { h } };
    },
    shown: { reset: [reset, 'after'], update: [update, 'keep'] },
  };
}

/**
 * The gated recurrent unit: r = σ(W_ir x + b_ir + W_hr h + b_hr), z = σ(W_iz x + b_iz + W_hz h + b_hz),
 * n = tanh(W_in x + b_in + r ⊙ (W_hn h + b_hn)), h(t) = z ⊙ h(t-1) + (1 - z) ⊙ n, over sequences [batch, time, inputSize]. `output`
 * [batch, time, directions · hiddenSize] has the states of the last layer at each step, `state.h` [layers · directions, batch, hiddenSize] those of
 * all layers at the end. All weights start uniform on ±1/√hiddenSize. Names, order and layout of weights are PyTorch's, the gates in the
 * order r, z, n.
 *
 * The literature has other forms (Cho et al., "Learning phrase representations using RNN encoder–decoder", 2014):
 *
 * | option | as PyTorch has it | the other form |
 * | --- | --- | --- |
 * | `reset` | `after`: r ⊙ (W h + b), PyTorch's | `before`: W (r ⊙ h) + b, Cho's |
 * | `update` | `keep`: z keeps the former state, PyTorch's and Cho's | `take`: z takes the new one, h(t) = (1 - z) ⊙ h(t-1) + z ⊙ n, that of Chung et al. (2014) and of many lectures |
 *
 * Since σ(-a) = 1 - σ(a), weights of z with the other sign turn one form of the update into the other: {@link convertUpdate}.
 *
 * @throws ShapeError when the input is no batch of sequences of inputSize features, or the state or lengths do not fit it.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { GRU } from '@dl/rnn';
 * await useBackend(cpu());
 * const network = new GRU(3, 5);
 * const first = network.forward(randn([4, 7, 3]));
 * const second = network.forward(randn([4, 2, 3]), { state: first.state }); // goes on where the first piece ended
 * console.log(second.output.shape, second.state.h.shape); // [4, 2, 5] [1, 4, 5]
 * ```
 */
export class GRU extends Stacked<HiddenState> {
  readonly reset: 'after' | 'before';
  readonly update: 'keep' | 'take';

  constructor(inputSize: number, hiddenSize: number, options: GRUOptions = {}) {
    checkCall('GRU', arguments, ['inputSize', 'hiddenSize'], gruOptions);
    const { reset = 'after', update = 'keep', ...rest } = options;
    super(inputSize, gruKind('GRU', hiddenSize, { reset, update }), rest);
    this.reset = reset;
    this.update = update;
  }
}
