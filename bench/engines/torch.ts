// PyTorch, in a Python process of its own that is asked to time so many calls, so that it takes turns with the others.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from './engine.js';
import { PythonProcess, preparePython } from './python.js';

/**
 * @param server the path of `torch_server.py`.
 * @param allocator `kept pages`, or the system's as it comes, which pays for each large result with page faults: a column
 * beside workloads whose time is memory's.
 */
export function torch(
  threads: number,
  python: string,
  server: string,
  allocator: 'kept pages' | 'default' = 'kept pages',
): Engine {
  const name = `torch ${threads} thread${threads === 1 ? '' : 's'}${allocator === 'default' ? ', default malloc' : ''}`;
  let child: PythonProcess;
  return {
    name,
    threads,

    async start() {
      const settings = {
        ...(allocator === 'kept pages' && keptPages),
        ...openMpBlas(),
        OPENBLAS_CORETYPE: undefined,
        OPENBLAS_L2_SIZE: undefined,
      };
      child = new PythonProcess(name, python, server, threads, settings);
      let found = await child.ask({ do: 'info' });
      const widest = widestKernels();
      // A release does not know processors that came after it, and then takes kernels that are ten years old.
      if (found.blas && widest !== undefined && !widest.cores.includes(String(found.blas))) {
        child.end();
        child = new PythonProcess(name, python, server, threads, { ...settings, OPENBLAS_CORETYPE: widest.cores[0] });
        found = await child.ask({ do: 'info' });
        if (!widest.cores.includes(String(found.blas))) {
          throw new Error(`${name}: its OpenBLAS runs the kernels ${found.blas}, not those for ${widest.instructions}`);
        }
      }
      if (found.threads !== threads) throw new Error(`${name}: it uses ${found.threads} threads`);
      if (found.pthreads && threads > 1) {
        throw new Error(
          `${name}: its OpenBLAS has threads of its own, which makes LSTMs many times slower; install the one for OpenMP (libopenblas0-openmp on Debian)`,
        );
      }
      return `${found.version}${found.blas ? `, OpenBLAS ${found.blas}` : ''}`;
    },

    handles: (workload) => workload.torch !== undefined && (allocator !== 'default' || workload.memoryBound === true),
    prepare: (workload) => preparePython(child, workload, workload.torch!.trim()),
  };
}

/** An allocator that keeps its pages. */
const keptPages = { MALLOC_MMAP_MAX_: '0', MALLOC_TRIM_THRESHOLD_: '8000000000' };

/** The folder of Debian's OpenBLAS for OpenMP, before any other: its threads are PyTorch's own. */
function openMpBlas(): { readonly LD_LIBRARY_PATH?: string } {
  const root = '/usr/lib';
  const folders = existsSync(root) ? readdirSync(root).map((name) => join(root, name, 'openblas-openmp')) : [];
  const folder = folders.find((path) => existsSync(join(path, 'libblas.so.3')));
  return folder === undefined ? {} : { LD_LIBRARY_PATH: folder };
}

/** The kernels of OpenBLAS for what the processor can do, by the names that it gives them; undefined where that is not known. */
function widestKernels(): { readonly instructions: string; readonly cores: readonly string[] } | undefined {
  if (process.arch !== 'x64' || !existsSync('/proc/cpuinfo')) return undefined;
  const flags = new Set(/^flags\s*: (.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]?.split(' '));
  if (flags.has('avx512f')) return { instructions: 'AVX-512', cores: ['SkylakeX', 'Cooperlake', 'SapphireRapids'] };
  if (flags.has('avx2')) return { instructions: 'AVX2', cores: ['Haswell', 'Zen', 'Excavator'] };
  return undefined;
}
