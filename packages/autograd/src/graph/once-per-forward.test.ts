// oncePerForward: what a checkpoint does once, in nested checkpoints, after errors, and when the second run goes another way.

import { cpu } from '@dl/kernels-cpu';
import { beforeAll, expect, test } from 'vitest';
import { checkpoint, memory, oncePerForward, scope, type Tensor, tensor, useBackend } from '../index.js';

beforeAll(() => useBackend(cpu({ engine: 'typescript' })));

const leaf = (data: number[]): Tensor => tensor(data, { dtype: 'float64', requiresGrad: true });

/** x · f, for a factor that grows by 1 with each forward, and a record of what each forward did. */
function growing() {
  const done: number[] = [];
  const times = (x: Tensor): Tensor => {
    const factor = oncePerForward(() => {
      done.push(done.length + 1);
      return done.length;
    });
    return x.square().mul(factor);
  };
  return { done, times };
}

test('outside a checkpoint it just runs', () => {
  const { done, times } = growing();
  expect([times(leaf([2])).item(), times(leaf([2])).item(), done]).toEqual([4, 8, [1, 2]]);
});

test('a checkpoint does it once, and the gradient is that of what the forward gave', () => {
  const { done, times } = growing();
  const x = leaf([3]);
  const [first, second] = [checkpoint(times, x), checkpoint(times, x)];
  expect([first.item(), second.item()]).toEqual([9, 18]);
  second.sum().backward();
  expect(x.grad?.item()).toBe(12);
  first.sum().backward();
  // d/dx x² + d/dx 2x² at 3.
  expect(x.grad?.item()).toBe(18);
  expect(done).toEqual([1, 2]);
});

test('a checkpoint within another, on both levels, in the order of the first time', () => {
  const { done, times } = growing();
  const x = leaf([1]);
  // 2 · (1 · x²)² · (3 · …²): the inner one comes second.
  checkpoint((x: Tensor) => times(checkpoint(times, times(x))), x)
    .sum()
    .backward();
  expect(done).toEqual([1, 2, 3]);
  // y = 3 · (2 · (x²)²)² = 12 x⁸.
  expect(x.grad?.item()).toBe(96);
});

test('a graph that is gone through twice does it once', () => {
  const { done, times } = growing();
  const x = leaf([3]);
  const y = checkpoint(times, x).sum();
  y.backward({ retainGraph: true });
  y.backward();
  expect([x.grad?.item(), done]).toEqual([12, [1]]);
});

test('one within another is done with it', () => {
  let calls = 0;
  const x = leaf([3]);
  const twice = (x: Tensor): Tensor =>
    x.mul(oncePerForward(() => oncePerForward(() => ++calls) * 10)).mul(oncePerForward(() => ++calls));
  checkpoint(twice, x).sum().backward();
  expect([x.grad?.item(), calls]).toEqual([20, 2]);
});

test('tensors that it gives are there the second time, and are freed with their scope', () => {
  const before = memory();
  {
    using _ = scope();
    const x = leaf([1, 2]);
    const state = tensor([5, 7], { dtype: 'float64' });
    const forward = (x: Tensor): Tensor => {
      const [now] = oncePerForward(() => {
        state.assign(state.add(1));
        return [state.clone()];
      });
      return x.mul(now!);
    };
    const y = checkpoint(forward, x).sum();
    const z = checkpoint(forward, x).sum();
    y.backward();
    expect(x.grad?.toArray()).toEqual([6, 8]);
    z.backward();
    expect(x.grad?.toArray()).toEqual([13, 17]);
    x.zeroGrad();
  }
  expect([memory().buffers, memory().bytes]).toEqual([before.buffers, before.bytes]);
});

test('an error in the first run leaves nothing behind', () => {
  const { done, times } = growing();
  const x = leaf([3]);
  const failing = (x: Tensor): Tensor => {
    times(x);
    throw new Error('stop');
  };
  expect(() => checkpoint(failing, x)).toThrow('stop');
  checkpoint(times, x).sum().backward();
  expect([x.grad?.item(), done]).toEqual([12, [1, 2]]);
});

test('a second run that does more is told', () => {
  let calls = 0;
  const x = leaf([3]);
  const other = (x: Tensor): Tensor => {
    for (let i = 0; i <= calls; i++) oncePerForward(() => undefined);
    calls++;
    return x.mul(2);
  };
  const y = checkpoint(other, x).sum();
  expect(() => y.backward()).toThrow(
    'checkpoint: its function went another way the second time, and did something that it had not done; it must do the same each time',
  );
});
