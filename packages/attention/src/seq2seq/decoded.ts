// Where a decoder with attention stands in its targets, between two steps.

import { indexSelect, type Tensor, tensor } from '@dl/autograd';
import type { States } from '@dl/rnn';
import type { ProjectedSource } from '../scores/projected-source.js';

/** What an `AttentionSeq2Seq` goes on from. */
export interface AttentionSeq2SeqState {
  /** The source that is looked at, which is the same at all steps. */
  readonly source: ProjectedSource;
  /** The state of the decoder's network. */
  readonly network: States;
  /** The state of the score; undefined before the first step. */
  readonly looked: States | undefined;
  /** What the step before gave out, with input feeding. */
  readonly fed: Tensor | undefined;
}

/** The state of some of the sequences; that of the network has them along `batchAxis`. */
export function selected(
  { source, network, looked, fed }: AttentionSeq2SeqState,
  rows: readonly number[],
  batchAxis: number,
): AttentionSeq2SeqState {
  const index = tensor(Int32Array.from(rows), { backend: source.values.backend });
  const each = (states: States, axis: number): States =>
    Object.fromEntries(Object.entries(states).map(([name, value]) => [name, indexSelect(value, axis, index)]));
  return {
    source: source.select(rows),
    network: each(network, batchAxis),
    looked: looked && each(looked, 0),
    fed: fed && indexSelect(fed, 0, index),
  };
}

/** What a network remembers of each sequence in its last layer, [batch, features]: what it would give out at the step before. */
export function lastOf(network: States, batchAxis: number): Tensor {
  const first = Object.values(network)[0]!;
  return batchAxis === 0 ? first : first.slice([-1]);
}
