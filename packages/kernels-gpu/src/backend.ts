// The GPU backend: buffers in textures, kernels by gpu.js, and what happens when the browser takes the device away.

import {
  type AnyOp,
  ArgumentError,
  Backend,
  BackendError,
  type BufferHandle,
  bytesPerElement,
  checkCall,
  checkKernels,
  type DType,
  isFloat,
  isHalf,
  isInteger,
  type Kernel,
  type KernelEntry,
  type Known,
  needRange,
  shown,
  type Tensor,
  type TypedArray,
  typedArray,
} from '@dl/autograd';
import { GpuBuffer, gpuBuffer } from './buffer.js';
import { Device, type Views } from './device.js';
import { type GpuEngine, type GpuJs, loadGpuJs, messageOf } from './gpu-js.js';
import { gpuKernels } from './kernels/index.js';
import { copyProgram, partProgram, putProgram } from './kernels/shared.js';
import type { MultiOutputProgram } from './multi-output.js';
import { type Program, WIDEST } from './program.js';
import { bothRanges, partly, writtenRange } from './ranges.js';
import { readableKernels } from './readable/index.js';
import { Workspace } from './workspace.js';

export interface GpuOptions {
  /** Default: `webgl2` in a page or a worker, `headlessgl` in Node. */
  readonly engine?: GpuEngine;
  /** The most bytes of textures. Default: no limit but the device's. */
  readonly maxBytes?: number;
  /** About how many bytes the unfolded images of a convolution may take at once. Default 256 MiB. */
  readonly scratchBytes?: number;
  /** From how many elements on an op is faster here than on the CPU. Default: measured at start. */
  readonly threshold?: number;
  /**
   * Start only where ops on so many elements are faster here than on the host, so that `useBackend` takes the next backend
   * elsewhere. Default: start wherever it can run.
   */
  readonly auto?: number;
  /**
   * In which language the kernels are written: `glsl`, fast; or `gpu.js`, readable: products, convolutions, pools, sums and
   * arithmetic in gpu.js's own, and the rest in GLSL. `info().engine` says it. Default `glsl`.
   */
  readonly language?: 'glsl' | 'gpu.js';
  /** Kernels of your own, for ops of your own or in place of those here. */
  readonly kernels?: Iterable<KernelEntry>;
}

const gpuOptions: Known<GpuOptions> = {
  engine: ['webgl2', 'headlessgl'],
  maxBytes: 'number',
  scratchBytes: 'number',
  threshold: 'number',
  auto: 'number',
  language: ['glsl', 'gpu.js'],
  kernels: 'list or object',
};

/** The browser took the device away, and every tensor on it. The next use makes a new device. */
export class DeviceLostError extends BackendError {
  override readonly name = 'DeviceLostError';
}

export class GpuBackend extends Backend {
  readonly name = 'gpu';
  readonly engine: string;
  readonly #gl: GpuEngine;
  readonly #language: 'glsl' | 'gpu.js';
  override readonly kernels: Map<AnyOp, Kernel>;
  readonly scratchBytes: number;
  readonly #maxBytes: number;
  #gpuJs: GpuJs | undefined;
  #device: Device | undefined;
  #timesLost = 0;
  readonly #auto: number | undefined;
  #threshold: number | undefined;

