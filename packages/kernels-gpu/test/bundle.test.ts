// A production bundle: minified by Vite, run under a strict content security policy, with one kernel of each family.

import { fileURLToPath } from 'node:url';
import { type KernelEntry, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose } from '@dl/testing';
import { afterAll, describe, expect, test } from 'vitest';
import { findChromium } from '../../../tools/vitest/chromium.js';
import { bundleByVite, closePages, openPage } from '../../../tools/vitest/production.js';
import { kernelFamilies } from '../src/kernels/index.js';
import { readableKernels } from '../src/readable/index.js';
import { families } from './bundle/families.js';

const executablePath = findChromium();

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
  afterAll(closePages);

  test('the kernels give the same numbers, under a policy that forbids eval', async () => {
    const files = await bundle('with-gpu');
    const answer = (await openPage((name) => files.get(name), { policy })).answer as Answer;
    expect(answer).not.toHaveProperty('error');
    expect(answer.engine).toBe('webgl2');
    // A kernel of each family that there is.
    for (const [family, kernels] of Object.entries<readonly KernelEntry[]>(kernelFamilies)) {
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
