// Weights in one file or many, of which each tensor is read when it is asked for.

/// <reference lib="esnext.disposable" preserve="true" />

import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ArgumentError, checkCall, DlError, type DType, FormatError, isFloat, isHalf, printable } from '@dl/autograd';
import { dtypeOf } from '../decode.js';
import { type Entry, headerLength, LENGTH_BYTES, readHeader } from '../header.js';
import { nameThatComesTwice } from '../json-names.js';
import { savedTensor } from '../read.js';
import { floatsAsked, type LoadOptions, loadOptions, MAX_HEADER_BYTES, type SavedTensor } from '../safetensors.js';
import { reason } from './replace.js';

/** What is known of a tensor before it is read. */
export interface TensorInfo {
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** The name of the file that it is in. */
  readonly file: string;
}

/** Weights in files: what there is, and each tensor when it is asked for. What {@link openWeights} gives. */
export interface WeightFiles {
  /** All tensors by name. */
  readonly tensors: Readonly<Record<string, TensorInfo>>;
  /** The texts stored beside the tensors, of all files. */
  readonly metadata: Readonly<Record<string, string>>;
  /**
   * Reads one tensor.
   *
   * @throws ArgumentError for a name that there is not, FormatError for a file that is damaged.
   */
  read(name: string): Promise<SavedTensor>;
  /** Closes the files. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const WHOLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';

/**
 * Opens weights: a safetensors file, or a folder in Hugging Face's layout, with `model.safetensors`, or with `model.safetensors.index.json` and the files that it
 * names (sharded). Headers are read and checked; values are read one tensor at a time, when they are asked for, so that files may be larger than memory. With `{ dtype:
 * 'float32' }` all floats are made that.
 *
 * @throws ArgumentError when there is no such file or folder, FormatError when one is damaged, or the index says what is not so; both name it.
 *
 * @example
 * ```ts
 * import { openWeights, saveFile } from '@dl/checkpoint/node';
 * await saveFile('model.safetensors', { bias: { data: Float32Array.of(1, 2), shape: [2] } });
 * const weights = await openWeights('.'); // this folder
 * console.log(weights.tensors.bias?.shape); // [2]
 * console.log((await weights.read('bias')).data); // 1 and 2
 * await weights.close();
 * ```
 */
export async function openWeights(path: string, options: LoadOptions = {}): Promise<WeightFiles> {
  checkCall(NAME, arguments, ['path'], loadOptions);
  const asked = floatsAsked(options);
  const isFolder = (await told(NAME, path, () => stat(path))).isDirectory();
  if (!isFolder) return weightsOf([await openFile(NAME, path)], asked);
  const names = await told(NAME, path, () => readdir(path));
  if (names.includes(WHOLE)) return weightsOf([await openFile(NAME, join(path, WHOLE))], asked);
  if (names.includes(INDEX)) return openShards(path, asked);
  const other = names.find((name) => /\.(safetensors|bin|pt|pth|gguf|h5|onnx)$/.test(name));
  const found = other === undefined ? '' : `; it has '${printable(other)}'`;
  throw new ArgumentError(`${NAME}: '${printable(path, 300)}' has neither ${WHOLE} nor ${INDEX}${found}`);
}

const NAME = 'openWeights';

/** A safetensors file that is open. */
export interface OpenFile {
  readonly name: string;
  readonly entries: ReadonlyMap<string, Entry>;
  readonly metadata: Record<string, string>;
  read(entry: Entry, asked: LoadOptions['dtype']): Promise<SavedTensor>;
  close(): Promise<void>;
}

/** Opens a file, and checks its header. */
export async function openFile(where: string, path: string): Promise<OpenFile> {
  const file = await told(where, path, () => open(path));
  try {
    return await told(where, path, async () => {
      const { size } = await file.stat();
      const first = await bytesOf(file, 0, Math.min(size, LENGTH_BYTES + 1));
      const begin = LENGTH_BYTES + headerLength(first, size);
      const header = readHeader(await bytesOf(file, LENGTH_BYTES, begin - LENGTH_BYTES), size - begin);
      return {
        name: basename(path),
        entries: new Map(header.entries.map((entry) => [entry.name, entry])),
        metadata: header.metadata,
        read: (entry, asked) =>
          told(where, path, async () =>
            savedTensor(entry, await bytesOf(file, begin + entry.begin, entry.end - entry.begin), asked),
          ),
        close: () => file.close(),
      };
    });
  } catch (error) {
    await file.close().catch(() => {});
    throw error;
  }
}

/** At most so many bytes are asked for at once: systems refuse to read 2 GiB. */
const MOST_AT_ONCE = 2 ** 30;

async function bytesOf(file: FileHandle, from: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, Math.min(length - done, MOST_AT_ONCE), from + done);
    if (bytesRead === 0) throw new FormatError(`the file was cut short while it was read`);
    done += bytesRead;
  }
  return bytes;
}

