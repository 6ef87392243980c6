// The browser takes the device away: one clear error, then everything goes on, with what copies on the host hold.

import { crossEntropy, manualSeed, randn, scope, type Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Linear, Sequential, Tanh } from '@dl/layers';
import { SGD } from '@dl/optim';
import { afterEach, expect, test, vi } from 'vitest';
import { type GpuBackend, gpu } from './index.js';

const lost =
  'gpu: the device was lost (the browser took its WebGL context away), and every tensor on it. The next use makes a new one: ' +
  'load the weights from the last checkpoint, or keep copies with keepHostCopy(tensors) before, and go on.';

function takeAway(backend: GpuBackend): void {
  const extension = backend.device.gl.getExtension('WEBGL_lose_context');
  expect(extension).not.toBeNull();
  extension!.loseContext();
}

afterEach(() => vi.restoreAllMocks());

test('an op, a read and an upload say so once; then there is a new device', async () => {
  const backend = gpu();
  await useBackend(backend, { strict: true });
  for (const use of [
    (x: Tensor) => x.add(x),
    (x: Tensor) => x.dataSync(),
    () => tensor([1, 2]),
    (x: Tensor) => x.data(),
  ]) {
    using _ = scope();
    const x = tensor([1, 2, 3]);
    takeAway(backend);
    await expect((async () => use(x))()).rejects.toThrow(lost);
    expect(() => x.add(1)).toThrow(
      'gpu: a float32 tensor of 3 elements was lost with its device; make it anew, or load it from a checkpoint',
    );
    expect(tensor([1, 2, 3]).mul(2).toArray()).toEqual([2, 4, 6]);
  }
  expect(backend.info().details['timesLost']).toBe(4);
  expect(backend.info().details['textures']).toBe(0);
});

test('lost in the middle of a step: training goes on from the copies on the host', async () => {
  const backend = gpu();
  await useBackend(backend, { strict: true });
  using _ = scope();
  manualSeed(3);
  const model = new Sequential(new Linear(4, 8), new Tanh(), new Linear(8, 2));
  const optimizer = new SGD(model.parameters(), { lr: 0.5 });
  const images = new Float32Array(32).map((_, i) => Math.sin(i));
  const step = (whenMade: () => void = () => undefined): number => {
    using _step = scope();
    optimizer.zeroGrad();
    const logits = model.forward(tensor({ data: images, shape: [8, 4] }));
    whenMade();
    const loss = crossEntropy(logits, tensor([0, 1, 0, 1, 0, 1, 0, 1], { dtype: 'int32' }));
    loss.backward();
    optimizer.step();
    return loss.item();
  };
  for (let i = 0; i < 10; i++) step();
  await backend.keepHostCopy(model.parameters());
  const next = step();
  const nextButOne = step();
  expect(() => step(() => takeAway(backend))).toThrow(lost);
  // From the copies, the two steps are the same again.
  expect(step()).toBeCloseTo(next, 6);
  expect(step()).toBeCloseTo(nextButOne, 6);
});

test('copies of tensors that cannot be lost are refused', async () => {
  const backend = gpu();
  const other = cpu();
  await useBackend([backend, other]);
  using _ = scope();
  const host = randn([2]).to(other);
  await expect(backend.keepHostCopy([host])).rejects.toThrow(
    'keepHostCopy: a tensor lives on the cpu backend; only those on the gpu can be lost',
  );
});

test('a browser without WebGL 2, with less than 32 bits or with small textures: the CPU is chosen, and the reason kept', async () => {
  const getExtension = vi.spyOn(WebGL2RenderingContext.prototype, 'getExtension').mockReturnValue(null);
  await expect(useBackend(gpu())).rejects.toThrow(
    'this device draws with less than 32-bit floats (it lacks EXT_color_buffer_float)',
  );
  getExtension.mockRestore();
  // What is drawn comes back as nothing.
  const readPixels = vi.spyOn(WebGL2RenderingContext.prototype, 'readPixels').mockImplementation(() => undefined);
  await expect(useBackend(gpu())).rejects.toThrow(
    'this device computes with less than 32-bit floats (1 + 2^-23 - 1 gives 0; no error); use a browser with WebGL 2 and hardware',
  );
  readPixels.mockRestore();
  const { getParameter } = WebGL2RenderingContext.prototype;
  const small = vi.spyOn(WebGL2RenderingContext.prototype, 'getParameter').mockImplementation(function (
    this: WebGL2RenderingContext,
    name,
  ) {
    return name === this.MAX_TEXTURE_SIZE ? 2048 : getParameter.call(this, name);
  });
  await expect(useBackend(gpu())).rejects.toThrow(
    'this device has textures of at most 2048 a side, and 4096 are needed; use a browser with WebGL 2 and hardware',
  );
  small.mockRestore();
  vi.spyOn(OffscreenCanvas.prototype, 'getContext').mockReturnValue(null);
  const chosen = await useBackend([gpu(), cpu()]);
  expect(chosen.info()).toMatchObject({
    name: 'cpu',
    passedOver: [
      {
        name: 'gpu',
        reason: 'there is no WebGL 2 here; use a browser with WebGL 2 and hardware acceleration turned on',
      },
    ],
  });
});
