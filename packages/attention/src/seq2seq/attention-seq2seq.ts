// AttentionSeq2Seq: a sequence in, another one out, and at each step of it a look at all of the first.

import {
  ArgumentError,
  checkCall,
  checkInteger,
  concat,
  crossEntropy,
  noGrad,
  ShapeError,
  scope,
  shown,
  type Tensor,
  zeros,
} from '@dl/autograd';
import {
  Dropout,
  formatArguments,
  inMode,
  isModule,
  Linear,
  Module,
  type NextToken,
  needTensor,
  type StepModel,
  type TensorModule,
  tidied,
} from '@dl/layers';
import { Bridge, checkLengths, featuresOf, type SequenceNetwork } from '@dl/rnn';
import { checkBegin, checkTokens, shiftedBy, tokensBeside } from '../models/tokens.js';
import type { AttentionScore } from '../scores/score.js';
import { type AttentionSeq2SeqState, lastOf, selected } from './decoded.js';
import {
  type AttentionSeq2SeqCallOptions,
  type AttentionSeq2SeqLossOptions,
  type AttentionSeq2SeqOptions,
  type AttentionSeq2SeqOutput,
  callOptions,
  lossOptions,
  seq2seqOptions,
} from './options.js';
import { checkParts, checkScore, madeLike, stateSize, tableFor, widthOf } from './sizes.js';
import { rowsWithin, stepsThatCount } from './taught.js';

const NAME = 'AttentionSeq2Seq';

/**
 * Sequence to sequence with attention: an encoder reads the source into outputs h(1) … h(S), and a decoder says the target, token by token; at each step a score looks at all h, and
 * gives a context c, their weighted sum. The encoder is any network of @dl/rnn, in one direction or in both, the decoder any that goes forward, a cell in `Recurrent` too, and the
 * score any of this package. The decoder begins with the last states of the encoder, as a `Bridge` brings them over. Two orders, y being the vector of the token before:
 *
 * - `bahdanau` (Bahdanau et al., 2015): c(t) by the state s(t-1), s(t) = f(s(t-1), [y; c(t)]), and logits W [s(t); c(t); y] + b (one linear map where the paper has a
 *   maxout layer). The decoder takes as many features as y and h have together;
 * - `luong` (Luong et al., 2015): s(t) = f(s(t-1), y), c(t) by s(t), a(t) = tanh(W_c [c(t); s(t)] + b_c), and logits W a(t) + b. With `inputFeeding` the decoder is given [y; a(t-1)];
 *   without, all steps of a target are one pass in training.
 *
 * `forward` and `loss` are taught: each token comes after the true ones before it. Targets [batch, time] have what ends them, and not the begin token. `from` a source it is a
 * `StepModel`, for `generate` of @dl/lm and every other decoder; what they said is aligned with its source by `align`. What concerns the source alone is computed once for it.
 *
 * @throws ArgumentError for what is no network or score, and for sizes that do not fit together.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { AdditiveAttention, AttentionSeq2Seq } from '@dl/attention';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Embedding } from '@dl/layers';
 * import { generate } from '@dl/lm';
 * import { GRU } from '@dl/rnn';
 * await useBackend(cpu());
 * const encoder = new GRU(8, 12, { bidirectional: true }); // 24 features for each word
 * const decoder = new GRU(8 + 24, 16);
 * const model = new AttentionSeq2Seq(encoder, new AdditiveAttention(16, 24, 10), decoder, 12, { input: new Embedding(30, 8) });
 * const sources = tensor([[3, 14, 15, 9], [26, 5, 0, 0]], { dtype: 'int32' });
 * const targets = tensor([[1, 2, 0], [3, 0, 0]], { dtype: 'int32' }); // 0 begins and ends a target
 * model.loss(sources, targets, { sourceLengths: [4, 2], targetLengths: [3, 2], labelSmoothing: 0.1 }).backward();
 * const said = await generate(model.from(sources, { lengths: [4, 2] }), { end: 0, maxLength: 5 });
 * const words = said.map(({ tokens }) => tokens);
 * console.log(model.align(sources, words, { lengths: [4, 2] }).shape); // [2, …, 4]: how each word looked at the source
 * ```
 */
