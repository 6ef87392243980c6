// What goes through a cache, in pieces of any sizes, is what goes through at once; and what a cache costs.

import {
  concat,
  type DType,
  MemoryError,
  manualSeed,
  memory,
  noGrad,
  randint,
  randn,
  scope,
  type Tensor,
  tensor,
  useBackend,
} from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Decoding, inMode } from '@dl/layers';
import { assertAllClose } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { OwnPositions } from '../../test/own-positions.js';
import {
  type AttentionCallOptions,
  KeyValueCache,
  MultiheadAttention,
  type MultiheadAttentionOptions,
  prefixMask,
  Transformer,
  TransformerDecoder,
  TransformerEncoder,
} from '../index.js';

beforeAll(() => useBackend(cpu()));

const [batch, width] = [3, 4];
/** Longer than a window's first buffer, twice. */
const LENGTH = 150;
const ones = (count: number): number[] => new Array<number>(count).fill(1);

/** A form of attention, and how far back it looks. */
interface Form {
  readonly heads: number;
  readonly options?: MultiheadAttentionOptions;
  readonly window?: number;
}

const forms: Readonly<Record<string, Form>> = {
  plain: { heads: 2 },
  'heads in pairs': { heads: 4, options: { keyHeads: 2 } },
  'one head of keys': { heads: 2, options: { keyHeads: 1, bias: false } },
  'capped scores, normalised queries and keys': { heads: 2, options: { softcap: 0.9, qkNorm: true } },
  positions: { heads: 2, options: { positions: new OwnPositions() } },
  'a window': { heads: 2, window: 5 },
  'a window of the position alone': { heads: 2, window: 1 },
  'a window, heads in pairs, capped scores and positions': {
    heads: 4,
    options: { keyHeads: 2, softcap: 2, positions: new OwnPositions() },
    window: 7,
  },
};

const make = ({ heads, options }: Form, dtype: DType): MultiheadAttention =>
  new MultiheadAttention(width, heads, { ...options, dtype }).eval();
const newCache = ({ window }: Form): KeyValueCache => new KeyValueCache(1, window === undefined ? {} : { window });

/** x piece by piece through a cache. */
function inPieces(
  model: MultiheadAttention,
  x: Tensor,
  sizes: readonly number[],
  cache: KeyValueCache,
  call: (from: number, to: number) => AttentionCallOptions = () => ({}),
): Tensor {
  let from = 0;
  const outputs = sizes.map((size) => {
    const piece = x.slice([null, [from, from + size]]);
    from += size;
    return model.forward(piece, undefined, undefined, { ...call(from - size, from), cache: cache.layers[0]! }).output;
  });
  expect(from).toBe(x.shape[1]);
  return concat(outputs, 1);
}

describe.each(Object.entries(forms))('attention with %s', (_, form) => {
  const call = { causal: true, ...(form.window !== undefined && { window: form.window }) };

  test.each([
    ['all at once', [LENGTH]],
    ['one by one', ones(LENGTH)],
    ['a prompt, and then one by one', [70, ...ones(LENGTH - 70)]],
    ['pieces of many sizes', [1, 2, 61, 3, 64, 1, 1, 17]],
  ])('%s: the same at every position', (_how, sizes) => {
    for (const [dtype, within] of [
      ['float32', { rtol: 0, atol: 1e-5 }],
      ['float64', { rtol: 1e-9, atol: 1e-11 }],
    ] as const) {
      using _scope = scope();
      manualSeed(3);
      using model = make(form, dtype);
      const x = randn([batch, LENGTH, width], { dtype, std: 0.5 });
      using cache = newCache(form);
      noGrad(() => {
        const whole = model.forward(x, x, x, call).output;
        assertAllClose(inPieces(model, x, sizes, cache), whole, within);
      });
      expect(cache.length).toBe(LENGTH);
    }
  });

  test('rows that change places half-way, come twice or not at all', () => {
    using _scope = scope();
    manualSeed(5);
    using model = make(form, 'float32');
    const x = randn([batch, LENGTH, width], { std: 0.5 });
    const half = 80;
    const rows = [2, 0, 0, 2];
    using cache = newCache(form);
    noGrad(() => {
      const first = inPieces(model, x.slice([null, [0, half]]), [33, ...ones(half - 33)], cache);
      using chosen = cache.select(rows);
      const index = tensor(Int32Array.from(rows));
      const moved = concat(
        [x.indexSelect(0, index).slice([null, [0, half]]), randn([4, LENGTH - half, width], { std: 0.5 })],
        1,
      );
      const second = inPieces(model, moved.slice([null, [half, null]]), [...ones(30), LENGTH - half - 30], chosen);
      const expected = model.forward(moved, moved, moved, call).output;
      assertAllClose(second, expected.slice([null, [half, null]]), { rtol: 0, atol: 1e-5 });
      // The former one is as it was.
      const rest = inPieces(model, x.slice([null, [half, null]]), ones(LENGTH - half), cache);
      assertAllClose(concat([first, rest], 1), model.forward(x, x, x, call).output, { rtol: 0, atol: 1e-5 });
    });
  });
});

