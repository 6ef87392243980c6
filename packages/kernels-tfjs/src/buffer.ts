// A buffer as @dl sees it: a place that holds a tensor of TensorFlow.js, whose data never change. Writing to the place
// puts another tensor there, so a copy is one more reference to the same data.

import {
  BackendError,
  type BufferHandle,
  bytesPerElement,
  type DType,
  isHalf,
  type TypedArray,
  typedArray,
} from '@dl/autograd';
import type * as tf from '@tensorflow/tfjs-core';
import type { Device } from './device.js';

/** The dtypes that TensorFlow.js has, by the names that it has for them. */
export type TfjsDType = Extract<DType, 'float32' | 'int32' | 'bool'>;

export function isTfjsDType(dtype: DType): dtype is TfjsDType {
  return !isHalf(dtype) && bytesPerElement(dtype) <= 4;
}

export class TfjsBuffer {
  readonly device: Device;
  readonly dtype: TfjsDType;
  readonly size: number;
  #tensor: tf.Tensor | undefined;

  constructor(device: Device, dtype: TfjsDType, size: number) {
    this.device = device;
    this.dtype = dtype;
    this.size = size;
  }

  /** The tensor; zeros when nothing was ever written. */
  get tensor(): tf.Tensor {
    if (this.#tensor === undefined) this.write(typedArray(this.dtype, this.size));
    return this.#tensor!;
  }

  /** Puts a result here, and takes over its reference. */
  set(info: tf.TensorInfo): void {
    const former = this.#tensor;
    this.#tensor = this.device.track(info);
    former?.dispose();
  }

  write(values: TypedArray): void {
    this.set(this.device.store(values.slice(), [this.size], this.dtype));
  }

  free(): void {
    // Where the backend is gone, so are its tensors.
    if (this.device.isAlive) this.#tensor?.dispose();
    this.#tensor = undefined;
  }
}

/** The buffer behind a handle. */
export function tfjsBuffer(handle: BufferHandle): TfjsBuffer {
  if (!(handle instanceof TfjsBuffer))
    throw new BackendError('tfjs: this buffer belongs to another backend; move its tensor with tensor.to(backend)');
  return handle;
}
