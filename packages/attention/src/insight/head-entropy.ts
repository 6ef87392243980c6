// How far each head spreads its look.

import { ArgumentError, checkCall, type Known, shown } from '@dl/autograd';
import type { AttentionMap } from './attention-maps.js';
import { checkMaps } from './check-maps.js';

/** Options of {@link headEntropy}. */
export interface HeadEntropyOptions {
  /** How many queries of each sequence count; those behind are padding. Default: all. */
  readonly lengths?: readonly number[];
}

const headEntropyOptions: Known<HeadEntropyOptions> = { lengths: 'numbers' };

/**
 * The entropy of each head's weights, -Σ p ln p over the keys, in nats, as the mean over all queries: 0 where each query looks at one key alone, ln n where it looks at n
 * keys alike (Clark et al., "What does BERT look at?", 2019). Gives `entropy[map][head]`. Queries that may look at no key are left out; of a head without any
 * other the entropy is NaN.
 *
 * @throws ArgumentError for lengths that are not those of the sequences.
 *
 * @example
 * ```ts
 * import { headEntropy } from '@dl/attention';
 * const map = { module: 'layers.0.self_attn', call: 0, weights: [[[[1, 0], [0.5, 0.5]]]] };
 * console.log(headEntropy([map])); // [[0.35]]: the mean of 0 and ln 2
 * ```
 */
export function headEntropy(
  maps: readonly AttentionMap[],
  options: HeadEntropyOptions = {},
): readonly (readonly number[])[] {
  checkCall('headEntropy', arguments, ['maps'], headEntropyOptions);
  const { lengths } = options;
  checkMaps('headEntropy', maps);
  for (const { module, weights } of maps) {
    const fits = lengths?.every(
      (length, b) => Number.isInteger(length) && length >= 0 && length <= (weights[b]?.[0]?.length ?? -1),
    );
    if (lengths !== undefined && (lengths.length !== weights.length || !fits)) {
      throw new ArgumentError(
        `headEntropy: lengths is ${shown(lengths)}, needs one for each of the ${weights.length} sequences of ${module}, from 0 to ${weights[0]?.[0]?.length}`,
      );
    }
  }
  return maps.map(({ weights }) =>
    (weights[0] ?? []).map((_, head) => {
      const entropies = weights.flatMap((heads, b) =>
        heads[head]!.slice(0, lengths?.[b]).flatMap((row) => entropyOf(row) ?? []),
      );
      return entropies.reduce((sum, each) => sum + each, 0) / entropies.length;
    }),
  );
}

/** Undefined for a row of zeros. */
function entropyOf(row: ArrayLike<number>): number | undefined {
  let [entropy, sum] = [0, 0];
  for (let j = 0; j < row.length; j++) {
    const p = row[j]!;
    sum += p;
    if (p !== 0) entropy -= p * Math.log(p);
  }
  return sum === 0 ? undefined : entropy;
}
