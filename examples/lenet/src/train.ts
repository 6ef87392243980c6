// The run itself: trains, remembers, and saves after each epoch and when it is stopped.

import { manualSeed } from '@dl/autograd';
import { loader } from '@dl/data';
import { SGD } from '@dl/optim';
import { type Classification, evaluate, fit } from '@dl/train';
import { progress } from '@dl/train/terminal';
import type { Digits } from './digits.js';
import type { RunFolder, SavedRun } from './files.js';
import { emptyHistory, type History, remember } from './history.js';
import { LeNet5 } from './lenet5.js';
import type { RunOptions } from './options.js';

export interface RunResult {
  readonly model: LeNet5;
  readonly history: History;
  readonly result: Classification;
  /** Where the run was stopped, in words, if it was. */
  readonly stopped: string | undefined;
}

export interface RunInput {
  readonly options: RunOptions;
  readonly digits: Digits;
  readonly folder: RunFolder;
  /** The run to go on with. */
  readonly saved: SavedRun | undefined;
  readonly signal: AbortSignal;
}

export async function train({ options, digits, folder, saved, signal }: RunInput): Promise<RunResult> {
  const { epochs, batchSize, lr, seed } = options;
  manualSeed(seed);
  const model = new LeNet5();
  const optimizer = new SGD(model.parameters(), { lr, momentum: 0.9 });
  const data = loader(digits.train, { batchSize, shuffle: true });
  const test = loader(digits.test, { batchSize: 100 });

  let history = saved?.history ?? emptyHistory;
  let result: Classification | undefined;
  let stopped: string | undefined;
  const state = saved === undefined ? {} : { state: saved.state };
  for await (const event of progress(fit(model, data, { optimizer, epochs, test, signal, ...state }), {
    unit: 'images',
  })) {
    history = remember(history, event);
    if (event.type === 'start' || event.type === 'step') {
      // From lr to 0 in a straight line: large steps find the place, small ones settle there.
      const done = ((event.epoch - 1) * data.length + event.step) / (epochs * data.length);
      for (const group of optimizer.paramGroups) group.lr = lr * (1 - done);
    }
    if (event.type === 'epoch') result = event.test as Classification;
    if (event.type === 'end' && event.reason === 'aborted') {
      stopped = `in epoch ${event.epoch} of ${epochs}, after ${event.step} of ${data.length} steps`;
    }
    if (event.type === 'epoch' || event.type === 'end') {
      await folder.save({ options, history, state: await event.state() }, model);
    }
  }
  // Nothing was trained after the last test, or all of it before this call.
  if (stopped !== undefined || result === undefined) result = await evaluate(model, test);
  return { model, history, result, stopped };
}