describe('what a call says beside the cache speaks of all positions that were read', () => {
  const length = 90;
  const draw = (seed: number, shape: readonly number[]): Tensor => {
    manualSeed(seed);
    return randn(shape);
  };
  const mask = (): Tensor => draw(7, [length, length]).greater(-0.5);
  const bias = (): Tensor => draw(8, [4, length, length]);
  const calls: Readonly<Record<string, (from: number, to: number) => AttentionCallOptions>> = {
    'a mask': (from, to) => ({
      mask: mask().slice([
        [from, to],
        [0, to],
      ]),
    }),
    'a mask of one column': (from, to) => ({
      mask: mask().slice([
        [from, to],
        [0, 1],
      ]),
    }),
    'a bias of each head': (from, to) => ({ bias: bias().slice([null, [from, to], [0, to]]) }),
    // As of prompts that were padded.
    'keys of each sequence': (_from, to) => ({
      mask: draw(9, [batch, 1, 1, length])
        .greater(0)
        .slice(['...', [0, to]]),
    }),
    'a narrower window': () => ({ window: 3 }),
  };

  test.each(
    Object.entries(calls).flatMap(([name, call]) => [
      [name, 'all is kept', undefined, call] as const,
      [name, 'a window is kept', 6, call] as const,
    ]),
  )('%s, %s', (_name, _kept, window, call) => {
    using _scope = scope();
    manualSeed(3);
    using model = make(forms['heads in pairs']!, 'float32');
    const x = randn([batch, length, width]);
    using cache = new KeyValueCache(1, window === undefined ? {} : { window });
    noGrad(() => {
      const whole = model.forward(x, x, x, { causal: true, ...(window && { window }), ...call(0, length) }).output;
      assertAllClose(inPieces(model, x, [5, 1, 1, ...ones(63), 20], cache, call), whole, { rtol: 0, atol: 1e-5 });
    });
  });

  test('lengths: those keys count that a sequence has so far', () => {
    using _scope = scope();
    manualSeed(3);
    using model = make(forms['plain']!, 'float32');
    const x = randn([batch, 9, width]);
    using cache = new KeyValueCache(1);
    const lengths = [2, 4, 9];
    const soFar = (to: number) => ({ lengths: lengths.map((each) => Math.min(each, to)) });
    noGrad(() => {
      const whole = model.forward(x, x, x, { causal: true, lengths }).output;
      assertAllClose(
        inPieces(model, x, [4, 1, 3, 1], cache, (_, to) => soFar(to)),
        whole,
        { rtol: 0, atol: 1e-5 },
      );
    });
  });

  test('a prefix that is all known, read at once, and the rest in causal order', () => {
    using _scope = scope();
    manualSeed(3);
    using model = make(forms['positions']!, 'float32');
    const x = randn([batch, 12, width]);
    using cache = new KeyValueCache(1);
    noGrad(() => {
      const whole = model.forward(x, x, x, { mask: prefixMask(12, 12, 5) }).output;
      const pieces = inPieces(model, x, [5, 1, 4, 2], cache, (from, to) => ({
        causal: false,
        mask: prefixMask(to - from, to, 5),
      }));
      assertAllClose(pieces, whole, { rtol: 0, atol: 1e-5 });
    });
  });

  test('weights are those of the keys that are kept, and rows sum to 1', () => {
    using _scope = scope();
    manualSeed(3);
    using model = make(forms['plain']!, 'float32');
    const x = randn([batch, 4, width]);
    using cache = new KeyValueCache(1);
    noGrad(() => {
      const layer = { cache: cache.layers[0]!, returnWeights: true };
      const first = model.forward(x.slice([null, [0, 3]]), undefined, undefined, layer).weights!;
      const second = model.forward(x.slice([null, [3, 4]]), undefined, undefined, layer).weights!;
      const whole = model.forward(x, x, x, { causal: true, returnWeights: true }).weights!;
      expect([first.shape, second.shape]).toEqual([
        [batch, 2, 3, 3],
        [batch, 2, 1, 4],
      ]);
      assertAllClose(first, whole.slice([null, null, [0, 3], [0, 3]]), { rtol: 0, atol: 1e-6 });
      assertAllClose(second, whole.slice([null, null, [3, 4]]), { rtol: 0, atol: 1e-6 });
    });
  });
});

