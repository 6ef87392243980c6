// A Linear whose weight is that of another module.

import { memory, noGrad, scope, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, expect, test } from 'vitest';
import { Embedding, Linear, Module, needTensor } from '../index.js';

beforeAll(() => useBackend(cpu()));

class Tied extends Module {
  readonly table = new Embedding(3, 2);
  readonly output = new Linear(2, 3, { weight: this.table.weight });

  forward(tokens: Parameters<Embedding['forward']>[0]) {
    needTensor('Tied', tokens);
    return this.output.forward(this.table.forward(tokens));
  }
}

test('it is one parameter of two names, whose gradient is the sum of both uses', () => {
  using _ = scope();
  const before = memory().buffers;
  using model = new Tied();
  // The table and a bias.
  expect(memory().buffers - before).toBe(2);
  expect(model.output.weight).toBe(model.table.weight);
  expect(model.namedParameters().map(([name]) => name)).toEqual(['table.weight', 'output.bias']);
  expect(Object.keys(model.stateDict())).toEqual(['table.weight', 'output.weight', 'output.bias']);
  noGrad(() => {
    model.table.weight.assign(
      tensor([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
    );
    model.output.bias!.assign(tensor([0, 0, 0]));
  });
  const y = model.forward(tensor([1], { dtype: 'int32' }));
  expect(y.toArray()).toEqual([[11, 25, 39]]);
  y.slice([null, [2, 3]])
    .sum()
    .backward();
  // d (w1 · w2): w2 for the row that was looked up, w1 for the row of the output.
  expect(model.table.weight.grad!.toArray()).toEqual([
    [0, 0],
    [5, 6],
    [3, 4],
  ]);
});

test('a weight that does not fit is refused', () => {
  const { weight } = new Embedding(3, 2);
  expect(() => new Linear(3, 2, { weight })).toThrow(
    'Linear: weight is [3, 2], needs a parameter [2, 3] of another module, such as the weight of an Embedding',
  );
  expect(
    () =>
      new Linear(2, 3, {
        weight: tensor([
          [1, 2],
          [3, 4],
          [5, 6],
        ]),
      }),
  ).toThrow('Linear: weight is no parameter, [3, 2]');
  expect(() => new Linear(2, 3, { weight: [1] as never })).toThrow('Linear: weight is');
});

test('its bias has the dtype of what it shares', () => {
  using _ = scope();
  const { weight } = new Embedding(3, 2, { dtype: 'float64' });
  const output = new Linear(2, 3, { weight });
  expect(output.bias!.dtype).toBe('float64');
  expect(output.forward(tensor([[1, 2]], { dtype: 'float64' })).dtype).toBe('float64');
});
