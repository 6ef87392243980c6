// Saved networks: of your own, with what does not fit said in one sentence, and nothing made of what a file only claims.

import { ALiBiPositions, GPT } from '@dl/attention';
import { ArgumentError, FormatError, memory, type Tensor, useBackend, zeros } from '@dl/autograd';
import { packState, unpackState } from '@dl/checkpoint';
import { cpu } from '@dl/kernels-cpu';
import { functionModel, Module, type NextToken, parameter } from '@dl/layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { OwnPositions } from '../../attention/test/own-positions.js';
import { LanguageModel, type LanguageModelState, languageModelFromState, trainCharacters } from './index.js';
import type { NetworkState } from './network-state.js';
import { networkModels, RecurrentModel, WindowModel } from './neural.js';

beforeAll(() => useBackend(cpu()));

const tokenizer = trainCharacters('abc'); // three tokens
const networks = networkModels;

/** A model of a user's own: the same probabilities at each step. */
class Unigrams extends Module<readonly [], Tensor> {
  readonly kind = 'unigrams';
  readonly config: { readonly vocabularySize: number };
  readonly logits: Tensor;

  constructor(config: { readonly vocabularySize: number }) {
    super();
    this.config = config;
    this.logits = parameter(zeros([config.vocabularySize]));
  }

  get vocabularySize(): number {
    return this.config.vocabularySize;
  }

  forward(): Tensor {
    return this.logits.logSoftmax(0);
  }

  start(batch: number): NextToken<null> {
    const row = this.forward().reshape([1, -1]);
    return { logProbabilities: row.add(zeros([batch, 1])), state: null };
  }

  step(tokens: ArrayLike<number>): NextToken<null> {
    return this.start(tokens.length);
  }

  select(): null {
    return null;
  }
}

describe('a network of your own', () => {
  test('is saved as the others are, and comes back by a table of your own', async () => {
    const model = new Unigrams({ vocabularySize: 4 });
    model.loadStateDict({ logits: { data: [0, 1, 2, 3], shape: [4] } });
    const bytes = packState(new LanguageModel(model, tokenizer).state());
    const mine = { ...networkModels, unigrams: (config: { vocabularySize: number }) => new Unigrams(config) };
    const again = languageModelFromState(unpackState(bytes), { networks: mine });
    expect(again.model).toBeInstanceOf(Unigrams);
    expect((await again.score('cab')).logProbability).toBe(
      (await new LanguageModel(model, tokenizer).score('cab')).logProbability,
    );
    expect(() => languageModelFromState(unpackState(bytes), { networks })).toThrow(
      "languageModelFromState: the model is a network of kind 'unigrams', and networks has window, recurrent, gpt; add what makes it: { ...networkModels, 'unigrams': (config) => … }",
    );
    expect(() => languageModelFromState(unpackState(bytes))).toThrow(
      "languageModelFromState: the model is a network of kind 'unigrams', and nothing here makes one; give { networks: networkModels } with networkModels of @dl/lm/neural",
    );
  });

  test('with a config that no file holds, and a model that is no network, are refused', () => {
    const stateOf = (model: ConstructorParameters<typeof LanguageModel>[0]): unknown =>
      new LanguageModel(model, tokenizer).state();
    const small = { vocabularySize: 4, dModel: 4, nhead: 1, numLayers: 1 };
    expect(() => stateOf(new GPT({ ...small, positions: new OwnPositions() }))).toThrow(
      "LanguageModel.state: config.positions of the network of kind 'gpt' is an OwnPositions, which no file holds; needs numbers, texts, lists and plain objects",
    );
    expect(() => stateOf(new GPT({ ...small, positions: new ALiBiPositions(1) }))).not.toThrow();
    expect(() => stateOf(functionModel(4, () => [0, 0, 0, 0]))).toThrow(/^modelState: got .*, needs an n-gram model/);
  });
});

test('a weight that is shared is saved once', () => {
  const model = new RecurrentModel({ vocabularySize: 4, cell: 'rnn', hiddenSize: 3, tied: true });
  const { weights } = new LanguageModel(model, tokenizer).state().model as NetworkState;
  expect(Object.keys(weights)).toEqual([
    ...['input.weight', 'network.weight_ih_l0', 'network.weight_hh_l0', 'network.bias_ih_l0', 'network.bias_hh_l0'],
    'output.bias',
  ]);
});

