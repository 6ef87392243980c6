// The same dates with attention: at each digit the decoder looks at all words, and the weights with which it does are an alignment that can be read.
//
// The encoder no longer has to put a whole date into its last state (Luong et al., "Effective approaches to attention-based neural machine translation", 2015), so half as
// many numbers do, and fewer steps.

import { mkdirSync, writeFileSync } from 'node:fs';
import { Generator, manualSeed, useBackend } from '@dl/autograd';
import { AttentionSeq2Seq, LuongAttention } from '@dl/attention';
import { cpu } from '@dl/kernels-cpu';
import { Embedding } from '@dl/layers';
import { LSTM } from '@dl/rnn';
import { sourceWords, TARGETS, targetTokens } from './dates.js';
import { daysOf, examine, learn, sourcesOf, translate } from './learn.js';

await useBackend(cpu());
manualSeed(1);
const draw = new Generator(1);
const { training, test } = daysOf(draw);

const [features, hidden] = [Number(process.env.F ?? 32), Number(process.env.H ?? 48)];
const model = new AttentionSeq2Seq(
  new LSTM(features, hidden, { bidirectional: true, forgetBias: 1 }),
  new LuongAttention(hidden, 2 * hidden),
  new LSTM(features, hidden, { forgetBias: 1 }),
  TARGETS,
  { input: new Embedding(sourceWords.length, features), order: 'luong' },
);

const begun = performance.now();
console.log(`${model}\n`);
learn(model, training, { steps: Number(process.env.STEPS ?? 300), lr: Number(process.env.LR ?? 0.01) }, draw);
export const exact = await examine(model, test, draw);
console.log(`\nafter ${((performance.now() - begun) / 1000).toFixed(0)} s`);

/** How each digit of a date in words looked at the words: a row for each digit, a column for each word. */
export async function alignmentOf(text: string) {
  const { source } = sourcesOf([text]);
  const [said] = await translate(model, [text]);
  const weights = model.align(source, [targetTokens(said!).slice(0, -1)]);
  const rows = weights.toArray() as number[][][];
  source.dispose();
  weights.dispose();
  return { said: said!, words: text.split(' '), weights: rows[0]! };
}

const { said, words, weights } = await alignmentOf('the twenty first of june nineteen oh five');
console.log(`\n${''.padStart(4)}${words.map((word) => word.padStart(9)).join('')}`);
for (const [i, row] of weights.entries()) {
  console.log(`${said[i]!.padStart(4)}${row.map((weight) => (weight < 0.05 ? '·' : weight.toFixed(2)).padStart(9)).join('')}`);
}
void mkdirSync;
void writeFileSync;
