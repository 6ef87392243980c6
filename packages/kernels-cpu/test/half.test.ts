// float16 and bfloat16 on each engine: every value there and back, what ops do with them, and what they refuse.

import { readFileSync } from 'node:fs';
import type { AnyOp, DType, HalfDType, Tensor } from '@dl/autograd';
import * as dl from '@dl/autograd';
import { allSamples } from '@dl/autograd/samples';
import { cpu } from '@dl/kernels-cpu';
import { runSample, sampleTensors } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { cpuBuffer } from '../src/buffer.js';
import { runnableEngines } from './engines.js';

const halves: readonly HalfDType[] = ['float16', 'bfloat16'];

type Answers = Record<'doubles' | 'integers' | 'ofBool' | 'toInt' | 'toBool', (number | string | boolean)[]>;
const golden = JSON.parse(
  readFileSync(new URL('../../autograd/golden/halves.json', import.meta.url), 'utf8'),
) as Record<HalfDType, { readonly others: Answers }>;

/** The first place where two arrays differ, if any: NaN is NaN, and -0 is not 0. */
function difference(actual: ArrayLike<number>, expected: ArrayLike<number>): string {
  if (actual.length !== expected.length) return `${actual.length} for ${expected.length} elements`;
  for (let i = 0; i < expected.length; i++)
    if (!Object.is(actual[i], expected[i])) return `${actual[i]} for ${expected[i]} at ${i}`;
  return 'none';
}

