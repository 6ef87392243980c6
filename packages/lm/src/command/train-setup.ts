// What trainings of every kind of model have in common.

import { stat } from 'node:fs/promises';
import type { Tokenizer } from '../tokens/tokenizer.js';
import { type Arguments, PROGRAM } from './arguments.js';
import { size } from './numbers.js';
import type { Progress } from './progress.js';

/** What a training is told. */
export interface TrainSetup {
  readonly given: Arguments;
  readonly file: string;
  /** Where the model is saved. */
  readonly out: string;
  readonly lines: boolean;
  readonly minCount: number | undefined;
  /** The tokenizer, which may have to read the file. */
  tokenizer(): Promise<'characters' | 'words' | 'bytes' | Tokenizer>;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** What stands behind a training that is over. */
export async function saidSaved(out: string): Promise<void> {
  process.stdout.write(`saved ${out}, ${size((await stat(out)).size)}; now: ${PROGRAM} sample ${quoted(out)}\n`);
}

/** As a shell takes it. */
export const quoted = (path: string): string => (/^[\w./\\:-]+$/.test(path) ? path : `"${path}"`);
