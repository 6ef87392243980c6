// Compiles assembly/ for both instruction sets into src/wasm/*.generated.ts. Run it after a change there:
// npm run pnpm -- --filter @dl/kernels-cpu build:wasm

import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { main } from 'assemblyscript/asc';
import { microKernels } from './micro-kernel.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

const builds = {
  simd: { what: 'SIMD', flags: ['--enable', 'simd'] },
  relaxed: { what: 'relaxed SIMD', flags: ['--enable', 'simd', '--enable', 'relaxed-simd'] },
} as const;

/** The generated files by their place in the package, as they should be. */
export async function generatedFiles(): Promise<Map<string, string>> {
  const micro = microKernels();
  const files = new Map([['assembly/micro-kernel.generated.ts', micro]]);
  for (const [name, { what, flags }] of Object.entries(builds)) {
    const base64 = Buffer.from(await compile(micro, flags)).toString('base64');
    const text = `// Written by scripts/build-wasm.ts: the kernels of assembly/ for WebAssembly with ${what}.\n\nexport const ${name}Bytes =\n  '${base64}';\n`;
    files.set(`src/wasm/${name}.generated.ts`, text);
  }
  return files;
}

async function compile(micro: string, flags: readonly string[]): Promise<Uint8Array> {
  let binary: Uint8Array | undefined;
  const { error, stderr } = await main(
    [
      'assembly/index.ts',
      ...['--outFile', 'kernels.wasm', '-O3', '--noAssert', '--runtime', 'stub', '--importMemory'],
      // Static data lies in the first page, which the heap leaves alone.
      ...['--memoryBase', '1024', '--enable', 'bulk-memory', ...flags],
    ],
    {
      readFile: (name) => {
        if (name === 'assembly/micro-kernel.generated.ts') return micro;
        try {
          return readFileSync(join(root, name), 'utf8');
        } catch {
          return null;
        }
      },
      writeFile: (_, contents) => {
        if (typeof contents !== 'string') binary = contents;
      },
      listFiles: () => [],
    },
  );
  if (error !== null || binary === undefined) throw new Error(`asc: ${error?.message ?? 'no output'}\n${stderr}`);
  return binary;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [file, text] of await generatedFiles()) writeFileSync(join(root, file), text);
}
