// What goes wrong, in one sentence each: everything that can be provoked without a GPU.

import { useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { GpuBackend, gpu } from '@dl/kernels-gpu';
import { describe, expect, test, vi } from 'vitest';
import { loadGpuJs, openGpuJs } from '../src/gpu-js.js';
import { program } from '../src/program.js';
import { textureSize } from '../src/texture-pool.js';

type Module = Parameters<typeof openGpuJs>[0];

/** gpu.js as it looks where OpenGL is not to be had. */
function withoutGl(initContext: () => null): Module {
  class HeadlessGLKernel {
    static isSupported = false;
    built = false;
  }
  Object.assign(HeadlessGLKernel.prototype, { initContext });
  return { GPU: class {}, HeadlessGLKernel } as unknown as Module;
}

describe('options', () => {
  test('are checked', () => {
    expect(() => gpu({ engine: 'webgpu' as never })).toThrow("gpu: engine is 'webgpu', needs 'webgl2' or 'headlessgl'");
    expect(() => gpu({ maxBytes: 10 })).toThrow('gpu: maxBytes is 10, needs 1048576 (1 MiB) or more');
    expect(() => gpu({ scratchBytes: 10 })).toThrow('gpu: scratchBytes is 10, needs 65536 (64 KiB) or more');
    expect(() => gpu({ scratchBytes: Number.NaN })).toThrow('gpu: scratchBytes is NaN, needs a number');
    expect(() => gpu({ threshold: -1 })).toThrow('gpu: threshold is -1, needs a number of elements of at least 0');
    expect(() => gpu({ language: 'wgsl' as never })).toThrow("gpu: language is 'wgsl', needs 'glsl' or 'gpu.js'");
    expect(() => gpu({ auto: 0 })).toThrow('gpu: auto is 0, needs a number of elements of at least 1');
  });

  test('the engine is that of the place', () => {
    expect(gpu().engine).toBe('headlessgl');
    expect(gpu().info().details).toEqual({ state: 'not started' });
  });
});

describe('gpu.js', () => {
  test('absent: says what to install', async () => {
    vi.doMock('gpu.js', () => {
      throw new Error('Cannot find package');
    });
    await expect(loadGpuJs('headlessgl')).rejects.toThrow(
      /^gpu: the package gpu\.js cannot be loaded \(.*\); install it: npm install gpu\.js@2$/,
    );
    vi.doUnmock('gpu.js');
  });

  test('of another version', () => {
    expect(() => openGpuJs({}, 'headlessgl')).toThrow(
      'gpu: the package gpu.js is of another version, without the kernels needed here; install gpu.js@2, 2.24.1 or newer',
    );
  });

  test('gl not built, and no display', () => {
    const missing = withoutGl(() => {
      throw new TypeError('getContext is not a function');
    });
    expect(() => openGpuJs(missing, 'headlessgl')).toThrow(
      'gpu: the package gl is not installed, or was not built; install it (npm install gl;',
    );
    expect(() =>
      openGpuJs(
        withoutGl(() => null),
        'headlessgl',
      ),
    ).toThrow('gpu: OpenGL finds no display; set DISPLAY, or run the program under xvfb-run -a');
  });

  test('no WebGL 2: in Node there is none', async () => {
    await expect(useBackend(gpu({ engine: 'webgl2' }))).rejects.toThrow(
      'gpu: there is no WebGL 2 here; use a browser with WebGL 2 and hardware acceleration turned on',
    );
  });

  test('a kernel of another engine than was asked for is refused', () => {
    class HeadlessGLKernel {
      static isSupported = true;
      built = false;
    }
    class WebAssemblyKernel {}
    const module = {
      GPU: class {
        createKernel() {
          return { kernel: new WebAssemblyKernel() };
        }
      },
      HeadlessGLKernel,
    } as unknown as Module;
    expect(() => openGpuJs(module, 'headlessgl').createKernels()('', {} as never)).toThrow(
      'gpu: asked for headlessgl, gpu.js would run on WebAssemblyKernel; install it',
    );
  });

  test('a kernel of a form that is not known is refused', () => {
    class HeadlessGLKernel {
      static isSupported = true;
      execute = (): void => undefined;
    }
    const module = {
      GPU: class {
        createKernel() {
          return { kernel: new HeadlessGLKernel() };
        }
      },
      HeadlessGLKernel,
    } as unknown as Module;
    expect(() => openGpuJs(module, 'headlessgl').createKernels()('', {} as never)).toThrow(
      'gpu: this gpu.js has kernels of another form; install gpu.js@2, 2.24.1 or newer',
    );
  });
});

test('where there is no GPU, the next backend is chosen and the reason kept', async () => {
  const backend = await useBackend([gpu({ engine: 'webgl2' }), cpu()]);
  expect(backend.info()).toMatchObject({
    name: 'cpu',
    passedOver: [{ name: 'gpu', reason: expect.stringContaining('WebGL 2') }],
  });
});

test('a backend that is not started says so', () => {
  expect(() => new GpuBackend().device).toThrow(
    'gpu: the backend is not started; pass it to useBackend and await that',
  );
});

test('too many textures for a kernel, and a name that gpu.js would change', () => {
  const textures = Array.from({ length: 16 }, (_, i) => `x${i}`);
  expect(() => program('sum16', { textures }, 'return x0[0];')).toThrow(
    'gpu: the kernel sum16 takes 16 textures, and gpu.js can pass 15; run it in steps of fewer inputs',
  );
  expect(() => program('odd', { textures: ['my_x'] }, '')).toThrow(
    'gpu: the kernel odd names an argument my_x; use letters and digits',
  );
});

test('textures are about square, as wide as a power of two, and have a largest size', () => {
  expect(textureSize(0, 8192)).toEqual([1, 1]);
  expect(textureSize(1, 8192)).toEqual([1, 1]);
  expect(textureSize(2, 8192)).toEqual([2, 1]);
  expect(textureSize(3, 8192)).toEqual([2, 2]);
  expect(textureSize(5, 8192)).toEqual([4, 2]);
  expect(textureSize(4096, 8192)).toEqual([64, 64]);
  expect(textureSize(4097, 8192)).toEqual([128, 33]);
  expect(textureSize(4096 * 8192, 8192)).toEqual([4096, 8192]);
  expect(() => textureSize(4096 * 8192 + 1, 8192)).toThrow(
    "out of memory: a tensor of 134217732 elements does not fit into one texture; the device's limit is 4096x8192 texels of 4.",
  );
});
