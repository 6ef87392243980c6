// What a run leaves in its folder. Each file is replaced as a whole, so the folder is fit for use at any moment.

import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { loadState, lockFile, replaceFile, saveFile, saveState } from '@dl/checkpoint/node';
import type { TrainState } from '@dl/train';
import type { History } from './history.js';
import type { LeNet5 } from './lenet5.js';
import { type RunOptions, UsageError } from './options.js';

/** All that `--resume` needs. One file, so that its parts cannot be of different moments. */
export interface SavedRun {
  readonly options: RunOptions;
  readonly history: History;
  readonly state: TrainState;
}

export class RunFolder {
  readonly path: string;
  #release: (() => Promise<void>) | undefined;

  constructor(path: string) {
    this.path = path;
  }

  get reportFile(): string {
    return join(this.path, 'report.html');
  }

  get weightsFile(): string {
    return join(this.path, 'weights.safetensors');
  }

  get #stateFile(): string {
    return join(this.path, 'resume.safetensors');
  }

  /** Makes the folder, for this run alone: two that write it would leave parts of both. */
  async create(): Promise<void> {
    try {
      await mkdir(this.path, { recursive: true });
    } catch (cause) {
      throw new UsageError(`--out: the folder '${this.path}' cannot be made; is there a file of that name?`, { cause });
    }
    this.#release = await lockFile(join(this.path, 'run.lock'));
  }

  /** Lets others write the folder. */
  async close(): Promise<void> {
    await this.#release?.();
  }

  /** The run to go on with, if there is one. */
  async load(): Promise<SavedRun | undefined> {
    return existsSync(this.#stateFile) ? loadState<SavedRun>(this.#stateFile) : undefined;
  }

  async save(run: SavedRun, model: LeNet5): Promise<void> {
    await saveState(this.#stateFile, run);
    await saveFile(this.weightsFile, model.stateDict(), { metadata: { model: 'LeNet-5' } });
    await replaceFile(join(this.path, 'history.json'), `${JSON.stringify(run.history, null, 2)}\n`);
  }

  async saveReport(html: string): Promise<void> {
    await replaceFile(this.reportFile, html);
  }
}
