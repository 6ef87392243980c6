// The life of a backend: stopped, it says so; what it may fall back on belongs to who chose it; and a device that cannot be waited for is left
// with await.

import { cpu } from '@dl/kernels-cpu';
import { Linear } from '@dl/layers';
import { settledMemory } from '@dl/testing';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { PlainBackend, plainMul } from '../../test/plain-backend.js';
import {
  type Backend,
  coverage,
  currentBackend,
  memory,
  mul,
  ones,
  scope,
  sub,
  type Tensor,
  tensor,
  useBackend,
  withBackend,
} from '../index.js';

const main = cpu({ threads: 1 });
beforeEach(async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  await useBackend(main);
});

describe('a stopped backend', () => {
  const stopped =
    'plain: the backend was stopped, and its tensors are gone; start another, useBackend(plain()), and make or load them anew';

  test('says so on every use of it and of its tensors, and freeing them is no error', async () => {
    const plain = new PlainBackend({ kernels: [plainMul(() => {})] });
    await useBackend(plain);
    const { buffers: before } = await settledMemory();
    const [x, there] = [tensor([1, 2]), tensor([1, 2], { backend: main })];
    plain.stop();
    plain.stop();
    const uses: (() => unknown)[] = [
      () => x.mul(2),
      () => x.exp(),
      () => mul(x, x),
      () => x.dataSync(),
      () => x.toArray(),
      () => x.clone(),
      () => x.assign(x),
      () => x.to(main),
      () => ones([2]),
      () => there.to(plain),
      () => withBackend(plain, () => 1),
    ];
    for (const use of uses) expect(use).toThrow(stopped);
    for (const read of [x.data(), x.toAsync(main), there.toAsync(plain)]) await expect(read).rejects.toThrow(stopped);
    await expect(useBackend(plain)).rejects.toThrow(
      'useBackend: no backend can run here (plain: the backend was stopped, and its tensors are gone;',
    );
    expect(plain.info()).toEqual({ name: 'plain', engine: 'stopped', passedOver: [], details: {} });
    expect(coverage().some(({ backend }) => backend === 'plain')).toBe(false);
    x.dispose();
    there.dispose();
    expect(memory().buffers).toBe(before);
  });

  test('is passed over, also where it is stopped while it starts', async () => {
    const slow = new PlainBackend({ start: () => Promise.resolve() });
    const choosing = useBackend([slow, main]);
    slow.stop();
    expect(await choosing).toBe(main);
    expect(main.info().passedOver).toMatchObject([{ name: 'plain', reason: expect.stringContaining('was stopped') }]);
  });

  test('is not fallen back on', async () => {
    const [plain, other] = [new PlainBackend(), cpu({ engine: 'typescript' })];
    await useBackend([plain, other]);
    const x = ones([2]);
    expect(sub(x, x).toArray()).toEqual([0, 0]);
    other.stop();
    expect(() => sub(x, x)).toThrow('sub: the plain backend has no kernel for it, and there is no fallback backend');
  });

  test('the CPU backend', async () => {
    for (const backend of [cpu({ threads: 1 }), cpu({ threads: 2, splitAll: true }), cpu({ engine: 'typescript' })]) {
      await useBackend(backend);
      const x = tensor([1, 2]);
      expect(x.add(x).toArray()).toEqual([2, 4]);
      backend.stop();
      for (const use of [() => x.add(x), () => x.dataSync(), () => tensor([1])]) {
        expect(use).toThrow('cpu: the backend was stopped, and its tensors are gone; start another, useBackend(cpu())');
      }
    }
  });
});

describe('fallback backends, and strict', () => {
  test('belong to who chose them: another choice of the same backend elsewhere changes nothing', async () => {
    const plain = new PlainBackend();
    const x = await withinBoth();
    async function withinBoth(): Promise<Tensor> {
      await useBackend([plain, main]);
      return ones([2]);
    }
    const other = (async () => {
      await withBackend(plain, async () => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        await useBackend(plain, { strict: true });
        expect(currentBackend()).toBe(plain);
        expect(() => sub(x, x)).toThrow('it was chosen with { strict: true }');
      });
    })();
    expect(sub(x, x).toArray()).toEqual([0, 0]);
    await other;
    expect(sub(x, x).toArray()).toEqual([0, 0]);
    withBackend(plain, () => expect(() => sub(x, x)).toThrow('{ strict: true }'), { strict: true });
    expect(sub(x, x).toArray()).toEqual([0, 0]);
  });
});

