// @dl/train/node: logs of a run as files, which a run that goes on adds to.

import { randomUUID } from 'node:crypto';
import { appendFile, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { ArgumentError } from '@dl/autograd';
import type { TextSink } from './logs.js';

/**
 * A file for `logCsv` or `logJsonLines`. A run that begins replaces it; one that goes on keeps what it has behind it and
 * adds to that, without a line twice: what the former run wrote after its checkpoint is dropped, and so is a line of which a
 * crash left a part. Put the log inside of `checkpoints`, so that a line is on its way before the state that follows it.
 *
 * @throws ArgumentError when the file cannot be read or written, with its name.
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { loadState, saveState } from '@dl/checkpoint/node';
 * import { drawnDigits, loader } from '@dl/data';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Flatten, Linear, Sequential } from '@dl/layers';
 * import { SGD } from '@dl/optim';
 * import { checkpoints, fit, logCsv, type TrainState } from '@dl/train';
 * import { logFile } from '@dl/train/node';
 * await useBackend(cpu());
 * const model = new Sequential(new Flatten(), new Linear(784, 10));
 * const optimizer = new SGD(model.parameters(), { lr: 0.1 });
 * const data = loader(drawnDigits(100), { shuffle: true });
 * const save = (state: TrainState, name: string) => saveState(`${name}.safetensors`, state);
 * const train = async (epochs: number, state?: TrainState) => {
 *   const run = fit(model, data, { optimizer, epochs, ...(state && { state }) });
 *   for await (const _ of checkpoints(logCsv(run, logFile('run.csv')), { save }));
 * };
 * await train(2);
 * await train(3, await loadState<TrainState>('last.safetensors')); // run.csv has a header and 3 rows
 * ```
 */
export function logFile(path: string): Required<TextSink> {
  if (typeof path !== 'string' || path === '') {
    throw new ArgumentError(`logFile: path is ${String(path) || 'empty'}, needs the name of a file`);
  }
  return {
    write: (text) => told(path, 'write', appendFile(path, text)),
    async keep(isWanted) {
      const text = await told(path, 'read', readFile(path, 'utf8').catch(absent));
      // The piece after the last line break is empty, or what a crash left of a line.
      const lines = text.split('\n').slice(0, -1).filter(isWanted);
      const aside = `${path}.${randomUUID()}.tmp`;
      try {
        await told(path, 'write', writeFile(aside, lines.map((line) => `${line}\n`).join('')));
        await told(path, 'write', rename(aside, path));
      } finally {
        await rm(aside, { force: true });
      }
      return lines.length;
    },
  };
}

function absent(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return '';
  throw error;
}

async function told<T>(path: string, what: 'read' | 'write', work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new ArgumentError(`logFile: cannot ${what} '${path}': ${(cause as Error).message}`, { cause });
  }
}
