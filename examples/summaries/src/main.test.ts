// The example does what it says.

import { Generator, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import { figuresOf, run, small } from './main.js';
import { drawRecords } from './records.js';
import { UNKNOWN, Vocabulary } from './words.js';

beforeAll(() => useBackend(cpu()));

test('names that never came in training are copied, which a network without copying cannot say', async () => {
  const lines: string[] = [];
  const { without, copied, said, asked, heard, spoken, picture } = await run(small, (line) => lines.push(line));
  expect(copied.exact).toBeGreaterThan(0.9);
  expect(copied.names).toBeGreaterThan(0.95);
  // It knows what to say but for the names, of which it can say none.
  expect([without.exact, without.names]).toEqual([0, 0]);
  expect(Math.min(without.others, copied.others)).toBeGreaterThan(0.9);

  const words = new Set(asked[0]!.names);
  expect(spoken.map(({ word }) => word).join(' ')).toBe(said[0]);
  expect(spoken.some(({ word }) => words.has(word))).toBe(true);
  for (const { word, pGen, lookedAt } of spoken) {
    expect([word, heard.has(word)]).toEqual([word, false]);
    if (words.has(word)) expect([pGen < 0.5, lookedAt]).toEqual([true, word]);
    expect(picture).toContain(word);
  }
  expect(lines.filter((line) => line.endsWith('and copied it')).length).toBe(
    spoken.filter(({ pGen }) => pGen < 0.5).length,
  );
});

describe('the generator', () => {
  const learned = drawRecords(500, 3, new Generator(3));

  test('a summary says what its record has, in order, and nobody who is no party to it', () => {
    for (const { source, summary, names } of learned) {
      const said = summary.match(/(urgent : )?[^.]+ \./g)!.map((each) => each.trim());
      const lines = source
        .split(' ;')
        .filter(Boolean)
        .map((line) => line.trim().split(' : ') as [string, string]);
      expect(lines.length).toBe(7 * said.length);
      for (const [i, sentence] of said.entries()) {
        const entry = Object.fromEntries(lines.slice(7 * i, 7 * i + 7));
        expect(Object.keys(entry).sort()).toEqual(['cc', 'day', 'from', 'kind', 'place', 'to', 'urgent']);
        expect([sentence, sentence.startsWith('urgent : ')]).toEqual([sentence, entry['urgent'] === 'yes']);
        expect(sentence).toContain(entry['from']);
        expect(sentence).toContain(entry['to']);
        expect(sentence).not.toContain(entry['cc']);
        for (const word of entry['place']!.split(' ')) expect(names).toContain(word);
      }
    }
  });

  test('names that are taken do not come again', () => {
    const heard = new Set(learned.flatMap(({ names }) => names));
    const fresh = drawRecords(500, 1, new Generator(3), heard);
    expect(fresh.flatMap(({ names }) => names).filter((name) => heard.has(name))).toEqual([]);
  });
});

test('words beyond the vocabulary have numbers of their own source, and come back', () => {
  const vocabulary = new Vocabulary(['to : ana ;', 'to : bo ;', 'to : cy ;'], 2);
  expect(vocabulary.words).toEqual(['<end>', '<unk>', 'to', ':', ';']);
  const source = vocabulary.source('to : zoe max ; to : zoe ;');
  expect(source).toEqual({ tokens: [2, 3, 5, 6, 4, 2, 3, 5, 4], own: ['zoe', 'max'] });
  const target = vocabulary.target('to max : ian', source);
  expect(target).toEqual([2, 6, 3, UNKNOWN, 0]);
  expect(vocabulary.text(target.slice(0, -1), source)).toBe('to max : <unk>');
});

test('figures count words where they stand', () => {
  const pairs = [
    { source: '', summary: 'a bo meets cy .', names: ['bo', 'cy'] },
    { source: '', summary: 'bo calls .', names: ['bo'] },
  ];
  expect(figuresOf(['a bo meets bo .', 'bo calls .'], pairs)).toEqual({ exact: 0.5, names: 2 / 3, others: 1 });
  expect(figuresOf(['bo', ''], pairs)).toEqual({ exact: 0, names: 0, others: 0 });
});
