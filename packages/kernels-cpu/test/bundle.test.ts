// Bundles for production: what is loaded, when, under which policy, and how much it weighs.

import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { assertAllClose } from '@dl/testing';
import { build, type Metafile, transform } from 'esbuild';
import { afterAll, describe, expect, test } from 'vitest';
import { findChromium } from '../../../tools/vitest/chromium.js';
import { bundleByVite, closePages, openPage, type Page } from '../../../tools/vitest/production.js';
import { sourceCondition } from '../../../tools/vitest/source.js';
import { type Steps, steps } from './bundle/steps.js';

const pathOf = (name: string): string => fileURLToPath(new URL(`bundle/${name}.ts`, import.meta.url));

interface Bundle {
  readonly outputs: Metafile['outputs'];
  readonly textOf: (file: string) => string;
}

/** By esbuild, as a package's user would: no option but those that make files of it. */
async function bundle(entry: { readonly file: string } | { readonly code: string }): Promise<Bundle> {
  const { metafile, outputFiles } = await build({
    ...('file' in entry
      ? { entryPoints: { page: entry.file } }
      : { stdin: { contents: entry.code, resolveDir: fileURLToPath(new URL('.', import.meta.url)) } }),
    bundle: true,
    splitting: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    target: 'es2022',
    outdir: '/',
    absWorkingDir: '/',
    conditions: [sourceCondition],
    external: ['node:*'],
    logLevel: 'silent',
  });
  const texts = new Map(outputFiles.map(({ path, text }) => [path.slice(1), text]));
  return { outputs: metafile.outputs, textOf: (file) => texts.get(file)! };
}

/** A file with all that it imports at once. */
function withImports(outputs: Metafile['outputs'], file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const { path, kind } of outputs[file]!.imports)
    if (kind === 'import-statement') withImports(outputs, path, seen);
  return seen;
}

const kilobytes = ({ textOf }: Bundle, files: Iterable<string>): number =>
  [...files].reduce((sum, file) => sum + gzipSync(textOf(file)).length, 0) / 1000;

describe('weight', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const rows = {
    first: 'one layer (`@dl/layers`, `@dl/autograd`, `@dl/kernels-cpu`): the first file',
    kernels: 'then, at the start: the memory and the kernels',
    binary: 'beside it, where WebAssembly runs: the one binary that runs',
  };
  const written = (what: string): number => {
    const row = readme.split('\n').find((line) => line.startsWith(`| ${what} |`));
    return Number(/\| (\d+) kB \|$/.exec(row ?? '')?.[1]);
  };
  /** What the README says: never less than it is, and not much more. */
  const expectAsWritten = (what: string, found: number): void => {
    expect(found, `${what}, in kB, of ${written(what)} in the README`).toBeLessThanOrEqual(written(what));
    expect(found, `${what}, in kB, of ${written(what)} in the README`).toBeGreaterThan(0.85 * written(what));
  };

  test('one layer: a first file of at most 75 kB without any kernel, then the kernels and one binary', async () => {
    const all = await bundle({ file: pathOf('one-layer') });
    const { outputs } = all;
    const entry = Object.keys(outputs).find((file) => outputs[file]!.entryPoint?.endsWith('one-layer.ts'))!;
    const first = withImports(outputs, entry);
    const having = (input: string): string =>
      Object.keys(outputs).find((file) => Object.keys(outputs[file]!.inputs).some((name) => name.endsWith(input)))!;
    const binaries = ['simd', 'relaxed'].map((name) => having(`kernels-cpu/src/wasm/${name}.generated.ts`));
    const kernels = having('kernels-cpu/src/wasm/index.ts');
    for (const input of ['heap.ts', 'typescript/matmul.ts', 'wasm/matmul.ts'])
      expect(having(`kernels-cpu/src/${input}`)).toBe(kernels);
    // Each is a file of its own, which nothing imports at once, and which imports nothing that is not there.
    expect(new Set([kernels, ...binaries]).size).toBe(3);
    for (const file of [kernels, ...binaries]) {
      expect(first).not.toContain(file);
      expect([...withImports(outputs, file)].filter((each) => !first.has(each))).toEqual([file]);
    }

    const weight = kilobytes(all, first);
    expect(weight).toBeLessThanOrEqual(75);
    expectAsWritten(rows.first, weight);
    expectAsWritten(rows.kernels, kilobytes(all, [kernels]));
    for (const file of binaries) expectAsWritten(rows.binary, kilobytes(all, [file]));
  });

  test('the README of all says the same', () => {
    const text = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8').replaceAll('\n', ' ');
    const [, first, later] = /one layer has (\d+) kB, and (\d+) kB of kernels/.exec(text)!;
    expect([first, later].map(Number)).toEqual([written(rows.first), written(rows.kernels) + written(rows.binary)]);
  });

  test('what is not used is not there', async () => {
    const alone = await bundle({
      code: "import { tensor, useBackend } from '@dl/autograd'; console.log(tensor, useBackend);",
    });
    expectAsWritten(
      '`@dl/autograd` alone: tensors with all their methods',
      kilobytes(alone, Object.keys(alone.outputs)),
    );
    // Functions that are no methods, such as attention with all of its gradients.
    const all = (bundle: Bundle): string => Object.keys(bundle.outputs).map(bundle.textOf).join('');
    for (const name of ['scaledDotProductAttention', 'elmanSequence', 'gruSequence', 'lstmSequence'])
      expect(all(alone)).not.toContain(name);
    const user = await bundle({
      code: "import { scaledDotProductAttention } from '@dl/autograd'; console.log(scaledDotProductAttention);",
    });
    expect(all(user)).toContain('scaledDotProductAttention');
    for (const name of ['autograd', 'layers', 'kernels-cpu', 'rnn', 'attention', 'lm']) {
      const nothing = await bundle({ code: `import '@dl/${name}';` });
      expect(kilobytes(nothing, withImports(nothing.outputs, 'stdin.js')), name).toBeLessThan(0.1);
    }
  });
});

