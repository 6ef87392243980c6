// useBackend([gpu(), cpu()]) in Node, with and without OpenGL: what is chosen, and what is printed.

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { headless } from './headless.js';

const { missing } = await headless();
const program = fileURLToPath(new URL('swap-program.ts', import.meta.url));

/** What the program prints, line by line. */
function run(env: NodeJS.ProcessEnv, ...flags: readonly string[]): string[] {
  const args = ['--conditions=@dl/source', '--import', 'tsx', ...flags, program];
  return execFileSync(process.execPath, args, { env, encoding: 'utf8' }).trim().split('\n');
}

// The versions of WebAssembly that the machine has.
const onTheCpu = /^cpu wasm /;

test.skipIf(missing !== undefined)('with OpenGL: the GPU', () => {
  expect(run(process.env)).toEqual(['gpu headlessgl', '14']);
});

test.skipIf(missing !== undefined)('without a display: the CPU, and why', () => {
  const { DISPLAY: _, ...env } = process.env;
  expect(run(env)).toEqual([
    'not gpu: OpenGL finds no display; set DISPLAY, or run the program under xvfb-run -a',
    expect.stringMatching(onTheCpu),
    '14',
  ]);
});

test('where gl was not built: the CPU, and why', () => {
  const withoutGl = `
    import module from 'node:module';
    const load = module._load;
    module._load = (name, ...rest) => {
      if (name === 'gl') throw new Error('not built');
      return load(name, ...rest);
    };`;
  expect(run(process.env, '--import', `data:text/javascript,${encodeURIComponent(withoutGl)}`)).toEqual([
    'not gpu: the package gl is not installed, or was not built; install it (npm install gl; it is built from source, ' +
      'and its README lists the system libraries), or use the CPU backend',
    expect.stringMatching(onTheCpu),
    '14',
  ]);
});
