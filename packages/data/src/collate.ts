// Batches made of examples: equal arrays stacked, sequences padded to one length.

import { ArgumentError, checkCall, DTypeError, type Known, ShapeError, shown } from '@dl/autograd';
import type { BatchContext } from './loader.js';
import { dtypeOf, emptyLike, type NdArray, type NdData } from './nd-array.js';

/** Sequences side by side, `[N, T, …]`. */
export interface PaddedBatch<D extends NdData = NdData> {
  /** The sequences, `[N, T, …]`, filled up with the padding value. */
  readonly values: NdArray<D>;
  /** How long each is, `[N]`. */
  readonly lengths: NdArray<Int32Array>;
  /** 1 where there is a value, 0 where there is padding, `[N, T]`; `tensor` makes booleans of it. */
  readonly mask: NdArray<Uint8Array>;
}

/** Options of {@link padSequences}. */
export interface PadOptions {
  /** What padding is filled with. Default: 0. */
  value?: number;
  /** The length T; longer sequences lose their end. Default: that of the longest. */
  length?: number;
  /** Where padding goes. Default: `'end'`. */
  side?: 'start' | 'end';
}

const padOptions: Known<PadOptions> = { value: 'number', length: 'number', side: ['start', 'end'] };

/**
 * Sequences of different lengths as one array. A sequence is a list of whole numbers such as token ids
 * (the result is `Int32Array`), a typed array, or an array `[T, …]` of feature vectors.
 *
 * @throws ArgumentError when there are no sequences or `length` is no whole number, DTypeError for numbers
 * that are not whole in a plain list, or lists of different types, ShapeError for features of different shapes.
 *
 * @example
 * ```ts
 * import { padSequences } from '@dl/data';
 * const { values, lengths, mask } = padSequences([[5, 6, 7], [8]]);
 * console.log(values.data, lengths.data, mask.data); // 5 6 7 8 0 0, then 3 1, then 1 1 1 1 0 0
 * ```
 */
export function padSequences<D extends NdData>(
  sequences: readonly (NdArray<D> | D)[],
  options?: PadOptions,
): PaddedBatch<D>;
export function padSequences(sequences: readonly (readonly number[])[], options?: PadOptions): PaddedBatch<Int32Array>;
export function padSequences(
  sequences: readonly (NdArray | NdData | readonly number[])[],
  options: PadOptions = {},
): PaddedBatch {
  checkCall('padSequences', arguments, ['sequences'], padOptions);
  const { value = 0, length, side = 'end' } = options;
  if (length !== undefined && (!Number.isSafeInteger(length) || length < 1)) {
    throw new ArgumentError(`padSequences: length is ${shown(length)}, needs a whole number of at least 1`);
  }
  const arrays = sequences.map(asArray);
  const first = arrays[0];
  if (first === undefined) throw new ArgumentError('padSequences: got no sequences, needs at least 1');
  const rest = first.shape.slice(1);
  const width = rest.reduce((size, each) => size * each, 1);
  const longest = length ?? arrays.reduce((most, { shape }) => Math.max(most, shape[0]!), 0);
  const values = emptyLike(first.data, arrays.length * longest * width).fill(value);
  const lengths = new Int32Array(arrays.length);
  const mask = new Uint8Array(arrays.length * longest);
  arrays.forEach(({ data, shape }, i) => {
    if (data.constructor !== first.data.constructor) {
      throw new DTypeError(
        `padSequences: sequence 0 is ${first.data.constructor.name} but ${i} is ${data.constructor.name}, needs one type`,
      );
    }
    if (shape.length !== first.shape.length || rest.some((size, k) => size !== shape[k + 1])) {
      throw new ShapeError(
        `padSequences: sequence 0 has the shape [${first.shape.join(', ')}] and ${i} [${shape.join(', ')}], ` +
          'needs the same sizes after the first',
      );
    }
    const kept = Math.min(shape[0]!, longest);
    const start = i * longest + (side === 'start' ? longest - kept : 0);
    lengths[i] = kept;
    mask.fill(1, start, start + kept);
    values.set(data.subarray(0, kept * width), start * width);
  });
  return {
    values: { data: values, shape: [arrays.length, longest, ...rest] },
    lengths: { data: lengths, shape: [arrays.length] },
    mask: { data: mask, shape: [arrays.length, longest], dtype: 'bool' },
  };
}

