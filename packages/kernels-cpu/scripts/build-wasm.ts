// Compiles assembly/ for both instruction sets, and the worker that runs it, into src/wasm/**/*.generated.ts. Run it after
// a change there: npm run pnpm -- --filter @dl/kernels-cpu build:wasm

import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { main } from 'assemblyscript/asc';
import { build } from 'esbuild';
import { textOf } from '../src/wasm/binary.js';
import { microKernels } from './micro-kernel.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

const builds = {
  simd: { what: 'SIMD', flags: ['--enable', 'simd'] },
  relaxed: { what: 'relaxed SIMD', flags: ['--enable', 'simd', '--enable', 'relaxed-simd'] },
} as const;

export type Build = keyof typeof builds;

/** The generated files by their place in the package, as they should be; of the binaries those that are asked for. */
export async function generatedFiles(
  wanted: readonly Build[] = Object.keys(builds) as Build[],
): Promise<Map<string, string>> {
  const micro = microKernels();
  const files = new Map([['assembly/micro-kernel.generated.ts', micro]]);
  for (const name of wanted) {
    const { what, flags } = builds[name];
    const binary = await compile(micro, flags);
    const { text, order } = textOf(binary);
    const module =
      `// Written by scripts/build-wasm.ts: the kernels of assembly/ for WebAssembly with ${what}.\n\n` +
      `import type { Binary } from './binary.js';\n\n` +
      `export const binary: Binary = {\n  text: '${text}',\n` +
      `  order:\n    '${order}',\n` +
      `  memoryKind: ${placeOfMemoryKind(binary)},\n};\n`;
    files.set(`src/wasm/${name}.generated.ts`, module);
  }
  files.set('src/wasm/threads/worker.generated.ts', await workerText());
  return files;
}

/** The import of the memory is written: 3 "env", 6 "memory", 2 for a memory, its kind, its sizes. */
function placeOfMemoryKind(binary: Uint8Array): number {
  const place = Buffer.from(binary).indexOf('\x03env\x06memory\x02\x01', 'latin1');
  if (place < 0) throw new Error('the binary imports no memory with a limit; give asc --importMemory --maximumMemory');
  return place + 12;
}

async function workerText(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'src/wasm/threads/worker.ts')],
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    target: 'es2022',
  });
  const text = JSON.stringify(outputFiles[0]!.text.trim());
  return `// Written by scripts/build-wasm.ts: worker.ts and what it imports, as text for a worker.\n\nexport const workerText =\n  ${text};\n`;
}

async function compile(micro: string, flags: readonly string[]): Promise<Uint8Array> {
  let binary: Uint8Array | undefined;
  const { error, stderr } = await main(
    [
      'assembly/index.ts',
      ...['--outFile', 'kernels.wasm', '-O3', '--noAssert', '--runtime', 'stub', '--importMemory'],
      // A memory that is shared has to have a limit: all that 32 bits can address.
      ...['--initialMemory', '1', '--maximumMemory', '65536'],
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
