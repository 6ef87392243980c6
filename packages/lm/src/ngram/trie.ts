// NgramTrie: all n-grams of a model in sorted arrays, which are found by halving, and saved as they are.

import { checkCall } from '@dl/autograd';
import type { CountLevel } from './count-level.js';
import type { CountedTrie } from './counts.js';

/**
 * N-grams as a tree in arrays. Node 0 is the empty n-gram; token w alone is node 1 + w, whether it came or not; then come the pairs, the triples and so on, each order
 * sorted by its n-gram without the last token, then by the last token. So what follows an n-gram stands side by side, sorted.
 *
 * Each node knows its suffix: the longest n-gram in the tree that is its end without being all of it. Who reads on goes from suffix to suffix
 * until one is followed by the next token, which takes a step or two for a token, whatever the order (Aho and Corasick 1975).
 *
 * @example
 * ```ts
 * import { NgramCounts, NgramTrie } from '@dl/lm';
 * const { trie, counts } = new NgramCounts(3, { order: 2 }).add([0, 1, 2, 0, 1]).trie();
 * console.log(trie instanceof NgramTrie, trie.size, counts[trie.find([0, 1])]); // true, 7 nodes, 2
 * trie.forEach(2, (tokens, node) => console.log(tokens, counts[node])); // 0 1: 2, 1 2: 1, 2 0: 1
 * ```
 */
export class NgramTrie {
  /** The longest n-grams. */
  readonly order: number;
  readonly vocabularySize: number;
  /** Where each order begins: order k is the nodes levels[k] … levels[k + 1] - 1, the root order 0. */
  readonly levels: Int32Array;
  /** The last token of each node; -1 of the root. */
  readonly words: Int32Array;
  /** The nodes that follow node i: children[i] … children[i + 1] - 1. For nodes below the highest order. */
  readonly children: Int32Array;
  readonly suffixes: Int32Array;

  constructor(parts: Pick<NgramTrie, 'levels' | 'words' | 'children' | 'suffixes'>) {
    checkCall('NgramTrie', arguments, ['parts']);
    this.levels = parts.levels;
    this.words = parts.words;
    this.children = parts.children;
    this.suffixes = parts.suffixes;
    this.order = parts.levels.length - 2;
    this.vocabularySize = parts.levels[2]! - 1;
  }

  /** How many nodes there are, the root included. */
  get size(): number {
    return this.words.length;
  }

  /** How many nodes have what may follow them: those below the highest order. */
  get contexts(): number {
    return this.levels[this.order]!;
  }

  /** The order of a node. */
  orderOf(node: number): number {
    let order = this.order;
    while (node < this.levels[order]!) order--;
    return order;
  }

