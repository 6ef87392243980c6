// Images as sequences: patches, a class token, positions of other sizes against PyTorch's bicubic interpolation.

import { readFileSync } from 'node:fs';
import { manualSeed, noGrad, ones, randn, scope, type Tensor, tensor, useBackend, zeros } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose, gradCheck, leakCheck } from '@dl/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { checkParameterGradients } from '../../test/parameter-gradients.js';
import { ClassToken, ImagePositions, PatchEmbedding } from '../index.js';

beforeEach(async () => {
  await useBackend(cpu());
  manualSeed(1);
});

const float64 = { dtype: 'float64' } as const;

describe('PatchEmbedding', () => {
  test('each patch by itself, row after row', () => {
    using _ = scope();
    using patches = new PatchEmbedding(2, 3, [2, 4], float64);
    const images = randn([2, 2, 6, 8], float64);
    const y = patches.forward(images);
    expect(y.shape).toEqual([2, 6, 3]); // 3 rows of 2 patches
    expect(patches.gridOf(images.shape)).toEqual([3, 2]);
    const [x, weight, bias] = [images.toArray(), patches.proj.weight.toArray(), patches.proj.bias!.toArray()] as [
      number[][][][],
      number[][][][],
      number[],
    ];
    const expected = x.map((image) =>
      Array.from({ length: 6 }, (_, n) => {
        const [top, left] = [2 * Math.floor(n / 2), 4 * (n % 2)];
        return weight.map((filter, f) =>
          filter.reduce(
            (sum, plane, c) =>
              plane.reduce(
                (part, row, i) => row.reduce((all, w, j) => all + w * image[c]![top + i]![left + j]!, part),
                sum,
              ),
            bias[f]!,
          ),
        );
      }),
    );
    assertAllClose(y.dataSync(), expected.flat(2), { rtol: 1e-12, atol: 1e-12 });
  });

  test('names and shapes are those of ViT', () => {
    using patches = new PatchEmbedding(3, 16, 4);
    expect(Object.entries(patches.stateDict()).map(([name, { shape }]) => [name, shape])).toEqual([
      ['proj.weight', [16, 3, 4, 4]],
      ['proj.bias', [16]],
    ]);
    using plain = new PatchEmbedding(3, 16, 4, { bias: false });
    expect(Object.keys(plain.stateDict())).toEqual(['proj.weight']);
  });

  test('gradients', () => {
    using _ = scope();
    using patches = new PatchEmbedding(1, 2, 2, float64);
    gradCheck((at) => patches.forward(at).square(), [randn([2, 1, 4, 4], float64)]);
  });
});

describe('ClassToken', () => {
  test('one vector before each sequence, which starts as zeros', () => {
    using _ = scope();
    using token = new ClassToken(3);
    expect(
      token
        .forward(ones([2, 2, 3]))
        .slice([1])
        .toArray(),
    ).toEqual([
      [0, 0, 0],
      [1, 1, 1],
      [1, 1, 1],
    ]);
    token.token.assign(tensor([[[1, 2, 3]]]));
    expect(token.forward(zeros([2, 1, 3])).toArray()).toEqual([
      [
        [1, 2, 3],
        [0, 0, 0],
      ],
      [
        [1, 2, 3],
        [0, 0, 0],
      ],
    ]);
    expect(Object.keys(token.stateDict())).toEqual(['cls_token']);
  });

  test('gradients', () => {
    using _ = scope();
    using token = new ClassToken(3, float64);
    const [x, upstream] = [randn([2, 4, 3], float64), randn([2, 5, 3], float64)];
    gradCheck((at) => token.forward(at).mul(upstream), [x]);
    checkParameterGradients(token, () => token.forward(x).add(1).square().mul(upstream).sum());
  });
});

