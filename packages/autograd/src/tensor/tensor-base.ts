// What a tensor is: a shape, a dtype, a buffer, and its place in the graph. Its methods are in tensor.ts.

/// <reference lib="esnext.disposable" preserve="true" />

import { checkCall, type Known } from '../arguments/check-call.js';
import { shown } from '../arguments/shown.js';
import { apart } from '../backend/apart.js';
import type { Backend } from '../backend/backend.js';
import { needRange } from '../backend/range.js';
import { type Copy, copyMark, isInstance, ownCopy, refuseOtherCopy } from '../copies.js';
import { ArgumentError, BackendError, DTypeError, GradientError, MemoryError, ShapeError } from '../errors.js';
import type { Gradient, GraphNode, NodeOutput } from '../graph/tape.js';
import { disown, type FreeRecord, ownLike, type Scope } from '../memory/scope.js';
import { describeSite, siteOfDispose } from '../memory/site.js';
import type { Storage } from '../memory/storage.js';
import { inOperator, refuseIndexing } from './as-value.js';
import { brand, rowBrand } from './brand.js';
import { type DType, defaultDType, isBoolean, isFloat, type TypedArray } from './dtype.js';
import { formatValues } from './print.js';
import type { RowGradient } from './row-gradient.js';
import { formatShape, type Shape, sameShape, sizeOf } from './shape.js';
import type { Tensor } from './tensor.js';

export abstract class TensorBase {
  readonly shape: Shape;
  readonly dtype: DType;
  /** How many elements. */
  readonly size: number;
  /** The scope that will free it; undefined when the garbage collector will. */
  owner: Scope | undefined = undefined;
  /** How many graph nodes need its value for their gradient. */
  savedBy = 0;
  /** The output of a graph node that it is, when gradients are to flow back through it. */
  source: NodeOutput | undefined = undefined;
  #storage: Storage | undefined;
  #freed: FreeRecord | undefined = undefined;
  #isTracked = false;
  #gradient: Gradient | undefined = undefined;

  /** @internal Tensors are made by `tensor`, `zeros` and the other makers, and by ops. */
  constructor(storage: Storage, shape: Shape, dtype: DType) {
    this.#storage = storage;
    this.shape = shape;
    this.dtype = dtype;
    this.size = sizeOf(shape);
  }

  get [brand](): true {
    return true;
  }

  /** @internal */
  get [copyMark](): Copy {
    return ownCopy;
  }

  /** The buffer; throws when the tensor was freed. */
  get storage(): Storage {
    if (this.#storage === undefined) throw this.#useAfterFree();
    return this.#storage;
  }

  get isFreed(): boolean {
    return this.#storage === undefined;
  }

  /** @internal Gives it its place in the graph. */
  setNode(node: GraphNode, index: number): void {
    this.source = { node, index };
  }

  /** The number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  get backend(): Backend {
    return this.storage.backend;
  }

  /** The backend's buffer, for kernels. */
  get handle(): object {
    return this.storage.handle;
  }

  /** True when gradients flow to or through this tensor. Settable on leaves: tensors that no recorded op made. */
  get requiresGrad(): boolean {
    return this.#isTracked || this.source !== undefined;
  }

  set requiresGrad(value: boolean) {
    if (this.source !== undefined && !value) {
      throw new GradientError(
        `requiresGrad: ${this.source.node.name} made this tensor, it is not a leaf; use detach() for one without gradient`,
      );
    }
    if (value && !isFloat(this.dtype)) {
      throw new DTypeError(`requiresGrad: the tensor is ${this.dtype}; only float32 and float64 have gradients`);
    }
    this.#isTracked = value;
  }

  /** True for what no recorded op made: parameters, data, results under noGrad. */
  get isLeaf(): boolean {
    return this.source === undefined;
  }

  /**
   * The gradient that `backward()` has accumulated here, for leaves that require one. Setting it frees the former one,
   * as {@link zeroGrad} does, unless that has a graph (`createGraph`) and can itself be differentiated; the new one lives
   * as long as this tensor.
   *
   * @throws GradientError when there is a {@link rowGrad} instead, which is no tensor.
   */
  get grad(): Tensor | undefined {
    const { rowGrad } = this;
    if (rowGrad !== undefined) {
      throw new GradientError(
        `grad: this tensor has a gradient for ${rowGrad.indices.size} of its ${this.shape[0]} rows, since it was looked up with { sparse: true }; ` +
          'read rowGrad, or rowGrad.toDense() for a tensor with all rows',
      );
    }
    return this.#gradient as Tensor | undefined;
  }

  set grad(value: Tensor | undefined) {
    this.#exchange('grad', value, isInstance(value, TensorBase, 'grad', 'the gradient'), 'a Tensor');
  }

  /**
   * The gradient for some rows, which takes the place of {@link grad} where this tensor was only looked up with `{ sparse: true }`, as by
   * `embedding`; undefined where there is none, or one for all rows. Setting it frees the former gradient of either kind.
   */
  get rowGrad(): RowGradient | undefined {
    return this.#gradient instanceof TensorBase ? undefined : this.#gradient;
  }

  set rowGrad(value: RowGradient | undefined) {
    refuseOtherCopy(value, 'rowGrad', 'the gradient');
    this.#exchange('rowGrad', value, value?.[rowBrand] === true, 'what rowGradient() makes');
  }

  /**
   * The numbers of the gradient, of whichever kind it is: {@link grad}, or the values of {@link rowGrad}. What scales or clips gradients
   * changes these in place; all that a row gradient leaves out is 0.
   */
  get gradValues(): Tensor | undefined {
    return this.gradients.at(-1);
  }

  #exchange(name: string, value: Gradient | undefined, fits: boolean, needed: string): void {
    const former = this.#gradient;
    // Plain JavaScript knows two words for nothing.
    const next = value ?? undefined;
    if (next !== undefined) {
      if (!fits) {
        throw new ArgumentError(`${name}: got ${shown(next)}; needs ${needed}, or undefined to free the gradient`);
      }
      if (next === former) return;
      checkGrad(name, this, next);
    }
    this.replaceGrad(next);
    if (!(former instanceof TensorBase) || former.source === undefined) former?.free(replaced);
  }

