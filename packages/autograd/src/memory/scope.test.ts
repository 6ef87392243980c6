// Memory: scopes free what is made in them, and nothing else; freed tensors say where they were freed.

import { cpu } from '@dl/kernels-cpu';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  crossEntropy,
  keep,
  MemoryError,
  matmul,
  memory,
  noGrad,
  ones,
  randn,
  resetPeakMemory,
  scope,
  std,
  type Tensor,
  tensor,
  useBackend,
  zeros,
} from '../index.js';

beforeAll(async () => {
  await useBackend(cpu());
});

/** How many buffers and bytes `body` leaves behind. */
function left(body: () => void): { buffers: number; bytes: number } {
  const before = memory();
  body();
  const after = memory();
  return { buffers: after.buffers - before.buffers, bytes: after.bytes - before.bytes };
}

const nothing = { buffers: 0, bytes: 0 };

describe('scope', () => {
  test('frees everything that is made in it, intermediates included', () => {
    expect(
      left(() => {
        using _ = scope();
        const x = randn([10, 10]);
        std(matmul(x, x).relu().reshape([4, 25]).transpose(), 0).toArray();
      }),
    ).toEqual(nothing);
  });

  test('frees the graph of a forward pass that nobody went back through', () => {
    expect(
      left(() => {
        using _ = scope();
        const w = randn([10, 10], { requiresGrad: true });
        matmul(randn([5, 10]), w)
          .tanh()
          .sum();
      }),
    ).toEqual(nothing);
  });

  test('frees on an exception', () => {
    expect(
      left(() => {
        expect(() => {
          using _ = scope();
          ones([10]).mul(2);
          throw new Error('inside');
        }).toThrow('inside');
      }),
    ).toEqual(nothing);
  });

  test('a failing op leaves nothing', () => {
    const x = ones([2, 3]);
    expect(
      left(() => {
        using _ = scope();
        expect(() => crossEntropy(x, tensor([0, 7], { dtype: 'int32' }))).toThrow('label 7 of row 1');
        expect(() => matmul(x, x)).toThrow('matmul');
      }),
    ).toEqual(nothing);
    x.dispose();
  });

  test('a failing op frees its result without any scope', () => {
    const [x, index] = [ones([2, 3]), tensor([5], { dtype: 'int32' })];
    expect(left(() => expect(() => x.indexSelect(0, index)).toThrow('index 5'))).toEqual(nothing);
    x.dispose();
    index.dispose();
  });

  test('nests: the inner one frees its own', () => {
    using _ = scope();
    const outer = ones([4]);
    let inner: Tensor;
    {
      using _ = scope();
      inner = outer.mul(2);
    }
    expect(inner.isFreed).toBe(true);
    expect(outer.isFreed).toBe(false);
    const later = outer.add(1);
    expect(later.isFreed).toBe(false);
  });

  test('may end out of order, and more than once', () => {
    const a = scope();
    const b = scope();
    const inB = ones([2]);
    a.end();
    const stillInB = ones([2]);
    expect(inB.isFreed).toBe(false);
    b.end();
    b.end();
    expect([inB.isFreed, stillInB.isFreed]).toEqual([true, true]);
    const outside = ones([2]);
    scope().end();
    expect(outside.isFreed).toBe(false);
    outside.dispose();
  });

  test('keep lets a tensor out of all scopes', () => {
    let kept: Tensor;
    {
      using _ = scope();
      using _inner = scope();
      kept = keep(ones([3]).mul(2));
    }
    expect(kept.toArray()).toEqual([2, 2, 2]);
    expect(keep(kept)).toBe(kept);
    expect(left(() => kept.dispose())).toEqual({ buffers: -1, bytes: -12 });
  });

  test('a view of what is freed keeps the buffer', () => {
    const x = ones([2, 3]);
    const y = x.reshape([6]);
    x.dispose();
    expect(y.toArray()).toEqual([1, 1, 1, 1, 1, 1]);
    expect(left(() => y.dispose())).toEqual({ buffers: -1, bytes: -24 });
  });

  test('gradients live as long as the parameter, not as the scope of the backward pass', () => {
    const w = randn([3, 3], { requiresGrad: true });
    const before = memory().buffers;
    for (let step = 0; step < 3; step++) {
      using _ = scope();
      matmul(randn([2, 3]), w)
        .square()
        .sum()
        .backward();
    }
    expect(w.grad!.isFreed).toBe(false);
    expect(memory().buffers).toBe(before + 1);
    w.zeroGrad();
    expect(memory().buffers).toBe(before);
    w.dispose();
  });

  test('gradients of parameters that an outer scope owns are freed with it', () => {
    expect(
      left(() => {
        using _ = scope();
        const w = randn([3, 3], { requiresGrad: true });
        {
          using _ = scope();
          w.square().sum().backward();
          w.mul(2).sum().backward();
        }
        expect(w.grad!.shape).toEqual([3, 3]);
      }),
    ).toEqual(nothing);
  });

  test('a long-lived scope lets go of tensors that were freed in it', async () => {
    using _ = scope();
    const w = ones([2], { requiresGrad: true });
    const gradients: WeakRef<Tensor>[] = [];
    for (let step = 0; step < 5000; step++) {
      using _ = scope();
      w.mul(2).sum().backward();
      gradients.push(new WeakRef(w.grad!));
      w.zeroGrad();
    }
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc!();
    expect(gradients.filter((gradient) => gradient.deref() !== undefined).length).toBeLessThan(2000);
  });

  test('a backward pass without a scope frees all but the gradients', () => {
    const w = randn([4, 4], { requiresGrad: true });
    const x = randn([2, 4]);
    const loss = matmul(matmul(x, w).tanh(), w).sum();
    const before = memory();
    loss.backward();
    expect(memory().buffers).toBe(before.buffers + 1);
    expect(w.grad!.shape).toEqual([4, 4]);
    for (const t of [w.grad!, w, x, loss]) t.dispose();
  });

  test('parameters changed in place stay where they are', () => {
    const w = ones([2], { requiresGrad: true });
    expect(
      left(() => {
        using _ = scope();
        noGrad(() => w.assign(w.sub(0.5)));
      }),
    ).toEqual(nothing);
    expect(w.toArray()).toEqual([0.5, 0.5]);
    w.dispose();
  });
});

