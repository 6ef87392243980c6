// What losses and activations say about arguments that do not fit.

import { ones, randn, scope, sigmoid, softmax, type Tensor, tensor, useBackend, zeros } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, expect, test } from 'vitest';
import * as layers from '../index.js';

beforeAll(() => useBackend(cpu()));

const x = (): Tensor => zeros([2, 3]);
const int = (values: number[] | number[][]): Tensor => tensor(values, { dtype: 'int32' });
const signs = (): Tensor => tensor([1, -1]);
const LOGARITHMS =
  'needs logarithms of probabilities, which are at most 0; take logSoftmax of logits, or log of probabilities';

const wrong: readonly (readonly [() => unknown, string])[] = [
  [
    () => layers.mseLoss(x(), zeros([2, 1])),
    'mseLoss: input is [2, 3] and target is [2, 1]; they must be the same, reshape one of them, or stretch it with expand',
  ],
  [() => layers.mseLoss(x(), 1 as never), 'mseLoss: target is 1, needs a Tensor; make one with tensor(...)'],
  [
    () => layers.l1Loss(zeros([2, 3], { dtype: 'int32' }), x()),
    "l1Loss: input is int32, needs float32 or float64; cast it with .cast('float32')",
  ],
  [
    () => layers.l1Loss(x(), zeros([2, 3], { dtype: 'float64' })),
    'l1Loss: input is float32 and target is float64; cast one of them with .cast(dtype)',
  ],
  [
    () => layers.mseLoss(x(), x(), { reduction: 'average' as never }),
    "mseLoss: reduction is 'average', needs 'mean', 'sum' or 'none'",
  ],
  [() => layers.huberLoss(x(), x(), { delta: 0 }), 'huberLoss: delta is 0, needs a number above 0'],
  [() => layers.smoothL1Loss(x(), x(), { beta: -1 }), 'smoothL1Loss: beta is -1, needs a number of at least 0'],
  [
    () => layers.poissonNllLoss(tensor([-1]), tensor([1]), { logInput: false }),
    'poissonNllLoss: an element of input is -1, needs expected counts of at least 0; take { logInput: true } for their logarithms',
  ],
  [
    () => layers.gaussianNllLoss(x(), x(), x().sub(1)),
    'gaussianNllLoss: an element of variance is -1, needs numbers of at least 0; take softplus or exp of it',
  ],
  [
    () => layers.gaussianNllLoss(x(), x(), ones([3])),
    'gaussianNllLoss: variance is [3], needs the shape of the input, [2, 3], or one variance for each of its rows',
  ],
  // Classes out of range.
  [
    () => layers.nllLoss(x(), int([0, 3])),
    'nllLoss: class 3 at position 1 is out of range; the axis has 3 elements, so needs 0 to 2',
  ],
  [
    () => layers.nllLoss(x(), int([-1, 0])),
    'nllLoss: class -1 at position 0 is out of range; the axis has 3 elements, so needs 0 to 2',
  ],
  [
    () => new layers.CrossEntropyLoss().forward(x(), int([0, 3])),
    'crossEntropy: label 3 of row 1 is out of range; the logits have 3 classes, so needs 0 to 2',
  ],
  [
    () => new layers.CrossEntropyLoss({ ignoreIndex: -1 }).forward(x(), int([-1, -2])),
    'crossEntropy: label -2 of row 1 is out of range; the logits have 3 classes, so needs 0 to 2',
  ],
  [
    () => layers.multiMarginLoss(x(), int([0, 9])),
    'multiMarginLoss: class 9 at position 1 is out of range; the axis has 3 elements, so needs 0 to 2',
  ],
  [() => layers.nllLoss(x(), tensor([0, 1])), "nllLoss: target is float32, needs int32; cast it with .cast('int32')"],
  [
    () => layers.nllLoss(x(), int([0, 1, 2])),
    'nllLoss: target is [3], needs [2], one class for each row and place of the input, [2, 3]',
  ],
  [() => layers.nllLoss(zeros([3]), int([1])), 'nllLoss: target is [1], needs [], the class of the one example, [3]'],
  [
    () => layers.nllLoss(zeros([]), int([1])),
    'nllLoss: input is [], needs [batch, classes, ...places], or [classes] for one example',
  ],
  [
    () => layers.nllLoss(x(), int([0, 1]), { weight: ones([2]) }),
    'nllLoss: weight is [2], needs [3], one number for each class of [2, 3]',
  ],
  // Logits or probabilities where logarithms belong, and so on.
  [
    () => {
      const logits = zeros([2, 3], { requiresGrad: true });
      const probabilities = new layers.Sequential(new layers.Softmax(), new layers.Flatten()).forward(logits);
      new layers.CrossEntropyLoss().forward(probabilities, int([0, 1]));
    },
    'crossEntropy: the logits are the result of softmax, needs the numbers before it; leave the softmax out, or take nllLoss of logSoftmax',
  ],
  [() => layers.nllLoss(x().add(2), int([0, 1])), `nllLoss: an element of input is 2, ${LOGARITHMS}`],
  [() => layers.nllLoss(softmax(zeros([2, 2])), int([0, 1])), `nllLoss: an element of input is 0.5, ${LOGARITHMS}`],
  [
    () => layers.klDiv(softmax(zeros([1, 2])), softmax(zeros([1, 2]))),
    `klDiv: an element of input is 0.5, ${LOGARITHMS}`,
  ],
  [
    () => layers.klDiv(x(), x().sub(4)),
    'klDiv: an element of target is -4, needs probabilities from 0 to 1; take softmax of logits, or { logTarget: true } for logarithms',
  ],
  [
    () => layers.klDiv(x(), x(), { reduction: 'average' as never }),
    "klDiv: reduction is 'average', needs 'mean', 'batchmean', 'sum' or 'none'",
  ],
  [
    () => layers.klDiv(tensor(-1), tensor(1), { reduction: 'batchmean' }),
    "klDiv: the input is one number, which has no batch for 'batchmean'; take 'sum'",
  ],
  [
    () => layers.binaryCrossEntropy(x().add(3), x()),
    'binaryCrossEntropy: an element of input is 3, needs probabilities from 0 to 1; take binaryCrossEntropyWithLogits for logits',
  ],
  [
    () => layers.binaryCrossEntropy(x(), x().sub(1)),
    'binaryCrossEntropy: an element of target is -1, needs numbers from 0 (no) to 1 (yes)',
  ],
  [
    () => layers.binaryCrossEntropyWithLogits(sigmoid(randn([2, 1], { requiresGrad: true })).squeeze(1), ones([2])),
    'binaryCrossEntropyWithLogits: the input is the result of sigmoid, needs the logits before it; leave the sigmoid out, or take binaryCrossEntropy',
  ],
  [
    () => layers.binaryCrossEntropyWithLogits(ones([3]), ones([3]), { posWeight: ones([2, 3]) }),
    'binaryCrossEntropyWithLogits: posWeight is [2, 3], which has more elements than the input, [3]; needs a shape that stretches to it',
  ],
  [() => layers.multiMarginLoss(x(), int([0, 1]), { p: 3 as never }), 'multiMarginLoss: p is 3, needs 1 or 2'],
  [
    () => layers.multiMarginLoss(zeros([2]), int([0, 1])),
    'multiMarginLoss: target is [2], needs [], the class of the one example, [2]',
  ],
  [
    () => layers.multiMarginLoss(zeros([2, 2, 2]), int([0, 1])),
    'multiMarginLoss: input is [2, 2, 2], needs [batch, classes], or [classes] for one example',
  ],
  // Sides.
  [
    () => layers.hingeLoss(zeros([2]), tensor([0, 1])),
    'hingeLoss: an element of abs(target) is 0, needs targets of -1 and 1; for 0 and 1 take target.mul(2).sub(1)',
  ],
  [
    () => layers.hingeLoss(zeros([2]), signs(), { margin: Number.NaN }),
    'hingeLoss: margin is NaN, needs a finite number',
  ],
  [
    () => layers.cosineEmbeddingLoss(x(), x(), tensor([1])),
    'cosineEmbeddingLoss: the inputs are [2, 3] and target is [1]; needs one target for each pair, [2]',
  ],
  [
    () => layers.contrastiveLoss(x(), x(), signs()),
    'contrastiveLoss: an element of abs(target - 0.5) is 1.5, needs targets of 1 (they belong together) and 0',
  ],
  [() => layers.tripletMarginLoss(x(), x(), x(), { p: 0 }), 'tripletMarginLoss: p is 0, needs a number of at least 1'],
  [
    () => layers.tripletMarginLoss(x(), x(), zeros([3, 3])),
    'tripletMarginLoss: anchor is [2, 3] and negative is [3, 3]; they must be the same, reshape one of them, or stretch it with expand',
  ],
  [
    () => layers.contrastiveLoss(x(), x(), tensor([1, 0]), { marginOf: 'area' as never }),
    "contrastiveLoss: marginOf is 'area', needs 'distance' or 'square'",
  ],
  [
    () => layers.tripletMarginLoss(x(), x(), x(), { distance: 'cosine' as never }),
    "tripletMarginLoss: distance is 'cosine', needs a function of two tensors; for a norm give p",
  ],
  [
    () => layers.tripletMarginLoss(x(), x(), x(), { distance: (a) => a.sum(1), p: 1 }),
    'tripletMarginLoss: p and eps are of the norm, which distance takes the place of; leave them out',
  ],
  [
    () => layers.tripletMarginLoss(x(), x(), x(), { distance: (a, b) => a.sub(b) }),
    'tripletMarginLoss: of [2, 3] distance returned [2, 3]; needs [2], one for each pair',
  ],
  [
    () => layers.tripletMarginLoss(x(), x(), x(), { distance: () => 1 as never }),
    'tripletMarginLoss: distance returned 1, needs a Tensor',
  ],
  // Several classes at once.
  [
    () => layers.multiLabelMarginLoss(x(), int([0, 1])),
    'multiLabelMarginLoss: target is [2], needs [2, 3], the right classes of each example, and then -1',
  ],
  [
    () => layers.multiLabelMarginLoss(x(), x()),
    "multiLabelMarginLoss: target is float32, needs int32; cast it with .cast('int32')",
  ],
  [
    () => layers.multiLabelMarginLoss(zeros([3]), int([3, -1, -1])),
    'multiLabelMarginLoss: an element of target is 3, needs classes from 0 to 2, and -1 behind the last',
  ],
  [
    () => layers.multiLabelMarginLoss(zeros([3]), int([0, -2, -1])),
    'multiLabelMarginLoss: an element of target is -2, needs classes from 0 to 2, and -1 behind the last',
  ],
  [
    () => layers.multiLabelMarginLoss(zeros([0]), tensor(new Int32Array(0))),
    'multiLabelMarginLoss: input is [0], needs at least one class',
  ],
  [
    () => layers.multiLabelSoftMarginLoss(zeros([1, 2, 3]), zeros([1, 2, 3])),
    'multiLabelSoftMarginLoss: input is [1, 2, 3], needs [batch, classes], or [classes] for one example',
  ],
  [
    () => layers.multiLabelSoftMarginLoss(x(), x().add(2)),
    'multiLabelSoftMarginLoss: an element of target is 2, needs numbers from 0 (no) to 1 (yes)',
  ],
  // CTC: 4 steps, 1 sequence, 3 classes.
  [
    () => layers.ctcLoss(zeros([3]), int([[1]]), [1], [1]),
    'ctcLoss: logProbs is [3], needs [time, batch, classes], none of them 0',
  ],
  [
    () => layers.ctcLoss(zeros([4, 2, 3]), int([1, 2, 1]), [4, 4], [1, 1]),
    'ctcLoss: targets is [3] and the targetLengths add up to 2; labels in one row need lengths that add up to 3',
  ],
  [
    () => layers.ctcLoss(zeros([4, 2, 3]), int([[1]]), [4, 4], [1, 1]),
    'ctcLoss: targets is [1, 1], needs [2, length], a row of labels for each sequence of [4, 2, 3], or [count], all in one row',
  ],
  [
    () => layers.ctcLoss(zeros([4, 1, 3]), tensor([[1]]), [4], [1]),
    "ctcLoss: targets is float32, needs a Tensor of int32; cast it with .cast('int32')",
  ],
  [
    () => layers.ctcLoss(zeros([4, 1, 3]), int([[3]]), [4], [1]),
    'ctcLoss: label 0 of sequence 0 is 3, needs a class from 0 to 2 other than the blank, 0',
  ],
  [
    () => layers.ctcLoss(zeros([4, 1, 3]), int([[0]]), [4], [1]),
    'ctcLoss: label 0 of sequence 0 is 0, needs a class from 0 to 2 other than the blank, 0',
  ],
  [
    () => layers.ctcLoss(zeros([4, 1, 3]), int([[1]]), [5], [1]),
    'ctcLoss: inputLengths has 5 for sequence 0, needs a whole number from 1 to 4, as many steps as there are',
  ],
  [
    () => layers.ctcLoss(zeros([4, 1, 3]), int([[1]]), [4], [1, 1]),
    'ctcLoss: targetLengths is 2 numbers, needs an array of 1, one for each sequence',
  ],
  [
    () => layers.ctcLoss(zeros([4, 1, 3]), int([[1]]), [4], [1], { blank: 3 }),
    'ctcLoss: blank is 3, needs the number of a class, 0 to 2',
  ],
  [
    () => layers.ctcLoss(ones([4, 1, 3]), int([[1]]), [4], [1]),
    'ctcLoss: an element of logProbs is 1, needs logarithms of probabilities, which are at most 0; take logSoftmax of logits',
  ],
  // Activations.
  [() => new layers.ScaledTanh({ slope: 0 }), 'ScaledTanh: slope is 0, needs a number above 0'],
  [() => new layers.ELU({ alpha: Number.NaN }), 'ELU: alpha is NaN, needs a finite number'],
  [() => new layers.CELU({ alpha: 0 }), 'CELU: alpha is 0, needs a finite number other than 0'],
  [() => new layers.GELU({ approximate: 'erf' as never }), "GELU: approximate is 'erf', needs 'none' or 'tanh'"],
  [() => new layers.Softplus({ beta: -1 }), 'Softplus: beta is -1, needs a number above 0'],
  [() => new layers.LeakyReLU({ slope: Infinity }), 'LeakyReLU: slope is Infinity, needs a finite number'],
  [() => new layers.RReLU({ low: 1, high: 0 }), 'RReLU: low is 1 and high is 0; needs numbers with low <= high'],
  [() => new layers.Hardtanh({ min: 1 }), 'Hardtanh: min is 1 and max is 1; needs numbers with min < max'],
  [() => new layers.Hardshrink({ lambda: -1 }), 'Hardshrink: lambda is -1, needs a number of at least 0'],
  [() => new layers.Threshold(Number.NaN, 0), 'Threshold: threshold is NaN, needs a finite number'],
  [() => new layers.Softmax({ axis: 0.5 }), 'Softmax: axis is 0.5, needs the whole number of an axis, such as 1 or -1'],
  [() => new layers.Softmax2d().forward(x()), 'Softmax2d: input is [2, 3], needs [batch, channels, height, width]'],
  [() => new layers.GLU().forward(x()), 'glu: axis -1 of [2, 3] is 3, needs an even length to halve'],
  [
    () => new layers.Maxout(2).forward(x()),
    'Maxout: axis 1 of [2, 3] is 3, which cannot be cut into units of 2; needs a multiple of 2',
  ],
  [() => new layers.Maxout(2, { axis: 2 }).forward(x()), 'Maxout: axis 2 is out of range for an input of [2, 3]'],
  [() => new layers.Maxout(0), 'Maxout: pieces is 0, needs a whole number of at least 1'],
  [
    () => new layers.PReLU({ numParameters: 2 }).forward(x()),
    'prelu: weight is [2], needs [1] or [3], one for each channel of [2, 3]',
  ],
];

test.each(wrong)('%s', (f, message) => {
  using _ = scope();
  expect(f).toThrow(message);
});
