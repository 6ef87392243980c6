// @dl/lm/node: language models and texts in files.

import {
  ArgumentError,
  checkCall,
  DlError,
  FormatError,
  type Known,
  type Platform,
  printable,
  shown,
} from '@dl/autograd';
import { packState } from '@dl/checkpoint';
import { loadState, replaceFile } from '@dl/checkpoint/node';
import {
  fromStateOptions,
  hasNetwork,
  LanguageModel,
  type LanguageModelFromStateOptions,
  type LanguageModelState,
  languageModelFromState,
  readLanguageModelState,
} from './language-model.js';
import { type NetworkKinds, needOwn } from './network-state.js';
import type { MaskedLanguageModel } from './neural/masked-language-model.js';
import type { NgramModel } from './ngram/model.js';
import { isFolder, loadFolder, loadMaskedFolder } from './node/folder.js';
import { type Reading, textLines, textPieces } from './node/text-file.js';
import type { Tokenizer } from './tokens/tokenizer.js';
import { NgramTraining, type TrainNgramOptions, trainNgramOptions } from './train-ngram.js';

export {
  type LoadWordVectorsOptions,
  loadWordVectors,
  type SaveWordVectorsOptions,
  saveWordVectors,
} from './node/word-vectors.js';

/** Options of {@link readText}. */
export interface ReadTextOptions {
  /** Whether each line is a text of its own, without its end; empty ones are left out. Default false: pieces of one text, cut before white space. */
  readonly lines?: boolean;
  /** Called as the file is read, with the share that was read, from 0 to 1. */
  readonly onProgress?: (share: number) => void;
  /** Stops reading. */
  readonly signal?: Platform<'AbortSignal'>;
}

/** Options of {@link loadMaskedModel}. */
export interface LoadMaskedModelOptions {
  /** In place of `tokenizer.json`: one of the same tokens. */
  readonly tokenizer?: Tokenizer;
}

const maskedOptions: Known<LoadMaskedModelOptions> = { tokenizer: 'object' };

/** Options of {@link trainNgramFile}. */
export interface TrainNgramFileOptions extends TrainNgramOptions, ReadTextOptions {
  /** Whether each line is a text of its own, as a name or a sentence, with a begin and an end. Default false: the file is one text. */
  readonly lines?: boolean;
}

const readOptions: Known<ReadTextOptions> = { lines: 'boolean', onProgress: 'function', signal: 'object' };

/**
 * Saves a model with its tokenizer to one file. Whoever reads it finds the former file or the new one, whole.
 *
 * @throws ArgumentError when the file cannot be written, or the model cannot be saved.
 *
 * @example
 * ```ts
 * import { trainNgram } from '@dl/lm';
 * import { loadModel, saveModel } from '@dl/lm/node';
 * await saveModel('shells.lm', trainNgram('she sells sea shells'));
 * const model = await loadModel('shells.lm');
 * console.log((await model.score('sea')).logProbability);
 * ```
 */
export async function saveModel(path: string, model: LanguageModel): Promise<void> {
  checkCall('saveModel', arguments, ['path', 'model']);
  if (!(model instanceof LanguageModel)) {
    throw new ArgumentError(`saveModel: model is ${shown(model)}, needs a LanguageModel, such as trainNgram gives`);
  }
  await named('saveModel', async () => replaceFile(path, packState(await readLanguageModelState(model))));
}

