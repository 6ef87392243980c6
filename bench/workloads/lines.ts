// Along the lines of large tensors: extremes, products, order, and copies of them; and a loss that goes along time.

import * as dl from '@dl/autograd';
import { ctcLoss } from '@dl/layers';
import { call, floats, type Input, ints, type Workload } from './workload.js';

const LONG = 1_000_000;
const [STEPS, SEQUENCES, CLASSES, LABELS] = [100, 16, 40, 20];
const rows = [1000, 10_000];

const nearOne = (shape: readonly number[]): Input => floats(shape, { low: 0.999, high: 1.001 });

type Reduction = readonly [
  name: 'max' | 'min' | 'prod' | 'sum',
  dl: (x: dl.Tensor, axes?: readonly number[]) => dl.Tensor,
  torch: string,
  input?: (shape: readonly number[]) => Input,
];
const reductions: readonly Reduction[] = [
  ['max', dl.max, 'amax'],
  ['min', dl.min, 'amin'],
  ['prod', dl.prod, 'prod', nearOne],
  ['sum', dl.sum, 'sum'],
];

export const lines: readonly Workload[] = [
  ...reductions.flatMap(([name, ours, torch, input = floats]) => [
    ...[1, 0].map((axis) =>
      call(
        `${name} over ${axis}`,
        [input(rows)],
        (x) => ours(x, [axis]),
        (tf, x) => tf[name](x, [axis]),
        { torch: `lambda x: lambda: x.${torch}(${axis})`, tolerance: 1e-3 },
      ),
    ),
    call(
      `${name} of all`,
      [input(rows)],
      (x) => ours(x),
      (tf, x) => tf[name](x),
      { torch: `lambda x: lambda: x.${torch}()`, tolerance: 1e-2 },
    ),
  ]),
  ...[1, 0].map((axis) =>
    call(
      `argmax over ${axis}`,
      [floats(rows)],
      (x) => dl.argmax(x, axis),
      (tf, x) => tf.argMax(x, axis),
      { torch: `lambda x: lambda: x.argmax(${axis})` },
    ),
  ),
  ...(
    [
      [[LONG], 10],
      [[LONG], 100],
      [[LONG], LONG / 2],
      [[4096, 1000], 5],
      [[4096, 1000], 64],
    ] as const
  ).map(([shape, k]) =>
    call(
      `topK ${k}`,
      [floats(shape)],
      (x) => dl.topK(x, k).values,
      (tf, x) => tf.topk(x, k, true).values,
      { torch: `lambda x: lambda: x.topk(${k})[0]` },
    ),
  ),
  ...(
    [
      [[LONG], 0],
      [[1000, 1000], 1],
      [[1000, 1000], 0],
      [[100_000, 10], 1],
    ] as const
  ).map(([shape, axis]) =>
    call(`sort along ${axis}`, [floats(shape)], (x) => dl.sort(x, axis).values, undefined, {
      torch: `lambda x: lambda: x.sort(${axis})[0]`,
    }),
  ),
  ...(
    [
      [
        [1000, 1000],
        [2, 2],
      ],
      [
        [64, 64],
        [3, 2],
      ],
      [
        [8, 64, 56, 56],
        [1, 1, 2, 2],
      ],
    ] as const
  ).map(([shape, counts]) =>
    call(
      `repeat ${counts.join(', ')}`,
      [floats(shape)],
      (x) => dl.repeat(x, counts),
      (tf, x) => tf.tile(x, counts),
      { torch: `lambda x: lambda: x.repeat(${counts.join(', ')})` },
    ),
  ),
  {
    name: `CTC with gradient, ${STEPS} steps, ${SEQUENCES} sequences, ${CLASSES} classes, ${LABELS} labels`,
    inputs: [floats([STEPS, SEQUENCES, CLASSES]), ints([SEQUENCES, LABELS], 1, CLASSES)],
    dl: (x, labels) => {
      const [steps, counts] = [new Array<number>(SEQUENCES).fill(STEPS), new Array<number>(SEQUENCES).fill(LABELS)];
      x.requiresGrad = true;
      return () => dl.gradients(ctcLoss(dl.logSoftmax(x), labels, steps, counts), [x])[0];
    },
    torch: `
def make(x, labels):
    x = x.clone().requires_grad_()
    steps, counts = torch.full([${SEQUENCES}], ${STEPS}), torch.full([${SEQUENCES}], ${LABELS})

    def run():
        with torch.enable_grad():
            loss = F.ctc_loss(torch.log_softmax(x, 2), labels, steps, counts)
            return torch.autograd.grad(loss, x)[0]

    return run
`,
    isNetwork: true,
  },
];
