// Scalar operands, numbers where a tensor is wanted: x.mul(2). A number takes the dtype and the backend of the tensor beside it.

import type { Backend, BufferHandle } from '../backend/backend.js';
import { ArgumentError } from '../errors.js';
import { leaveToCollector } from '../memory/scope.js';
import { uncountedStorage } from '../memory/storage.js';
import { tensorFrom } from '../tensor/allocate.js';
import { type DType, dtypes, typedArray } from '../tensor/dtype.js';
import type { Tensor } from '../tensor/tensor.js';
import { newTensor, TensorBase } from '../tensor/tensor-base.js';
import { needElement } from './checks.js';

/** What an op with two inputs takes as either: a tensor, or a number for all elements. */
export type Operand = Tensor | number;

const scalarShape: readonly number[] = [];

/** How many numbers of each dtype a backend keeps as tensors. */
const MOST = 256;

/** The numbers that ops of one backend were given more than once, as tensors that belong to no scope. */
export class Constants {
  readonly #ofDType: Readonly<Record<DType, ConstantsOfDType>>;

  constructor(backend: Backend) {
    const all = dtypes.map((dtype) => [dtype, new ConstantsOfDType(backend, dtype)]);
    this.#ofDType = Object.fromEntries(all) as Record<DType, ConstantsOfDType>;
  }

  /** The buffers that they take. */
  *handles(): Iterable<BufferHandle> {
    for (const constants of Object.values(this.#ofDType)) yield* constants.handles();
  }

  /** The tensor of a number; undefined when it comes for the first time. */
  find(value: number, dtype: DType): Tensor | undefined {
    return this.#ofDType[dtype].find(value);
  }
}

class ConstantsOfDType {
  readonly #backend: Backend;
  readonly #dtype: DType;
  readonly #tensors = new Map<number, Tensor>();
  // What comes only once, such as a rate that decays with each step, shall not push out what comes always.
  readonly #seen = new Set<number>();

  constructor(backend: Backend, dtype: DType) {
    this.#backend = backend;
    this.#dtype = dtype;
  }

  *handles(): Iterable<BufferHandle> {
    for (const tensor of this.#tensors.values()) if (!tensor.isFreed) yield tensor.storage.handle;
  }

  find(value: number): Tensor | undefined {
    const tensor = this.#tensors.get(value);
    // A gradient formula is handed the tensor, and might have changed or freed it.
    if (tensor !== undefined && !tensor.isFreed && tensor.storage.version === 0) return tensor;
    if (tensor === undefined && !this.#seen.has(value)) {
      if (this.#seen.size >= MOST) this.#seen.clear();
      this.#seen.add(value);
      return undefined;
    }
    return this.#make(value);
  }

  #make(value: number): Tensor {
    const former = this.#tensors.get(value);
    if (former !== undefined) this.#forget(value, former);
    else if (this.#tensors.size >= MOST) this.#forget(...this.#tensors.entries().next().value!);
    const values = typedArray(this.#dtype, 1);
    values[0] = value;
    const storage = uncountedStorage(this.#backend, this.#dtype, 1);
    this.#backend.write(storage.handle, values);
    const tensor = newTensor(storage, scalarShape, this.#dtype);
    this.#tensors.set(value, tensor);
    return tensor;
  }

  #forget(value: number, tensor: Tensor): void {
    this.#tensors.delete(value);
    // A graph may hold it still.
    if (!tensor.isFreed) leaveToCollector(tensor);
  }
}

export function scalarLike(op: string, value: number, model: Tensor): Tensor {
  const { dtype, backend } = model;
  needElement(op, 'the number', value, model);
  backend.constants ??= new Constants(backend);
  // A map takes -0 for 0.
  const constant = Object.is(value, -0) ? undefined : backend.constants.find(value, dtype);
  if (constant !== undefined) return constant;
  const values = typedArray(dtype, 1);
  values[0] = value;
  return tensorFrom(backend, values, scalarShape, dtype, 'scalar');
}

/** Both operands as tensors; at least one must be one. */
export function operands(op: string, a: Operand, b: Operand): { a: Tensor; b: Tensor } {
  if (typeof b === 'number' && a instanceof TensorBase) return { a, b: scalarLike(op, b, a) };
  if (typeof a === 'number') {
    if (b instanceof TensorBase) return { a: scalarLike(op, a, b), b };
    throw new ArgumentError(`${op}: got ${String(a)} and ${String(b)}; at least one of them must be a Tensor`);
  }
  return { a, b: b as Tensor };
}
