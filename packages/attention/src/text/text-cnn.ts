// TextCNN: sentences by convolutions over their words.

import {
  ArgumentError,
  checkCall,
  checkInteger,
  concat,
  embedding,
  formatShape,
  type Known,
  noGrad,
  pad,
  randn,
  ShapeError,
  scope,
  shown,
  type Tensor,
  tensor,
  where,
} from '@dl/autograd';
import {
  buffer,
  Conv1d,
  Dropout,
  Embedding,
  formatArguments,
  Linear,
  Module,
  ModuleList,
  type ParameterOptions,
  parameterOptions,
  tidied,
} from '@dl/layers';
import { checkLengths, lengthMask } from '@dl/rnn';
import { madeBy } from '../core/made.js';
import { checkTokens } from '../models/tokens.js';

/** Options of {@link TextCNN}. */
export interface TextCNNOptions extends ParameterOptions {
  /** How many words the filters see, one list of filters for each. Default [3, 4, 5]. */
  readonly widths?: readonly number[];
  /** How many filters of each width. Default 100. */
  readonly filters?: number;
  /** The probability with which maxima are dropped while training. Default 0.5. */
  readonly dropout?: number;
  /** The vectors of words: one table that stays as it begins and one that is trained, one beside the other (`both`, default), or one of them. */
  readonly channels?: 'both' | 'static' | 'trained';
  /** What the vectors begin with, [numWords, embedDim], such as word2vec's. Default: drawn from a normal distribution. */
  readonly vectors?: Tensor;
}

const textCNNOptions: Known<TextCNNOptions> = {
  widths: 'numbers',
  filters: 'number',
  dropout: 'number',
  channels: ['both', 'static', 'trained'],
  vectors: 'tensor',
  ...parameterOptions,
};

/** Options of a call of {@link TextCNN}. */
export interface TextCNNCallOptions {
  /** How many words of each text count. Default: all. */
  readonly lengths?: readonly number[];
}

const callOptions: Known<TextCNNCallOptions> = { lengths: 'numbers' };

const NAME = 'TextCNN';

/**
 * A convolution over text (Kim, "Convolutional neural networks for sentence classification", 2014): words [batch, time] (`int32`) become vectors, filters that see 3, 4 and 5 words go over them,
 * of each filter the maximum over the text counts, ReLU(maxₜ (W x(t … t + width - 1) + b)), and a linear map of all maxima gives logits [batch, numClasses].
 *
 * Vectors are of two channels, as in the paper: a table that stays as it begins (a buffer, `fixed`), and one that is trained (`trained.weight`); both begin alike. With `lengths` no filter sees
 * what stands beyond the end of a text, and none that begins where it would is a maximum; a text that is shorter than a filter is filled up with zeros. The paper also holds the
 * length of the rows of the last map below 3: `maxNorm(model.output.weight, 3)` of @dl/layers, after each step.
 *
 * @throws ArgumentError for sizes below 1, ShapeError for vectors of another shape.
 *
 * @example
 * ```ts
 * import { crossEntropy, tensor, useBackend } from '@dl/autograd';
 * import { TextCNN } from '@dl/attention';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const model = new TextCNN(50, 16, 2, { filters: 8 });
 * const texts = tensor([[3, 14, 15, 9, 26], [5, 35, 0, 0, 0]], { dtype: 'int32' }); // the second is two words long
 * const logits = model.forward(texts, { lengths: [5, 2] });
 * crossEntropy(logits, tensor([1, 0], { dtype: 'int32' })).backward();
 * console.log(logits.shape); // [2, 2]
 * ```
 */
export class TextCNN extends Module<[words: Tensor, options?: TextCNNCallOptions], Tensor> {
  readonly widths: readonly number[];
  readonly channels: 'both' | 'static' | 'trained';
  /** Vectors that stay as they are, [numWords, embedDim]. */
  readonly fixed: Tensor | undefined;
  readonly trained: Embedding | undefined;
  readonly convolutions: ModuleList<Conv1d>;
  readonly dropout: Dropout;
  readonly output: Linear;