describe('stacks', () => {
  const sized = { dimFeedforward: 6, normFirst: true, activation: 'swiglu', norm: 'rms', keyHeads: 1 } as const;

  test('TransformerEncoder, in causal order', () => {
    using _scope = scope();
    manualSeed(3);
    using model = new TransformerEncoder(width, 2, 3, sized).eval();
    const x = randn([batch, 10, width]);
    using cache = new KeyValueCache(3);
    noGrad(() => {
      const pieces = [[0, 4] as const, [4, 5] as const, [5, 10] as const].map((part) =>
        model.forward(x.slice([null, part]), { cache }),
      );
      assertAllClose(concat(pieces, 1), model.forward(x, { causal: true }), { rtol: 0, atol: 1e-5 });
    });
  });

  test('TransformerDecoder, by memory, and by what was projected of it', () => {
    using _scope = scope();
    manualSeed(3);
    using model = new TransformerDecoder(width, 2, 2, sized).eval();
    const [x, source] = [randn([batch, 10, width]), randn([batch, 6, width])];
    const memoryLengths = [6, 2, 3];
    noGrad(() => {
      const whole = model.forward(x, source, { causal: true, memoryLengths });
      const projected = model.project(source);
      for (const given of [{ memory: source }, { memory: undefined, more: { projected } }]) {
        using cache = new KeyValueCache(2);
        const pieces = Array.from({ length: 10 }, (_, i) =>
          model.forward(x.slice([null, [i, i + 1]]), given.memory, { cache, memoryLengths, ...given.more }),
        );
        assertAllClose(concat(pieces, 1), whole, { rtol: 0, atol: 1e-5 });
      }
    });
  });

  test('Transformer, asked token by token, with sources of several lengths and rows that change places half-way', async () => {
    using _scope = scope();
    manualSeed(3);
    const config = { sourceVocabulary: 9, targetVocabulary: 7, dModel: 8, nhead: 2, dimFeedforward: 12 };
    using model = new Transformer({ ...config, numEncoderLayers: 2, numDecoderLayers: 2 });
    const sources = randint(0, 9, [batch, 5]);
    const lengths = [5, 2, 3];
    const rows = [1, 1, 0];
    const said = [
      [4, 1, 6, 2, 0, 3],
      [4, 1, 2, 2, 5, 3],
      [2, 0, 3, 6, 1, 1],
    ];
    using decoding = new Decoding(model.from(sources, { lengths }));
    const found: number[][] = [];
    const look = async (): Promise<void> => void found.push(Array.from(await decoding.logProbabilities()));
    await look();
    // What rows 1, 1 and 0 will have said.
    const former = [said[2]!, said[0]!, [0, 0, 0]];
    for (let t = 0; t < 2; t++) {
      decoding.step(former.map((row) => row[t]!));
      await look();
    }
    decoding.select(rows);
    for (let t = 2; t < 6; t++) {
      decoding.step(said.map((row) => row[t]!));
      await look();
    }
    const begun = (all: readonly (readonly number[])[]): Tensor =>
      tensor(
        all.map((row) => [0, ...row]),
        { dtype: 'int32' },
      );
    const logProbabilities = (target: Tensor, picked: readonly number[]): Tensor =>
      inMode(model, 'eval', () => {
        const index = tensor(Int32Array.from(picked));
        const sourceLengths = picked.map((row) => lengths[row]!);
        return model.forward(sources.indexSelect(0, index), target, { sourceLengths }).logSoftmax(-1);
      });
    const before = logProbabilities(begun(former.map((row) => row.slice(0, 2))), [0, 1, 2]);
    const history = said.map((row, r) => [...former[rows[r]!]!.slice(0, 2), ...row.slice(2)]);
    const after = logProbabilities(begun(history), rows);
    for (let t = 0; t < 7; t++) {
      const expected = (t < 3 ? before : after).slice([null, t]);
      assertAllClose(found[t]!, Array.from(expected.dataSync()), { rtol: 0, atol: 1e-5 });
    }
  });
});

