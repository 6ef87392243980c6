// PointerGenerator: sequence to sequence that may say a word of its source in place of one of its vocabulary, one that it has never seen even.

import {
  ArgumentError,
  any,
  checkCall,
  checkInteger,
  concat,
  crossEntropy,
  IndexError,
  indexSelect,
  logSumExp,
  matmul,
  minimum,
  ShapeError,
  scatterAdd,
  shown,
  softmax,
  softplus,
  stack,
  type Tensor,
  tensor,
  where,
  zeros,
} from '@dl/autograd';
import {
  Dropout,
  Embedding,
  formatArguments,
  inMode,
  isModule,
  Linear,
  Module,
  type NextToken,
  type StepModel,
  type TensorModule,
  tidied,
} from '@dl/layers';
import { Bridge, checkLengths, featuresOf, lengthMask, type SequenceNetwork } from '@dl/rnn';
import { checkBegin, checkToken, checkTokens, shiftedBy, tokensBeside } from '../models/tokens.js';
import type { AttentionScore } from '../scores/score.js';
import { selected } from './decoded.js';
import {
  type PointerGeneratorCallOptions,
  type PointerGeneratorLossOptions,
  type PointerGeneratorOptions,
  type PointerGeneratorOutput,
  type PointerGeneratorSourceOptions,
  type PointerGeneratorState,
  pointerCallOptions,
  pointerLossOptions,
  pointerOptions,
  pointerSourceOptions,
} from './pointer-options.js';
import { checkParts, checkScore, madeLike, widthOf } from './sizes.js';
import { rowsWithin, stepsThatCount } from './taught.js';

const NAME = 'PointerGenerator';

/** So little is taken for what is copied with probability 0: its logarithm is finite, and beside what is generated it is nothing. */
const NEXT_TO_NOTHING = 1e-30;
/** Added to the logarithm of a probability that does not count; finite, so that two of them are no NaN. */
const BARRED = -1e30;

/**
 * Pointer-generator network (See, Liu & Manning, "Get to the point: summarization with pointer-generator networks", 2017): sequence to sequence with attention which at each step either generates a word
 * of its vocabulary or copies one of its source, with a probability p_gen that it learns. Of the source h(1) … h(S), the state s(t) = f(s(t-1), x(t)) of the decoder behind the word x(t), and the
 * weights a(t) of a score, with c(t) = Σ a h:
 *
 *     P_vocabulary = softmax(V' (V [c; s] + b) + b')
 *     p_gen        = σ(w [c; s; x] + b_ptr)
 *     P(word)      = p_gen P_vocabulary(word) + (1 - p_gen) Σ of a over the positions of the source where the word stands
 *
 * Source and target have one vocabulary and one table of vectors. What is beyond the vocabulary has numbers too, vocabularySize, vocabularySize + 1, …: the first such word of a source, the second, and so
 * on, in each source anew, and in its target the same. The model reads them all as `unknown`, and can say those of the source by copying them. `extendedSize` says how many numbers there are.
 * A word of a target that is neither in the vocabulary nor in its source counts as `unknown`.
 *
 * **Coverage**: a `CoverageAttention` as score knows what was looked at before, and the loss with `coverageWeight` λ adds λ Σ min(a(t), a(1) + … + a(t-1)) to that of each word, so that it does not say things twice. (Any
 * other score can be trained with that loss, too.) The paper trains without, and then a little with λ = 1.
 *
 * `forward` and `loss` are taught: each token comes after the true ones before it, and all steps are one pass. Targets [batch, time] have what ends them, and not the begin token. `from` a source it is a
 * `StepModel`, for `generate`, `beamSearch` and every other decoder.
 *
 * @throws ArgumentError for what is no network or score, and for sizes that do not fit together.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { AdditiveAttention, PointerGenerator } from '@dl/attention';
 * import { cpu } from '@dl/kernels-cpu';
 * import { beamSearch } from '@dl/lm';
 * import { GRU } from '@dl/rnn';
 * await useBackend(cpu());
 * const encoder = new GRU(8, 12, { bidirectional: true }); // 24 features for each word
 * const model = new PointerGenerator(encoder, new AdditiveAttention(16, 24, 10), new GRU(8, 16), 30);
 * // 0 begins and ends a target, 1 is unknown; 30 and 31 are beyond the vocabulary, other words in each source.
 * const sources = tensor([[3, 30, 15, 31], [26, 30, 0, 0]], { dtype: 'int32' });
 * const targets = tensor([[31, 2, 0], [30, 0, 0]], { dtype: 'int32' });
 * model.loss(sources, targets, { sourceLengths: [4, 2], targetLengths: [3, 2], coverageWeight: 1 }).backward();
 * const said = await beamSearch(model.from(sources, { lengths: [4, 2], extendedSize: 32 }), { end: 0, maxLength: 5 });
 * console.log(said.map(([best]) => best!.tokens)); // tokens up to 31
 * ```
 */
