// @dl/attention/node: weights of others, from a folder.

import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { ArgumentError, checkCall, DlError, FormatError, printable, type TypedArray } from '@dl/autograd';
import { openWeights, type WeightFiles } from '@dl/checkpoint/node';
import { building, checkTwin, type Pretrained } from './pretrained/build.js';
import type { PretrainedConfig } from './pretrained/config.js';
import { type PretrainedOptions, pretrainedOptions } from './pretrained/from-pretrained.js';

const NAME = 'loadPretrained';

/** The most bytes that a config.json may have. */
const MOST_BYTES = 2 ** 24;

/**
 * Reads the model in a folder in Hugging Face's layout: `config.json`, and `model.safetensors` or the files that `model.safetensors.index.json` names; see
 * `fromPretrained` for what can be read. Weights are read one tensor at a time, so that besides the model there is one of them in memory. Weights in half precision
 * become float32.
 *
 * @throws ArgumentError for a folder that lacks a file, and for what does not fit, FormatError for files that are damaged, in one sentence that names folder or file.
 *
 * @example
 * ```ts no-run
 * import { useBackend } from '@dl/autograd';
 * import { loadPretrained } from '@dl/attention/node';
 * import { cpu } from '@dl/kernels-cpu';
 * import { generate } from '@dl/lm';
 * await useBackend(cpu());
 * const { architecture, model, report } = await loadPretrained('gpt2'); // a folder that was downloaded before
 * console.log(report.loaded['decoder.norm.weight']); // ['ln_f.weight']
 * if (architecture !== 'bert') console.log((await generate(model, { prompts: [[464, 3290]], maxLength: 10 }))[0]?.tokens);
 * ```
 */
export async function loadPretrained(folder: string, options: PretrainedOptions = {}): Promise<Pretrained> {
  checkCall(NAME, arguments, [['folder', 'string']], pretrainedOptions);
  const config = await readConfig(join(folder, 'config.json'));
  const weights = await openWeights(folder);
  try {
    return await load(config, weights, options);
  } catch (cause) {
    if (!(cause instanceof ArgumentError)) throw cause;
    throw new ArgumentError(`${NAME}: '${printable(folder, 300)}': ${cause.message}`, { cause });
  } finally {
    await weights.close();
  }
}

async function load(config: PretrainedConfig, weights: WeightFiles, options: PretrainedOptions): Promise<Pretrained> {
  const shapes = new Map(Object.entries(weights.tensors).map(([name, { shape }]) => [name, shape]));
  const model = building(config, shapes, options);
  const values = async (name: string): Promise<TypedArray> => (await weights.read(name)).data;
  try {
    for (const entry of model.entries) {
      const parts: TypedArray[] = [];
      for (const { name } of entry.from) parts.push(await values(name));
      model.fill(entry, parts);
    }
    for (const twin of model.twins) checkTwin(twin, await values(twin.name), await values(twin.of));
  } catch (error) {
    model.dispose();
    throw error;
  }
  return model.done();
}

async function readConfig(path: string): Promise<PretrainedConfig> {
  const wrong = (words: string, cause?: unknown): FormatError =>
    new FormatError(`${NAME}: '${printable(path, 300)}': ${words}`, { cause });
  let text: string;
  try {
    const file = await open(path);
    try {
      const info = await file.stat();
      if (!info.isFile()) throw wrong('it is no file');
      const { size } = info;
      if (size > MOST_BYTES) throw wrong(`it has ${size} bytes, more than the ${MOST_BYTES} that a config is allowed`);
      text = await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof DlError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    const words = code === 'ENOENT' ? 'there is no such file' : message;
    throw new ArgumentError(`${NAME}: cannot read '${printable(path, 300)}': ${words}`, { cause });
  }
  try {
    return JSON.parse(text) as PretrainedConfig;
  } catch (cause) {
    throw wrong('it is no JSON; the file is damaged', cause);
  }
}