  /** @internal Sets the gradient; the former one is the caller's. */
  replaceGrad(value: Gradient | undefined): void {
    this.#gradient = value;
    for (const tensor of this.gradients) ownLike(tensor, this);
  }

  /** @internal The tensors of the gradient, its numbers last: of one for some rows there are two. */
  get gradients(): readonly Tensor[] {
    const gradient = this.#gradient;
    if (gradient === undefined) return [];
    return gradient instanceof TensorBase ? [gradient] : [gradient.indices, gradient.values];
  }

  /** Frees the gradient, so that the next `backward()` starts from nothing. */
  zeroGrad(): void {
    this.#gradient?.free(zeroed);
    this.#gradient = undefined;
  }

  /**
   * The values, read from the device, row by row, as a new typed array (`bool` as 0 and 1 in a Uint8Array). With `start` or `length`
   * only so many of them, counted in that order, and no others are read.
   *
   * @throws IndexError for elements that are not there.
   */
  async data(range?: ElementRange): Promise<TypedArray> {
    checkCall('data', arguments, [], rangeOptions);
    const { storage } = this;
    const length = range === undefined ? this.size : lengthOf('data', this, range);
    return storage.backend.read(storage.handle, this.dtype, length, range?.start);
  }

  /** The values at once, where the device can wait for them; the CPU can, a GPU in a page may not. */
  dataSync(range?: ElementRange): TypedArray {
    checkCall('dataSync', arguments, [], rangeOptions);
    const { storage } = this;
    const length = range === undefined ? this.size : lengthOf('dataSync', this, range);
    const values = storage.backend.readSync(storage.handle, this.dtype, length, range?.start);
    if (values === undefined) {
      throw new BackendError(
        `dataSync: the ${storage.backend.name} backend cannot wait for its device; use await tensor.data()`,
      );
    }
    return values;
  }

  /** The value of a tensor of one element, as a number. */
  item(): number {
    if (this.size !== 1) {
      throw new ShapeError(
        `item: the tensor is ${formatShape(this.shape)}, needs exactly one element; use dataSync() for all`,
      );
    }
    return this.dataSync()[0]!;
  }

  /** The values as nested arrays: a matrix becomes an array of rows. */
  toArray(): NestedArray {
    const values = this.dataSync();
    const isBool = isBoolean(this.dtype);
    const build = (axis: number, start: number, count: number): NestedArray => {
      if (axis === this.shape.length) return isBool ? values[start] === 1 : values[start]!;
      const length = this.shape[axis]!;
      return Array.from({ length }, (_, i) => build(axis + 1, start + (i * count) / length, count / length));
    };
    return build(0, 0, this.size);
  }

