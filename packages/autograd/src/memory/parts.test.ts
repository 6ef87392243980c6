// Parts of buffers: which ops give them, that they have values of their own whatever changes, and that memory counts them once.

import { cpu } from '@dl/kernels-cpu';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { PlainBackend } from '../../test/plain-backend.js';
import {
  adamUpdate,
  arange,
  assign,
  concat,
  defineOp,
  full,
  IndexError,
  keep,
  MemoryError,
  memory,
  noGrad,
  required,
  scope,
  sgdUpdate,
  split,
  type Tensor,
  tensor,
  unbind,
  useBackend,
  withBackend,
  zeros,
} from '../index.js';

const backend = cpu();
beforeAll(async () => {
  await useBackend(backend);
});

/** 0, 1, 2, … */
const count = (n: number): Tensor => tensor(Float32Array.from({ length: n }, (_, i) => i));

/** How many buffers a call takes. */
function buffersOf(call: () => unknown): number {
  const before = memory().buffers;
  call();
  return memory().buffers - before;
}

describe('what is in one piece is not copied', () => {
  let made: Tensor | undefined;
  /** Made when the first test asks, and there for all. */
  const x = (): Tensor => (made ??= keep(arange(2 * 3 * 4).reshape([2, 3, 4])));
  const inOnePiece: Record<string, [(x: Tensor) => Tensor, number[]]> = {
    'a row': [(x) => x.slice([1]), [12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23]],
    'rows of a row': [(x) => x.slice([-1, [1, 3]]), [16, 17, 18, 19, 20, 21, 22, 23]],
    'some elements of the last axis': [(x) => x.slice([0, 2, [1, 3]]), [9, 10]],
    'one element': [(x) => x.slice([1, 0, -1]), [15]],
    'a step of one element, whichever way': [(x) => x.slice([[1, null, -3], 0, [2, 3, 5]]), [14]],
    'all of it': [(x) => x.slice(['...']), Array.from({ length: 24 }, (_, i) => i)],
    'a part of a part': [
      (x) =>
        x
          .slice([1])
          .slice([[1, 3]])
          .slice([0, [2, 4]]),
      [18, 19],
    ],
    'a part of a reshape': [(x) => x.reshape([4, 6]).slice([[1, 2]]), [6, 7, 8, 9, 10, 11]],
    'a split': [(x) => split(x, 1)[1]!, [12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23]],
    'a split along the second axis, where the first is of length 1': [
      (x) => split(x.slice([[0, 1]]), [2, 1], 1)[1]!,
      [8, 9, 10, 11],
    ],
    'an unbind': [(x) => unbind(unbind(x)[1]!)[2]!, [20, 21, 22, 23]],
    'axes of length 1 that move': [
      (x) => x.reshape([2, 1, 3, 4]).permute([1, 0, 2, 3]),
      Array.from({ length: 24 }, (_, i) => i),
    ],
  };
  test.each(Object.entries(inOnePiece))('%s', (_, [call, expected]) => {
    using _scope = scope();
    const whole = x();
    expect(buffersOf(() => expect(Array.from(call(whole).dataSync())).toEqual(expected))).toBe(0);
  });

  const apart: Record<string, (x: Tensor) => Tensor> = {
    columns: (x) => x.slice(['...', [0, 2]]),
    'every second row': (x) => x.reshape([6, 4]).slice([[null, null, 2]]),
    'rows backwards': (x) => x.slice([[null, null, -1]]),
    'rows of two rows': (x) => x.slice([null, [0, 2]]),
    'axes that move': (x) => x.permute([1, 0, 2]),
    clone: (x) => x.clone(),
  };
  test.each(Object.entries(apart))('%s: a copy', (_, call) => {
    using _scope = scope();
    const whole = x();
    expect(buffersOf(() => call(whole))).toBe(1);
  });

  test('gradients of a split and of a concatenation take one buffer for all parts', () => {
    using _ = scope();
    const leaf = zeros([6, 2], { requiresGrad: true });
    const parts = unbind(leaf).map((row, i) => row.mul(i));
    concat(parts.map((row) => row.reshape([1, 2])))
      .sum()
      .backward();
    expect(leaf.grad!.toArray()).toEqual([0, 1, 2, 3, 4, 5].map((i) => [i, i]));
  });

  test('elements of any dtype', () => {
    using _ = scope();
    for (const dtype of ['float32', 'float64', 'int32', 'bool'] as const) {
      const values = tensor([0, 1, 1, 0, 1, 0, 0], { dtype });
      for (let i = 0; i < 7; i++) expect(values.slice([[i, null]]).dataSync()).toEqual(values.dataSync().slice(i));
    }
  });
});

