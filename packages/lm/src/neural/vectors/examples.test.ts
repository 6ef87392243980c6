// What a text gives to learn from: which words stand near each other, how often, and what is drawn beside them.

import { Generator } from '@dl/autograd';
import { describe, expect, test } from 'vitest';
import { encodeTexts } from '../../vectors/encoded-texts.js';
import { AliasTable } from './alias-table.js';
import { ExampleMaker, type ExampleOptions } from './examples.js';
import { HuffmanTree } from './huffman.js';

interface Example {
  readonly bag: number[];
  readonly targets: number[];
  readonly labels: number[];
}

/** The examples of some epochs, in their order. */
async function collect(
  texts: string | readonly string[],
  options: Partial<ExampleOptions>,
  { epochs = 1, seed = 1 } = {},
): Promise<{ words: readonly string[]; examples: Example[]; counts: number[]; gone: number[] }> {
  const encoded = await encodeTexts('test', texts, { minCount: 1 });
  const noise = new AliasTable(encoded.often);
  const defaults: ExampleOptions = { isBag: false, window: 2, subsample: 0, noise, negatives: 2, batch: 3 };
  const maker = new ExampleMaker(encoded, { ...defaults, ...options }, new Generator(seed));
  const examples: Example[] = [];
  const [counts, gone]: [number[], number[]] = [[], []];
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const { count, bags, width, targets, labels, told, words } of maker.epoch()) {
      counts.push(count);
      gone.push(words);
      for (let b = 0; b < count; b++) {
        examples.push({
          bag: [...bags.subarray(b * width, (b + 1) * width)],
          targets: [...targets.subarray(b * told, (b + 1) * told)],
          labels: [...labels.subarray(b * told, (b + 1) * told)],
        });
      }
    }
  }
  return { words: encoded.words, examples, counts, gone };
}

describe('skip-gram', () => {
  test('a window of 1 has each word with those beside it, and no word of another text', async () => {
    const { words, examples } = await collect(['a b c', 'd e'], { window: 1 });
    const pairs = examples.map(({ bag, targets }) => words[bag[0]!]! + words[targets[0]!]!);
    expect(pairs).toEqual(['ab', 'ba', 'bc', 'cb', 'de', 'ed']);
    expect(examples.every(({ labels }) => labels.join() === '1,0,0')).toBe(true);
  });

  test('batches are full but for the last of an epoch, and say how many words are gone', async () => {
    const { counts, gone } = await collect(['a b c', 'd e'], { window: 1, batch: 4 }, { epochs: 2 });
    expect(counts).toEqual([4, 2, 4, 2]);
    expect([gone[1], gone[3]]).toEqual([5, 5]);
    expect(gone[0]).toBeLessThan(5);
  });

  test('a word at the distance d is near with the probability (window + 1 - d) / window', async () => {
    const [window, epochs] = [4, 4000];
    const { words, examples } = await collect('a b c d e f', { window, negatives: 1 }, { epochs });
    const counts = new Map<string, number>();
    for (const { bag, targets } of examples) {
      const pair = words[bag[0]!]! + words[targets[0]!]!;
      counts.set(pair, (counts.get(pair) ?? 0) + 1);
    }
    for (const a of 'abcdef') {
      for (const b of 'abcdef') {
        const distance = Math.abs(a.charCodeAt(0) - b.charCodeAt(0));
        const share = distance === 0 ? 0 : Math.max(0, (window + 1 - distance) / window);
        // Five standard deviations of a binomial share.
        const within = 5 * Math.sqrt((share * (1 - share)) / epochs);
        expect(Math.abs((counts.get(a + b) ?? 0) / epochs - share)).toBeLessThanOrEqual(within);
      }
    }
  });

  test('words are drawn by the noise, and the one that is told is none of them', async () => {
    const noise = new AliasTable(Float64Array.of(5, 3, 2));
    const { examples } = await collect('a b c a b a', { noise, negatives: 50, window: 1 }, { epochs: 400 });
    const drawn = [0, 0, 0];
    for (const { targets } of examples) {
      expect(targets.slice(1)).not.toContain(targets[0]);
      if (targets[0] === 2) for (const other of targets.slice(1)) if (other >= 0) drawn[other]!++;
    }
    // Beside the third word the first two are drawn, 5 to 3, and it has left gaps.
    expect(drawn[2]).toBe(0);
    const total = drawn[0]! + drawn[1]!;
    expect(Math.abs(drawn[0]! / total - 5 / 8)).toBeLessThan(5 * Math.sqrt(15 / 64 / total));
    const told = examples.filter(({ targets }) => targets[0] === 2).length;
    expect(Math.abs(total / (50 * told) - 0.8)).toBeLessThan(5 * Math.sqrt(0.16 / (50 * told)));
  });

  test('a tree gives the path, with gaps behind its end', async () => {
    const tree = new HuffmanTree([3, 2, 1]);
    const { examples } = await collect('a b c a b a', { tree, window: 1 });
    for (const { targets, labels } of examples) {
      const there = targets.filter((node) => node >= 0);
      expect(targets).toHaveLength(2);
      const word = [0, 1, 2].find((each) => {
        const path = tree.path(each);
        return `${path.nodes}` === `${there}` && `${path.labels}` === `${labels.slice(0, there.length)}`;
      });
      expect(word).toBeDefined();
    }
  });
});

test('CBOW has the words around, with gaps where there are less', async () => {
  const { words, examples } = await collect(['a b c', 'd'], { isBag: true, window: 1 });
  const seen = examples.map(({ bag, targets }) => [bag.map((word) => words[word] ?? '-').join(''), words[targets[0]!]]);
  expect(seen).toEqual([
    ['b-', 'a'],
    ['ac', 'b'],
    ['b-', 'c'],
  ]);
});

test('frequent words stay with the probability √(t / f) + t / f, and those behind a gap come nearer', async () => {
  const epochs = 3000;
  const t = 0.02;
  // In 100 words: 60 times a, 38 times b, c and d once each.
  const text = `${'a b '.repeat(38)}${'a '.repeat(22)}c d`;
  const { words, examples } = await collect(text, { window: 1, subsample: t }, { epochs });
  const times = new Map<string, number>();
  for (const { bag } of examples) times.set(words[bag[0]!]!, (times.get(words[bag[0]!]!) ?? 0) + 1);
  // Between two words each word has two neighbours.
  for (const [word, share] of [
    ['a', 0.6],
    ['b', 0.38],
  ] as const) {
    const kept = Math.sqrt(t / share) + t / share;
    const found = times.get(word)! / 2 / (100 * share * epochs);
    expect(Math.abs(found - kept)).toBeLessThan(0.01);
  }
  // A share of 0.01 is below the threshold: always there, with the one before and the one behind.
  const c = words.indexOf('c');
  const around = examples.filter(({ bag }) => bag[0] === c).map(({ targets }) => words[targets[0]!]);
  expect(around.filter((word) => word === 'd')).toHaveLength(epochs);
});
