// Attention by hand: three words look at each other, and every number on the way is printed, so that it can be done again on paper.

import { ScaledDotProductAttention } from '@dl/attention';
import { tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';

await useBackend(cpu());

export const words = ['cats', 'chase', 'mice'];

// What a word looks for, what it is found by, and what it tells: two features each. The first is about things, the second about what they do. In a model they are
// linear maps of the word's vector; here they are chosen, so that a thing looks for what is done, and a verb for things.
export const queries = [
  [0, 2],
  [2, 0],
  [0, 2],
];
export const keys = [
  [2, 0],
  [0, 2],
  [1, 0],
];
export const values = [
  [1, 0],
  [0, 1],
  [3, 0],
];

type Row = readonly number[];
const table = (title: string, rows: readonly Row[], columns: readonly string[]): void => {
  console.log(`  ${title.padEnd(28)}${columns.map((each) => each.padStart(8)).join('')}`);
  for (const [i, row] of rows.entries()) {
    console.log(`  ${words[i]!.padEnd(28)}${row.map((x) => x.toFixed(3).padStart(8)).join('')}`);
  }
  console.log();
};

const dot = (a: Row, b: Row): number => a.reduce((sum, each, i) => sum + each * b[i]!, 0);

// 1. How well each word's query fits each word's key: the product of the two, over the root of how many features there are.
export const scores = queries.map((query) => keys.map((key) => dot(query, key) / Math.sqrt(query.length)));
table('scores  q · k / √2', scores, words);

// 2. Weights: powers of e, which are positive, over their sum. Each row sums to 1.
export const weights = scores.map((row) => {
  const powers = row.map(Math.exp);
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
});
table('weights  e^score / Σ e^score', weights, words);

// 3. What comes out for a word: the values of all, as much of each as it looked at it.
export const outputs = weights.map((row) =>
  values[0]!.map((_, j) => row.reduce((sum, w, s) => sum + w * values[s]![j]!, 0)),
);
table('output  Σ weight · value', outputs, ['thing', 'action']);

console.log('  One of them, written out:');
const [chase, i] = [words[1]!, 1];
const terms = words.map((_, s) => `${weights[i]![s]!.toFixed(3)} · [${values[s]!.join(', ')}]`);
console.log(`  ${chase} = ${terms.join(' + ')} = [${outputs[i]!.map((x) => x.toFixed(3)).join(', ')}]\n`);

// The same by the package, for a batch of one sentence.
const attention = new ScaledDotProductAttention(2);
const given = { values: tensor([values]), returnWeights: true };
export const layer = attention.forward(tensor([queries]), tensor([keys]), given);
console.log(`  ScaledDotProductAttention gives ${JSON.stringify(layer.output.slice([0, i]).toArray())} for ${chase}.`);

// A word of a text that is being written may not look at what comes: the weights of the others grow.
const mask = tensor(words.map((_, query) => words.map((_, key) => key <= query)));
export const causal = attention.forward(tensor([queries]), tensor([keys]), { ...given, mask });
console.log('  Where no word looks at those that come:\n');
table('weights', causal.weights!.slice([0]).toArray() as number[][], words);
