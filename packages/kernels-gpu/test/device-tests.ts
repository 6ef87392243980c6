// What every engine of the GPU backend must do beyond the conformance suite: run in Node and in a browser alike.

import {
  type Backend,
  concat,
  conv2d,
  crossEntropy,
  currentBackend,
  currentBackends,
  defaultGenerator,
  gradients,
  linear,
  matmul,
  memory,
  ones,
  randn,
  scope,
  sum,
  type Tensor,
  tensor,
  useBackend,
  withBackend,
  zeros,
} from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { compareBackends, type GpuBackend, type GpuOptions, useFastest, warmup } from '@dl/kernels-gpu';
import { Linear, Sequential, Tanh } from '@dl/layers';
import { SGD } from '@dl/optim';
import { assertAllClose } from '@dl/testing';
import { expect, test, vi } from 'vitest';
import { bufferOf } from '../src/buffer.js';
import { lossesOf } from './lenet.js';

export function deviceTests(backend: GpuBackend, another: (options: GpuOptions) => GpuBackend): void {
  const reference = cpu({ engine: 'typescript' });

  test('LeNet-5 trains on the device alone: the losses of 20 steps are those of the CPU', async () => {
    await useBackend(reference);
    await useBackend(backend, { strict: true });
    const ours = await lossesOf(backend, 20);
    await useBackend(cpu());
    const theirs = await lossesOf(await useBackend(cpu()), 20);
    expect(ours).toHaveLength(20);
    expect(ours.at(-1)).toBeLessThan(0.7 * ours[0]!);
    for (const [i, loss] of ours.entries()) expect(Math.abs(loss - theirs[i]!), `step ${i}`).toBeLessThan(1e-3);
  });

  test('10 of a million numbers are read as 3 or 4 texels, whoever asks, and rows where they go over more', async () => {
    await useBackend(backend, { strict: true });
    using _ = scope();
    const x = tensor(Float32Array.from({ length: 1_000_000 }, (_, i) => i));
    const { gl } = backend.device;
    const texels: number[] = [];
    const readPixels = gl.readPixels as (...args: unknown[]) => void;
    const spy = vi.spyOn(gl, 'readPixels').mockImplementation((...args: unknown[]) => {
      texels.push(Number(args[2]) * Number(args[3]));
      readPixels.apply(gl, args);
    });
    try {
      for (const start of [0, 1, 2, 3, 777_777, 999_990]) {
        const expected = Float32Array.from({ length: 10 }, (_, i) => start + i);
        expect(x.dataSync({ start, length: 10 })).toEqual(expected);
        expect(await x.data({ start, length: 10 })).toEqual(expected);
        expect(await x.slice([[start, start + 10]]).data()).toEqual(expected);
      }
      expect(x.slice([123_456]).item()).toBe(123_456);
      expect(Math.max(...texels)).toBeLessThanOrEqual(4);
      texels.length = 0;
      const { width } = bufferOf(x).texture!;
      expect(x.dataSync({ start: 4 * width - 1, length: 2 })).toEqual(Float32Array.of(4 * width - 1, 4 * width));
      expect(texels).toEqual([2 * width]);
    } finally {
      spy.mockRestore();
    }
  });

  test('500 steps hold no more textures and bytes than the first ones, also after errors', async () => {
    await useBackend(backend, { strict: true });
    using _ = scope();
    const model = new Sequential(new Linear(5, 9), new Tanh(), new Linear(9, 3));
    const optimizer = new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
    const inputs = randn([7, 5]);
    const labels = tensor([0, 1, 2, 0, 1, 2, 0], { dtype: 'int32' });
    const wrong = tensor([0, 1, 2, 0, 1, 2, 3], { dtype: 'int32' });
    const step = (fails?: 'in a kernel' | 'in the program'): void => {
      using _step = scope();
      const loss = crossEntropy(model.forward(inputs), fails === 'in a kernel' ? wrong : labels);
      loss.backward();
      if (fails === 'in the program') throw new Error('in the middle of a step');
      optimizer.step();
      optimizer.zeroGrad();
    };
    const held = () => {
      const { textures, bytes, pooledTextures, pooledBytes, programs } = backend.info().details;
      const { buffers } = memory();
      return { textures, bytes, pooledTextures, pooledBytes, programs, buffers };
    };
    const fail = (): void => {
      expect(() => step('in the program')).toThrow('in the middle of a step');
      expect(() => step('in a kernel')).toThrow('crossEntropy: label 3 is out of range');
    };
    for (let i = 0; i < 5; i++) step();
    fail();
    step();
    const before = held();
    for (let i = 0; i < 500; i++) {
      step();
      if (i % 50 !== 49) continue;
      fail();
      step();
      expect(held(), `after step ${i + 1}`).toEqual(before);
    }
    expect(Number(sum(model.forward(inputs)).item())).not.toBeNaN();
  });

  test('convolutions in chunks give what they give in one', async () => {
    await useBackend(reference);
    const small = another({ scratchBytes: 2 ** 16 });
    await useBackend(small, { strict: true });
    using _ = scope();
    const x = randn([7, 4, 12, 11], { backend: reference });
    const weight = randn([6, 2, 3, 3], { backend: reference });
    const run = (on: Backend): Tensor[] =>
      withBackend(on, () => {
        const [a, b] = [x.to(on).clone(), weight.to(on).clone()];
        a.requiresGrad = true;
        b.requiresGrad = true;
        const y = conv2d(a, b, { groups: 2, padding: 1, stride: [1, 2] });
        return [y.detach(), ...(gradients(y.square().sum(), [a, b]) as Tensor[])];
      });
    const expected = run(reference);
    for (const [i, got] of run(small).entries()) assertAllClose(got, expected[i]!, { rtol: 1e-5, atol: 1e-4 });
  });

  test('out of memory: what was asked, what is held, and by which op', async () => {
    const small = another({ maxBytes: 2 ** 20 + 2 ** 16 });
    await useBackend(small, { strict: true });
    using _ = scope();
    const x = tensor({ data: new Float32Array(2 ** 17), shape: [2 ** 17] });
    const y = x.add(x); // 512 KiB each
    expect(() => x.mul(y)).toThrow(
      /^mul: out of memory: the gpu backend needs 524288 bytes more, and holds \d+ of the 1114112 that maxBytes allows\. Tensors hold /,
    );
    y.dispose();
    expect(x.mul(x).sum().item()).toBe(0);
  });

  test('a tensor that no texture can hold, and a device that has no room: one sentence, and nothing is lost', async () => {
    await useBackend(backend, { strict: true });
    using _ = scope();
    const x = tensor([1, 2, 3]);
    const before = backend.info().details;
    const most = Number(before['maxElements']);
    expect(() => zeros([most + 1])).toThrow(
      `out of memory: a tensor of ${most + 4} elements does not fit into one texture; the device's limit is 4096x${before['maxTextureSide']} texels of 4.`,
    );
    const { gl, pool } = backend.device;
    // A texture that waits would do.
    pool.drain();
    const { texImage2D, getError } = gl;
    let isFull = false;
    gl.texImage2D = () => {
      isFull = true;
    };
    gl.getError = () => {
      const error = isFull ? gl.OUT_OF_MEMORY : gl.NO_ERROR;
      isFull = false;
      return error;
    };
    try {
      expect(() => x.expand([700, 11, 3]).exp()).toThrow(
        /^expand: out of memory: the device has no room for a texture of 128x46 \(94208 bytes\); tensors hold \d+ bytes in \d+ textures\. Tensors hold /,
      );
    } finally {
      Object.assign(gl, { texImage2D, getError });
    }
    expect(backend.info().details).toMatchObject({ textures: before['textures'], bytes: before['bytes'] });
    expect(x.expand([700, 11, 3]).sum().item()).toBe(700 * 11 * 6);
  });

  test('warmup compiles what a step needs, and leaves gradients and random numbers alone', async () => {
    const fresh = another({});
    await useBackend(fresh, { strict: true });
    using _ = scope();
    const model = new Sequential(new Linear(5, 9), new Tanh(), new Linear(9, 3));
    const before = defaultGenerator().state;
    const compiled = () => Number(fresh.info().details['programs']);
    const few = compiled();
    expect(await warmup(model, [7, 5])).toBeGreaterThan(0);
    expect(defaultGenerator().state).toEqual(before);
    expect(model.parameters().every(({ grad }) => grad === undefined)).toBe(true);
    const all = compiled();
    expect(all).toBeGreaterThan(few);
    model
      .forward(randn([7, 5]))
      .sum()
      .backward();
    expect(compiled()).toBe(all);
  });

  test('compareBackends times a model here and there, and brings it back; useFastest stays where it is fastest', async () => {
    const host = cpu();
    await useBackend([backend, host]);
    using _ = scope();
    const model = new Linear(32, 16);
    const rows = await compareBackends(model, [8, 32], { steps: 2 });
    expect(new Set(rows.map((row) => row.backend))).toEqual(new Set<Backend>([backend, host]));
    expect(rows[0]!.step).toBeLessThanOrEqual(rows[1]!.step);
    for (const { engine, step, firstStep, backend: where } of rows) {
      expect(engine).toBe(where.info().engine);
      expect(step).toBeGreaterThan(0);
      expect(firstStep).toBeGreaterThan(0);
    }
    expect(model.weight.backend).toBe(backend);
    const fastest = await useFastest(model, [8, 32], [backend, host], { steps: 1 });
    expect(currentBackend()).toBe(fastest);
    expect(model.weight.backend).toBe(fastest);
    expect(currentBackends()).toEqual(fastest === host ? [host, backend] : [backend, host]);
    await useBackend(host);
    await expect(compareBackends(model, [8, 32])).rejects.toThrow('compareBackends: there is one backend only');
    model.dispose();
  });

  test('the threshold is measured, or what was set', async () => {
    await useBackend(backend);
    expect(backend.threshold).toBeGreaterThan(0);
    expect(backend.info().details['threshold']).toBe(backend.threshold);
    const set = another({ threshold: 4096 });
    await useBackend(set);
    expect(set.info().details['threshold']).toBe(4096);
  });

  test('with auto, it steps back for the CPU where that is as fast', async () => {
    const host = cpu();
    const worth = another({ threshold: 4096, auto: 4096 });
    expect(await useBackend([worth, host])).toBe(worth);
    const chosen = await useBackend([another({ threshold: 4096, auto: 4095 }), host]);
    expect(chosen).toBe(host);
    const [passedOver] = chosen.info().passedOver;
    const { renderer } = backend.info().details;
    expect(passedOver!.reason).toBe(
      `ops on 4095 elements are no faster on ${renderer} than on the host (from about 4096 on); leave auto out to use it all the same`,
    );
    await expect(useBackend(another({ threshold: Infinity, auto: 1e9 }))).rejects.toThrow(
      'than on the host (at no size)',
    );
    // What is measured decides when nothing is set.
    await useBackend(backend);
    const measured = another({ auto: 1 });
    await expect(useBackend(measured)).rejects.toThrow(/^useBackend: .*ops on 1 elements are no faster/);
  });

  test('batches that broadcast in many ways', async () => {
    await useBackend(reference);
    await useBackend(backend, { strict: true });
    using _ = scope();
    const a = randn([2, 1, 3, 1, 2, 5], { backend: reference });
    const b = randn([4, 1, 2, 5, 3], { backend: reference });
    assertAllClose(
      matmul(a.to(backend), b.to(backend)),
      withBackend(reference, () => matmul(a, b)),
      { rtol: 1e-5, atol: 1e-5 },
    );
  });

  // biome-ignore format: a table
  test.each<[string, (x: Tensor) => Tensor, number[]]>([
    ['add', (x) => x.add(1), [0, 3]],
    ['sum', (x) => x.sum(0), [0, 3]],
    ['mean', (x) => x.mean(0), [0, 3]],
    ['max', (x) => x.max(0), [0, 3]],
    ['concat', (x) => concat([x, ones([2, 3])]), [0, 3]],
    ['pad', (x) => x.pad([[1, 1], [0, 0]]), [0, 2]],
    ['slice', (x) => x.slice([[2, 2]]), [4, 3]],
    ['softmax', (x) => x.softmax(), [0, 5]],
    ['indexSelect', (x) => x.indexSelect(0, zeros([0], { dtype: 'int32' })), [4, 2]],
    ['gather', (x) => x.gather(0, zeros([0, 2], { dtype: 'int32' })), [4, 2]],
    ['matmul', (x) => matmul(ones([2, 0]), x), [0, 3]],
    ['linear', (x) => linear(x, ones([2, 0]), ones([2])), [3, 0]],
    ['conv2d', (x) => conv2d(x, ones([2, 3, 3, 3])), [0, 3, 8, 8]],
    ['maxPool2d', (x) => x.maxPool2d(2), [0, 3, 8, 8]],
    ['crossEntropy', (x) => crossEntropy(x, zeros([0], { dtype: 'int32' }), { reduction: 'none' }), [0, 3]],
  ])('%s with nothing in it', async (_name, f, shape) => {
    await useBackend(reference);
    await useBackend(backend, { strict: true });
    using _ = scope();
    const run = (on: Backend): Tensor[] =>
      withBackend(on, () => {
        const x = zeros(shape, { requiresGrad: true });
        const y = f(x);
        return [y, ...(gradients(y.sum(), [x]) as Tensor[])];
      });
    const expected = run(reference);
    for (const [i, got] of run(backend).entries()) assertAllClose(got, expected[i]!);
  });
}
