// What the kernels of whole sequences share: the order of steps, and products by one matrix that is packed once.

import type { Shape, TypedArray } from '@dl/autograd';
import { multiplyPacked, pack, packedLength } from './gemm.js';

/** How a sequence is gone through, as the ops have it. */
export interface Order {
  readonly lengths: readonly number[] | undefined;
  readonly reverse: boolean;
}

/** Whether a step of a sequence counts. */
export function counts({ lengths }: Order, row: number, step: number): boolean {
  return lengths === undefined || step < lengths[row]!;
}

/** The steps in the order in which states follow each other. */
export function stepsInOrder(time: number, { reverse }: Order): number[] {
  const steps = Array.from({ length: time }, (_, step) => step);
  return reverse ? steps.reverse() : steps;
}

/** The step from which a state comes, or undefined where it is the first one. */
export function stepBefore({ lengths, reverse }: Order, row: number, step: number, time: number): number | undefined {
  if (!reverse) return step === 0 ? undefined : step - 1;
  return step === (lengths?.[row] ?? time) - 1 ? undefined : step + 1;
}

/** y [rows, columns] = x [rows, depth] · B, for one B of any strides and as many x as there are steps. */
export class PackedProduct {
  readonly #packed: Float64Array;
  readonly #depth: number;
  readonly #columns: number;
  #left = new Float64Array(0);

  constructor(
    data: TypedArray,
    offset: number,
    columns: number,
    depth: number,
    columnStride: number,
    depthStride: number,
  ) {
    this.#columns = columns;
    this.#depth = depth;
    this.#packed = new Float64Array(packedLength(columns, depth));
    pack(this.#packed, data, offset, columns, depth, columnStride, depthStride);
  }

  /** x · Wᵀ for some rows of W [rows, columns]. */
  static byRows(data: TypedArray, [, columns]: Shape, first: number, rows: number): PackedProduct {
    return new PackedProduct(data, first * columns!, rows, columns!, columns!, 1);
  }

  /** x · W for some rows of W [rows, columns]. */
  static byColumns(data: TypedArray, [, columns]: Shape, first: number, rows: number): PackedProduct {
    return new PackedProduct(data, first * columns!, columns!, rows, 1, columns!);
  }

  /** Adds the product to y. */
  add(x: Float64Array, y: Float64Array): void {
    const rows = y.length / this.#columns;
    const length = packedLength(rows, this.#depth);
    if (this.#left.length < length) this.#left = new Float64Array(length);
    pack(this.#left, x, 0, rows, this.#depth, this.#depth, 1);
    multiplyPacked(this.#left, this.#packed, y, 0, rows, this.#columns, this.#depth);
  }

  /** The product alone. */
  of(x: Float64Array, y: Float64Array): void {
    y.fill(0);
    this.add(x, y);
  }
}

export function sigmoid(x: number): number {
  const e = Math.exp(-Math.abs(x));
  return (x < 0 ? e : 1) / (1 + e);
}

/** Zeros where nothing will be written: outputs beyond the lengths. */
export function clearBeyond(
  { lengths }: Order,
  ...outputs: readonly ({ readonly data: TypedArray } | undefined)[]
): void {
  if (lengths !== undefined) for (const output of outputs) output?.data.fill(0);
}
