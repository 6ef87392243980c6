// State that goes from step to step: the new one lives, the former is freed, gradients stop in between.

import { cpu } from '@dl/kernels-cpu';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type Carried,
  carried,
  manualSeed,
  memory,
  noGrad,
  ones,
  randn,
  scope,
  type Tensor,
  tanh,
  tensor,
  useBackend,
  zeros,
} from '../index.js';

beforeAll(async () => {
  await useBackend(cpu({ threads: 1 }));
});

let buffers: number;
beforeEach(() => {
  buffers = memory().buffers;
});
const more = (): number => memory().buffers - buffers;

test('steps in scopes hold one state, to the byte', () => {
  const state = carried(zeros([64]));
  const seen = new Set<number>();
  for (let i = 0; i < 50; i++) {
    scope(() => state.set(state.get().add(1)));
    if (i > 0) seen.add(memory().bytes);
  }
  expect(seen.size).toBe(1);
  expect(scope(() => state.get().toArray())).toEqual(new Array(64).fill(50));
  state.dispose();
});

test('it needs no copy of what the scope would have freed, and copies everything else', () => {
  const kept = ones([4]);
  const state = carried(kept);
  scope(() => {
    expect(state.get().storage).not.toBe(kept.storage);
    noGrad(() => state.get().assign(zeros([4])));
    expect(kept.toArray()).toEqual([1, 1, 1, 1]);
    expect(state.get().toArray()).toEqual([0, 0, 0, 0]);
    const made = kept.add(1);
    state.set(made);
    expect(state.get().storage).toBe(made.storage);
    // Two states never share a buffer, and neither holds what a view is a part of.
    const other = carried(made);
    expect(other.get().storage).not.toBe(made.storage);
    const view = made.add(1).reshape([2, 2]);
    other.set(view);
    expect(other.get().storage).not.toBe(view.storage);
    other.dispose();
  });
  const parameter = ones([2], { requiresGrad: true });
  scope(() => state.set(parameter));
  scope(() => noGrad(() => parameter.assign(zeros([2]))));
  expect(scope(() => state.get().toArray())).toEqual([1, 1]);
  for (const each of [kept, state, parameter]) each.dispose();
  expect(more()).toBe(0);
});

test('gradients of a step are those of a state of plain numbers, whether it is set before or after backward', () => {
  manualSeed(3);
  const w = randn([3, 3], { requiresGrad: true, std: 0.5 });
  const x = randn([3, 2, 3]);
  /** The gradients that three steps sum up, when the state is read and written so. */
  const train = (read: () => Tensor, step: (h: Tensor, loss: Tensor) => void): unknown => {
    for (let t = 0; t < 3; t++) {
      scope(() => {
        const h = tanh(
          read()
            .matmul(w)
            .add(x.slice([t])),
        );
        step(h, h.square().sum());
      });
    }
    const gradient = w.grad!.toArray();
    w.zeroGrad();
    return gradient;
  };
  let numbers = zeros([2, 3]).toArray();
  const byHand = train(
    () => tensor(numbers),
    (h, loss) => {
      loss.backward();
      numbers = h.toArray();
    },
  );
  const state = carried(zeros([2, 3]));
  const before = train(
    () => state.get(),
    (h, loss) => {
      state.set(h);
      loss.backward();
    },
  );
  scope(() => state.set(zeros([2, 3])));
  const after = train(
    () => state.get(),
    (h, loss) => {
      loss.backward();
      state.set(h);
    },
  );
  expect(before).toEqual(byHand);
  expect(after).toEqual(byHand);
  state.dispose();
});

test('what a step got stays what it was when the state is set anew', () => {
  const state = scope(() => carried(ones([2])));
  scope(() => {
    const former = state.get();
    state.set(former.mul(3));
    expect(former.toArray()).toEqual([1, 1]);
    expect(state.get().toArray()).toEqual([3, 3]);
  });
  state.dispose();
  expect(more()).toBe(0);
});

describe('the state', () => {
  interface State {
    readonly layers: readonly { readonly h: Tensor; readonly c: Tensor }[];
    readonly cache: ReadonlyMap<string, Tensor>;
    readonly seen: ReadonlySet<Tensor>;
    readonly position: number;
  }

  test('has tensors anywhere in arrays, plain objects, maps and sets', () => {
    const make = (value: number): State => {
      const h = ones([2]).mul(value);
      return {
        layers: [{ h, c: ones([3]).mul(value) }],
        cache: new Map([['keys', ones([4]).mul(value)]]),
        seen: new Set([h]),
        position: value,
      };
    };
    const state = scope(() => carried(make(1)));
    for (let i = 2; i < 5; i++) scope(() => state.set(make(i)));
    expect(more()).toBe(3);
    scope(() => {
      const { layers, cache, seen, position } = state.get();
      expect(layers[0]!.h.toArray()).toEqual([4, 4]);
      expect(layers[0]!.c.toArray()).toEqual([4, 4, 4]);
      expect(cache.get('keys')!.toArray()).toEqual([4, 4, 4, 4]);
      // What is one tensor stays one.
      expect([...seen]).toEqual([layers[0]!.h]);
      expect(position).toBe(4);
    });
    state.dispose();
    expect(more()).toBe(0);
  });

  test('may begin as nothing, and may hold itself', () => {
    const state = carried<Tensor | undefined>(undefined);
    expect(state.get()).toBeUndefined();
    scope(() => state.set((state.get() ?? zeros([1])).add(1)));
    expect(scope(() => state.get()!.item())).toBe(1);
    state.dispose();
    interface Ring {
      readonly x: Tensor;
      next: Ring | undefined;
    }
    const ring: Ring = { x: ones([1]), next: undefined };
    ring.next = ring;
    const held = carried(ring);
    scope(() => expect(held.get().next!.next!.x.item()).toBe(1));
    held.dispose();
    ring.x.dispose();
  });

  test('is what it was after a value that cannot be taken', () => {
    const state: Carried<unknown> = carried<unknown>([ones([2])]);
    const freed = ones([2]);
    freed.dispose();
    expect(() => state.set([zeros([2]), freed])).toThrow('use of a freed tensor');
    expect(() => state.set([Promise.resolve(1)])).toThrow('Carried.set: got a promise; await it first');
    scope(() => expect((state.get() as [Tensor])[0].toArray()).toEqual([1, 1]));
    state.dispose();
  });

  test('is gone after dispose', () => {
    const state = carried(ones([2]));
    state.dispose();
    expect(() => state.get()).toThrow('use of a freed tensor (float32 [2]): dispose() of the carried state was called');
    scope(() => state.set(ones([3])));
    scope(() => expect(state.get().shape).toEqual([3]));
    state.dispose();
  });

  test('goes over an await', async () => {
    const state = carried(zeros([2]));
    for (let i = 0; i < 3; i++) {
      await scope(async () => {
        const h = state.get();
        await new Promise((resolve) => setImmediate(resolve));
        state.set(h.add(1));
      });
    }
    scope(() => expect(state.get().toArray()).toEqual([3, 3]));
    state.dispose();
  });
});
