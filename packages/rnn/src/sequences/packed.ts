// Packed sequences: all steps of a batch one after the other, without padding.

import {
  ArgumentError,
  checkCall,
  checkInteger,
  formatShape,
  indexSelect,
  isInstance,
  type Known,
  type Shape,
  ShapeError,
  shown,
  Tensor,
  tensor,
} from '@dl/autograd';
import { needTensor, tidied } from '@dl/layers';
import { checkLengths, withinLengths } from '../core/lengths.js';
import { countsOf, inverse, longestFirst } from '../core/steps.js';

/** A batch of sequences without padding, as PyTorch packs them. */
export interface PackedSequence {
  /** The first steps of all sequences, then the second ones of those that have any, and so on: [sum of lengths, …]. */
  readonly data: Tensor;
  /** How many sequences have a first step, a second one, and so on. */
  readonly batchSizes: readonly number[];
  /** The row that each sequence had in the batch: the longest comes first. */
  readonly order: readonly number[];
}

/** Options of {@link unpack}. */
export interface UnpackOptions {
  /** How many steps to pad to. Default: as many as the longest has. */
  readonly time?: number;
}

const unpackOptions: Known<UnpackOptions> = { time: 'number' };

/** A batch with padding. */
export interface PaddedSequences {
  /** [batch, time, …], 0 beyond the end of each sequence. */
  readonly x: Tensor;
  /** How many steps of each count. */
  readonly lengths: readonly number[];
}

/**
 * Packs a padded batch x [batch, time, …]: takes the steps that count, and no others, step by step, the longest sequence first. What is computed for each step alone, such
 * as a `Linear` or a loss, then does no work for the padding; `unpack` lays it out again. Gradients go back to the steps that count.
 *
 * @throws ShapeError for what is no batch of sequences, and for a length below 1 or above the time.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { pack } from '@dl/rnn';
 * await useBackend(cpu());
 * const { data, batchSizes, order } = pack(tensor([[1, 2, 0], [3, 4, 5]]), [2, 3]);
 * console.log(data.toArray(), batchSizes, order); // [3, 1, 4, 2, 5] [2, 2, 1] [1, 0]
 * ```
 */
export function pack(x: Tensor, lengths: readonly number[]): PackedSequence {
  checkCall('pack', arguments, ['x', ['lengths', 'numbers']]);
  needTensor('pack', x);
  if (x.rank < 2) throw new ShapeError(`pack: input is ${formatShape(x.shape)}, needs [batch, time, …]`);
  const [batch, time, ...step] = x.shape as readonly [number, number, ...Shape];
  checkLengths('pack', lengths, batch, time);
  const order = longestFirst(lengths);
  const batchSizes = countsOf(lengths);
  const rows = batchSizes.flatMap((count, t) => order.slice(0, count).map((row) => row * time + t));
  const data = tidied(
    () => indexSelect(x.reshape([batch * time, ...step]), 0, indexOf(rows, x)),
    (packed) => [packed],
  );
  return { data, batchSizes, order };
}

/**
 * The padded batch of a packed one, in its former order: x [batch, time, …] with 0 beyond the end of each sequence, and the lengths. The packed `data` may have been replaced by
 * anything with as many rows.
 *
 * @throws ShapeError when the rows of data are not what the batch sizes need, or the time is less than that of the longest sequence.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Linear } from '@dl/layers';
 * import { GRU, pack, unpack } from '@dl/rnn';
 * await useBackend(cpu());
 * const [lengths, head] = [[3, 7, 1], new Linear(5, 2)];
 * const { output } = new GRU(4, 5).forward(randn([3, 7, 4]), { lengths });
 * const packed = pack(output, lengths);
 * const scores = unpack({ ...packed, data: head.forward(packed.data) }); // 11 rows, not 21
 * console.log(scores.x.shape, scores.lengths); // [3, 7, 2] [3, 7, 1]
 * ```
 */
export function unpack(packed: PackedSequence, options: UnpackOptions = {}): PaddedSequences {
  checkCall('unpack', arguments, ['packed'], unpackOptions);
  const { data, batchSizes, order } = checkPacked(packed);
  const time = options.time ?? batchSizes.length;
  checkInteger('unpack', 'time', time, 1);
  if (time < batchSizes.length) {
    throw new ShapeError(`unpack: time is ${time}, and the longest sequence has ${batchSizes.length} steps`);
  }
  const starts = batchSizes.map((_, t) => batchSizes.slice(0, t).reduce((sum, count) => sum + count, 0));
  const at = inverse(order);
  const lengths = at.map((place) => batchSizes.filter((count) => place < count).length);
  // Beyond the end some row stands for nothing: where() takes it out.
  const rows = at.flatMap((place, row) =>
    Array.from({ length: time }, (_, t) => (t < lengths[row]! ? starts[t]! + place : place)),
  );
  const shape = [order.length, time, ...data.shape.slice(1)];
  const x = tidied(
    () => withinLengths(indexSelect(data, 0, indexOf(rows, data)).reshape(shape), lengths),
    (padded) => [padded],
  );
  return { x, lengths };
}

function checkPacked(packed: PackedSequence): PackedSequence {
  const { data, batchSizes, order } = (packed ?? {}) as Partial<PackedSequence>;
  if (!Array.isArray(batchSizes) || !Array.isArray(order) || !isInstance(data, Tensor, 'unpack', 'data')) {
    throw new ArgumentError(`unpack: got ${shown(packed)}, needs { data, batchSizes, order }, as pack() gives them`);
  }
  const isFalling = batchSizes.every(
    (count, t) => Number.isInteger(count) && count >= 1 && count <= (batchSizes[t - 1] ?? count),
  );
  const isOrder = order.toSorted((a, b) => a - b).every((row, i) => row === i);
  if (!isFalling || !isOrder || (batchSizes[0] ?? 0) !== order.length) {
    throw new ArgumentError(
      `unpack: batchSizes is ${shown(batchSizes)} and order ${shown(order)}; needs sizes that fall from the batch on, and each row once, as pack() gives them`,
    );
  }
  const count = batchSizes.reduce((sum, size) => sum + size, 0);
  if (data.shape[0] !== count) {
    throw new ShapeError(
      `unpack: data is ${formatShape(data.shape)}, needs ${count} rows, as many as batchSizes add up to`,
    );
  }
  return { data, batchSizes, order };
}

const indexOf = (rows: readonly number[], { backend }: Tensor): Tensor => tensor(Int32Array.from(rows), { backend });
