// MaskedLanguageModel over a BERT of one's own: by the forward pass alone, in any mode, and what it refuses.

import { BERT, GPT } from '@dl/attention';
import { ArgumentError, manualSeed, memory, noGrad, scope, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { settledMemory } from '@dl/testing';
import { beforeAll, expect, test } from 'vitest';
import { countVocabulary, WordTokenizer } from '../index.js';
import { MaskedLanguageModel } from '../neural.js';

const words = 'the cat sat on the mat and the dog sat on the cat'.split(' ');
const vocabulary = countVocabulary(words, { unk: '<unk>', bos: '<s>', eos: '</s>', special: ['[MASK]'] });
const tokenizer = new WordTokenizer(vocabulary);
const id = (token: string): number => vocabulary.id(token);
// More rows than there are tokens, as tables are filled up for speed.
const size = vocabulary.size + 3;
const config = { vocabularySize: size, dModel: 8, nhead: 2, numLayers: 1, maxLength: 7 } as const;
let bert: BERT;
beforeAll(async () => {
  await useBackend(cpu());
  manualSeed(3);
  bert = new BERT({ ...config, dropout: 0.5 });
  // Far enough apart for an order.
  noGrad(() => scope(() => bert.embedding.weight.assign(bert.embedding.weight.mul(40))));
});

/** ln p of each token of a row at a place, by the forward pass. */
function logProbabilities(row: readonly number[], place: number): Float64Array {
  return scope(() => {
    bert.eval();
    const hidden = bert.forward(tensor([row], { dtype: 'int32' }));
    const all = bert.tokenLogits(hidden.slice([0, [place, place + 1]])).logSoftmax(1);
    return Float64Array.from(all.dataSync());
  });
}

test('fills and scores by the model in evaluation mode, between begin and end, and leaves its mode and memory', async () => {
  const model = new MaskedLanguageModel(bert, tokenizer);
  expect([model.mask, model.begin, model.end]).toEqual([id('[MASK]'), [id('<s>')], [id('</s>')]]);
  const row = ['<s>', 'the', '[MASK]', 'sat', '</s>'].map(id);
  const wanted = logProbabilities(row, 2);
  const known = Array.from(wanted.subarray(0, vocabulary.size));
  const order = known.map((_, token) => token).sort((a, b) => known[b]! - known[a]!);
  bert.train();
  const before = await settledMemory();
  const { text, masks } = await model.fill('the [MASK] sat', { count: 1000 });
  expect(masks).toHaveLength(1);
  const [{ start, end, fillings }] = masks as [(typeof masks)[0]];
  expect([start, end]).toEqual([4, 10]);
  expect(fillings.map((each) => each.id)).toEqual(order);
  for (const each of fillings) {
    expect(each.probability).toBeCloseTo(Math.exp(known[each.id]!), 5);
    expect(each.token).toBe(vocabulary.token(each.id));
  }
  expect(text).toBe(tokenizer.decode([id('the'), order[0]!, id('sat')]));
  const { tokens, logProbability } = await model.score('the cat sat', { batch: 2 });
  expect(bert.training).toBe(true);
  expect([memory().buffers, memory().bytes]).toEqual([before.buffers, before.bytes]);
  const whole = ['<s>', 'the', 'cat', 'sat', '</s>'].map(id);
  const scores = [1, 2, 3].map((place) => {
    const masked = whole.map((token, i) => (i === place ? id('[MASK]') : token));
    return logProbabilities(masked, place)[whole[place]!]!;
  });
  tokens.forEach(({ logProbability: each }, i) => expect(each).toBeCloseTo(scores[i]!, 4));
  expect(logProbability).toBeCloseTo(
    scores.reduce((a, b) => a + b),
    4,
  );
});

test('other tokens around a text, and a mask of another name', async () => {
  const model = new MaskedLanguageModel(bert, tokenizer, { mask: '[MASK]', begin: [], end: ['the', 'cat'] });
  expect([model.begin, model.end]).toEqual([[], [id('the'), id('cat')]]);
  const wanted = logProbabilities([id('[MASK]'), id('the'), id('cat')], 0);
  const { masks } = await model.fill('[MASK]');
  expect(masks[0]!.fillings).toHaveLength(5);
  const [best] = masks[0]!.fillings;
  expect(best!.probability).toBeCloseTo(Math.exp(wanted[best!.id]!), 5);
  await expect(model.fill('the the the the the [MASK]')).rejects.toThrow(
    new ArgumentError('fill: the text has 6 tokens, and 2 around it, but the model reads at most 7; cut the text'),
  );
});

test('a model whose weights are not finite is refused', async () => {
  const broken = new BERT({ ...config, dropout: 0 });
  noGrad(() => scope(() => broken.embedding.weight.assign(broken.embedding.weight.mul(Number.NaN))));
  await expect(new MaskedLanguageModel(broken, tokenizer).fill('[MASK]')).rejects.toThrow(
    new ArgumentError('fill: the model says NaN; its weights are damaged, or were never finite'),
  );
  broken.dispose();
});

test.each<[string, () => unknown, string]>([
  [
    'a model that generates',
    () => new MaskedLanguageModel(new GPT({ ...config }) as never, tokenizer),
    'which says no tokens that were left out; needs a BERT, and what generates goes into a LanguageModel',
  ],
  [
    'a BERT that says none',
    () => new MaskedLanguageModel(new BERT({ ...config, tokenHead: false }), tokenizer),
    'MaskedLanguageModel: the model was made without the head that says tokens',
  ],
  [
    'no tokenizer',
    () => new MaskedLanguageModel(bert, {} as never),
    'MaskedLanguageModel: tokenizer is an object of nothing, needs a Tokenizer',
  ],
  [
    'a tokenizer of more tokens',
    () => new MaskedLanguageModel(new BERT({ ...config, vocabularySize: 5 }), tokenizer),
    `MaskedLanguageModel: the model has 5 tokens, but the tokenizer makes ${vocabulary.size}; they must be made for each other`,
  ],
  [
    'a mask that is a word',
    () => new MaskedLanguageModel(bert, tokenizer, { mask: 'cat' }),
    "MaskedLanguageModel: mask is 'cat', which is no special token of the vocabulary; say which one is, or make the vocabulary with special: ['cat']",
  ],
  [
    'a begin that is no token',
    () => new MaskedLanguageModel(bert, tokenizer, { begin: ['[CLS]'] }),
    "MaskedLanguageModel: begin has '[CLS]', which is not one of the",
  ],
])('is refused: %s', (_, make, message) => {
  expect(make).toThrow(ArgumentError);
  expect(make).toThrow(message);
});
