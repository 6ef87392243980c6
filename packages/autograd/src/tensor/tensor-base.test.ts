// Reading tensors back, and printing them.

import { cpu } from '@dl/kernels-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import { arange, full, ones, Tensor, tensor, useBackend, zeros } from '../index.js';

beforeAll(async () => {
  await useBackend(cpu());
});

describe('reading', () => {
  test('data() and dataSync() give a typed array of the dtype, row by row', async () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    expect(x.dataSync()).toEqual(new Float32Array([1, 2, 3, 4]));
    expect(await x.data()).toEqual(new Float32Array([1, 2, 3, 4]));
    expect(tensor([true, false]).dataSync()).toEqual(new Uint8Array([1, 0]));
    expect(x.cast('int32').dataSync()).toEqual(new Int32Array([1, 2, 3, 4]));
    expect(x.transpose().dataSync()).toEqual(new Float32Array([1, 3, 2, 4]));
  });

  test('item() is for one element, in any number of axes', () => {
    expect(tensor([[[5]]]).item()).toBe(5);
    expect(tensor(true).item()).toBe(1);
    expect(() => ones([2]).item()).toThrow(
      'item: the tensor is [2], needs exactly one element; use dataSync() for all',
    );
    expect(() => ones([0]).item()).toThrow('item: the tensor is [0]');
  });

  test('toArray() nests as the shape does', () => {
    expect(tensor(1.5).toArray()).toBe(1.5);
    expect(arange(6).reshape([1, 3, 2]).toArray()).toEqual([
      [
        [0, 1],
        [2, 3],
        [4, 5],
      ],
    ]);
    expect(tensor([[true], [false]]).toArray()).toEqual([[true], [false]]);
    expect(zeros([2, 0, 3]).toArray()).toEqual([[], []]);
  });

  test('backend, handle, size and rank', () => {
    const x = ones([2, 3]);
    expect([x.size, x.rank, x.backend.name]).toEqual([6, 2, 'cpu']);
    expect(x.handle).toBe(x.storage.handle);
    expect(x).toBeInstanceOf(Tensor);
  });
});

describe('printing', () => {
  test('shows shape, dtype and values', () => {
    expect(String(tensor(2.5))).toBe('Tensor([]) 2.5');
    expect(String(tensor([1, -0.123456]))).toBe('Tensor([2]) [1, -0.1235]');
    expect(String(tensor([[true], [false]]))).toBe('Tensor([2, 1], bool) [[true],\n [false]]');
    expect(String(tensor([1, 2], { dtype: 'int32' }))).toBe('Tensor([2], int32) [1, 2]');
    expect(String(tensor([Number.NaN, Infinity, 1e20], { dtype: 'float64' }))).toBe(
      'Tensor([3], float64) [NaN, Infinity, 100000000000000000000]',
    );
    expect(String(zeros([0]))).toBe('Tensor([0]) []');
    expect(String(zeros([2, 0]))).toBe('Tensor([2, 0]) [[],\n []]');
  });

  test('indents inner rows, and leaves out the middle of long axes', () => {
    expect(String(zeros([2, 2, 1]))).toBe('Tensor([2, 2, 1]) [[[0],\n  [0]],\n [[0],\n  [0]]]');
    expect(String(arange(8))).toBe('Tensor([8], int32) [0, 1, 2, 3, 4, 5, 6, 7]');
    expect(String(arange(9))).toBe('Tensor([9], int32) [0, 1, 2, …, 6, 7, 8]');
    expect(String(full([1000, 1000], 7)).length).toBeLessThan(300);
  });

  test('console.log shows the same', () => {
    const x = tensor([1]) as Tensor & Record<symbol, () => string>;
    expect(x[Symbol.for('nodejs.util.inspect.custom')]!()).toBe('Tensor([1]) [1]');
  });
});