async function openShards(folder: string, asked: LoadOptions['dtype']): Promise<WeightFiles> {
  const path = join(folder, INDEX);
  const fileOf = await told(NAME, path, () => readIndex(path));
  const files: OpenFile[] = [];
  try {
    for (const name of new Set(fileOf.values())) files.push(await openFile(NAME, join(folder, name)));
    compare(path, fileOf, files);
  } catch (error) {
    await closeAll(files);
    throw error;
  }
  return weightsOf(files, asked);
}

/** In which file the index says that each tensor is. */
async function readIndex(path: string): Promise<ReadonlyMap<string, string>> {
  const file = await open(path);
  let text: string;
  try {
    const { size } = await file.stat();
    if (size > MAX_HEADER_BYTES) {
      throw new FormatError(`it has ${size} bytes, more than the ${MAX_HEADER_BYTES} that an index is allowed`);
    }
    text = new TextDecoder().decode(await bytesOf(file, 0, size));
  } finally {
    await file.close();
  }
  let index: unknown;
  try {
    index = JSON.parse(text);
  } catch (cause) {
    throw new FormatError('it is no JSON; the file is damaged', { cause });
  }
  const twice = nameThatComesTwice(text);
  if (twice !== undefined) throw new FormatError(`it has the name '${printable(twice)}' twice in one object`);
  const map = isRecord(index) ? index['weight_map'] : undefined;
  if (!isRecord(map)) throw new FormatError('it has no weight_map, which says in which file each tensor is');
  return new Map(
    Object.entries(map).map(([name, file]) => {
      if (typeof file === 'string' && /^[^/\\:]+\.safetensors$/.test(file)) return [name, file];
      throw new FormatError(
        `it says that tensor '${printable(name)}' is in ${printable(JSON.stringify(file))}, needs the name of a .safetensors file beside it`,
      );
    }),
  );
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Throws unless each tensor is in the file of which the index says so, and in no other. */
function compare(path: string, fileOf: ReadonlyMap<string, string>, files: readonly OpenFile[]): void {
  const wrong = (words: string): FormatError => new FormatError(`${NAME}: '${printable(path, 300)}': ${words}`);
  const inFile = new Map(files.map((file) => [file.name, file.entries]));
  for (const [name, file] of fileOf) {
    if (!inFile.get(file)!.has(name)) {
      throw wrong(`it says that tensor '${printable(name)}' is in '${printable(file)}', which has none of that name`);
    }
  }
  for (const { name: file, entries } of files) {
    for (const name of entries.keys()) {
      const said = fileOf.get(name);
      if (said !== file) {
        const words =
          said === undefined ? 'which it does not name' : `of which it says that it is in '${printable(said)}'`;
        throw wrong(`'${printable(file)}' has tensor '${printable(name)}', ${words}`);
      }
    }
  }
}

function weightsOf(files: readonly OpenFile[], asked: LoadOptions['dtype']): WeightFiles {
  const places = new Map<string, readonly [OpenFile, Entry]>();
  for (const file of files) for (const [name, entry] of file.entries) places.set(name, [file, entry]);
  const close = (): Promise<void> => closeAll(files);
  const infoOf = ([file, { type, shape }]: readonly [OpenFile, Entry]): TensorInfo => {
    const own = dtypeOf(type);
    const dtype = asked !== undefined && (isFloat(own) || isHalf(own)) ? asked : own;
    return { shape, dtype, file: file.name };
  };
  return {
    tensors: Object.fromEntries(Array.from(places, ([name, place]) => [name, infoOf(place)])),
    metadata: Object.assign({}, ...files.map(({ metadata }) => metadata)) as Record<string, string>,
    async read(name): Promise<SavedTensor> {
      const place = places.get(name);
      if (place === undefined) {
        throw new ArgumentError(
          `${NAME}: there is no tensor '${printable(name)}' in ${files.map((file) => `'${file.name}'`).join(', ')}`,
        );
      }
      const [file, entry] = place;
      return file.read(entry, asked);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function closeAll(files: readonly OpenFile[]): Promise<void> {
  for (const file of files) await file.close();
}

/** What goes wrong with a file is told with its name: what the system says as ArgumentError, what is wrong in it as FormatError. */
async function told<T>(where: string, path: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (cause) {
    if (cause instanceof DlError) {
      throw new FormatError(`${where}: '${printable(path, 300)}': ${cause.message}`, { cause });
    }
    if ((cause as NodeJS.ErrnoException).code === undefined) throw cause;
    throw new ArgumentError(`${where}: cannot read '${printable(path, 300)}': ${reason(cause)}`, { cause });
  }
}
