// Multi30k: captions of photographs in German and English (Elliott et al., 2016).

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeText, gunzip, parseParallel, type SentencePair } from '@dl/data';

/** How many pairs of the training set are learned from. */
const PAIRS = 10_000;

export interface Corpus {
  readonly train: readonly SentencePair[];
  /** What figures are watched on while it learns. */
  readonly validation: readonly SentencePair[];
  readonly test: readonly SentencePair[];
}

/** The corpus in a folder; each file is plain or has `.gz` behind its name. */
export async function readMulti30k(folder: string): Promise<Corpus> {
  const train = existsSync(join(folder, 'train_10k.de.gz')) ? 'train_10k' : 'train';
  return {
    train: (await readPairs(folder, train)).slice(0, PAIRS),
    validation: await readPairs(folder, 'val'),
    test: await readPairs(folder, 'test_2016_flickr'),
  };
}

async function readPairs(folder: string, name: string): Promise<SentencePair[]> {
  const [german, english] = await Promise.all(
    ['de', 'en'].map((language) => readText(join(folder, `${name}.${language}`))),
  );
  return parseParallel(german!, english!);
}

async function readText(path: string): Promise<string> {
  if (existsSync(path)) return decodeText(readFileSync(path));
  if (existsSync(`${path}.gz`)) return decodeText(await gunzip(readFileSync(`${path}.gz`)));
  throw new Error(`there is neither ${path} nor ${path}.gz; see README.md`);
}
