// The lines of the generic layer test for convolutions, pools, bags, filters and modules made of others.

import type { Tensor } from '@dl/autograd';
import * as layers from '../src/index.js';
import type { LayerCase } from './layer-case.js';

/** Layers that take more than one tensor, as models that take one. */
class Squares extends layers.Module {
  readonly bilinear: layers.Bilinear;

  constructor(bilinear: layers.Bilinear) {
    super();
    this.bilinear = bilinear;
  }

  forward(x: Tensor): Tensor {
    return this.bilinear.forward(x, x);
  }
}

class Bags extends layers.Module {
  readonly bag: layers.EmbeddingBag;

  constructor(bag: layers.EmbeddingBag) {
    super();
    this.bag = bag;
  }

  forward(x: Tensor): Tensor {
    return this.bag.forward(x);
  }
}

class ThereAndBack extends layers.Module {
  readonly pool = new layers.MaxPool2d(2);
  readonly unpool = new layers.MaxUnpool2d(2);

  forward(x: Tensor): Tensor {
    const { y, indices } = this.pool.forwardWithIndices(x);
    return this.unpool.forward(y, indices);
  }
}

class Lists extends layers.Module {
  readonly floors: layers.ModuleList;
  readonly ends: layers.ModuleDict;

  constructor(floors: layers.ModuleList, ends: layers.ModuleDict) {
    super();
    this.floors = floors;
    this.ends = ends;
  }

  forward(x: Tensor): Tensor {
    let y = x;
    for (const floor of this.floors) y = floor.forward(y).tanh();
    return this.ends.get('last').forward(y);
  }
}

const lists: LayerCase = {
  make: (o) =>
    new Lists(
      new layers.ModuleList([new layers.Linear(3, 4, o), new layers.Linear(4, 4, o)]),
      new layers.ModuleDict({ last: new layers.Linear(4, 2, o) }),
    ),
  input: [5, 3],
  output: [5, 2],
  prints:
    'Lists(\n  (floors): ModuleList(\n    (0): Linear(3, 4)\n    (1): Linear(4, 4)\n  )\n' +
    '  (ends): ModuleDict(\n    (last): Linear(4, 2)\n  )\n)',
};

const pool = (
  make: () => layers.Module,
  input: readonly number[],
  output: readonly number[],
  prints: string,
): LayerCase => ({ make, input, output, prints });

const noisy = (make: () => layers.Module, input: readonly number[], prints: string): LayerCase => ({
  make,
  input,
  output: input,
  prints,
  trainsDifferently: true,
});

