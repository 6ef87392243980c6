// Sequence to sequence: dates written out in words become dates in the form of ISO 8601.
//
// The two sequences are not aligned: the year may come last in words and comes first in numbers, "oh" is a digit, and "two thousand and seven" is four words for
// four digits that none of them names alone. So one network reads all words, in both directions, and another one writes the digits from what the first
// remembers (Sutskever et al., "Sequence to sequence learning with neural networks", 2014). Which words mean what it finds out from pairs.

import { Generator, manualSeed, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Embedding } from '@dl/layers';
import { EncoderDecoder, LSTM, SequenceGenerator } from '@dl/rnn';
import { sourceWords, TARGETS } from './dates.js';
import { daysOf, examine, learn } from './learn.js';

await useBackend(cpu());
manualSeed(1);
const draw = new Generator(1);
const { training, test } = daysOf(draw);

const [features, hidden] = [32, 96];
// A bias of 1 lets the cells remember from the first step on.
const decoder = new SequenceGenerator(new LSTM(features, hidden, { forgetBias: 1 }), TARGETS);
const encoder = new LSTM(features, hidden, { bidirectional: true, forgetBias: 1 });
// The encoder ends with two states, one for each direction, and the decoder begins with one: a learned map stands between them.
const model = new EncoderDecoder(encoder, decoder, { input: new Embedding(sourceWords.length, features) });

const begun = performance.now();
console.log(`${model}\n`);
learn(model, training, { steps: 500, lr: 0.005 }, draw);
export const exact = await examine(model, test, draw);
console.log(`\nafter ${((performance.now() - begun) / 1000).toFixed(0)} s`);