/**
 * Reads a model: a file that {@link saveModel} wrote, or a folder in Hugging Face's layout, as it is downloaded.
 *
 * A file has the tokenizer in it, and what makes the model. Networks need a backend to live on, and are made by `networkModels` of @dl/lm/neural, which is loaded then; those of your own by `networks`. A tokenizer of your own class comes back by `kinds`, one that no state makes again, such as words found by a function, is given as `tokenizer`.
 *
 * A folder has `config.json` of a GPT-2, a Llama or a Mistral, `model.safetensors` or its parts, and `tokenizer.json`, in place of which `tokenizer` may be given. Needs @dl/attention and @dl/rnn, and a backend in
 * use, on which the model lives. It begins and ends texts as transformers does: before a prompt stand the tokens that `tokenizer.json`, or `add_bos_token` of `tokenizer_config.json`, puts there; without both
 * a text begins behind `bos_token_id`; and what ends it is each `eos_token_id` of `generation_config.json`, else of `config.json`. Texts are scored without an end, unless the tokenizer puts one behind them.
 *
 * @throws ArgumentError when there is no such file, the folder lacks one, the architecture is unknown or generates nothing, the tokenizer is another model's or has to be given, FormatError for a file that is damaged or
 * something else; all name it, and nothing is left of what was loaded.
 *
 * @example
 * ```ts
 * import { trainNgram } from '@dl/lm';
 * import { loadModel, saveModel } from '@dl/lm/node';
 * await saveModel('names.lm', trainNgram(['anna', 'hannah', 'nan'], { order: 3 }));
 * const names = await loadModel('names.lm');
 * console.log((await names.generate({ temperature: 1 })).text);
 * ```
 *
 * @example
 * ```ts no-run
 * import { useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { loadModel } from '@dl/lm/node';
 * await useBackend(cpu());
 * const model = await loadModel('SmolLM2-135M'); // a folder that was downloaded before
 * for await (const { text } of model.generate({ prompt: 'Once upon a time', temperature: 0.7 })) process.stdout.write(text);
 * ```
 */
export async function loadModel(path: string, options: LanguageModelFromStateOptions = {}): Promise<LanguageModel> {
  checkCall('loadModel', arguments, [['path', 'string']], fromStateOptions);
  if (await isFolder(path)) {
    if (options.kinds === undefined) return loadFolder('loadModel', path, options.tokenizer);
    throw new ArgumentError(
      `loadModel: '${printable(path, 300)}' is a folder, but got kinds, which make a tokenizer that saveModel saved; leave them out, or give the tokenizer itself`,
    );
  }
  return named('loadModel', async () => {
    const state = await loadState<unknown>(path);
    const { model } = (state ?? {}) as Partial<LanguageModelState>;
    const networks = options.networks ?? (hasNetwork(model) ? await ownNetworks() : undefined);
    try {
      return languageModelFromState(state, { ...options, ...(networks && { networks }) });
    } catch (cause) {
      needOwn(cause);
      if (!(cause instanceof DlError)) throw cause;
      const kind = cause instanceof ArgumentError ? ArgumentError : FormatError;
      throw new kind(`loadModel: '${printable(path, 300)}': ${cause.message}`, { cause });
    }
  });
}

/**
 * Reads a BERT from a folder in Hugging Face's layout, with the head that says tokens: `config.json`, `model.safetensors` or its parts, and `tokenizer.json`. Needs @dl/attention and @dl/rnn, and a backend in use, on
 * which the model lives.
 *
 * @throws ArgumentError when the folder lacks a file, has a model of another kind, or one without that head, FormatError for a file that is damaged; all name it, and nothing is left of what was loaded.
 *
 * @example
 * ```ts no-run
 * import { useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { loadMaskedModel } from '@dl/lm/node';
 * await useBackend(cpu());
 * const bert = await loadMaskedModel('bert-base-uncased'); // a folder that was downloaded before
 * const { text, masks } = await bert.fill('The capital of France is [MASK].');
 * console.log(text, masks[0]?.fillings);
 * ```
 */
export async function loadMaskedModel(
  path: string,
  options: LoadMaskedModelOptions = {},
): Promise<MaskedLanguageModel> {
  checkCall('loadMaskedModel', arguments, [['path', 'string']], maskedOptions);
  return loadMaskedFolder('loadMaskedModel', path, options.tokenizer);
}

