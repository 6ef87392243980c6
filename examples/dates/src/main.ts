// Sequence to sequence: dates written out in words become dates in the form of ISO 8601.
//
// The two sequences are not aligned: the year may come last in words and comes first in numbers, "oh" is a digit, and "two thousand and seven" is four words for
// four digits that none of them names alone. So one network reads all words, in both directions, and another one writes the digits from what the first
// remembers (Sutskever et al., "Sequence to sequence learning with neural networks", 2014). Which words mean what it finds out from pairs.

import { Generator, manualSeed, scope, type Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Embedding } from '@dl/layers';
import { Adam, CosineAnnealingLR } from '@dl/optim';
import { EncoderDecoder, generate, LSTM, SequenceGenerator } from '@dl/rnn';
import { allDays, dateOf, iso, sourceTokens, sourceWords, TARGETS, targetTokens, written } from './dates.js';

await useBackend(cpu());
manualSeed(1);
const draw = new Generator(1);

// Days, not sentences, are held back: whatever the words, the model has seen no date of a test.
const days = allDays();
const order = Array.from(draw.permutation(days.length), (i) => days[i]!);
const [test, training] = [order.slice(0, 1000), order.slice(1000)];

/** Dates in words, padded: tokens [dates, longest], and how many of them count. */
function sourcesOf(texts: readonly string[]): { readonly source: Tensor; readonly lengths: number[] } {
  const rows = texts.map(sourceTokens);
  const longest = Math.max(...rows.map(({ length }) => length));
  const padded = rows.map((row) => [...row, ...new Array<number>(longest - row.length).fill(0)]);
  return { source: tensor(padded, { dtype: 'int32' }), lengths: rows.map(({ length }) => length) };
}

const [features, hidden] = [32, 96];
// A bias of 1 lets the cells remember from the first step on.
const decoder = new SequenceGenerator(new LSTM(features, hidden, { forgetBias: 1 }), TARGETS);
const encoder = new LSTM(features, hidden, { bidirectional: true, forgetBias: 1 });
// The encoder ends with two states, one for each direction, and the decoder begins with one: a learned map stands between them.
const model = new EncoderDecoder(encoder, decoder, { input: new Embedding(sourceWords.length, features) });

const [STEPS, BATCH] = [500, 64];
const optimizer = new Adam(model.parameters(), { lr: 0.005 });
const schedule = new CosineAnnealingLR(optimizer, { tMax: STEPS });

const begun = performance.now();
console.log(`${model}\n`);
for (let step = 0; step < STEPS; step++) {
  // Frees all tensors of this step at its end; parameters and what the optimiser remembers stay.
  const loss = scope(() => {
    const batch = Array.from({ length: BATCH }, () => training[draw.integer(0, training.length)]!);
    const { source, lengths } = sourcesOf(batch.map((day) => written(day, draw)));
    const target = tensor(
      batch.map((day) => targetTokens(iso(day))),
      { dtype: 'int32' },
    );
    // Each digit is learned from the true ones before it.
    const loss = model.loss(source, target, { sourceLengths: lengths });
    loss.backward();
    optimizer.step();
    optimizer.zeroGrad();
    schedule.step();
    return loss.item();
  });
  if ((step + 1) % 100 === 0) console.log(`  step ${String(step + 1).padStart(4)}   loss ${loss.toFixed(4)}`);
}
optimizer.dispose();

/** What the model makes of dates in words. */
async function translate(texts: readonly string[]): Promise<string[]> {
  const { source, lengths } = sourcesOf(texts);
  const said = await generate(model.from(source, { lengths }), { end: 0, maxLength: 12 });
  source.dispose();
  return said.map(dateOf);
}

const texts = test.map((day) => written(day, draw));
const answers = await translate(texts);
const wrong = test
  .map((day, i) => ({ text: texts[i]!, wanted: iso(day), answer: answers[i]! }))
  .filter(({ wanted, answer }) => wanted !== answer);
export const exact = 1 - wrong.length / test.length;

const seconds = ((performance.now() - begun) / 1000).toFixed(0);
console.log(
  `\n${(100 * exact).toFixed(2)} % of ${test.length} dates that were held back are exact, after ${seconds} s\n`,
);
for (const [i, text] of texts.slice(0, 6).entries()) console.log(`  ${text.padEnd(56)}${answers[i]}`);
for (const { text, wanted, answer } of wrong.slice(0, 5)) console.log(`  wrong: ${text} is ${wanted}, not ${answer}`);
