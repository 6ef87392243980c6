// What absolute discounting, Witten–Bell and Kneser–Ney have in common: each order is interpolated with the one below it, down to the uniform distribution.

import type { CountedTrie, NgramCounts } from '../counts.js';
import { BackoffModel, infoOf } from '../model.js';
import type { NgramTrie } from '../trie.js';
import type { Said } from './arguments.js';

/** What tells one of them from the others. */
export interface Interpolation {
  /** Its name. */
  readonly smoothing: string;
  /** What is counted of each n-gram, by node: how often it came, or in how many contexts. */
  readonly counts: Float64Array;
  /** What an n-gram gives of its count to the order below; at most the count. */
  readonly given: (count: number, order: number) => number;
  /** What it adds to that beside its count. */
  readonly added: (order: number) => number;
  /** For those who ask the model what it found. */
  readonly details: Readonly<Record<string, unknown>>;
}

/**
 * The model of
 *
 *     p(w | h) = (c(h w) - given(h w)) / S(h) + γ(h) · p(w | h without its first token)
 *     S(h)     = Σ c(h v) + added          over all v that came behind h
 *     γ(h)     = Σ given(h v) + added / S(h)
 *
 * with the uniform distribution below the unigrams. What a cut-off takes out of the tree gives all of its count (as KenLM prunes).
 *
 * @param of gets all that was counted.
 */
export function interpolated(
  counts: NgramCounts,
  said: Said,
  cutoffs: readonly number[] = [],
  of: (counted: CountedTrie) => Interpolation,
): BackoffModel {
  const counted = counts.trie();
  const { trie } = cutoffs.length === 0 ? counted : counts.trie(cutoffs);
  const interpolation = of(counted);
  const { probabilities, weights } = computed(counted.trie, trie, interpolation, said);
  const { smoothing, details } = interpolation;
  const unknown = weights[0]! / said.size;
  const logProbabilities = probabilities.map(Math.log);
  const backoffs = weights.map(Math.log);
  // Nothing is below the root.
  logProbabilities[0] = 0;
  backoffs[0] = 0;
  return new BackoffModel(trie, { logProbabilities, backoffs }, infoOf(counts, smoothing, { ...details, unknown }));
}

function computed(
  full: NgramTrie,
  trie: NgramTrie,
  { counts, given, added }: Interpolation,
  { isSilent, size }: Said,
): { readonly probabilities: Float64Array; readonly weights: Float64Array } {
  const { children, suffixes, words, levels } = trie;
  const probabilities = new Float64Array(trie.size);
  const weights = new Float64Array(trie.contexts);
  // Without cut-offs a context is the same node in both trees, and an n-gram's suffix is always one token shorter.
  const cut = full === trie ? undefined : { places: placesIn(full, trie), parents: trie.parents() };
  let order = 1;
  for (let context = 0; context < trie.contexts; context++) {
    if (context >= levels[order]!) order++;
    const place = cut === undefined ? context : cut.places[context]!;
    const after = full.children[place + 1]!;
    const end = children[context + 1]!;
    const beside = added(order);
    let child = children[context]!;
    let sum = 0;
    let free = 0;
    for (let follower = full.children[place]!; follower < after; follower++) {
      const word = full.words[follower]!;
      const stays = child < end && words[child] === word;
      const count = counts[follower]!;
      if (count > 0 && isSilent[word] === 0) {
        const gift = stays ? given(count, order) : count;
        sum += count + beside;
        free += gift + beside;
        if (stays) probabilities[child] = count - gift;
      }
      if (stays) child++;
    }
    // Behind a context that nothing was counted of comes what comes behind a shorter one.
    const weight = sum > 0 ? free / sum : 1;
    weights[context] = weight;
    for (child = children[context]!; child < end; child++) {
      const own = sum > 0 ? probabilities[child]! / sum : 0;
      const suffix = suffixes[child]!;
      let below = context === 0 ? 1 / size : probabilities[suffix]!;
      if (cut !== undefined && context !== 0) {
        for (let node = suffixes[context]!; node !== cut.parents[suffix]; node = suffixes[node]!)
          below *= weights[node]!;
      }
      probabilities[child] = isSilent[words[child]!] === 0 ? own + weight * below : 0;
    }
  }
  return { probabilities, weights };
}

/** Where the n-grams of a tree stand in another, which has all of them. */
export function placesIn(full: NgramTrie, trie: NgramTrie): Int32Array {
  const places = new Int32Array(trie.size);
  for (let context = 0; context < trie.contexts; context++) {
    let follower = full.children[places[context]!]!;
    const end = trie.children[context + 1]!;
    for (let child = trie.children[context]!; child < end; child++) {
      while (full.words[follower] !== trie.words[child]) follower++;
      places[child] = follower;
    }
  }
  return places;
}
