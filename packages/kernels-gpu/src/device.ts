// The device: one drawing context, the programs compiled for it, and its textures.
//
// gpu.js compiles the programs and runs them. Which texture a run writes is said here, and not left to gpu.js, which makes
// a texture for every run and frees none.

import { BackendError, MemoryError } from '@dl/autograd';
import {
  cureOf,
  type Gl,
  type GpuEngine,
  type GpuJs,
  type GpuJsKernel,
  type GpuJsKernelSettings,
  type GpuJsTexture,
  type GpuJsTextureSettings,
  messageOf,
} from './gpu-js.js';
import { MultiOutput, type MultiOutputProgram } from './multi-output.js';
import { kernelSettings, type Program, program, WIDEST } from './program.js';
import { type PooledTexture, TexturePool, type TextureStatistics } from './texture-pool.js';
import { until } from './waiting.js';

/** A buffer as the device sees it. */
export interface Held {
  readonly texels: number;
  /** The device that the values are on; undefined until there are any. */
  device: Device | undefined;
  texture: PooledTexture | undefined;
  /** The value of a single element that was written from the host; no texture is made unless a kernel asks for one. */
  scalar: number | undefined;
}

/** How a program that counts elements sees them: sizes of x, y and z, of what it writes and of each texture that it reads. */
export interface Views {
  readonly out: Extent;
  readonly inputs: readonly Extent[];
}

export type Extent = readonly [x: number, y: number, z: number];

interface Compiled {
  readonly kernel: GpuJsKernel;
  readonly position: number;
  readonly coordinate: number;
}

/** How many elements the device is timed on. */
const TIMED = 2 ** 16;

/** Takes no texture, so that it can be compiled before there is one. */
const fillProgram = program('fill', { floats: ['value'] }, 'return [value, value, value, value];');

/** A page may have a few contexts only, and the collector does not know that. */
const orphans = /* @__PURE__ */ new FinalizationRegistry<Gl>(closeContext);

function closeContext(gl: Gl): void {
  // That of headless OpenGL, and that of browsers.
  const headless = gl.getExtension('STACKGL_destroy_context') as { destroy(): void } | null;
  if (headless !== null) headless.destroy();
  else gl.getExtension('WEBGL_lose_context')?.loseContext();
}

export class Device {
  readonly gl: Gl;
  readonly maxSide: number;
  readonly pool: TexturePool;
  #isLost = false;
  readonly #engine: GpuEngine;
  readonly #createKernel: (source: string, settings: GpuJsKernelSettings) => GpuJsKernel;
  readonly #compiled = new Map<Program, Compiled>();
  readonly #framebuffer: WebGLFramebuffer;
  readonly #corners: WebGLBuffer;
  readonly #blank: PooledTexture;
  readonly #multiOutput: MultiOutput | undefined;
  /** The last read that was begun. */
  #reading: Promise<void> = Promise.resolve();

  constructor(gpuJs: GpuJs, engine: GpuEngine, maxBytes: number) {
    this.#engine = engine;
    this.#createKernel = gpuJs.createKernels();
    const first = this.#build(fillProgram, [0]);
    const { gl, wrap } = this.#adopt(first);
    this.gl = gl;
    orphans.register(this, gl, this);
    this.maxSide = gl.getParameter(gl.MAX_TEXTURE_SIZE) as number;
    if (this.maxSide < WIDEST) {
      throw new BackendError(
        `gpu: this device has textures of at most ${this.maxSide} a side, and ${WIDEST} are needed; ${cureOf(engine)}`,
      );
    }
    this.pool = new TexturePool(gl, this.maxSide, maxBytes, wrap);
    this.#framebuffer = gl.createFramebuffer()!;
    this.#corners = gl.createBuffer()!;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#corners);
    // The corners of the square that covers the texture, then their places in it.
    gl.bufferData(gl.ARRAY_BUFFER, Float32Array.of(-1, -1, 1, -1, -1, 1, 1, 1, 0, 0, 1, 0, 0, 1, 1, 1), gl.STATIC_DRAW);
    this.#multiOutput = MultiOutput.in(gl, this.#corners);
    this.#blank = this.pool.take(1);
    this.#finish(fillProgram, first);
    this.#probe();
  }

