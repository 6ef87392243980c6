// What attention, layers, stacks, caches and models refuse, by message.

import { eye, noGrad, ones, randn, scope, type Tensor, tensor, useBackend, zeros } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Linear } from '@dl/layers';
import { beforeAll, expect, test } from 'vitest';
import {
  type AttentionCallOptions,
  causalMask,
  GPT,
  KeyValueCache,
  LearnedPositions,
  MultiheadAttention,
  prefixMask,
  SinusoidalPositions,
  Transformer,
  TransformerDecoder,
  TransformerDecoderLayer,
  TransformerEncoder,
  TransformerEncoderLayer,
  windowMask,
} from './index.js';

beforeAll(() => useBackend(cpu()));

const anything = (value: unknown): never => value as never;
const x = (): Tensor => ones([2, 3, 4]);
const multihead = (options = {}): MultiheadAttention => new MultiheadAttention(4, 2, options);
const attend = (options: AttentionCallOptions, other = x()): unknown => multihead().forward(x(), other, other, options);
const encoder = (layers = 2, width = 4): TransformerEncoder =>
  new TransformerEncoder(width, 2, layers, { dimFeedforward: 4 }).eval();
const tokens = (...rows: number[][]): Tensor => tensor(rows, { dtype: 'int32' });
const gpt = (options = {}): GPT =>
  new GPT({ vocabularySize: 5, dModel: 4, nhead: 2, numLayers: 2, maxLength: 4, ...options }).eval();
const transformer = (options = {}): Transformer =>
  new Transformer({
    sourceVocabulary: 5,
    dModel: 4,
    nhead: 2,
    numEncoderLayers: 1,
    numDecoderLayers: 1,
    ...options,
  }).eval();

