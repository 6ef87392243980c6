// Moving elements: permute, join, cut, pad, repeat.

import * as dl from '@dl/autograd';
import { call, floats, type Workload } from './workload.js';

const permutations: readonly (readonly [shape: readonly number[], order: readonly number[]])[] = [
  [
    [8, 8],
    [1, 0],
  ],
  [
    [1024, 1024],
    [1, 0],
  ],
  [
    [64, 64, 16, 16],
    [0, 2, 3, 1],
  ],
  [
    [64, 16, 16, 64],
    [0, 3, 1, 2],
  ],
  [
    [8, 128, 8, 128],
    [0, 2, 1, 3],
  ],
  [
    [32, 32, 32, 32],
    [3, 2, 1, 0],
  ],
  [
    [128, 128, 64],
    [1, 0, 2],
  ],
];

const joins: readonly (readonly [count: number, shape: readonly number[], axis: number])[] = [
  [2, [4, 8], 0],
  [2, [8, 4], 1],
  [2, [512, 1024], 0],
  [2, [1024, 512], 1],
  [8, [1024, 128], 1],
  [4, [64, 16, 16, 16], 1],
  [2, [512, 1024, 1], 2],
];

const cuts: readonly (readonly [
  label: string,
  shape: readonly number[],
  ranges: readonly (readonly [number, number])[],
])[] = [
  [
    'rows',
    [8, 8],
    [
      [2, 6],
      [0, 8],
    ],
  ],
  [
    'columns',
    [8, 8],
    [
      [0, 8],
      [2, 6],
    ],
  ],
  [
    'rows',
    [1024, 1024],
    [
      [256, 768],
      [0, 1024],
    ],
  ],
  [
    'one row',
    [1024, 1024],
    [
      [5, 6],
      [0, 1024],
    ],
  ],
  [
    'columns',
    [1024, 1024],
    [
      [0, 1024],
      [256, 768],
    ],
  ],
  [
    'one column',
    [1024, 1024],
    [
      [0, 1024],
      [5, 6],
    ],
  ],
  [
    'a window',
    [64, 16, 32, 32],
    [
      [0, 64],
      [0, 16],
      [4, 28],
      [4, 28],
    ],
  ],
];

const strided: readonly (readonly [label: string, shape: readonly number[], steps: readonly number[]])[] = [
  ['every second row', [8, 8], [2, 1]],
  ['every second column', [1024, 1024], [1, 2]],
  ['every third row and second column', [1024, 1024], [3, 2]],
];

const pads: readonly (readonly [shape: readonly number[], pads: readonly (readonly [number, number])[]])[] = [
  [
    [6, 6],
    [
      [1, 1],
      [1, 1],
    ],
  ],
  [
    [1000, 1000],
    [
      [12, 12],
      [12, 12],
    ],
  ],
  [
    [64, 16, 30, 30],
    [
      [0, 0],
      [0, 0],
      [1, 1],
      [1, 1],
    ],
  ],
];

const repeats: readonly (readonly [shape: readonly number[], counts: readonly number[]])[] = [
  [
    [4, 4],
    [2, 2],
  ],
  [
    [256, 512],
    [4, 2],
  ],
  [
    [1024, 1],
    [1, 1024],
  ],
  [
    [1, 1024],
    [1024, 1],
  ],
];

const expansions: readonly (readonly [shape: readonly number[], to: readonly number[]])[] = [
  [
    [1, 8],
    [8, 8],
  ],
  [
    [1, 1024],
    [1024, 1024],
  ],
  [
    [1024, 1],
    [1024, 1024],
  ],
  [
    [64, 1, 1],
    [64, 64, 16, 16],
  ],
];

