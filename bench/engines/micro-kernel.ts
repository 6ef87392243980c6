// The innermost loop of our matrix product alone, on panels that stay in the first-level cache: the most that a product
// on one thread can reach. It does as many multiplications as the workload needs and computes nothing of use.

import type { Workload } from '../workloads/workload.js';
import type { Engine, Prepared } from './engine.js';

export interface MicroKernel {
  readonly name: string;
  /** Rows and columns of its tile. */
  readonly rows: number;
  readonly columns: number;
  /** How deep the panels are. */
  readonly depth: number;
}

/**
 * @param wasm the module that `run/micro-kernel.ts` compiles, in base64.
 * @param kernels what it exports.
 * @param missing why there is no such module.
 */
export function microKernel(wasm: string, kernels: readonly MicroKernel[], missing?: string): Engine {
  let best: MicroKernel;
  let exported: Readonly<Record<string, (count: number) => void>>;
  return {
    name: 'micro-kernel',

    async start() {
      if (missing !== undefined) throw new Error(missing);
      const module = await WebAssembly.compile(Buffer.from(wasm, 'base64'));
      exported = (await WebAssembly.instantiate(module, {})).exports as typeof exported;
      best = fastest(kernels, exported);
      return `${best.rows}x${best.columns}, the best of ${kernels.map(({ rows, columns }) => `${rows}x${columns}`).join(', ')}`;
    },

    handles: ({ flops }) => flops !== undefined,

    prepare({ flops }: Workload): Prepared {
      const tiles = Math.max(1, Math.round(flops! / flopsOf(best)));
      const run = exported[best.name]!;
      return {
        run(count) {
          for (let i = 0; i < count; i++) run(tiles);
        },
        results: async () => [],
        dispose: () => undefined,
      };
    },
  };
}

const flopsOf = ({ rows, columns, depth }: MicroKernel): number => 2 * rows * columns * depth;

/** In turns, and by the best of them, so that neither compilation in the background nor other programs decide. */
function fastest(
  kernels: readonly MicroKernel[],
  exported: Readonly<Record<string, (count: number) => void>>,
): MicroKernel {
  const [tiles, rounds] = [10_000, 20];
  const rates = kernels.map(() => 0);
  for (let round = 0; round < rounds; round++) {
    for (const [i, kernel] of kernels.entries()) {
      const start = performance.now();
      exported[kernel.name]!(tiles);
      rates[i] = Math.max(rates[i]!, (flopsOf(kernel) * tiles) / (performance.now() - start));
    }
  }
  return kernels[rates.indexOf(Math.max(...rates))]!;
}