test.each<[title: string, call: () => unknown, message: string]>([
  [
    'heads that do not divide the width',
    () => new MultiheadAttention(10, 3),
    'MultiheadAttention: 3 heads do not divide embedDim 10; needs a number of heads that does, or headDim',
  ],
  ['the same of a layer', () => new TransformerEncoderLayer(10, 3), '3 heads do not divide embedDim 10'],
  ['the same of a model', () => gpt({ nhead: 3 }), '3 heads do not divide embedDim 4'],
  [
    'no head',
    () => new MultiheadAttention(4, 0),
    'MultiheadAttention: numHeads is 0, needs a whole number of at least 1',
  ],
  ['half a head', () => new MultiheadAttention(4, 0.5), 'MultiheadAttention: numHeads is 0.5, needs a whole number'],
  [
    'heads of keys that are not shared evenly',
    () => new MultiheadAttention(12, 6, { keyHeads: 4 }),
    'MultiheadAttention: keyHeads is 4, needs a number that divides the 6 heads, whose neighbours share keys',
  ],
  [
    'more heads of keys than of queries',
    () => multihead({ keyHeads: 4 }),
    'MultiheadAttention: keyHeads is 4, needs a number that divides the 2 heads, whose neighbours share keys',
  ],
  [
    'a probability above 1',
    () => multihead({ dropout: 1.5 }),
    'MultiheadAttention: dropout is 1.5, needs a probability from 0 to 1',
  ],
  ['a cap of 0', () => multihead({ softcap: 0 }), 'MultiheadAttention: softcap is 0, needs a number above 0'],
  [
    'a scale that is none',
    () => multihead({ scale: Infinity }),
    'MultiheadAttention: scale is Infinity, needs a finite number',
  ],
  [
    'positions of an input, for attention',
    () => multihead({ positions: anything(new SinusoidalPositions(2)) }),
    'MultiheadAttention: positions is a SinusoidalPositions, needs a module with rotate(), bias() or values(); what is added to an input stands before the layers',
  ],
  [
    'a layer with a bias, as positions',
    () => multihead({ positions: anything(new Linear(2, 2)) }),
    'MultiheadAttention: positions is a Linear, needs a module with rotate(), bias() or values()',
  ],
  [
    'positions that are no module',
    () => multihead({ positions: anything({ rotate: () => x() }) }),
    'MultiheadAttention: positions is an object of rotate, needs a module with rotate(), bias() or values()',
  ],
  [
    'PyTorch’s spelling',
    () => new TransformerEncoderLayer(4, 2, anything({ dim_feedforward: 3 })),
    'TransformerEncoderLayer: there is no option dim_feedforward; did you mean dimFeedforward?',
  ],
  [
    'another activation',
    () => new TransformerDecoderLayer(4, 2, { activation: anything('tanh') }),
    "TransformerDecoderLayer: activation is 'tanh', needs 'relu', 'gelu', 'geluTanh', 'silu', 'geglu' or 'swiglu'",
  ],
  [
    'another norm',
    () => new TransformerEncoder(4, 2, 1, { norm: anything('batch') }),
    "TransformerEncoder: norm is 'batch', needs 'layer' or 'rms'",
  ],
  ['no layer', () => encoder(0), 'TransformerEncoder: numLayers is 0, needs a whole number of at least 1'],
  [
    'nothing between the two maps',
    () => new TransformerEncoderLayer(4, 2, { dimFeedforward: 0 }),
    'TransformerEncoderLayer: dimFeedforward is 0, needs a whole number of at least 1',
  ],
  [
    'queries of another width',
    () => multihead().forward(ones([2, 3, 5])),
    'MultiheadAttention: query is [2, 3, 5], needs [batch, length, 4]',
  ],
  [
    'one sequence without a batch',
    () => multihead().forward(ones([3, 4])),
    'MultiheadAttention: query is [3, 4], needs [batch, length, 4]',
  ],
  [
    'keys of another width',
    () => multihead({ kdim: 3 }).forward(x(), x(), x()),
    'MultiheadAttention: key is [2, 3, 4], needs [batch, length, 3]',
  ],
  [
    'values of another width',
    () => multihead({ vdim: 3 }).forward(x(), x(), x()),
    'MultiheadAttention: value is [2, 3, 4], needs [batch, length, 3]',
  ],
  [
    'a key without a value',
    () => multihead().forward(x(), ones([2, 5, 4]), x()),
    'MultiheadAttention: keys are [2, 5, 4] and values [2, 3, 4]; needs a value for each key',
  ],
  [
    'keys of another batch',
    () => attend({}, ones([3, 3, 4])),
    'MultiheadAttention: there are 2 sequences of queries and 3 of keys; needs as many',
  ],
  [
    'keys of one sequence for all',
    () => attend({}, ones([1, 3, 4])),
    'MultiheadAttention: there are 2 sequences of queries and 1 of keys; needs as many',
  ],
  [
    'no tensor',
    () => multihead().forward(anything([[[1, 2, 3, 4]]])),
    'MultiheadAttention: input is [[…]], needs a Tensor; make one with tensor(...)',
  ],
  [
    'another dtype',
    () => multihead().forward(ones([2, 3, 4], { dtype: 'float64' })),
    'MultiheadAttention: input is float64 and the layer float32',
  ],
  [
    'options where keys go',
    () => multihead().forward(x(), anything({ causal: true })),
    'MultiheadAttention: the options stand where key goes; they come last',
  ],
  [
    'an option that there is not',
    () => multihead().forward(x(), x(), x(), anything({ isCausal: true })),
    'MultiheadAttention: there is no option isCausal; did you mean causal?',
  ],
  [
    'a mask of numbers',
    () => attend({ mask: ones([3, 3]) }),
    'MultiheadAttention: mask is float32, needs bool, true where a query may look; what is added to the scores is the option bias',
  ],
  [
    'a mask of whole numbers',
    () => attend({ mask: ones([3, 3], { dtype: 'int32' }) }),
    "MultiheadAttention: mask is int32, needs bool, true where a query may look; cast it with .cast('bool')",
  ],
  [
    'a mask of numbers beside lengths',
    () => attend({ mask: ones([3, 3]), lengths: [3, 2] }),
    'MultiheadAttention: mask is float32, needs bool',
  ],
  [
    'a mask that is an array',
    () => attend({ mask: anything([[true]]) }),
    'MultiheadAttention: mask is [[…]], needs a Tensor; make one with tensor(...)',
  ],
  [
    'a mask that does not broadcast',
    () => attend({ mask: ones([3, 5], { dtype: 'bool' }) }),
    'MultiheadAttention: mask is [3, 5], which does not broadcast to [2, 2, 3, 3], [batch, heads, queries, keys]',
  ],
  [
    'a mask that does not broadcast, beside lengths',
    () => attend({ mask: ones([5, 3], { dtype: 'bool' }), lengths: [3, 2] }),
    'MultiheadAttention: mask is [5, 3], which does not broadcast to [2, 2, 3, 3], [batch, heads, queries, keys]',
  ],
  [
    'a mask of each sequence that stands where heads go',
    () => attend({ mask: ones([3, 3, 3], { dtype: 'bool' }) }),
    'MultiheadAttention: mask is [3, 3, 3], which does not broadcast to [2, 2, 3, 3], [batch, heads, queries, keys]',
  ],
  [
    'booleans that are to be added',
    () => attend({ bias: ones([3, 3], { dtype: 'bool' }) }),
    'MultiheadAttention: bias is bool, needs float32, which is added to the scores; booleans go into the option mask',
  ],
  [
    'a bias of another dtype',
    () => attend({ bias: zeros([3, 3], { dtype: 'float64' }) }),
    "MultiheadAttention: bias is float64, needs float32; cast it with .cast('float32')",
  ],
  [
    'a bias that does not broadcast',
    () => attend({ bias: zeros([1, 1, 1, 3, 3]) }),
    'MultiheadAttention: bias is [1, 1, 1, 3, 3], which does not broadcast to [2, 2, 3, 3], [batch, heads, queries, keys]',
  ],
  [
    'a length beyond the padding',
    () => attend({ lengths: [3, 4] }),
    'MultiheadAttention: a length is 4, needs a whole number from 1 to 3, the steps that the padding has room for',
  ],
  [
    'a length of 0',
    () => attend({ lengths: [0, 3] }),
    'MultiheadAttention: a length is 0, needs a whole number from 1 to 3, the steps that the padding has room for',
  ],
  [
    'half a key',
    () => attend({ lengths: [1.5, 3] }),
    'MultiheadAttention: a length is 1.5, needs a whole number from 1 to 3, the steps that the padding has room for',
  ],
  [
    'one length for all',
    () => attend({ lengths: [3] }),
    'MultiheadAttention: 1 length comes with a batch of 2, needs one for each sequence',
  ],
  [
    'a tensor of lengths',
    () => attend({ lengths: anything(ones([2])) }),
    'MultiheadAttention: lengths is a Tensor, needs an array of numbers',
  ],
  ['a window of 0', () => attend({ window: 0 }), 'MultiheadAttention: window is 0, needs a whole number of at least 1'],
  [
    'a length of a source beyond its padding, of a layer',
    () => new TransformerDecoderLayer(4, 2).forward(x(), x(), { memoryLengths: [3, 5] }),
    'a length is 5, needs a whole number from 1 to 3, the steps that the padding has room for',
  ],
  [
    'what was projected by another attention',
    () => multihead().forward(x(), undefined, undefined, { projected: multihead({ keyHeads: 1 }).project(x()) }),
    'MultiheadAttention: k of projected is [2, 1, 3, 2] float32, needs [batch, 2, length, 2] float32, as project() of this attention gives it',
  ],
  [
    'something that was not projected',
    () => multihead().forward(x(), undefined, undefined, { projected: anything({ k: x() }) }),
    'MultiheadAttention: projected is an object of k, needs { k, v }, as project() gives them',
  ],
  [
    'a decoder layer without a source',
    () => new TransformerDecoderLayer(4, 2).forward(x(), undefined),
    'TransformerDecoderLayer: got neither memory nor projected; needs what an encoder gives, or what crossAttention.project() made of it',
  ],
  [
    'a decoder without a source',
    () => new TransformerDecoder(4, 2, 2).forward(x(), undefined),
    'TransformerDecoder: got no memory, and projected for 0 of 2 layers; needs what the encoder gives, or what project() made of it',
  ],
  [
    'a source for too few layers',
    () => {
      const decoder = new TransformerDecoder(4, 2, 2);
      return decoder.forward(x(), undefined, { projected: decoder.project(x()).slice(1) });
    },
    'TransformerDecoder: got no memory, and projected for 1 of 2 layers',
  ],
  ['a mask of half a query', () => causalMask(1.5), 'causalMask: queries is 1.5, needs a whole number of at least 0'],
  ['a window mask of 0', () => windowMask(2, 2, 0), 'windowMask: window is 0, needs a whole number of at least 1'],
  ['a negative prefix', () => prefixMask(2, 2, -1), 'prefixMask: prefix is -1, needs a whole number of at least 0'],
  ['half an offset', () => causalMask(2, 2, { offset: 0.5 }), 'causalMask: offset is 0.5, needs a whole number'],
  [
    'positions beyond a learned table',
    () => new LearnedPositions(4, 4).forward(x(), { from: 2 }),
    'LearnedPositions: the input has positions 2 to 4 but the table ends at 3; cut the sequences to 4 steps, or make the table longer',
  ],
  [
    'the same in a model',
    () => gpt().forward(tokens([1, 2, 3, 4, 1])),
    'LearnedPositions: the input has positions 0 to 4 but the table ends at 3',
  ],
  [
    'more tokens than maxLength, with positions that have no end',
    () => gpt({ inputPositions: 'sinusoidal' }).forward(tokens([1, 2, 3, 4, 1])),
    'GPT: a sequence has 5 tokens, but maxLength is 4; cut it, or make the model with a larger maxLength',
  ],
  [
    'the same of a source',
    () => transformer({ maxLength: 2 }).encode(tokens([1, 2, 3])),
    'Transformer: a sequence has 3 tokens, but maxLength is 2; cut it, or make the model with a larger maxLength',
  ],
  [
    'features where tokens go',
    () => transformer().forward(anything(ones([2, 3])), tokens([1])),
    'Transformer: sources are [2, 3] float32, needs int32 [batch, length], a batch of sequences',
  ],
  [
    'one target for two sources',
    () => transformer().forward(tokens([1, 2], [3, 4]), tokens([1])),
    'Transformer: targets are [1, 1] for 2 sources; needs one for each',
  ],
  [
    'a begin token that is none',
    () => transformer({ begin: 5 }),
    'Transformer: begin is 5, needs a token from 0 to 4; one that is never said needs a place too',
  ],
  [
    'a learned table without an end',
    () => transformer({ inputPositions: 'learned' }),
    'Transformer: maxLength is undefined, needs a whole number of at least 1',
  ],
])('%s', (_, call, message) => {
  using __ = scope();
  expect(call).toThrow(message);
});

