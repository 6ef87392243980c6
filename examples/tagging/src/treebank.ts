// A treebank of Universal Dependencies in a folder: train, dev and test, as CoNLL-U or as a word and its tag a line.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeText, parseConllu, parseTagged, type TaggedSentence } from '@dl/data';

/** `train.tsv`, or a file such as `en_ewt-ud-train.conllu`; of the latter the words and their universal tags. */
export function readSplit(folder: string, split: 'train' | 'dev' | 'test'): TaggedSentence[] {
  const tagged = join(folder, `${split}.tsv`);
  if (existsSync(tagged)) return parseTagged(decodeText(readFileSync(tagged)));
  const name = readdirSync(folder).find((each) => each.endsWith(`-ud-${split}.conllu`));
  if (name === undefined)
    throw new Error(`${folder} has neither ${split}.tsv nor a file …-ud-${split}.conllu; see README.md`);
  return parseConllu(decodeText(readFileSync(join(folder, name)))).map(({ words }) => ({
    forms: words.map(({ form }) => form),
    tags: words.map(({ upos }) => upos),
  }));
}
