// A buffer as @dl sees it: a place that holds a tensor of TensorFlow.js, whose data never change. Writing to the place
// puts another tensor there, so a copy is one more reference to the same data.

import { BackendError, type BufferHandle, type DType, type TypedArray, typedArray } from '@dl/autograd';
import type * as tf from '@tensorflow/tfjs-core';
import type { Device } from './device.js';

export class TfjsBuffer {
  readonly device: Device;
  readonly dtype: Exclude<DType, 'float64'>;
  readonly size: number;
  #tensor: tf.Tensor | undefined;

  constructor(device: Device, dtype: Exclude<DType, 'float64'>, size: number) {
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
