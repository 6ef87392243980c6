// ARPA: the format in which n-gram models travel.

import { ArgumentError, checkCall, checkInteger, type Known, shown } from '@dl/autograd';
import type { Padding } from '../counts.js';
import { BackoffModel, type NgramModel } from '../model.js';
import { ArpaReader } from './arpa-reader.js';
import { decimalOf } from './decimal.js';
import { forEachLine, type TextSource } from './lines.js';

/** Options of {@link readArpa}. */
export interface ReadArpaOptions {
  /** The most bytes that a packed file may unpack to. Default: 64 MiB, or a hundred times the packed bytes where that is more. */
  readonly maxBytes?: number;
  /**
   * What stands around each sequence that is scored, which the format does not say; see `NgramCounts`. A model that was counted with padding `full`, as NLTK has it, or `none` needs it.
   * Default: `ends` where the file has `<s>` and `</s>`, otherwise `none`.
   */
  readonly padding?: Padding;
}

/** Options of {@link writeArpa}. */
export interface WriteArpaOptions {
  /** Whether all numbers are written with 22 digits, so that {@link readArpa} makes the same doubles of them. Default: eight places behind the point. */
  readonly exact?: boolean;
}

const readOptions: Known<ReadArpaOptions> = { maxBytes: 'number', padding: ['none', 'ends', 'full'] };
const writeOptions: Known<WriteArpaOptions> = { exact: 'boolean' };

/**
 * Reads an ARPA file, as SRILM, KenLM and IRSTLM write them: a text, bytes in UTF-8, packed with gzip or not, or an iterable of lines or of bytes, so
 * that it need not be in memory: in Node `createReadStream(path)`, without an encoding, as texts are taken for whole lines.
 *
 * Words are numbered as they come in the 1-grams; `<unk>` (or `<UNK>`), `<s>` and `</s>` are special tokens where they are there, and with both of the latter sentences are scored
 * from behind `<s>` to `</s>`; the option `padding` says another one. A weight that is missing is 1. The logarithm -99 is that of a probability of 0. With padding, `<s>` is never
 * predicted, whatever the file says of it: where that was a share of more than 0, sums fall short of 1. Without, a logarithm of 0 of `<s>`, as some files have it, is one of -99. n-grams that pruning left without their begin get it, with the probability that backing off gives, so that no score changes. Logarithms
 * are natural in the model, to the base 10 in the file.
 *
 * `info.isDistribution` says whether the probabilities of each context sum to 1, within a thousandth; `info.details` has the least and the largest sum, and how many begins were missing.
 *
 * @throws FormatError, with the line, for a file that is cut off or damaged: sections out of order or of another length than the header says, n-grams that come twice or of
 * words that are not there, what is no number, probabilities above 1, weights of the highest order, weights
 * that no quotient of doubles has, more than 2²⁹ entries of one order, lines of more than 2²⁰ characters in bytes. ArgumentError for padding where
 * the file has no `<s>` and `</s>`.
 *
 * Source: the format's description in SRILM, ngram-format(5).
 *
 * @example
 * ```ts
 * import { readArpa } from '@dl/lm';
 * const text = '\\data\\\nngram 1=3\nngram 2=1\n\n\\1-grams:\n-0.5\ta\t-0.2\n-0.6\tb\n-0.4\t<unk>\n\n\\2-grams:\n-0.1\ta b\n\n\\end\\\n';
 * const model = await readArpa(text);
 * const { vocabulary } = model.info;
 * const [a, b] = ['a', 'b'].map((word) => vocabulary!.id(word));
 * console.log(model.logProbability(b!, [a!]) / Math.LN10); // -0.1
 * console.log(model.logProbability(a!, [a!]) / Math.LN10); // -0.7: the weight of a, and a alone
 * ```
 */
export async function readArpa(source: TextSource, options: ReadArpaOptions = {}): Promise<BackoffModel> {
  checkCall('readArpa', arguments, ['source'], readOptions);
  const { maxBytes, padding } = options;
  if (maxBytes !== undefined) checkInteger('readArpa', 'maxBytes', maxBytes, 0);
  const reader = new ArpaReader(padding);
  await forEachLine('readArpa', source, maxBytes, (line) => reader.take(line));
  return reader.end();
}

const roles = [
  ['bos', '<s>'],
  ['eos', '</s>'],
  ['unk', '<unk>'],
] as const;

/** What a reader takes for special tokens. */
const namesRead = [...roles, ['unk', '<UNK>']] as const;