describe('memory', () => {
  const bytesOf = (cache: KeyValueCache, count: number): number => {
    const before = memory().bytes;
    scope(() => noGrad(() => cache.layers[0]!.append(randn([2, 3, count, 4]), randn([2, 3, count, 4]))));
    return memory().bytes - before;
  };
  /** Keys and values of a place. */
  const PLACE = 2 * 2 * 3 * 4 * 4;

  test('a buffer grows to twice its size when it is full, to no more than the limit, and is free afterwards', () => {
    const before = memory();
    const cache = new KeyValueCache(1, { limit: 300 });
    expect(bytesOf(cache, 1)).toBe(64 * PLACE);
    expect(bytesOf(cache, 63)).toBe(0);
    expect(bytesOf(cache, 1)).toBe(64 * PLACE);
    expect(bytesOf(cache, 200)).toBe((300 - 128) * PLACE);
    expect(bytesOf(cache, 35)).toBe(0);
    expect(() => bytesOf(cache, 1)).toThrow('it is full: 300 of 300 positions are taken, and 1 more come');
    expect(cache.length).toBe(300);
    const chosen = cache.select([1]);
    expect(memory().bytes - before.bytes).toBe(1.5 * 300 * PLACE);
    chosen.dispose();
    cache.reset();
    expect([memory().bytes, memory().buffers, cache.length]).toEqual([before.bytes, before.buffers, 0]);
    // And begins anew.
    expect(bytesOf(cache, 1)).toBe(64 * PLACE);
    cache.dispose();
    expect(() => cache.select([0])).toThrow('KeyValueCache: it was disposed of; make another one by newCache()');
    expect(() => bytesOf(cache, 1)).toThrow(MemoryError);
  });

  test('of a window it stays as it is, over 2,000 positions', () => {
    const cache = new KeyValueCache(1, { window: 20 });
    bytesOf(cache, 70);
    const first = memory();
    for (let i = 0; i < 2000; i++) bytesOf(cache, 1);
    expect([memory().bytes, memory().buffers]).toEqual([first.bytes, first.buffers]);
    expect([cache.length, cache.layers[0]!.seen]).toEqual([2070, 2070]);
    expect(cache.layers[0]!.length).toBeLessThanOrEqual(128);
    cache.dispose();
  });

  test('of a model it stays as it is from the first token to the last that its buffers have room for', () => {
    using model = new TransformerEncoder(width, 2, 2, { dimFeedforward: 6 }).eval();
    using cache = new KeyValueCache(2);
    const step = (): void => scope(() => noGrad(() => void model.forward(randn([1, 1, width]), { cache })));
    step();
    const first = memory();
    for (let i = 0; i < 63; i++) step();
    expect([memory().bytes, memory().buffers]).toEqual([first.bytes, first.buffers]);
  });
});
