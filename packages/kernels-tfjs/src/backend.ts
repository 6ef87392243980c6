// The backend: buffers and kernels of TensorFlow.js behind the interface of @dl.

import {
  type AnyOp,
  Backend,
  BackendError,
  type BufferHandle,
  checkCall,
  checkKernels,
  type DType,
  DTypeError,
  type Kernel,
  type Known,
  needRange,
  type TypedArray,
  typedArray,
} from '@dl/autograd';
import { type TensorInfo, version_core } from '@tensorflow/tfjs-core';
import { isTfjsDType, TfjsBuffer, tfjsBuffer } from './buffer.js';
import { type Device, startDevice } from './device.js';
import { bind, type TfjsKernel } from './kernel.js';
import { tfjsKernels } from './kernels/index.js';
import { partOf, putPart } from './parts.js';
import { TfjsRun } from './run.js';

export interface TfjsOptions {
  /** The backend of TensorFlow.js: `wasm`, `webgl`, `webgpu`, `cpu`, … Default: its current one, or else its best one. */
  readonly backend?: string;
  /** Kernels of your own, made by {@link tfjsKernel}, for ops of your own or in place of those here. */
  readonly kernels?: Iterable<TfjsKernel>;
}

/** Of a backend that was collected only what it kept for ops is left: tensors would have held it. */
const orphans = /* @__PURE__ */ new FinalizationRegistry<Set<TfjsBuffer>>(freeAll);

function freeAll(buffers: Set<TfjsBuffer>): void {
  for (const buffer of buffers) buffer.free();
  buffers.clear();
}

const tfjsOptions: Known<TfjsOptions> = { backend: 'string', kernels: 'list or object' };

export class TfjsBackend extends Backend {
  readonly name = 'tfjs';
  override readonly kernels = new Map<AnyOp, Kernel>();
  readonly #wanted: string | undefined;
  readonly #own: readonly TfjsKernel[];
  #device: Device | undefined;
  /** What TensorFlow.js holds for this backend, which it would hold for ever. */
  readonly #live = new Set<TfjsBuffer>();

  constructor(options: TfjsOptions = {}) {
    checkCall('TfjsBackend', arguments, [], tfjsOptions);
    const { backend, kernels = [] } = options;
    super([]);
    this.#wanted = backend;
    this.#own = checkKernels('tfjs', kernels);
    orphans.register(this, this.#live);
  }

  /** `tfjs wasm 4.22.0`: the backend of TensorFlow.js, and the version of its core. */
  override get engine(): string {
    return `tfjs ${this.#device?.name ?? '(not started)'} ${version_core}`;
  }

  override async start(): Promise<void> {
    const device = await startDevice(this.#wanted);
    const isAble = ({ needs }: TfjsKernel): boolean => needs.every((name) => device.kernel(name) !== undefined);
    this.ownKernels = this.#own.filter(isAble);
    for (const kernel of [...tfjsKernels, ...this.#own].filter(isAble))
      this.kernels.set(kernel.op, bind(kernel, device));
    this.#device = device;
  }

  /** @internal */
  get device(): Device {
    if (this.#device === undefined)
      throw new BackendError('tfjs: the backend is not started; pass it to useBackend, and await that');
    return this.#device;
  }

  /** TensorFlow.js has neither double nor half precision. */
  override supports(dtype: DType): boolean {
    return isTfjsDType(dtype);
  }

  /** Data come with the first write: a kernel's result is a tensor of its own, and takes the place. */
  override allocate(dtype: DType, size: number): BufferHandle {
    if (!isTfjsDType(dtype)) throw new DTypeError(`tfjs: TensorFlow.js has no ${dtype}; cast to float32`);
    const buffer = new TfjsBuffer(this.device, dtype, size);
    this.#live.add(buffer);
    return buffer;
  }

  override free(handle: BufferHandle): void {
    const buffer = tfjsBuffer(handle);
    this.#live.delete(buffer);
    buffer.free();
  }

  /** The backend of TensorFlow.js stays: others may use it. */
  protected override release(): void {
    freeAll(this.#live);
    this.#device = undefined;
  }

  override write(handle: BufferHandle, values: TypedArray, start = 0): void {
    const buffer = tfjsBuffer(handle);
    needRange('tfjs: write', start, values.length, buffer.size);
    if (values.length === buffer.size) buffer.write(values);
    else putPart(buffer, start, values.length, (run) => run.constant(values.slice(), [values.length], buffer.dtype));
  }

  override copy(from: BufferHandle, to: BufferHandle, _dtype: DType, size: number, fromStart = 0, toStart = 0): void {
    const [source, target] = [tfjsBuffer(from), tfjsBuffer(to)];
    needRange('tfjs: copy', fromStart, size, source.size);
    needRange('tfjs: copy', toStart, size, target.size);
    if (size === source.size && size === target.size) target.set(this.device.share(source.tensor));
    else putPart(target, toStart, size, (run) => partOf(run, source, fromStart, size));
  }

  override async read(handle: BufferHandle, dtype: DType, size: number, start = 0): Promise<TypedArray> {
    const run = new TfjsRun(this.device);
    try {
      const { dataId } = this.#range(run, handle, size, start);
      return ownValues(await this.device.backend.read(dataId), dtype);
    } finally {
      run.end();
    }
  }

  override readSync(handle: BufferHandle, dtype: DType, size: number, start = 0): TypedArray {
    const run = new TfjsRun(this.device);
    try {
      return ownValues(run.read(this.#range(run, handle, size, start)), dtype);
    } finally {
      run.end();
    }
  }

  /** What there is to read, cut out on the device. */
  #range(run: TfjsRun, handle: BufferHandle, size: number, start: number): TensorInfo {
    const buffer = tfjsBuffer(handle);
    needRange('tfjs: read', start, size, buffer.size);
    return size === buffer.size ? buffer.tensor : partOf(run, buffer, start, size);
  }

  override details(): Readonly<Record<string, string | number>> {
    if (this.#device === undefined) return {};
    return { kernels: this.kernels.size, liveBuffers: this.#device.isAlive ? this.#device.backend.numDataIds() : 0 };
  }
}

/** Some backends hand out the very array that they keep, and keep booleans that were cast to floats as booleans. */
function ownValues(values: unknown, dtype: DType): TypedArray {
  const own = typedArray(dtype, (values as TypedArray).length);
  own.set(values as TypedArray);
  return own;
}

/**
 * A backend that runs on TensorFlow.js, on whichever of its backends is registered: import that first.
 *
 * @throws BackendError, from `useBackend`, when TensorFlow.js has no backend, when the one that is named is not there or
 * does not start, or when the version of its core is not 4.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { tfjs } from '@dl/kernels-tfjs';
 * const backend = await useBackend([tfjs(), cpu()]);
 * console.log(backend.info().engine); // tfjs cpu 4.22.0
 * console.log(tensor([1, 2]).mul(3).toArray()); // [3, 6]
 * ```
 */
export function tfjs(options: TfjsOptions = {}): TfjsBackend {
  checkCall('tfjs', arguments, [], tfjsOptions);
  return new TfjsBackend(options);
}