/**
 * Counts the n-grams of a text file in UTF-8, and makes a language model of them, as `trainNgram` does of a text. The file is read twice, once for its tokens, once for its counts, and no more than a piece of it is held.
 * One text is cut before white space, each 65,536 characters or somewhat more: a tokenizer whose tokens have blanks inside of them may cut otherwise there.
 *
 * @throws ArgumentError when the file cannot be read or has no text, FormatError when it is not UTF-8, the reason of the signal when that stops it.
 *
 * @example
 * ```ts
 * import { writeFileSync } from 'node:fs';
 * import { trainNgramFile } from '@dl/lm/node';
 * writeFileSync('names.txt', 'anna\nhannah\nnan\n');
 * const names = await trainNgramFile('names.txt', { lines: true, order: 3 });
 * console.log(names.model.order, names.tokenizer.vocabulary.tokens); // 3, and a, n, h behind <unk>, <s>, </s>
 * ```
 */
export async function trainNgramFile(
  path: string,
  options: TrainNgramFileOptions = {},
): Promise<LanguageModel<NgramModel>> {
  const where = 'trainNgramFile';
  checkCall(where, arguments, ['path'], { ...trainNgramOptions, ...readOptions });
  const { lines = false, onProgress, signal, ...rest } = options;
  const training = new NgramTraining(where, lines, rest);
  const passes = training.looks ? 2 : 1;
  const pass = (done: number): Reading => ({
    onProgress: onProgress === undefined ? undefined : (share) => onProgress((done + share) / passes),
    signal,
  });
  const texts = lines ? textLines : textPieces;
  let isEmpty = true;
  const needText = (): void => {
    if (isEmpty) throw new ArgumentError(`${where}: '${printable(path, 300)}' has no text; give a file with some`);
  };
  if (training.looks) {
    for await (const text of texts(where, path, pass(0))) {
      isEmpty = false;
      training.look(text);
    }
    needText();
  }
  const counting = training.counting();
  if (!lines) counting.begin();
  for await (const text of texts(where, path, pass(passes - 1))) {
    isEmpty = false;
    if (lines) counting.begin();
    counting.add(text);
    if (lines) counting.end();
  }
  needText();
  if (!lines) counting.end();
  return counting.finish();
}

/**
 * The text of a file in UTF-8 as it is read: in pieces, cut before white space, or its lines.
 *
 * @throws ArgumentError when it cannot be read, FormatError when it is not UTF-8.
 *
 * @example
 * ```ts
 * import { writeFileSync } from 'node:fs';
 * import { readText } from '@dl/lm/node';
 * writeFileSync('lines.txt', 'one\n\ntwo\n');
 * for await (const line of readText('lines.txt', { lines: true })) console.log(line); // one, two
 * ```
 */
export function readText(path: string, options: ReadTextOptions = {}): AsyncGenerator<string, void, undefined> {
  checkCall('readText', arguments, ['path'], readOptions);
  const { lines = false, onProgress, signal } = options;
  return (lines ? textLines : textPieces)('readText', path, { onProgress, signal });
}

/** What makes networks, loaded only where a file has one: an n-gram model needs none of its packages. */
async function ownNetworks(): Promise<NetworkKinds> {
  try {
    return (await import('./neural.js')).networkModels;
  } catch (cause) {
    throw new ArgumentError(
      'loadModel: the model is a network, which needs @dl/rnn, @dl/attention, @dl/optim, @dl/data and @dl/train; install them beside @dl/lm',
      { cause },
    );
  }
}

/** Runs another's function under the name of ours. */
async function named<T>(where: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof ArgumentError) throw new ArgumentError(rename(where, error), { cause: error });
    if (error instanceof FormatError) throw new FormatError(rename(where, error), { cause: error });
    throw error;
  }
}

const rename = (where: string, { message }: Error): string =>
  message.replace(/^(loadState|replaceFile|packState)(?=:)/, where);
