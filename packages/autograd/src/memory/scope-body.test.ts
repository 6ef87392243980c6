// scope(body): what the function returns survives, whatever holds it, with what its backward pass needs; all else is freed.

import { cpu } from '@dl/kernels-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  ArgumentError,
  grad,
  keep,
  matmul,
  memory,
  ones,
  randn,
  scope,
  type Tensor,
  tensor,
  useBackend,
} from '../index.js';

beforeAll(async () => {
  await useBackend(cpu());
});

/** How many buffers `body` leaves behind. */
function left(body: () => unknown): number {
  const before = memory().buffers;
  body();
  return memory().buffers - before;
}

describe('what survives', () => {
  test('nothing of a function that returns nothing, or a number', () => {
    expect(left(() => scope(() => void ones([4]).mul(2)))).toBe(0);
    expect(scope(() => ones([4]).sum().item())).toBe(4);
    expect(left(() => scope(() => ones([4]).sum().item()))).toBe(0);
  });

  test('a tensor, and not what it was computed from', () => {
    let made: Tensor;
    expect(left(() => (made = scope(() => ones([4]).mul(2).add(1))))).toBe(1);
    expect(made!.toArray()).toEqual([3, 3, 3, 3]);
    expect(left(() => made.dispose())).toBe(-1);
  });

  test('tensors in arrays, objects, maps and sets, however deep', () => {
    const result = scope(() => ({
      list: [ones([1]), { deep: [tensor(2)] }],
      map: new Map([['key', tensor(3)]]),
      set: new Set([tensor(4)]),
      bare: Object.assign(Object.create(null), { value: tensor(5) }) as { value: Tensor },
      text: 'text',
      nothing: null,
    }));
    const [one, { deep }] = result.list as [Tensor, { deep: Tensor[] }];
    const all = [one, deep[0]!, result.map.get('key')!, ...result.set, result.bare.value];
    expect(all.map((each) => each.item())).toEqual([1, 2, 3, 4, 5]);
    expect(left(() => all.forEach((each) => each.dispose()))).toBe(-5);
  });

  test('objects that hold each other end the search', () => {
    const a: { b?: object; x: Tensor } = scope(() => {
      const ring: { b?: object; x: Tensor } = { x: ones([2]) };
      ring.b = { back: ring };
      return ring;
    });
    expect(a.x.isFreed).toBe(false);
    a.x.dispose();
  });

  test('not what objects of a class hold, which keep() lets out', () => {
    class Pair {
      readonly kept = keep(ones([2]));
      readonly loose = ones([2]);
    }
    const { kept, loose } = scope(() => new Pair());
    expect([kept.isFreed, loose.isFreed]).toEqual([false, true]);
    kept.dispose();
  });

  test('a tensor from outside stays as it is', () => {
    const x = ones([2]);
    expect(scope(() => x)).toBe(x);
    expect(x.isFreed).toBe(false);
    x.dispose();
  });

  test('what is returned belongs to the scope around', () => {
    let inner: Tensor;
    let outer: Tensor;
    expect(
      left(() => {
        outer = scope(() => {
          inner = scope(() => ones([2]).mul(3));
          expect(inner.isFreed).toBe(false);
          return inner.add(1);
        });
      }),
    ).toBe(1);
    expect([inner!.isFreed, outer!.toArray()]).toEqual([true, [4, 4]]);
    outer!.dispose();
  });
});

describe('gradients', () => {
  test('a loss that is returned can go back; only what that needs stays', () => {
    const w = tensor([[1], [2]], { requiresGrad: true });
    const forward = () => {
      ones([50, 50]).mul(2); // has no part in the loss
      w.exp().sin(); // recorded, but nobody goes back through it
      return matmul(ones([3, 2]).mul(2), w)
        .square()
        .sum();
    };
    scope(() => {
      let loss: Tensor;
      // The loss, the product that was squared, and the other factor of the product.
      expect(left(() => (loss = scope(forward)))).toBe(3);
      expect(left(() => loss.backward())).toBe(1);
    });
    // d/dw of 3 (2 w0 + 2 w1)² is 12 (2 w0 + 2 w1) for each: 12 · 6
    expect(w.grad!.toArray()).toEqual([[72], [72]]);
    w.zeroGrad();
    w.dispose();
  });

  test('a graph over several scopes goes back through all of them', () => {
    const x = tensor([1, 2], { requiresGrad: true });
    const h = scope(() => x.mul(3).square());
    const loss = scope(() => h.mul(h).sum());
    loss.backward();
    // Σ (3x)⁴ has the gradient 324 x³
    expect(x.grad!.toArray()).toEqual([324, 2592]);
    for (const each of [x.grad!, x, h, loss]) each.dispose();
  });

  test('a leaf that is returned brings its gradient, also one that can be differentiated again', () => {
    const x = scope(() => {
      const leaf = tensor([1, 2], { requiresGrad: true });
      leaf.square().sum().backward();
      return leaf;
    });
    expect(x.grad!.toArray()).toEqual([2, 4]);
    x.zeroGrad();
    x.dispose();

    const y = tensor([1, 2], { requiresGrad: true });
    const slope = scope(() => grad((t: Tensor) => t.square().mul(t).sum())(y));
    slope.sum().backward();
    expect(y.grad!.toArray()).toEqual([6, 12]);
    for (const each of [y.grad!, y, slope]) each.dispose();
  });

  test('the same numbers as without a scope, in a graph of a thousand ops', () => {
    const [w, x] = [randn([4, 4], { requiresGrad: true }), randn([2, 4])];
    const forward = () => {
      let h = x;
      for (let i = 0; i < 1000; i++) h = matmul(h, w).tanh();
      return h.sum();
    };
    const freely = (): void => {
      using _ = scope(); // else the collector frees the graph at any time, also while a later test counts
      forward().backward();
    };
    freely();
    const expected = w.grad!.toArray();
    w.zeroGrad();
    const loss = scope(forward);
    loss.backward();
    expect(w.grad!.toArray()).toEqual(expected);
    for (const each of [w.grad!, w, x, loss]) each.dispose();
  });
});

describe('functions that fail', () => {
  test('an exception passes, and everything is freed', () => {
    const fail = () => {
      ones([10]).mul(2);
      throw new Error('inside');
    };
    expect(left(() => expect(() => scope(fail)).toThrow('inside'))).toBe(0);
    const after = ones([2]);
    expect(after.isFreed).toBe(false);
    after.dispose();
  });

  test('promises inside a list say what to do, and everything is freed', () => {
    const lists = () => scope(() => [1, 2].map(async (i) => ones([2]).mul(i)));
    expect(left(() => expect(lists).toThrow(ArgumentError))).toBe(0);
    expect(lists).toThrow(/returned promises inside an array or object.*await them in the function/);
  });
});

test.each([
  [[], 'object'],
  [5, 'number'],
  [undefined, 'undefined'],
  [null, 'null'],
  [Promise.resolve(), 'object'],
])('%s is no function', (wrong, words) => {
  const call = scope as (body: unknown) => unknown;
  expect(() => call(wrong)).toThrow(ArgumentError);
  expect(() => call(wrong)).toThrow(`scope: got ${words}, needs a function, as in scope(() => { … })`);
});
