// SequenceEncoder: many to one.

import { ArgumentError, checkCall, type Known, type Tensor, tensor } from '@dl/autograd';
import { formatArguments, type Linear, Module, type TensorModule, tidied } from '@dl/layers';
import type { States } from '../core/kind.js';
import type { SequenceInput } from '../core/stacked.js';
import {
  featuresOf,
  type InputOptions,
  lastSteps,
  needModule,
  needNetwork,
  outputMap,
  type SequenceNetwork,
} from './network.js';

/** Options of {@link SequenceEncoder}. */
export interface SequenceEncoderOptions extends InputOptions {
  /** How many numbers to make of the state of a sequence, by y = W_hy h + b. Default: none are made, the state is given out. */
  readonly outFeatures?: number;
  /** The `last` state of each sequence, in each direction (default), or the `mean` of all. */
  readonly pool?: 'last' | 'mean';
}

const sequenceEncoderOptions: Known<SequenceEncoderOptions> = {
  input: 'object',
  outFeatures: 'number',
  pool: ['last', 'mean'],
};

/**
 * Many to one: a sequence in, one answer out, such as what a text says, or which word was spoken. x [batch, time, ...] → [batch, outFeatures], or
 * [batch, outFeatures of the network] without an output map.
 *
 * The answer is y = W_hy h + b of the state h at the last step that counts. Of a network in both directions it is the two last states side by side: that of
 * the way forward stands at the end of the sequence, that of the way back at its begin. With `pool: 'mean'` it is the mean of the states at all
 * steps that count.
 *
 * @throws ArgumentError for what is no network.
 *
 * @example
 * ```ts
 * import { crossEntropy, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Embedding } from '@dl/layers';
 * import { LSTM, SequenceEncoder } from '@dl/rnn';
 * await useBackend(cpu());
 * const model = new SequenceEncoder(new LSTM(8, 16, { bidirectional: true }), { input: new Embedding(50, 8), outFeatures: 2 });
 * const texts = tensor([[3, 14, 15, 9], [26, 5, 0, 0]], { dtype: 'int32' }); // the second is two words long
 * const logits = model.forward(texts, { lengths: [4, 2] });
 * crossEntropy(logits, tensor([1, 0], { dtype: 'int32' })).backward();
 * console.log(logits.shape); // [2, 2]
 * ```
 */
export class SequenceEncoder extends Module<[x: Tensor, input?: SequenceInput<States>], Tensor> {
  readonly input: TensorModule | undefined;
  readonly network: SequenceNetwork;
  readonly output: Linear | undefined;
  readonly pool: 'last' | 'mean';

  constructor(network: SequenceNetwork, options: SequenceEncoderOptions = {}) {
    checkCall('SequenceEncoder', arguments, ['network'], sequenceEncoderOptions);
    const { input, outFeatures, pool = 'last' } = options;
    super();
    needNetwork('SequenceEncoder', 'the network', network);
    needModule('SequenceEncoder', 'input', input);
    this.input = input;
    this.network = network;
    this.pool = pool;
    this.output = outFeatures === undefined ? undefined : outputMap(network, outFeatures);
  }

  forward(x: Tensor, input: SequenceInput<States> = {}): Tensor {
    checkCall('SequenceEncoder', arguments, ['x', ['input', 'object']]);
    return tidied(
      () => {
        const { output } = this.network.forward(featuresOf('SequenceEncoder', this.input, x, input.lengths), input);
        const { lengths } = input;
        const h = this.pool === 'last' ? lastSteps(output, lengths, this.network) : meanOfSteps(output, lengths);
        return this.output ? this.output.forward(h) : h;
      },
      (y) => [y],
    );
  }

  override describe(): string {
    return formatArguments([], { pool: [this.pool, 'last'] });
  }
}

/** Beyond the end of a sequence outputs are 0, and add nothing. */
function meanOfSteps(output: Tensor, lengths: readonly number[] | undefined): Tensor {
  if (output.shape[1] === 0) throw new ArgumentError('SequenceEncoder: a sequence of no steps has no mean');
  if (lengths === undefined) return output.mean(1);
  const counts = tensor(lengths, { dtype: output.dtype, backend: output.backend });
  return output.sum(1).div(counts.reshape([-1, ...output.shape.slice(2).map(() => 1)]));
}
