// The record of what is ambient: how it is found, what is shared, and what becomes of what a body leaves running.

import { cpu } from '@dl/kernels-cpu';
import { settledMemory } from '@dl/testing';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { tick } from '../../test/overlap.js';
import {
  ArgumentError,
  BackendError,
  currentBackend,
  currentBackends,
  Generator,
  MemoryError,
  memory,
  noGrad,
  ones,
  scope,
  type Tensor,
  tensor,
  useBackend,
  withBackend,
  withGenerator,
} from '../index.js';
import { currentContext, tellTasksApart } from './context.js';
import { findStorage } from './storage.js';

const [a, b] = [cpu({ threads: 1 }), cpu({ engine: 'typescript' })];
beforeAll(async () => {
  await useBackend(b);
  await useBackend(a);
});

describe.each(['as the platform can', 'not at all'] as const)('scope with a function, tasks told apart %s', (how) => {
  beforeAll(() => tellTasksApart(how));

  const nested = (): {
    readonly list: readonly Tensor[];
    readonly deep: { readonly y: Tensor };
    readonly n: number;
  } => {
    const x = ones([2]).mul(3);
    return { list: [x, x.add(1)], deep: { y: x.add(2) }, n: 4 };
  };

  test.each([
    ['synchronous', () => Promise.resolve(scope(nested))],
    [
      'asynchronous',
      () =>
        scope(async () => {
          ones([5]);
          await tick();
          const found = nested();
          await tick();
          return found;
        }),
    ],
  ])('what it returns survives, all else is freed: %s', async (_, run) => {
    const { buffers: before } = await settledMemory();
    const { list, deep, n } = await run();
    expect([...list, deep.y].map((x) => x.toArray())).toEqual([
      [3, 3],
      [4, 4],
      [5, 5],
    ]);
    expect([n, memory().buffers]).toEqual([4, before + 3]);
    for (const x of [...list, deep.y]) x.dispose();
  });

  test('what it returns goes to the scope around it', async () => {
    const { buffers: before } = await settledMemory();
    const escaped = await scope(async () => {
      const x = await scope(async () => {
        await tick();
        return ones([2]);
      });
      expect(x.isFreed).toBe(false);
      await tick();
      return [x.sum().item(), x.toString] as const;
    });
    expect(escaped[0]).toBe(2);
    expect(memory().buffers).toBe(before);
  });

  test('a loss that it returns has its graph', async () => {
    const w = tensor([2, 3], { requiresGrad: true });
    const { buffers: before } = await settledMemory();
    const loss = await scope(async () => {
      await tick();
      return w.square().exp().sum();
    });
    loss.backward();
    const [first, second] = (w.grad!.toArray() as number[]).map((g, i) => g / ([4, 6][i]! * Math.exp([4, 9][i]!)));
    expect(first).toBeCloseTo(1, 5);
    expect(second).toBeCloseTo(1, 5);
    w.zeroGrad();
    loss.dispose();
    expect(memory().buffers).toBeLessThanOrEqual(before + 2);
    w.dispose();
  });

  test('an error frees everything', async () => {
    const { buffers: before } = await settledMemory();
    const failing = scope(async () => {
      ones([2]);
      await tick();
      ones([3]);
      throw new Error('stop');
    });
    await expect(failing).rejects.toThrow('stop');
    expect(() =>
      scope(() => {
        ones([2]);
        throw new Error('at once');
      }),
    ).toThrow('at once');
    expect(memory().buffers).toBe(before);
  });

  test('useBackend inside a scope is not undone by its end', async () => {
    {
      using _ = scope();
      await useBackend(b);
    }
    expect(currentBackend()).toBe(b);
    await scope(() => useBackend(a));
    expect(currentBackend()).toBe(a);
  });

  test('what a body leaves running goes on in what was around it', async () => {
    let end = (): void => undefined;
    let late: Promise<unknown> | undefined;
    noGrad(() => {
      late = new Promise<void>((resolve) => {
        end = resolve;
      }).then(() => currentContext().recording);
    });
    using _ = scope();
    end();
    expect(await late).toBe(true);
  });
});

test('sibling tasks with a scope in a block each keep what is theirs', async () => {
  tellTasksApart('as the platform can');
  const { buffers: before } = await settledMemory();
  const task = async (value: number): Promise<number> => {
    using _ = scope();
    let x = ones([2]).mul(value);
    for (let i = 0; i < (value * 7) % 5; i++) {
      await tick();
      x = x.add(1);
    }
    return x.sum().item() - 2 * ((value * 7) % 5);
  };
  const values = Array.from({ length: 20 }, (_, i) => i);
  expect(await Promise.all(values.map(task))).toEqual(values.map((value) => 2 * value));
  expect(memory().buffers).toBe(before);
});

test('AsyncContext serves where there is no AsyncLocalStorage', () => {
  class Variable {
    #value: unknown;
    get(): unknown {
      return this.#value;
    }
    run<T>(value: unknown, body: () => T): T {
      const former = this.#value;
      this.#value = value;
      try {
        return body();
      } finally {
        this.#value = former;
      }
    }
  }
  vi.stubGlobal('process', undefined);
  expect(findStorage()).toBeUndefined();
  vi.stubGlobal('AsyncContext', { Variable });
  tellTasksApart('as the platform can');
  vi.unstubAllGlobals();
  expect(noGrad(() => currentContext().recording)).toBe(false);
  expect(currentContext().recording).toBe(true);
  {
    using _ = scope();
    expect(currentContext().scope).toBeDefined();
  }
  expect(currentContext().scope).toBeUndefined();
  tellTasksApart('as the platform can');
});

test('scopes in blocks of two tasks that end in the wrong order are an error where tasks are not told apart', async () => {
  tellTasksApart('not at all');
  const task = async (ticksBefore: number, ticksIn: number): Promise<void> => {
    for (let i = 0; i < ticksBefore; i++) await tick();
    using _ = scope();
    for (let i = 0; i < ticksIn; i++) await tick();
  };
  const [first, second] = await Promise.allSettled([task(0, 3), task(1, 4)]);
  expect(String((first as PromiseRejectedResult).reason)).toMatch(
    /^ContextError: scope: the one opened, at .*context\.test\.ts:\d+:\d+.* ends before the one opened, at .*context\.test\.ts:\d+:\d+/,
  );
  expect(second.status).toBe('fulfilled');
  expect(currentContext().scope).toBeUndefined();
  tellTasksApart('as the platform can');
});

describe('bad input', () => {
  test('is refused in one sentence', () => {
    expect(() => scope(3 as never)).toThrow(ArgumentError);
    expect(() => scope(3 as never)).toThrow(
      'scope: got number, needs a function, as in scope(() => { … }); what it returns survives',
    );
    expect(() => withGenerator(1 as never, () => 1)).toThrow('withGenerator: the first argument is no Generator');
    expect(() => withBackend([], () => 1)).toThrow(BackendError);
    expect(() => withBackend([], () => 1)).toThrow('withBackend: there is no backend in the list; name at least one');
  });

  test('a tensor that was freed is not among what survives', () => {
    const x = scope(() => {
      const y = ones([2]);
      y.dispose();
      return y;
    });
    expect(() => x.toArray()).toThrow(MemoryError);
    expect(new Generator(1)).toBeInstanceOf(Generator);
  });
});

test('withBackend takes several, the later ones to fall back on, and those of before after them', () => {
  withBackend([b, a], () => expect(currentBackends()).toEqual([b, a]));
  withBackend(b, () => expect(currentBackends()).toEqual([b, a]));
  expect(currentBackends()).toEqual([a]);
});