  /** Gives the context back, and every texture with it. */
  close(): void {
    orphans.unregister(this);
    this.#isLost = true;
    closeContext(this.gl);
  }

  /** Whether the context is gone, and every texture with it. */
  get isLost(): boolean {
    if (!this.#isLost && this.gl.isContextLost()) this.#isLost = true;
    return this.#isLost;
  }

  get renderer(): string {
    const { gl } = this;
    const info = gl.getExtension('WEBGL_debug_renderer_info');
    return String(gl.getParameter(info === null ? gl.RENDERER : info.UNMASKED_RENDERER_WEBGL));
  }

  get statistics(): TextureStatistics & { readonly programs: number } {
    const { textures, bytes, ...pooled } = this.pool.statistics;
    // The one texel that stands in for arguments while compiling is nobody's.
    const programs = this.#compiled.size + (this.#multiOutput?.programs ?? 0);
    return { textures: textures - 1, bytes: bytes - 16, ...pooled, programs };
  }

  /** Whether {@link runMultiOutput} can be called. */
  get hasMultiOutput(): boolean {
    return this.#multiOutput !== undefined;
  }

  /** Runs a program that writes several buffers of one size. */
  runMultiOutput(
    what: MultiOutputProgram,
    outs: readonly Held[],
    inputs: readonly Held[],
    ints: readonly number[],
    floats: readonly number[],
  ): void {
    const textures = inputs.map((input) => this.textureOf(input));
    const targets = outs.map((out) => this.#targetOf(out));
    this.#multiOutput!.run(what, targets, textures, ints, floats);
  }

  /** Runs a program; it writes all texels of `out`. */
  run(
    what: Program,
    out: Held,
    inputs: readonly Held[],
    ints: readonly number[],
    floats: readonly number[],
    views?: Views,
  ): void {
    const { kernel, position, coordinate } = this.#compiled.get(what) ?? this.#finish(what);
    const args: unknown[] = [];
    for (const [i, input] of inputs.entries()) {
      const { wrapped } = this.textureOf(input);
      args.push(views === undefined ? wrapped : byElement(wrapped, views.inputs[i]!));
    }
    for (const value of ints) args.push(value);
    for (const value of floats) args.push(value);
    const target = this.#targetOf(out);
    const { gl } = this;
    const size = Int32Array.of(target.width, target.height);
    kernel.output = kernel.threadDim = views?.out ?? [out.texels, 1, 1];
    kernel.texSize = kernel.maxTexSize = size;
    kernel.texture = target.wrapped;
    kernel._textureSwitched = true;
    gl.viewport(0, 0, target.width, target.height);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#corners);
    for (const [place, offset] of [
      [position, 0],
      [coordinate, 32],
    ] as const) {
      // What a shader does not use has no place.
      if (place < 0) continue;
      gl.enableVertexAttribArray(place);
      gl.vertexAttribPointer(place, 2, gl.FLOAT, false, 0, offset);
    }
    kernel.run(...args);
  }

  /** The texture with a buffer's values. */
  textureOf(buffer: Held): PooledTexture {
    if (buffer.scalar !== undefined && buffer.texture === undefined) {
      const { scalar } = buffer;
      this.upload(buffer, Float32Array.of(scalar));
      buffer.scalar = scalar;
    }
    if (buffer.texture === undefined) throw new MemoryError('gpu: the buffer has no values yet');
    return buffer.texture;
  }

  upload(buffer: Held, values: Float32Array): void {
    const { texture, width } = this.#targetOf(buffer);
    const { gl } = this;
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, false);
    const rows = Math.floor(values.length / (4 * width));
    if (rows > 0) {
      gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, width, rows, gl.RGBA, gl.FLOAT, values.subarray(0, 4 * width * rows));
    }
    const rest = values.subarray(4 * width * rows);
    if (rest.length === 0) return;
    const texels = Math.ceil(rest.length / 4);
    const padded = new Float32Array(4 * texels);
    padded.set(rest);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, rows, texels, 1, gl.RGBA, gl.FLOAT, padded);
  }

  /** `size` elements from `start` on. */
  download(buffer: Held, start: number, size: number): Float32Array {
    const area = areaOf(this.#attach(buffer), start, size);
    const { gl } = this;
    const values = new Float32Array(4 * area.width * area.height);
    gl.readPixels(area.x, area.y, area.width, area.height, gl.RGBA, gl.FLOAT, values);
    return within(values, area.skip, size);
  }

  /** The same without holding the page up, where the device can. */
  async downloadLater(buffer: Held, start: number, size: number): Promise<Float32Array> {
    const { gl } = this;
    if (!('fenceSync' in gl)) return this.download(buffer, start, size);
    const area = areaOf(this.#attach(buffer), start, size);
    const values = new Float32Array(4 * area.width * area.height);
    const pixels = gl.createBuffer()!;
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, pixels);
    gl.bufferData(gl.PIXEL_PACK_BUFFER, values.byteLength, gl.STREAM_READ);
    gl.readPixels(area.x, area.y, area.width, area.height, gl.RGBA, gl.FLOAT, 0);
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
    const fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0)!;
    gl.flush();
    // Results come in the order in which they were asked for: one after the other is waited for.
    this.#reading = this.#reading.then(() =>
      until(() => this.isLost || gl.clientWaitSync(fence, 0, 0) !== gl.TIMEOUT_EXPIRED),
    );
    await this.#reading;
    gl.deleteSync(fence);
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, pixels);
    gl.getBufferSubData(gl.PIXEL_PACK_BUFFER, 0, values);
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
    gl.deleteBuffer(pixels);
    return within(values, area.skip, size);
  }

  #attach(buffer: Held): PooledTexture {
    const texture = this.textureOf(buffer);
    const { gl } = this;
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.#framebuffer);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture.texture, 0);
    return texture;
  }

  #targetOf(buffer: Held): PooledTexture {
    if (buffer.texture === undefined || buffer.device !== this) {
      buffer.texture = this.pool.take(buffer.texels);
      buffer.device = this;
    }
    buffer.scalar = undefined;
    return buffer.texture;
  }

  #build(what: Program, args: readonly unknown[]): GpuJsKernel {
    const kernel = this.#createKernel(what.source, kernelSettings(what));
    try {
      kernel.build(...args);
    } catch (cause) {
      throw new BackendError(`gpu: the kernel ${what.name} does not compile here: ${messageOf(cause)}`, { cause });
    }
    if (
      kernel.fallbackRequested === true ||
      kernel.fallbackReason ||
      !kernel.compiledFragmentShader ||
      !kernel.program
    ) {
      throw new BackendError(
        `gpu: the kernel ${what.name} cannot run on ${this.#engine}: ${kernel.fallbackReason || 'no shader was compiled'}; ${cureOf(this.#engine)}`,
      );
    }
    return kernel;
  }

  /** Takes over the context and the form of textures from the first kernel that gpu.js has built. */
  #adopt(first: GpuJsKernel): {
    gl: Gl;
    wrap: (texture: WebGLTexture, width: number, height: number) => GpuJsTexture;
  } {
    const gl = first.context;
    const Texture = first.texture.constructor as new (settings: GpuJsTextureSettings) => GpuJsTexture;
    const [internalFormat, textureFormat] = [first.getInternalFormat(), first.getTextureFormat()];
    const wrap = (texture: WebGLTexture, width: number, height: number): GpuJsTexture =>
      new Texture({
        texture,
        size: Int32Array.of(width, height),
        dimensions: Int32Array.of(width * height, 1, 1),
        output: [width * height],
        context: gl,
        internalFormat,
        textureFormat,
        kernel: first,
      });
    return { gl, wrap };
  }

  #finish(what: Program, built?: GpuJsKernel): Compiled {
    const { gl } = this;
    const kernel =
      built ??
      this.#build(what, [
        ...what.textures.map(() =>
          what.unit === 'element' ? byElement(this.#blank.wrapped, [4, 1, 1]) : this.#blank.wrapped,
        ),
        ...what.ints.map(() => 1),
        ...what.floats.map(() => 0),
      ]);
    // What gpu.js made for itself is not used: it would keep each kernel's last result.
    gl.deleteFramebuffer(kernel.framebuffer);
    kernel.framebuffer = this.#framebuffer;
    const compiled = {
      kernel,
      position: gl.getAttribLocation(kernel.program!, 'aPos'),
      coordinate: gl.getAttribLocation(kernel.program!, 'aTexCoord'),
    };
    this.#compiled.set(what, compiled);
    return compiled;
  }

  /**
   * From how many elements on an op takes less time here than a plain loop on the host: Infinity where never. A rough guess, from
   * one multiplication, small and large, and without reading back; a few milliseconds.
   */
  measureThreshold(): number {
    const values = new Float32Array(TIMED).fill(1.5);
    const [small, large, out] = [1, TIMED, TIMED].map((size) => ({ ...nothing, texels: Math.ceil(size / 4) })) as [
      Held,
      Held,
      Held,
    ];
    this.upload(small, values.subarray(0, 1));
    this.upload(large, values);
    const repeat = (from: Held, to: Held) => (): void => {
      for (let i = 0; i < 4; i++) this.run(probeProgram, to, [from], [], [1]);
      this.#readTexel(to);
    };
    const tiny = { ...nothing };
    const [call, all] = [leastTime(repeat(small, tiny)) / 4, leastTime(repeat(large, out)) / 4];
    for (const { texture } of [small, large, out, tiny]) this.pool.give(texture!);
    this.pool.drain();
    const host = leastTime(() => {
      for (let i = 0; i < TIMED; i++) values[i]! -= 1;
    });
    const gain = (host - Math.max(0, all - call)) / TIMED;
    return gain > 0 ? Math.ceil(call / gain) : Infinity;
  }

  /** Waits for the device. */
  #readTexel(buffer: Held): void {
    this.#attach(buffer);
    this.gl.readPixels(0, 0, 1, 1, this.gl.RGBA, this.gl.FLOAT, new Float32Array(4));
  }

  /** Computes one float on the device, to the last bit: half precision would lose it. */
  #probe(): void {
    const { gl } = this;
    const [one, result] = [{ ...nothing }, { ...nothing }];
    this.upload(one, Float32Array.of(1 + 2 ** -23));
    this.run(probeProgram, result, [one], [], [1]);
    const difference = this.download(result, 0, 1)[0];
    this.pool.give(one.texture!);
    this.pool.give(result.texture!);
    if (difference !== 2 ** -23) {
      throw new BackendError(
        `gpu: this device computes with less than 32-bit floats (1 + 2^-23 - 1 gives ${difference}; ${gl.getError() === 0 ? 'no error' : 'drawing failed'}); ${cureOf(this.#engine)}`,
      );
    }
  }
}

