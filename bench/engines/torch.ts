// PyTorch, in a Python process of its own that is asked to time so many calls, so that it takes turns with the others.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Workload } from '../workloads/workload.js';
import type { Engine, Prepared } from './engine.js';

type Reply = Readonly<Record<string, unknown>> & { readonly error?: string };

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
    prepare: (workload) => prepare(child, workload, workload.torch!.trim()),
  };
}

async function prepare(
  child: PythonProcess,
  { inputs, compareAfter = 1 }: Workload,
  source: string,
): Promise<Prepared> {
  const { folder } = child;
  const written = inputs.map(({ shape, dtype, values }, i) => {
    const file = join(folder, `input${i}`);
    writeFileSync(file, values());
    return { file, shape, dtype };
  });
  const { layout } = await child.ask({ do: 'prepare', source, inputs: written });
  return {
    ...(typeof layout === 'string' && { note: layout }),
    run: async (count) => Number((await child.ask({ do: 'run', count })).milliseconds),
    async results() {
      const { results } = await child.ask({ do: 'results', folder, calls: compareAfter });
      return (results as { file: string; shape: number[] }[]).map(({ file, shape }) => {
        const { buffer, byteOffset, byteLength } = readFileSync(file);
        return { shape, values: new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength)) };
      });
    },
    dispose() {
      void child.ask({ do: 'dispose' });
    },
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

/** A Python process that answers one line for each line. */
class PythonProcess {
  /** For values, which are too many for a line. Gone when this process ends. */
  readonly folder = mkdtempSync(join(tmpdir(), 'dl-bench-'));
  readonly #name: string;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #waiting: { resolve(reply: Reply): void; reject(error: Error): void }[] = [];
  #complaints = '';

  constructor(name: string, python: string, server: string, threads: number, settings: NodeJS.ProcessEnv) {
    this.#name = name;
    const count = String(threads);
    const env = { ...process.env, ...settings, OMP_NUM_THREADS: count, OPENBLAS_NUM_THREADS: count };
    this.#process = spawn(python, [server, count], { env });
    this.#process.stderr.on('data', (text) => {
      this.#complaints += String(text);
    });
    createInterface(this.#process.stdout).on('line', (line) => {
      const reply = JSON.parse(line) as Reply;
      const { resolve, reject } = this.#waiting.shift()!;
      if (reply.error === undefined) resolve(reply);
      else reject(new Error(`${name}: ${reply.error}`));
    });
    const ended = (why: string): void => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error(`${name}: ${why}`));
    };
    this.#process.on('error', ({ message }) => ended(message));
    this.#process.on('close', () => ended(this.#complaints.trim().split('\n').at(-1) || 'Python ended'));
    // A process that cannot start closes its pipes; 'error' says why.
    this.#process.stdin.on('error', () => undefined);
    process.on('exit', () => {
      this.#process.kill();
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  end(): void {
    this.#process.kill();
  }

  ask(request: object): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.#process.exitCode !== null) return reject(new Error(`${this.#name}: Python has ended`));
      this.#waiting.push({ resolve, reject });
      this.#process.stdin.write(`${JSON.stringify(request)}\n`);
    });
  }
}
