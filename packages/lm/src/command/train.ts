// `npx @dl/lm train`: a text file becomes a model in a file.

import { stat } from 'node:fs/promises';
import { parse } from 'node:path';
import { ArgumentError } from '@dl/autograd';
import { readText } from '../node.js';
import type { Tokenizer } from '../tokens/tokenizer.js';
import { trainBpe } from '../tokens/train-bpe.js';
import { Arguments } from './arguments.js';
import { commands, modelNames, networkOptions, ngramOptions } from './help.js';
import { Progress } from './progress.js';
import { trainNetworkOn } from './train-network.js';
import { trainNgramOn } from './train-ngram.js';
import type { TrainSetup } from './train-setup.js';

const KINDS = ['characters', 'words', 'bytes', 'bpe'] as const;
/** Parts of words are found in so many characters of the begin of a file, which is more than they need. */
const ENOUGH = 2 ** 24;

export async function trainCommand(args: readonly string[], signal: AbortSignal): Promise<void> {
  const { files, options } = commands.train;
  const given = new Arguments('train', args, files, options);
  const [file] = given.files as [string];
  const { dir, name } = parse(file);
  const out = given.text('out') ?? [dir, `${name}.lm`].filter((part) => part !== '').join('/');
  if (await isSameFile(out, file)) throw given.error(`the model would be saved over ${file}; say where by --out`);
  const isResumed = given.has('resume');
  const model = given.choice('model', modelNames) ?? (isResumed ? undefined : 'ngram');
  const [strange, whose] =
    model === 'ngram' ? ([networkOptions, 'networks'] as const) : ([ngramOptions, '--model ngram'] as const);
  const odd = Object.keys(strange).find((each) => given.has(each));
  if (odd !== undefined)
    throw given.error(`--${odd} is for ${whose}, but got ${isResumed ? '--resume' : `--model ${model}`}`);
  const minCount = given.integer('min-count', 1);
  const merges = given.integer('merges', 0);
  const kind = given.choice('tokens', KINDS) ?? 'characters';
  const lines = given.has('lines');
  if (merges !== undefined && kind !== 'bpe') throw given.error(`--merges is for --tokens bpe, but got ${kind}`);
  if (minCount !== undefined && kind !== 'characters' && kind !== 'words') {
    throw given.error(`--min-count is for characters and words, but got --tokens ${kind}`);
  }
  const progress = new Progress();
  try {
    const tokenizer = async () =>
      kind === 'bpe' ? await partsOf(file, lines, merges ?? 1000, signal, progress) : kind;
    const setup: TrainSetup = { given, file, out, lines, minCount, tokenizer, progress, signal };
    if (model === 'ngram') await trainNgramOn(setup);
    else await trainNetworkOn(model, setup);
  } finally {
    progress.clear();
  }
}

/** Whether two paths lead to one file, however they are written. */
async function isSameFile(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([one, other].map((path) => stat(path, { bigint: true }).catch(() => undefined)));
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev;
}

/** Byte pairs of the begin of a file. */
async function partsOf(
  file: string,
  lines: boolean,
  merges: number,
  signal: AbortSignal,
  progress: Progress,
): Promise<Tokenizer> {
  const texts: string[] = [];
  let length = 0;
  for await (const text of readText(file, { lines, signal })) {
    texts.push(text);
    length += text.length;
    if (length > ENOUGH) break;
  }
  if (length === 0) throw new ArgumentError(`'${file}' has no text; give a file with some`);
  progress.show('finding parts of words');
  return trainBpe(texts, { merges, ...(lines && { bos: '<s>', eos: '</s>' }) });
}