describe.skipIf(findChromium() === undefined)('in a page', () => {
  afterAll(closePages);

  const expectSteps = async (answer: unknown, expected: Partial<Steps>): Promise<void> => {
    expect(answer).toMatchObject(expected);
    const { values } = await steps({ engine: 'typescript' });
    assertAllClose((answer as Steps).values, values, { rtol: 1e-4, atol: 1e-5 });
  };
  const binaries = (page: Page): string[] => page.loaded.filter((name) => /(simd|relaxed)\.generated/.test(name));

  test.each(['Vite', 'esbuild'])(
    'made by %s, under a strict policy: WebAssembly runs, from one binary',
    async (bundler) => {
      let read: (name: string) => string | undefined;
      if (bundler === 'Vite') {
        const files = await bundleByVite(pathOf('page'));
        read = (name) => files.get(name);
      } else read = (await bundle({ file: pathOf('page') })).textOf;
      const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'";
      const page = await openPage(read, { policy });
      await expectSteps(page.answer, { engine: 'wasm relaxed-simd' });
      expect(binaries(page)).toEqual([expect.stringContaining('relaxed.generated')]);

      // Without the word for it in the policy, nothing of it is loaded.
      const forbidden = await openPage(read, { policy: "default-src 'none'; script-src 'self'" });
      const whyTypescript = expect.stringMatching(/^WebAssembly did not start: .*Content Security Policy/);
      await expectSteps(forbidden.answer, {
        engine: 'typescript',
        details: expect.objectContaining({ whyTypescript }),
      });
      expect(binaries(forbidden)).toEqual([]);

      // The same files in a worker.
      const html = `<!doctype html><script type="module" src="/start.js"></script>`;
      const start = `globalThis.answer = new Promise((resolve) => {
        new Worker('/page.js', { type: 'module' }).onmessage = ({ data }) => resolve(data);
      });`;
      const withWorker = (name: string): string | undefined => (name === 'start.js' ? start : read(name));
      await expectSteps((await openPage(withWorker, { policy, html })).answer, { engine: 'wasm relaxed-simd' });
    },
    120_000,
  );

  test('threads take a policy that allows workers from text; else there is one, and the reason', async () => {
    const { textOf } = await bundle({ file: pathOf('page') });
    const scripts = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'";
    const allowed = await openPage(textOf, { policy: `${scripts}; worker-src blob:`, isIsolated: true });
    const threads = availableParallelism();
    const all = threads === 1 ? 'wasm relaxed-simd' : `wasm relaxed-simd, ${threads} threads`;
    await expectSteps(allowed.answer, { engine: all });
    const refused = await openPage(textOf, { policy: scripts, isIsolated: true });
    const whyOneThread = expect.stringMatching(/^workers did not start: ./);
    await expectSteps(refused.answer, {
      engine: 'wasm relaxed-simd',
      ...(threads > 1 && { details: expect.objectContaining({ whyOneThread }) }),
    });
  });

  test('without any bundler, by path', async () => {
    const imports = Object.fromEntries(
      ['autograd', 'kernels-cpu', 'layers', 'optim'].map((name) => [`@dl/${name}`, `/packages/${name}/src/index.js`]),
    );
    const html = `<!doctype html><script type="importmap">${JSON.stringify({ imports })}</script>
      <script type="module" src="/packages/kernels-cpu/test/bundle/page.js"></script>`;
    const root = new URL('../../../', import.meta.url);
    const read = async (name: string): Promise<string | undefined> => {
      try {
        const source = await readFile(new URL(name.replace(/\.js$/, '.ts'), root), 'utf8');
        return (await transform(source, { loader: 'ts', target: 'es2022' })).code;
      } catch {
        return undefined;
      }
    };
    const page = await openPage(read, { html });
    await expectSteps(page.answer, { engine: 'wasm relaxed-simd' });
    expect(binaries(page)).toEqual([expect.stringContaining('relaxed.generated')]);
  });
});
