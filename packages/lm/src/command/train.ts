// `npx @dl/lm train`: a text file becomes a model in a file.

import { stat } from 'node:fs/promises';
import { parse } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { ArgumentError } from '@dl/autograd';
import { readText, saveModel, trainNgramFile } from '../node.js';
import type { Tokenizer } from '../tokens/tokenizer.js';
import { trainBpe } from '../tokens/train-bpe.js';
import { Arguments, PROGRAM } from './arguments.js';
import { commands, smoothingNames } from './help.js';
import { size, whole } from './numbers.js';
import { Progress } from './progress.js';

const KINDS = ['characters', 'words', 'bytes', 'bpe'] as const;
/** Parts of words are found in so many characters of the begin of a file, which is more than they need. */
const ENOUGH = 2 ** 24;

export async function trainCommand(args: readonly string[], signal: AbortSignal): Promise<void> {
  const { files, options } = commands.train;
  const given = new Arguments('train', args, files, options);
  const [file] = given.files as [string];
  const { dir, name, base } = parse(file);
  const out = given.text('out') ?? [dir, `${name}.lm`].filter((part) => part !== '').join('/');
  if (await isSameFile(out, file)) throw given.error(`the model would be saved over ${file}; say where by --out`);
  const order = given.integer('order', 1);
  const minCount = given.integer('min-count', 1);
  const merges = given.integer('merges', 0);
  const kind = given.choice('tokens', KINDS) ?? 'characters';
  const smoothing = given.choice('smoothing', Object.keys(smoothingNames) as (keyof typeof smoothingNames)[]);
  const lines = given.has('lines');
  if (merges !== undefined && kind !== 'bpe') throw given.error(`--merges is for --tokens bpe, but got ${kind}`);
  if (minCount !== undefined && kind !== 'characters' && kind !== 'words') {
    throw given.error(`--min-count is for characters and words, but got --tokens ${kind}`);
  }
  const progress = new Progress();
  try {
    const tokenizer = kind === 'bpe' ? await partsOf(file, lines, merges ?? 1000, signal, progress) : kind;
    const begun = performance.now();
    const model = await trainNgramFile(file, {
      lines,
      tokenizer,
      signal,
      onProgress: (share) => progress.show(share < 1 ? `reading ${base}` : 'smoothing', share < 1 ? share : undefined),
      ...(order !== undefined && { order }),
      ...(minCount !== undefined && { minCount }),
      ...(smoothing !== undefined && { smoothing: smoothingNames[smoothing] }),
    });
    // A signal that came while the processor was busy is heard now.
    await setImmediate();
    signal.throwIfAborted();
    progress.show('saving');
    await saveModel(out, model);
    progress.clear();
    const { trie, info } = model.model;
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    process.stdout.write(
      `${info.smoothing}, order ${trie.order}: ${whole(trie.size - 1 - trie.vocabularySize)} n-grams of ${whole(trie.vocabularySize)} different tokens, in ${seconds} s\n`,
    );
    process.stdout.write(`saved ${out}, ${size((await stat(out)).size)}; now: ${PROGRAM} sample ${quoted(out)}\n`);
  } finally {
    progress.clear();
  }
}

/** Whether two paths lead to one file, however they are written. */
async function isSameFile(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([one, other].map((path) => stat(path, { bigint: true }).catch(() => undefined)));
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev;
}

/** As a shell takes it. */
const quoted = (path: string): string => (/^[\w./\\:-]+$/.test(path) ? path : `"${path}"`);

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
