// Lookahead: its formula, and parameters that join later.

import { scope, type Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose } from '@dl/testing';
import { beforeAll, expect, test } from 'vitest';
import { Lookahead, SGD } from '../index.js';

beforeAll(() => useBackend(cpu()));

const leaf = (data: number[] | number[][]): Tensor => tensor(data, { dtype: 'float64', requiresGrad: true });

test('Lookahead by its formula, with any optimiser inside', () => {
  using _ = scope();
  const x = leaf([4]);
  using optimizer = new Lookahead(new SGD([x], { lr: 0.1 }), { k: 3, alpha: 0.25 });
  let [fast, slow] = [4, 4];
  for (let i = 1; i <= 20; i++) {
    x.square().sum().backward();
    optimizer.step();
    optimizer.zeroGrad();
    fast -= 0.1 * 2 * fast;
    if (i % 3 === 0) {
      slow += 0.25 * (fast - slow);
      fast = slow;
    }
    assertAllClose(x.item(), fast, { rtol: 1e-13 });
  }
  expect(() => new Lookahead(optimizer.inner, { k: 0 })).toThrow(
    'Lookahead: k is 0, needs a whole number of at least 1',
  );
  expect(() => new Lookahead(optimizer.inner, { alpha: 2 })).toThrow(
    'Lookahead: alpha is 2, needs a number above 0 and up to 1',
  );
  expect(() => optimizer.loadStateDict(optimizer.inner.stateDict() as never)).toThrow(
    'it needs the state of a Lookahead with 1 parameters',
  );
  expect(() => optimizer.loadStateDict({ ...optimizer.stateDict(), steps: undefined } as never)).toThrow(
    'it needs the state of a Lookahead with 1 parameters',
  );
});

test('Lookahead: parameters that join later have slow weights from then on; after dispose() it is as new', () => {
  using _ = scope();
  const [early, late] = [leaf([4]), leaf([4])];
  using optimizer = new Lookahead(new SGD([early], { lr: 0.1 }), { k: 2, alpha: 0.5 });
  const step = (): void => {
    early.square().sum().add(late.square().sum()).backward();
    optimizer.step();
    optimizer.zeroGrad();
    late.zeroGrad();
  };
  for (let i = 0; i < 2; i++) step();
  expect(late.item()).toBe(4);
  optimizer.inner.addParamGroup({ params: [late] });
  for (let i = 0; i < 2; i++) step();
  // Two steps of 0.8 each, and half of the way.
  assertAllClose(late.item(), 4 + 0.5 * (4 * 0.64 - 4), { rtol: 1e-13 });
  expect(optimizer.stateDict().slow).toHaveLength(2);
  using again = new Lookahead(new SGD([{ params: [leaf([1])] }, { params: [leaf([1])] }], { lr: 1 }));
  again.loadStateDict(optimizer.stateDict());
  expect(again.paramGroups[0]!.lr).toBe(0.1);

  optimizer.dispose();
  optimizer.dispose();
  late.assign(tensor([4], { dtype: 'float64' }));
  for (let i = 0; i < 2; i++) step();
  assertAllClose(late.item(), 4 + 0.5 * (4 * 0.64 - 4), { rtol: 1e-13 });
});
