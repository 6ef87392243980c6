// A production bundle: minified by Vite, run under a strict content security policy, with one kernel of each family.

import { fileURLToPath } from 'node:url';
import { useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose } from '@dl/testing';
import { describe, expect, test } from 'vitest';
import { findChromium } from '../../../tools/vitest/chromium.js';
import { bundleByVite, openPage } from '../../../tools/vitest/production.js';
import { activationGradKernels } from '../src/kernels/activation-grads.js';
import { broadcastKernels } from '../src/kernels/broadcast.js';
import { conv2dKernels } from '../src/kernels/conv2d.js';
import { updateElementsKernel } from '../src/kernels/elements.js';
import { elementwiseKernels } from '../src/kernels/elementwise.js';
import { gpuKernels } from '../src/kernels/index.js';
import { indexingKernels } from '../src/kernels/indexing.js';
import { matmulKernels } from '../src/kernels/matmul.js';
import { moveKernels } from '../src/kernels/move.js';
import { optimKernels } from '../src/kernels/optim.js';
import { pool2dKernels } from '../src/kernels/pool2d.js';
import { reduceKernels } from '../src/kernels/reduce.js';
import { softmaxKernels } from '../src/kernels/softmax.js';
import { readableKernels } from '../src/readable/index.js';
import { families } from './bundle/families.js';

const executablePath = findChromium();

const kernelFamilies = {
  activationGradKernels,
  broadcastKernels,
  conv2dKernels,
  elementwiseKernels,
  indexingKernels,
  matmulKernels,
  moveKernels,
  optimKernels,
  updateElementsKernels: [updateElementsKernel],
  pool2dKernels,
  reduceKernels,
  softmaxKernels,
};

/** What the page with the GPU says. */
interface Answer {
  readonly engine: string;
  readonly values: Readonly<Record<string, readonly number[]>>;
  readonly ran: readonly string[];
}

const policy = "default-src 'none'; script-src 'self'";

/** As on the CPU. */
async function expectRight({ values: found }: Answer): Promise<void> {
  const expected = await families(await useBackend(cpu({ engine: 'typescript' })));
  expect(Object.keys(found)).toEqual(Object.keys(expected));
  for (const [name, values] of Object.entries(expected)) {
    try {
      assertAllClose(found[name]!, values, { rtol: 1e-5, atol: 1e-5 });
    } catch (error) {
      throw new Error(`${name}: ${(error as Error).message}`, { cause: error });
    }
  }
}

const bundle = (entry: string): Promise<ReadonlyMap<string, string>> =>
  bundleByVite(fileURLToPath(new URL(`bundle/${entry}.ts`, import.meta.url)));

describe.skipIf(executablePath === undefined)('bundled for production', () => {
  test('the kernels give the same numbers, under a policy that forbids eval', async () => {
    const files = await bundle('with-gpu');
    const answer = (await openPage((name) => files.get(name), { policy })).answer as Answer;
    expect(answer).not.toHaveProperty('error');
    expect(answer.engine).toBe('webgl2');
    // A kernel of each family that there is.
    expect(Object.values(kernelFamilies).flat()).toHaveLength(gpuKernels.length);
    for (const [family, kernels] of Object.entries(kernelFamilies)) {
      const ran = kernels.filter(({ op }) => answer.ran.includes(op.name));
      expect(ran, family).not.toEqual([]);
    }
    await expectRight(answer);
  });

  test('so do those in gpu.js’s language, which are texts that nothing shortens', async () => {
    const files = await bundle('with-gpu-js');
    const answer = (await openPage((name) => files.get(name), { policy })).answer as Answer & {
      readonly own: readonly number[];
      readonly shortened: string;
    };
    expect(answer).not.toHaveProperty('error');
    expect(answer.engine).toBe('webgl2, kernels in gpu.js');
    // A mean is a sum, scaled.
    const names = readableKernels.map(({ op }) => op.name).filter((name) => name !== 'mean');
    expect([...answer.ran].sort()).toEqual(names.sort());
    await expectRight(answer);
    expect(answer.own).toEqual([1, 20, 30]);
    expect(answer.shortened).toMatch(/the kernel own is a function of .* give the function as a text/);
  });

  test('without @dl/kernels-gpu there is nothing of gpu.js in it', async () => {
    const marks = /gl_FragData|createKernel|getVec4FromSampler2D/;
    const [without, having] = [await bundle('without-gpu'), await bundle('with-gpu')];
    expect([...having.values()].some((code) => marks.test(code))).toBe(true);
    expect([...without.values()].filter((code) => marks.test(code))).toEqual([]);
  });
});
