// States that do not fit the optimiser that is to go on from them: a sentence each, and nothing is changed.

import { memory, randn, scope, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import { written } from '../test/written.js';
import { Adam, type OptimizerState } from './index.js';

beforeAll(() => useBackend(cpu()));

describe('a state that does not fit changes nothing:', () => {
  const trained = (...shapes: number[][]): Adam => {
    const params = shapes.map((shape) => randn(shape, { requiresGrad: true }));
    const optimizer = new Adam(params, { lr: 0.5 });
    for (const param of params) param.square().sum().backward();
    optimizer.step();
    return optimizer;
  };
  type Edit = (state: { -readonly [K in keyof OptimizerState]: OptimizerState[K] }) => unknown;

  test.each<[string, Edit, string]>([
    ['of another optimiser', (state) => (state.optimizer = 'SGD'), 'the state is of SGD'],
    [
      'no state',
      (state) => Reflect.deleteProperty(state, 'state'),
      'what it got is not a state; it needs what stateDict() gives',
    ],
    [
      'of another model',
      (state) => (state.paramGroups = [{ params: [0] }, { params: [1] }]),
      'the state has groups of 1, 1 parameters and the optimiser has groups of 2',
    ],
    [
      'cut off',
      (state) => (state.state = state.state.slice(1)),
      'the state remembers 1 parameters and the optimiser has 2',
    ],
    ['lacks something', ({ state }) => Reflect.deleteProperty(state[1]!, 'expAvg'), 'parameter 1 lacks expAvg'],
    [
      'has too much',
      ({ state }) => Object.assign(state[1]!, { momentumBuffer: tensor([1]) }),
      'parameter 1 has momentumBuffer, which this optimiser does not know',
    ],
    [
      'of another shape',
      ({ state }) => Object.assign(state[1]!, { expAvg: tensor([[1, 2, 3]]) }),
      'parameter 1 has for expAvg the shape [1, 3] instead of [3]',
    ],
    [
      'of another dtype',
      ({ state }) => Object.assign(state[1]!, { expAvg: { data: Float64Array.of(1, 2, 3), shape: [3] } }),
      'parameter 1 has for expAvg the dtype float64 instead of float32; cast it first',
    ],
    [
      'no number',
      ({ state }) => Object.assign(state[1]!, { step: '3' }),
      'parameter 1 has for step something that is not a number',
    ],
    [
      'no tensor',
      ({ state }) => Object.assign(state[1]!, { expAvg: 3 }),
      'parameter 1 has for expAvg neither a Tensor nor { data, shape }',
    ],
    [
      'bad options',
      (state) => (state.paramGroups = [{ ...state.paramGroups[0]!, lr: -1 }]),
      'lr is -1, needs a number of at least 0',
    ],
  ])('%s', (_, edit, message) => {
    using _scope = scope();
    using optimizer = trained([2], [3]);
    const before = JSON.stringify(written(optimizer.stateDict()));
    const { bytes } = memory();
    const state = { ...optimizer.stateDict(), optimizer: 'Adam' };
    using _inner = scope();
    edit(state);
    expect(() => optimizer.loadStateDict(state)).toThrow(message);
    expect(JSON.stringify(written(optimizer.stateDict()))).toBe(before);
    _inner.end();
    expect(memory().bytes).toBe(bytes);
  });
});
