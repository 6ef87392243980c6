// TokenClassifier: a class for each token of a sequence, or for each word.

import { argmax, checkCall, checkInteger, type Known, noGrad, type Tensor } from '@dl/autograd';
import { Dropout, formatArguments, inMode, Linear, Module, tidied } from '@dl/layers';
import { checkLengths, sequenceCrossEntropy } from '@dl/rnn';
import type { BidirectionalModel } from './bidirectional-model.js';
import {
  type ClassifierOptions,
  type EncoderCallOptions,
  encoded,
  encoderOf,
  madeLike,
  type TokenEncoder,
  widthOf,
} from './encoder.js';
import { checkFirsts } from './word-batch.js';

/** Options of {@link TokenClassifier}. */
export interface TokenClassifierOptions extends ClassifierOptions {}

const tokenClassifierOptions: Known<TokenClassifierOptions> = {
  frozen: 'boolean',
  dropout: 'number',
  features: 'number',
};

/** Options of {@link TokenClassifier.classify}. */
export interface ClassifyOptions extends EncoderCallOptions {
  /** At which tokens of each sequence its words begin, as `wordBatch` says; the classes are then of words. Default: a class for each token that counts. */
  readonly firsts?: readonly ArrayLike<number>[];
}

const NAME = 'TokenClassifier';

/**
 * A class for each token: W h(t) + b of what an encoder makes of it, tokens `int32` [batch, time] → logits [batch, time, numClasses]. The encoder is any: a `BERT`, an {@link ELMo} or a
 * {@link BidirectionalModel} (which becomes an ELMo), an `Embedding`. It learns with the map (fine-tuning), or is `frozen`, when the map is a probe of what it knows.
 *
 * Words of several tokens have their label at their first one (Devlin et al., "BERT", 2019, section 5.3): {@link wordBatch} lays sentences out so, with -1 where nothing is to be said. `loss` is the mean of
 * -log p over the tokens with a label, `classify` says the likeliest classes.
 *
 * @throws ArgumentError for what is no encoder, and one that does not say how many features it makes.
 *
 * @example
 * ```ts
 * import { manualSeed, scope, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Embedding } from '@dl/layers';
 * import { trainBpe } from '@dl/lm';
 * import { TokenClassifier, wordBatch } from '@dl/lm/neural';
 * import { Adam } from '@dl/optim';
 * await useBackend(cpu());
 * manualSeed(1);
 * const sentences = [['they', 'watch'], ['the', 'watch', 'ends']];
 * const labels = [[0, 1], [2, 0, 1]]; // 0 a noun or pronoun, 1 a verb, 2 a determiner
 * const tokenizer = trainBpe(sentences.flat(), { merges: 6 });
 * const { tokens, lengths, firsts, labels: places } = wordBatch(tokenizer, sentences, { labels });
 * const model = new TokenClassifier(new Embedding(tokenizer.vocabularySize, 16), 3);
 * const optimizer = new Adam(model.parameters(), { lr: 0.05 });
 * for (let step = 0; step < 30; step++) {
 *   scope(() => {
 *     model.loss(tokens, places, { lengths }).backward();
 *     optimizer.step();
 *     optimizer.zeroGrad();
 *   });
 * }
 * console.log(model.classify(tokens, { lengths, firsts })); // 'watch' is of one class in both: it takes an encoder that sees its neighbours
 * ```
 */
export class TokenClassifier extends Module<[tokens: Tensor, options?: EncoderCallOptions], Tensor> {
  readonly encoder: TokenEncoder;
  readonly frozen: boolean;
  readonly features: number;
  readonly dropout: Dropout;
  readonly output: Linear;

  constructor(encoder: TokenEncoder | BidirectionalModel, numClasses: number, options: TokenClassifierOptions = {}) {
    checkCall(NAME, arguments, ['encoder', 'numClasses'], tokenClassifierOptions);
    super();
    const { frozen = false, dropout = 0.1, features } = options;
    this.encoder = encoderOf(NAME, encoder, frozen);
    this.frozen = frozen;
    this.features = widthOf(NAME, this.encoder, features);
    this.dropout = new Dropout(dropout);
    checkInteger(NAME, 'numClasses', numClasses, 1);
    this.output = new Linear(this.features, numClasses, madeLike(this.encoder));
  }

  forward(tokens: Tensor, options: EncoderCallOptions = {}): Tensor {
    checkCall(NAME, arguments, ['tokens', ['options', 'object']]);
    return tidied(
      () => this.output.forward(this.dropout.forward(encoded(NAME, this.encoder, tokens, options, this))),
      (logits) => [logits],
    );
  }

  /**
   * The mean of -log p of the classes `int32` [batch, time] of all tokens that have one: -1 stands where nothing is to be said, and nothing counts beyond the lengths.
   *
   * @throws ShapeError when there is not one class, or -1, for each token.
   */
  loss(tokens: Tensor, labels: Tensor, options: EncoderCallOptions = {}): Tensor {
    checkCall(`${NAME}.loss`, arguments, ['tokens', 'labels', ['options', 'object']]);
    const { lengths } = options;
    return tidied(
      () =>
        sequenceCrossEntropy(this.forward(tokens, options), labels, { ignoreIndex: -1, ...(lengths && { lengths }) }),
      (loss) => [loss],
    );
  }

  /** The likeliest class of each token that counts, or of each word where `firsts` say at which tokens words begin. */
  classify(tokens: Tensor, options: ClassifyOptions = {}): number[][] {
    const where = `${NAME}.classify`;
    checkCall(where, arguments, ['tokens', ['options', 'object']]);
    const { firsts, ...rest } = options;
    const classes = tidied(
      () => noGrad(() => inMode(this, 'eval', () => argmax(this.forward(tokens, rest), 2))),
      (found) => [found],
    );
    const rows = classes.toArray() as number[][];
    classes.dispose();
    const [batch, time] = tokens.shape as readonly [number, number];
    if (rest.lengths !== undefined) checkLengths(where, rest.lengths, batch, time);
    const lengths = rest.lengths ?? new Array<number>(batch).fill(time);
    if (firsts === undefined) return rows.map((row, i) => row.slice(0, lengths[i]!));
    checkFirsts(where, firsts, lengths);
    return rows.map((row, i) => Array.from(firsts[i]!, (at) => row[at]!));
  }

  override describe(): string {
    return formatArguments([], { frozen: [this.frozen, false] });
  }
}