interface Values {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
interface Stretched {
  readonly grid: readonly [number, number];
  readonly size: readonly [number, number];
  readonly table: Values;
  readonly result: Values;
  readonly upstream: Values;
  readonly gradient: Values;
}

describe('ImagePositions', () => {
  const { images }: { readonly images: readonly Stretched[] } = JSON.parse(
    readFileSync(new URL('../../golden/positions.json', import.meta.url), 'utf8'),
  );
  const made = (values: Values, dtype: 'float32' | 'float64'): Tensor =>
    tensor({ data: Float64Array.from(values.data), shape: values.shape }, { dtype });

  describe.each(['float32', 'float64'] as const)('%s', (dtype) => {
    const tolerance = dtype === 'float64' ? { rtol: 1e-11, atol: 1e-12 } : { rtol: 1e-5, atol: 1e-6 };

    test.each(images)('a table of $grid for $size patches, and its gradient, as PyTorch has them', (golden) => {
      using _ = scope();
      const [rows, columns] = golden.size;
      using positions = new ImagePositions(golden.grid, 2, { extraTokens: 0, dtype });
      noGrad(() => positions.table.assign(made(golden.table, dtype).reshape(positions.table.shape)));
      const y = positions.forward(zeros([1, rows * columns, 2], { dtype }), { grid: golden.size });
      assertAllClose(y.dataSync(), golden.result.data, tolerance);
      y.mul(made(golden.upstream, dtype).reshape(y.shape)).sum().backward();
      assertAllClose(positions.table.grad!.dataSync(), golden.gradient.data, tolerance);
      // Tokens before the patches have vectors of their own, which do not change with the size.
      using more = new ImagePositions(golden.grid, 2, { extraTokens: 2, dtype });
      const all = more.resized(golden.size);
      expect(all.shape).toEqual([1, 2 + rows * columns, 2]);
      expect(all.slice([null, [0, 2]]).toArray()).toEqual(more.table.slice([null, [0, 2]]).toArray());
    });
  });

  test('of its own size it is the table itself', () => {
    using _ = scope();
    using positions = new ImagePositions([2, 3], 4);
    expect(positions.table.shape).toEqual([1, 7, 4]);
    const x = randn([2, 7, 4]);
    expect(positions.forward(x).toArray()).toEqual(x.add(positions.table).toArray());
    expect(positions.forward(x, { grid: [2, 3] }).toArray()).toEqual(x.add(positions.table).toArray());
    // Not the table's buffer: a change of the one leaves the other.
    const own = positions.resized([2, 3]);
    expect(own).not.toBe(positions.table);
    expect(Object.keys(positions.stateDict())).toEqual(['pos_embed']);
  });

  test('a table in another place: rows and columns are not taken for each other', () => {
    using _ = scope();
    using positions = new ImagePositions([2, 3], 1, { extraTokens: 0, ...float64 });
    // Along columns they rise, along rows they stay.
    positions.table.assign(tensor([[[0], [1], [2], [0], [1], [2]]], float64));
    const y = positions.resized([4, 3]).reshape([4, 3]);
    assertAllClose(y.dataSync(), [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2], { atol: 1e-12 });
  });

  test('gradients of the input and of the table, for its own size and another', () => {
    using _ = scope();
    using positions = new ImagePositions([2, 2], 2, { std: 1, ...float64 });
    for (const grid of [
      [2, 2],
      [3, 4],
    ] as const) {
      const [x, upstream] = [
        randn([2, 1 + grid[0] * grid[1], 2], float64),
        randn([2, 1 + grid[0] * grid[1], 2], float64),
      ];
      gradCheck((at) => positions.forward(at, { grid }).square(), [x]);
      checkParameterGradients(positions, () => positions.forward(x, { grid }).square().mul(upstream).sum());
    }
  });

  test('NaN in the vector of one patch reaches its neighbours alone', () => {
    using _ = scope();
    using positions = new ImagePositions([1, 6], 1, { extraTokens: 0, ...float64 });
    positions.table.assign(tensor([[[0], [1], [2], [3], [4], [Number.NaN]]], float64));
    const y = positions.resized([1, 12]).dataSync();
    // Output i lies at i / 2 - 1/4 and takes two neighbours to each side: from 7 on, the last one is among them.
    expect(Array.from(y, Number.isNaN)).toEqual(Array.from({ length: 12 }, (_, i) => i >= 7));
    // Of half as many each output lies between two, but of a third each lies on one, and takes no other.
    expect(Array.from(positions.resized([1, 2]).dataSync(), Number.isNaN)).toEqual([false, false]);
  });
});

test('an image through all three; memory is flat', () => {
  const patches = new PatchEmbedding(1, 4, 2);
  const [token, positions] = [new ClassToken(4), new ImagePositions(2, 4)];
  leakCheck(
    () => {
      for (const size of [4, 6]) {
        const images = randn([2, 1, size, size]);
        const grid = patches.gridOf(images.shape);
        const y = positions.forward(token.forward(patches.forward(images)), { grid });
        expect(y.shape).toEqual([2, 1 + (size / 2) ** 2, 4]);
        y.square().sum().backward();
      }
      for (const each of [patches, token, positions]) each.zeroGrad();
    },
    { steps: 10 },
  );
  for (const each of [patches, token, positions]) each.dispose();
});

test.each<[string, () => unknown, string]>([
  [
    'images that patches do not cover',
    () => new PatchEmbedding(3, 8, 4).forward(zeros([1, 3, 8, 10])),
    'PatchEmbedding: images are [1, 3, 8, 10], needs [N, 3, H, W] with H a multiple of 4 and W of 4, which are the patch; crop or resize them',
  ],
  [
    'images of other channels',
    () => new PatchEmbedding(3, 8, 4).forward(zeros([1, 1, 8, 8])),
    'PatchEmbedding: images are [1, 1, 8, 8], needs [N, 3, H, W]',
  ],
  ['one image', () => new PatchEmbedding(3, 8, 4).forward(zeros([3, 8, 8])), 'PatchEmbedding: images are [3, 8, 8]'],
  [
    'images of bytes',
    () => new PatchEmbedding(3, 8, 4).forward(zeros([1, 3, 8, 8], { dtype: 'int32' })),
    'PatchEmbedding: input is int32 and the layer float32; cast the input',
  ],
  ['no patch', () => new PatchEmbedding(3, 8, 0), 'PatchEmbedding: patchSize is 0, needs a whole number'],
  ['an option', () => new PatchEmbedding(3, 8, 2, { stride: 2 } as never), 'there is no option stride'],
  [
    'another width',
    () => new ClassToken(8).forward(zeros([1, 4, 6])),
    'ClassToken: input is [1, 4, 6], needs [N, length, 8]',
  ],
  [
    'patches of another image',
    () => new ImagePositions(4, 8).forward(zeros([1, 26, 8])),
    'ImagePositions: input is [1, 26, 8], needs [N, 17, 8]: 4 × 4 patches and 1 before them; say for an image of another size how many patches it has: { grid: [rows, columns] }',
  ],
  [
    'patches of another image, where nothing stands before them',
    () => new ImagePositions(4, 8, { extraTokens: 0 }).forward(zeros([1, 17, 8]), { grid: [3, 3] }),
    'ImagePositions: input is [1, 17, 8], needs [N, 9, 8]: 3 × 3 patches; say',
  ],
  [
    'a grid of one number',
    () => new ImagePositions(4, 8).forward(zeros([1, 17, 8]), { grid: [16] as never }),
    'ImagePositions: grid is [16], needs how many rows and columns of patches there are, such as [14, 14]',
  ],
])('%s', (_, run, message) => {
  expect(run).toThrow(message);
});