/** A cache of two layers that has three positions of two sequences, and the model that filled it. */
function filled(options = {}): { cache: KeyValueCache; model: TransformerEncoder } {
  const [cache, model] = [new KeyValueCache(2, options), encoder()];
  scope(() => noGrad(() => void model.forward(x(), { cache })));
  return { cache, model };
}

test.each<[title: string, call: (given: ReturnType<typeof filled>) => unknown, message: string]>([
  [
    'that is none',
    ({ model }) => model.forward(x(), { cache: anything({}) }),
    'TransformerEncoder: cache is an object of nothing, needs a KeyValueCache, as newCache() makes it',
  ],
  [
    'of all layers for one',
    ({ cache }) => multihead().forward(x(), undefined, undefined, { cache: anything(cache) }),
    'MultiheadAttention: cache is a KeyValueCache, needs that of one layer: cache.layers[0] of a KeyValueCache',
  ],
  [
    'of other layers',
    ({ cache }) => encoder(3).forward(x(), { cache }),
    'TransformerEncoder: cache is of 2 layers, but the model has 3; make it by newCache() of this model',
  ],
  [
    'of another model',
    ({ cache }) => noGrad(() => encoder().forward(x(), { cache })),
    'KeyValueCache: it has keys of another attention; a cache is for one model, which makes it by newCache()',
  ],
  [
    'of another batch',
    ({ cache, model }) => noGrad(() => model.forward(ones([3, 1, 4]), { cache })),
    'KeyValueCache: keys are [3, 2, 1, 2] float32, but the cache is of 2 sequences, 2 heads and 2 features, float32; a cache is for one model and one batch',
  ],
  [
    'where gradients are recorded',
    ({ cache, model }) => model.forward(x(), { cache }),
    'KeyValueCache: a cache has no gradients; call the model inside noGrad',
  ],
  [
    'with a mask of this piece alone',
    ({ cache, model }) => noGrad(() => model.forward(x(), { cache, mask: eye(3).cast('bool') })),
    'MultiheadAttention: mask is [3, 3], which does not broadcast to [2, 2, 3, 6], [batch, heads, queries, keys]',
  ],
  [
    'with a length beyond what was read',
    ({ cache, model }) => noGrad(() => model.forward(x(), { cache, lengths: [6, 7] })),
    'MultiheadAttention: a length is 7, needs a whole number from 1 to 6, the steps that the padding has room for',
  ],
  [
    'with a sequence that there is not',
    ({ cache }) => cache.select([0, 2]),
    'KeyValueCache.select: there is no sequence 2, there are 2',
  ],
  [
    'with half a sequence',
    ({ cache }) => cache.select([0.5]),
    'KeyValueCache.select: there is no sequence 0.5, there are 2',
  ],
])('a cache %s; and it stays as it was', (_, call, message) => {
  using _scope = scope();
  const given = filled();
  expect(() => call(given)).toThrow(message);
  expect(given.cache.layers.map(({ length, seen }) => [length, seen])).toEqual([
    [3, 3],
    [3, 3],
  ]);
  given.cache.dispose();
});

