// The lines of the test of every module: positions that work inside attention, which is what is tried with them, and what makes sequences of images.

import type { ModuleCase } from '../../layers/test/module-case.js';
import * as attention from '../src/index.js';

type Cases = Readonly<Record<string, readonly ModuleCase[]>>;
type Options = Parameters<ModuleCase['make']>[0];

/** Attention of two heads, of two features each, with positions. */
const inside = (
  positions: (options: Options) => attention.AttentionPositions,
  prints: string,
  spreads: (place: string) => boolean = () => false,
): ModuleCase => ({
  make: (o) => new attention.MultiheadAttention(4, 2, { positions: positions(o), ...o }),
  input: [2, 3, 4],
  gives: [
    [2, 3, 4],
    [2, 2, 3, 3],
  ],
  more: () => [undefined, undefined, { returnWeights: true }],
  // What a bias adds to the scores of all keys, the softmax does not see.
  reach: { spreads: (place) => place.endsWith('in_proj_bias') || spreads(place) },
  prints: `MultiheadAttention(\n  4, 2\n  (out_proj): Linear(4, 4)\n  (positions): ${prints}\n)`,
});

// A distance at which a query has no key has weight 0 there, and 0 · NaN is NaN.
const ofDistances = (place: string): boolean => place.startsWith('positions.');

export const insideCases: Cases = {
  ALiBiPositions: [inside(() => new attention.ALiBiPositions(2), 'ALiBiPositions(2)')],
  RelativeBias: [
    inside(
      (o) => new attention.RelativeBias(2, { buckets: 4, maxDistance: 3, ...o }),
      'RelativeBias(2, buckets=4, maxDistance=3)',
    ),
  ],
  RelativePositions: [
    inside((o) => new attention.RelativePositions(2, 1, o), 'RelativePositions(2, 1)', ofDistances),
    inside(
      (o) => new attention.RelativePositions(2, 2, { onValues: false, ...o }),
      'RelativePositions(2, 2, onValues=false)',
      ofDistances,
    ),
  ],
  RotaryPositions: [
    inside(() => new attention.RotaryPositions(2), 'RotaryPositions(2)'),
    inside(() => new attention.RotaryPositions(2, { layout: 'pairs' }), 'RotaryPositions(2, layout=pairs)'),
  ],
};

export const imageCases: Cases = {
  ClassToken: [
    { make: (o) => new attention.ClassToken(3, o), input: [2, 2, 3], gives: [[2, 3, 3]], prints: 'ClassToken(3)' },
  ],
  ImagePositions: [
    {
      make: (o) => new attention.ImagePositions([1, 2], 3, o),
      input: [2, 3, 3],
      gives: [[2, 3, 3]],
      prints: 'ImagePositions(gridSize=[1, 2], embedDim=3)',
    },
    {
      make: (o) => new attention.ImagePositions(2, 2, { extraTokens: 0, ...o }),
      input: [2, 4, 2],
      gives: [[2, 4, 2]],
      prints: 'ImagePositions(gridSize=2, embedDim=2, extraTokens=0)',
    },
  ],
  PatchEmbedding: [
    {
      make: (o) => new attention.PatchEmbedding(1, 3, 2, o),
      input: [2, 1, 4, 2],
      gives: [[2, 2, 3]],
      prints: 'PatchEmbedding(\n  1, 3, patchSize=2\n  (proj): Conv2d(1, 3, kernelSize=2, stride=2)\n)',
    },
  ],
};