/** The texels that hold some elements: a piece of a row, or whole rows. And how many elements lie in them before. */
function areaOf(
  { width }: PooledTexture,
  start: number,
  size: number,
): { x: number; y: number; width: number; height: number; skip: number } {
  const first = Math.floor(start / 4);
  const end = Math.ceil((start + size) / 4);
  const y = Math.floor(first / width);
  const height = Math.ceil(end / width) - y;
  const x = height === 1 ? first - y * width : 0;
  return { x, y, width: height === 1 ? end - first : width, height, skip: start - 4 * (y * width + x) };
}

function within(values: Float32Array, skip: number, size: number): Float32Array {
  return values.length === size ? values : values.slice(skip, skip + size);
}

const nothing: Held = { texels: 1, texture: undefined, scalar: undefined, device: undefined };

const probeProgram = program(
  'probe',
  { textures: ['x'], floats: ['less'] },
  'const v = x[this.thread.x]; return [v[0] - less, v[1], v[2], v[3]];',
);

/** The same texture read by element, with other axes. gpu.js counts the wrappers that it makes of a texture; this is none of them. */
function byElement(wrapped: GpuJsTexture, extent: Extent): GpuJsTexture {
  return Object.create(wrapped, {
    type: { value: 'MemoryOptimizedNumberTexture' },
    dimensions: { value: Int32Array.from(extent) },
  }) as GpuJsTexture;
}

/** Milliseconds of the fastest of several rounds: the first ones are compiled on the way, and others are held up. */
function leastTime(body: () => void): number {
  let least = Infinity;
  for (let round = 0; round < 6; round++) {
    const started = performance.now();
    body();
    least = Math.min(least, performance.now() - started);
  }
  return least;
}