describe('a damaged state', () => {
  const whole = (): LanguageModelState =>
    new LanguageModel(
      new WindowModel({ vocabularySize: 4, window: 2, embeddingSize: 3, hiddenSize: 3 }),
      tokenizer,
    ).state();
  type Change = (state: NetworkState) => unknown;
  const config =
    (change: object): Change =>
    (state) => ({ ...state, config: { ...state.config, ...change } });
  const weights =
    (change: object): Change =>
    (state) => ({ ...state, weights: { ...state.weights, ...change } });
  const bias = { data: new Float32Array(4), shape: [4] };

  test.each<[string, Change, string]>([
    [
      'another version',
      (state) => ({ ...state, version: 2 }),
      'the network was saved in version 2, needs 1; save it again',
    ],
    ['no kind', (state) => ({ ...state, kind: 7 }), 'the kind of the network is 7, needs a text'],
    ['no config', (state) => ({ ...state, config: [] }), 'the config of the network is [], needs a record'],
    ['no weights', (state) => ({ ...state, weights: null }), 'the weights are null, needs a record of tensors'],
    ['a huge vocabulary', config({ vocabularySize: 2 ** 30 }), 'the config of the network asks for at least'],
    ['a huge window', config({ window: 1e15 }), 'the config of the network asks for at least'],
    [
      'huge sizes whose product is small',
      config({ embeddingSize: 2 ** 40, hiddenSize: 2 ** -40 }),
      'needs whole numbers of at least 1',
    ],
    ['a size below 0', config({ hiddenSize: -3 }), 'needs whole numbers of at least 1'],
    ['a size that is text', config({ embeddingSize: '3' }), 'needs whole numbers of at least 1'],
    ['no size', config({ vocabularySize: null }), 'needs whole numbers of at least 1'],
    [
      'an option that there is not',
      config({ depth: 1 }),
      'there is no network of this config: WindowModel: there is no option depth',
    ],
    [
      'a begin beyond the vocabulary',
      config({ begin: 4 }),
      'there is no network of this config: WindowModel: begin is 4',
    ],
    [
      'other sizes',
      config({ embeddingSize: 2 }),
      'the weights do not fit the config: loadStateDict: nothing was loaded. Misshapen:',
    ],
    ['another dtype', config({ dtype: 'float64' }), 'Of another dtype'],
    ['a weight too many', weights({ more: bias }), 'Unexpected in the state'],
    [
      'a weight that is none',
      weights({ 'output.bias': 3 }),
      "the weights 'output.bias' are 3, needs values with their shape",
    ],
    ['a weight of another size', weights({ 'output.bias': { ...bias, shape: [5] } }), "the weights 'output.bias' are"],
    ['a shape that is none', weights({ 'output.bias': { ...bias, shape: [-4, -1] } }), "the weights 'output.bias' are"],
    ['a weight of another shape', weights({ 'output.bias': { ...bias, shape: [2, 2] } }), 'Misshapen: output.bias'],
  ])('%s', (_, change, words) => {
    const state = whole();
    const before = memory().buffers;
    const load = (): unknown =>
      languageModelFromState({ ...state, model: change(state.model as NetworkState) }, { networks });
    expect(load).toThrow(FormatError);
    expect(load).toThrow(words);
    expect(load).toThrow(/^languageModelFromState: /);
    expect(memory().buffers).toBe(before);
  });

  test('a missing weight, and a kind from the prototype of all objects', () => {
    const state = whole();
    const { 'output.bias': _, ...others } = (state.model as NetworkState).weights;
    expect(() =>
      languageModelFromState({ ...state, model: { ...(state.model as NetworkState), weights: others } }, { networks }),
    ).toThrow('Missing from the state: output.bias');
    const odd = { ...state, model: { ...(state.model as NetworkState), kind: 'toString' } };
    expect(() => languageModelFromState(odd, { networks })).toThrow(ArgumentError);
    expect(() => languageModelFromState(odd, { networks })).toThrow(
      'networks has window, recurrent, gpt; add what makes it',
    );
  });

  test('a tokenizer of more tokens: nothing is half-loaded', () => {
    const state = whole();
    const before = memory().buffers;
    const larger = JSON.stringify(trainCharacters('abcdef').state());
    expect(() => languageModelFromState({ ...state, tokenizer: larger }, { networks })).toThrow(
      'languageModelFromState: the model has 4 tokens, but the tokenizer makes 6; the file is damaged',
    );
    expect(memory().buffers).toBe(before);
  });

  test.each([
    ['recurrent', { cell: 'lstm', hiddenSize: 2 ** 28 }],
    ['recurrent', { cell: 'none', hiddenSize: 2 }],
    ['recurrent', { hiddenSize: 2, numLayers: 2 ** 30 }],
    ['gpt', { dModel: 4, nhead: 1, numLayers: 2 ** 30 }],
    ['gpt', { dModel: 4, nhead: 1, numLayers: 1, dimFeedforward: -(2 ** 40) }],
    ['gpt', { dModel: 4, nhead: 1, numLayers: 1, maxLength: 2 ** 40 }],
    ['gpt', { dModel: 4, nhead: 2 ** 30, headDim: 2 ** 20, numLayers: 1 }],
    ['gpt', { dModel: 4, nhead: 1, numLayers: 1, positions: { type: 'relative', headDim: 4, maxDistance: 2 ** 40 } }],
    ['gpt', { dModel: 4, nhead: 4, numLayers: 1, positions: { type: 'relativeBias', numHeads: 4, buckets: 2 ** 40 } }],
    ['gpt', { dModel: 4, nhead: 1, numLayers: 1, positions: { type: 'rotary', headDim: 2 ** 40 } }],
    ['gpt', { dModel: 4, nhead: 1, numLayers: 1, positions: 7 }],
  ])('of kind %s, what %j claims is not made', (kind, sizes) => {
    const state = whole();
    const model = { ...(state.model as NetworkState), kind, config: { vocabularySize: 4, ...sizes } };
    const before = memory();
    expect(() => languageModelFromState({ ...state, model }, { networks })).toThrow(FormatError);
    expect(memory().buffers).toBe(before.buffers);
    expect(memory().bytes).toBe(before.bytes);
  });
});