  /** Frees the buffer now. Using the tensor afterwards is an error; freeing it twice is not. */
  dispose(): void {
    if (this.#storage === undefined) return;
    this.free({ how: 'dispose() was called', where: siteOfDispose() });
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** @internal */
  free(record: FreeRecord): void {
    const storage = this.#storage;
    if (storage === undefined) return;
    disown(this);
    this.#storage = undefined;
    this.#freed = record;
    this.source = undefined;
    storage.release();
  }

  #useAfterFree(): MemoryError {
    const { how, where } = this.#freed!;
    return new MemoryError(
      `use of a freed tensor (${this.dtype} ${formatShape(this.shape)}): ${how}${describeSite(where)}`,
    );
  }

  toString(): string {
    if (this.isFreed) return `Tensor(freed, ${formatShape(this.shape)}, ${this.dtype})`;
    const kind = this.dtype === defaultDType ? '' : `, ${this.dtype}`;
    const values = this.storage.backend.readSync(this.storage.handle, this.dtype, this.size);
    if (values === undefined) return `Tensor(${formatShape(this.shape)}${kind}, on ${this.backend.name})`;
    return `Tensor(${formatShape(this.shape)}${kind}) ${formatValues(values, this.shape, this.dtype)}`;
  }

  /** The text in a template; in any other operator an error, since JavaScript would compute with NaN. */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === 'string') return this.toString();
    throw inOperator(hint, this.shape);
  }

  /**
   * What `JSON.stringify` writes, and what `tensor` and a `loadStateDict` take again: the values with shape and dtype. JSON has no NaN
   * and no infinities; they are written as texts.
   */
  toJSON(): WrittenTensor {
    const data = Array.from(this.dataSync(), (value) => (Number.isFinite(value) ? value : (`${value}` as NotFinite)));
    return { data, shape: this.shape, dtype: this.dtype };
  }

  /** What console.log shows in Node. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/** Some of the elements of a tensor, in the order in which they lie. */
export interface ElementRange {
  /** How many to leave out before. Default 0. */
  readonly start?: number;
  /** How many to take. Default: all that follow. */
  readonly length?: number;
}

const rangeOptions: Known<ElementRange> = { start: 'number', length: 'number' };

function lengthOf(what: string, { size }: TensorBase, { start = 0, length = size - start }: ElementRange): number {
  needRange(what, start, length, size);
  return length;
}

type TensorClass = new (storage: Storage, shape: Shape, dtype: DType) => Tensor;
let tensorClass: TensorClass | undefined;

/**
 * Tells this file the class that has the methods. The makers call it, so that ops, which the methods need, can
 * themselves be defined without the class, and importing does nothing.
 */
export function setTensorClass(constructor: TensorClass): void {
  if (tensorClass === constructor) return;
  tensorClass = constructor;
  refuseIndexing(constructor.prototype);
}

/** A tensor on a buffer; every tensor is made here. */
export function newTensor(storage: Storage, shape: Shape, dtype: DType): Tensor {
  return new tensorClass!(storage, shape, dtype);
}

function checkGrad(name: string, of: TensorBase, { dtype, shape, backend }: Gradient): void {
  if (dtype !== of.dtype || !sameShape(shape, of.shape)) {
    throw new ShapeError(
      `${name}: the gradient is ${dtype} ${formatShape(shape)}, needs to be as the tensor, ` +
        `${of.dtype} ${formatShape(of.shape)}`,
    );
  }
  if (backend !== of.backend) {
    const [here, there] = apart(backend, of.backend);
    throw new BackendError(
      `${name}: the gradient lives on ${here} and the tensor on ${there}; move it with tensor.to(backend)`,
    );
  }
}

const replaced: FreeRecord = {
  how: 'grad was set anew, which frees the former gradient; keep a copy with clone()',
  where: undefined,
};

const zeroed: FreeRecord = {
  how: 'zeroGrad() freed this gradient; keep a copy with clone()',
  where: undefined,
};

/** How what is not finite is written in JSON. */
export type NotFinite = 'NaN' | 'Infinity' | '-Infinity';

/** A tensor as it is in JSON. */
export interface WrittenTensor {
  readonly data: readonly (number | NotFinite)[];
  readonly shape: Shape;
  readonly dtype: DType;
}

/** A number, or arrays of arrays of numbers: what `tensor` takes and `toArray` gives. */
export type NestedArray = number | boolean | readonly NestedArray[];