// Where scopes were opened is remembered for the first of each tenth of a second; here time stands still in between.
let time = Date.now();
beforeEach(() => {
  vi.spyOn(Date, 'now').mockImplementation(() => time);
  nextTenth();
});
afterEach(() => {
  vi.restoreAllMocks();
});
function nextTenth(): void {
  time += 100;
}

describe('a freed tensor', () => {
  test('says that dispose() was called, and where', () => {
    const x = ones([2, 3]);
    x.dispose();
    x.dispose();
    expect(x.isFreed).toBe(true);
    expect(() => x.dataSync()).toThrow(MemoryError);
    expect(() => x.add(1)).toThrow(
      /^use of a freed tensor \(float32 \[2, 3\]\): dispose\(\) was called, at .*scope\.test\.ts:\d+:\d+/,
    );
    expect(String(x)).toBe('Tensor(freed, [2, 3], float32)');
  });

  test('says where of a loop of many, of which only the first are remembered, and again a tenth of a second later', () => {
    const disposed = (): string => {
      const x = ones([1]);
      x.dispose();
      try {
        x.sum();
      } catch (error) {
        return (error as Error).message;
      }
      throw new Error('a freed tensor was used');
    };
    const messages = Array.from({ length: 250 }, disposed);
    expect(messages[0]).toMatch(/dispose\(\) was called, at .*scope\.test\.ts:\d+:\d+\)?$/);
    expect(messages[249]).toMatch(/dispose\(\) was called$/);
    nextTenth();
    expect(disposed()).toMatch(/dispose\(\) was called, at .*scope\.test\.ts:\d+:\d+\)?$/);
  });

  test('says that its scope ended, which one, and the cure', async () => {
    let x: Tensor;
    {
      using _ = scope();
      x = ones([2]).mul(3);
    }
    const message =
      /^use of a freed tensor \(float32 \[2\]\): its scope ended; keep\(tensor\) before the end lets it out, at .*scope\.test\.ts:\d+:\d+/;
    expect(() => x.sum()).toThrow(message);
    await expect(x.data()).rejects.toThrow(message);
  });

  test('says which scope also after a loop of many, of which only the first are remembered', () => {
    const last = (count: number): Tensor => {
      let x: Tensor | undefined;
      for (let i = 0; i < count; i++) {
        using _ = scope();
        x = ones([2]).mul(3);
      }
      return x!;
    };
    expect(() => last(1).sum()).toThrow(/its scope ended; .* at .*scope\.test\.ts:\d+:\d+/);
    expect(() => last(1000).sum()).toThrow(/its scope ended; keep\(tensor\) before the end lets it out$/);
    nextTenth();
    expect(() => last(1).sum()).toThrow(/its scope ended; .* at .*scope\.test\.ts:\d+:\d+/);
  });

  test('says what the library did with it', () => {
    const w = ones([2], { requiresGrad: true });
    w.sum().backward();
    const first = w.grad!;
    w.sum().backward();
    expect(() => first.dataSync()).toThrow(
      /^use of a freed tensor \(float32 \[2\]\): backward\(\) replaced it by a new sum of gradients$/,
    );
    const second = w.grad!;
    w.zeroGrad();
    expect(() => second.dataSync()).toThrow(
      /^use of a freed tensor \(float32 \[2\]\): zeroGrad\(\) freed this gradient; keep a copy with clone\(\)$/,
    );
  });

  test('shape, dtype and size stay known', () => {
    const x = zeros([2, 3]);
    x.dispose();
    expect([x.shape, x.dtype, x.size, x.rank]).toEqual([[2, 3], 'float32', 6, 2]);
  });
});

describe('memory()', () => {
  test('counts buffers and bytes by the op that made them, largest first', () => {
    using _ = scope();
    const before = new Map(memory().byOp.map(({ op, ...usage }) => [op, usage]));
    const x = tensor(new Float64Array(100));
    x.mul(2);
    x.mul(3);
    x.greater(0);
    x.reshape([10, 10]);
    const report = memory();
    const grown = report.byOp.map(({ op, buffers, bytes }) => ({
      op,
      buffers: buffers - (before.get(op)?.buffers ?? 0),
      bytes: bytes - (before.get(op)?.bytes ?? 0),
    }));
    expect(grown.filter(({ op }) => ['tensor', 'mul', 'greater', 'reshape'].includes(op))).toEqual([
      { op: 'mul', buffers: 2, bytes: 1600 },
      { op: 'tensor', buffers: 1, bytes: 800 },
      { op: 'greater', buffers: 1, bytes: 100 },
    ]);
    expect(report.bytes).toBe(report.byOp.reduce((sum, { bytes }) => sum + bytes, 0));
    expect(report.buffers).toBe(report.byOp.reduce((sum, { buffers }) => sum + buffers, 0));
    const sizes = report.byOp.map(({ bytes }) => bytes);
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
  });

  test('knows the peak since it was reset', () => {
    resetPeakMemory();
    const start = memory().bytes;
    ones([1000]).dispose();
    expect(memory().peakBytes).toBe(start + 4000);
    ones([10]).dispose();
    expect(memory().peakBytes).toBe(start + 4000);
    resetPeakMemory();
    expect(memory().peakBytes).toBe(start);
  });
});