export const spatialCases: Readonly<Record<string, readonly LayerCase[]>> = {
  Conv1d: [
    {
      make: (o) => new layers.Conv1d(2, 4, 3, { padding: 1, paddingMode: 'circular', groups: 2, flip: true, ...o }),
      input: [2, 2, 6],
      output: [2, 4, 6],
      prints: 'Conv1d(2, 4, kernelSize=3, padding=1, groups=2, paddingMode=circular, flip=true)',
    },
  ],
  Conv3d: [
    {
      make: (o) => new layers.Conv3d(2, 3, [1, 2, 2], { stride: [2, 1, 1], bias: false, ...o }),
      input: [1, 2, 3, 3, 4],
      output: [1, 3, 2, 2, 3],
      prints: 'Conv3d(2, 3, kernelSize=[1, 2, 2], stride=[2, 1, 1], bias=false)',
    },
  ],
  ConvTranspose1d: [
    {
      make: (o) => new layers.ConvTranspose1d(2, 3, 4, { stride: 2, padding: 1, ...o }),
      input: [2, 2, 4],
      output: [2, 3, 8],
      prints: 'ConvTranspose1d(2, 3, kernelSize=4, stride=2, padding=1)',
    },
  ],
  ConvTranspose2d: [
    {
      make: (o) => new layers.ConvTranspose2d(2, 2, 3, { stride: 2, outputPadding: 1, groups: 2, ...o }),
      input: [1, 2, 3, 2],
      output: [1, 2, 8, 6],
      prints: 'ConvTranspose2d(2, 2, kernelSize=3, stride=2, outputPadding=1, groups=2)',
    },
  ],
  DepthwiseSeparableConv2d: [
    {
      make: (o) => new layers.DepthwiseSeparableConv2d(2, 3, 3, { padding: 1, multiplier: 2, bias: false, ...o }),
      input: [1, 2, 4, 4],
      output: [1, 3, 4, 4],
      prints:
        'DepthwiseSeparableConv2d(\n  (depthwise): Conv2d(2, 4, kernelSize=3, padding=1, groups=2, bias=false)\n' +
        '  (pointwise): Conv2d(4, 3, kernelSize=1, bias=false)\n)',
    },
  ],
  MaxPool1d: [
    pool(() => new layers.MaxPool1d(2, { dilation: 3 }), [2, 3, 7], [2, 3, 2], 'MaxPool1d(kernelSize=2, dilation=3)'),
    pool(() => new layers.MaxPool1d(2), [2, 3, 6], [2, 3, 3], 'MaxPool1d(kernelSize=2)'),
  ],
  MinPool1d: [
    pool(() => new layers.MinPool1d(3, { stride: 1 }), [2, 3, 6], [2, 3, 4], 'MinPool1d(kernelSize=3, stride=1)'),
  ],
  MinPool2d: [pool(() => new layers.MinPool2d(2), [1, 2, 4, 5], [1, 2, 2, 2], 'MinPool2d(kernelSize=2)')],
  AvgPool1d: [
    pool(
      () => new layers.AvgPool1d(2, { padding: 1, countIncludePad: false }),
      [1, 2, 6],
      [1, 2, 4],
      'AvgPool1d(kernelSize=2, padding=1, countIncludePad=false)',
    ),
  ],
  LpPool1d: [pool(() => new layers.LpPool1d(3, 2), [1, 2, 6], [1, 2, 3], 'LpPool1d(3, kernelSize=2)')],
  LpPool2d: [pool(() => new layers.LpPool2d(2, 2), [1, 2, 4, 4], [1, 2, 2, 2], 'LpPool2d(2, kernelSize=2)')],
  AdaptiveAvgPool1d: [
    pool(() => new layers.AdaptiveAvgPool1d(3), [1, 2, 7], [1, 2, 3], 'AdaptiveAvgPool1d(outputSize=3)'),
  ],
  AdaptiveAvgPool2d: [
    pool(
      () => new layers.AdaptiveAvgPool2d([2, 3]),
      [1, 2, 5, 6],
      [1, 2, 2, 3],
      'AdaptiveAvgPool2d(outputSize=[2, 3])',
    ),
  ],
  AdaptiveMaxPool1d: [
    pool(() => new layers.AdaptiveMaxPool1d(3), [1, 2, 7], [1, 2, 3], 'AdaptiveMaxPool1d(outputSize=3)'),
  ],
  AdaptiveMaxPool2d: [
    pool(() => new layers.AdaptiveMaxPool2d(2), [1, 2, 5, 4], [1, 2, 2, 2], 'AdaptiveMaxPool2d(outputSize=2)'),
  ],
  GlobalAvgPool: [pool(() => new layers.GlobalAvgPool(), [2, 3, 4, 2], [2, 3], 'GlobalAvgPool()')],
  GlobalMaxPool: [pool(() => new layers.GlobalMaxPool(), [2, 3, 5], [2, 3], 'GlobalMaxPool()')],
  MaxUnpool2d: [
    pool(
      () => new ThereAndBack(),
      [1, 2, 4, 4],
      [1, 2, 4, 4],
      'ThereAndBack(\n  (pool): MaxPool2d(kernelSize=2)\n  (unpool): MaxUnpool2d(kernelSize=2)\n)',
    ),
  ],
  Subsampling2d: [
    {
      make: (o) => new layers.Subsampling2d(2, 2, o),
      input: [1, 2, 4, 4],
      output: [1, 2, 2, 2],
      prints: 'Subsampling2d(2, kernelSize=2)',
    },
  ],
  LocalResponseNorm: [
    pool(
      () => new layers.LocalResponseNorm(3, { alpha: 0.5, k: 2 }),
      [2, 5, 3],
      [2, 5, 3],
      'LocalResponseNorm(3, alpha=0.5, k=2)',
    ),
  ],
  Dropout1d: [noisy(() => new layers.Dropout1d(0.4), [3, 4, 2], 'Dropout1d(p=0.4)')],
  Dropout2d: [noisy(() => new layers.Dropout2d(0.4), [3, 4, 2, 2], 'Dropout2d(p=0.4)')],
  DropPath: [noisy(() => new layers.DropPath(0.4), [9, 2], 'DropPath(p=0.4)')],
  AlphaDropout: [noisy(() => new layers.AlphaDropout(0.3), [6, 5], 'AlphaDropout(p=0.3)')],
  GaussianNoise: [noisy(() => new layers.GaussianNoise(0.2), [3, 4], 'GaussianNoise(std=0.2)')],
  FixedFilter2d: [
    {
      make: (o) => new layers.FixedFilter2d('gaussian', { channels: 2, size: 5, ...o }),
      input: [1, 2, 5, 5],
      output: [1, 2, 5, 5],
      prints: 'FixedFilter2d(gaussian, channels=2)',
    },
    {
      make: (o) => new layers.FixedFilter2d([[1, 2]], { padding: 0, ...o }),
      input: [1, 1, 3, 3],
      output: [1, 1, 3, 2],
      prints: 'FixedFilter2d(1x2, padding=0)',
    },
  ],
  EmbeddingBag: [
    {
      make: (o) => new Bags(new layers.EmbeddingBag(5, 3, { mode: 'max', maxNorm: 2, ...o })),
      input: [4, 6],
      indices: 5,
      output: [4, 3],
      prints: 'Bags(\n  (bag): EmbeddingBag(5, 3, mode=max, maxNorm=2)\n)',
    },
    {
      make: (o) => new Bags(new layers.EmbeddingBag(5, 3, { paddingIndex: 1, ...o })),
      input: [4, 3],
      indices: 5,
      output: [4, 3],
      prints: 'Bags(\n  (bag): EmbeddingBag(5, 3, paddingIndex=1)\n)',
    },
    {
      make: (o) => new Bags(new layers.EmbeddingBag(5, 3, { scaleGradByFreq: true, includeLastOffset: true, ...o })),
      input: [4, 6],
      indices: 5,
      output: [4, 3],
      prints: 'Bags(\n  (bag): EmbeddingBag(5, 3, scaleGradByFreq=true, includeLastOffset=true)\n)',
    },
  ],
  Bilinear: [
    {
      make: (o) => new Squares(new layers.Bilinear(3, 3, 2, o)),
      input: [4, 3],
      output: [4, 2],
      prints: 'Squares(\n  (bilinear): Bilinear(3, 3, 2)\n)',
    },
  ],
  ModuleList: [lists],
  ModuleDict: [lists],
  Residual: [
    {
      make: (o) => new layers.Residual(new layers.Linear(3, 2, o), new layers.Linear(3, 2, { bias: false, ...o })),
      input: [4, 3],
      output: [4, 2],
      prints: 'Residual(\n  (block): Linear(3, 2)\n  (shortcut): Linear(3, 2, bias=false)\n)',
    },
  ],
  Parallel: [
    {
      make: (o) => new layers.Parallel([new layers.Linear(3, 2, o), new layers.Tanh()], { axis: -1 }),
      input: [4, 3],
      output: [4, 5],
      prints: 'Parallel(\n  axis=-1\n  (0): Linear(3, 2)\n  (1): Tanh()\n)',
    },
  ],
};

/** What functions make of a layer. Spectral norm moves on with each forward in training, and has a test of its own. */
export const wrapperCases: readonly LayerCase[] = [
  {
    make: (o) => layers.weightNorm(new layers.Linear(4, 3, o)),
    input: [2, 4],
    output: [2, 3],
    prints: 'Linear(4, 3)',
  },
  {
    make: (o) => layers.weightNorm(new layers.Conv2d(2, 3, 2, { bias: false, ...o }), { axis: null }),
    input: [1, 2, 3, 3],
    output: [1, 3, 2, 2],
    prints: 'Conv2d(2, 3, kernelSize=2, bias=false)',
  },
];
