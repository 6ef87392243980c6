// What comes of attention over several layers: how much of each input is in each output.

import { ArgumentError, checkCall, type Known, shown } from '@dl/autograd';
import type { AttentionMap, HeadWeights } from './attention-maps.js';
import { checkMaps } from './check-maps.js';

/** Options of {@link attentionRollout}. */
export interface RolloutOptions {
  /** Which share of each layer's output goes past its attention, by the residual connection, from 0 to below 1. Default 0.5. */
  readonly residual?: number;
}

const rolloutOptions: Known<RolloutOptions> = { residual: 'finite' };

/**
 * Attention rollout (Abnar & Zuidema, "Quantifying attention flow in transformers", 2020): how much each position of the last layer takes from each input of the
 * first, when what a layer gives is half its input and half what it looked at. With the mean A of a layer's heads,
 *
 *     Â = residual · I + (1 - residual) · A, rows made to sum to 1
 *     rollout = Â_last ⋯ Â_2 Â_1
 *
 * Gives `rollout[sequence][position][input]`, rows of which sum to 1. A picture of where a class token looks, through all layers, is the row of position 0.
 *
 * @param maps Of self-attention, first layer first, as {@link attentionMaps} gives them. Of a model with encoder and decoder take those of one of them.
 *
 * @throws ArgumentError for maps that are not square, or not of the same sequences.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { attentionMaps, attentionRollout, TransformerEncoder } from '@dl/attention';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const model = new TransformerEncoder(16, 4, 3, { dimFeedforward: 32 });
 * const rollout = attentionRollout(await attentionMaps(model, randn([1, 5, 16])));
 * console.log(rollout[0]!.length, rollout[0]![0]!.length); // 5 5
 * ```
 */
export function attentionRollout(
  maps: readonly AttentionMap[],
  options: RolloutOptions = {},
): readonly (readonly Float64Array[])[] {
  checkCall('attentionRollout', arguments, ['maps'], rolloutOptions);
  const { residual = 0.5 } = options;
  if (!(residual >= 0 && residual < 1)) {
    throw new ArgumentError(`attentionRollout: residual is ${shown(residual)}, needs a share from 0 to below 1`);
  }
  checkMaps('attentionRollout', maps);
  const [first] = maps as readonly [AttentionMap];
  const length = first.weights[0]?.[0]?.length ?? 0;
  for (const { module, weights } of maps) {
    const isSquare = weights.every((heads) =>
      heads.every((rows) => rows.length === length && rows.every((row) => row.length === length)),
    );
    if (!isSquare || weights.length !== first.weights.length) {
      const [queries, keys] = [weights[0]?.[0]?.length, weights[0]?.[0]?.[0]?.length];
      throw new ArgumentError(
        `attentionRollout: ${module} has ${queries} queries and ${keys} keys for ${weights.length} sequences, needs ${length} of both for ${first.weights.length}, as ${first.module} has; choose the maps of one stack: ${CHOICE}`,
      );
    }
  }
  const stacks = new Set(maps.map(({ module, call }) => `${module.replace(/layers\..*$/, '')} ${call}`));
  if (stacks.size > 1) {
    throw new ArgumentError(
      `attentionRollout: the maps are of ${stacks.size} stacks or runs, ${maps[0]!.module} to ${maps.at(-1)!.module}, which do not follow one another; choose those of one: ${CHOICE}`,
    );
  }
  return first.weights.map((_, b) =>
    maps
      .map(({ weights }) => withResidual(weights[b]!, residual))
      .reduce((below, layer) => layer.map((row) => combined(row, below))),
  );
}

/** residual · I + (1 - residual) · the mean of the heads, each row as shares. */
function withResidual(heads: readonly HeadWeights[], residual: number): Float64Array[] {
  return heads[0]!.map((_, i) => {
    const row = new Float64Array(heads[0]!.length);
    for (const rows of heads) {
      for (let j = 0; j < row.length; j++) row[j]! += ((1 - residual) * rows[i]![j]!) / heads.length;
    }
    row[i]! += residual;
    const sum = row.reduce((total, each) => total + each, 0);
    return sum === 0 ? row : row.map((each) => each / sum);
  });
}

/** A mixture of rows, by its shares. */
function combined(shares: Float64Array, rows: readonly Float64Array[]): Float64Array {
  const mixed = new Float64Array(rows[0]!.length);
  for (const [k, row] of rows.entries()) {
    for (let j = 0; j < mixed.length; j++) mixed[j]! += shares[k]! * row[j]!;
  }
  return mixed;
}

const CHOICE = "maps.filter(({ module }) => module.startsWith('encoder.'))";
