// Tensors put together, and what is around them: concat, pad, triangles.

import {
  aroundAxis,
  concat,
  defineKernel,
  isInteger,
  type KernelEntry,
  type KernelTensor,
  pad,
  tril,
  triu,
} from '@dl/autograd';
import { bufferOf, type GpuBuffer } from '../buffer.js';
import { glslProgram } from '../program.js';
import { checkWhole, inheritRange } from '../ranges.js';
import { Workspace } from '../workspace.js';
import { copyProgram, run } from './shared.js';
import { place } from './walk.js';

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

export const joinKernels: readonly KernelEntry[] = [
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
    const { outer } = aroundAxis(y.shape, axis);
    const pieces = xs.filter(({ size }) => size > 0).map((x) => ({ buffer: bufferOf(x), width: x.size / outer }));
    if (pieces.length > 0) join(pieces, outer, bufferOf(y));
    inheritRange(y, xs, 'all');
  }),
  defineKernel(tril, ({ x, y }, { diagonal }) => triangle(x, y, diagonal, 1)),
  defineKernel(triu, ({ x, y }, { diagonal }) => triangle(x, y, diagonal, 0)),
];
