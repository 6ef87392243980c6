// What models that are taught by pairs of sequences have in common.

import { type Known, type Tensor, tensor, where } from '@dl/autograd';
import { pack, type SequenceLossOptions } from '@dl/rnn';

/** Options of a loss of pairs, beside what the model itself is told. */
export interface PairLossOptions extends Omit<SequenceLossOptions, 'lengths'> {
  /** How many tokens of each target count, the one that ends it included. Default: all. */
  readonly targetLengths?: readonly number[];
}

export const pairLossOptions: Known<PairLossOptions> = {
  targetLengths: 'numbers',
  weight: 'tensor',
  ignoreIndex: 'number',
  labelSmoothing: 'number',
  reduction: ['mean', 'sum'],
};

/** The steps of x [batch, time, ...] that count, in one order for all that have these lengths: the output map, the largest part of many models, does no work for the padding. */
export function stepsThatCount(x: Tensor, lengths: readonly number[] | undefined): Tensor {
  return lengths === undefined ? x.reshape([-1, ...x.shape.slice(2)]) : pack(x, lengths).data;
}

/** Rows [batch, time, features], 0 beyond the end of each sequence, which may have no step at all. */
export function rowsWithin(x: Tensor, lengths: readonly number[]): Tensor {
  const [batch, time] = x.shape as readonly [number, number];
  if (lengths.every((length) => length === time)) return x;
  const data = new Uint8Array(batch * time);
  for (const [row, length] of lengths.entries()) data.fill(1, row * time, row * time + length);
  const mask = tensor({ data, shape: [batch, time, 1] }, { dtype: 'bool', backend: x.backend });
  return where(mask, x, 0);
}
