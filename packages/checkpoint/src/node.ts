// @dl/checkpoint/node: safetensors files and states on a disk, never half-written.

import { readFile } from 'node:fs/promises';
import { ArgumentError, checkCall, DlError, FormatError, printable } from '@dl/autograd';
import { type FileContent, reason, replace } from './node/replace.js';
import { openFile } from './node/weights.js';
import type { SafetensorsContent } from './read.js';
import {
  floatsAsked,
  type LoadOptions,
  loadOptions,
  type SavedTensor,
  type SaveOptions,
  saveOptions,
  type TensorSource,
} from './safetensors.js';
import { packState, type State, unpackState } from './state.js';
import { toSafetensors } from './write.js';

export { lockFile } from './node/lock.js';
export type { FileContent } from './node/replace.js';
export { openWeights, type TensorInfo, type WeightFiles } from './node/weights.js';

/**
 * Saves tensors, such as a `stateDict()`, to a safetensors file; see `toSafetensors`.
 *
 * @throws ArgumentError when the file cannot be written; a former file of that name is then still whole.
 *
 * @example
 * ```ts
 * import { loadFile, saveFile } from '@dl/checkpoint/node';
 * await saveFile('weights.safetensors', { bias: { data: Float32Array.of(1, 2), shape: [2] } });
 * const { tensors } = await loadFile('weights.safetensors');
 * console.log(tensors.bias?.data); // 1 and 2
 * ```
 */
export async function saveFile(
  path: string,
  tensors: Readonly<Record<string, TensorSource>>,
  options: SaveOptions = {},
): Promise<void> {
  checkCall('saveFile', arguments, ['path', 'tensors'], saveOptions);
  await write('saveFile', path, toSafetensors(tensors, options));
}

/**
 * Reads a safetensors file; see `fromSafetensors`.
 *
 * @throws ArgumentError when there is no such file, FormatError when it is damaged; both name it.
 */
export async function loadFile(path: string, options: LoadOptions = {}): Promise<SafetensorsContent> {
  checkCall('loadFile', arguments, ['path'], loadOptions);
  const asked = floatsAsked(options);
  const file = await openFile('loadFile', path);
  try {
    const tensors: (readonly [string, SavedTensor])[] = [];
    for (const [name, entry] of file.entries) tensors.push([name, await file.read(entry, asked)]);
    return { tensors: Object.fromEntries(tensors), metadata: file.metadata };
  } finally {
    await file.close();
  }
}

/**
 * Saves a state, such as one of `fit` of @dl/train, to a file; see `packState`. Whoever reads it finds the former file or the new one, whole. The
 * file keeps its permissions, and a link stays one. What a killed process left beside it, a `….tmp`, is removed by the next that saves.
 *
 * @throws ArgumentError when the file cannot be written; a former file of that name is then still whole.
 */
export async function saveState(path: string, state: unknown): Promise<void> {
  checkCall('saveState', arguments, ['path', 'state']);
  await write('saveState', path, packState(state));
}

/**
 * Reads a state from a file; see `unpackState`.
 *
 * @throws ArgumentError when there is no such file, FormatError when it is damaged; both name it.
 */
export async function loadState<S = State>(path: string): Promise<S> {
  checkCall('loadState', arguments, ['path']);
  return read('loadState', path, (bytes) => unpackState<S>(bytes));
}

/**
 * Writes a file as a whole or not at all: under another name beside it, and renamed once it is on the disk. Whoever
 * reads it meanwhile, or after a crash, finds the former file or the new one. What comes piece by piece is written as it comes, and never held as a whole.
 *
 * @throws ArgumentError when it cannot be written.
 */
export async function replaceFile(path: string, content: FileContent): Promise<void> {
  checkCall('replaceFile', arguments, ['path', 'content']);
  await write('replaceFile', path, content);
}

async function write(where: string, path: string, content: FileContent): Promise<void> {
  try {
    await replace(path, content);
  } catch (cause) {
    // What goes wrong where pieces are made is theirs to tell.
    if (cause instanceof DlError) throw cause;
    throw new ArgumentError(`${where}: cannot write '${printable(path, 300)}': ${reason(cause)}`, { cause });
  }
}

async function read<T>(where: string, path: string, parse: (bytes: Uint8Array) => T): Promise<T> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new ArgumentError(`${where}: cannot read '${printable(path, 300)}': ${reason(cause)}`, { cause });
  }
  try {
    return parse(bytes);
  } catch (cause) {
    if (!(cause instanceof DlError)) throw cause;
    throw new FormatError(`${where}: '${printable(path, 300)}': ${cause.message}`, { cause });
  }
}
