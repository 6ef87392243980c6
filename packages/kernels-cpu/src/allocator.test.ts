// The allocator against a model: which bytes are taken, how many, and that they come back.

import { Generator } from '@dl/autograd';
import { describe, expect, test } from 'vitest';
import { Allocator, type Block } from './allocator.js';

const PAGE = 65536;

/** An allocator over a range that grows page by page up to `limit`, and how far it has grown. */
function setUp(limit = Number.POSITIVE_INFINITY): { allocator: Allocator; end: () => number } {
  let end = PAGE;
  const allocator = new Allocator(PAGE, (bytes) => {
    const added = Math.ceil(bytes / PAGE) * PAGE;
    if (end + added > limit) throw new RangeError('full');
    end += added;
    return added;
  });
  return { allocator, end: () => end };
}

describe('a random history', () => {
  test.each([
    { name: 'small sizes', seed: 1, largest: 4096, steps: 20_000, alive: 300 },
    { name: 'around the border between small and large', seed: 2, largest: 40_000, steps: 20_000, alive: 200 },
    { name: 'large sizes', seed: 3, largest: 3_000_000, steps: 5000, alive: 40 },
    { name: 'all sizes, few alive', seed: 4, largest: 500_000, steps: 10_000, alive: 8 },
  ])(
    'of $name: no overlap, aligned, large enough, counted right, and all of it comes back',
    ({ seed, largest, steps, alive }) => {
      const { allocator, end } = setUp();
      const generator = new Generator(seed);
      const live: { block: Block; bytes: number }[] = [];
      let used = 0;
      const check = (): void => {
        const sorted = live.map(({ block }) => block).toSorted((a, b) => a.start - b.start);
        for (let i = 0; i < sorted.length; i++) {
          const block = sorted[i]!;
          expect(block.start + block.size).toBeLessThanOrEqual(sorted[i + 1]?.start ?? end());
        }
        expect(allocator.statistics).toEqual({ used, reserved: end() - PAGE, blocks: live.length });
      };
      for (let step = 0; step < steps; step++) {
        const grows = live.length === 0 || (live.length < alive && generator.uniform() < 0.55);
        if (grows) {
          // Mostly small, as sizes of tensors are.
          const bytes = Math.floor(largest * generator.uniform() ** 3);
          const block = allocator.allocate(bytes);
          if (block.start % 64 !== 0 || block.start < PAGE || block.size < bytes) {
            throw new Error(`asked for ${bytes} bytes, got ${block.size} at ${block.start}`);
          }
          used += block.size;
          live.push({ block, bytes });
        } else {
          const { block } = live.splice(generator.integer(0, live.length), 1)[0]!;
          used -= block.size;
          allocator.free(block);
        }
        if (step % 100 === 0) check();
      }
      check();
      for (const { block } of live.splice(0)) {
        used -= block.size;
        allocator.free(block);
      }
      expect(allocator.statistics.used).toBe(0);
      check();
    },
  );
});

test('wastes at most a sixteenth on blocks of a kilobyte and more', () => {
  const { allocator } = setUp();
  // Blocks cut from a larger one: without anything around, the last of a run keeps what is left over.
  for (let bytes = 1024; bytes < 2 ** 24; bytes = Math.ceil(bytes * 1.037)) {
    const block = allocator.allocate(bytes);
    if (bytes > 64 * 1024) expect(block.size / bytes).toBeLessThanOrEqual(1 + 1 / 16 + 16_384 / bytes);
    allocator.free(block);
  }
});

describe('reuse', () => {
  test('a repeating pattern of sizes does not grow the range', () => {
    const { allocator, end } = setUp();
    const generator = new Generator(9);
    const sizes = Array.from({ length: 200 }, () => Math.floor(2_000_000 * generator.uniform() ** 4));
    const round = (): void => {
      const held: Block[] = [];
      for (const [i, bytes] of sizes.entries()) {
        held.push(allocator.allocate(bytes));
        if (i % 3 === 2) allocator.free(held.splice(0, 1)[0]!);
      }
      for (const block of held) allocator.free(block);
    };
    for (let i = 0; i < 3; i++) round();
    const after3 = end();
    for (let i = 0; i < 50; i++) round();
    expect(end()).toBe(after3);
  });

  test('a freed block is the next one of its size', () => {
    const { allocator } = setUp();
    for (const bytes of [100, 20_000, 1_000_000]) {
      const first = allocator.allocate(bytes);
      const { start } = first;
      allocator.free(first);
      expect(allocator.allocate(bytes).start).toBe(start);
    }
  });

  test('neighbours that are free become one', () => {
    const { allocator, end } = setUp();
    const blocks = Array.from({ length: 8 }, () => allocator.allocate(1_000_000));
    const grown = end();
    for (const i of [1, 3, 5, 7, 0, 2, 4, 6]) allocator.free(blocks[i]!);
    allocator.allocate(7_500_000);
    expect(end()).toBe(grown);
  });
});

describe('at the limit', () => {
  test('it fails, keeps what it has, and goes on after something was freed', () => {
    const { allocator, end } = setUp(PAGE + 10 * PAGE);
    const large = allocator.allocate(6 * PAGE);
    expect(() => allocator.allocate(6 * PAGE)).toThrow('full');
    expect(allocator.statistics.blocks).toBe(1);
    allocator.free(large);
    expect(allocator.allocate(9 * PAGE).size).toBeGreaterThanOrEqual(9 * PAGE);
    expect(end()).toBeLessThanOrEqual(11 * PAGE);
  });

  test('small requests find the room that a large block has left', () => {
    const { allocator } = setUp(PAGE + 8 * PAGE);
    const large = allocator.allocate(6 * PAGE);
    const small: Block[] = [];
    expect(() => {
      for (;;) small.push(allocator.allocate(4000));
    }).toThrow('full');
    allocator.free(large);
    for (let i = 0; i < 80; i++) small.push(allocator.allocate(4000));
    const starts = small.map(({ start }) => start).toSorted((a, b) => a - b);
    for (let i = 1; i < starts.length; i++) expect(starts[i]! - starts[i - 1]!).toBeGreaterThanOrEqual(4000);
  });

  test('a large request finds the room that many small blocks have left', () => {
    const { allocator } = setUp(PAGE + 16 * PAGE);
    const small: Block[] = [];
    expect(() => {
      for (;;) small.push(allocator.allocate(1000));
    }).toThrow('full');
    for (const block of small) allocator.free(block);
    const large = allocator.allocate(15 * PAGE);
    expect(large.size).toBeGreaterThanOrEqual(15 * PAGE);
    expect(allocator.statistics).toEqual({ used: large.size, reserved: 16 * PAGE, blocks: 1 });
  });

  test('a small request of another size finds the room of freed small blocks', () => {
    const { allocator } = setUp(PAGE + 4 * PAGE);
    const small: Block[] = [];
    expect(() => {
      for (;;) small.push(allocator.allocate(1000));
    }).toThrow('full');
    const kept = small.splice(10, 5);
    for (const block of small) allocator.free(block);
    for (let i = 0; i < 20; i++) kept.push(allocator.allocate(5000));
    const sorted = kept.toSorted((a, b) => a.start - b.start);
    for (let i = 1; i < sorted.length; i++) {
      expect(sorted[i]!.start).toBeGreaterThanOrEqual(sorted[i - 1]!.start + sorted[i - 1]!.size);
    }
  });
});
