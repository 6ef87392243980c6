// What an optimiser remembers decays to 0, not into subnormal numbers: there every step takes many times as long.

import { noGrad, Tensor, tensor, useBackend, zeros } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Adam, SGD } from '@dl/optim';
import { expect, test } from 'vitest';

/** Steps with these gradients, one after another; what is remembered then, by name. */
async function remembered(
  make: (x: Tensor) => Adam | SGD,
  gradients: Iterable<number>,
): Promise<Record<string, number>> {
  await useBackend(cpu({ engine: 'wasm' }));
  // Five elements: four of a vector, and one beyond.
  const x = tensor([1, 1, 1, 1, 1], { requiresGrad: true });
  const optimizer = make(x);
  x.grad = zeros([5]);
  for (const gradient of gradients) {
    noGrad(() => x.grad!.assign(zeros([5]).add(gradient)));
    optimizer.step();
  }
  const state = optimizer.stateDict().state[0]!;
  return Object.fromEntries(
    Object.entries(state).flatMap(([name, value]) => {
      if (!(value instanceof Tensor)) return [];
      const values = new Set(value.dataSync());
      expect(values.size, name).toBe(1);
      return [[name, [...values][0]!]];
    }),
  );
}

function* once(gradient: number, steps: number): Generator<number> {
  yield gradient;
  for (let i = 1; i < steps; i++) yield 0;
}

test('momentum', async () => {
  const make = (x: Tensor): SGD => new SGD([x], { lr: 0.1, momentum: 0.9 });
  // 0.9^828 is 1.3e-38, 0.9^829 lies below the smallest normal number, 1.18e-38.
  expect((await remembered(make, once(1, 829))).momentumBuffer! / 0.9 ** 828).toBeCloseTo(1, 3);
  expect(await remembered(make, once(1, 831))).toEqual({ momentumBuffer: 0 });
  expect(await remembered(make, once(Number.NaN, 3))).toEqual({ momentumBuffer: Number.NaN });
});

test('the means of Adam, by small gradients and by none', async () => {
  const make = (x: Tensor): Adam => new Adam([x]);
  const state = await remembered(make, once(1, 900));
  expect(state.expAvg).toBe(0);
  expect(state.expAvgSq! / (0.001 * 0.999 ** 899)).toBeCloseTo(1, 3);
  expect(await remembered(make, once(1e-25, 3))).toMatchObject({ expAvgSq: 0 });
  expect(await remembered(make, once(Number.NaN, 3))).toEqual({ expAvg: Number.NaN, expAvgSq: Number.NaN });
});

test('with an eps that they are not small beside, Adam keeps them', async () => {
  const make = (x: Tensor): Adam => new Adam([x], { eps: 1e-22 });
  // g² is 1e-40, and a first step is lr · g / (|g| + eps).
  const state = await remembered(make, [1e-20]);
  expect(state.expAvgSq).toBeGreaterThan(0);
});
