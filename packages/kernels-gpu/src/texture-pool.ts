// Textures: made for a size, kept when freed, and counted. What was freed serves the next of the same size.

import { MemoryError } from '@dl/autograd';
import type { Gl, GpuJsTexture } from './gpu-js.js';
import { WIDEST } from './program.js';

/** Bytes of a texel: four floats. */
const TEXEL = 16;

export interface PooledTexture {
  readonly texture: WebGLTexture;
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
  readonly #free = new Map<string, PooledTexture[]>();
  #textures = 0;
  #bytes = 0;
  #pooledTextures = 0;
  #pooledBytes = 0;

  constructor(
    gl: Gl,
    maxSide: number,
    maxBytes: number,
    wrap: (texture: WebGLTexture, width: number, height: number) => GpuJsTexture,
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
      pooledTextures: this.#pooledTextures,
      pooledBytes: this.#pooledBytes,
    };
  }

  /** A texture of any content for `texels` texels. */
  take(texels: number): PooledTexture {
    const [width, height] = textureSize(texels, this.#maxSide);
    const bytes = width * height * TEXEL;
    const waiting = this.#free.get(`${width}x${height}`)?.pop();
    if (waiting !== undefined) {
      this.#pooledTextures--;
      this.#pooledBytes -= bytes;
    } else if (this.#bytes + this.#pooledBytes + bytes > this.#maxBytes) {
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
    return taken;
  }

  give(texture: PooledTexture): void {
    const { width, height } = texture;
    const key = `${width}x${height}`;
    const waiting = this.#free.get(key);
    if (waiting === undefined) this.#free.set(key, [texture]);
    else waiting.push(texture);
    const bytes = width * height * TEXEL;
    this.#textures--;
    this.#bytes -= bytes;
    this.#pooledTextures++;
    this.#pooledBytes += bytes;
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
    for (const textures of this.#free.values()) {
      for (const { texture } of textures) this.#gl.deleteTexture(texture);
    }
    this.#free.clear();
    this.#pooledTextures = 0;
    this.#pooledBytes = 0;
  }
}

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