export class AttentionSeq2Seq extends Module<
  [source: Tensor, target: Tensor, options?: AttentionSeq2SeqCallOptions],
  AttentionSeq2SeqOutput
> {
  readonly vocabularySize: number;
  readonly begin: number;
  readonly order: 'bahdanau' | 'luong';
  readonly inputFeeding: boolean;
  readonly input: TensorModule | undefined;
  readonly encoder: SequenceNetwork;
  readonly score: AttentionScore;
  readonly bridge: Bridge;
  readonly targetInput: TensorModule;
  readonly decoder: SequenceNetwork;
  /** W_c of `luong`. */
  readonly combine: Linear | undefined;
  readonly dropout: Dropout;
  readonly output: Linear;

  constructor(
    encoder: SequenceNetwork,
    score: AttentionScore,
    decoder: SequenceNetwork,
    vocabularySize: number,
    options: AttentionSeq2SeqOptions = {},
  ) {
    checkCall(NAME, arguments, ['encoder', 'score', 'decoder', 'vocabularySize'], seq2seqOptions);
    const { input, targetInput, order = 'bahdanau', inputFeeding = false, dropout = 0, begin = 0 } = options;
    super();
    checkParts(NAME, encoder, score, decoder);
    for (const [name, module] of Object.entries({ input, targetInput })) {
      if (module !== undefined && !isModule(module)) {
        throw new ArgumentError(`${NAME}: ${name} is ${shown(module)}, needs a module, such as new Embedding(30, 8)`);
      }
    }
    if (order === 'bahdanau' && (inputFeeding || options.attentionSize !== undefined)) {
      throw new ArgumentError(
        `${NAME}: ${inputFeeding ? 'inputFeeding' : 'attentionSize'} is for order 'luong'; leave it out, or set the order`,
      );
    }
    this.vocabularySize = checkInteger(NAME, 'vocabularySize', vocabularySize, 1);
    this.begin = checkBegin(NAME, begin, vocabularySize);
    this.order = order;
    this.inputFeeding = inputFeeding;
    const [context, size] = [encoder.outFeatures, decoder.outFeatures];
    const attention = checkInteger(NAME, 'attentionSize', options.attentionSize ?? size, 1);
    const fed = order === 'bahdanau' ? context : inputFeeding ? attention : 0;
    checkScore(NAME, score, order === 'bahdanau' ? stateSize(decoder) : size, context);
    const made = madeLike(decoder);
    this.input = input;
    this.encoder = encoder;
    this.score = score;
    this.bridge = new Bridge(encoder, decoder);
    this.targetInput = targetInput ?? tableFor(decoder, fed, vocabularySize, made);
    const width = widthOf(this.targetInput, begin);
    if (decoder.inputSize !== undefined && decoder.inputSize !== width + fed) {
      const what = order === 'bahdanau' ? 'of the context' : 'of the step before';
      throw new ArgumentError(
        `${NAME}: the decoder takes ${decoder.inputSize} features, needs ${width + fed}, ${width} of a token${fed > 0 ? ` and ${fed} ${what}` : ''}`,
      );
    }
    this.decoder = decoder;
    this.combine = order === 'luong' ? new Linear(context + size, attention, made) : undefined;
    this.dropout = new Dropout(dropout);
    this.output = new Linear(order === 'luong' ? attention : size + context + width, vocabularySize, made);
  }

  /** The logits of each token of the target, and the alignment. Beyond the end of a target logits mean nothing. */
  forward(source: Tensor, target: Tensor, options: AttentionSeq2SeqCallOptions = {}): AttentionSeq2SeqOutput {
    checkCall(NAME, arguments, ['source', 'target'], callOptions);
    const { targetLengths, returnWeights = false } = options;
    return tidied(
      () => {
        const { readout, weights } = this.#taught(NAME, source, target, options, returnWeights);
        return {
          output: this.output.forward(readout),
          weights: weights && (targetLengths === undefined ? weights : rowsWithin(weights, targetLengths)),
        };
      },
      ({ output, weights }) => (weights === undefined ? [output] : [output, weights]),
    );
  }

  /** The mean of -log p of all tokens of the targets [batch, time] (`int32`) that count. */
  loss(source: Tensor, target: Tensor, options: AttentionSeq2SeqLossOptions = {}): Tensor {
    checkCall(`${NAME}.loss`, arguments, ['source', 'target'], lossOptions);
    const { sourceLengths, targetLengths, ...rest } = options;
    const lengths = { ...(sourceLengths && { sourceLengths }), ...(targetLengths && { targetLengths }) };
    return tidied(
      () => {
        const { readout } = this.#taught(`${NAME}.loss`, source, target, lengths, false);
        const logits = this.output.forward(stepsThatCount(readout, targetLengths));
        return crossEntropy(logits, stepsThatCount(target, targetLengths), rest);
      },
      (loss) => [loss],
    );
  }

  /**
   * How what was said looked at its source: for a list of tokens for each source, as they are in what `generate` gives, [batch, longest, sources], with 0 beyond the ends of both. It is
   * what the steps looked at while they said it, computed once more.
   */
  align(
    source: Tensor,
    targets: readonly ArrayLike<number>[],
    options: { readonly lengths?: readonly number[] } = {},
  ): Tensor {
    checkCall(`${NAME}.align`, arguments, ['source', ['targets', 'list']], { lengths: 'numbers' });
    const { lengths: sourceLengths } = options;
    needSource(`${NAME}.align`, source);
    if (targets.length !== source.shape[0] || targets.some((row) => typeof row?.length !== 'number')) {
      throw new ArgumentError(
        `${NAME}.align: targets are ${shown(targets)}, needs a list of tokens for each of the ${source.shape[0]} sources, as generate gives them`,
      );
    }
    const lengths = targets.map(({ length }) => length);
    const longest = Math.max(1, ...lengths);
    const rows = targets.map((row) => Array.from({ length: longest }, (_, t) => row[t] ?? this.begin));
    return scope(() =>
      noGrad(() =>
        inMode(this, 'eval', () => {
          const target = tokensBeside(this.output.weight, rows);
          const all = { ...(sourceLengths && { sourceLengths }), returnWeights: true };
          return rowsWithin(this.forward(source, target, all).weights!, lengths);
        }),
      ),
    );
  }

  /** What is said to these sources [batch, time, ...]: a `StepModel` for decoders. It reads them when a decoder begins. */
  from(source: Tensor, options: { readonly lengths?: readonly number[] } = {}): StepModel<AttentionSeq2SeqState> {
    checkCall(`${NAME}.from`, arguments, ['source'], { lengths: 'numbers' });
    const { lengths } = options;
    needSource(`${NAME}.from`, source);
    const [batch, time] = source.shape as readonly [number, number];
    if (lengths !== undefined) checkLengths(`${NAME}.from`, lengths, batch, time);
    const after = (
      tokens: readonly ArrayLike<number>[],
      state: AttentionSeq2SeqState,
    ): NextToken<AttentionSeq2SeqState> =>
      inMode(this, 'eval', () => {
        const y = featuresOf(NAME, this.targetInput, tokensBeside(this.output.weight, tokens));
        const { readout, next } = this.#through(y, state, false);
        const last = readout.slice([null, -1]); // [batch, features]
        return { logProbabilities: this.output.forward(last).logSoftmax(1), representation: last, state: next };
      });
    return {
      vocabularySize: this.vocabularySize,
      batch,
      start: (asked) => {
        if (asked !== batch) {
          throw new ArgumentError(`${NAME}: ${asked} sequences are to begin with ${batch} sources`);
        }
        const state = inMode(this, 'eval', () => this.#read(`${NAME}.from`, source, lengths));
        // It is the same at all steps, and would be copied at each of them.
        state.source.keep();
        return after(new Array<number[]>(batch).fill([this.begin]), state);
      },
      step: (tokens, state) =>
        after(
          Array.from(tokens, (token) => [token]),
          state,
        ),
      read: after,
      select: (state, rows) => selected(state, rows, this.decoder.batchAxis),
      release: (state) => state.source.dispose(),
    };
  }

  /** What goes into the output map at each step of the target. */
  #taught(
    use: string,
    source: Tensor,
    target: Tensor,
    { sourceLengths, targetLengths }: AttentionSeq2SeqCallOptions,
    returnWeights: boolean,
  ): { readonly readout: Tensor; readonly weights: Tensor | undefined } {
    needSource(use, source);
    checkTokens(use, 'targets', target);
    if (target.shape[0] !== source.shape[0] || target.shape[1] === 0) {
      throw new ShapeError(
        `${use}: targets are [${target.shape.join(', ')}] for ${source.shape[0]} sources; needs one for each, of at least one token`,
      );
    }
    const [batch, sources] = source.shape as readonly [number, number];
    if (sourceLengths !== undefined) checkLengths(`${use}: sourceLengths`, sourceLengths, batch, sources);
    if (targetLengths !== undefined) checkLengths(`${use}: targetLengths`, targetLengths, batch, target.shape[1]!);
    const y = featuresOf(use, this.targetInput, shiftedBy(this.begin, target));
    const { readout, weights } = this.#through(y, this.#read(use, source, sourceLengths), returnWeights);
    return { readout: this.dropout.forward(readout), weights };
  }

  /** Reads a source: where the decoder begins. */
  #read(use: string, source: Tensor, lengths: readonly number[] | undefined): AttentionSeq2SeqState {
    const given = lengths ? { lengths } : {};
    const { output, state } = this.encoder.forward(featuresOf(use, this.input, source, lengths), given);
    const fed = this.inputFeeding
      ? zeros([output.shape[0]!, 1, this.combine!.outFeatures], { dtype: output.dtype, backend: output.backend })
      : undefined;
    return { source: this.score.project(output, given), network: this.bridge.cross(state), looked: undefined, fed };
  }

  /** Goes on by tokens, of which y [batch, time, features] are the vectors. */
  #through(y: Tensor, begin: AttentionSeq2SeqState, returnWeights: boolean): Passed {
    if (this.order === 'luong' && !this.inputFeeding) return this.#pass(y, begin, returnWeights);
    let next = begin;
    const passed = y.unbind(1).map((each) => {
      const step = this.#pass(each.unsqueeze(1), next, returnWeights);
      next = step.next;
      return step;
    });
    const readout = concat(
      passed.map(({ readout }) => readout),
      1,
    );
    const weights = returnWeights
      ? concat(
          passed.map(({ weights }) => weights!),
          1,
        )
      : undefined;
    return { readout, weights, next };
  }

  /** One step, or several where none depends on what the one before has looked at. */
  #pass(y: Tensor, { source, network, looked, fed }: AttentionSeq2SeqState, returnWeights: boolean): Passed {
    const options = { returnWeights, ...(looked && { state: looked }) };
    if (this.order === 'bahdanau') {
      const query = lastOf(network, this.decoder.batchAxis).unsqueeze(1);
      const { output: context, weights, state } = this.score.forward(query, source, options);
      const { output: s, state: after } = this.decoder.forward(concat([y, context], 2), { state: network });
      const next = { source, network: after, looked: state, fed };
      return { readout: concat([s, context, y], 2), weights, next };
    }
    const x = fed === undefined ? y : concat([y, fed], 2);
    const { output: s, state: after } = this.decoder.forward(x, { state: network });
    const { output: context, weights, state } = this.score.forward(s, source, options);
    const readout = this.combine!.forward(concat([context, s], 2)).tanh();
    const next = { source, network: after, looked: state, fed: fed && readout };
    return { readout, weights, next };
  }

  override describe(): string {
    return formatArguments([], {
      vocabularySize: [this.vocabularySize, undefined],
      order: [this.order, 'bahdanau'],
      inputFeeding: [this.inputFeeding, false],
      begin: [this.begin, 0],
    });
  }
}

interface Passed {
  /** What goes into the output map, [batch, time, features]. */
  readonly readout: Tensor;
  readonly weights: Tensor | undefined;
  readonly next: AttentionSeq2SeqState;
}

/** Throws unless there is a batch of sources. */
function needSource(use: string, source: Tensor): void {
  needTensor(use, source);
  if (source.rank < 2) {
    throw new ShapeError(
      `${use}: sources are [${source.shape.join(', ')}], needs [batch, time, ...], a batch of sequences`,
    );
  }
}
