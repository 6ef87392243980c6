// NgramTrie: sorted, with suffixes, and found again; all by looking at every run.

import { describe, expect, test } from 'vitest';
import { padded, randomContexts, randomTexts, runOf, runsIn } from '../../test/texts.js';
import { NgramCounts } from '../index.js';

interface Case {
  readonly order: number;
  readonly size: number;
  readonly cutoffs: readonly number[];
}

const cases: readonly Case[] = [1, 2, 3, 4, 5, 6].flatMap((order) =>
  [1, 2, 5].flatMap((size) => [[], [1, 2], [1, 1, 3], [1, 3, 1]].map((cutoffs) => ({ order, size, cutoffs }))),
);

describe.each(cases)('order $order, $size tokens, cut-offs $cutoffs', ({ order, size, cutoffs }) => {
  const texts = randomTexts(size, { words: size, first: 0 });
  const counts = new NgramCounts(size, { order });
  for (const text of texts) counts.add(text);
  const { trie } = counts.trie(cutoffs);
  // The n-gram of each node.
  const runs: number[][] = [[]];
  for (let k = 1; k <= order; k++) trie.forEach(k, (tokens, node) => void (runs[node] = [...tokens]));
  const nodeOf = new Map(runs.map((run, node) => [run.join(' '), node]));
  /** The node of the longest end of a run of at most so many tokens. */
  const longestEnd = (run: readonly number[], most: number): number => {
    for (let length = Math.min(most, run.length); length > 0; length--) {
      const node = nodeOf.get(run.slice(run.length - length).join(' '));
      if (node !== undefined) return node;
    }
    return 0;
  };

  test('has every token alone, and every other run once', () => {
    expect(trie.order).toBe(order);
    expect(trie.vocabularySize).toBe(size);
    expect(trie.size).toBe(runs.length);
    expect(nodeOf.size).toBe(runs.length);
    for (let token = 0; token < size; token++) expect(runs[1 + token]).toEqual([token]);
    if (cutoffs.length > 0) return;
    const expected = [
      ...runsIn(
        texts.map((text) => padded(text, 'none', order)),
        order,
      ).keys(),
    ];
    expect(expected.filter((key) => !nodeOf.has(key))).toEqual([]);
    expect(runs.length).toBe(1 + size + expected.filter((key) => runOf(key).length > 1).length);
  });

  test('each order stands in one piece, sorted', () => {
    runs.forEach((run, node) => {
      expect(trie.orderOf(node)).toBe(run.length);
      expect(trie.words[node]).toBe(run.at(-1) ?? -1);
      const next = runs[node + 1];
      if (next?.length !== run.length) return;
      const at = run.findIndex((token, i) => token !== next[i]);
      expect(run[at]).toBeLessThan(next[at]!);
    });
    expect([...trie.levels]).toEqual(
      Array.from({ length: order + 2 }, (_, k) => runs.filter((run) => run.length < k).length),
    );
  });

  test('what follows stands side by side, and leads back', () => {
    const parents = trie.parents();
    expect(trie.contexts).toBe(runs.filter((run) => run.length < order).length);
    for (let node = 0; node < trie.contexts; node++) {
      const own = runs[node]!;
      const expected = [...runs.keys()].filter(
        (other) => runs[other]!.length === own.length + 1 && runs[other]!.slice(0, -1).join(' ') === own.join(' '),
      );
      const found = Array.from(
        { length: trie.children[node + 1]! - trie.children[node]! },
        (_, i) => trie.children[node]! + i,
      );
      expect(found).toEqual(expected);
      for (const child of found) expect(parents[child]).toBe(node);
      for (let token = 0; token < size; token++) {
        expect(trie.child(node, token)).toBe(nodeOf.get([...own, token].join(' ')) ?? -1);
      }
    }
  });

  test('a suffix is the longest end that is there', () => {
    runs.forEach((run, node) => {
      if (node > 0) expect(trie.suffixes[node], run.join(' ')).toBe(longestEnd(run.slice(1), order));
    });
  });

  test('find', () => {
    runs.forEach((run, node) => {
      expect(trie.find(run)).toBe(node);
    });
    for (const run of randomContexts(1, 200, { size, longest: order + 1, texts })) {
      expect(trie.find(run)).toBe(nodeOf.get(run.join(' ')) ?? -1);
    }
    for (const token of [-1, size, size + 3, 0.5, Number.NaN]) {
      expect(trie.find([token])).toBe(-1);
      expect(trie.find([0, token])).toBe(-1);
    }
  });

  test('the context after tokens is the longest end that something may follow', () => {
    for (let node = 0; node < trie.contexts; node++) {
      for (let token = 0; token < size; token++) {
        expect(trie.after(node, token)).toBe(longestEnd([...runs[node]!, token], order - 1));
      }
    }
    for (const run of randomContexts(2, 200, { size, longest: 2 * order, texts })) {
      expect(trie.contextOf(run)).toBe(longestEnd(run, order - 1));
    }
  });
});
