// The pool of textures by itself, on a device that only counts.

import { expect, test } from 'vitest';
import type { Gl } from '../src/gpu-js.js';
import { type PooledTexture, TexturePool } from '../src/texture-pool.js';

const MIB = 2 ** 20;

function poolOf(maxBytes = Infinity) {
  const alive = new Set<object>();
  const calls: Record<string, unknown> = {
    createTexture: () => {
      const texture = {};
      alive.add(texture);
      return texture;
    },
    deleteTexture: (texture: object) => alive.delete(texture),
    getError: () => 0,
    isContextLost: () => false,
    NO_ERROR: 0,
    OUT_OF_MEMORY: 1285,
  };
  const gl = new Proxy(calls, { get: (known, name) => known[name as string] ?? (() => undefined) }) as unknown as Gl;
  const pool = new TexturePool(gl, 8192, maxBytes, (texture) => ({ texture, size: new Int32Array(2), dimensions: new Int32Array(3) })); // biome-ignore format: in one
  const total = (): number => pool.statistics.bytes + pool.statistics.pooledBytes;
  return { pool, alive, total };
}

/** Texels of a texture of so many MiB. */
const texels = (mib: number): number => (mib * MIB) / 16;

test('a texture that waits serves the next of its size, and no other', () => {
  const { pool, alive } = poolOf();
  const first = pool.take(100);
  pool.give(first);
  expect(pool.take(100)).toBe(first);
  pool.give(first);
  expect(pool.take(1000)).not.toBe(first);
  expect(alive.size).toBe(2);
  expect(pool.statistics).toEqual({ textures: 1, bytes: 32 * 32 * 16, pooledTextures: 1, pooledBytes: 16 * 7 * 16 });
});

test('in use and waiting are twice what was in use at once and 16 MiB; what has waited longest goes first', () => {
  const { pool, alive, total } = poolOf();
  const sizes = [1, 2, 3, 4, 5, 6, 7, 8];
  const used: PooledTexture[] = [];
  for (const size of sizes) {
    const texture = pool.take(texels(size));
    pool.give(texture);
    used.push(texture);
    expect(total()).toBeLessThanOrEqual(2 * size * MIB + 16 * MIB);
  }
  // 36 MiB against 2 · 8 + 16: those of 1, 2 and 3 MiB are gone.
  expect(used.map(({ texture }) => alive.has(texture))).toEqual(sizes.map((size) => size > 3));
  expect(pool.statistics.pooledBytes).toBe(30 * MIB);
  // One that was used again lately stays; the next to go is the 5 MiB one.
  pool.give(pool.take(texels(4)));
  pool.give(pool.take(texels(7.5)));
  expect(used.map(({ texture }) => alive.has(texture))).toEqual(sizes.map((size) => size > 3 && size !== 5 && size !== 6)); // biome-ignore format: in one
});

test('thousands of sizes leave no more behind than few', () => {
  const { pool, alive, total } = poolOf();
  for (let i = 1; i <= 3000; i++) {
    const held = [i, i + 7, 2 * i].map((size) => pool.take(size));
    for (const texture of held) pool.give(texture);
    expect(total()).toBeLessThanOrEqual(2 * 3 * 2 * i * 16 + 16 * MIB);
  }
  expect(pool.statistics.textures).toBe(0);
  expect(alive.size).toBe(pool.statistics.pooledTextures);
});

test('what was in use once and not again is forgotten after 8,192 textures', () => {
  const { pool, total } = poolOf();
  const large = Array.from({ length: 8 }, () => pool.take(texels(16)));
  for (const texture of large) pool.give(texture);
  expect(total()).toBe(128 * MIB);
  for (let i = 0; i < 4096; i++) pool.give(pool.take(1));
  expect(total()).toBeGreaterThan(100 * MIB);
  for (let i = 0; i < 4096; i++) pool.give(pool.take(1));
  expect(total()).toBeLessThanOrEqual(17 * MIB);
});

test('near maxBytes what waits is given back before anything is refused', () => {
  const { pool, alive } = poolOf(10 * MIB);
  pool.give(pool.take(texels(6)));
  const held = pool.take(texels(8));
  expect(alive.size).toBe(1);
  expect(() => pool.take(texels(4))).toThrow(
    /out of memory: the gpu backend needs 4194304 bytes more, and holds 8388608/,
  );
  pool.give(held);
  expect(pool.take(texels(4)).width).toBe(512);
});
