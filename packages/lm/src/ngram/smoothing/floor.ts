// floorModel: models that give each n-gram a weight by its count, and all that never came in a context one weight.

import type { NgramCounts } from '../counts.js';
import { FloorModel, infoOf } from '../model.js';
import type { Said } from './arguments.js';
import { contextSums } from './context-sums.js';

/** How n-grams of an order are weighed. */
export interface Weighing {
  /** The weight of an n-gram that came so often. */
  readonly of: (count: number) => number;
  /** The weight of one that never came, in a context that did. */
  readonly absent: number;
}

/**
 * The model that divides the weights in each context by their sum. What a cut-off took out keeps its count, which is shared evenly among the tokens that are not
 * in the tree behind their context; so the others have what they had. Where nothing is given to what never came, those that never came at all have
 * none of it.
 */
export function floorModel(
  counts: NgramCounts,
  said: Said,
  cutoffs: readonly number[] | undefined,
  weighings: readonly Weighing[],
  about: { readonly smoothing: string; readonly unseen: number; readonly details: Readonly<Record<string, unknown>> },
): FloorModel {
  const counted = counts.trie(cutoffs);
  const { trie, counts: often } = counted;
  const { levels, children, words } = trie;
  const { whole, came, kinds } = contextSums(counted, said);
  // What has no share by itself has none anywhere.
  const size = weighings[0]!.absent > 0 ? said.size : kinds[0]!;
  const logProbabilities = new Float64Array(trie.size).fill(-Infinity);
  const floors = new Float64Array(trie.contexts);
  weighings.forEach(({ of, absent }, k) => {
    const after = levels[k + 1]!;
    for (let node = levels[k]!; node < after; node++) {
      const first = children[node]!;
      const end = children[node + 1]!;
      const others = size - kinds[node]!;
      const cut = whole[node]! - came[node]!;
      let sum = others * absent + cut;
      for (let child = first; child < end; child++) {
        if (often[child]! > 0 && !said.isSilent[words[child]!]) sum += of(often[child]!);
      }
      // Nothing that is said followed, and nothing is given to what did not.
      const isUnseen = sum === 0;
      const floor = others === 0 ? -Infinity : isUnseen ? about.unseen : Math.log((absent + cut / others) / sum);
      floors[node] = floor;
      for (let child = first; child < end; child++) {
        if (said.isSilent[words[child]!]) continue;
        logProbabilities[child] = often[child]! > 0 ? Math.log(of(often[child]!) / sum) : floor;
      }
    }
  });
  const info = infoOf(counts, about.smoothing, about.details);
  return new FloorModel(trie, { logProbabilities, floors, unseen: about.unseen }, info);
}

/** The same weighing for each order. */
export function ofEachOrder(counts: NgramCounts, weighing: Weighing): readonly Weighing[] {
  return new Array<Weighing>(counts.order).fill(weighing);
}