  constructor(options: GpuOptions = {}) {
    checkCall('GpuBackend', arguments, [], gpuOptions);
    const {
      engine,
      maxBytes = Infinity,
      scratchBytes = 2 ** 28,
      threshold,
      auto,
      language = 'glsl',
      kernels = [],
    } = options;
    super([]);
    if (engine !== undefined && engine !== 'webgl2' && engine !== 'headlessgl') {
      throw new ArgumentError(`gpu: engine is '${String(engine)}', needs 'webgl2' or 'headlessgl'`);
    }
    if (!(maxBytes >= 2 ** 20))
      throw new ArgumentError(`gpu: maxBytes is ${shown(maxBytes)}, needs 1048576 (1 MiB) or more`);
    if (!(scratchBytes >= 2 ** 16)) {
      throw new ArgumentError(`gpu: scratchBytes is ${shown(scratchBytes)}, needs 65536 (64 KiB) or more`);
    }
    if (threshold !== undefined && !(threshold >= 0)) {
      throw new ArgumentError(`gpu: threshold is ${shown(threshold)}, needs a number of elements of at least 0`);
    }
    if (auto !== undefined && !(auto >= 1)) {
      throw new ArgumentError(`gpu: auto is ${shown(auto)}, needs a number of elements of at least 1`);
    }
    this.#threshold = threshold;
    this.#auto = auto;
    this.#gl = engine ?? (isNode() ? 'headlessgl' : 'webgl2');
    this.engine = language === 'gpu.js' ? `${this.#gl}, kernels in gpu.js` : this.#gl;
    this.#language = language;
    this.#maxBytes = maxBytes;
    this.scratchBytes = scratchBytes;
    const readable = language === 'gpu.js' ? readableKernels : [];
    const own = checkKernels('gpu', kernels);
    this.ownKernels = own;
    this.kernels = new Map([...gpuKernels, ...readable, ...own].map(({ op, run }) => [op, run]));
  }

  override async start(): Promise<void> {
    this.#gpuJs ??= await loadGpuJs(this.#gl);
    this.#device ??= this.#open();
    this.#threshold ??= this.#device.measureThreshold();
    if (this.#auto !== undefined && this.#auto < this.#threshold) throw this.#decline(this.#auto);
  }

  #decline(elements: number): BackendError {
    const { renderer } = this.#device!;
    this.#device!.close();
    this.#device = undefined;
    const from = this.threshold === Infinity ? 'at no size' : `from about ${this.threshold} on`;
    return new BackendError(
      `gpu: ops on ${elements} elements are no faster on ${renderer} than on the host (${from}); leave auto out to use it all the same`,
    );
  }

  /**
   * From about how many elements on an op is faster here than on the host; Infinity where never, as with OpenGL drawn in software.
   * Measured at start, or set. For a whole model ask `compareBackends`.
   */
  get threshold(): number {
    return this.#threshold ?? Infinity;
  }