describe('a change in place of one', () => {
  test.each([
    ['a part', 0],
    ['the whole', 1],
  ])('of %s leaves the others alone', (_, which) => {
    using _scope = scope();
    const whole = count(6);
    const [part, other, inner] = [whole.slice([[1, 4]]), whole.slice([[3, 6]]), whole.slice([[1, 4]]).slice([[1, 3]])];
    if (which === 0) assign(part, full([3], -1));
    else assign(whole, full([6], -1));
    expect(whole.toArray()).toEqual(which === 0 ? [0, 1, 2, 3, 4, 5] : [-1, -1, -1, -1, -1, -1]);
    expect(part.toArray()).toEqual(which === 0 ? [-1, -1, -1] : [1, 2, 3]);
    expect(other.toArray()).toEqual([3, 4, 5]);
    expect(inner.toArray()).toEqual([2, 3]);
  });

  test('a part that is copied to itself, moved, or exchanged with another', () => {
    using _ = scope();
    const x = count(8);
    const [left, right] = [x.slice([[0, 4]]), x.slice([[4, 8]])];
    assign(left, left);
    assign(left, right);
    assign(right, x.slice([[0, 4]]));
    assign(x, concat([right, left]));
    expect([left, right, x].map((each) => each.toArray())).toEqual([
      [4, 5, 6, 7],
      [0, 1, 2, 3],
      [0, 1, 2, 3, 4, 5, 6, 7],
    ]);
  });

  test('by an optimiser, with a kernel and by its decomposition, where what it reads is a part of what it changes', async () => {
    const run = (): unknown[] => {
      using _ = scope();
      const p = count(4);
      const [g, before] = [p.slice([[0, 4]]), p.slice([[1, 3]])];
      sgdUpdate([p], [g], [], { lr: 1 });
      expect(p.toArray()).toEqual([0, 0, 0, 0]);
      const state = zeros([3, 4]);
      const [m, v, w] = unbind(state);
      adamUpdate([w!], [g], [m!], [v!], [], { lr: 0.5, steps: [1] });
      return [before.toArray(), g.toArray(), state.toArray(), m!.toArray(), w!.toArray()];
    };
    const zero = [0, 0, 0, 0];
    const [before, g, state, m] = run();
    expect([before, g, state]).toEqual([
      [1, 2],
      [0, 1, 2, 3],
      [zero, zero, zero],
    ]);
    expect((m as number[])[3]).toBeCloseTo(0.3, 6);
    await useBackend([new PlainBackend(), backend]);
    expect(run().slice(0, 3)).toEqual([before, g, state]);
    await useBackend(backend);
  });

  test('is no error in backward for what another has saved, and is one for what it has saved itself', () => {
    using _ = scope();
    const x = tensor([1, 2, 3, 4], { requiresGrad: true });
    const row = x.detach().slice([[0, 2]]);
    row.requiresGrad = true;
    const square = row.square();
    noGrad(() => assign(x, zeros([4])));
    square.sum().backward();
    expect(row.grad!.toArray()).toEqual([2, 4]);
    const again = row.square();
    noGrad(() => assign(row, zeros([2])));
    expect(() => again.sum().backward()).toThrow('backward: square saved x for its gradient, but assign() changed it');
    // An alias is the same values, of a part as of a whole.
    const part = x.slice([[1, 3]]).detach();
    part.requiresGrad = true;
    const third = part.square();
    assign(part.detach().reshape([2, 1]), zeros([2, 1]));
    expect(() => third.sum().backward()).toThrow('backward: square saved x for its gradient, but assign() changed it');
  });

  test('that finds no room changes nothing', async () => {
    const small = cpu({ engine: 'typescript', maxBytes: 2 ** 17 });
    await useBackend([backend, small]);
    withBackend(small, () => {
      using _ = scope();
      const [x, value] = [zeros([6000]), full([6000], 1)];
      const part = x.slice([[1, null]]);
      expect(() => assign(x, value)).toThrow(MemoryError);
      expect([x, part].map((each) => each.dataSync().some((value) => value !== 0))).toEqual([false, false]);
      value.dispose();
      const row = full([10], 1);
      assign(part.slice([[0, 10]]), row);
      expect(x.dataSync({ start: 0, length: 3 })).toEqual(new Float32Array(3));
    });
    await useBackend(backend);
  });
});

