// Elements in other places: permute, slice, expand, pad, concat, triangles.

import {
  concat,
  defineKernel,
  expand,
  isInteger,
  type KernelEntry,
  type KernelTensor,
  pad,
  permute,
  type Shape,
  slice,
  sliceGrad,
  stridesOf,
  tril,
  triu,
} from '@dl/autograd';
import { bufferOf, type GpuBuffer } from '../buffer.js';
import { glslProgram } from '../program.js';
import { checkWhole, inheritRange } from '../ranges.js';
import { Workspace } from '../workspace.js';
import {
  aroundAxis,
  broadcastStrides,
  copyProgram,
  run,
  simplify,
  variants,
  walkArguments,
  walkGlsl,
  walkNumbers,
} from './shared.js';

/** Element i of the result is the element of x where a walk over so many axes stands. */
const walkProgram = variants((rank: number) =>
  glslProgram(
    `walk:${rank}`,
    { textures: ['x'], ints: ['start', ...walkArguments(rank, ['x'])] },
    `float element(int i) {
      ${walkGlsl(rank, ['x'])}
      return x_at($start + at_x);
    }`,
  ),
);

/** Fills y from x, which is stepped through by `strides` from `start` on. */
export function walk(x: KernelTensor, y: KernelTensor, strides: readonly number[], start = 0): void {
  const simple = simplify({ shape: y.shape, strides: [strides] });
  run(walkProgram(simple.shape.length), y, [x], [start, ...walkNumbers(simple)]);
}

/** y holds x at `start + index · step` along each axis, and `value` elsewhere. */
const placeProgram = variants((rank: number) => {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  return glslProgram(
    `place:${rank}`,
    {
      textures: ['x'],
      ints: axes.flatMap((axis) => [`d${axis}`, `start${axis}`, `step${axis}`, `n${axis}`]),
      floats: ['value'],
    },
    `float element(int i) {
      int rest = i; int q; int at = 0; int size = 1; int k;
      ${axes
        .toReversed()
        .map(
          (axis) => `q = rest / $d${axis};
      k = rest - q * $d${axis} - $start${axis};
      rest = q;
      q = k / $step${axis};
      if (q * $step${axis} != k || q < 0 || q >= $n${axis}) return $value;
      at += q * size;
      size *= $n${axis};`,
        )
        .join('\n')}
      return x_at(at);
    }`,
  );
});

function place(
  x: KernelTensor,
  y: KernelTensor,
  starts: readonly number[],
  steps: readonly number[],
  value: number,
): void {
  if (y.shape.length === 0) {
    run(copyProgram, y, [x]);
    return;
  }
  const numbers = y.shape.flatMap((length, axis) => [length, starts[axis]!, steps[axis]!, x.shape[axis]!]);
  run(placeProgram(y.shape.length), y, [x], numbers, [value]);
}

const joinProgram = glslProgram(
  'join',
  { textures: ['a', 'b'], ints: ['sizeA', 'sizeB'] },
  `float element(int i) {
    int row = i / ($sizeA + $sizeB);
    int k = i - row * ($sizeA + $sizeB);
    return k < $sizeA ? a_at(row * $sizeA + k) : b_at(row * $sizeB + k - $sizeA);
  }`,
);

interface Piece {
  readonly buffer: GpuBuffer;
  /** How many elements it has for each step of the axes before. */
  readonly width: number;
}

/** Joins neighbours two by two, so that each element is copied as often as the number of tensors can be halved. */
export function join(pieces: readonly Piece[], outer: number, out: GpuBuffer): void {
  const { backend } = out;
  if (pieces.length <= 2) {
    const [a, b] = pieces;
    if (b === undefined) backend.run(copyProgram, out, [a!.buffer]);
    else backend.run(joinProgram, out, [a!.buffer, b.buffer], [a!.width, b.width]);
    return;
  }
  using work = new Workspace(backend);
  const joined: Piece[] = [];
  for (let i = 0; i < pieces.length; i += 2) {
    const [a, b] = [pieces[i]!, pieces[i + 1]];
    if (b === undefined) {
      joined.push(a);
      continue;
    }
    const width = a.width + b.width;
    const buffer = work.take(outer * width);
    backend.run(joinProgram, buffer, [a.buffer, b.buffer], [a.width, b.width]);
    joined.push({ buffer, width });
  }
  join(joined, outer, out);
}

const triangleProgram = glslProgram(
  'triangle',
  { textures: ['x'], ints: ['rows', 'columns', 'diagonal', 'lower'] },
  `float element(int i) {
    int row = i / $columns;
    int column = i - row * $columns;
    int above = column - (row - row / $rows * $rows) - $diagonal;
    return ($lower == 1 ? above <= 0 : above >= 0) ? x_at(i) : 0.0;
  }`,
);

function triangle(x: KernelTensor, y: KernelTensor, diagonal: number, lower: 0 | 1): void {
  run(triangleProgram, y, [x], [y.shape.at(-2)!, y.shape.at(-1)!, diagonal, lower]);
}

const stepsThrough = (shape: Shape, steps: readonly number[]): number[] =>
  stridesOf(shape).map((stride, axis) => stride * steps[axis]!);

export const moveKernels: readonly KernelEntry[] = [
  defineKernel(permute, ({ x, y }, { order }) => {
    const strides = stridesOf(x.shape);
    walk(
      x,
      y,
      order.map((axis) => strides[axis]!),
    );
    inheritRange(y, [x], 'all');
  }),
  defineKernel(expand, ({ x, y }) => {
    walk(x, y, broadcastStrides(x.shape, y.shape));
    inheritRange(y, [x], 'all');
  }),
  defineKernel(slice, ({ x, y }, { starts, steps }) => {
    const strides = stridesOf(x.shape);
    const start = strides.reduce((at, stride, axis) => at + stride * starts[axis]!, 0);
    walk(x, y, stepsThrough(x.shape, steps), start);
    inheritRange(y, [x], 'part');
  }),
  defineKernel(sliceGrad, ({ g, y }, { starts, steps }) => place(g, y, starts, steps, 0)),
  defineKernel(pad, ({ x, y }, { pads, value }) => {
    if (isInteger(x.dtype)) checkWhole('pad has the value', value);
    place(
      x,
      y,
      pads.map(([before]) => before),
      pads.map(() => 1),
      value,
    );
    inheritRange(y, [x], 'all', y.size > x.size ? [value] : []);
  }),
  defineKernel(concat, ({ xs, y }, { axis }) => {
    const [outer] = aroundAxis(y.shape, axis);
    const pieces = xs.filter(({ size }) => size > 0).map((x) => ({ buffer: bufferOf(x), width: x.size / outer }));
    if (pieces.length > 0) join(pieces, outer, bufferOf(y));
    inheritRange(y, xs, 'all');
  }),
  defineKernel(tril, ({ x, y }, { diagonal }) => triangle(x, y, diagonal, 1)),
  defineKernel(triu, ({ x, y }, { diagonal }) => triangle(x, y, diagonal, 0)),
];