  /** The device that new values go to; a new one where the former was lost. */
  get device(): Device {
    if (this.#device === undefined) this.#device = this.#open();
    else if (this.#device.isLost) throw this.#lose();
    return this.#device;
  }

  #open(): Device {
    if (this.#gpuJs === undefined)
      throw new BackendError('gpu: the backend is not started; pass it to useBackend and await that');
    try {
      return new Device(this.#gpuJs, this.#gl, this.#maxBytes);
    } catch (cause) {
      if (cause instanceof BackendError) throw cause;
      throw new BackendError(`gpu: ${this.#gl} cannot run here: ${messageOf(cause)}`, { cause });
    }
  }

  #lose(): DeviceLostError {
    this.#timesLost++;
    this.#device = undefined;
    return new DeviceLostError(
      'gpu: the device was lost (the browser took its WebGL context away), and every tensor on it. The next use makes a new one: ' +
        'load the weights from the last checkpoint, or keep copies with keepHostCopy(tensors) before, and go on.',
    );
  }

  override supports(dtype: DType): boolean {
    return !isHalf(dtype) && bytesPerElement(dtype) <= 4;
  }

  override allocate(dtype: DType, size: number): GpuBuffer {
    const buffer = new GpuBuffer(this, dtype, size);
    // Here and not when a kernel runs, so that the error names the op, and nothing is half done.
    if (size > 1) {
      const { device } = this;
      buffer.texture = device.pool.take(buffer.texels);
      buffer.device = device;
    }
    return buffer;
  }

  override free(handle: BufferHandle): void {
    const buffer = gpuBuffer(handle);
    buffer.isFreed = true;
    this.#release(buffer);
    buffer.hostCopy = undefined;
  }

  protected override release(): void {
    this.#device?.close();
    this.#device = undefined;
  }

  #release(buffer: GpuBuffer): void {
    if (buffer.texture !== undefined && buffer.device === this.#device) this.#device?.pool.give(buffer.texture);
    buffer.texture = undefined;
    buffer.device = undefined;
    buffer.scalar = undefined;
  }

  override write(handle: BufferHandle, values: TypedArray, start = 0): void {
    const buffer = gpuBuffer(handle);
    needRange('gpu: write', start, values.length, buffer.size);
    if (values.length === 0) return;
    const floats = values instanceof Float32Array ? values : Float32Array.from(values);
    const range = isInteger(buffer.dtype) ? writtenRange(values) : undefined;
    if (values.length === buffer.size) {
      buffer.range = range;
      if (floats.length === 1) {
        this.#release(buffer);
        buffer.scalar = floats[0]!;
      } else this.device.upload(buffer, floats);
      if (buffer.hostCopy !== undefined) buffer.hostCopy = floats.slice();
      return;
    }
    using work = new Workspace(this);
    const part = work.take(values.length);
    part.range = range;
    this.device.upload(part, floats);
    this.#put(part, buffer, values.length, 0, start);
    buffer.hostCopy?.set(floats, start);
  }

  override copy(from: BufferHandle, to: BufferHandle, _dtype: DType, size: number, fromStart = 0, toStart = 0): void {
    const [source, target] = [gpuBuffer(from), gpuBuffer(to)];
    needRange('gpu: copy', fromStart, size, source.size);
    needRange('gpu: copy', toStart, size, target.size);
    if (source === target || size === 0) return;
    if (size < target.size) {
      this.#put(source, target, size, fromStart, toStart);
      return;
    }
    if (source.scalar !== undefined) {
      this.#release(target);
      target.scalar = source.scalar;
    } else if (fromStart === 0) this.run(copyProgram, target, [source]);
    else this.run(partProgram, target, [source], [fromStart]);
    target.range = size === source.size ? source.range : partly(source.range);
  }

  /** Copies elements over some of another buffer's. A program writes all of its result, so the others are copied as well. */
  #put(source: GpuBuffer, target: GpuBuffer, size: number, fromStart: number, toStart: number): void {
    const range = bothRanges(target.range, partly(source.range));
    using work = new Workspace(this);
    const joined = work.take(target.size);
    this.run(putProgram, joined, [target, source], [toStart, size, fromStart]);
    this.exchange(joined, target);
    target.range = range;
  }

  override readSync(handle: BufferHandle, dtype: DType, size: number, start = 0): TypedArray {
    const buffer = gpuBuffer(handle);
    needRange('gpu: read', start, size, buffer.size);
    const known = this.#known(buffer, start, size);
    return fromFloats(dtype, known ?? this.#checked(this.device.download(this.#alive(buffer), start, size)));
  }

  override async read(handle: BufferHandle, dtype: DType, size: number, start = 0): Promise<TypedArray> {
    const buffer = gpuBuffer(handle);
    needRange('gpu: read', start, size, buffer.size);
    const known = this.#known(buffer, start, size);
    return fromFloats(dtype, known ?? this.#checked(await this.device.downloadLater(this.#alive(buffer), start, size)));
  }

  /** Values for which the device need not be asked. */
  #known(buffer: GpuBuffer, start: number, size: number): Float32Array | undefined {
    if (size === 0) return new Float32Array(0);
    const written = buffer.range?.values;
    if (written !== undefined && buffer.device === this.#device && this.#device?.isLost === false) {
      return Float32Array.from(written.subarray(start, start + size));
    }
    return buffer.scalar === undefined ? undefined : Float32Array.of(buffer.scalar);
  }

  /** A lost device reads zeros, without an error. */
  #checked(values: Float32Array): Float32Array {
    if (this.#device === undefined || this.#device.isLost) throw this.#lose();
    return values;
  }

  /** Runs a program that fills `out` from the values of `inputs`. */
  run(
    what: Program,
    out: GpuBuffer,
    inputs: readonly GpuBuffer[] = [],
    ints: readonly number[] = [],
    floats: readonly number[] = [],
    views?: Views,
  ): void {
    if (out.size === 0) return;
    const { device } = this;
    for (const input of inputs) this.#alive(input);
    device.run(what, out, inputs, ints, floats, views);
    out.range = undefined;
  }

  /** Runs a program that fills several buffers of one size, where `device.hasMultiOutput`. */
  runMultiOutput(
    what: MultiOutputProgram,
    outs: readonly GpuBuffer[],
    inputs: readonly GpuBuffer[],
    ints: readonly number[] = [],
    floats: readonly number[] = [],
  ): void {
    const { device } = this;
    for (const input of inputs) this.#alive(input);
    device.runMultiOutput(what, outs, inputs, ints, floats);
    for (const out of outs) out.range = undefined;
  }

  /** Exchanges the values of two buffers of one size: how a kernel changes its inputs in place. */
  exchange(a: GpuBuffer, b: GpuBuffer): void {
    [a.texture, b.texture] = [b.texture, a.texture];
    [a.device, b.device] = [b.device, a.device];
    [a.scalar, b.scalar] = [b.scalar, a.scalar];
    [a.range, b.range] = [b.range, a.range];
  }

  /** The buffer, with its values on the device of now. */
  #alive(buffer: GpuBuffer): GpuBuffer {
    // Nothing has no texture, and a program wants one; what it reads there does not count.
    if (buffer.size === 0) buffer.scalar = 0;
    if (buffer.scalar !== undefined && buffer.device === undefined) return buffer;
    if (buffer.device === this.#device) return buffer;
    if (buffer.scalar !== undefined) {
      buffer.texture = undefined;
      buffer.device = undefined;
      return buffer;
    }
    if (buffer.hostCopy !== undefined) {
      buffer.texture = undefined;
      this.device.upload(buffer, buffer.hostCopy);
      return buffer;
    }
    throw new BackendError(
      `gpu: a ${buffer.dtype} tensor of ${buffer.size} elements was lost with its device; make it anew, or load it from a checkpoint`,
    );
  }

  /**
   * Keeps copies of tensors on the host, from which they come back by themselves when the device is lost: of a model's
   * parameters, say. A copy holds the values of this moment; call it again after some steps to renew them.
   */
  async keepHostCopy(tensors: Iterable<Tensor>): Promise<void> {
    for (const tensor of tensors) {
      if (tensor.backend !== this)
        throw new BackendError(
          `keepHostCopy: a tensor lives on the ${tensor.backend.name} backend; only those on the gpu can be lost`,
        );
      const values = Float32Array.from(await tensor.data());
      gpuBuffer(tensor.handle).hostCopy = values;
    }
  }

  override details(): Readonly<Record<string, string | number>> {
    if (this.#device === undefined)
      return this.#timesLost > 0 ? { state: 'lost', timesLost: this.#timesLost } : { state: 'not started' };
    const { renderer, maxSide, statistics } = this.#device;
    return {
      renderer,
      precision: 'float32',
      language: this.#language,
      maxTextureSide: maxSide,
      maxElements: WIDEST * maxSide * 4,
      threshold: this.threshold,
      ...statistics,
      liveBuffers: statistics.textures,
      ...(Number.isFinite(this.#maxBytes) && { maxBytes: this.#maxBytes }),
      ...(this.#timesLost > 0 && { timesLost: this.#timesLost }),
    };
  }
}

function fromFloats(dtype: DType, floats: Float32Array): TypedArray {
  if (isFloat(dtype)) return floats;
  const values = typedArray(dtype, floats.length);
  values.set(floats);
  return values;
}

function isNode(): boolean {
  const { process } = globalThis as { process?: { versions?: { node?: string } } };
  return process?.versions?.node !== undefined && typeof document === 'undefined';
}

/**
 * The GPU backend, for `useBackend`, through gpu.js: WebGL 2 in browsers, headless OpenGL in Node.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { gpu } from '@dl/kernels-gpu';
 * const backend = await useBackend([gpu(), cpu()]); // the CPU where there is no GPU
 * console.log(backend.info().passedOver); // and why
 * console.log(tensor([1, 2, 3]).sum().item()); // 6
 * ```
 */
export function gpu(options: GpuOptions = {}): GpuBackend {
  checkCall('gpu', arguments, [], gpuOptions);
  return new GpuBackend(options);
}