  /** The node of a node's n-gram with a token behind it; -1 where there is none. */
  child(node: number, token: number): number {
    if (node === 0) return token + 1;
    const { words, children } = this;
    let low = children[node]!;
    let high = children[node + 1]! - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const word = words[middle]!;
      if (word === token) return middle;
      if (word < token) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  /** The node of an n-gram; -1 where it is not in the tree. */
  find(tokens: ArrayLike<number>): number {
    const first = tokens[0] ?? 0;
    // All others are looked for, the first one is counted off.
    if (!(Number.isInteger(first) && first >= 0 && first < this.vocabularySize)) return -1;
    let node = 0;
    for (let i = 0; i < tokens.length; i++) {
      if (node >= this.contexts) return -1;
      node = this.child(node, tokens[i]!);
      if (node < 0) return -1;
    }
    return node;
  }

  /** The node of the longest end of a sequence that is in the tree and that something may follow: the context of what comes next. */
  contextOf(tokens: ArrayLike<number>): number {
    let node = 0;
    // Of an older token nothing depends.
    for (let i = Math.max(0, tokens.length - this.order + 1); i < tokens.length; i++)
      node = this.after(node, tokens[i]!);
    return node;
  }

  /** The context after a token in a context. */
  after(context: number, token: number): number {
    for (let node = context; ; node = this.suffixes[node]!) {
      const child = this.child(node, token);
      if (child >= 0) return child < this.contexts ? child : this.suffixes[child]!;
    }
  }

  /** The n-gram without its last token, for each node; 0 for the root itself. */
  parents(): Int32Array {
    const parents = new Int32Array(this.size);
    for (let node = 0; node < this.contexts; node++) parents.fill(node, this.children[node]!, this.children[node + 1]!);
    return parents;
  }

  /** Calls back with each n-gram of an order, in the tree's order. The tokens are the same array each time. */
  forEach(order: number, each: (tokens: readonly number[], node: number) => void): void {
    const tokens = new Array<number>(order).fill(0);
    const descend = (node: number, depth: number): void => {
      if (depth === order) {
        each(tokens, node);
        return;
      }
      const end = this.children[node + 1]!;
      for (let child = this.children[node]!; child < end; child++) {
        tokens[depth] = this.words[child]!;
        descend(child, depth + 1);
      }
    };
    descend(0, 0);
  }

  /** Sorts what was counted into a tree; see `NgramCounts.trie`. */
  static ofLevels(
    single: Float64Array,
    total: number,
    counted: readonly CountLevel[],
    cutoffs: readonly number[] = [],
  ): CountedTrie {
    const vocabularySize = single.length;
    const order = counted.length + 1;
    const cutoff = (k: number): number => cutoffs[Math.min(k, cutoffs.length) - 1] ?? 1;
    const levels = Int32Array.from({ length: order + 2 }, (_, k) => (k === 0 ? 0 : k === 1 ? 1 : 1 + vocabularySize));
    // Which nodes of each level stay, in the order of the tree, and where each is found there.
    const chosen: SortedLevel[] = [];
    const places: Int32Array[] = [Int32Array.from(single, (_, word) => 1 + word)];
    counted.forEach((level, i) => {
      const [firstParent, first] = [levels[i + 1]!, levels[i + 2]!];
      const staying = sorted(level, places[i]!, cutoff(i + 2), firstParent, first - firstParent);
      const place = new Int32Array(level.size).fill(-1);
      for (let at = 0; at < staying.nodes.length; at++) place[staying.nodes[at]!] = first + at;
      chosen.push(staying);
      places.push(place);
      levels[i + 3] = first + staying.nodes.length;
    });
    const size = levels[order + 1]!;
    const contexts = levels[order]!;
    const words = new Int32Array(size);
    const suffixes = new Int32Array(size);
    const counts = new Float64Array(size);
    const children = new Int32Array(contexts + 1);
    const totals = new Float64Array(contexts);
    words[0] = -1;
    counts[0] = total;
    totals[0] = total;
    children[0] = 1;
    children[1] = 1 + vocabularySize;
    for (let word = 0; word < vocabularySize; word++) words[1 + word] = word;
    counts.set(single, 1);
    chosen.forEach((staying, i) => {
      const level = counted[i]!;
      const shorter = places[i]!;
      const [firstParent, first] = [levels[i + 1]!, levels[i + 2]!];
      words.set(staying.words, first);
      totals.set(staying.totals, firstParent);
      staying.ends.forEach((end, parent) => {
        children[firstParent + parent + 1] = first + end;
      });
      for (let at = 0; at < staying.nodes.length; at++) {
        const node = staying.nodes[at]!;
        counts[first + at] = level.often(node);
        suffixes[first + at] = longestIn(shorter, level.suffix(node), counted, places, i);
      }
    });
    return { trie: new NgramTrie({ levels, words, children, suffixes }), counts, totals };
  }
}

/** The n-grams of a level that stay, by their parent in the tree and then by token. */
interface SortedLevel {
  readonly nodes: Int32Array;
  /** Their last tokens. */
  readonly words: Int32Array;
  /** Where those of each parent end. */
  readonly ends: Int32Array;
  /** How often some token followed each parent, also in n-grams that do not stay. */
  readonly totals: Float64Array;
}

/** A counting sort by parents, then those of each parent: most have one or two. */
function sorted(
  level: CountLevel,
  parentPlaces: Int32Array,
  cutoff: number,
  firstParent: number,
  parents: number,
): SortedLevel {
  const { size } = level;
  const totals = new Float64Array(parents);
  const ends = new Int32Array(parents);
  const homes = new Int32Array(size);
  let staying = 0;
  for (let node = 0; node < size; node++) {
    const home = parentPlaces[level.parent(node)]! - firstParent;
    const often = level.often(node);
    const stays = home >= 0 && often >= cutoff;
    homes[node] = stays ? home : -1;
    if (home >= 0) totals[home]! += often;
    if (stays) {
      ends[home]!++;
      staying++;
    }
  }
  // Where each begins, which is where it ends when all of its own are there.
  let sum = 0;
  for (let home = 0; home < parents; home++) {
    const own = ends[home]!;
    ends[home] = sum;
    sum += own;
  }
  const nodes = new Int32Array(staying);
  const words = new Int32Array(staying);
  for (let node = 0; node < size; node++) {
    const home = homes[node]!;
    if (home < 0) continue;
    const at = ends[home]!++;
    nodes[at] = node;
    words[at] = level.word(node);
  }
  let start = 0;
  for (const end of ends) {
    if (end - start > 1) sortByWord(words, nodes, start, end);
    start = end;
  }
  return { nodes, words, ends, totals };
}

/** Nodes by their keys, 0 to keys - 1; stable. */
export function countingSort(nodes: Int32Array, keys: number, keyOf: (node: number) => number): Int32Array {
  const starts = new Int32Array(keys + 1);
  for (let i = 0; i < nodes.length; i++) starts[keyOf(nodes[i]!) + 1]!++;
  for (let key = 0; key < keys; key++) starts[key + 1]! += starts[key]!;
  const result = new Int32Array(nodes.length);
  for (let i = 0; i < nodes.length; i++) result[starts[keyOf(nodes[i]!)]!++] = nodes[i]!;
  return result;
}

/** Up to here an insertion sort is the quicker one. */
const FEW = 24;

/** Sorts different words, and what belongs to them. */
function sortByWord(words: Int32Array, nodes: Int32Array, start: number, end: number): void {
  const length = end - start;
  if (length > FEW) {
    const [unsortedWords, unsortedNodes] = [words.slice(start, end), nodes.slice(start, end)];
    // Word and place in one number.
    const keys = Float64Array.from(unsortedWords, (word, i) => word * length + i).sort();
    keys.forEach((key, at) => {
      const i = key % length;
      words[start + at] = unsortedWords[i]!;
      nodes[start + at] = unsortedNodes[i]!;
    });
    return;
  }
  for (let i = start + 1; i < end; i++) {
    const [word, node] = [words[i]!, nodes[i]!];
    let at = i;
    for (; at > start && words[at - 1]! > word; at--) {
      words[at] = words[at - 1]!;
      nodes[at] = nodes[at - 1]!;
    }
    words[at] = word;
    nodes[at] = node;
  }
}

/** The place of a suffix, or where a cut-off took it out, of the longest end of it that stayed. */
function longestIn(
  places: Int32Array,
  node: number,
  counted: readonly CountLevel[],
  all: readonly Int32Array[],
  level: number,
): number {
  let place = places[node]!;
  // A token alone always stays.
  for (let k = level; place < 0; k--) {
    node = counted[k - 1]!.suffix(node);
    place = all[k - 1]![node]!;
  }
  return place;
}