function asArray(sequence: NdArray | NdData | readonly number[], i: number): NdArray {
  if ('shape' in sequence) return sequence;
  if (!Array.isArray(sequence)) return { data: sequence as NdData, shape: [sequence.length] };
  const bad = sequence.find((number) => number !== (number | 0));
  if (bad !== undefined) {
    throw new DTypeError(
      `padSequences: sequence ${i} has ${bad} in it, needs whole numbers of 32 bits; give a Float32Array for others`,
    );
  }
  return { data: Int32Array.from(sequence), shape: [sequence.length] };
}

/** An example that can be stacked: arrays, and whole numbers such as labels. */
export type Example = Readonly<Record<string, NdArray | number>>;

/** What {@link stack} makes of examples: arrays keep their number type, whole numbers become `Int32Array`. */
export type Stacked<E extends Example> = {
  readonly [K in keyof E]: E[K] extends NdArray<infer D> ? NdArray<D> : NdArray<Int32Array>;
};

/**
 * Examples as one batch: arrays of one shape `[…]` become `[N, …]`, whole numbers `[N]`. Other members, such as
 * a file's name, have to be left out before. The context is what a stream hands to its `collate`; it changes nothing here.
 *
 * @throws ArgumentError when there are no examples, ShapeError when shapes differ, DTypeError when a member is
 * neither an array nor a whole number, or not of the same type in all.
 *
 * @example
 * ```ts
 * import { stack } from '@dl/data';
 * const point = (x: number, label: number) => ({ x: { data: Float32Array.of(x, -x), shape: [2] }, label });
 * const batch = stack([point(1, 0), point(2, 1), point(3, 0)]);
 * console.log(batch.x.shape, batch.label.data); // [3, 2] and 0, 1, 0
 * ```
 */
export function stack<E extends Example>(examples: readonly E[], _context?: BatchContext): Stacked<E> {
  checkCall('stack', arguments, ['examples', 'context']);
  const first = examples[0];
  if (first === undefined) throw new ArgumentError('stack: got no examples, needs at least 1');
  const batch = Object.entries(first).map(([name, member]) => {
    const shape = typeof member === 'number' ? [] : member.shape;
    const width = shape.reduce((size, each) => size * each, 1);
    const like = typeof member === 'number' ? new Int32Array() : member.data;
    const data = emptyLike(like, examples.length * width);
    examples.forEach((example, i) => {
      const other = example[name];
      if (typeof other === 'number' && typeof member === 'number') {
        if (other !== (other | 0)) {
          throw new DTypeError(`stack: '${name}' of example ${i} is ${other}, needs a whole number of 32 bits`);
        }
        data[i] = other;
      } else if (typeof other !== 'object' || other.data?.constructor !== like.constructor) {
        throw new DTypeError(`stack: '${name}' of example ${i} is of another type than in example 0, or missing`);
      } else if (other.shape.join() !== shape.join()) {
        throw new ShapeError(
          `stack: '${name}' has the shape [${shape.join(', ')}] in example 0 and [${other.shape.join(', ')}] in ${i}; ` +
            'crop or resize images, pad sequences with padSequences',
        );
      } else {
        data.set(other.data, i * width);
      }
    });
    const kept = typeof member === 'number' ? {} : dtypeOf(member);
    return [name, { data, shape: [examples.length, ...shape], ...kept }]; // […] → [N, …]
  });
  return Object.fromEntries(batch) as Stacked<E>;
}
