// `npx @dl/lm train` of n-grams: they are counted.

import { basename } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { saveModel, trainNgramFile } from '../node.js';
import { smoothingNames } from './help.js';
import { whole } from './numbers.js';
import { saidSaved, type TrainSetup } from './train-setup.js';

export async function trainNgramOn({ given, file, out, lines, minCount, ...setup }: TrainSetup): Promise<void> {
  const { progress, signal } = setup;
  const order = given.integer('order', 1);
  const smoothing = given.choice('smoothing', Object.keys(smoothingNames) as (keyof typeof smoothingNames)[]);
  const reading = `reading ${basename(file)}`;
  const tokenizer = await setup.tokenizer();
  const begun = performance.now();
  const model = await trainNgramFile(file, {
    lines,
    tokenizer,
    signal,
    onProgress: (share) => progress.show(share < 1 ? reading : 'smoothing', share < 1 ? share : undefined),
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
  await saidSaved(out);
}
