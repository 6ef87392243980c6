// Textures: made for a size, kept when freed, and counted. What was freed serves the next of the same size. So that shapes that
// change do not fill the device, what waits is bounded by what was in use lately; what has waited longest goes first.

import { MemoryError, type Platform } from '@dl/autograd';
import type { Gl, GpuJsTexture } from './gpu-js.js';
import { WIDEST } from './program.js';

/** Bytes of a texel: four floats. */
const TEXEL = 16;

/** Textures in use and waiting take at most so many times what was in use at once lately, and so many bytes. */
const FACTOR = 2;
const SPARE = 2 ** 24;

/** After so many textures were taken, what was in use once is forgotten if it was not again. More than a training step takes. */
const LATELY = 4096;

export interface PooledTexture {
  readonly texture: Platform<'WebGLTexture'>;
  readonly width: number;
  readonly height: number;
  /** As kernels take and write it. */
  readonly wrapped: GpuJsTexture;
}

export interface TextureStatistics {
  /** Textures that buffers and kernels hold, and the bytes of them. */
  readonly textures: number;
  readonly bytes: number;
  /** Textures that wait for their next use. */
  readonly pooledTextures: number;
  readonly pooledBytes: number;
}

export class TexturePool {
  readonly #gl: Gl;
  readonly #maxSide: number;
  readonly #maxBytes: number;
  readonly #wrap: (texture: WebGLTexture, width: number, height: number) => GpuJsTexture;
  /** What waits, by size, and in the order in which it was given. */
  readonly #free = new Map<number, PooledTexture[]>();
  readonly #waiting = new Set<PooledTexture>();
  #textures = 0;
  #bytes = 0;
  #pooledBytes = 0;
  /** The most bytes in use since the count of takes began anew, and in the time before. */
  #most = 0;
  #mostBefore = 0;
  #takes = 0;

  constructor(
    gl: Gl,
    maxSide: number,
    maxBytes: number,
    wrap: (texture: Platform<'WebGLTexture'>, width: number, height: number) => GpuJsTexture,
  ) {
    this.#gl = gl;
    this.#wrap = wrap;
    this.#maxSide = maxSide;
    this.#maxBytes = maxBytes;
  }

  get statistics(): TextureStatistics {
    return {
      textures: this.#textures,
      bytes: this.#bytes,
      pooledTextures: this.#waiting.size,
      pooledBytes: this.#pooledBytes,
    };
  }

  /** A texture of any content for `texels` texels. */
  take(texels: number): PooledTexture {
    const [width, height] = textureSize(texels, this.#maxSide);
    const bytes = width * height * TEXEL;
    const waiting = this.#free.get(sizeKey(width, height))?.at(-1);
    if (waiting !== undefined) this.#take(waiting);
    else if (this.#bytes + this.#pooledBytes + bytes > this.#maxBytes) {
      this.drain();
      if (this.#bytes + bytes > this.#maxBytes) {
        throw new MemoryError(
          `out of memory: the gpu backend needs ${bytes} bytes more, and holds ${this.#bytes} of the ${this.#maxBytes} that maxBytes allows.`,
        );
      }
    }
    const taken = waiting ?? this.#make(width, height);
    this.#textures++;
    this.#bytes += bytes;
    this.#noteUse();
    return taken;
  }

  give(texture: PooledTexture): void {
    const { width, height } = texture;
    const key = sizeKey(width, height);
    const sameSize = this.#free.get(key);
    if (sameSize === undefined) this.#free.set(key, [texture]);
    else sameSize.push(texture);
    this.#waiting.add(texture);
    const bytes = width * height * TEXEL;
    this.#textures--;
    this.#bytes -= bytes;
    this.#pooledBytes += bytes;
    this.#trim();
  }

  /** No longer waits. Of one size those at the end were given last. */
  #take(texture: PooledTexture): void {
    const { width, height } = texture;
    const key = sizeKey(width, height);
    const sameSize = this.#free.get(key)!;
    if (sameSize.at(-1) === texture) sameSize.pop();
    else sameSize.splice(sameSize.indexOf(texture), 1);
    if (sameSize.length === 0) this.#free.delete(key);
    this.#waiting.delete(texture);
    this.#pooledBytes -= width * height * TEXEL;
  }

