// Places where something is missing or forbidden: a small network trains there to the same numbers, and what runs is told.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sourceCondition } from '../../../tools/vitest/source.js';
import type { Outcome } from './restricted/train.js';

const folder = mkdtempSync(join(tmpdir(), 'dl-restricted-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the program says under these flags of Node. */
async function run(flags: readonly string[], engine: 'typescript' | 'default'): Promise<Outcome> {
  const args = [...flags, join(folder, 'train.js'), engine];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 26 });
  return JSON.parse(stdout);
}

/** Code that runs before anything else does. */
const first = (code: string): string => `--import=data:text/javascript,${encodeURIComponent(code)}`;
const isKnown = (flag: string): boolean => process.allowedNodeEnvironmentFlags.has(flag.replace(/=.*/, ''));
const permission = ['--permission', '--experimental-permission'].find(isKnown)!;
const threads = availableParallelism();
const wasm = threads === 1 ? 'wasm relaxed-simd' : `wasm relaxed-simd, ${threads} threads`;

interface Place {
  readonly flags: readonly string[];
  /** What runs there by default. */
  readonly engine: string;
  readonly details?: Readonly<Record<string, string>>;
}

const places: Readonly<Record<string, Place>> = {
  'without a compiler, and so without WebAssembly': {
    flags: ['--jitless'],
    engine: 'typescript',
    details: { whyTypescript: 'there is no WebAssembly here' },
  },
  'where WebAssembly may not be compiled': {
    flags: [first('WebAssembly.compile = WebAssembly.Module = function () { throw new Error("forbidden here") };')],
    engine: 'typescript',
    details: { whyTypescript: 'WebAssembly did not start: forbidden here' },
  },
  'with frozen intrinsics': { flags: ['--frozen-intrinsics'], engine: wasm },
  'without trap handlers': { flags: ['--disable-wasm-trap-handler'], engine: wasm },
  'without code from strings': { flags: ['--disallow-code-generation-from-strings'], engine: wasm },
  'without __proto__': { flags: ['--disable-proto=throw'], engine: wasm },
  'without Atomics': {
    flags: [first('delete globalThis.Atomics')],
    engine: 'wasm relaxed-simd',
    details: threads === 1 ? {} : { whyOneThread: 'there are no Atomics here' },
  },
  'without SharedArrayBuffer': {
    flags: [first('delete globalThis.SharedArrayBuffer')],
    engine: 'wasm relaxed-simd',
    details: threads === 1 ? {} : { whyOneThread: 'there is no SharedArrayBuffer here' },
  },
  'without the permission to start workers': {
    flags: [permission, '--allow-fs-read=*'],
    engine: 'wasm relaxed-simd',
    details: threads === 1 ? {} : { whyOneThread: 'this process may not start workers (it needs --allow-worker)' },
  },
};

describe('the same program', () => {
  const usual: Record<'typescript' | 'default', Outcome> = { typescript: undefined!, default: undefined! };

  beforeAll(async () => {
    await build({
      entryPoints: [fileURLToPath(new URL('restricted/train.ts', import.meta.url))],
      outdir: folder,
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      conditions: [sourceCondition],
      logLevel: 'silent',
    });
    usual.typescript = await run([], 'typescript');
    usual.default = await run([], 'default');
  });

  test('learns, on both engines, which differ in the last digits at most', () => {
    const { typescript, default: fast } = usual;
    expect([typescript.engine, fast.engine]).toEqual(['typescript', wasm]);
    expect(typescript.losses.at(-2)).toBeLessThan(typescript.losses[0]!);
    expect(typescript.losses.at(-1)).toBe(2 ** 23);
    for (const [i, loss] of typescript.losses.entries()) expect(fast.losses[i]).toBeCloseTo(loss, 3);
  });

  for (const [place, { flags, engine, details = {} }] of Object.entries(places)) {
    test.skipIf(!flags.every(isKnown))(
      place,
      async () => {
        const [readable, byDefault] = await Promise.all([run(flags, 'typescript'), run(flags, 'default')]);
        expect(readable.engine).toBe('typescript');
        expect(readable.losses).toEqual(usual.typescript.losses);
        expect(readable.weights).toEqual(usual.typescript.weights);
        expect(readable.details).not.toHaveProperty('whyTypescript');
        expect(byDefault.engine).toBe(engine);
        expect(byDefault.details).toMatchObject(details);
        const same = usual[engine === 'typescript' ? 'typescript' : 'default'];
        expect(byDefault.losses).toEqual(same.losses);
        expect(byDefault.weights).toEqual(same.weights);
      },
      120_000,
    );
  }
});
