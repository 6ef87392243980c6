// SequenceTransducer: many to many, one answer for each step.

import { checkCall, crossEntropy, type Known, type Tensor } from '@dl/autograd';
import { type Linear, Module, type TensorModule, tidied } from '@dl/layers';
import type { States } from '../core/kind.js';
import type { SequenceInput, SequenceOutput } from '../core/stacked.js';
import {
  featuresOf,
  type InputOptions,
  needModule,
  needNetwork,
  outputMap,
  realSteps,
  type SequenceNetwork,
} from './network.js';
import { needLabels, type SequenceLossOptions, sequenceLossOptions } from './sequence-loss.js';

/** Options of {@link SequenceTransducer}. */
export interface SequenceTransducerOptions extends InputOptions {}

const sequenceTransducerOptions: Known<SequenceTransducerOptions> = { input: 'object' };

/**
 * Many to many, aligned: an answer for each step, such as the part of speech of each word, or what each frame of a video shows. x [batch, time, ...] →
 * `output` [batch, time, outFeatures] = W_hy h(t) + b at each step, and the `state` of the network, with which the next piece of a stream goes on.
 * A network in both directions knows the whole sequence at each step; one that goes forward can answer while it listens.
 *
 * `loss` is the cross-entropy of classes [batch, time], over the steps that count.
 *
 * @throws ArgumentError for what is no network.
 *
 * @example
 * ```ts
 * import { randn, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Conv2d, Flatten, ReLU, Sequential } from '@dl/layers';
 * import { GRU, SequenceTransducer } from '@dl/rnn';
 * await useBackend(cpu());
 * const frame = new Sequential(new Conv2d(1, 4, 3), new ReLU(), new Flatten()); // [1, 6, 6] → 64 features
 * const model = new SequenceTransducer(new GRU(64, 16), 3, { input: frame });
 * const videos = randn([2, 5, 1, 6, 6]); // two videos of up to five frames
 * const scenes = tensor([[0, 0, 1, 1, 1], [2, 2, 0, 0, 0]], { dtype: 'int32' });
 * model.loss(videos, scenes, { lengths: [5, 2] }).backward();
 * console.log(model.forward(videos).output.shape); // [2, 5, 3]
 * ```
 */
export class SequenceTransducer extends Module<[x: Tensor, input?: SequenceInput<States>], SequenceOutput<States>> {
  readonly input: TensorModule | undefined;
  readonly network: SequenceNetwork;
  readonly output: Linear;

  constructor(network: SequenceNetwork, outFeatures: number, options: SequenceTransducerOptions = {}) {
    checkCall('SequenceTransducer', arguments, ['network', 'outFeatures'], sequenceTransducerOptions);
    super();
    needNetwork('SequenceTransducer', 'the network', network);
    needModule('SequenceTransducer', 'input', options.input);
    this.input = options.input;
    this.network = network;
    this.output = outputMap(network, outFeatures);
  }

  forward(x: Tensor, input: SequenceInput<States> = {}): SequenceOutput<States> {
    checkCall('SequenceTransducer', arguments, ['x', ['input', 'object']]);
    return tidied(
      () => {
        const { output, state } = this.network.forward(
          featuresOf('SequenceTransducer', this.input, x, input.lengths),
          input,
        );
        return { output: this.output.forward(output), state };
      },
      ({ output, state }) => [output, ...Object.values(state)],
    );
  }

  /**
   * The mean cross-entropy of the classes [batch, time] (`int32`) of all steps that count.
   *
   * @throws ShapeError when there is not one class for each step.
   */
  loss(x: Tensor, labels: Tensor, options: SequenceLossOptions = {}): Tensor {
    checkCall('SequenceTransducer.loss', arguments, ['x', 'labels'], sequenceLossOptions);
    const { lengths, ...rest } = options;
    needLabels('SequenceTransducer.loss', 'labels', labels, x.shape);
    const features = featuresOf('SequenceTransducer.loss', this.input, x, lengths);
    const { output } = this.network.forward(features, lengths ? { lengths } : {});
    return crossEntropy(this.output.forward(realSteps(output, lengths)), realSteps(labels, lengths), rest);
  }
}
