// Trees that are not counted: of n-grams that come in any order, and of a part of another tree.

import type { CountLevel } from './count-level.js';
import { NgramTrie } from './trie.js';

/**
 * A tree of all but the suffixes, which follow from the rest: that of an n-gram is its last token behind the suffix of what stands before it, or behind the suffix
 * of that, and so on (Aho and Corasick 1975).
 */
export function trieOf(parts: Pick<NgramTrie, 'levels' | 'words' | 'children'>): NgramTrie {
  const { words, children } = parts;
  const suffixes = new Int32Array(words.length);
  const trie = new NgramTrie({ ...parts, suffixes });
  const { contexts } = trie;
  // Those of single tokens are the root. A parent stands before its children.
  for (let node = 1; node < contexts; node++) {
    const end = children[node + 1]!;
    for (let child = children[node]!; child < end; child++) {
      const word = words[child]!;
      let shorter = suffixes[node]!;
      let found = trie.child(shorter, word);
      while (found < 0) {
        shorter = suffixes[shorter]!;
        found = trie.child(shorter, word);
      }
      suffixes[child] = found;
    }
  }
  return trie;
}

/** A tree of n-grams found by hashing, from pairs on, and for each order from 2 on the node of each n-gram. */
export function sortedTrie(
  vocabularySize: number,
  found: readonly CountLevel[],
): { readonly trie: NgramTrie; readonly places: readonly Int32Array[] } {
  const order = found.length + 1;
  const levels = new Int32Array(order + 2);
  levels[1] = 1;
  levels[2] = 1 + vocabularySize;
  for (let i = 0; i < found.length; i++) levels[i + 3] = levels[i + 2]! + found[i]!.size;
  const size = levels[order + 1]!;
  const contexts = levels[order]!;
  const words = new Int32Array(size);
  const children = new Int32Array(contexts + 1);
  words[0] = -1;
  for (let word = 0; word < vocabularySize; word++) words[1 + word] = word;
  children[0] = 1;
  children[1] = 1 + vocabularySize;
  const places: Int32Array[] = [];
  found.forEach((level, i) => {
    const first = levels[i + 1]!;
    const count = level.size;
    const above = places[i - 1];
    const parentOf = (ngram: number): number =>
      above === undefined ? 1 + level.parent(ngram) : above[level.parent(ngram)]!;
    const all = Int32Array.from({ length: count }, (_, ngram) => ngram);
    const byWord = countingSort(all, vocabularySize, (ngram) => level.word(ngram));
    const sorted = countingSort(byWord, levels[i + 2]! - first, (ngram) => parentOf(ngram) - first);
    const place = new Int32Array(count);
    for (let at = 0; at < count; at++) {
      const ngram = sorted[at]!;
      const node = levels[i + 2]! + at;
      place[ngram] = node;
      words[node] = level.word(ngram);
      children[parentOf(ngram) + 1]!++;
    }
    places.push(place);
  });
  for (let node = 1; node < contexts; node++) children[node + 1]! += children[node]!;
  return { trie: trieOf({ levels, words, children }), places };
}

/** The nodes of a tree that stay, each with its parent, as a tree of their own, and which node each was. All single tokens stay. */
export function partOf(
  { levels: all, words: allWords, children: allChildren, size, contexts }: NgramTrie,
  stays: Uint8Array,
): { readonly trie: NgramTrie; readonly former: Int32Array } {
  // How many stay before each node.
  const before = new Int32Array(size + 1);
  for (let node = 0; node < size; node++) before[node + 1] = before[node]! + stays[node]!;
  const former = new Int32Array(before[size]!);
  for (let node = 0; node < size; node++) if (stays[node] === 1) former[before[node]!] = node;
  const levels = all.map((node) => before[node]!);
  const words = Int32Array.from(former, (node) => allWords[node]!);
  const children = new Int32Array(before[contexts]! + 1);
  for (let node = 0; node < children.length - 1; node++) children[node] = before[allChildren[former[node]!]!]!;
  children[children.length - 1] = former.length;
  return { trie: trieOf({ levels, words, children }), former };
}

/** Stable. */
function countingSort(nodes: Int32Array, keys: number, keyOf: (node: number) => number): Int32Array {
  const starts = new Int32Array(keys + 1);
  for (let i = 0; i < nodes.length; i++) starts[keyOf(nodes[i]!) + 1]!++;
  for (let key = 0; key < keys; key++) starts[key + 1]! += starts[key]!;
  const result = new Int32Array(nodes.length);
  for (let i = 0; i < nodes.length; i++) result[starts[keyOf(nodes[i]!)]!++] = nodes[i]!;
  return result;
}
