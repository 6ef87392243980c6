// The same dates with attention: at each character the decoder looks at all words, and the weights with which it does are an alignment that can be read.
//
// What the encoder hands over is no longer all that the decoder knows (Luong et al., "Effective approaches to attention-based neural machine translation", 2015), so half
// as many units do, and fewer steps.

import { mkdirSync, writeFileSync } from 'node:fs';
import { AttentionSeq2Seq, LuongAttention } from '@dl/attention';
import { Generator, manualSeed, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Embedding } from '@dl/layers';
import { LSTM } from '@dl/rnn';
import { attentionMap } from '@dl/viz';
import { sourceWords, TARGETS, targetTokens } from './dates.js';
import { daysOf, examine, learn, sourcesOf, translate } from './learn.js';

await useBackend(cpu());
manualSeed(1);
const draw = new Generator(1);
const { training, test } = daysOf(draw);

const [features, hidden] = [32, 48];
const encoder = new LSTM(features, hidden, { bidirectional: true, forgetBias: 1 });
const decoder = new LSTM(features, hidden, { forgetBias: 1 });
// Each state of the decoder is compared with the outputs of the encoder, one for each word, which have both directions side by side.
const score = new LuongAttention(hidden, 2 * hidden);
// The order in which a whole date is one pass in training: first the decoder, then the look.
const model = new AttentionSeq2Seq(encoder, score, decoder, TARGETS, {
  input: new Embedding(sourceWords.length, features),
  order: 'luong',
});

const begun = performance.now();
console.log(`${model}\n`);
learn(model, training, { steps: 300, lr: 0.01 }, draw);
export const exact = await examine(model, test, draw);
console.log(`\nafter ${((performance.now() - begun) / 1000).toFixed(0)} s\n`);

export interface Alignment {
  readonly words: readonly string[];
  /** The date that was said. */
  readonly said: string;
  /** How much each character looked at each word. */
  readonly weights: readonly (readonly number[])[];
}

/** What the model makes of a date in words, and which words each character of it looked at. */
export async function alignmentOf(text: string): Promise<Alignment> {
  const [said] = (await translate(model, [text])) as [string];
  const { source } = sourcesOf([text]);
  // Without the token that ends it.
  const weights = model.align(source, [targetTokens(said).slice(0, -1)]);
  const [rows] = weights.toArray() as number[][][];
  source.dispose();
  weights.dispose();
  return { words: text.split(' '), said, weights: rows! };
}

export const alignment = await alignmentOf('the twenty first of june nineteen oh five');
export const picture = attentionMap(alignment.weights, {
  rows: Array.from(alignment.said),
  columns: alignment.words,
  title: `${alignment.words.join(' ')} → ${alignment.said}`,
});

const { words, said, weights } = alignment;
console.log(`${' '.repeat(4)}${words.map((word) => word.padStart(9)).join('')}`);
for (const [i, row] of weights.entries()) {
  console.log(`${said[i]!.padStart(4)}${row.map((w) => (w < 0.05 ? '·' : w.toFixed(2)).padStart(9)).join('')}`);
}
if (process.argv[1] === import.meta.filename) {
  mkdirSync('runs', { recursive: true });
  writeFileSync('runs/dates-alignment.svg', picture);
  console.log('\n  As a picture: runs/dates-alignment.svg');
}
