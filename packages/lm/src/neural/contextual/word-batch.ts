// wordBatch: sentences of words as a batch of tokens, with a label at the first token of each word.

import { ArgumentError, checkCall, type Known, ShapeError, shown, type Tensor, tensor } from '@dl/autograd';
import { padSequences } from '@dl/data';
import { encodeWords } from '../../tokens/encode-words.js';
import { SubwordTokenizer } from '../../tokens/subword.js';
import type { Tokenizer } from '../../tokens/tokenizer.js';

/** Options of {@link wordBatch}. */
export interface WordBatchOptions {
  /** The class of each word of each sentence, from 0; -1 for a word that is not to be said. Default: there are none. */
  readonly labels?: readonly ArrayLike<number>[];
  /** Whether the tokens that a model wants before and behind a text are put there: those of the tokenizer's file, else `bos` and `eos` of its vocabulary. Default true. */
  readonly ends?: boolean;
}

const wordBatchOptions: Known<WordBatchOptions> = { labels: 'list', ends: 'boolean' };

/** What {@link wordBatch} gives. */
export interface WordBatch {
  /** `int32` [batch, time], filled up with `pad` of the vocabulary, or 0. */
  readonly tokens: Tensor;
  /** How many tokens each sentence has, those before and behind it included. */
  readonly lengths: readonly number[];
  /** At which token each word begins. */
  readonly firsts: readonly (readonly number[])[];
  /** The class of each word at its first token, `int32` [batch, time]; -1 elsewhere, and everywhere without `labels`. */
  readonly labels: Tensor;
}

/**
 * Sentences that are cut into words as a batch of tokens, for {@link TokenClassifier}: words may have several tokens, and what is said of a word stands at its first one.
 *
 * @throws ArgumentError for no sentences, a sentence without words, a word without a token, and another number of labels than of words.
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { trainBpe } from '@dl/lm';
 * import { wordBatch } from '@dl/lm/neural';
 * await useBackend(cpu());
 * const tokenizer = trainBpe('walk walks walked talk talked', { merges: 8, bos: '<s>', eos: '</s>', begin: ['<s>'], end: ['</s>'] });
 * const { tokens, lengths, firsts, labels } = wordBatch(tokenizer, [['he', 'talked'], ['walk']], { labels: [[0, 1], [1]] });
 * console.log(tokens.shape, lengths, firsts); // [2, 6] [6, 4] [[1, 3], [1]]
 * console.log(labels.toArray()); // [[-1, 0, -1, 1, -1, -1], [-1, 1, -1, -1, -1, -1]]
 * ```
 */
export function wordBatch(
  tokenizer: Tokenizer,
  sentences: readonly (readonly string[])[],
  options: WordBatchOptions = {},
): WordBatch {
  const name = 'wordBatch';
  checkCall(name, arguments, ['tokenizer', ['sentences', 'list']], wordBatchOptions);
  const { labels, ends = true } = options;
  if (sentences.length === 0) throw new ArgumentError(`${name}: got no sentences, needs at least 1`);
  if (labels !== undefined && labels.length !== sentences.length) {
    throw new ShapeError(`${name}: got labels for ${labels.length} sentences, and there are ${sentences.length}`);
  }
  const rows = sentences.map((sentence, i) => {
    if (!Array.isArray(sentence) || sentence.length === 0) {
      throw new ArgumentError(
        `${name}: sentence ${i} is ${shown(sentence)}, needs a list of words, such as ['they', 'watch']`,
      );
    }
    const { ids, firsts } = encodeWords(tokenizer, sentence);
    const { begin, end } = ends ? around(tokenizer) : { begin: [], end: [] };
    return { ids: [...begin, ...ids, ...end], firsts: Array.from(firsts, (at) => at + begin.length) };
  });
  const classes = rows.map(({ ids, firsts }, i) => {
    const row = new Array<number>(ids.length).fill(-1);
    const own = labels?.[i];
    if (own === undefined) return row;
    if (own.length !== firsts.length) {
      throw new ShapeError(
        `${name}: sentence ${i} has ${firsts.length} words and ${shown(own)} for labels, needs one for each`,
      );
    }
    for (const [word, at] of firsts.entries()) row[at] = checkLabel(name, own[word]!, i);
    return row;
  });
  return {
    tokens: tensor(
      padSequences(
        rows.map(({ ids }) => ids),
        { value: tokenizer.vocabulary.pad ?? 0 },
      ).values,
    ),
    lengths: rows.map(({ ids }) => ids.length),
    firsts: rows.map(({ firsts }) => firsts),
    labels: tensor(padSequences(classes, { value: -1 }).values),
  };
}

function checkLabel(name: string, label: number, sentence: number): number {
  if (Number.isInteger(label) && label >= -1) return label;
  throw new ArgumentError(
    `${name}: a label of sentence ${sentence} is ${shown(label)}, needs a class from 0, or -1 for none`,
  );
}

/** Tokens before and behind a text: those of the tokenizer's file, else `bos` and `eos` of its vocabulary. */
function around(tokenizer: Tokenizer): { readonly begin: Int32Array | number[]; readonly end: Int32Array | number[] } {
  if (tokenizer instanceof SubwordTokenizer) return tokenizer;
  const { bos, eos } = tokenizer.vocabulary;
  return { begin: bos === undefined ? [] : [bos], end: eos === undefined ? [] : [eos] };
}

/** Throws unless words begin at tokens that count. */
export function checkFirsts(where: string, firsts: readonly ArrayLike<number>[], lengths: readonly number[]): void {
  if (firsts.length !== lengths.length) {
    throw new ShapeError(`${where}: got firsts for ${firsts.length} sequences, and there are ${lengths.length}`);
  }
  for (const [i, places] of firsts.entries()) {
    const wrong = Array.prototype.find.call(
      places,
      (at: number) => !(Number.isInteger(at) && at >= 0 && at < lengths[i]!),
    );
    if (wrong !== undefined) {
      throw new ArgumentError(
        `${where}: firsts of sequence ${i} have ${shown(wrong)}, needs tokens from 0 to ${lengths[i]! - 1}`,
      );
    }
  }
}
