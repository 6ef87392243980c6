// Kernels in gpu.js's own language on WebGL 2, and the same texts in gpu.js's WebGPU mode.

import { useBackend } from '@dl/autograd';
import { assertAllClose } from '@dl/testing';
import * as gpuJs from 'gpu.js';
import { describe, expect, test } from 'vitest';
import { calls, gpuJsTests, record } from '../../test/gpu-js-tests.js';
import { gpu } from '../index.js';

const backend = gpu({ language: 'gpu.js' });
const fast = gpu();

describe('webgl2', () => gpuJsTests(backend, fast));

/** What its own types lack. */
interface WebGpuJs {
  readonly GPU: {
    new (settings: { readonly mode: 'webgpu' }): { createKernel(source: string, settings: object): WebGpuKernel };
    isWebGPUAvailable(): Promise<boolean>;
  };
  input(values: Float32Array, size: readonly number[]): unknown;
}

type WebGpuKernel = (...args: unknown[]) => Promise<readonly (readonly Float32Array[])[]>;

const { GPU, input } = gpuJs as unknown as WebGpuJs;
const hasWebGpu = await GPU.isWebGPUAvailable();

describe.skipIf(!hasWebGpu)('gpu.js in its WebGPU mode', () => {
  const webGpu = new GPU({ mode: 'webgpu' });

  test('gives what the same texts give by WebGL 2', async () => {
    await useBackend(backend);
    const names = new Set<string>();
    for (const [name, call] of Object.entries(calls)) {
      const runs = record(backend, call).filter(({ what }) => what.unit === 'element');
      expect(runs.length, name).toBeGreaterThan(0);
      for (const { what, inputs, ints, floats, views, output } of runs) {
        names.add(what.name);
        const kernel = webGpu.createKernel(what.source, {
          output: [...views!.out],
          constants: { ...what.constants },
          loopMaxIterations: 2 ** 24,
          argumentTypes: [
            ...what.textures.map(() => 'Input'),
            ...what.ints.map(() => 'Integer'),
            ...what.floats.map(() => 'Float'),
          ],
        });
        const seen = inputs.map((values, i) => input(values, views!.inputs[i]!));
        const made = await kernel(...seen, ...ints, ...floats);
        const found = made.flatMap((plane) => plane.flatMap((row) => Array.from(row)));
        try {
          assertAllClose(found, output, { rtol: 1e-5, atol: 1e-5 });
        } catch (error) {
          throw new Error(`${what.name}: ${(error as Error).message}`, { cause: error });
        }
      }
    }
    expect(names.size).toBeGreaterThan(15);
  });
});
