// What a kernel here is given to work with: it calls kernels of TensorFlow.js, and what they leave on the way is freed.

import { BackendError, type KernelTensor, sizeOf, type TypedArray } from '@dl/autograd';
import * as tf from '@tensorflow/tfjs-core';
import { tfjsBuffer } from './buffer.js';
import type { Device } from './device.js';
import { withFewAxes } from './few-axes.js';

/** A tensor of @dl, or what a kernel of TensorFlow.js returned. */
export type Operand = KernelTensor | tf.TensorInfo;
export type Operands = Readonly<Record<string, Operand>> | readonly Operand[];

export class TfjsRun {
  readonly #device: Device;
  readonly #made = new Set<tf.TensorInfo>();

  constructor(device: Device) {
    this.#device = device;
  }

  /** Whether this is the backend of TensorFlow.js with that name. */
  isOn(name: string): boolean {
    return this.#device.name === name;
  }

  /** Whether the backend has this kernel. */
  has(kernel: string): boolean {
    return this.#device.kernel(kernel) !== undefined;
  }

  /** Calls a kernel by TensorFlow.js's name for it (`Conv2D`, `AddN`), which returns one tensor. */
  call(kernel: string, inputs: Operands, attrs: object = {}): tf.TensorInfo {
    return this.callAll(kernel, inputs, attrs)[0]!;
  }

  /** The same for a kernel that returns several. */
  callAll(kernel: string, inputs: Operands, attrs: object = {}): tf.TensorInfo[] {
    const folded = withFewAxes(this, kernel, inputs, attrs, this.#device.maxAxes);
    if (folded !== undefined) return [folded];
    const run = this.#device.kernel(kernel);
    if (run === undefined)
      throw new BackendError(
        `tfjs: the '${this.#device.name}' backend of TensorFlow.js has no kernel '${kernel}'; name it in the needs of the kernel that calls it`,
      );
    const infos = Array.isArray(inputs)
      ? inputs.map((input) => this.info(input))
      : Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, this.info(input)]));
    const result = run({
      inputs: infos as tf.NamedTensorInfoMap,
      attrs: attrs as tf.NamedAttrMap,
      backend: this.#device.backend,
    });
    const results = Array.isArray(result) ? result : [result];
    for (const each of results) this.#made.add(each);
    return results;
  }

  /** What kernels of TensorFlow.js take: our buffers have no shape, and some devices store one shape unlike another. */
  info(operand: Operand): tf.TensorInfo {
    if (!('handle' in operand)) return operand;
    const { tensor } = tfjsBuffer(operand.handle);
    const { shape } = operand;
    if (tensor.shape.length === shape.length && tensor.shape.every((length, axis) => length === shape[axis]))
      return tensor;
    return this.call('Reshape', { x: tensor }, { shape: [...shape] });
  }

  /** The values on the host; on a GPU this waits for all that was asked of it before. */
  read(operand: Operand): TypedArray {
    return this.#device.backend.readSync(this.info(operand).dataId) as TypedArray;
  }

  /** A tensor with these values. */
  constant(values: TypedArray, shape: readonly number[], dtype: 'float32' | 'int32' | 'bool'): tf.TensorInfo {
    const info = this.#device.store(values, shape, dtype);
    this.#made.add(info);
    return info;
  }

  /** A tensor with one value throughout. */
  filled(value: number, shape: readonly number[], dtype: Operand['dtype']): tf.TensorInfo {
    return this.call('Fill', {}, { shape: [...shape], value, dtype });
  }

  /** Puts a result where an output belongs. */
  give(result: tf.TensorInfo, output: KernelTensor): void {
    if (sizeOf(result.shape) !== output.size || result.dtype !== output.dtype) {
      throw new BackendError(
        `tfjs: a kernel returned ${result.dtype} [${result.shape}] where ${output.dtype} [${output.shape}] is due; correct the kernel`,
      );
    }
    tfjsBuffer(output.handle).set(this.take(result));
  }

  /** A result that outlives this run; an input that comes back as it is gets a reference of its own. */
  take(result: tf.TensorInfo): tf.TensorInfo {
    return this.#made.delete(result) ? result : this.#device.share(result);
  }

  /** Frees what was not given away. */
  end(): void {
    for (const info of this.#made) {
      if (info instanceof tf.Tensor) info.dispose();
      else this.#device.backend.disposeData(info.dataId);
    }
  }
}
