// @dl/train/node: logs of a run as files, which a run that goes on adds to.

import { appendFile, readFile } from 'node:fs/promises';
import { ArgumentError, checkCall } from '@dl/autograd';
import { lockFile, replaceFile } from '@dl/checkpoint/node';
import type { TextSink } from './progress/logs.js';

/**
 * A file for `logCsv` or `logJsonLines`. A run that begins replaces it; one that goes on keeps what it has behind it and
 * adds to that, without a line twice: what the former run wrote after its checkpoint is dropped, and so is a line of which a
 * crash left a part. Put the log inside of `checkpoints`, so that a line is on its way before the state that follows it.
 *
 * While a run writes it, a file of that name with `.lock` behind it says which process does: a second run is refused, in this program or
 * another, and what would be two runs in one log cannot be. A lock that a killed process left is taken over.
 *
 * @throws ArgumentError when the file cannot be read or written, with its name, and when another run writes it, with its process.
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
 *   await checkpoints(logCsv(run, logFile('run.csv')), { save });
 * };
 * await train(2);
 * await train(3, await loadState<TrainState>('last.safetensors')); // run.csv has a header and 3 rows
 * ```
 */
export function logFile(path: string): Required<TextSink> {
  checkCall('logFile', arguments, ['path']);
  if (typeof path !== 'string' || path === '') {
    throw new ArgumentError(`logFile: path is ${String(path) || 'empty'}, needs the name of a file`);
  }
  let release: (() => Promise<void>) | undefined;
  return {
    write: (text) => told(path, 'write', appendFile(path, text)),
    async keep(isWanted) {
      const read = () => told(path, 'read', readFile(path, 'utf8').catch(absent));
      await read();
      release ??= await told(path, 'write', lockFile(`${path}.lock`));
      // The piece after the last line break is empty, or what a crash left of a line.
      const lines = (await read()).split('\n').slice(0, -1).filter(isWanted);
      await told(path, 'write', replaceFile(path, lines.map((line) => `${line}\n`).join('')));
      return lines.length;
    },
    async release() {
      const held = release;
      release = undefined;
      await held?.();
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
    const { message } = cause as Error;
    throw new ArgumentError(`logFile: cannot ${what} '${path}': ${message.replace(/^\w+File: /, '')}`, { cause });
  }
}
