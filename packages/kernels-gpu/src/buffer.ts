// A tensor's buffer on the device: elements in a row, four to a texel, in a texture that the pool owns.

import { BackendError, type BufferHandle, checkCall, type DType, type KernelTensor, MemoryError } from '@dl/autograd';
import type { GpuBackend } from './backend.js';
import type { Device, Held } from './device.js';
import type { Range } from './ranges.js';
import type { PooledTexture } from './texture-pool.js';

/**
 * What the handle of a tensor on the GPU is. All dtypes are floats on the device: whole numbers are exact up to 2^24, and
 * booleans are 0 or 1.
 */
export class GpuBuffer implements Held {
  readonly backend: GpuBackend;
  readonly dtype: DType;
  readonly size: number;
  device: Device | undefined;
  texture: PooledTexture | undefined;
  scalar: number | undefined;
  /** A copy on the host, from which the values come back after the device was lost. */
  hostCopy: Float32Array | undefined;
  /** Between which bounds whole numbers lie; undefined for those that the device computed. */
  range: Range | undefined;
  isFreed = false;

  constructor(backend: GpuBackend, dtype: DType, size: number) {
    this.backend = backend;
    this.dtype = dtype;
    this.size = size;
  }

  /** How many texels hold it. */
  get texels(): number {
    return Math.ceil(this.size / 4);
  }
}

/** The buffer behind a handle. */
export function gpuBuffer(handle: BufferHandle): GpuBuffer {
  checkCall('gpuBuffer', arguments, ['handle']);
  if (!(handle instanceof GpuBuffer)) throw new BackendError('gpu: the buffer belongs to another backend');
  if (handle.isFreed) throw new MemoryError('gpu: the buffer was freed');
  return handle;
}

export function bufferOf(tensor: KernelTensor): GpuBuffer {
  return gpuBuffer(tensor.handle);
}
