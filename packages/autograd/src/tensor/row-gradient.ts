// RowGradient: the gradient of a table for the few rows of it that were looked up.

import { type Copy, copyMark, ownCopy } from '../copies.js';
import { IndexError } from '../errors.js';
import type { FreeRecord } from '../memory/scope.js';
import { captureSite } from '../memory/site.js';
import { filledTensor, tensorFrom } from './allocate.js';
import { rowBrand } from './brand.js';
import type { DType } from './dtype.js';
import { formatShape, type Shape } from './shape.js';
import type { Tensor } from './tensor.js';

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

  /** The gradient with all its rows, those of zeros too, as a new tensor. */
  toDense(): Tensor {
    const { backend, dtype } = this.values;
    return this.addTo(filledTensor(backend, 0, this.shape, dtype, 'toDense'));
  }

  /** @internal A copy of a gradient for all rows with this one added. */
  addTo(dense: Tensor): Tensor {
    return dense.indexAdd(0, this.indices, this.values);
  }

  /** @internal The sum, as a new one: for the rows of both. */
  add(other: RowGradient): RowGradient {
    const named = [...this.indices.dataSync(), ...other.indices.dataSync()];
    const { indices, places } = summed(named);
    const { backend, dtype } = this.values;
    const count = this.indices.size;
    const at = (list: readonly number[]): Tensor => listOf(list, this.values);
    const values = filledTensor(backend, 0, [indices.length, ...this.shape.slice(1)], dtype, 'rowGradient')
      .indexAdd(0, at(places.slice(0, count)), this.values)
      .indexAdd(0, at(places.slice(count)), other.values);
    return new RowGradient(at(indices), values, this.shape);
  }

  /** A copy with buffers of its own. */
  clone(): RowGradient {
    return new RowGradient(this.indices.clone(), this.values.clone(), this.shape);
  }

  /** Frees both tensors now. */
  dispose(): void {
    this.free({ how: 'dispose() was called on its RowGradient', where: captureSite() });
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
  const length = shape[0]!;
  const all = index.dataSync();
  const wrong = all.findIndex((row) => row < 0 || row >= length);
  if (wrong >= 0) {
    throw new IndexError(
      `rowGradient: index ${all[wrong]} at position ${wrong} is out of range; there are ${length} rows, so needs 0 to ${length - 1}`,
    );
  }
  const kept: number[] = [];
  const from: number[] = [];
  for (let i = 0; i < all.length; i++) {
    if (all[i] === without) continue;
    kept.push(all[i]!);
    from.push(i);
  }
  const { indices, places } = summed(kept);
  const given = kept.length === all.length ? rows : rows.indexSelect(0, listOf(from, rows));
  const { backend, dtype } = rows;
  const values = filledTensor(backend, 0, [indices.length, ...shape.slice(1)], dtype, 'rowGradient');
  return new RowGradient(listOf(indices, rows), values.indexAdd(0, listOf(places, rows), given), shape);
}

/** The distinct numbers of a list in ascending order, and for each of the list its place among them. */
function summed(named: readonly number[]): { readonly indices: readonly number[]; readonly places: number[] } {
  const placeOf = new Map<number, number>();
  for (let i = 0; i < named.length; i++) placeOf.set(named[i]!, 0);
  const indices = Array.from(Int32Array.from(placeOf.keys()).sort());
  for (let i = 0; i < indices.length; i++) placeOf.set(indices[i]!, i);
  return { indices, places: named.map((row) => placeOf.get(row)!) };
}

function listOf(numbers: readonly number[], { backend }: Tensor): Tensor {
  return tensorFrom(backend, Int32Array.from(numbers), [numbers.length], 'int32', 'rowGradient');
}