describe('a device that cannot be waited for', () => {
  let device: Backend;
  beforeEach(async () => {
    device = new PlainBackend({ name: 'remote', canReadSync: false, kernels: [plainMul(() => {})] });
    await useBackend(device);
    await useBackend(main);
  });

  test('tensors move there at once, and away with await', async () => {
    const x = tensor([1, 2], { requiresGrad: true });
    const there = x.to(device);
    expect(there.backend).toBe(device);
    const back = await there.toAsync(main);
    expect([back.backend, back.toArray()]).toEqual([main, [1, 2]]);
    expect((await back.toAsync(main)).storage).toBe(back.storage);
    const leaf = await there.detach().toAsync(main);
    leaf.requiresGrad = true;
    leaf.square().sum().backward();
    expect(leaf.grad!.toArray()).toEqual([2, 4]);
  });

  test('what would have to be read at once says what to do', async () => {
    const x = tensor([1, 2], { requiresGrad: true });
    const there = x.to(device);
    expect(() => there.to(main)).toThrow(
      'to: the remote backend cannot wait for its device; use await tensor.toAsync(backend), and where it is a gradient that moves back, detach() the tensor before it moves',
    );
    expect(() => there.backward({ gradient: tensor([1, 1]).to(device) })).toThrow(
      'detach() the tensor before it moves',
    );
    await useBackend([device, main]);
    expect(() => sub(there, there)).toThrow(
      'sub: the remote backend has no kernel for it, and what is there cannot be read at once for another backend; add the kernel, or move the inputs first: await x.toAsync(backend)',
    );
    const unstarted = new PlainBackend({ name: 'other' });
    await expect(there.toAsync(unstarted)).rejects.toThrow('toAsync: the other backend is not started');
  });

  test('a gradient comes back to it from a device that can', async () => {
    const x = tensor([3, 4], { backend: device, requiresGrad: true });
    const y = await x.toAsync(main);
    y.square().sum().backward();
    expect(await x.grad!.data()).toEqual(new Float32Array([6, 8]));
  });

  test('a change while it is read is an error', async () => {
    const slow = new PlainBackend({ name: 'slow', canReadSync: false });
    const read = slow.read.bind(slow);
    slow.copy = (from, to) => void Object.assign(to, { values: (from as { values: Float32Array }).values.slice() });
    slow.read = async (handle, dtype, size, start) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      return read(handle as never, dtype, size, start);
    };
    await useBackend(slow);
    const [x, y] = [ones([2]), ones([2])];
    const moving = x.toAsync(main);
    x.assign(y);
    await expect(moving).rejects.toThrow('toAsync: the tensor was changed in place while it was read');

    const model = new Linear(2, 1);
    const weight = model.weight;
    const whole = model.to(main);
    weight.assign(ones([1, 2]));
    await expect(whole).rejects.toThrow('to: a parameter was changed while the model was moved');
    expect([model.weight === weight, weight.isFreed]).toEqual([true, false]);
  });

  test('a model moves there and back', async () => {
    const model = new Linear(3, 2);
    model.bias!.requiresGrad = false;
    const expected = model.parameters().map((value) => value.toArray());
    const former = model.weight;
    expect(await model.to(device)).toBe(model);
    expect([model.weight.backend, former.isFreed]).toEqual([device, true]);
    const { buffers: before } = await settledMemory();
    {
      using _ = scope();
      await model.to(main);
    }
    expect(memory().buffers).toBe(before);
    expect(model.parameters().map((value) => value.toArray())).toEqual(expected);
    expect(model.parameters().map(({ requiresGrad }) => requiresGrad)).toEqual([true, false]);
    await expect(model.to(new PlainBackend({ name: 'other' }))).rejects.toThrow('to: the other backend is not started');
    expect(model.weight.backend).toBe(main);
  });
});
