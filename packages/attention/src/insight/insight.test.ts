// Where models look: maps through hooks, rollout and entropy by their formulas.

import { manualSeed, memory, randint, randn, softmax, type Tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Module } from '@dl/layers';
import { assertAllClose } from '@dl/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  type AttentionMap,
  attentionMaps,
  attentionRollout,
  headEntropy,
  MultiheadAttention,
  Transformer,
  TransformerEncoder,
} from '../index.js';

beforeEach(async () => {
  await useBackend(cpu());
  manualSeed(1);
});

const sizes = { dimFeedforward: 16, dropout: 0.5 };
const flat = ({ weights }: AttentionMap): number[] =>
  weights.flatMap((heads) => heads.flatMap((rows) => rows.flatMap((row) => Array.from(row))));

describe('attentionMaps', () => {
  test('every layer and head, as the attention itself gives it when asked', async () => {
    const model = new TransformerEncoder(8, 2, 2, sizes);
    const x = randn([3, 5, 8]);
    const maps = await attentionMaps(model, x);
    expect(maps.map(({ module, call }) => [module, call])).toEqual([
      ['layers.0.self_attn', 0],
      ['layers.1.self_attn', 0],
    ]);
    expect(model.training).toBe(true);
    model.eval();
    let input = x;
    for (const [i, layer] of Array.from(model.layers).entries()) {
      const { weights } = layer.selfAttention.forward(input, input, input, { returnWeights: true });
      expect(weights!.shape).toEqual([3, 2, 5, 5]);
      const found = maps[i]!;
      expect([found.weights.length, found.weights[0]!.length, found.weights[0]![0]!.length]).toEqual([3, 2, 5]);
      expect(flat(found)).toEqual(Array.from(weights!.dataSync()));
      input = layer.forward(input);
    }
  });

  test('of a function: what it is told, every call, encoder, decoder and source', async () => {
    const model = new Transformer({
      ...{ sourceVocabulary: 7, targetVocabulary: 5, dModel: 8, nhead: 2, numEncoderLayers: 1, numDecoderLayers: 1 },
      dimFeedforward: 16,
    });
    const [source, target] = [randint(0, 7, [2, 6]), randint(0, 5, [2, 3])];
    const maps = await attentionMaps(model, () => {
      model.forward(source, target, { sourceLengths: [6, 4] });
      return model.forward(source, target);
    });
    expect(maps.map(({ module, call }) => [module, call])).toEqual([
      ['encoder.layers.0.self_attn', 0],
      ['decoder.layers.0.self_attn', 0],
      ['decoder.layers.0.multihead_attn', 0],
      ['encoder.layers.0.self_attn', 1],
      ['decoder.layers.0.self_attn', 1],
      ['decoder.layers.0.multihead_attn', 1],
    ]);
    const [encoder, self, cross, whole] = maps as [AttentionMap, AttentionMap, AttentionMap, AttentionMap];
    for (const map of maps) {
      for (const row of map.weights.flat(2)) expect(Array.from(row).reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    }
    // Of the second source four tokens count.
    for (const map of [encoder, cross]) {
      expect(map.weights[1]!.flat().map((row) => Array.from(row).slice(4))).toEqual(
        map.weights[1]!.flat().map(() => [0, 0]),
      );
    }
    expect(whole.weights[1]![0]![0]![5]).toBeGreaterThan(0);
    // The decoder looks at no later token.
    expect(Array.from(self.weights[0]![1]![0]!)).toEqual([1, 0, 0]);
    expect(cross.weights[0]![0]!.map((row) => row.length)).toEqual([6, 6, 6]);
  });

  test('a model that is one attention, and one that is used twice', async () => {
    const attention = new MultiheadAttention(8, 2);
    const x = randn([1, 4, 8]);
    expect((await attentionMaps(attention, () => attention.forward(x))).map(({ module }) => module)).toEqual(['']);

    class Twice extends Module {
      first = attention;
      second = attention;

      forward(x: Tensor): Tensor {
        return this.second.forward(this.first.forward(x).output).output;
      }
    }
    const maps = await attentionMaps(new Twice(), x);
    expect(maps.map(({ module, call }) => [module, call])).toEqual([
      ['first', 0],
      ['first', 1],
    ]);
  });

  test('attention of one’s own, with one head', async () => {
    class Own extends Module {
      readonly optionsAt = 1;

      forward(x: Tensor, options: { readonly returnWeights?: boolean } = {}) {
        const weights = softmax(x.matmul(x, { transposeB: true }), 2);
        return { output: weights.matmul(x), weights: options.returnWeights ? weights : undefined };
      }
    }
    const own = new Own();
    const x = randn([2, 3, 4]);
    const [map] = await attentionMaps(own, () => own.forward(x));
    expect([map!.weights.length, map!.weights[0]!.length]).toEqual([2, 1]);
    expect(flat(map!)).toEqual(Array.from(own.forward(x, { returnWeights: true }).weights!.dataSync()));
  });

  test('nothing is left behind: no tensors, no hooks, no mode, also when the function throws', async () => {
    const model = new TransformerEncoder(8, 2, 2, sizes);
    const forward = Array.from(model.layers, (layer) => layer.selfAttention.forward);
    model.layers.at(1)!.eval();
    const modes = model.namedModules().map(([, { training }]) => training);
    const x = randn([2, 5, 8]);
    const before = memory();
    const check = (): void => {
      expect([memory().buffers, memory().bytes]).toEqual([before.buffers, before.bytes]);
      expect(Array.from(model.layers, (layer) => layer.selfAttention.forward)).toEqual(forward);
      expect(Object.hasOwn(model.layers.at(0)!.selfAttention, 'forward')).toBe(false);
      expect(model.namedModules().map(([, { training }]) => training)).toEqual(modes);
    };
    for (let i = 0; i < 5; i++) await attentionMaps(model, () => model.forward(x));
    check();
    await expect(
      attentionMaps(model, () => {
        model.forward(x);
        throw new Error('stopped');
      }),
    ).rejects.toThrow('stopped');
    check();
    await expect(attentionMaps(model, () => model.forward(randn([2, 5, 9])))).rejects.toThrow();
    check();
  });

  test('nothing is recorded for gradients, and what the function itself keeps stays', async () => {
    const model = new TransformerEncoder(8, 2, 1, sizes);
    const x = randn([1, 3, 8]);
    let output: Tensor | undefined;
    let weights: Tensor | undefined;
    const maps = await attentionMaps(model, () => {
      output = model.forward(x);
      expect(output.requiresGrad).toBe(false);
      const { selfAttention } = model.layers.at(0)!;
      weights = selfAttention.forward(x, x, x, { returnWeights: true }).weights;
      // The user may free what is the user's.
      weights!.dispose();
    });
    expect(maps).toHaveLength(2);
    expect(flat(maps[1]!)).toEqual(flat(maps[0]!));
  });

  test.each<[string, () => Promise<unknown>, string]>([
    ['no model', () => attentionMaps(5 as never, randn([1])), 'attentionMaps: the model is 5, needs a Module'],
    [
      'no input',
      () => attentionMaps(new TransformerEncoder(8, 2, 1), 'text' as never),
      "attentionMaps: the input is 'text', needs a Tensor, or a function that runs the model: attentionMaps(model, () => model.forward(source, target))",
    ],
    [
      'a model without attention',
      () => attentionMaps(new TransformerEncoder(8, 2, 1).layers.at(0)!.linear1, randn([1, 8])),
      'attentionMaps: Linear has no attention; needs a model with a MultiheadAttention',
    ],
    [
      'a function that does not run it',
      () => attentionMaps(new TransformerEncoder(8, 2, 1), () => randn([1])),
      'attentionMaps: the function did not run any attention of TransformerEncoder; needs one that calls model.forward(…)',
    ],
    [
      'a function that waits',
      () => attentionMaps(new TransformerEncoder(8, 2, 1), async () => randn([1])),
      'attentionMaps: the function returned a promise, needs one that is done when it returns',
    ],
  ])('%s', async (_, run, message) => {
    await expect(run()).rejects.toThrow(message);
  });
});

/** A map of given matrices, [head][query][key], for one sequence. */
const mapOf = (...heads: number[][][]): AttentionMap => ({ module: 'self_attn', call: 0, weights: [heads] });
const identity = [
  [1, 0],
  [0, 1],
];
const swapped = [
  [0, 1],
  [1, 0],
];
const even = [
  [0.5, 0.5],
  [0.5, 0.5],
];

describe('attentionRollout', () => {
  test('one layer: half of the mean of the heads, half of what went past it', () => {
    const [rollout] = attentionRollout([mapOf(identity, swapped)]);
    // The mean is even; half of it and half the identity.
    expect(rollout!.map((row) => Array.from(row))).toEqual([
      [0.75, 0.25],
      [0.25, 0.75],
    ]);
    expect(attentionRollout([mapOf(swapped)], { residual: 0 })[0]!.map((row) => Array.from(row))).toEqual(swapped);
  });

  test('layers multiply, the last one first', () => {
    const first = [
      [0.2, 0.8],
      [1, 0],
    ];
    const last = [
      [0.5, 0.5],
      [0, 1],
    ];
    const [rollout] = attentionRollout([mapOf(first), mapOf(last)], { residual: 0 });
    // last · first, not first · last.
    assertAllClose(
      rollout!.flatMap((row) => Array.from(row)),
      [0.6, 0.4, 1, 0],
      { atol: 1e-15 },
    );
  });

  test('of a model: rows sum to 1, sequence by sequence, and beyond padding there is nothing', async () => {
    using model = new TransformerEncoder(8, 2, 3, sizes);
    const x = randn([2, 4, 8]);
    const maps = await attentionMaps(model, () => model.forward(x, { lengths: [4, 2] }));
    const rollout = attentionRollout(maps);
    expect(rollout).toHaveLength(2);
    for (const row of rollout.flat()) expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 10);
    for (const row of rollout[1]!.slice(0, 2)) expect(Array.from(row).slice(2)).toEqual([0, 0]);
    // By the definition, with products of tensors.
    const layers = maps.map(({ weights }) => weights[0]!);
    let expected: number[][] = [0, 1, 2, 3].map((i) => [0, 1, 2, 3].map((j) => (i === j ? 1 : 0)));
    for (const heads of layers) {
      const mixed = expected.map((_, i) =>
        expected.map((__, j) => 0.5 * (i === j ? 1 : 0) + 0.25 * (heads[0]![i]![j]! + heads[1]![i]![j]!)),
      );
      expected = mixed.map((row) =>
        expected[0]!.map((_, j) => row.reduce((sum, w, k) => sum + w * expected[k]![j]!, 0)),
      );
    }
    assertAllClose(
      rollout[0]!.flatMap((row) => Array.from(row)),
      expected.flat(),
      { rtol: 1e-5, atol: 1e-6 },
    );
  });

  test('a query that may look at nothing keeps what went past', () => {
    const [rollout] = attentionRollout([
      mapOf([
        [0, 0],
        [0.5, 0.5],
      ]),
    ]);
    expect(Array.from(rollout![0]!)).toEqual([1, 0]);
  });

  test.each<[string, () => unknown, string]>([
    ['no maps', () => attentionRollout([]), 'attentionRollout: maps are [], needs those that attentionMaps gives'],
    ['no maps at all', () => attentionRollout(identity as never), 'attentionRollout: maps are'],
    [
      'attention to a source',
      () => attentionRollout([mapOf(identity), { ...mapOf([[0.5, 0.25, 0.25]]), module: 'multihead_attn' }]),
      'attentionRollout: multihead_attn has 1 queries and 3 keys for 1 sequences, needs 2 of both for 1, as self_attn has; choose the maps of one stack',
    ],
    ['a residual of 1', () => attentionRollout([mapOf(identity)], { residual: 1 }), 'residual is 1, needs a share'],
  ])('%s', (_, run, message) => {
    expect(run).toThrow(message);
  });
});

