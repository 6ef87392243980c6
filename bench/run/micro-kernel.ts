// Compiles the micro-kernels of @dl/kernels-cpu alone, each in a loop, with the compiler and the options of that package.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { MicroKernel } from '../engines/micro-kernel.js';
import { benchFolder } from './paths.js';

const root = join(benchFolder, '..', 'packages', 'kernels-cpu');

/** As deep as the blocks of the product are. */
const DEPTH = 256;

interface Compiler {
  main(
    args: readonly string[],
    host: {
      readFile(name: string): string | null;
      writeFile(name: string, contents: string | Uint8Array): void;
      listFiles(): string[];
    },
  ): Promise<{ readonly error: Error | null }>;
}

export interface CompiledKernels {
  /** In base64. */
  readonly wasm: string;
  readonly kernels: readonly MicroKernel[];
}

/** The tiles of the build with relaxed SIMD, or a sentence that says why they could not be compiled. */
export async function compileMicroKernels(): Promise<CompiledKernels | string> {
  try {
    const generated = readFileSync(join(root, 'assembly', 'micro-kernel.generated.ts'), 'utf8');
    const kernels = [...generated.matchAll(/export function (micro(\d+)x(\d+))\(/g)].map(
      ([, name, rows, columns]): MicroKernel => ({
        name: name!,
        rows: Number(rows),
        columns: Number(columns),
        depth: DEPTH,
      }),
    );
    return { wasm: await compile(kernels), kernels };
  } catch (error) {
    return `micro-kernel: it could not be compiled alone: ${error instanceof Error ? error.message : String(error)}`;
  }
}

async function compile(kernels: readonly MicroKernel[]): Promise<string> {
  const compilerPath = join(root, 'node_modules', 'assemblyscript', 'dist', 'asc.js');
  const { main } = (await import(pathToFileURL(compilerPath).href)) as Compiler;
  let binary: Uint8Array | undefined;
  const { error } = await main(
    [
      'assembly/bench.ts',
      ...['--outFile', 'bench.wasm', '-O3', '--noAssert', '--runtime', 'stub', '--memoryBase', '131072'],
      ...['--initialMemory', '4', '--enable', 'bulk-memory', '--enable', 'simd', '--enable', 'relaxed-simd'],
    ],
    {
      readFile(name) {
        if (name === 'assembly/bench.ts') return entry(kernels);
        try {
          return readFileSync(join(root, name), 'utf8');
        } catch {
          return null;
        }
      },
      writeFile(_, contents) {
        if (typeof contents !== 'string') binary = contents;
      },
      listFiles: () => [],
    },
  );
  if (error !== null || binary === undefined) throw error ?? new Error('no output');
  return Buffer.from(binary).toString('base64');
}

/** Panels lie at these addresses of a memory of zeros; the tile that is written lies between. */
function entry(kernels: readonly MicroKernel[]): string {
  const [left, tile, right] = [1024, 32768, 65536];
  return [
    `import { ${kernels.map(({ name }) => `${name} as ${name}Once`).join(', ')} } from './micro-kernel.generated';`,
    ...kernels.map(
      ({ name, columns }) =>
        `export function ${name}(count: i32): void {
           for (let i = 0; i < count; i++) ${name}Once(${DEPTH}, ${left}, ${right}, ${tile}, ${4 * columns}, 512, false);
         }`,
    ),
  ].join('\n');
}
