// Where numbers on the device differ from IEEE 754 and from 32-bit integers, and where they do not: in Node and in a browser alike.

import { crossEntropy, randn, scope, type Tensor, tensor, useBackend } from '@dl/autograd';
import { type GpuBackend, gpuBuffer } from '@dl/kernels-gpu';
import { assertAllClose } from '@dl/testing';
import { expect, test } from 'vitest';

export function numberTests(backend: GpuBackend): void {
  test('NaN, infinities and zeros are what they are on the CPU', async () => {
    await useBackend(backend, { strict: true });
    using _ = scope();
    const [inf, nan] = [Infinity, Number.NaN];
    const values = (x: Tensor): number[] => Array.from(x.dataSync());
    expect(values(tensor([inf, -inf, nan, 0]).mul(tensor([0, 0, 0, 0])))).toEqual([nan, nan, nan, 0]);
    expect(values(tensor([1, -1, 0]).div(tensor([0, 0, 0])))).toEqual([inf, -inf, nan]);
    expect(values(tensor([nan, -inf, inf, -1]).relu())).toEqual([nan, 0, inf, 0]);
    expect(values(tensor([nan, -inf, inf]).exp())).toEqual([nan, 0, inf]);
    expect(values(tensor([nan, 0, inf, -1]).log())).toEqual([nan, -inf, inf, nan]);
    expect(values(tensor([nan, -inf, inf, -1]).sqrt())).toEqual([nan, nan, inf, nan]);
    expect(values(tensor([nan, -inf, inf]).tanh())).toEqual([nan, -1, 1]);
    expect(values(tensor([nan, -inf, inf]).sigmoid())).toEqual([nan, 0, 1]);
    expect(values(tensor([nan, inf, 1]).maximum(tensor([1, 2, nan])))).toEqual([nan, inf, nan]);
    expect(tensor([1, nan, 3]).max().item()).toBeNaN();
    expect(tensor([1, nan, 3]).argmax().item()).toBe(1);
    expect(values(tensor([3e38, -3e38]).mul(10))).toEqual([inf, -inf]);
  });

  test('exponentials are good to 1e-6 up to the ends of what a float can hold', async () => {
    await useBackend(backend, { strict: true });
    using _ = scope();
    const xs = [-87.2, -86.9, -50.3, -1, -0.3467, -0.3465, 1e-3, 0.3465, 0.3467, 10.1, 87.9, 88.02, 88.72].map(
      Math.fround,
    );
    const within = { rtol: 1e-6, atol: 0 };
    assertAllClose(tensor(xs).exp(), xs.map(Math.exp), within);
    assertAllClose(tensor([88.73, 88.99, 1e30, -104.5, -1e30]).exp(), [Infinity, Infinity, Infinity, 0, 0], within);
    const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
    assertAllClose(tensor(xs).sigmoid(), xs.map(sigmoid), within);
    assertAllClose(tensor(xs).neg().sigmoid(), xs.slice(0, -3).map((x) => sigmoid(-x)).concat([0, 0, 0]), { ...within, atol: 2 ** -126 }); // biome-ignore format: in one
    assertAllClose(tensor(xs).tanh(), xs.map(Math.tanh), within);
    assertAllClose(tensor(xs).expm1(), xs.map(Math.expm1), within);
  });

  test('what differs from IEEE 754: numbers below 2^-126 are zeros in arithmetic, and quotients are off by their last bit', async () => {
    await useBackend(backend, { strict: true });
    using _ = scope();
    const tiny = tensor([1e-40, 2e-40]);
    // Moved they stay what they are.
    expect(tiny.dataSync()).toEqual(Float32Array.of(1e-40, 2e-40));
    const product = tiny.mul(tensor([1, 1])).dataSync();
    expect(product.every((value, i) => value === 0 || value === tiny.dataSync()[i])).toBe(true);
    const thirds = tensor([1, 10, 7]).div(tensor([3, 3, 9]));
    assertAllClose(thirds, [1 / 3, 10 / 3, 7 / 9], { rtol: 2.5 * 2 ** -23 });
  });

  test('what differs from whole numbers of 32 bits: those beyond 2^24 that ops make are rounded to 24 bits', async () => {
    await useBackend(backend, { strict: true });
    using _ = scope();
    const whole = (values: number[]): Tensor => tensor(values, { dtype: 'int32' });
    const values = (x: Tensor): number[] => Array.from(x.dataSync());
    // The numbers next to 2^24 + 1 and 4097² = 16,785,409 that a float can hold.
    expect(values(whole([2 ** 24 - 1, 2 ** 24]).add(whole([1, 1])))).toEqual([2 ** 24, 2 ** 24]);
    expect(values(whole([4097]).mul(whole([4097])))).toEqual([16_785_408]);
    expect(values(whole([2 ** 24, 2 ** 24, 3]).sum())).toEqual([2 ** 25 + 4]);
    // So is a position: among 2^24 + 4 elements the last but two has none of its own, and the next one has.
    const placeOfLargest = (place: number): number => {
      using _step = scope();
      const data = new Float32Array(2 ** 24 + 4);
      data[place] = 1;
      return tensor({ data, shape: [data.length] }).argmax().item(); // biome-ignore format: in one
    };
    expect(placeOfLargest(2 ** 24 + 1)).toBe(2 ** 24);
    expect(placeOfLargest(2 ** 24 + 2)).toBe(2 ** 24 + 2);
  });

  test('whole numbers beyond 2^24 from the host, float64, labels outside and freed buffers are refused', async () => {
    await useBackend(backend, { strict: true });
    using _ = scope();
    expect(tensor([2 ** 24, -(2 ** 24)], { dtype: 'int32' }).dataSync()).toEqual(Int32Array.of(2 ** 24, -(2 ** 24)));
    expect(() => tensor([1, 2 ** 24 + 1], { dtype: 'int32' })).toThrow(
      'gpu: an int32 tensor holds 16777217, and whole numbers are exact up to 2^24 on this backend; keep it on the CPU backend',
    );
    expect(() => tensor([1], { dtype: 'float64' })).toThrow('the gpu backend has no float64 tensors');
    expect(() => crossEntropy(randn([2, 3]), tensor([0, 3], { dtype: 'int32' }))).toThrow(
      'crossEntropy: label 3 is out of range; there are 3, so needs 0 to 2',
    );
    expect(() => randn([4, 3]).indexSelect(0, tensor([-1, 0], { dtype: 'int32' }))).toThrow(
      'indexSelect: index -1 is out of range; there are 4, so needs 0 to 3',
    );
    const handle = backend.allocate('float32', 4);
    backend.free(handle);
    expect(() => gpuBuffer(handle)).toThrow('gpu: the buffer was freed');
  });
}
