// A Huffman tree: a tree, and none is better.

import { Generator } from '@dl/autograd';
import { describe, expect, test } from 'vitest';
import { HuffmanTree } from './huffman.js';

/** The least Σ count · length of all binary trees over some leaves: the best way to part them into two, again and again. */
function leastCost(counts: readonly number[]): number {
  const known = new Map<number, number>();
  const sum = (set: number): number => counts.reduce((total, count, i) => ((set >> i) & 1 ? total + count : total), 0);
  const cost = (set: number): number => {
    if ((set & (set - 1)) === 0) return 0;
    const found = known.get(set);
    if (found !== undefined) return found;
    let best = Infinity;
    for (let part = (set - 1) & set; part > 0; part = (part - 1) & set) {
      best = Math.min(best, cost(part) + cost(set ^ part));
    }
    known.set(set, best + sum(set));
    return best + sum(set);
  };
  return cost(2 ** counts.length - 1);
}

const random = new Generator(1);
const lists = [2, 3, 5, 8, 10].flatMap((n) => [
  Array.from({ length: n }, () => random.integer(1, 50)),
  Array.from({ length: n }, (_, i) => 2 ** i),
  Array.from({ length: n }, () => 7),
]);

describe.each(lists)('counts %j', (...counts) => {
  const tree = new HuffmanTree(counts);
  const paths = counts.map((_, word) => tree.path(word));

  test('no tree has a smaller sum of count · length', () => {
    expect(paths.reduce((sum, { nodes }, word) => sum + nodes.length * counts[word]!, 0)).toBe(leastCost(counts));
    expect(tree.longest).toBe(Math.max(...paths.map(({ nodes }) => nodes.length)));
  });

  test('is a tree: each side of each node leads to one place, and probabilities of words sum to 1', () => {
    const next = new Map<string, number | string>();
    for (const [word, { nodes, labels }] of paths.entries()) {
      expect(nodes[0]).toBe(tree.nodes - 1);
      for (let i = 0; i < nodes.length; i++) {
        const side = `${nodes[i]} ${labels[i]}`;
        const to = nodes[i + 1] ?? `word ${word}`;
        expect(next.get(side) ?? to).toBe(to);
        next.set(side, to);
      }
    }
    // Two sides for each inner node, and none other.
    expect(next.size).toBe(2 * tree.nodes);
    const chances = Array.from({ length: tree.nodes }, () => random.uniform());
    const total = paths.reduce((sum, { nodes, labels }) => {
      return sum + [...nodes].reduce((p, node, i) => p * (labels[i] ? chances[node]! : 1 - chances[node]!), 1);
    }, 0);
    expect(total).toBeCloseTo(1, 12);
  });
});
