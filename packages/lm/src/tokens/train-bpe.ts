// trainBpe: byte-pair encoding, learned from text.

import { ArgumentError, checkCall, checkInteger, type Known } from '@dl/autograd';
import { type BpeCutOptions, type BpeLevel, BpeTokenizer, bpeCutOptions } from './bpe.js';
import { byteCharacters, writeUtf8 } from './bytes.js';
import { learnMerges } from './learn-merges.js';
import { eachText } from './texts.js';
import { type CountVocabularyOptions, countOptions, Vocabulary } from './vocabulary.js';

/** Options of {@link trainBpe}. */
export interface TrainBpeOptions extends CountVocabularyOptions, BpeCutOptions {
  /** So many merges at most. Default 4000, and with `maxSize` as many as fit. */
  readonly merges?: number;
  /** Pairs that come less often are not merged. Default 2. */
  readonly minCount?: number;
  /** At most so many tokens, special ones and single symbols counted. Default: as many as the merges make. */
  readonly maxSize?: number;
  /** For characters: only so many, the most frequent, are tokens; others become `unk`. Default: all. */
  readonly maxCharacters?: number;
}

const trainOptions: Known<TrainBpeOptions> = {
  merges: 'number',
  maxCharacters: 'number',
  ...countOptions,
  ...bpeCutOptions,
};

/**
 * Learns a {@link BpeTokenizer} from a text, or from several (Sennrich et al., 2016). Texts are cut into words, words into bytes or characters. Then, again and again, the
 * two neighbours that come most often together become one token; of several such pairs the one with the smallest numbers, as Hugging Face's trainer has it. Each
 * different word is looked at once, and each merge touches only the places where it applies.
 *
 * Numbers: special tokens first (`unk`, `bos`, `eos`, `pad`, `special`), then the bytes or characters in the order of their code points, then what was merged. At level `bytes`
 * all 256 are tokens, and `unk` is not needed.
 *
 * @throws ArgumentError for no text, and for a size that special tokens and symbols alone fill.
 *
 * @example
 * ```ts
 * import { trainBpe } from '@dl/lm';
 * const tokenizer = trainBpe('low low low lower newest newest widest', { merges: 4 });
 * console.log(tokenizer.merges); // l o, lo w, e s, Ġ low: Ġ is the byte of a blank
 * console.log(tokenizer.decode(tokenizer.encode('lowest 🙂'))); // lowest 🙂
 * ```
 */
export function trainBpe(text: string | Iterable<string>, options: TrainBpeOptions = {}): BpeTokenizer {
  checkCall('trainBpe', arguments, ['text'], trainOptions);
  const { minCount = 2, maxSize, maxCharacters, unk, bos, eos, pad, special = [], merges, ...cut } = options;
  checkInteger('trainBpe', 'minCount', minCount, 1);
  if (merges !== undefined) checkInteger('trainBpe', 'merges', merges, 0);
  if (maxCharacters !== undefined) checkInteger('trainBpe', 'maxCharacters', maxCharacters, 1);
  const { level = 'bytes' } = cut;
  if (level === 'bytes' && maxCharacters !== undefined) {
    throw new ArgumentError("trainBpe: maxCharacters is for characters; leave it out, or set level: 'characters'");
  }
  const roles = Object.fromEntries(Object.entries({ unk, bos, eos, pad }).filter(([, token]) => token !== undefined));
  const first = [...new Set([...(Object.values(roles) as string[]), ...special])];
  // It cuts words, and says what does not go together.
  const cutter = new BpeTokenizer(new Vocabulary(['', ...first]), [], { ...cut, begin: [], end: [], added: [] });
  const counts = new Map<string, number>();
  for (const each of eachText('trainBpe', 'text', text)) {
    for (const word of cutter.words(each)) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  if (counts.size === 0) throw new ArgumentError('trainBpe: got no text, needs some to learn from');
  const symbols = level === 'bytes' ? [...byteCharacters()].sort() : charactersOf(counts, maxCharacters);
  const base = [...first, ...symbols.filter((symbol) => !first.includes(symbol))];
  if (maxSize !== undefined) checkInteger('trainBpe', 'maxSize', maxSize, base.length);
  const ids = new Map(base.map((token, id) => [token, id < first.length ? -1 : id]));
  const words = Array.from(counts.keys(), (word) => symbolsOf(word, level).map((symbol) => ids.get(symbol) ?? -1));
  const learned = learnMerges(words, [...counts.values()], base, first.length, {
    merges: merges ?? (maxSize === undefined ? 4000 : Infinity),
    maxSize: maxSize ?? Infinity,
    minCount,
  });
  return new BpeTokenizer(new Vocabulary(learned.tokens, { ...roles, special }), learned.merges, cut);
}

/** The characters of all words in the order of their code points: all, or the most frequent. */
function charactersOf(words: ReadonlyMap<string, number>, most = Infinity): string[] {
  const counts = new Map<string, number>();
  for (const [word, count] of words) {
    for (const character of word) counts.set(character, (counts.get(character) ?? 0) + count);
  }
  const byCode = [...counts].sort(([a], [b]) => a.codePointAt(0)! - b.codePointAt(0)!);
  if (byCode.length <= most) return byCode.map(([character]) => character);
  const often = byCode.toSorted(([, m], [, n]) => n - m).slice(0, most);
  const kept = new Set(often.map(([character]) => character));
  return byCode.map(([character]) => character).filter((character) => kept.has(character));
}

/** What a word is made of at first: characters, or those that stand for its bytes. */
function symbolsOf(word: string, level: BpeLevel): string[] {
  if (level === 'characters') return [...word];
  const bytes = new Uint8Array(3 * word.length);
  const length = writeUtf8(word, bytes, new Int32Array(bytes.length));
  const characters = byteCharacters();
  return Array.from(bytes.subarray(0, length), (byte) => characters[byte]!);
}
