// What convolutions, pools, bags, filters and wrappers say about arguments and inputs that do not fit.

import { randn, scope, tensor, useBackend, zeros } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, expect, test } from 'vitest';
import * as layers from './index.js';

beforeAll(() => useBackend(cpu()));

const words = (...values: number[]) => tensor(values, { dtype: 'int32' });
const {
  AdaptiveAvgPool2d,
  AdaptiveMaxPool1d,
  AlphaDropout,
  AvgPool1d,
  Bilinear,
  Conv1d,
  Conv2d,
  Conv3d,
  ConvTranspose1d,
  ConvTranspose2d,
  Dropout2d,
  DropPath,
  Embedding,
  EmbeddingBag,
  FixedFilter2d,
  fixedFilter,
  GaussianNoise,
  GlobalAvgPool,
  Linear,
  LocalResponseNorm,
  LpPool1d,
  LpPool2d,
  MaxPool1d,
  MaxUnpool2d,
  MinPool2d,
  Parallel,
  Residual,
  spectralNorm,
  Subsampling2d,
  weightNorm,
} = layers;

const wrong: readonly (readonly [() => unknown, string])[] = [
  [
    () => new Conv1d(3, 4, 3, { groups: 2 }),
    'Conv1d: inChannels is 3, which cannot be cut into 2 groups; needs a multiple of 2',
  ],
  [
    () => new Conv1d(1, 1, 3, { padding: 'full' as never }),
    "Conv1d: padding is 'full', needs a number, 'same' or 'valid'",
  ],
  [
    () => new Conv1d(1, 1, 3, { padding: 'same', stride: 2 }),
    "Conv1d: padding 'same' needs stride 1, got 2; give the padding as a number",
  ],
  [
    () => new Conv2d(1, 1, 3, { paddingMode: 'wrap' as never }),
    "Conv2d: paddingMode is 'wrap', needs 'zeros', 'reflect', 'replicate' or 'circular'",
  ],
  [() => new Conv3d(1, 1, [3, 3] as never), 'Conv3d: kernelSize is [3, 3], needs one number or 3, one for each axis'],
  [() => new Conv3d(4, 3, 1, { groups: 2 }), 'Conv3d: outChannels is 3, which cannot be cut into 2 groups'],
  [() => new Conv3d(1, 1, 3, { stride: [1, 0, 1] }), 'Conv3d: stride is 0, needs a whole number of at least 1'],
  [
    () => new ConvTranspose2d(1, 1, 3, { stride: 2, outputPadding: 2 }),
    'ConvTranspose2d: outputPadding is 2, the stride 2 and the dilation 1; needs less than the stride or the dilation',
  ],
  [
    () => new ConvTranspose1d(3, 2, 3, { groups: 2 }),
    'ConvTranspose1d: inChannels is 3, which cannot be cut into 2 groups',
  ],
  [
    () => new MaxPool1d(2, { padding: 2 }),
    'MaxPool1d: padding 2 is more than half the window 2; a window could see padding only',
  ],
  [() => new MinPool2d(0), 'MinPool2d: kernelSize is 0, needs a whole number of at least 1'],
  [() => new LpPool2d(0, 2), 'LpPool2d: p is 0, needs a number above 0, such as 2'],
  [() => new LpPool1d(-1, 2), 'LpPool1d: p is -1, needs a number above 0, such as 2'],
  [() => new AdaptiveAvgPool2d([2, 0]), 'AdaptiveAvgPool2d: outputSize is 0, needs a whole number of at least 1'],
  [() => new LocalResponseNorm(3, { beta: -1 }), 'LocalResponseNorm: beta is -1, needs a number of at least 0'],
  [() => new Dropout2d(2), 'Dropout2d: p is 2, needs a probability from 0 to 1'],
  [() => new AlphaDropout(-0.1), 'AlphaDropout: p is -0.1, needs a probability from 0 to 1'],
  [() => new GaussianNoise(-1), 'GaussianNoise: std is -1, needs a number of at least 0'],
  [() => new Embedding(3, 2, { maxNorm: 0 }), 'Embedding: maxNorm is 0, needs a number above 0'],
  [
    () => new EmbeddingBag(3, 2, { mode: 'median' as never }),
    "EmbeddingBag: mode is 'median', needs 'sum', 'mean' or 'max'",
  ],
  [() => new EmbeddingBag(3, 2, { normType: 0 }), 'EmbeddingBag: normType is 0, needs a number above 0, such as 2'],
  [() => fixedFilter('emboss' as never), "fixedFilter: there is no filter 'emboss'; there are sobelX, sobelY"],
  [
    () => fixedFilter('sobelX', { size: 5 }),
    'fixedFilter: size is 5, but sobelX has 3 rows; box and gaussian have sizes',
  ],
  [() => fixedFilter('gaussian', { sigma: 0 }), 'fixedFilter: sigma is 0, needs a number of pixels above 0'],
  [() => new FixedFilter2d([1, 2] as never), 'FixedFilter2d: the filter is [2], needs rows of numbers'],
  [() => new Parallel([]), 'Parallel: needs an array of at least one branch'],
  [() => new Parallel([1 as never]), 'Parallel: branch 0 is 1, needs a module, such as new ReLU()'],
  [() => new Residual(undefined as never), 'Residual: the block is undefined, needs a module, such as new ReLU()'],
  [() => weightNorm(new layers.ReLU()), 'weightNorm: ReLU has no parameter weight of its own, but no parameter'],
  [() => spectralNorm(new Linear(2, 2), { axis: 2 }), 'spectralNorm: axis is 2, needs 0 to 1, an axis of weight'],
  [
    () => spectralNorm(new Linear(2, 2), { iterations: 0 }),
    'spectralNorm: iterations is 0, needs a whole number of at least 1',
  ],
  [() => new Conv1d(1, 1, 4).forward(randn([1, 1, 3])), 'does not fit into an input of'],
  [
    () => new Conv2d(1, 1, 3, { padding: 3, paddingMode: 'reflect' }).forward(randn([1, 1, 3, 9])),
    "Conv2d: padding 3 in mode 'reflect' needs more than the 3 elements that axis 2 of the input [1, 1, 3, 9] has; pad less, or with zeros",
  ],
  [
    () => new Conv1d(1, 1, 3, { padding: 4, paddingMode: 'circular' }).forward(randn([1, 1, 3])),
    "Conv1d: padding 4 in mode 'circular' needs more than the 3 elements that axis 2",
  ],
  [
    () => new Conv3d(1, 1, 3).forward(randn([1, 1, 2, 5, 5])),
    'Conv3d: a 3x3x3 filter (dilation 1x1x1) does not fit into an input of [1, 1, 2, 5, 5] with padding 0 and 0; pad more, or use a smaller filter',
  ],
  [() => new Conv3d(1, 1, 3).forward(randn([3, 3, 3])), 'Conv3d: input is [3, 3, 3], needs 5 axes'],
  [
    () => new Conv3d(2, 1, 1).forward(randn([1, 1, 3, 3, 3])),
    'Conv3d: input has 1 channels (shape [1, 1, 3, 3, 3]) but the layer expects 2',
  ],
  [() => new ConvTranspose2d(1, 1, 3).forward(randn([3, 3])), 'ConvTranspose2d: input is [3, 3], needs 4 axes'],
  [
    () => new ConvTranspose1d(2, 1, 3).forward(randn([1, 3, 3])),
    'ConvTranspose1d: input has 3 channels (shape [1, 3, 3])',
  ],
  [
    () => new ConvTranspose1d(1, 1, 1, { padding: 2 }).forward(randn([1, 1, 3])),
    'ConvTranspose1d: of an input of [1, 1, 3] padding 2 leaves -1; needs at least 1, so cut off less',
  ],
  [
    () => new AvgPool1d(2).forward(randn([2])),
    'AvgPool1d: input is [2], needs 3 axes, [batch, channels, length], or 2, [channels, length]',
  ],
  [
    () => new MaxPool1d(4).forward(randn([1, 1, 3])),
    'MaxPool1d: a window of 4 does not fit into an input of [1, 1, 3] with padding 0',
  ],
  [() => new AdaptiveMaxPool1d(2).forward(randn([3])), 'AdaptiveMaxPool1d: input is [3], needs 3 axes'],
  [
    () => new AdaptiveAvgPool2d(2).forward(zeros([1, 1, 0, 3])),
    'AdaptiveAvgPool2d: input is [1, 1, 0, 3], which has nothing to pool',
  ],
  [
    () => new GlobalAvgPool().forward(randn([2, 3])),
    'GlobalAvgPool: input is [2, 3], needs [batch, channels, ...places]',
  ],
  [
    () => new Subsampling2d(2, 2).forward(randn([1, 3, 4, 4])),
    'Subsampling2d: input has 3 channels (shape [1, 3, 4, 4])',
  ],
  [
    () => new LocalResponseNorm(3).forward(randn([2, 3])),
    'LocalResponseNorm: input is [2, 3], needs [batch, channels, ...places]',
  ],
  [
    () => new Dropout2d().forward(randn([2, 3, 4])),
    'Dropout2d: input is [2, 3, 4], needs [batch, channels, height, width]; for sequences use Dropout1d',
  ],
  [() => new DropPath().forward(tensor(1)), 'DropPath: input is [], needs a batch'],
  [
    () => new MaxUnpool2d(2).forward(randn([1, 1, 2, 2]), words(1, 2)),
    'MaxUnpool2d: x is [1, 1, 2, 2] and the indices [2]; needs [batch, channels, height, width] of both',
  ],
  [
    () => new MaxUnpool2d(2).forward(randn([1, 1, 1, 1]), words(9).reshape([1, 1, 1, 1])),
    'MaxUnpool2d: an index is 9, outside the result of 2x2; give the size of the image that was pooled',
  ],
  [
    () => new Bilinear(2, 3, 1).forward(randn([4, 2]), randn([5, 3])),
    'Bilinear: the inputs are [4, 2] and [5, 3], needs [..., 2] and [..., 3]',
  ],
  [
    () => new EmbeddingBag(3, 2).forward(randn([2, 2])),
    "EmbeddingBag: indices are float32, needs int32; cast them with .cast('int32')",
  ],
  [
    () => new EmbeddingBag(3, 2).forward(words(1, 2)),
    'EmbeddingBag: indices are [2], needs [bags, length], or [count] and offsets',
  ],
  [
    () => new EmbeddingBag(3, 2).forward(words(1, 2), [1]),
    'EmbeddingBag: offsets are [1], needs whole numbers from 0 that do not fall, up to 2',
  ],
  [
    () => new EmbeddingBag(3, 2).forward(words(1, 2), [0], randn([2])),
    "EmbeddingBag: perSampleWeights are for mode 'sum', and the mode is 'mean'",
  ],
  [
    () => new EmbeddingBag(3, 2, { mode: 'sum' }).forward(words(1, 2), [0], randn([3])),
    'EmbeddingBag: perSampleWeights are [3] and indices [2]; needs one for each index',
  ],
  [() => new EmbeddingBag(3, 2).forward(words(1, 2), [0, 3]), 'EmbeddingBag: offsets are [0, 3]'],
  [
    () => new EmbeddingBag(3, 2).forward(words(1, 3).reshape([1, 2])),
    'embedding: index 3 at position 1 is out of range',
  ],
  [
    () => new Residual(new Linear(2, 3)).forward(randn([1, 2])),
    'Residual: the block returns [1, 3] and the shortcut [1, 2]; needs one shape, by a shortcut such as',
  ],
  [() => new Linear(2, 3).summary([1, 4]), 'Linear: input has 4 features'],
];

test.each(wrong)('%s', (make, message) => {
  using _ = scope();
  expect(make).toThrow(message);
});

test('what a summary could not finish leaves no hook and no mode behind', () => {
  using model = new Linear(2, 3);
  const { forward } = model;
  expect(() => model.summary([1, 4])).toThrow();
  expect(model.training).toBe(true);
  expect(model.forward).toBe(forward);
});