test('a cache that is full, with a window or without; after reset() there is room again, after dispose() there is none', () => {
  using _ = scope();
  for (const options of [{ limit: 5 }, { limit: 5, window: 2 }]) {
    const { cache, model } = filled(options);
    expect(() => noGrad(() => model.forward(x(), { cache }))).toThrow(
      'KeyValueCache: it is full: 3 of 5 positions are taken, and 3 more come; begin anew by reset()',
    );
    noGrad(() => model.forward(ones([2, 2, 4]), { cache }));
    expect(cache.length).toBe(5);
    cache.reset();
    noGrad(() => model.forward(ones([1, 5, 4]), { cache }));
    cache.dispose();
    expect(() => noGrad(() => model.forward(x(), { cache }))).toThrow('KeyValueCache: it was disposed of');
  }
});

test('a window that is wider than what a cache keeps', () => {
  using _ = scope();
  const { cache, model } = filled({ window: 2 });
  expect(() => noGrad(() => model.forward(x(), { cache, window: 3 }))).toThrow(
    'MultiheadAttention: window is 3, but the cache keeps 2 positions; make it with { window: 3 }',
  );
  cache.dispose();
});

test.each<[call: () => unknown, message: string]>([
  [() => new KeyValueCache(0), 'KeyValueCache: layers is 0, needs a whole number of at least 1'],
  [() => new KeyValueCache(anything('2')), "KeyValueCache: layers is '2', needs a number"],
  [() => new KeyValueCache(2, { limit: 0 }), 'KeyValueCache: limit is 0, needs a whole number of at least 1'],
  [() => new KeyValueCache(2, { window: 1.5 }), 'KeyValueCache: window is 1.5, needs a whole number of at least 1'],
  [
    () => new KeyValueCache(2).select(anything('all')),
    "KeyValueCache.select: rows is 'all', needs an array of numbers",
  ],
])('%s', (call, message) => {
  expect(call).toThrow(message);
});

test('sequences of no length, and batches of none, give as much', () => {
  using _ = scope();
  const attention = multihead();
  expect(attention.forward(zeros([2, 0, 4])).output.shape).toEqual([2, 0, 4]);
  expect(attention.forward(zeros([0, 3, 4])).output.shape).toEqual([0, 3, 4]);
  // Without keys there is nothing to look at.
  const source = zeros([2, 0, 4]);
  expect(
    attention
      .forward(randn([2, 3, 4]), source, source)
      .output.slice([0, 0])
      .toArray(),
  ).toEqual(attention.outProj.bias!.toArray());
});
