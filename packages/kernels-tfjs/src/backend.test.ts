// What goes wrong says so: no backend, one that does not start, one that is gone, another version; and conversions.

import { exp, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import '../test/backends.js';
import { fromTfjs, tfjs, tfjsKernel, toTfjs } from './index.js';

const fallback = cpu();

/** A backend of TensorFlow.js for one test, with the CPU's data and kernels under another name. */
function register(name: string, factory = tf.findBackendFactory('cpu')): void {
  tf.registerBackend(name, factory, 0);
  tf.copyRegisteredKernels('cpu', name);
}

beforeEach(() => {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
});
afterEach(async () => {
  vi.restoreAllMocks();
  await tf.setBackend('cpu');
});

describe('start', () => {
  test('takes the current backend of TensorFlow.js, or the one that is named', async () => {
    await tf.setBackend('wasm');
    expect((await useBackend(tfjs())).info().engine).toBe('tfjs wasm 4.22.0');
    expect((await useBackend(tfjs({ backend: 'cpu' }))).info().engine).toBe('tfjs cpu 4.22.0');
    expect(tf.getBackend()).toBe('cpu');
  });

  test('stays with it when TensorFlow.js goes on with another', async () => {
    const backend = await useBackend(tfjs({ backend: 'wasm' }));
    const x = tensor([1, 2]);
    await tf.setBackend('cpu');
    const before = tf.engine().registry['wasm']!.numDataIds();
    expect(x.mul(3).toArray()).toEqual([3, 6]);
    expect(tf.engine().registry['wasm']!.numDataIds()).toBe(before + 2);
    expect(backend.info().engine).toBe('tfjs wasm 4.22.0');
  });

  test('without any backend, or without the one that is named, says what to import', async () => {
    await expect(useBackend(tfjs({ backend: 'webgl' }))).rejects.toThrow(
      "tfjs: TensorFlow.js has no backend 'webgl', only cpu, wasm; import the package that brings it before useBackend",
    );
    vi.spyOn(tf.engine(), 'backendNames').mockReturnValue([]);
    await expect(useBackend(tfjs())).rejects.toThrow(
      'tfjs: TensorFlow.js has no backend; install one and import it before useBackend, for example @tensorflow/tfjs-backend-wasm',
    );
    // With another backend to turn to, that is the reason why it was passed over.
    const chosen = await useBackend([tfjs(), fallback]);
    expect(chosen.info()).toMatchObject({ name: 'cpu', passedOver: [{ name: 'tfjs', reason: expect.any(String) }] });
  });

  test.each([
    ['throws', () => Promise.reject(new Error('no device'))],
    [
      'throws at once',
      () => {
        throw new Error('no device');
      },
    ],
  ])('with a backend that %s, says which did not start', async (_, factory) => {
    register('broken', factory as () => Promise<tf.KernelBackend>);
    try {
      await expect(useBackend(tfjs({ backend: 'broken' }))).rejects.toThrow(
        "useBackend: no backend can run here (tfjs: the backend 'broken' did not start, and TensorFlow.js has printed why; mend that, or use another)",
      );
      expect(console.warn).toHaveBeenCalledWith(expect.stringContaining('no device'));
    } finally {
      tf.removeBackend('broken');
    }
  });

  test('with another major version of TensorFlow.js, says which it needs', async () => {
    vi.resetModules();
    vi.doMock('@tensorflow/tfjs-core', async (original) => ({ ...(await original<object>()), version_core: '5.1.0' }));
    try {
      const [autograd, here] = [await import('@dl/autograd'), await import('./index.js')];
      await expect(autograd.useBackend(here.tfjs())).rejects.toThrow(
        'tfjs: @tensorflow/tfjs-core is version 5.1.0, needs 4; install @tensorflow/tfjs-core@4 and backends of that version',
      );
    } finally {
      vi.doUnmock('@tensorflow/tfjs-core');
      vi.resetModules();
    }
  });
});

describe('a backend that was removed', () => {
  test('says so on every use of its tensors, and freeing them is no error', async () => {
    register('short-lived');
    const { numTensors } = tf.memory();
    await useBackend(tfjs({ backend: 'short-lived' }));
    const x = tensor([1, 2]);
    tf.removeBackend('short-lived');
    const gone =
      "tfjs: the 'short-lived' backend of TensorFlow.js was removed or reset, and its tensors with it; start anew with useBackend(tfjs())";
    for (const use of [() => x.exp(), () => x.dataSync(), () => tensor([1]), () => toTfjs(x), () => x.clone()])
      expect(use).toThrow(gone);
    await expect(x.data()).rejects.toThrow(gone);
    x.dispose();
    await tf.setBackend('cpu');
    await useBackend(tfjs());
    expect(tensor([1, 2]).exp().sum().item()).toBeCloseTo(Math.E + Math.E ** 2, 5);
    expect(tf.memory().numTensors).toBeGreaterThan(numTensors);
  });
});

describe('conversions', () => {
  test.each(['cpu', 'wasm'])('share the data on %s, and each side has its own life', async (name) => {
    await tf.setBackend(name);
    await useBackend(tfjs());
    const device = tf.engine().registry[name]!;
    const before = { ...tf.memory(), ids: device.numDataIds() };

    const theirs = tf.tensor2d([[1, 2, 3], [4, 5, 6]]); // biome-ignore format: as a matrix
    const x = fromTfjs(theirs);
    expect([x.shape, x.dtype]).toEqual([[2, 3], 'float32']);
    expect(device.numDataIds()).toBe(before.ids + 1);
    theirs.dispose();
    expect(x.toArray()).toEqual([[1, 2, 3], [4, 5, 6]]); // biome-ignore format: as a matrix

    const back = tf.tidy(() => toTfjs(x.reshape([3, 2])));
    expect(device.numDataIds()).toBe(before.ids + 1);
    x.dispose();
    expect(back.arraySync()).toEqual([[1, 2], [3, 4], [5, 6]]); // biome-ignore format: as a matrix
    expect(tf.sum(tf.add(back, 1)).dataSync()[0]).toBe(27);
    back.dispose();
  });

  test('an assignment leaves the tensor of TensorFlow.js as it was', async () => {
    await useBackend(tfjs({ backend: 'cpu' }));
    const x = tensor([1, 2]);
    const theirs = toTfjs(x);
    x.assign(tensor([8, 9]));
    expect([...theirs.dataSync()]).toEqual([1, 2]);
    expect(x.toArray()).toEqual([8, 9]);
    theirs.dispose();
  });

  test('a tf.tidy around everything takes nothing of ours away', async () => {
    await useBackend(tfjs({ backend: 'cpu' }));
    const x = tensor([1, 2]);
    let y = x;
    tf.tidy(() => {
      y = x.mul(2);
    });
    expect(y.toArray()).toEqual([2, 4]);
  });

  test('copies between devices', async () => {
    await tf.setBackend('cpu');
    const theirs = tf.tensor1d([1, 2], 'int32');
    await useBackend([tfjs({ backend: 'wasm' }), fallback]);
    expect(fromTfjs(theirs).toArray()).toEqual([1, 2]);
    const there = tensor([true, false], { backend: fallback });
    const copy = toTfjs(there);
    expect([copy.dtype, copy.arraySync()]).toEqual(['bool', [1, 0]]);
    tf.dispose([theirs, copy]);
  });

  test('of what cannot be converted, say why', async () => {
    const backend = await useBackend([tfjs({ backend: 'cpu' }), fallback]);
    const disposed = tf.tensor1d([1]);
    disposed.dispose();
    expect(() => fromTfjs(disposed)).toThrow('fromTfjs: the tensor was disposed of; convert it before');
    expect(() => fromTfjs(tf.tensor1d(['a']))).toThrow('fromTfjs: the tensor is string, needs float32, int32 or bool');
    expect(() => fromTfjs(new Float32Array(1) as never)).toThrow('fromTfjs: got no tensor of TensorFlow.js');
    expect(() => toTfjs(tensor([1], { dtype: 'float64', backend: fallback }))).toThrow(
      'toTfjs: the tensor is float64, which TensorFlow.js lacks; cast to float32',
    );
    expect(() => tensor([1], { dtype: 'float64' })).toThrow('the tfjs backend has no float64 tensors');
    expect(backend.supports('float64')).toBe(false);
    await useBackend(fallback);
    expect(() => fromTfjs(tf.tensor1d([1]))).toThrow(
      'fromTfjs: the backend in use is cpu; choose tfjs() with useBackend, or pass one as { backend }',
    );
  });
});

describe('kernels of your own', () => {
  test('are checked: what they return, and what they call', async () => {
    const wrong = tfjsKernel(exp, ['Greater'], ({ x }, _, run) => run.call('Greater', { a: x, b: x }));
    await useBackend(tfjs({ backend: 'cpu', kernels: [wrong] }));
    const before = tf.engine().registry['cpu']!.numDataIds();
    const x = tensor([1]);
    expect(() => x.exp()).toThrow('tfjs: a kernel returned bool [1] where float32 [1] is due; correct the kernel');
    expect(tf.engine().registry['cpu']!.numDataIds()).toBe(before + 1);
    const undeclared = tfjsKernel(exp, [], ({ x }, _, run) => run.call('Exponential', { x }));
    await useBackend(tfjs({ backend: 'cpu', kernels: [undeclared] }));
    expect(() => tensor([1]).exp()).toThrow("the 'cpu' backend of TensorFlow.js has no kernel 'Exponential'");
  });
});

test('an index out of range is an error, not another number', async () => {
  await useBackend([tfjs({ backend: 'wasm' }), fallback]);
  const x = tensor([1, 2, 3]);
  expect(() => x.gather(0, tensor([3], { dtype: 'int32' }))).toThrow(
    'gather: index 3 at position 0 is out of range; the axis has 3 elements, so needs 0 to 2',
  );
  expect(() => x.indexSelect(0, tensor([0, -1], { dtype: 'int32' }))).toThrow('indexSelect: index -1 at position 1');
});

test('the kernels of TensorFlow.js that count as missing are still wrong', async () => {
  await tf.setBackend('cpu');
  const passedOver = tf.maxPoolWithArgmax(tf.tensor4d([1, Number.NaN, 5, 6], [1, 2, 2, 1]), 2, 2, 'valid');
  expect(passedOver.result!.dataSync()[0], 'it is right now: take it out of WRONG in device.ts').not.toBeNaN();
  await tf.setBackend('wasm');
  const { result } = tf.maxPoolWithArgmax(tf.tensor4d([-3, -2, -5, -4], [1, 2, 2, 1]), 2, 2, 'valid');
  expect(result!.dataSync()[0], 'it is right now: take it out of WRONG in device.ts').not.toBe(-2);
});