  #noteUse(): void {
    this.#most = Math.max(this.#most, this.#bytes);
    if (++this.#takes < LATELY) return;
    this.#takes = 0;
    this.#mostBefore = this.#most;
    this.#most = this.#bytes;
  }

  /** Gives the device back what is too much. */
  #trim(): void {
    const limit = FACTOR * Math.max(this.#most, this.#mostBefore) + SPARE;
    if (this.#bytes + this.#pooledBytes <= limit) return;
    for (const texture of this.#waiting) {
      this.#take(texture);
      this.#gl.deleteTexture(texture.texture);
      if (this.#bytes + this.#pooledBytes <= limit) return;
    }
  }

  #make(width: number, height: number): PooledTexture {
    const texture = this.#tryMake(width, height) ?? this.#afterDraining(width, height);
    // Once and for all: gpu.js counts its wrappers of a texture, and writes elsewhere when there are two.
    return { texture, width, height, wrapped: this.#wrap(texture, width, height) };
  }

  #afterDraining(width: number, height: number): WebGLTexture {
    this.drain();
    const texture = this.#tryMake(width, height);
    if (texture !== undefined) return texture;
    throw new MemoryError(
      `out of memory: the device has no room for a texture of ${width}x${height} (${width * height * TEXEL} bytes); ` +
        `tensors hold ${this.#bytes} bytes in ${this.#textures} textures.`,
    );
  }

  #tryMake(width: number, height: number): WebGLTexture | undefined {
    const gl = this.#gl;
    const texture = gl.createTexture();
    if (texture === null) return undefined;
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    for (const side of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, side, gl.CLAMP_TO_EDGE);
    for (const filter of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) {
      gl.texParameteri(gl.TEXTURE_2D, filter, gl.NEAREST);
    }
    while (gl.getError() !== gl.NO_ERROR) {
      // Errors of before are not this texture's.
      if (gl.isContextLost()) return texture;
    }
    gl.texImage2D(gl.TEXTURE_2D, 0, internalFormat(gl), width, height, 0, gl.RGBA, gl.FLOAT, null);
    if (gl.getError() === gl.OUT_OF_MEMORY) {
      gl.deleteTexture(texture);
      return undefined;
    }
    return texture;
  }

  /** Gives the device back what waits. */
  drain(): void {
    for (const { texture } of this.#waiting) this.#gl.deleteTexture(texture);
    this.#free.clear();
    this.#waiting.clear();
    this.#pooledBytes = 0;
  }
}

/** Sides are whole numbers far below 2^20. */
const sizeKey = (width: number, height: number): number => width * 2 ** 20 + height;

function internalFormat(gl: Gl): number {
  return 'RGBA32F' in gl ? gl.RGBA32F : gl.RGBA;
}

/**
 * The sides of a texture for so many texels: about a square, as wide as a power of two. Devices draw in blocks of two by two, of
 * which half would be idle in a single row.
 */
export function textureSize(texels: number, maxSide: number): readonly [width: number, height: number] {
  const width = Math.min(WIDEST, 2 ** Math.ceil(Math.log2(Math.max(1, texels)) / 2));
  const height = Math.max(1, Math.ceil(texels / width));
  if (height > maxSide) {
    throw new MemoryError(
      `out of memory: a tensor of ${texels * 4} elements does not fit into one texture; the device's limit is ` +
        `${WIDEST}x${maxSide} texels of 4. Cut it into smaller tensors, or keep it on the CPU backend.`,
    );
  }
  return [width, height];
}