/**
 * Writes a model as an ARPA file, in pieces of whole lines. The special tokens get the names that the format has for them, `<s>`, `</s>` and `<unk>`, and a probability of 0 is written
 * as the logarithm -99. How sequences were padded the format does not say: a model with padding `full` or `none` is read back with the same option `padding` of {@link readArpa}, or else
 * scores from behind one `<s>`; {@link modelState} keeps it. Read back, natural logarithms are the same within 2e-8, and exactly with `{ exact: true }`.
 *
 * @throws ArgumentError for a model that does not back off, which the format cannot hold, one without a vocabulary, and words that are empty, have white space in them, or
 * have the name of a special token that they are not.
 *
 * @example
 * ```ts
 * import { readArpa, writeArpa } from '@dl/lm';
 * const model = await readArpa('\\data\\\nngram 1=2\n\n\\1-grams:\n-0.3\ta\n-0.3\tb\n\n\\end\\\n');
 * console.log([...writeArpa(model)].join('')); // the same file
 * ```
 */
export function writeArpa(model: BackoffModel, options: WriteArpaOptions = {}): Generator<string, void, undefined> {
  checkCall('writeArpa', arguments, ['model'], writeOptions);
  // Now, and not when the first piece is asked for.
  const words = wordsOf(model);
  return piecesOf(model, words, options.exact ?? false);
}

function wordsOf(model: BackoffModel): readonly string[] {
  if (!(model instanceof BackoffModel)) {
    const { kind, info } = model as Partial<NgramModel>;
    const came = kind === undefined ? shown(model) : `a model of the kind '${kind}' (${info?.smoothing})`;
    throw new ArgumentError(
      `writeArpa: got ${came}, but ARPA holds models that back off only: take a smoothing such as modifiedKneserNey or wittenBell, or save this one with modelState`,
    );
  }
  const { vocabulary } = model.info;
  if (vocabulary === undefined) {
    throw new ArgumentError(
      'writeArpa: the model knows numbers of tokens only, and a file needs words; count with a Vocabulary, or save the model with modelState',
    );
  }
  const words = [...vocabulary.tokens];
  const roleOf = new Map<number, string>();
  for (const [role, name] of roles) {
    const id = vocabulary[role];
    if (id === undefined) continue;
    if (roleOf.has(id)) {
      throw new ArgumentError(
        `writeArpa: token ${id} is to be ${shown(roleOf.get(id))} and ${shown(name)}, which are two words in an ARPA file; save the model with modelState`,
      );
    }
    roleOf.set(id, name);
    words[id] = name;
  }
  const named = new Map<string, number>();
  for (const [id, word] of words.entries()) {
    if (word === '' || /[ \t\n\r\v\f\0]/.test(word)) {
      throw new ArgumentError(
        `writeArpa: token ${id} is ${shown(word)}, but white space separates the words of an ARPA file; save the model with modelState`,
      );
    }
    if (named.has(word)) {
      throw new ArgumentError(
        `writeArpa: token ${id} is to be ${shown(word)}, which is token ${named.get(word)}, too; name special tokens as the format does, <s>, </s> and <unk>`,
      );
    }
    named.set(word, id);
  }
  for (const [role, name] of namesRead) {
    const id = named.get(name);
    if (id === undefined || id === vocabulary[role] || (name === '<UNK>' && vocabulary.unk !== undefined)) continue;
    throw new ArgumentError(
      `writeArpa: token ${id} is ${shown(name)}, which an ARPA file has for a special token, and the vocabulary has not; make it with ${role}: ${shown(name)}, or name the word otherwise`,
    );
  }
  return words;
}

/** Pieces of about so many characters. */
const PIECE = 2 ** 16;

function* piecesOf(model: BackoffModel, words: readonly string[], exact: boolean): Generator<string, void, undefined> {
  const { trie, logProbabilities, backoffs } = model;
  const { levels, order } = trie;
  let piece = '\\data\\\n';
  for (let k = 1; k <= order; k++) piece += `ngram ${k}=${levels[k + 1]! - levels[k]!}\n`;
  const number = (log: number): string => (log === Number.NEGATIVE_INFINITY ? '-99' : decimalOf(log, exact));
  const parents = trie.parents();
  for (let k = 1; k <= order; k++) {
    piece += `\n\\${k}-grams:\n`;
    for (let node = levels[k]!; node < levels[k + 1]!; node++) {
      let ngram = words[trie.words[node]!]!;
      for (let above = parents[node]!; above !== 0; above = parents[above]!)
        ngram = `${words[trie.words[above]!]} ${ngram}`;
      // Rounding may have left more than 1.
      piece += `${number(Math.min(0, logProbabilities[node]!))}\t${ngram}`;
      if (k < order && backoffs[node] !== 0) piece += `\t${number(backoffs[node]!)}`;
      piece += '\n';
      if (piece.length > PIECE) {
        yield piece;
        piece = '';
      }
    }
  }
  yield `${piece}\n\\end\\\n`;
}
