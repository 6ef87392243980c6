// Models for tests, made without any of the smoothings: an estimator of a few lines, and drawn text.

import { Generator } from '@dl/autograd';
import { BackoffModel, FloorModel, NgramCounts, type Padding, Vocabulary } from '../src/index.js';

/** Absolute discounting, interpolated down to uniform over all tokens but `bos`. */
export function discounted(counts: NgramCounts, discount = 0.6): BackoffModel {
  const { trie, counts: often } = counts.trie();
  const { padding, vocabulary } = counts;
  const bos = padding === 'none' ? undefined : vocabulary!.bos;
  const p = new Float64Array(trie.size);
  const weights = new Float64Array(trie.contexts);
  const backedOff = (context: number, word: number): number => {
    let weight = 1;
    for (let node = context; ; node = trie.suffixes[node]!) {
      const child = trie.child(node, word);
      if (child >= 0) return weight * p[child]!;
      weight *= weights[node]!;
    }
  };
  for (let context = 0; context < trie.contexts; context++) {
    const children = Array.from(
      { length: trie.children[context + 1]! - trie.children[context]! },
      (_, i) => trie.children[context]! + i,
    ).filter((child) => trie.words[child] !== bos);
    const total = children.reduce((sum, child) => sum + often[child]!, 0);
    const kinds = children.filter((child) => often[child]! > 0).length;
    const left = total === 0 ? 1 : (discount * kinds) / total;
    weights[context] = left;
    for (const child of children) {
      const word = trie.words[child]!;
      const below =
        context === 0
          ? 1 / (counts.vocabularySize - (bos === undefined ? 0 : 1))
          : backedOff(trie.suffixes[context]!, word);
      p[child] = (total === 0 ? 0 : Math.max(often[child]! - discount, 0) / total) + left * below;
    }
  }
  return new BackoffModel(
    trie,
    { logProbabilities: p.map(Math.log), backoffs: weights.map(Math.log) },
    { smoothing: 'absolute discounting', isDistribution: true, padding, vocabulary, details: { discount } },
  );
}

/** Add-one, of whatever was counted. */
export function addedOne(counts: NgramCounts): FloorModel {
  const { trie, counts: often } = counts.trie();
  const size = counts.vocabularySize;
  const p = new Float64Array(trie.size);
  const floors = new Float64Array(trie.contexts);
  for (let context = 0; context < trie.contexts; context++) {
    let total = size;
    for (let child = trie.children[context]!; child < trie.children[context + 1]!; child++) total += often[child]!;
    floors[context] = -Math.log(total);
    for (let child = trie.children[context]!; child < trie.children[context + 1]!; child++) {
      p[child] = Math.log((often[child]! + 1) / total);
    }
  }
  const { padding, vocabulary } = counts;
  const info = { smoothing: 'Laplace', isDistribution: true, padding, vocabulary, details: { add: 1 } };
  return new FloorModel(trie, { logProbabilities: p, floors, unseen: -Math.log(size) }, info);
}

export const words = new Vocabulary(['<unk>', '<s>', '</s>', 'the', 'cat', 'dog', 'saw', 'a', 'ran', 'é'], {
  unk: '<unk>',
  bos: '<s>',
  eos: '</s>',
});

/** Sentences of tokens that are no special ones, each drawn by the one before it. */
export function sentences(count: number, seed = 1, vocabularySize = words.size): number[][] {
  const random = new Generator(seed);
  return Array.from({ length: count }, () => {
    const length = random.integer(1, 12);
    const sentence: number[] = [];
    let last = 3;
    for (let i = 0; i < length; i++) {
      last = 3 + ((last * 2 + random.integer(0, 3) * random.integer(0, 2)) % (vocabularySize - 3));
      sentence.push(last);
    }
    return sentence;
  });
}

export function counted(order: number, padding: Padding = 'ends', count = 60, seed = 1): NgramCounts {
  const counts = new NgramCounts(words, { order, padding });
  for (const sentence of sentences(count, seed)) counts.add(sentence);
  return counts;
}

/** Contexts of any tokens, seen or not. */
export function contexts(count: number, length: number, seed = 7, vocabularySize = words.size): number[][] {
  const random = new Generator(seed);
  return Array.from({ length: count }, () =>
    Array.from({ length: random.integer(0, length + 1) }, () => random.integer(0, vocabularySize)),
  );
}

export const total = (logs: ArrayLike<number>): number => Array.from(logs, Math.exp).reduce((sum, p) => sum + p, 0);