export class PointerGenerator extends Module<
  [source: Tensor, target: Tensor, options?: PointerGeneratorCallOptions],
  PointerGeneratorOutput
> {
  readonly vocabularySize: number;
  readonly begin: number;
  readonly unknown: number;
  readonly embedding: TensorModule;
  readonly encoder: SequenceNetwork;
  readonly score: AttentionScore;
  readonly bridge: Bridge;
  readonly decoder: SequenceNetwork;
  /** V of the formula. */
  readonly combine: Linear;
  /** What p_gen is the sigmoid of. */
  readonly pointer: Linear;
  readonly dropout: Dropout;
  readonly output: Linear;

  constructor(
    encoder: SequenceNetwork,
    score: AttentionScore,
    decoder: SequenceNetwork,
    vocabularySize: number,
    options: PointerGeneratorOptions = {},
  ) {
    checkCall(NAME, arguments, ['encoder', 'score', 'decoder', 'vocabularySize'], pointerOptions);
    const { embedding, dropout = 0, begin = 0, unknown = 1 } = options;
    super();
    checkParts(NAME, encoder, score, decoder);
    if (embedding !== undefined && !isModule(embedding)) {
      throw new ArgumentError(
        `${NAME}: embedding is ${shown(embedding)}, needs a module, such as new Embedding(${shown(vocabularySize)}, 8)`,
      );
    }
    this.vocabularySize = checkInteger(NAME, 'vocabularySize', vocabularySize, 1);
    this.begin = checkBegin(NAME, begin, vocabularySize);
    this.unknown = checkToken(NAME, 'unknown', unknown, vocabularySize);
    const [context, size] = [encoder.outFeatures, decoder.outFeatures];
    const attention = checkInteger(NAME, 'attentionSize', options.attentionSize ?? size, 1);
    checkScore(NAME, score, size, context);
    const made = madeLike(decoder);
    this.embedding = embedding ?? new Embedding(vocabularySize, tableWidth(encoder, decoder, vocabularySize), made);
    const width = widthOf(this.embedding, begin);
    checkWidths(width, { encoder, decoder });
    this.encoder = encoder;
    this.score = score;
    this.bridge = new Bridge(encoder, decoder);
    this.decoder = decoder;
    this.combine = new Linear(context + size, attention, made);
    this.pointer = new Linear(context + size + width, 1, made);
    this.dropout = new Dropout(dropout);
    this.output = new Linear(attention, vocabularySize, made);
  }

  /** The probabilities of all words at each step of the target, p_gen, and the alignment. Beyond the end of a target probabilities and p_gen mean nothing. */
  forward(source: Tensor, target: Tensor, options: PointerGeneratorCallOptions = {}): PointerGeneratorOutput {
    checkCall(NAME, arguments, ['source', 'target'], pointerCallOptions);
    const { targetLengths, returnWeights = false } = options;
    const size = this.#extended(NAME, options.extendedSize);
    return tidied(
      () => {
        const passed = this.#taught(NAME, source, target, options);
        const { weights } = passed;
        const within = targetLengths === undefined ? weights : rowsWithin(weights, targetLengths);
        return {
          probabilities: this.#mixed(passed, size),
          pGen: passed.pointer.sigmoid(),
          weights: returnWeights ? within : undefined,
        };
      },
      ({ probabilities, pGen, weights }) => [probabilities, pGen, ...(weights ? [weights] : [])],
    );
  }

  /** The mean of -log P, and of what coverage adds, over all tokens of the targets [batch, time] (`int32`) that count. */
  loss(source: Tensor, target: Tensor, options: PointerGeneratorLossOptions = {}): Tensor {
    checkCall(`${NAME}.loss`, arguments, ['source', 'target'], pointerLossOptions);
    const { coverageWeight = 0, reduction = 'mean', ...lengths } = options;
    if (!(coverageWeight >= 0 && coverageWeight < Infinity)) {
      throw new ArgumentError(
        `${NAME}.loss: coverageWeight is ${shown(coverageWeight)}, needs a finite number of at least 0`,
      );
    }
    return tidied(
      () => {
        const passed = this.#taught(`${NAME}.loss`, source, target, lengths);
        const counting = (x: Tensor): Tensor => stepsThatCount(x, lengths.targetLengths);
        let losses = this.#losses(passed, target, counting);
        if (coverageWeight > 0) losses = losses.add(counting(lookedAgain(passed.weights)).mul(coverageWeight));
        return reduction === 'sum' ? losses.sum() : losses.mean();
      },
      (loss) => [loss],
    );
  }

  /** What is said to these sources [batch, time]: a `StepModel` of `extendedSize` tokens for decoders. It reads them when a decoder begins. */
  from(source: Tensor, options: PointerGeneratorSourceOptions = {}): StepModel<PointerGeneratorState> {
    checkCall(`${NAME}.from`, arguments, ['source'], pointerSourceOptions);
    const { lengths } = options;
    const size = this.#extended(`${NAME}.from`, options.extendedSize);
    needSource(`${NAME}.from`, source);
    const [batch, time] = source.shape as readonly [number, number];
    if (lengths !== undefined) checkLengths(`${NAME}.from`, lengths, batch, time);
    const after = (
      tokens: readonly ArrayLike<number>[],
      state: PointerGeneratorState,
    ): NextToken<PointerGeneratorState> =>
      inMode(this, 'eval', () => {
        const passed = this.#through(tokensBeside(this.output.weight, tokens), state);
        const last = (x: Tensor): Tensor => x.slice([null, [-1, null]]);
        const { readout, pointer, weights, next } = passed;
        const step = { ...passed, readout: last(readout), pointer: last(pointer), weights: last(weights) };
        return {
          logProbabilities: this.#mixed(step, size).squeeze(1).log(),
          representation: step.readout.squeeze(1),
          state: next,
        };
      });
    return {
      vocabularySize: size,
      batch,
      start: (asked) => {
        if (asked !== batch) {
          throw new ArgumentError(`${NAME}: ${asked} sequences are to begin with ${batch} sources`);
        }
        const state = inMode(this, 'eval', () => this.#read(source, lengths));
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
      select: (state, rows) => ({
        ...selected(state, rows, this.decoder.batchAxis),
        words: indexSelect(state.words, 0, tensor(Int32Array.from(rows), { backend: state.words.backend })),
      }),
      release: (state) => state.source.dispose(),
    };
  }

  #extended(use: string, size = this.vocabularySize): number {
    return checkInteger(use, 'extendedSize', size, this.vocabularySize);
  }

  /** All steps of the targets. */
  #taught(
    use: string,
    source: Tensor,
    target: Tensor,
    { sourceLengths, targetLengths }: Pick<PointerGeneratorCallOptions, 'sourceLengths' | 'targetLengths'>,
  ): Passed {
    needSource(use, source);
    checkTokens(use, 'targets', target);
    if (target.shape[0] !== source.shape[0] || target.shape[1] === 0) {
      throw new ShapeError(
        `${use}: targets are [${target.shape.join(', ')}] for ${source.shape[0]} sources; needs one for each, of at least one token`,
      );
    }
    const [batch, time] = target.shape as readonly [number, number];
    if (sourceLengths !== undefined) checkLengths(`${use}: sourceLengths`, sourceLengths, batch, source.shape[1]!);
    if (targetLengths !== undefined) checkLengths(`${use}: targetLengths`, targetLengths, batch, time);
    return this.#through(shiftedBy(this.begin, target), this.#read(source, sourceLengths));
  }

  /** Tokens with `unknown` for all that are beyond the vocabulary. */
  #known(tokens: Tensor): Tensor {
    return where(tokens.less(this.vocabularySize), tokens, this.unknown);
  }

  /** Reads a source: where the decoder begins. */
  #read(source: Tensor, lengths: readonly number[] | undefined): PointerGeneratorState {
    const given = lengths ? { lengths } : {};
    const mask = lengths && lengthMask(lengths, source.shape[1]!, { backend: source.backend });
    // Behind a source any numbers may stand.
    const words = mask === undefined ? source.alias() : where(mask, source, this.begin);
    const { output, state } = this.encoder.forward(featuresOf(NAME, this.embedding, this.#known(words)), given);
    return {
      source: this.score.project(output, given),
      network: this.bridge.cross(state),
      looked: undefined,
      fed: undefined,
      words,
    };
  }

  /** Goes on by tokens [batch, time], in one pass. */
  #through(tokens: Tensor, { source, network, looked, fed, words }: PointerGeneratorState): Passed {
    const x = featuresOf(NAME, this.embedding, this.#known(tokens));
    const { output: s, state: after } = this.decoder.forward(x, { state: network });
    const found = this.score.forward(s, source, { returnWeights: true, ...(looked && { state: looked }) });
    const { output: c, weights, state } = found;
    return {
      readout: this.dropout.forward(this.combine.forward(concat([c, s], 2))),
      pointer: this.pointer.forward(concat([c, s, x], 2)).squeeze(2),
      weights: weights!,
      words,
      mask: source.mask,
      next: { source, network: after, looked: state, fed, words },
    };
  }

  /** P of all words, [batch, time, size]. */
  #mixed({ readout, pointer, weights, words }: Passed, size: number): Tensor {
    const generated = softmax(this.output.forward(readout)).mul(pointer.sigmoid().unsqueeze(2));
    // 1 - p_gen, without its loss of digits.
    const copied = weights.mul(pointer.neg().sigmoid().unsqueeze(2));
    const [batch, time] = weights.shape as readonly [number, number, number];
    const { dtype, backend } = generated;
    const beyond = size - this.vocabularySize;
    const all = beyond > 0 ? concat([generated, zeros([batch, time, beyond], { dtype, backend })], 2) : generated;
    try {
      return scatterAdd(all, 2, words.unsqueeze(1).expand(weights.shape), copied);
    } catch (error) {
      if (!(error instanceof IndexError)) throw error;
      throw new IndexError(
        `${NAME}: extendedSize is ${size}, and a source has a token beyond it; needs the largest token of all sources + 1`,
      );
    }
  }

  /** -log P of the tokens that count. */
  #losses({ readout, pointer, weights, words, mask }: Passed, target: Tensor, counting: (x: Tensor) => Tensor): Tensor {
    const same = target.unsqueeze(2).equal(words.unsqueeze(1)); // [batch, time, sources]
    const places = mask === undefined ? same : same.logicalAnd(mask);
    const copied = counting(where(places, weights, 0).sum(2)); // [steps]
    // What is beyond the vocabulary can only be copied, where it stands in the source.
    const barred = target.less(this.vocabularySize).logicalOr(any(places, 2).logicalNot()).logicalNot();
    const logits = this.output.forward(counting(readout)); // [steps, vocabularySize]
    const z = counting(pointer);
    const logs = crossEntropy(logits, counting(this.#known(target)), { reduction: 'none' }).neg();
    const generated = logs.sub(softplus(z.neg())).add(counting(barred.cast(z.dtype)).mul(BARRED));
    const pointed = copied.clamp(NEXT_TO_NOTHING, Infinity).log().sub(softplus(z));
    return logSumExp(stack([generated, pointed], 0), 0).neg();
  }

  override describe(): string {
    return formatArguments([], {
      vocabularySize: [this.vocabularySize, undefined],
      begin: [this.begin, 0],
      unknown: [this.unknown, 1],
    });
  }
}

