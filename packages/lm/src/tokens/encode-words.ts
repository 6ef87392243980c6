// encodeWords: the tokens of words that stand by themselves, and which token belongs to which word.

import { ArgumentError, checkCall, shown } from '@dl/autograd';
import { type Encoding, Tokenizer } from './tokenizer.js';
import { eachWord } from './word-rule.js';

/** What {@link encodeWords} gives. */
export interface EncodedWords {
  /** The tokens of all words, with one blank between them. */
  readonly ids: Int32Array;
  /** Of which word each token is; -1 for those that stand for a blank alone. */
  readonly words: Int32Array;
  /** At which token each word begins. */
  readonly firsts: Int32Array;
}

/**
 * The tokens of a sentence that is cut into words already, such as one of a treebank, by any tokenizer: those of the words with one blank between them, of which word each is, and at which one each word
 * begins. That is where the label of a word stands (Devlin et al., "BERT", 2019, section 5.3), and what is left out together where whole words are.
 *
 * @throws ArgumentError for a word of which the tokenizer makes no token, such as white space.
 *
 * @example
 * ```ts
 * import { encodeWords, trainBpe } from '@dl/lm';
 * const tokenizer = trainBpe('walk walks walked talk talked', { merges: 8 });
 * const { ids, words, firsts } = encodeWords(tokenizer, ['they', 'walked']);
 * console.log(Array.from(ids, (id) => tokenizer.vocabulary.token(id))); // t, h, e, y, Ġwalk, ed: Ġ is a blank
 * console.log(words, firsts); // 0, 0, 0, 0, 1, 1, and 0, 4
 * ```
 */
export function encodeWords(tokenizer: Tokenizer, words: readonly string[]): EncodedWords {
  checkCall('encodeWords', arguments, ['tokenizer', ['words', 'list']]);
  if (!(tokenizer instanceof Tokenizer)) {
    throw new ArgumentError(`encodeWords: tokenizer is ${shown(tokenizer)}, needs a Tokenizer, such as trainBpe makes`);
  }
  const [starts, ends]: [number[], number[]] = [[], []];
  let text = '';
  for (const [i, word] of words.entries()) {
    if (typeof word !== 'string') throw new ArgumentError(`encodeWords: word ${i} is ${shown(word)}, needs a string`);
    if (i > 0) text += ' ';
    starts.push(text.length);
    text += word;
    ends.push(text.length);
  }
  const encoding = tokenizer.encodeWithOffsets(text);
  const { of, firsts } = aligned(encoding, starts, ends);
  const missing = firsts.indexOf(-1);
  if (missing >= 0) {
    throw new ArgumentError(
      `encodeWords: word ${missing}, ${shown(words[missing])}, has no token; leave it out, or write it otherwise`,
    );
  }
  return { ids: encoding.ids, words: of, firsts };
}

/** Of which word of a text, by the rule of `WordTokenizer`, each token is; -1 for those of no word. */
export function wordsOf(text: string, encoding: Encoding): Int32Array {
  const [starts, ends]: [number[], number[]] = [[], []];
  eachWord(text, (start, end) => {
    starts.push(start);
    ends.push(end);
  });
  return aligned(encoding, starts, ends).of;
}

/** The word of each token, and the first token of each word, -1 where there is none. A token that spans words is of the first of them, and the first token of each. */
function aligned(
  encoding: Encoding,
  starts: readonly number[],
  ends: readonly number[],
): { readonly of: Int32Array; readonly firsts: Int32Array } {
  const of = new Int32Array(encoding.ids.length).fill(-1);
  const firsts = new Int32Array(starts.length).fill(-1);
  let word = 0;
  for (let t = 0; t < of.length; t++) {
    const [start, end] = [encoding.starts[t]!, encoding.ends[t]!];
    while (word < starts.length && ends[word]! <= start) word++;
    if (word === starts.length) break;
    if (starts[word]! < end) of[t] = word;
    for (let each = word; each < starts.length && starts[each]! < end; each++)
      if (firsts[each] === -1) firsts[each] = t;
  }
  return { of, firsts };
}
