// SST-2, the Stanford Sentiment Treebank with two classes (Socher et al., 2013): a label, a tab and a sentence a line.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeText, parseLines } from '@dl/data';
import type { Judgement } from './judgements.js';

export function readSst2(folder: string, split: 'train' | 'dev' | 'test'): Judgement[] {
  const path = join(folder, `${split}.tsv`);
  return parseLines(decodeText(readFileSync(path))).map((line, i) => {
    const [label, text] = line.split('\t');
    if ((label !== '0' && label !== '1') || text === undefined) {
      throw new Error(`${path}: line ${i + 1} is '${line}', needs 0 or 1, a tab and a sentence`);
    }
    return { text, label: Number(label) };
  });
}
