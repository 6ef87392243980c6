// Tasks that overlap, each with something of its own in force: what they see, and what is left when all have ended. Run in Node, where
// tasks are told apart, there without that, and in a browser.

import {
  type Backend,
  ContextError,
  currentBackend,
  detectAnomaly,
  Generator,
  GradientError,
  MemoryError,
  manualSeed,
  memory,
  noGrad,
  ones,
  rand,
  scope,
  tensor,
  useBackend,
  withBackend,
  withGenerator,
} from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import { currentContext, tasksAreApart, tellTasksApart } from '../src/context/context.js';

/** Lets every other task that can go on do so once. */
export const tick = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

async function ticks(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await tick();
}

/** What a promise comes to: its value or its error. */
const outcome = <T>(promise: Promise<T>): Promise<T | Error> => promise.catch((error: Error) => error);

const HERE = /overlap\.ts:\d+:\d+/g;

function placesIn(error: unknown): number {
  return String((error as Error).message).match(HERE)?.length ?? 0;
}

export function overlapTests(how: 'as the platform can' | 'not at all', apart: boolean): void {
  let a: Backend;
  let b: Backend;
  beforeAll(async () => {
    tellTasksApart(how);
    expect(tasksAreApart()).toBe(apart);
    [a, b] = [cpu({ threads: 1 }), cpu({ engine: 'typescript' })];
    await useBackend(b);
    await useBackend(a);
  });

  /** Nothing is left in force, whatever happened. */
  function expectAsBefore(): void {
    const { scope, recording, anomaly, generator, outer } = currentContext();
    expect({ scope, recording, anomaly, generator, outer }).toEqual({ recording: true, anomaly: false });
    expect(currentBackend()).toBe(a);
  }

  test('a tensor of a task is not freed by the scope of another one', async () => {
    const first = scope(async () => {
      await ticks(2);
      const x = ones([2]);
      await ticks(4);
      return x.sum().item();
    });
    const second = (async () => {
      await tick();
      await scope(() => ticks(3));
    })();
    const seen = await outcome(first);
    await outcome(second);
    if (apart) expect(seen).toBe(2);
    else {
      expect(seen).toBeInstanceOf(MemoryError);
      expect((seen as Error).message).toMatch(/its scope ended; .*, at .*overlap\.ts:\d+:\d+/);
    }
    expectAsBefore();
  });

  test('a scope that a task holds does not free what another task makes', async () => {
    const holder = scope(() => ticks(2));
    const other = (async () => {
      await tick();
      return ones([3]);
    })();
    const [, made] = await Promise.all([holder, other]);
    if (apart) expect(made.toArray()).toEqual([1, 1, 1]);
    else expect(() => made.toArray()).toThrow(/its scope ended; .*, at .*overlap\.ts:\d+:\d+/);
    made.dispose();
    expectAsBefore();
  });

  test.each([
    ['the first ends first', 2, 4],
    ['the second ends first', 4, 2],
  ])('withBackend in two tasks, %s', async (_, long, short) => {
    const using = (backend: Backend, count: number): Promise<boolean> =>
      withBackend(backend, async () => {
        await ticks(count);
        const x = ones([2]);
        try {
          return x.backend === backend;
        } finally {
          x.dispose();
        }
      });
    const [one, other] = await Promise.all([outcome(using(b, long)), outcome(using(a, short))]);
    expect(one).toBe(true);
    if (apart) expect(other).toBe(true);
    else {
      expect(other).toBeInstanceOf(ContextError);
      expect(placesIn(other)).toBe(2);
    }
    expectAsBefore();
  });

  test('an override that begins later and ends later than another one', async () => {
    const first = outcome(withBackend(b, () => ticks(3)));
    await tick();
    const second = outcome(noGrad(() => ticks(5)));
    if (apart) expect([await first, await second]).toEqual([undefined, undefined]);
    else {
      const error = await first;
      expect(error).toBeInstanceOf(ContextError);
      expect((error as Error).message).toMatch(
        /^an asynchronous noGrad, at .* began while an asynchronous withBackend, at /,
      );
      expect(placesIn(error)).toBe(2);
      expect(await second).toBeUndefined();
    }
    expectAsBefore();
  });

  test('an override that is refused, and fails afterwards, leaves no rejection that nobody hears', async () => {
    const unheard: unknown[] = [];
    const hear = (event: unknown): void => {
      unheard.push(event);
    };
    const isNode = typeof process !== 'undefined' && typeof process.on === 'function';
    if (isNode) process.on('unhandledRejection', hear);
    else globalThis.addEventListener('unhandledrejection', hear);
    const first = outcome(withBackend(b, () => ticks(3)));
    const second = outcome(
      noGrad(async () => {
        await tick();
        throw new Error('of its own');
      }),
    );
    expect(await first).toBeUndefined();
    const error = await second;
    if (apart) expect((error as Error).message).toBe('of its own');
    else expect(error).toBeInstanceOf(ContextError);
    await ticks(5);
    if (isNode) process.off('unhandledRejection', hear);
    else globalThis.removeEventListener('unhandledrejection', hear);
    expect(unheard).toEqual([]);
    expectAsBefore();
  });

  test('noGrad in a task does not switch recording off in another one', async () => {
    const w = tensor([2], { requiresGrad: true });
    const evaluation = noGrad(() => ticks(3));
    const training = async (): Promise<unknown> => {
      await tick();
      w.mul(3).sum().backward();
      return w.grad!.toArray();
    };
    const [, seen] = await Promise.all([evaluation, outcome(training())]);
    if (apart) expect(seen).toEqual([3]);
    else {
      expect(seen).toBeInstanceOf(GradientError);
      expect((seen as Error).message).toMatch(/nothing is recorded now: an asynchronous noGrad, at .*overlap\.ts/);
    }
    expectAsBefore();
  });

  test('two tasks with noGrad leave recording on', async () => {
    const w = tensor([2], { requiresGrad: true });
    const seen: boolean[] = [];
    const without = (count: number): Promise<void> =>
      noGrad(async () => {
        await ticks(count);
        seen.push(w.mul(3).requiresGrad);
      });
    const [first, second] = [without(2), without(4)];
    expect(w.mul(3).requiresGrad).toBe(true);
    await first;
    await second;
    await tick();
    expect(seen).toEqual([false, false]);
    expect(w.mul(3).requiresGrad).toBe(true);
    expectAsBefore();
  });

  describe('in one task', () => {
    test('overrides hold over what it waits for, within one another, and end with errors too', async () => {
      await withBackend(b, async () => {
        await tick();
        expect(currentBackend()).toBe(b);
        const failing = noGrad(async () => {
          await tick();
          const { recording, anomaly } = currentContext();
          expect([recording, anomaly, currentBackend()]).toEqual([false, false, b]);
          await detectAnomaly(async () => {
            await tick();
            expect(currentContext().anomaly).toBe(true);
          });
          expect(currentContext().anomaly).toBe(false);
          throw new Error('stop');
        });
        await expect(failing).rejects.toThrow('stop');
        const { recording } = currentContext();
        expect([recording, currentBackend()]).toEqual([true, b]);
      });
      expectAsBefore();
    });

    test('a scope in a block holds over what it waits for', async () => {
      const before = memory().buffers;
      for (let step = 0; step < 3; step++) {
        using _ = scope();
        const x = ones([2]);
        await tick();
        const y = x.mul(2);
        let inner = y;
        {
          using _ = scope();
          await tick();
          inner = y.add(1);
        }
        expect([x, y, inner].map(({ isFreed }) => isFreed)).toEqual([false, false, true]);
        expect(await y.data()).toEqual(new Float32Array([2, 2]));
      }
      expect(memory().buffers).toBe(before);
      expectAsBefore();
    });

    test('the rest of the caller is not in it', async () => {
      const waiting = noGrad(() => tick());
      expect(currentContext().recording).toBe(true);
      noGrad(() => expect(currentContext().recording).toBe(false));
      expect(currentContext().recording).toBe(true);
      await waiting;
      expectAsBefore();
    });

    test('one that is begun in the first part of another may be awaited later', async () => {
      await noGrad(async () => {
        const inner = withBackend(b, async () => {
          await ticks(2);
          return [currentContext().recording, currentBackend()];
        });
        expect(currentBackend()).toBe(a);
        expect(await inner).toEqual([false, b]);
      });
      expectAsBefore();
    });

    test('a generator of its own changes nothing for others', async () => {
      manualSeed(1);
      const expected = [rand([1]).item(), rand([1]).item()];
      manualSeed(1);
      const first = rand([1]).item();
      await withGenerator(new Generator(2), async () => {
        rand([3]);
        await tick();
        rand([3]);
      });
      expect([first, rand([1]).item()]).toEqual(expected);
    });
  });
}
