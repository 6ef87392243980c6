// From sentences to numbers: vocabularies, and batches of sentences of about one length.

import { type Generator, type Tensor, tensor } from '@dl/autograd';
import { padSequences, type TaggedSentence } from '@dl/data';

/** In vocabularies of words and characters 0 is padding and 1 is all that is not known. */
const UNKNOWN = 1;
/** Marks of the begin and the end of a word, so that endings are seen as such. */
const [BEGIN, END] = ['\u0002', '\u0003'];
/** Of a longer word the first half of so many characters and the last half are seen. */
const LONGEST = 24;

export interface Vocabulary {
  /** Words that come at least twice, in lower case. */
  readonly words: ReadonlyMap<string, number>;
  /** How often each comes, by number. */
  readonly counts: readonly number[];
  readonly characters: ReadonlyMap<string, number>;
  readonly tags: readonly string[];
}

export function vocabularyOf(sentences: readonly TaggedSentence[]): Vocabulary {
  const counts = new Map<string, number>();
  const characters = new Set([BEGIN, END]);
  const tags = new Set<string>();
  for (const { forms, tags: own } of sentences) {
    for (const form of forms) {
      counts.set(form.toLowerCase(), (counts.get(form.toLowerCase()) ?? 0) + 1);
      for (const character of form) characters.add(character);
    }
    for (const tag of own) tags.add(tag);
  }
  const often = [...counts].filter(([, count]) => count > 1);
  const numbered = (values: Iterable<string>): Map<string, number> =>
    new Map(Array.from(values, (value, i) => [value, i + UNKNOWN + 1]));
  return {
    words: numbered(often.map(([word]) => word)),
    counts: [0, 0, ...often.map(([, count]) => count)],
    characters: numbered(characters),
    tags: [...tags].sort(),
  };
}

/** Sentences as tensors; `tags` and padding are 0 beyond the lengths. */
export interface Batch {
  readonly words: Tensor; // [batch, time]
  /** Each form of the batch once, as characters, */
  readonly characters: Tensor; // [forms, length]
  /** and which of them stands where. */
  readonly forms: Tensor; // [batch, time]
  readonly tags: Tensor; // [batch, time]
  readonly lengths: readonly number[];
}

/**
 * The batch of some sentences. With a generator, for training, words are now and then taken for unknown, the rarer the more often: what else would teach the
 * network to look at their characters?
 */
export function batchOf(sentences: readonly TaggedSentence[], vocabulary: Vocabulary, random?: Generator): Batch {
  const { words, counts, characters, tags } = vocabulary;
  const numberOf = (form: string): number => {
    const word = words.get(form.toLowerCase()) ?? UNKNOWN;
    return random !== undefined && random.uniform() < 0.5 / (0.5 + counts[word]!) ? UNKNOWN : word;
  };
  const spelt = new Map<string, number>();
  const formOf = (form: string): number => {
    if (!spelt.has(form)) spelt.set(form, spelt.size);
    return spelt.get(form)!;
  };
  const padded = (rows: number[][]): Tensor => tensor(padSequences(rows).values);
  const forms = padded(sentences.map((sentence) => sentence.forms.map(formOf)));
  return {
    words: padded(sentences.map((sentence) => sentence.forms.map(numberOf))),
    characters: padded([...spelt.keys()].map((form) => spell(form).map((each) => characters.get(each) ?? UNKNOWN))),
    forms,
    tags: padded(sentences.map((sentence) => sentence.tags.map((tag) => Math.max(tags.indexOf(tag), 0)))),
    lengths: sentences.map((sentence) => sentence.forms.length),
  };
}

function spell(form: string): string[] {
  const all = [...form];
  const seen = all.length > LONGEST ? [...all.slice(0, LONGEST / 2), ...all.slice(-LONGEST / 2)] : all;
  return [BEGIN!, ...seen, END!];
}

/** Sentences of about one length together, so that little is padding; with a generator in another order each time. */
export function inBatches(sentences: readonly TaggedSentence[], size: number, random?: Generator): TaggedSentence[][] {
  const keyed = sentences.map((sentence) => ({ sentence, key: sentence.forms.length + (random?.uniform(0, 2) ?? 0) }));
  const sorted = keyed.sort((a, b) => a.key - b.key).map(({ sentence }) => sentence);
  const batches = Array.from({ length: Math.ceil(sorted.length / size) }, (_, i) =>
    sorted.slice(i * size, (i + 1) * size),
  );
  return random === undefined ? batches : Array.from(random.permutation(batches.length), (i) => batches[i]!);
}