  constructor(numWords: number, embedDim: number, numClasses: number, options: TextCNNOptions = {}) {
    checkCall(NAME, arguments, ['numWords', 'embedDim', 'numClasses'], textCNNOptions);
    const { widths = [3, 4, 5], filters = 100, dropout = 0.5, channels = 'both', vectors } = options;
    super();
    checkInteger(NAME, 'numWords', numWords, 1);
    checkInteger(NAME, 'embedDim', embedDim, 1);
    checkInteger(NAME, 'numClasses', numClasses, 1);
    checkInteger(NAME, 'filters', filters, 1);
    if (widths.length === 0) throw new ArgumentError(`${NAME}: widths are ${shown(widths)}, needs at least one`);
    for (const width of widths) checkInteger(NAME, 'a width', width, 1);
    if (vectors !== undefined && `${vectors.shape}` !== `${[numWords, embedDim]}`) {
      throw new ShapeError(
        `${NAME}: vectors are ${formatShape(vectors.shape)}, needs ${formatShape([numWords, embedDim])}, one for each word`,
      );
    }
    const made = madeBy(options);
    this.widths = [...widths];
    this.channels = channels;
    const trained = channels === 'static' ? undefined : new Embedding(numWords, embedDim, made);
    if (vectors !== undefined && trained !== undefined) {
      scope(() => void noGrad(() => trained.weight.assign(vectors.cast(trained.weight.dtype))));
    }
    const begin = (): Tensor => {
      if (trained !== undefined) return trained.weight.clone();
      return vectors === undefined ? randn([numWords, embedDim], made) : vectors.cast(made.dtype ?? 'float32').clone();
    };
    this.fixed = channels === 'trained' ? undefined : buffer(scope(() => noGrad(begin)));
    this.trained = trained;
    const width = channels === 'both' ? 2 * embedDim : embedDim;
    this.convolutions = new ModuleList(widths.map((each) => new Conv1d(width, filters, each, made)));
    this.dropout = new Dropout(dropout);
    this.output = new Linear(widths.length * filters, numClasses, made);
  }

  forward(words: Tensor, options: TextCNNCallOptions = {}): Tensor {
    checkCall(NAME, arguments, ['words'], callOptions);
    checkTokens(NAME, 'words', words);
    const [batch, time] = words.shape as readonly [number, number];
    if (time === 0) throw new ShapeError(`${NAME}: words are ${formatShape(words.shape)}, needs at least one word`);
    const { lengths } = options;
    if (lengths !== undefined) checkLengths(NAME, lengths, batch, time);
    return tidied(
      () => {
        const x = this.#vectors(words, lengths); // [batch, features, time]
        const counts = lengths ?? new Array<number>(batch).fill(time);
        const maxima = Array.from(this.convolutions, (convolution, i) =>
          largest(convolution, x, this.widths[i]!, counts),
        );
        return this.output.forward(this.dropout.forward(concat(maxima, 1)));
      },
      (logits) => [logits],
    );
  }

  /** The vectors of words as channels, 0 beyond the ends, and of at least as many places as the widest filter has. */
  #vectors(words: Tensor, lengths: readonly number[] | undefined): Tensor {
    const tables = [this.fixed && embedding(words, this.fixed), this.trained?.forward(words)];
    const all = concat(
      tables.filter((each) => each !== undefined),
      2,
    ); // [batch, time, features]
    const time = words.shape[1]!;
    const mask = lengths && lengthMask(lengths, time, { backend: words.backend }).unsqueeze(2);
    const x = (mask === undefined ? all : where(mask, all, 0)).transpose(1, 2);
    const missing = Math.max(...this.widths) - time;
    return missing > 0
      ? pad(x, [
          [0, 0],
          [0, 0],
          [0, missing],
        ])
      : x;
  }

  override describe(): string {
    return formatArguments([], { widths: [this.widths, [3, 4, 5]], channels: [this.channels, 'both'] });
  }
}

/** ReLU of the maximum of each filter over the places at which it sees words of the text alone, or the first one of a text that is shorter: [batch, filters]. */
function largest(convolution: Conv1d, x: Tensor, width: number, lengths: readonly number[]): Tensor {
  const y = convolution.forward(x); // [batch, filters, places]
  const places = y.shape[2]!;
  const counts = lengths.map((length) => Math.max(1, length - width + 1));
  if (counts.every((count) => count === places)) return y.max(2).relu();
  const data = new Uint8Array(lengths.length * places);
  for (const [row, count] of counts.entries()) data.fill(1, row * places, row * places + count);
  const mask = tensor({ data, shape: [lengths.length, 1, places] }, { dtype: 'bool', backend: y.backend });
  return where(mask, y, -Infinity).max(2).relu();
}