describe('memory', () => {
  test('counts the whole once, for as long as a part of it lives', () => {
    const { bytes, buffers } = memory();
    const x = zeros([1000]);
    const part = x.slice([[10, 20]]);
    const alias = part.reshape([2, 5]);
    expect(memory()).toMatchObject({ bytes: bytes + 4000, buffers: buffers + 1 });
    x.dispose();
    part.dispose();
    expect(alias.slice([1]).sum().item()).toBe(0);
    expect(memory().bytes).toBeGreaterThanOrEqual(bytes + 4000);
    const own = alias.clone();
    alias.dispose();
    own.dispose();
  });

  test('counts a part that has moved for itself, and all of it goes', () => {
    using _ = scope();
    const { bytes, buffers } = memory();
    const x = zeros([1000]);
    const parts = split(x, [10, 490, 500]);
    assign(parts[0]!, full([10], 1));
    parts[1]!.dispose();
    const held = memory();
    expect(held.byOp.find(({ op }) => op === 'slice')).toMatchObject({ bytes: 40, buffers: 1 });
    assign(x, full([1000], 2));
    expect(parts[2]!.slice([0]).item()).toBe(0);
    for (const each of [x, parts[0]!, parts[2]!]) each.dispose();
    _.end();
    expect(memory()).toMatchObject({ bytes, buffers });
  });

  test('a loop that cuts and changes is flat to the byte', () => {
    const before = [memory().bytes, backend.info().details['usedBytes']];
    for (let i = 0; i < 50; i++) {
      using _ = scope();
      const x = zeros([64, 64]);
      const rows = unbind(x);
      assign(rows[i]!, full([64], i));
      assign(x, full([64, 64], 1));
      for (const row of rows) row.square().sum().item();
    }
    expect([memory().bytes, backend.info().details['usedBytes']]).toEqual(before);
  });
});

describe('reading some elements', () => {
  test('reads no others', async () => {
    using _ = scope();
    const x = arange(1_000_000);
    const read = vi.spyOn(backend, 'readSync');
    expect(Array.from(x.dataSync({ start: 999_990 }))).toEqual(Array.from({ length: 10 }, (_, i) => 999_990 + i));
    expect(Array.from(await x.data({ start: 5, length: 2 }))).toEqual([5, 6]);
    expect(
      Array.from(
        await x
          .reshape([1000, 1000])
          .slice([3, [7, 9]])
          .data(),
      ),
    ).toEqual([3007, 3008]);
    expect(x.slice([123_456]).item()).toBe(123_456);
    expect(read.mock.results.map(({ value }) => value.length)).toEqual([10, 2, 2, 1]);
    read.mockRestore();
  });

  test('refuses those that are not there', async () => {
    using _ = scope();
    const x = count(10);
    expect(() => x.dataSync({ start: 8, length: 5 })).toThrow(
      new IndexError(
        'dataSync: got a start of 8 and a length of 5, where there are 10 elements; needs whole numbers from 0 on whose sum is at most 10',
      ),
    );
    await expect(x.data({ start: 11 })).rejects.toThrow('data: got a start of 11 and a length of -1');
    expect(() => x.dataSync({ from: 3 } as never)).toThrow('dataSync: there is no option from');
    expect(() => x.dataSync(3 as never)).toThrow('dataSync: ');
    expect(() => x.dataSync({ length: 0.5 })).toThrow('dataSync: got a start of 0 and a length of 0.5');
  });
});

test('a range that is none is refused', () => {
  using _ = scope();
  expect(() => count(4).slice([{ start: 1 } as never])).toThrow('slice: the range of axis 0 is');
  expect(() => count(4).slice(['1' as never])).toThrow('slice: the range of axis 0 is');
});

describe('an op of a user', () => {
  const tail = defineOp({
    name: 'tail',
    inputs: ['x'],
    attrs: { count: required<number>() },
    infer: ({ x }, { count }) => ({ shape: [count], dtype: x.dtype }),
    view: ({ x }, { count }) => x.shape[0]! - count,
    grad: 'nondifferentiable',
  });

  test('says where its output begins, and is told when that is not in the buffer', () => {
    using _ = scope();
    expect(tail(arange(5), { count: 2 }).toArray()).toEqual([3, 4]);
    expect(() => tail(arange(5), { count: 6 })).toThrow('cpu: part: got a start of -1 and a length of 6');
  });
});
