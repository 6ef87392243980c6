// Tokens, places and texts as Hugging Face's library gives them (golden/make-tokenizers.mjs), for files in the form of well-known models.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { BpeTokenizer, readTokenizer, trainBpe, WordPieceTokenizer, writeTokenizer } from '../index.js';

type Pair = readonly [string, string];
interface Part {
  readonly model: { readonly vocab: string; readonly merges?: string; readonly pairs?: boolean };
}
interface Answer {
  readonly ids: number[];
  /** Start and end of each. */
  readonly places: number[];
  readonly withEnds: number;
  readonly text: string;
  readonly whole: string;
}
interface Golden {
  readonly corpus: string;
  readonly texts: string[];
  readonly training: Readonly<Record<'bytes' | 'characters' | 'blanks', Pair[]>>;
  readonly vocabularies: Readonly<Record<string, string[]>>;
  readonly merges: Readonly<Record<string, Pair[]>>;
  readonly files: Readonly<Record<string, Part>>;
  readonly answers: Readonly<Record<string, Answer[]>>;
}

const golden = JSON.parse(readFileSync(new URL('../../golden/tokenizers.json', import.meta.url), 'utf8')) as Golden;

function fileOf({ model: { vocab, merges, pairs, ...model }, ...around }: Part): object {
  const read = Object.fromEntries(golden.vocabularies[vocab]!.map((token, id) => [token, id]));
  if (merges === undefined) return { ...around, model: { ...model, vocab: read } };
  const list = golden.merges[merges]!;
  return {
    ...around,
    model: { ...model, type: 'BPE', vocab: read, merges: pairs ? list : list.map((pair) => pair.join(' ')) },
  };
}

describe('the trainer learns the same merges, to the last', () => {
  const { training } = golden;
  // It reads a file line by line.
  const corpus = golden.corpus.split(/(?<=\n)/);
  test.each([
    ['bytes', trainBpe(corpus, { minCount: 1, merges: 1e6 })],
    ['characters', trainBpe(corpus, { minCount: 1, merges: 1e6, level: 'characters' })],
    [
      'blanks',
      trainBpe(corpus, {
        minCount: 1,
        merges: 1e6,
        level: 'characters',
        words: 'blanks',
        blank: '▁',
        prefix: 'always',
      }),
    ],
  ] as const)('%s', (name, tokenizer) => {
    expect(training[name].length).toBeGreaterThan(200);
    expect(tokenizer.merges).toEqual(training[name]);
  });
});

describe.each(Object.entries(golden.files))('%s', (name, file) => {
  const tokenizer = readTokenizer(fileOf(file));
  const again = readTokenizer(writeTokenizer(tokenizer));
  const { unk } = tokenizer.vocabulary;
  const composes = JSON.stringify(file).includes('"NF');
  test('is of its kind', () => {
    expect(tokenizer).toBeInstanceOf(name.startsWith('BERT') ? WordPieceTokenizer : BpeTokenizer);
  });

  const answers = golden.texts.map((text, i): [string, Answer] => [text, golden.answers[name]![i]!]);

  test.each(answers)('%j', (text, { ids, places, withEnds, text: said, whole }) => {
    for (const each of [tokenizer, again]) {
      const { ids: own, starts, ends } = each.encodeWithOffsets(text, { allowSpecial: true });
      expect([...own]).toEqual(ids);
      for (let k = 0; k < own.length; k++) {
        const [start, end] = [starts[k]!, ends[k]!];
        // What was put in front has no place here, and that of the first character there.
        if (start === end) expect(start).toBe(places[2 * k]);
        // A letter and its marks, which were composed, share one place here, and have those of parts of it there.
        else if (composes) expect([start <= places[2 * k]!, end >= places[2 * k + 1]!]).toEqual([true, true]);
        else expect([start, end]).toEqual([places[2 * k], places[2 * k + 1]]);
      }
      expect(each.withEnds(own)).toHaveLength(ids.length + withEnds);
      // Unknown ones, which are U+FFFD here, are nothing there.
      expect(each.decode(ids.filter((id) => id !== unk))).toBe(said);
      expect(each.decode(ids, { keepSpecial: true })).toBe(whole);
    }
  });
});
