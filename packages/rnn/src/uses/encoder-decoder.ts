// EncoderDecoder: many to many, where the two sequences have nothing but their meaning in common.

import {
  ArgumentError,
  argmax,
  checkCall,
  crossEntropy,
  type Known,
  log,
  neg,
  rand,
  shown,
  stack,
  type Tensor,
  where,
} from '@dl/autograd';
import { inMode, Module, type StepModel, type TensorModule, tidied } from '@dl/layers';
import type { States } from '../core/kind.js';
import { checkLengths } from '../core/lengths.js';
import { Bridge } from './bridge.js';
import { checkForcing } from './forcing.js';
import {
  featuresOf,
  type InputOptions,
  needModule,
  needNetwork,
  realSteps,
  type SequenceNetwork,
  stepsOf,
} from './network.js';
import { begunBy, SequenceGenerator } from './sequence-generator.js';
import { needLabels, type SequenceLossOptions, sequenceLossOptions } from './sequence-loss.js';

/** Options of {@link EncoderDecoder}. */
export interface EncoderDecoderOptions extends InputOptions {}

const encoderDecoderOptions: Known<EncoderDecoderOptions> = { input: 'object' };

/** How {@link EncoderDecoder} goes through a batch of pairs in training. */
export interface TeachingOptions {
  /** How many steps of each source count. Default: all. */
  readonly sourceLengths?: readonly number[];
  /** How many tokens of each target count, the one that ends it included. Default: all. */
  readonly targetLengths?: readonly number[];
  /**
   * With which probability the decoder is given the true token before, drawn for each token; else it is given what it would have said itself. Default 1,
   * for which the whole target is one pass.
   */
  readonly teacherForcing?: number;
  /** What it would have said is drawn by its probabilities, rather than the best. Default false. */
  readonly sampled?: boolean;
}

const teachingOptions: Known<TeachingOptions> = {
  sourceLengths: 'numbers',
  targetLengths: 'numbers',
  teacherForcing: 'number',
  sampled: 'boolean',
};

/** Options of the loss of an {@link EncoderDecoder}. */
export interface EncoderDecoderLossOptions extends TeachingOptions, Omit<SequenceLossOptions, 'lengths'> {}

const { lengths: _, ...formOptions } = sequenceLossOptions;
const encoderDecoderLossOptions: Known<EncoderDecoderLossOptions> = { ...teachingOptions, ...formOptions };

/**
 * Many to many, unaligned: a sequence in, another one of any length out, such as a sentence and its translation. One network reads the source, its final
 * states are what the other one, a {@link SequenceGenerator}, begins with (Sutskever et al., "Sequence to sequence learning with neural
 * networks", 2014; Cho et al., 2014).
 *
 * The two may differ in kind, size, layers and directions. A state that both have in the same number of numbers is handed on as it is, layer by layer, both
 * directions side by side; any other goes through a learned map, tanh(W h + b) for h and W h + b for the rest, from all layers and directions
 * to all layers.
 *
 * `loss` compares with targets [batch, time], which have what ends them and not the begin token. With `teacherForcing` below 1 the decoder goes on
 * from its own words now and then, as it must later (scheduled sampling, Bengio et al., 2015): {@link linearForcing} and its kin say how that
 * probability falls. `from` a source it is a {@link StepModel}, for `generate` of @dl/lm and every other decoder.
 *
 * @throws ArgumentError for what is no network or generator, and for a probability outside 0 … 1.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Embedding } from '@dl/layers';
 * import { generate } from '@dl/lm';
 * import { EncoderDecoder, GRU, LSTM, SequenceGenerator } from '@dl/rnn';
 * await useBackend(cpu());
 * const decoder = new SequenceGenerator(new LSTM(8, 24), 12); // 0 begins and ends a target
 * const model = new EncoderDecoder(new GRU(8, 16, { bidirectional: true }), decoder, { input: new Embedding(30, 8) });
 * const sources = tensor([[3, 14, 15, 9], [26, 5, 0, 0]], { dtype: 'int32' });
 * const targets = tensor([[1, 2, 0], [3, 0, 0]], { dtype: 'int32' });
 * const lengths = { sourceLengths: [4, 2], targetLengths: [3, 2] };
 * model.loss(sources, targets, { ...lengths, teacherForcing: 0.8 }).backward();
 * const said = await generate(model.from(sources, { lengths: [4, 2] }), { end: 0, maxLength: 5 });
 * console.log(said.map(({ tokens }) => tokens)); // a list of tokens for each source
 * ```
 */
export class EncoderDecoder extends Module<[source: Tensor, target: Tensor, options?: TeachingOptions], Tensor> {
  readonly input: TensorModule | undefined;
  readonly encoder: SequenceNetwork;
  readonly bridge: Bridge;
  readonly decoder: SequenceGenerator;

