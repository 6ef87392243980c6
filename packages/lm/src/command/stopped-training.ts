// A training that was stopped, in a file beside the model: what it goes on from, and what its report draws.

import { rm, stat } from 'node:fs/promises';
import { FormatError, printable } from '@dl/autograd';
import { loadState, saveState } from '@dl/checkpoint/node';
import type { NetworkTrainState } from '../neural/training/events.js';

/** What the report draws that the state of a training has not. */
export interface Drawn {
  /** Steps, and bits a character of what was learned from just before each. */
  readonly steps: readonly number[];
  readonly bits: readonly number[];
  /** What the model wrote at its evaluations. */
  readonly samples: readonly { readonly step: number; readonly text: string }[];
}

export interface StoppedTraining extends Drawn {
  readonly format: typeof FORMAT;
  readonly version: 1;
  /** Whether each line of the file is a text of its own. */
  readonly lines: boolean;
  readonly state: NetworkTrainState;
}

const FORMAT = 'dl-lm-training';

/** Where the training of a model is kept until it is over. */
export const trainingFile = (out: string): string => `${out}.training`;

export async function saveTraining(
  path: string,
  lines: boolean,
  state: NetworkTrainState,
  drawn: Drawn,
): Promise<void> {
  const { steps, bits, samples } = drawn;
  const stopped: StoppedTraining = { format: FORMAT, version: 1, lines, steps, bits, samples, state };
  await saveState(path, stopped);
}

/** @throws ArgumentError where there is none, FormatError where it is something else. */
export async function loadTraining(path: string): Promise<StoppedTraining> {
  const found = ((await loadState<unknown>(path)) ?? {}) as Partial<StoppedTraining>;
  const { format, version, lines, steps, bits, samples, state } = found;
  const areNumbers = (list: unknown): boolean => Array.isArray(list) && list.every((each) => typeof each === 'number');
  const isFine =
    format === FORMAT &&
    version === 1 &&
    typeof lines === 'boolean' &&
    areNumbers(steps) &&
    areNumbers(bits) &&
    steps!.length === bits!.length &&
    Array.isArray(samples) &&
    samples.every((each) => typeof each?.step === 'number' && typeof each.text === 'string') &&
    typeof state === 'object' &&
    state !== null;
  if (isFine) return found as StoppedTraining;
  throw new FormatError(`'${printable(path, 300)}' is no training that was stopped; remove it to begin anew`);
}

export const isThere = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined)) !== undefined;

/** The training is over. */
export const removeTraining = (path: string): Promise<void> => rm(path, { force: true });
