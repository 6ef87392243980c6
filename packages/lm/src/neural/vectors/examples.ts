// Examples: what a text gives to learn from, as batches of numbers.

import type { Generator } from '@dl/autograd';
import type { EncodedTexts } from '../../vectors/encoded-texts.js';
import type { AliasTable } from './alias-table.js';
import type { HuffmanTree } from './huffman.js';

/** Examples as `word2vecUpdate` takes them, the last batch shorter; the lists are written anew for each. */
export interface Examples {
  readonly count: number;
  /** [count, width] of what is seen. */
  readonly bags: Int32Array;
  readonly width: number;
  /** [count, told] of what it tells, with labels. */
  readonly targets: Int32Array;
  readonly labels: Float32Array;
  readonly told: number;
  /** How many words of the text have been gone through, those that were left out included. */
  readonly words: number;
}

/** How examples are made. */
export interface ExampleOptions {
  readonly isBag: boolean;
  readonly window: number;
  /** The share of words above which frequent ones are left out; 0 for none. */
  readonly subsample: number;
  /** Words that were not there: how they are drawn, and how many. */
  readonly noise?: AliasTable;
  readonly negatives: number;
  readonly tree?: HuffmanTree;
  /** How many examples make a batch. */
  readonly batch: number;
}

/** Goes through a text, once for each call of `epoch`. */
export class ExampleMaker {
  readonly #texts: EncodedTexts;
  readonly #options: ExampleOptions;
  readonly #generator: Generator;
  /** The probability by which each word is kept. */
  readonly #kept: Float64Array;
  readonly #width: number;
  readonly #told: number;
  readonly #bags: Int32Array;
  readonly #targets: Int32Array;
  readonly #labels: Float32Array;
  #count = 0;

  constructor(texts: EncodedTexts, options: ExampleOptions, generator: Generator) {
    const { isBag, window, negatives, tree, batch, subsample } = options;
    this.#texts = texts;
    this.#options = options;
    this.#generator = generator;
    this.#width = isBag ? 2 * window : 1;
    this.#told = tree?.longest ?? 1 + negatives;
    this.#bags = new Int32Array(batch * this.#width);
    this.#targets = new Int32Array(batch * this.#told);
    this.#labels = new Float32Array(this.#targets.length);
    // Of the tree they are written with each path; here the word itself comes first, always.
    if (tree === undefined) for (let b = 0; b < batch; b++) this.#labels[b * this.#told] = 1;
    this.#kept = texts.often.map((count) => keptShare(count / texts.ids.length, subsample));
  }

  *epoch(): IterableIterator<Examples> {
    const sentence = new Int32Array(longestOf(this.#texts));
    let first = 0;
    for (const end of this.#texts.ends) {
      const length = this.#keep(first, end, sentence);
      for (let i = 0; i < length; i++) {
        // Of a text that is a whole book, what is done so far.
        const done = first + Math.floor(((end - first) * i) / length);
        const reach = 1 + Math.floor(this.#generator.uint32() * (this.#options.window / 2 ** 32));
        const [from, to] = [Math.max(0, i - reach), Math.min(length - 1, i + reach)];
        if (this.#options.isBag) {
          if (from === to) continue;
          this.#putBag(sentence, i, from, to);
          if (this.#isFull) yield this.#take(done);
          continue;
        }
        for (let j = from; j <= to; j++) {
          if (j === i) continue;
          this.#bags[this.#count] = sentence[i]!;
          this.#putTold(sentence[j]!);
          if (this.#isFull) yield this.#take(done);
        }
      }
      first = end;
    }
    yield this.#take(first);
  }

  get #isFull(): boolean {
    return this.#count === this.#options.batch;
  }

  /** Writes those words from `first` to `end` that are kept; returns how many these are. */
  #keep(first: number, end: number, sentence: Int32Array): number {
    const { ids } = this.#texts;
    let length = 0;
    for (let i = first; i < end; i++) {
      const word = ids[i]!;
      const share = this.#kept[word]!;
      if (share >= 1 || this.#generator.uniform() < share) sentence[length++] = word;
    }
    return length;
  }

  #putBag(sentence: Int32Array, i: number, from: number, to: number): void {
    let at = this.#count * this.#width;
    const end = at + this.#width;
    for (let j = from; j <= to; j++) if (j !== i) this.#bags[at++] = sentence[j]!;
    this.#bags.fill(-1, at, end);
    this.#putTold(sentence[i]!);
  }

  /** The word that is told, and those that are not, or its path. */
  #putTold(word: number): void {
    const { tree, noise } = this.#options;
    const at = this.#count++ * this.#told;
    if (tree !== undefined) {
      tree.write(word, this.#targets, this.#labels, at, this.#told);
      return;
    }
    this.#targets[at] = word;
    for (let t = 1; t < this.#told; t++) {
      const drawn = noise!.draw(this.#generator);
      this.#targets[at + t] = drawn === word ? -1 : drawn;
    }
  }

  #take(words: number): Examples {
    const count = this.#count;
    this.#count = 0;
    const [width, told] = [this.#width, this.#told];
    return {
      count,
      width,
      told,
      words,
      bags: this.#bags.subarray(0, count * width),
      targets: this.#targets.subarray(0, count * told),
      labels: this.#labels.subarray(0, count * told),
    };
  }
}

/** How many words the longest text has. */
export function longestOf({ ends }: EncodedTexts): number {
  return ends.reduce((longest, end, i) => Math.max(longest, end - (ends[i - 1] ?? 0)), 0);
}

/** √(t / f) + t / f, at most 1, for a word that is the share f of all: the program word2vec has it so, where the paper has its first part alone. */
function keptShare(share: number, threshold: number): number {
  if (threshold === 0) return 1;
  return Math.min(1, Math.sqrt(threshold / share) + threshold / share);
}
