// HuffmanTree: a binary tree over words in which frequent ones have short paths.

import { ArgumentError, checkCall, shown } from '@dl/autograd';

/** The way from the root to a word. */
export interface TreePath {
  /** The inner nodes on it, the root first. */
  readonly nodes: Int32Array;
  /** Where it goes on from each of them: 0 to the side that is lighter, 1 to the other. */
  readonly labels: Uint8Array;
}

/**
 * A binary tree with words as leaves, whose paths are a Huffman code: no other tree has a smaller sum of count · length. In {@link SkipGram} and {@link CBOW} its inner nodes have a vector each, and the probability of a word is the
 * product of the decisions on its path, of which there are about log₂ of the vocabulary's size, instead of as many as there are words.
 *
 * Sources: Huffman, "A Method for the Construction of Minimum-Redundancy Codes", 1952; Morin & Bengio, "Hierarchical Probabilistic Neural Network Language Model", 2005; with Huffman's code in Mikolov et al., "Efficient Estimation of Word
 * Representations in Vector Space", 2013.
 *
 * @throws ArgumentError for less than two words, and counts that are negative or no numbers.
 *
 * @example
 * ```ts
 * import { HuffmanTree } from '@dl/lm/neural';
 * const tree = new HuffmanTree([10, 5, 3, 1]);
 * console.log([0, 1, 2, 3].map((word) => tree.path(word).nodes.length)); // 1, 2, 3, 3
 * ```
 */
export class HuffmanTree {
  /** How many words there are. */
  readonly words: number;
  /** How many inner nodes there are, one less than words. */
  readonly nodes: number;
  /** The inner nodes of the longest path. */
  readonly longest: number;
  // All paths in one list, as there may be many: word w has those from #starts[w] to #starts[w + 1].
  readonly #starts: Int32Array;
  readonly #nodes: Int32Array;
  readonly #labels: Uint8Array;

  constructor(counts: ArrayLike<number>) {
    checkCall('HuffmanTree', arguments, [['counts', 'numbers']]);
    const words = counts.length;
    if (!(words >= 2)) throw new ArgumentError(`HuffmanTree: counts has length ${words}, needs at least 2 words`);
    for (let i = 0; i < words; i++) {
      if (counts[i]! >= 0 && counts[i]! < Infinity) continue;
      throw new ArgumentError(`HuffmanTree: counts[${i}] is ${shown(counts[i])}, needs a number of at least 0`);
    }
    const { parents, sides } = joined(counts);
    const root = 2 * words - 2;
    // Leaves come before inner nodes, and each node before its parent.
    const depths = new Int32Array(root + 1);
    for (let node = root - 1; node >= 0; node--) depths[node] = depths[parents[node]!]! + 1;
    this.words = words;
    this.nodes = words - 1;
    this.#starts = new Int32Array(words + 1);
    let longest = 0;
    for (let word = 0; word < words; word++) {
      this.#starts[word + 1] = this.#starts[word]! + depths[word]!;
      longest = Math.max(longest, depths[word]!);
    }
    this.longest = longest;
    this.#nodes = new Int32Array(this.#starts[words]!);
    this.#labels = new Uint8Array(this.#nodes.length);
    for (let word = 0; word < words; word++) {
      let node = word;
      for (let at = this.#starts[word + 1]! - 1; at >= this.#starts[word]!; at--) {
        this.#labels[at] = sides[node]!;
        node = parents[node]!;
        this.#nodes[at] = node - words;
      }
    }
  }

  /** The path to a word. */
  path(word: number): TreePath {
    if (!(Number.isInteger(word) && word >= 0 && word < this.words)) {
      throw new ArgumentError(`HuffmanTree: word is ${shown(word)}, needs 0 to ${this.words - 1}`);
    }
    const [from, to] = [this.#starts[word]!, this.#starts[word + 1]!];
    return { nodes: this.#nodes.subarray(from, to), labels: this.#labels.subarray(from, to) };
  }

  /** @internal Writes the path to a word as rows and labels, -1 and 0 behind its end. */
  write(word: number, targets: Int32Array, labels: Float32Array, at: number, length: number): void {
    const [from, to] = [this.#starts[word]!, this.#starts[word + 1]!];
    for (let i = 0; i < length; i++) {
      const isOn = from + i < to;
      targets[at + i] = isOn ? this.#nodes[from + i]! : -1;
      labels[at + i] = isOn ? this.#labels[from + i]! : 0;
    }
  }
}

/** Of each node its parent, and its side: those of the words first, then those that join two, the root last. */
function joined(counts: ArrayLike<number>): { readonly parents: Int32Array; readonly sides: Uint8Array } {
  const words = counts.length;
  const weights = new Float64Array(2 * words - 1);
  for (let i = 0; i < words; i++) weights[i] = counts[i]!;
  const leaves = Int32Array.from({ length: words }, (_, i) => i).sort((a, b) => counts[a]! - counts[b]! || b - a);
  const parents = new Int32Array(2 * words - 1);
  const sides = new Uint8Array(2 * words - 1);
  // Inner nodes are made in the order of their weights, so that the lightest node is the first of one of the two queues.
  let [leaf, inner] = [0, words];
  for (let made = words; made < 2 * words - 1; made++) {
    for (const side of [0, 1]) {
      const isLeaf = leaf < words && (inner === made || weights[leaves[leaf]!]! <= weights[inner]!);
      const node = isLeaf ? leaves[leaf++]! : inner++;
      parents[node] = made;
      sides[node] = side;
      weights[made]! += weights[node]!;
    }
  }
  return { parents, sides };
}