export const move: readonly Workload[] = [
  ...permutations.map(([shape, order]) =>
    call(
      `permute ${order.join(', ')}`,
      [floats(shape)],
      (x) => dl.permute(x, order),
      (tf, x) => tf.transpose(x, order),
    ),
  ),
  ...[
    [8, 8],
    [1024, 1024],
  ].map((shape) =>
    call(
      'reshape',
      [floats(shape)],
      (x) => dl.reshape(x, [shape[0]! * 2, -1]),
      (tf, x) => tf.reshape(x, [shape[0]! * 2, -1]),
    ),
  ),
  ...joins.map(([count, shape, axis]) => {
    const inputs = Array.from({ length: count }, () => floats(shape));
    const joined = call(
      'concat',
      inputs,
      (...xs) => dl.concat(xs, axis),
      (tf, ...xs) => tf.concat(xs, axis),
    );
    return { ...joined, name: `concat ${count} along ${axis} [${shape.join(', ')}]` };
  }),
  ...[[8], [512, 1024]].map((shape) =>
    call(
      'stack',
      [floats(shape), floats(shape)],
      (a, b) => dl.stack([a, b], shape.length),
      (tf, a, b) => tf.stack([a, b], shape.length),
    ),
  ),
  ...[
    [8, 8],
    [1024, 1024],
  ].flatMap((shape) =>
    [0, 1].map((axis) =>
      call(
        `split into 4 along ${axis}`,
        [floats(shape)],
        (x) => dl.split(x, shape[axis]! / 4, axis),
        (tf, x) => tf.split(x, 4, axis),
        // Rows are not copied, whatever there is.
        axis === 0
          ? { overheadBound: true, torch: `lambda x: lambda: torch.split(x, ${shape[axis]! / 4})` }
          : undefined,
      ),
    ),
  ),
  ...[
    [8, 8],
    [1024, 1024],
  ].map((shape) =>
    call(
      'unbind',
      [floats(shape)],
      (x) => dl.unbind(x),
      (tf, x) => tf.unstack(x, 0),
      { overheadBound: true, torch: 'lambda x: lambda: torch.unbind(x)' },
    ),
  ),
  ...cuts.map(([label, shape, ranges]) =>
    call(
      `slice: ${label}`,
      [floats(shape)],
      (x) => dl.slice(x, ranges),
      (tf, x) =>
        tf.slice(
          x,
          ranges.map(([start]) => start),
          ranges.map(([start, stop]) => stop - start),
        ),
      label === 'rows' || label === 'one row'
        ? {
            overheadBound: true,
            torch: `lambda x: lambda: x[${ranges[0]![0]}:${ranges[0]![1]}]`,
          }
        : undefined,
    ),
  ),
  ...strided.map(([label, shape, steps]) =>
    call(
      `slice: ${label}`,
      [floats(shape)],
      (x) =>
        dl.slice(
          x,
          steps.map((step) => [null, null, step]),
        ),
      (tf, x) =>
        tf.stridedSlice(
          x,
          shape.map(() => 0),
          [...shape],
          [...steps],
        ),
    ),
  ),
  ...[
    [8, 8],
    [1024, 1024],
  ].flatMap((shape) =>
    [0, 1].map((axis) =>
      call(
        `flip along ${axis}`,
        [floats(shape)],
        (x) => dl.flip(x, axis),
        (tf, x) => tf.reverse(x, axis),
      ),
    ),
  ),
  ...pads.flatMap(([shape, by]) => [
    call(
      'pad',
      [floats(shape)],
      (x) => dl.pad(x, by, { value: 1 }),
      (tf, x) => tf.pad(x, by, 1),
    ),
    call(
      'pad by reflection',
      [floats(shape)],
      (x) => dl.pad(x, by, { mode: 'reflect' }),
      (tf, x) => tf.mirrorPad(x, by, 'reflect'),
    ),
  ]),
  ...repeats.map(([shape, counts]) =>
    call(
      `repeat ${counts.join(', ')}`,
      [floats(shape)],
      (x) => dl.repeat(x, counts),
      (tf, x) => tf.tile(x, counts),
    ),
  ),
  ...expansions.map(([shape, to]) =>
    call(
      `expand to [${to.join(', ')}]`,
      [floats(shape)],
      (x) => dl.expand(x, to),
      (tf, x) => tf.broadcastTo(x, to),
    ),
  ),
  ...[
    [8, 8],
    [1024, 1024],
  ].flatMap((shape) => [
    call(
      'tril',
      [floats(shape)],
      (x) => dl.tril(x),
      (tf, x) => tf.linalg.bandPart(x, -1, 0),
    ),
    call(
      'triu',
      [floats(shape)],
      (x) => dl.triu(x),
      (tf, x) => tf.linalg.bandPart(x, 0, -1),
    ),
  ]),
];
