// The forms of crossEntropy against each other and against sums written out; the values of PyTorch are in @dl/layers.

import { cpu } from '@dl/kernels-cpu';
import { allClose, gradCheck } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { crossEntropy, logSoftmax, oneHot, randn, scope, softmax, type Tensor, tensor, useBackend } from '../index.js';

beforeAll(() => useBackend(cpu()));

const classes = (values: number[] | number[][]): Tensor => tensor(values, { dtype: 'int32' });

test('labels that are probabilities: those of one class are the class', () => {
  using _ = scope();
  const logits = randn([4, 3], { dtype: 'float64' });
  const labels = classes([2, 0, 1, 1]);
  const soft = oneHot(labels, 3, { dtype: 'float64' });
  expect(allClose(crossEntropy(logits, soft), crossEntropy(logits, labels))).toBe(true);
  const smooth = { labelSmoothing: 0.3, reduction: 'none' } as const;
  expect(allClose(crossEntropy(logits, soft, smooth), crossEntropy(logits, labels, smooth))).toBe(true);
});

test('places are rows', () => {
  using _ = scope();
  const logits = randn([2, 3, 2], { dtype: 'float64' });
  const labels = classes([
    [2, 0],
    [1, 1],
  ]);
  const rows = logits.permute([0, 2, 1]).reshape([4, 3]);
  const each = crossEntropy(logits, labels, { reduction: 'none' });
  expect(each.shape).toEqual([2, 2]);
  expect(allClose(each.reshape([4]), crossEntropy(rows, labels.reshape([4]), { reduction: 'none' }))).toBe(true);
});

test('weights and ignored labels: the mean is over what counts', () => {
  using _ = scope();
  const logits = randn([4, 3], { dtype: 'float64' });
  const weight = tensor([0.5, 2, 3], { dtype: 'float64' });
  const logs = logSoftmax(logits).dataSync();
  const loss = crossEntropy(logits, classes([2, -1, 1, 0]), { weight, ignoreIndex: -1 });
  const expected = -(3 * logs[2]! + 2 * logs[7]! + 0.5 * logs[9]!) / (3 + 2 + 0.5);
  expect(loss.item()).toBeCloseTo(expected, 12);
  expect(crossEntropy(logits, classes([-1, -1, -1, -1]), { ignoreIndex: -1, reduction: 'sum' }).item()).toBe(0);
});

test('every form has gradients of gradients', () => {
  using _ = scope();
  const weight = tensor([0.5, 2, 3], { dtype: 'float64' });
  const labels = classes([2, -1, 1, 0]);
  const form = { weight, ignoreIndex: -1, labelSmoothing: 0.2 };
  gradCheck((x) => crossEntropy(x, labels, form), [randn([4, 3], { dtype: 'float64' })], { secondOrder: true });
  const soft = softmax(randn([4, 3], { dtype: 'float64' }));
  gradCheck((x) => crossEntropy(x, soft, { weight }), [randn([4, 3], { dtype: 'float64' })], { secondOrder: true });
});

describe('what does not fit', () => {
  const wrong: readonly (readonly [() => unknown, string])[] = [
    [
      () => crossEntropy(softmax(randn([2, 3], { requiresGrad: true })), classes([0, 1])),
      'crossEntropy: the logits are the result of softmax, needs the numbers before it; leave the softmax out, or take nllLoss of logSoftmax',
    ],
    [
      () => crossEntropy(randn([1, 2]), tensor([[-3, 4]])),
      "crossEntropy: a label is -3, and labels of float32 are probabilities from 0 to 1; put logits through softmax first, or cast classes with .cast('int32')",
    ],
    [
      () => crossEntropy(randn([2, 3]), classes([0, 3]), { labelSmoothing: 0.1 }),
      'crossEntropy: label 3 of row 1 is out of range; the logits have 3 classes, so needs 0 to 2',
    ],
    [
      () => crossEntropy(randn([2, 3]), classes([0, -100])),
      'crossEntropy: label -100 of row 1 is out of range; the logits have 3 classes, so needs 0 to 2',
    ],
    [
      () => crossEntropy(randn([2, 3, 4]), classes([0, 1])),
      'crossEntropy: logits are [2, 3, 4] and labels [2]; needs one label for each row and place, [2, 4]',
    ],
    [
      () => crossEntropy(randn([2, 3]), tensor([[0.5, 0.5]])),
      "crossEntropy: logits are [2, 3] and labels [1, 2] of float32; needs probabilities in the shape of the logits, or classes cast with .cast('int32')",
    ],
    [
      () => crossEntropy(randn([2, 3]), softmax(randn([2, 3])), { ignoreIndex: 1 }),
      'crossEntropy: ignoreIndex is for labels that name a class, and these are probabilities; give rows that do not count the probabilities 0',
    ],
    [
      () => crossEntropy(randn([2, 3]), classes([0, 1]), { weight: tensor([1, 2]) }),
      'crossEntropy: weight is [2], needs [3], one number for each class of [2, 3]',
    ],
    [
      () => crossEntropy(randn([2, 3]), classes([0, 1]), { labelSmoothing: 1.5 }),
      'crossEntropy: labelSmoothing is 1.5, needs a number from 0 to 1',
    ],
    [
      () => crossEntropy(randn([2, 3]), classes([0, 1]), { ignoreIndex: 0.5 }),
      'crossEntropy: ignoreIndex is 0.5, needs a whole number',
    ],
    [
      () => crossEntropy(randn([2, 3]), classes([0, 1]), { reduction: 'average' as never }),
      "crossEntropy: reduction is 'average', needs 'mean', 'sum' or 'none'",
    ],
    [
      () => crossEntropy(randn([3]), classes([1]), { labelSmoothing: 0.1 }),
      'crossEntropy: logits are [3] and labels [1] of int32; logits without a batch need one class, [] of int32, or probabilities, [3]',
    ],
    [
      () => crossEntropy(randn([3]), randn([4])),
      'crossEntropy: logits are [3] and labels [4] of float32; logits without a batch need one class, [] of int32, or probabilities, [3]',
    ],
    [
      () => crossEntropy(randn([]), tensor(0, { dtype: 'int32' })),
      'crossEntropy: logits is [], needs [batch, classes, ...places], or [classes] for one example',
    ],
  ];

  test.each(wrong)('%s', (f, message) => {
    using _ = scope();
    expect(f).toThrow(message);
  });
});
