// Loading a state: what is accepted, and what is said, without harm, when it does not fit.

import { noGrad, randn, scope, type Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { Linear, Sequential, type StateSource, Tanh } from '../index.js';

let model: Sequential;
let before: (readonly [string, unknown])[];
const snapshot = () => Object.entries(model.stateDict()).map(([name, value]) => [name, value.toArray()] as const);

beforeAll(() => useBackend(cpu()));
beforeEach(() => {
  model = new Sequential(new Linear(2, 3), new Tanh(), new Linear(3, 1));
  before = snapshot();
});
afterEach(() => model.dispose());

test('tensors, typed arrays and plain arrays', () => {
  using _ = scope();
  const values = { '0.weight': [1, 2, 3, 4, 5, 6], '0.bias': [7, 8, 9], '2.weight': [0.1, 0.2, 0.3], '2.bias': [0.5] };
  const parameter = model.parameters()[0]!;
  expect(
    model.loadStateDict({
      '0.weight': { data: values['0.weight'], shape: [3, 2] },
      '0.bias': { data: Float32Array.from(values['0.bias']), shape: [3] },
      '2.weight': tensor([values['2.weight']]),
      '2.bias': tensor(values['2.bias'], { requiresGrad: true }),
    }),
  ).toBe(model);
  expect(model.parameters()[0]).toBe(parameter);
  for (const [name, value] of Object.entries(model.stateDict())) {
    expect(Array.from(value.dataSync())).toEqual(Array.from(Float32Array.from(values[name as keyof typeof values])));
  }
});

test('a state is live; a clone is not', () => {
  using _ = scope();
  const state = model.stateDict();
  const copies = noGrad(() => Object.fromEntries(Object.entries(state).map(([name, value]) => [name, value.clone()])));
  model.parameters()[0]!.assign(randn([3, 2]));
  expect(state['0.weight']!.toArray()).not.toEqual(before[0]![1]);
  model.loadStateDict(copies);
  expect(snapshot()).toEqual(before);
});

test('what does not fit is listed, a sentence for each kind, and nothing is changed', () => {
  using _ = scope();
  const bad = (): StateSource => ({
    '0.weight': tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]),
    '0.bias': tensor([1, 2, 3], { dtype: 'float64' }),
    '2.weight': { data: [1, 2], shape: [1, 3] },
    '0.beta': tensor([1]),
    gamma: tensor([1]),
  });
  expect(() => model.loadStateDict(bad())).toThrow(
    'loadStateDict: nothing was loaded. ' +
      'Missing from the state: 2.bias. ' +
      'Unexpected in the state, the model has no such parameter or buffer: 0.beta, gamma. ' +
      'Misshapen: 0.weight is [2, 3] instead of [3, 2]. ' +
      'Of another dtype (cast them first): 0.bias is float64 instead of float32. ' +
      'Malformed: 2.weight has 2 values for the shape [1, 3], which needs 3.',
  );
  expect(snapshot()).toEqual(before);
});

test.each<[string, (state: Record<string, Tensor>) => unknown, string]>([
  ['a freed tensor', ({ '2.bias': bias }) => bias!.dispose(), 'Malformed: 2.bias is a freed tensor.'],
  [
    'a number',
    (state) => Object.assign(state, { '2.bias': 1 }),
    'Malformed: 2.bias is 1, not a Tensor or { data, shape }.',
  ],
  [
    'nothing',
    (state) => Object.assign(state, { '2.bias': undefined }),
    'Malformed: 2.bias is undefined, not a Tensor or { data, shape }.',
  ],
  [
    'integers',
    (state) => Object.assign(state, { '2.bias': tensor([1], { dtype: 'int32' }) }),
    'Of another dtype (cast them first): 2.bias is int32 instead of float32.',
  ],
])('%s in a state is an error that changes nothing', (_, spoil, message) => {
  using _scope = scope();
  const state = noGrad(() =>
    Object.fromEntries(Object.entries(model.stateDict()).map(([name, value]) => [name, value.mul(2)])),
  );
  spoil(state);
  expect(() => model.loadStateDict(state)).toThrow(`loadStateDict: nothing was loaded. ${message}`);
  expect(snapshot()).toEqual(before);
});

test('a state in JSON comes back, what is not finite with it; what is no number changes nothing', () => {
  using _ = scope();
  noGrad(() => model.parameters()[1]!.assign(tensor([Number.NaN, Infinity, -0.1])));
  const saved = snapshot();
  const text = JSON.stringify(model.stateDict());
  noGrad(() => {
    for (const parameter of model.parameters()) parameter.assign(randn(parameter.shape));
  });
  model.loadStateDict(JSON.parse(text) as StateSource);
  expect(snapshot()).toEqual(saved);
  const damaged = JSON.parse(text.replace('"NaN"', 'null')) as StateSource;
  expect(() => model.loadStateDict(damaged)).toThrow('element 0 is null, needs a number');
  expect(snapshot()).toEqual(saved);
});

test('what is stored in halves is loaded into floats, each number as it is', () => {
  using _ = scope();
  const weight = tensor([[1 / 3, 2, 3]]);
  for (const dtype of ['float16', 'bfloat16'] as const) {
    const stored = weight.cast(dtype);
    model.loadStateDict({ '2.weight': stored }, { strict: false });
    expect(model.stateDict()['2.weight']!.toArray()).toEqual(stored.toArray());
    expect(model.stateDict()['2.weight']!.dtype).toBe('float32');
  }
  const counts = { '2.weight': tensor([[1, 2, 3]], { dtype: 'int32' }) };
  expect(() => model.loadStateDict(counts, { strict: false })).toThrow('2.weight is int32 instead of float32');
});
