// The generated files are those that the sources give, and small.

import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { generatedFiles } from '../scripts/build-wasm.js';

test.each(['simd', 'relaxed'] as const)('the kernels of %s in src/wasm are compiled from assembly/', async (name) => {
  const files = await generatedFiles([name]);
  expect(files).toHaveProperty('size', 3);
  for (const [file, text] of files) {
    const written = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
    const command = 'npm run pnpm -- --filter @dl/kernels-cpu build:wasm';
    expect(written === text, `${file} is out of date; write it anew: ${command}`).toBe(true);
    expect(gzipSync(text).length, file).toBeLessThan(150_000);
  }
});
