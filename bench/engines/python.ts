// A Python process of a peer that is asked to time so many calls, so that it takes turns with the others.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Workload } from '../workloads/workload.js';
import type { Prepared } from './engine.js';

type Reply = Readonly<Record<string, unknown>> & { readonly error?: string };

/** Hands the inputs of a workload over, with its form in Python. */
export async function preparePython(
  child: PythonProcess,
  { inputs, compareAfter = 1 }: Workload,
  source: string,
): Promise<Prepared> {
  const { folder } = child;
  const { layout } = await child.ask({ do: 'prepare', source, inputs: writeInputs(folder, inputs) });
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

/** Writes the values of inputs into a folder, and says which file has which. */
export function writeInputs(folder: string, inputs: Workload['inputs']): object[] {
  return inputs.map(({ shape, dtype, values }, i) => {
    const file = join(folder, `input${i}`);
    writeFileSync(file, values());
    return { file, shape, dtype };
  });
}

/** A Python process that answers one line for each line. */
export class PythonProcess {
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