describe.each(runnableEngines())('%s', (engine) => {
  const backend = cpu({ engine });
  beforeAll(() => dl.useBackend(backend));

  describe.each(halves)('%s', (dtype) => {
    const all = dl.halfValues(
      Uint16Array.from({ length: 65536 }, (_, i) => i),
      dtype,
    );

    test('every value comes back, by writing and by casts', () => {
      using _ = dl.scope();
      const written = dl.tensor(all, { dtype });
      expect(difference(written.dataSync(), all)).toBe('none');
      expect(difference(written.cast('float32').dataSync(), all)).toBe('none');
      expect(difference(dl.tensor(all).cast(dtype).dataSync(), all)).toBe('none');
    });

    test('casts from float32 round as writing does, to the bit', () => {
      using _ = dl.scope();
      // A walk through all exponents, with steps that meet ties and their neighbours.
      const words = Uint32Array.from({ length: 300_000 }, (_, i) => (i * 14_317 + (i % 5) * 0x800) >>> 0);
      const floats = new Float32Array(words.buffer);
      const y = dl.tensor(floats).cast(dtype);
      const bits = cpuBuffer(y.handle).values;
      const expected = dl.halfBits(floats, dtype);
      for (let i = 0; i < bits.length; i++) {
        if (bits[i] !== expected[i]) throw new Error(`${floats[i]}: bits ${bits[i]}, expected ${expected[i]}`);
      }
    });

    test('casts from and to the other dtypes are those of PyTorch', () => {
      using _ = dl.scope();
      const { others } = golden[dtype];
      const cast = (data: number[], from: DType): number[] =>
        Array.from(
          dl
            .tensor({ data: Float64Array.from(data), shape: [data.length] }, { dtype: from })
            .cast(dtype)
            .dataSync(),
        );
      const doubles = [1 + 2 ** -11 + 2 ** -40, 1 / 3, 65519.99999999999, 1e300, -1e-300, 2 ** -25 + 2 ** -60];
      const integers = [2049, 2051, 65519, 65520, 16777217, -(2 ** 31), 257, 259];
      const numbers = (list: Answers[keyof Answers]): number[] =>
        list.map((each) => (each === 'inf' ? Infinity : each === '-inf' ? -Infinity : Number(each)));
      expect(cast(doubles, 'float64')).toEqual(numbers(others.doubles));
      expect(cast(integers, 'int32')).toEqual(numbers(others.integers));
      expect(cast([1, 0], 'bool')).toEqual(numbers(others.ofBool));
      const back = dl.tensor([1.5, -1.5, 0, -0, 0.1, 2047.9], { dtype });
      expect(back.cast('int32').toArray()).toEqual(numbers(others.toInt).map((each) => each + 0));
      expect(back.cast('bool').toArray()).toEqual(others.toBool);
      expect(difference(back.cast('float64').dataSync(), Float64Array.from(back.dataSync()))).toBe('none');
      const other = dtype === 'float16' ? 'bfloat16' : 'float16';
      expect(difference(back.cast(other).dataSync(), dl.halfValues(dl.halfBits(back.dataSync(), other), other))).toBe(
        'none',
      );
    });

    test('two bytes an element, read, copied, filled and printed as numbers', () => {
      using _ = dl.scope();
      const before = dl.memory().bytes;
      const x = dl.full([1000], 1.5, { dtype });
      expect(dl.memory().bytes - before).toBe(2000);
      expect(x.dataSync({ start: 3, length: 2 })).toEqual(Float32Array.of(1.5, 1.5));
      const y = dl.tensor([0.1, -2], { dtype });
      const [tenth] = dl.halfValues(dl.halfBits([0.1], dtype), dtype);
      expect(y.toArray()).toEqual([tenth, -2]);
      expect(`${y.clone()}`).toBe(`Tensor([2], ${dtype}) [${Number(tenth!.toPrecision(4))}, -2]`);
      expect(dl.zerosLike(y).assign(y).toArray()).toEqual([tenth, -2]);
      expect(dl.tensor(JSON.parse(JSON.stringify(y)))).toMatchObject({ dtype });
    });

    test('factors of a product: the result is that of their values in the dtype beside them', () => {
      using _ = dl.scope();
      dl.manualSeed(3);
      const stored = (...shape: number[]): Tensor => dl.randn(shape).cast(dtype);
      const [w, b, filters] = [stored(5, 7), stored(5), stored(4, 3, 3, 3)];
      for (const float of ['float32', 'float64'] as const) {
        const x = dl.randn([6, 7], { dtype: float });
        const image = dl.randn([2, 3, 8, 8], { dtype: float });
        const [wide, wideBias, wideFilters] = [w, b, filters].map((each) => each.cast(float)) as [
          Tensor,
          Tensor,
          Tensor,
        ];
        const pairs: readonly (readonly [Tensor, Tensor])[] = [
          [dl.linear(x, w, b), dl.linear(x, wide, wideBias)],
          [dl.linear(x, wide, b), dl.linear(x, wide, wideBias)],
          [dl.linear(x, w, b, { activation: 'tanh' }), dl.linear(x, wide, wideBias, { activation: 'tanh' })],
          [x.matmul(w, { transposeB: true }), x.matmul(wide, { transposeB: true })],
          [w.matmul(x, { transposeB: true }), wide.matmul(x, { transposeB: true })],
          [x.slice([0]).matmul(w.transpose(0, 1)), x.slice([0]).matmul(wide.transpose(0, 1))],
          [dl.einsum('bi,oi->bo', x, w), dl.einsum('bi,oi->bo', x, wide)],
          [dl.conv2d(image, filters, { padding: 1 }), dl.conv2d(image, wideFilters, { padding: 1 })],
        ];
        for (const [actual, expected] of pairs) {
          expect(actual.dtype).toBe(float);
          expect(difference(actual.dataSync(), expected.dataSync())).toBe('none');
        }
      }
    });

    test('gradients pass through a product to its floats; what is stored has none', () => {
      using _ = dl.scope();
      dl.manualSeed(4);
      const w = dl.randn([5, 7]).cast(dtype);
      const filters = dl.randn([4, 3, 3, 3]).cast(dtype);
      const loss = (x: Tensor, weight: Tensor): Tensor => dl.linear(x, weight).square().sum();
      const conv = (x: Tensor, weight: Tensor): Tensor => dl.conv2d(x, weight).square().sum();
      for (const [f, shape, weight] of [
        [loss, [6, 7], w],
        [conv, [1, 3, 5, 5], filters],
      ] as const) {
        const x = dl.randn(shape, { requiresGrad: true });
        const live = dl.memory().buffers;
        const y = f(x, weight);
        // What is saved for the gradient is the half, not a copy of it as floats: x · w, its square, and the sum.
        expect(dl.memory().buffers - live).toBeLessThanOrEqual(3);
        const [dx] = dl.gradients(y, [x], { createGraph: true });
        const [expected] = dl.gradients(f(x, weight.cast('float32')), [x]);
        expect(difference(dx!.dataSync(), expected!.dataSync())).toBe('none');
        const [second] = dl.gradients(dx!.sum(), [x]);
        const [graph] = dl.gradients(f(x, weight.cast('float32')), [x], { createGraph: true });
        expect(difference(second!.dataSync(), dl.gradients(graph!.sum(), [x])[0]!.dataSync())).toBe('none');
      }
      expect(() => dl.zeros([2], { dtype, requiresGrad: true })).toThrow(
        `requiresGrad: the tensor is ${dtype}; only float32 and float64 have gradients`,
      );
      expect(dl.randn([3], { requiresGrad: true }).cast(dtype).requiresGrad).toBe(false);
    });

    test('rows of a table: in halves where they are moved, as float32 where they are words', () => {
      using _ = dl.scope();
      const table = dl.randn([50, 8]).cast(dtype);
      const words = dl.tensor([[3, 1], [49, 3]], { dtype: 'int32' }); // biome-ignore format: a matrix
      const rows = dl.indexSelect(table, 0, words.reshape([4]));
      expect(rows.dtype).toBe(dtype);
      const found = dl.embedding(words, table);
      expect([found.dtype, found.shape]).toEqual(['float32', [2, 2, 8]]);
      expect(difference(found.dataSync(), dl.embedding(words, table.cast('float32')).dataSync())).toBe('none');
    });

    test('every op takes halves and is right, or refuses them in one sentence', () => {
      const taken = new Set<string>();
      for (const { op, cases } of allSamples()) {
        for (const sample of cases) {
          const floats = (tensors: ReturnType<typeof sampleTensors>): number =>
            Object.values(tensors)
              .flat()
              .filter((x) => x?.dtype === 'float32').length;
          const count = dl.scope(() => floats(sampleTensors(sample, 'float32', backend)));
          // One input at a time, then all.
          for (let which = 0; which <= count; which++) {
            using _ = dl.scope();
            if (compareOrRefused(op, sample, dtype, (i) => which === count || i === which)) taken.add(op.name);
          }
        }
      }
      expect([...taken].sort()).toEqual(TAKEN);
    });
  });

  /** True where it gave a result. */
  function compareOrRefused(
    op: AnyOp,
    sample: Parameters<typeof sampleTensors>[0],
    dtype: HalfDType,
    isHalf: (i: number) => boolean,
  ): boolean {
    let [i, changed] = [0, 0];
    const make = (stored: boolean): ReturnType<typeof sampleTensors> => {
      i = 0;
      return sampleTensors(sample, 'float32', backend, (data, shape, kind) => {
        const x = dl.tensor({ data, shape }, { dtype: kind });
        if (kind !== 'float32' || !isHalf(i++)) return x;
        changed++;
        return stored ? x.cast(dtype) : x.cast(dtype).cast('float32');
      });
    };
    const attrs = op.name === 'cast' ? { ...sample.attrs, dtype } : sample.attrs;
    const given = make(true);
    if (changed === 0) return false;
    let results: Readonly<Record<string, Tensor>>;
    try {
      results = runSample(op, given, attrs);
    } catch (error) {
      const { message } = error as Error;
      if (!(error instanceof dl.DTypeError)) throw error;
      const refusal = new RegExp(
        `^${op.name}: .+ is ${dtype}, which only stores numbers; cast it with \\.cast\\('float32'\\)$`,
      );
      const mixed = new RegExp(`^${op.name}: .+ is \\w+ and .+ is \\w+; cast one of them with \\.cast\\(dtype\\)$`);
      if (!refusal.test(message) && !(op.declaration.halves === true && mixed.test(message)))
        throw new Error(`${op.name} refuses ${dtype} by: ${message}`);
      return false;
    }
    const expected = runSample(op, make(false), attrs);
    for (const [name, y] of Object.entries(results)) {
      const wanted = expected[name]!;
      // Moved: still halves. Computed: floats.
      if (op.declaration.halves === true && wanted.dtype === 'float32')
        expect([op.name, y.dtype]).toEqual([op.name, dtype]);
      else expect([op.name, y.dtype]).toEqual([op.name, wanted.dtype]);
      expect(
        `${op.name} ${name}: ${difference(y.cast('float64').dataSync(), wanted.cast(y.dtype).cast('float64').dataSync())}`,
      ).toBe(`${op.name} ${name}: none`);
    }
    return true;
  }
});

/** What moves elements, and the products. Others refuse. */
const TAKEN = [
  'alias',
  'cast',
  'clone',
  'concat',
  'conv2d',
  'conv2dInputGrad',
  'expand',
  'gather',
  'indexSelect',
  'linear',
  'linearActivated',
  'maskedFill',
  'matmul',
  'pad',
  'permute',
  'reshape',
  'slice',
  'tril',
  'triu',
  'where',
];
