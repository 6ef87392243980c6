// The CPU backend: its memory, what it does when that is full, and what it tells about itself.

import {
  defineKernel,
  defineOp,
  expand,
  MemoryError,
  memory,
  mul,
  ones,
  scope,
  type Tensor,
  tensor,
  useBackend,
  zeros,
} from '@dl/autograd';
import { beforeEach, describe, expect, test } from 'vitest';
import { CpuBuffer } from './buffer.js';
import { type CpuOptions, cpu, cpuBuffer } from './index.js';

const MIB = 2 ** 20;

describe('info', () => {
  test('tells the engine that runs, and the memory', async () => {
    const backend = await useBackend(cpu({ engine: 'typescript', maxBytes: 64 * MIB }));
    expect(backend.info()).toEqual({
      name: 'cpu',
      engine: 'typescript',
      passedOver: [],
      details: { liveBuffers: 0, usedBytes: 0, reservedBytes: 0, maxBytes: 64 * MIB },
    });
    const x = ones([1000]);
    expect(backend.info().details['usedBytes']).toBeGreaterThanOrEqual(4000);
    x.dispose();
    expect(backend.info().details['usedBytes']).toBe(0);
  });

  test('maxBytes has its limits', () => {
    expect(() => cpu({ maxBytes: 1000 })).toThrow(
      'cpu: maxBytes is 1000, needs 131072 (128 KiB) to 4294967296 (4 GiB)',
    );
    expect(() => cpu({ maxBytes: 2 ** 33 })).toThrow('cpu: maxBytes is 8589934592');
  });

  test('two backends keep their tensors apart', async () => {
    const [first, second] = [cpu(), cpu()];
    await useBackend(second);
    await useBackend(first);
    const a = ones([4]);
    expect(() => second.readSync(a.handle, a.dtype, a.size)).not.toThrow();
    expect(() => first.readSync({}, 'float32', 1)).toThrow(
      'cpu: got a buffer of another backend; move the tensor with tensor.to(backend)',
    );
    expect(() => mul(a, ones([4], { backend: second }))).toThrow(
      'mul: a lives on one cpu backend and b on another, made by a second call of cpu(); move one with tensor.to(backend)',
    );
  });
});

const engines: readonly CpuOptions[] = [{ threads: 1 }, { threads: 2 }, { engine: 'typescript' }];

describe('one memory', () => {
  test.each(engines)('buffers are parts of it, aligned to 64 bytes, never at address 0 (%o)', async (options) => {
    await useBackend(cpu(options));
    using _ = scope();
    const buffers = [ones([3]), ones([5], { dtype: 'float64' }), tensor([true]), zeros([0])].map(
      ({ handle }) => handle as CpuBuffer,
    );
    for (const buffer of buffers) {
      expect(buffer).toBeInstanceOf(CpuBuffer);
      expect(buffer.values.buffer).toBe(buffers[0]!.values.buffer);
      expect(buffer.pointer).toBe(buffer.values.byteOffset);
      expect(buffer.pointer % 64).toBe(0);
      expect(buffer.pointer).toBeGreaterThan(0);
    }
  });

  test.each(engines)('values survive its growth, and are where new views look (%o)', async (options) => {
    await useBackend(cpu(options));
    using _ = scope();
    const small = tensor([1, 2, 3]);
    const buffer = small.handle as CpuBuffer;
    const before = buffer.values;
    const large = zeros([8 * MIB]);
    // A memory that threads share keeps its old views, the other takes them away.
    expect(before.buffer.byteLength > 0).toBe(options.threads === 2);
    expect([...buffer.values]).toEqual([1, 2, 3]);
    buffer.values[0] = 7;
    expect(small.toArray()).toEqual([7, 2, 3]);
    expect(large.sum().item()).toBe(0);
  });

  test.each(engines)('an op whose result makes it grow reads its inputs where they are then (%o)', async (options) => {
    await useBackend(cpu(options));
    using _ = scope();
    const row = tensor(Float32Array.from({ length: 1024 }, (_, i) => i));
    const grown = expand(row, [8192, 1024]);
    expect(grown.slice([8191, -1]).item()).toBe(1023);
  });

  test('what is read is a copy', async () => {
    await useBackend(cpu());
    using _ = scope();
    const x = tensor([1, 2]);
    x.dataSync()[0] = 9;
    (await x.data())[1] = 9;
    expect(x.toArray()).toEqual([1, 2]);
    const source = new Float32Array([1, 2]);
    const y = tensor(source);
    source[0] = 9;
    expect(y.toArray()).toEqual([1, 2]);
  });
});

describe.each(['wasm', 'typescript'] as const)('out of memory, %s', (engine) => {
  beforeEach(() => useBackend(cpu({ engine, maxBytes: 32 * MIB })));

  test('says how much was asked, how much is held, and by what', () => {
    using _ = scope();
    const x = zeros([2 * MIB]);
    const y = x.add(1);
    ones([MIB / 2]);
    expect(() => y.mul(2).mul(3)).toThrow(MemoryError);
    expect(() => y.mul(2).mul(3)).toThrow(
      /^mul: out of memory: the cpu backend has no 8\.0 MiB in one piece; \d\d\.\d MiB of at most 32\.0 MiB are in use\. Tensors hold \d\d\.\d MiB in \d+ buffers, most by (mul|zeros|add) 8\.\d MiB in \d+, /,
    );
  });

  test('of more than there could ever be is the same error', () => {
    using _ = scope();
    const one = ones([1]);
    expect(() => expand(one, [1e6, 1e6])).toThrow(
      /^expand: out of memory: the cpu backend has no 3814697\.3 MiB in one piece; 0\.0 MiB of at most 32\.0 MiB are in use\./,
    );
    expect(() => zeros([1e6, 1e6])).toThrow(MemoryError);
  });

  test('leaves nothing behind, and the program goes on after something is freed', () => {
    using _ = scope();
    const before = memory();
    const held: Tensor[] = [];
    expect(() => {
      for (;;) held.push(zeros([MIB / 4]));
    }).toThrow(MemoryError);
    expect(memory().buffers).toBe(before.buffers + held.length);
    expect(held.length).toBeGreaterThanOrEqual(30);
    expect(() => ones([MIB])).toThrow(MemoryError);
    for (const x of held.splice(4, 8)) x.dispose();
    const again = ones([MIB]);
    expect(again.sum().item()).toBe(MIB);
    for (const x of [again, ...held]) x.dispose();
    expect(zeros([6 * MIB]).size).toBe(6 * MIB);
  });

  test('small tensors and large ones find the room that the others have left', () => {
    using _ = scope();
    const large = zeros([6 * MIB]);
    const small: Tensor[] = [];
    expect(() => {
      for (;;) small.push(zeros([1000]));
    }).toThrow(MemoryError);
    large.dispose();
    for (let i = 0; i < 5000; i++) small.push(zeros([1000]));
    for (const x of small) x.dispose();
    expect(zeros([7 * MIB]).size).toBe(7 * MIB);
  });
});

test('a kernel for an op of your own fits beside the others', async () => {
  const twice = defineOp({ name: 'twice', inputs: ['x'], infer: ({ x }) => x, grad: 'nondifferentiable' });
  const kernel = defineKernel(twice, ({ x, y }) => {
    const [from, to] = [cpuBuffer(x.handle).values, cpuBuffer(y.handle).values];
    for (let i = 0; i < to.length; i++) to[i] = 2 * from[i]!;
  });
  await useBackend(cpu({ kernels: [kernel] }));
  expect(
    twice(tensor([1, 2]))
      .add(1)
      .toArray(),
  ).toEqual([3, 5]);
});