describe('headEntropy', () => {
  test('0 for one key, ln n for n alike, the mean over queries', () => {
    const half = [
      [1, 0],
      [0.5, 0.5],
    ];
    expect(headEntropy([mapOf(identity, even, half)])).toEqual([[0, Math.LN2, Math.LN2 / 2]]);
    const four = Array.from({ length: 4 }, () => [0.25, 0.25, 0.25, 0.25]);
    expect(headEntropy([mapOf(identity), mapOf(four)])[1]![0]).toBeCloseTo(Math.log(4), 12);
  });

  test('queries that may look at nothing, and padding, are left out', () => {
    const some = [
      [0, 0],
      [0.5, 0.5],
    ];
    expect(headEntropy([mapOf(some)])).toEqual([[Math.LN2]]);
    expect(headEntropy([mapOf([[0, 0]])])).toEqual([[Number.NaN]]);
    const two: AttentionMap = { module: '', call: 0, weights: [[even], [identity]] };
    expect(headEntropy([two])).toEqual([[Math.LN2 / 2]]);
    // Three queries count: two of ln 2 and one of 0.
    expect(headEntropy([two], { lengths: [2, 1] })[0]![0]).toBeCloseTo((2 * Math.LN2) / 3, 12);
  });

  test('of a model: between 0 and the logarithm of what may be seen', async () => {
    using model = new TransformerEncoder(8, 2, 2, sizes);
    const x = randn([2, 6, 8]);
    const entropy = headEntropy(await attentionMaps(model, x));
    expect([entropy.length, entropy[0]!.length]).toEqual([2, 2]);
    for (const each of entropy.flat()) {
      expect(each).toBeGreaterThan(0);
      expect(each).toBeLessThan(Math.log(6) + 1e-9);
    }
  });

  test.each<[string, () => unknown, string]>([
    ['no maps', () => headEntropy(5 as never), 'headEntropy: maps are 5, needs those that attentionMaps gives'],
    [
      'lengths of another batch',
      () => headEntropy([mapOf(identity)], { lengths: [1, 2] }),
      'headEntropy: lengths is [1, 2], needs one for each of the 1 sequences of self_attn, from 0 to 2',
    ],
    ['a length beyond', () => headEntropy([mapOf(identity)], { lengths: [3] }), 'headEntropy: lengths is [3]'],
  ])('%s', (_, run, message) => {
    expect(run).toThrow(message);
  });
});
