// What attention and its gradients are tried on: every attribute, shared heads, queries that may look at no key.

import { type OpSamples, type SampleInput, samples } from '../dispatch/samples-type.js';
import { scaledDotProductAttention } from './attention.js';
import { scaledDotProductAttentionBiasGrad, scaledDotProductAttentionGrad } from './attention-grad.js';

/** Batch, heads, queries, features, heads of keys, keys, features of values. */
type Sizes = readonly [number, number, number, number, number, number, number];

const inputs = ([batch, heads, queries, features, keyHeads, keys, width]: Sizes) => ({
  q: { shape: [batch, heads, queries, features] },
  k: { shape: [batch, keyHeads, keys, features] },
  v: { shape: [batch, keyHeads, keys, width] },
});

const upstream = ([batch, heads, queries, , , , width]: Sizes) => ({
  dy: { shape: [batch, heads, queries, width] },
  y: { shape: [batch, heads, queries, width] },
  // Scores are some units apart, and weights at most about 1.
  lse: { shape: [batch, heads, queries], low: 2, high: 4 },
});

// biome-ignore format: a row each
const noKeyForTheSecond: SampleInput = [[[
  [true, false, true, true],
  [false, false, false, false],
  [false, true, false, false],
]]];

// As small as each attribute needs: finite differences and special values go through every element.
const cases: readonly (readonly [sizes: Sizes, attrs: object, others?: { mask?: SampleInput; bias?: SampleInput }])[] =
  [
    [[1, 2, 3, 3, 2, 4, 2], { scale: 0.5 }],
    // Keys of former steps were kept: the last query stands at the last key.
    [[1, 2, 2, 2, 1, 4, 2], { scale: 0.6, causal: true, offset: 2 }],
    // The first two queries stand before all keys.
    [[1, 1, 4, 2, 1, 2, 2], { scale: 0.7, causal: true, offset: -2 }],
    [[1, 1, 3, 2, 1, 4, 2], { scale: 0.7 }, { mask: noKeyForTheSecond }],
    [[2, 2, 2, 2, 2, 3, 2], { scale: 0.7 }, { bias: { shape: [1, 2, 2, 3] } }],
    [[2, 2, 3, 2, 1, 4, 2], { scale: 0.7, causal: true, offset: 1, window: 2 }, { bias: { shape: [2, 1, 1, 4] } }],
    [[1, 1, 4, 2, 1, 4, 2], { scale: 0.7, window: 2 }],
    [[2, 2, 2, 2, 1, 3, 2], { scale: 2, softcap: 1.5 }, { mask: { shape: [2, 1, 1, 3], dtype: 'bool' } }],
    [[1, 2, 3, 2, 2, 3, 2], { scale: 0.7, dropoutP: 0.4, seed: 3, position: 2 }],
    [[1, 1, 2, 2, 1, 1, 3], { scale: 1 }],
  ];

export const attentionSamples = (): readonly OpSamples[] => [
  samples(
    scaledDotProductAttention,
    cases.map(([sizes, attrs, others]) => ({ inputs: { ...inputs(sizes), ...others }, attrs })),
    { tolerance: 2e-6 },
  ),
  samples(
    scaledDotProductAttentionGrad,
    cases.map(([sizes, attrs, others]) => ({ inputs: { ...upstream(sizes), ...inputs(sizes), ...others }, attrs })),
    { tolerance: 5e-6 },
  ),
  samples(
    scaledDotProductAttentionBiasGrad,
    cases.flatMap(([sizes, attrs, { bias, mask } = {}]) => {
      if (bias === undefined) return [];
      return [{ inputs: { ...upstream(sizes), ...inputs(sizes), bias, ...(mask && { mask }) }, attrs }];
    }),
    { tolerance: 5e-6 },
  ),
];
