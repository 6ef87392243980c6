// Normalisation and dropout at sizes around every step of their loops, and at large means, against TypeScript in float64.

import * as dl from '@dl/autograd';
import { type Shape, scope, type Tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { wasmEngines } from './engines.js';

const reference = cpu({ engine: 'typescript' });
type Norm = (x: Tensor, weight: Tensor, bias: Tensor) => Tensor;

const norms: readonly (readonly [
  name: string,
  norm: Norm,
  shapes: readonly Shape[],
  weight: (shape: Shape) => number,
])[] = [
  [
    'layerNorm',
    (x, weight, bias) => dl.layerNorm(x, x.shape.at(-1)!, { weight, bias }),
    [2, 3, 4, 5, 8, 9, 15, 16, 31, 63, 64, 65, 257, 1030].map((n) => [70, n]),
    (shape) => shape.at(-1)!,
  ],
  [
    'rmsNorm',
    (x, weight) => dl.rmsNorm(x, x.shape.at(-1)!, { weight }),
    [2, 3, 4, 17, 64, 301].map((n) => [9, n]),
    (shape) => shape.at(-1)!,
  ],
  [
    'groupNorm',
    (x, weight, bias) => dl.groupNorm(x, 2, { weight, bias }),
    [
      [3, 8],
      [2, 10, 1],
      [5, 4, 3],
      [2, 8, 5, 7],
      [3, 4, 16, 16],
      [1, 2, 300],
    ],
    (shape) => shape[1]!,
  ],
  [
    'batchNorm',
    (x, weight, bias) => dl.batchNorm(x, { weight, bias }).y,
    [
      [7, 1],
      [5, 3],
      [33, 4],
      [70, 11],
      [3, 2, 3],
      [2, 5, 4, 4],
      [9, 3, 7, 7],
      [1, 2, 300],
    ],
    (shape) => shape[1]!,
  ],
];

describe.each(wasmEngines())('%s', (engine) => {
  const backend = cpu({ engine });
  beforeAll(() => useBackend([backend, reference]));

  /** The result and the gradients of x, weight and bias, on both backends, from the same values. */
  async function compare(norm: Norm, x: Tensor, features: number, rtol: number): Promise<void> {
    const [weight, bias, dy] = [dl.randn([features]), dl.randn([features]), dl.randn(x.shape)];
    const answer = (move: (tensor: Tensor) => Tensor): Tensor[] => {
      const leaves = [x, weight, bias].map((tensor) => move(tensor).detach());
      for (const leaf of leaves) leaf.requiresGrad = true;
      const y = norm(leaves[0]!, leaves[1]!, leaves[2]!);
      const found = dl.gradients(y.mul(move(dy)).sum(), leaves, { allowUnused: true });
      return [y.detach(), ...found.filter((gradient) => gradient !== undefined)];
    };
    const expected = answer((tensor) => tensor.cast('float64'));
    const actual = answer((tensor) => tensor.to(backend));
    expect(actual.length).toBe(expected.length);
    for (const [i, each] of actual.entries()) {
      const scale = expected[i]!.abs().max().item();
      assertAllClose(await each.data(), await expected[i]!.data(), { rtol: 0, atol: rtol * scale });
    }
  }

  describe.each(norms)('%s', (_, norm, shapes, featuresOf) => {
    test('around 0', async () => {
      await useBackend(reference);
      dl.manualSeed(1);
      for (const shape of shapes) {
        using _ = scope();
        await compare(norm, dl.randn(shape), featuresOf(shape), shape.at(-1)! <= 4 ? 2e-5 : 2e-6);
      }
    });

    // What float32 has lost of x, both have lost; the kernels lose no more.
    test('around ten thousand, with variance 1', async () => {
      await useBackend(reference);
      dl.manualSeed(2);
      for (const shape of shapes.filter((shape) => dl.sizeOf(shape) / featuresOf(shape) > 8 || shape.at(-1)! > 8)) {
        using _ = scope();
        await compare(norm, dl.randn(shape).add(1e4), featuresOf(shape), 5e-6);
      }
    });

    test('with a first eighth far from the rest', async () => {
      await useBackend(reference);
      dl.manualSeed(3);
      // Of two numbers that are far apart, nothing is left but that.
      for (const shape of shapes.filter((shape) => dl.sizeOf(shape) / featuresOf(shape) > 8 && shape.at(-1) !== 2)) {
        using _ = scope();
        const x = dl.randn(shape);
        const axis = shape.length === 2 && norm === norms[3]![1] ? 0 : shape.length - 1;
        const place = dl.arange(shape[axis]!).reshape(axis === 0 ? [-1, 1] : [-1]);
        const far = place
          .less(Math.ceil(shape[axis]! / 8))
          .cast('float32')
          .mul(1e4);
        await compare(norm, x.add(far), featuresOf(shape), 1e-5);
      }
    });
  });

  test('a weight, a bias, both or neither', async () => {
    await useBackend(reference);
    dl.manualSeed(4);
    using _ = scope();
    const x = dl.randn([3, 4, 6]);
    const each = (norm: (x: Tensor, options: dl.NormalizeOptions) => Tensor, features: number) =>
      [
        (x: Tensor, weight: Tensor) => norm(x, { weight }),
        (x: Tensor, _: Tensor, bias: Tensor) => norm(x, { bias }),
        (x: Tensor) => norm(x, {}),
      ].map((f) => compare(f, x, features, 2e-6));
    await Promise.all(each((x, options) => dl.layerNorm(x, 6, options), 6));
    await Promise.all(each((x, options) => dl.groupNorm(x, 2, options), 4));
    await Promise.all(each((x, options) => dl.instanceNorm(x, options), 4));
    await Promise.all(each((x, options) => dl.batchNorm(x, options).y, 4));
  });

  test('dropout falls on the same elements, wherever the generator stands', async () => {
    await useBackend(backend);
    for (const n of [1, 7, 8, 9, 16, 1001]) {
      for (const position of [0, 1, 5, 2 ** 33 - 9, 2 ** 33 - 8]) {
        using _ = scope();
        const generator = new dl.Generator(2 ** 35 + 11).skip(position);
        const expected = new dl.Generator(2 ** 35 + 11).skip(position);
        const y = dl.dropout(dl.ones([n]), 0.3, { generator });
        const kept = Math.fround(1 / 0.7);
        expect([...y.dataSync()]).toEqual(Array.from({ length: n }, () => (expected.uniform() < 0.3 ? 0 : kept)));
        expect(generator.state).toEqual(expected.state);
      }
    }
  });
});