/** What the steps of a target came to. */
interface Passed {
  /** What goes into the output map, [batch, time, features]. */
  readonly readout: Tensor;
  /** What p_gen is the sigmoid of, [batch, time]. */
  readonly pointer: Tensor;
  /** [batch, time, sources] */
  readonly weights: Tensor;
  /** The source, [batch, sources]. */
  readonly words: Tensor;
  /** Where it counts, bool [batch, 1, sources]. */
  readonly mask: Tensor | undefined;
  readonly next: PointerGeneratorState;
}

/** How much each step looks where those before it have looked: Σ min(a, coverage), [batch, time]. */
function lookedAgain(weights: Tensor): Tensor {
  const time = weights.shape[1]!;
  const { dtype, backend } = weights;
  // A product, which has a kernel everywhere: 1 for each step before.
  const data = Float32Array.from({ length: time * time }, (_, i) => Number(i % time < Math.floor(i / time)));
  const coverage = matmul(tensor({ data, shape: [1, time, time] }, { dtype, backend }), weights); // [batch, time, sources]
  return minimum(weights, coverage).sum(2);
}

/** Throws unless there is a batch of sources. */
function needSource(use: string, source: Tensor): void {
  checkTokens(use, 'sources', source);
  if (source.shape[1] === 0) {
    throw new ShapeError(`${use}: sources are [${source.shape.join(', ')}], needs at least one word in each`);
  }
}

/** Features of a table that encoder and decoder share. */
function tableWidth(encoder: SequenceNetwork, decoder: SequenceNetwork, count: number): number {
  const width = encoder.inputSize ?? decoder.inputSize;
  if (width === undefined) {
    throw new ArgumentError(
      `${NAME}: neither encoder nor decoder says how many features it takes, by inputSize; give embedding, such as new Embedding(${count}, 8)`,
    );
  }
  return width;
}

function checkWidths(width: number, networks: Readonly<Record<string, SequenceNetwork>>): void {
  for (const [name, { inputSize = width }] of Object.entries(networks)) {
    if (inputSize === width) continue;
    throw new ArgumentError(
      `${NAME}: the ${name} takes ${inputSize} features, needs ${width}, as many as a token has; source and target share their vectors`,
    );
  }
}
