// What is kept out of scopes is counted as what is made outside any: it is collected, and a loop that never yields is told.

import { cpu } from '@dl/kernels-cpu';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  carried,
  concat,
  keep,
  memory,
  ones,
  resetPeakMemory,
  scope,
  setMemoryWarning,
  type Tensor,
  useBackend,
} from '../index.js';

const MIB = 2 ** 20;
/** Numbers in one MiB. */
const N = 2 ** 18;

const macrotask = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

beforeAll(async () => {
  await useBackend(cpu({ threads: 1 }));
});

/** Frees what earlier tests have left. */
async function collect(): Promise<void> {
  globalThis.gc!();
  await macrotask();
}

let warn: ReturnType<typeof vi.spyOn>;
beforeEach(async () => {
  await collect();
  warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
});
afterEach(async () => {
  vi.restoreAllMocks();
  setMemoryWarning(2 ** 30);
});

/** Ways to hand 1 MiB from one step to the next, so that the garbage collector frees the former. */
const ways: Record<string, (h: Tensor) => Tensor> = {
  'kept out of a scope': (h) => {
    using _ = scope();
    return keep(h.mul(0.999));
  },
  'kept as a view': (h) => {
    using _ = scope();
    return keep(h.mul(0.999).reshape([2, -1]));
  },
  'returned from a scope as a view': (h) =>
    scope(() => {
      const next = h.mul(0.999);
      const view = next.reshape([2, -1]);
      // Both survive, so that the buffer is shared when the scope ends.
      return [next, view] as const;
    })[1],
  // It is a part of a buffer twice as large, all of which it holds.
  'kept as a part': (h) => {
    using _ = scope();
    return keep(concat([h, h]).slice([[0, N]]));
  },
  'kept, without a scope': (h) => keep(h.mul(0.999)),
};

describe.each(Object.entries(ways))('a state of 1 MiB that is %s', (_, next) => {
  test('is collected in time by steps that yield now and then', async () => {
    resetPeakMemory();
    const before = memory().bytes;
    let h = ones([N]);
    for (let i = 0; i < 1000; i++) {
      h = next(h);
      if (i % 5 === 4) await macrotask();
    }
    // Some 120 where the engine's threads keep up, 1000 if nothing were collected.
    expect(memory().peakBytes - before).toBeLessThan(300 * MIB);
    expect(warn).not.toHaveBeenCalled();
    h.dispose();
  });

  test('is told once where the loop never yields, and is collected when it does', async () => {
    setMemoryWarning(100 * MIB);
    const before = memory().bytes;
    let h = ones([N]);
    for (let i = 0; i < 300; i++) h = next(h);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]![0]).toMatch(/1\d\d\.\d MiB of tensors were made outside any scope or kept out of one/);
    h.dispose();
    await collect();
    expect(memory().bytes - before).toBeLessThan(2 * MIB);
  });
});

test('gradients of parameters that nobody holds any more count, too', () => {
  setMemoryWarning(100 * MIB);
  for (let i = 0; i < 80; i++) {
    using _ = scope();
    keep(ones([N], { requiresGrad: true }))
      .sum()
      .backward();
  }
  expect(warn).toHaveBeenCalledTimes(1);
});

describe('a loop that never yields and frees what it keeps is not told', () => {
  const steps = (body: (i: number) => void): void => {
    setMemoryWarning(100 * MIB);
    resetPeakMemory();
    const before = memory().bytes;
    for (let i = 0; i < 300; i++) body(i);
    expect(warn).not.toHaveBeenCalled();
    expect(memory().peakBytes - before).toBeLessThan(8 * MIB);
  };

  test('by hand', () => {
    let h = ones([N]);
    steps(() => {
      const next = scope(() => keep(h.mul(0.999)));
      h.dispose();
      h = next;
    });
    h.dispose();
  });

  test('as a carried state', () => {
    const state = carried(ones([N]));
    steps(() => scope(() => state.set(state.get().mul(0.999))));
    state.dispose();
  });

  test('as gradients', () => {
    const w = ones([N], { requiresGrad: true });
    steps(() => {
      scope(() => w.sum().backward());
      w.zeroGrad();
    });
    w.dispose();
  });

  test('as views, the last of which is freed', () => {
    steps(() => {
      const x = ones([N]);
      const views = [x.reshape([2, -1]), x.detach()];
      x.dispose();
      for (const view of views) view.dispose();
    });
  });
});

test('what lives long is not taken for what could not be collected, once the program has yielded', async () => {
  setMemoryWarning(100 * MIB);
  const held: Tensor[] = [];
  for (let i = 0; i < 200; i++) {
    held.push(scope(() => keep(ones([N]).mul(2))));
    if (i % 20 === 19) await collect();
  }
  expect(warn).not.toHaveBeenCalled();
  for (const each of held) each.dispose();
});