  constructor(encoder: SequenceNetwork, decoder: SequenceGenerator, options: EncoderDecoderOptions = {}) {
    checkCall('EncoderDecoder', arguments, ['encoder', 'decoder'], encoderDecoderOptions);
    super();
    needNetwork('EncoderDecoder', 'the encoder', encoder);
    if (!(decoder instanceof SequenceGenerator)) {
      throw new ArgumentError(
        `EncoderDecoder: the decoder is ${shown(decoder)}, needs a SequenceGenerator, such as new SequenceGenerator(new GRU(8, 16), 30)`,
      );
    }
    needModule('EncoderDecoder', 'input', options.input);
    this.input = options.input;
    this.encoder = encoder;
    this.bridge = new Bridge(encoder, decoder.network);
    this.decoder = decoder;
  }

  /** The logits of each token of the target, [batch, time, vocabularySize]. Beyond the end of a target they mean nothing. */
  forward(source: Tensor, target: Tensor, options: TeachingOptions = {}): Tensor {
    checkCall('EncoderDecoder', arguments, ['source', 'target'], teachingOptions);
    const { targetLengths, teacherForcing = 1, sampled = false } = options;
    return tidied(
      () => {
        const state = this.#begin('EncoderDecoder', source, target, options);
        if (teacherForcing < 1) return this.#unforced(target, state, teacherForcing, sampled);
        const input = { state, ...(targetLengths && { lengths: targetLengths }) };
        return this.decoder.forward(this.decoder.shifted(target), input).output;
      },
      (logits) => [logits],
    );
  }

  /** The mean of -log p of all tokens of the targets [batch, time] (`int32`) that count. */
  loss(source: Tensor, target: Tensor, options: EncoderDecoderLossOptions = {}): Tensor {
    checkCall('EncoderDecoder.loss', arguments, ['source', 'target'], encoderDecoderLossOptions);
    const { sourceLengths: _, targetLengths, teacherForcing = 1, sampled = false, ...rest } = options;
    const state = this.#begin('EncoderDecoder.loss', source, target, options);
    const lengths = targetLengths && { lengths: targetLengths };
    if (teacherForcing === 1) return this.decoder.loss(target, { ...rest, ...lengths, state });
    const logits = this.#unforced(target, state, teacherForcing, sampled);
    return crossEntropy(realSteps(logits, targetLengths), realSteps(target, targetLengths), rest);
  }

  /** What is said to these sources [batch, time, ...]: a {@link StepModel} for decoders. It reads them when a decoder begins. */
  from(source: Tensor, options: { readonly lengths?: readonly number[] } = {}): StepModel<States> {
    checkCall('EncoderDecoder.from', arguments, ['source'], { lengths: 'numbers' });
    const { lengths } = options;
    if (lengths !== undefined) checkLengths('EncoderDecoder.from', lengths, ...stepsOf(source));
    return begunBy(this.decoder, source.shape[0]!, () =>
      inMode(this, 'eval', () => this.#encode('EncoderDecoder.from', source, lengths)),
    );
  }

  #begin(use: string, source: Tensor, target: Tensor, options: TeachingOptions): States {
    const { sourceLengths, targetLengths, teacherForcing = 1 } = options;
    checkForcing(use, 'teacherForcing', teacherForcing);
    needLabels(use, 'targets', target, [source.shape[0]!, target.shape[1]!]);
    if (sourceLengths !== undefined) checkLengths(`${use}: sourceLengths`, sourceLengths, ...stepsOf(source));
    if (targetLengths !== undefined) checkLengths(`${use}: targetLengths`, targetLengths, ...stepsOf(target));
    return this.#encode(use, source, sourceLengths);
  }

  #encode(use: string, source: Tensor, lengths: readonly number[] | undefined): States {
    const { state } = this.encoder.forward(featuresOf(use, this.input, source, lengths), lengths ? { lengths } : {});
    return this.bridge.cross(state);
  }

  /** Step by step, each from the true token before or from the decoder's own. */
  #unforced(target: Tensor, begin: States, teacherForcing: number, sampled: boolean): Tensor {
    const time = target.shape[1]!;
    const logits: Tensor[] = [];
    let tokens = this.decoder.shifted(target.slice([null, [0, 1]])); // [batch, 1]
    let state = begin;
    for (let t = 0; t < time; t++) {
      const next = this.decoder.forward(tokens, { state });
      state = next.state;
      logits.push(next.output.squeeze(1)); // [batch, vocabularySize]
      if (t === time - 1) break;
      const own = ownTokens(logits[t]!.detach(), sampled);
      const isForced = rand(own.shape, { backend: own.backend }).less(teacherForcing);
      tokens = where(isForced, target.slice([null, [t, t + 1]]), own);
    }
    return stack(logits, 1);
  }
}

/** The best token of each row of logits, or one that is drawn, [batch, 1]. */
function ownTokens(logits: Tensor, sampled: boolean): Tensor {
  if (!sampled) return argmax(logits, 1, { keepDims: true });
  // The largest of logits with Gumbel's noise is a draw by their probabilities; no number has to be read for it.
  const noise = neg(log(neg(log(rand(logits.shape, { dtype: logits.dtype, backend: logits.backend })))));
  return argmax(logits.add(noise), 1, { keepDims: true });
}
