// RowGradient: the gradient of a table for the few rows of it that were looked up.

import type { Backend } from '../backend/backend.js';
import { type Copy, copyMark, ownCopy } from '../copies.js';
import { IndexError } from '../errors.js';
import type { Gradient } from '../graph/tape.js';
import type { FreeRecord } from '../memory/scope.js';
import { siteOfDispose } from '../memory/site.js';
import { filledTensor, tensorFrom } from './allocate.js';
import { rowBrand } from './brand.js';
import type { DType, TypedArray } from './dtype.js';
import { formatShape, type Shape } from './shape.js';
import type { Tensor } from './tensor.js';
import { TensorBase } from './tensor-base.js';

/**
 * A gradient that is 0 but for some rows: what a `.rowGrad` is. `shape` is that of the whole, `indices` [count] (`int32`) are the numbers
 * of the rows, each once and in ascending order, and `values` [count, ...] the rows, summed where one was looked up several times. PyTorch
 * calls this a sparse COO tensor that is coalesced. Clipping and averaging change `values` in place.
 *
 * @example
 * ```ts
 * import { embedding, ones, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const weight = ones([1000, 2], { requiresGrad: true });
 * const words = tensor([7, 3, 7], { dtype: 'int32' });
 * embedding(words, weight, { sparse: true }).sum().backward();
 * const { indices, values } = weight.rowGrad!;
 * console.log(indices.toArray(), values.toArray()); // [3, 7] [[1, 1], [2, 2]]
 * ```
 */
export class RowGradient {
  readonly indices: Tensor;
  readonly values: Tensor;
  readonly shape: Shape;

  /** @internal Made by `backward()` and `rowGradient`: the indices ascend, and each comes once. */
  constructor(indices: Tensor, values: Tensor, shape: Shape) {
    this.indices = indices;
    this.values = values;
    this.shape = shape;
  }

  get [rowBrand](): true {
    return true;
  }

  /** @internal */
  get [copyMark](): Copy {
    return ownCopy;
  }

  get dtype(): DType {
    return this.values.dtype;
  }

  get backend(): Backend {
    return this.values.backend;
  }

  /** The gradient with all its rows, those of zeros too, as a new tensor. */
  toDense(): Tensor {
    return this.addTo(filledTensor(this.backend, 0, this.shape, this.dtype, 'toDense'));
  }

  /** @internal A copy of a tensor with the rows added. */
  addTo(dense: Tensor): Tensor {
    return dense.indexAdd(0, this.indices, this.values);
  }

  /** @internal The sum with a gradient of either kind, as a new one of that kind. */
  add(other: Gradient): Gradient {
    if (other instanceof TensorBase) return this.addTo(other);
    return summed(
      [this, other].map(({ indices, values }) => [indices.dataSync(), values]),
      this.shape,
    );
  }

  /** @internal The same rows, with each of the two tensors as `change` makes it. */
  map(change: (tensor: Tensor) => Tensor): RowGradient {
    return new RowGradient(change(this.indices), change(this.values), this.shape);
  }

  /** A copy with buffers of its own. */
  clone(): RowGradient {
    return this.map((tensor) => tensor.clone());
  }

  /** Frees both tensors now. */
  dispose(): void {
    this.free({ how: 'dispose() was called on its RowGradient', where: siteOfDispose() });
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** @internal */
  free(record: FreeRecord): void {
    this.indices.free(record);
    this.values.free(record);
  }

  toString(): string {
    return `RowGradient(${this.indices.size} rows of ${formatShape(this.shape)}, ${this.dtype})`;
  }

  /** What console.log shows in Node. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/**
 * Rows of a gradient summed by their numbers: `rows` [count, ...] belong to the rows `index` [count] (`int32`) of a table of this shape; what
 * belongs to the row `without` is left out. The index is read at once, as by `dataSync`.
 */
export function sumRows(index: Tensor, rows: Tensor, shape: Shape, without?: number): RowGradient {
  const all = index.dataSync() as Int32Array;
  checkRows('rowGradient', all, shape[0]!);
  const kept = all.filter((row) => row !== without);
  if (kept.length === all.length) return summed([[all, rows]], shape);
  const from = all.map((_, i) => i).filter((i) => all[i] !== without);
  return summed([[kept, rows.indexSelect(0, listOf(from, rows))]], shape);
}

/** Throws for a number that is no row of a table with so many. */
export function checkRows(what: string, numbers: ArrayLike<number>, count: number): void {
  for (let i = 0; i < numbers.length; i++) {
    const row = numbers[i]!;
    if (row < 0 || row >= count) {
      throw new IndexError(
        `${what}: index ${row} at position ${i} is out of range; there are ${count} rows, so needs 0 to ${count - 1}`,
      );
    }
  }
}

/** The rows of all parts, each with their numbers, summed by these. */
function summed(parts: readonly (readonly [numbers: TypedArray, rows: Tensor])[], shape: Shape): RowGradient {
  const named = Int32Array.from(new Set(parts.flatMap(([numbers]) => [...numbers]))).sort();
  const places = new Map<number, number>();
  for (let i = 0; i < named.length; i++) places.set(named[i]!, i);
  const like = parts[0]![1];
  let values = filledTensor(like.backend, 0, [named.length, ...shape.slice(1)], like.dtype, 'rowGradient');
  for (const [numbers, rows] of parts) {
    const at = Int32Array.from(numbers, (row) => places.get(row)!);
    values = values.indexAdd(0, listOf(at, like), rows);
  }
  return new RowGradient(listOf(named, like), values, shape);
}

function listOf(numbers: Int32Array, { backend }: Tensor): Tensor {
  return tensorFrom(backend, numbers, [numbers.length], 'int32', 'rowGradient');
}
