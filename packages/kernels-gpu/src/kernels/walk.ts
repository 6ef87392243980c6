// Elements in other places: a walk through a tensor, a tensor placed in a larger one, and written over a part of it.

import { type KernelTensor, mergeAxes, type Shape } from '@dl/autograd';
import { bufferOf } from '../buffer.js';
import { glslProgram } from '../program.js';
import { bothRanges, partly } from '../ranges.js';
import { Workspace } from '../workspace.js';
import { run, variants, walkArguments, walkGlsl, walkNumbers } from './shared.js';

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
  const simple = mergeAxes(y.shape, [strides]);
  run(walkProgram(simple.shape.length), y, [x], [start, ...walkNumbers(simple)]);
}

const placeArguments = (rank: number): string[] =>
  Array.from({ length: rank }, (_, axis) => [`d${axis}`, `start${axis}`, `step${axis}`, `n${axis}`]).flat();

/** GLSL for which element `at` of a part stands at element i of the whole, where `isIn` says that one does. */
function placeGlsl(rank: number): string {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  return `int rest = i; int q; int at = 0; int size = 1; int k; bool isIn = true;
      ${axes
        .toReversed()
        .map(
          (axis) => `q = rest / $d${axis};
      k = rest - q * $d${axis} - $start${axis};
      rest = q;
      q = k / $step${axis};
      isIn = isIn && q * $step${axis} == k && q >= 0 && q < $n${axis};
      at += q * size;
      size *= $n${axis};`,
        )
        .join('\n')}`;
}

type PlaceAxis = readonly [length: number, start: number, step: number, count: number];

/** How a part lies in a whole, in as few axes as can be: those of length 1 vanish, and what is taken whole joins the axis before. */
function placeOf(whole: Shape, part: Shape, starts: readonly number[], steps: readonly number[]): PlaceAxis[] {
  const axes: PlaceAxis[] = [];
  for (const [axis, length] of whole.entries()) {
    if (length === 1 && part[axis] === 1) continue;
    const own: PlaceAxis = [length, starts[axis]!, steps[axis]!, part[axis]!];
    const before = axes.at(-1);
    if (before?.[2] === 1 && own[1] === 0 && own[2] === 1 && own[3] === length) {
      axes[axes.length - 1] = [before[0] * length, before[1] * length, 1, before[3] * length];
    } else axes.push(own);
  }
  return axes.length === 0 ? [[1, 0, 1, 1]] : axes;
}

/** y holds x at `start + index · step` along each axis, and `value` elsewhere. */
const placeProgram = variants((rank: number) =>
  glslProgram(
    `place:${rank}`,
    { textures: ['x'], ints: placeArguments(rank), floats: ['value'] },
    `float element(int i) {
      ${placeGlsl(rank)}
      if (!isIn) return $value;
      return x_at(at);
    }`,
  ),
);

/** The same with x elsewhere. */
const writeProgram = variants((rank: number) =>
  glslProgram(
    `write:${rank}`,
    { textures: ['x', 'value'], ints: placeArguments(rank) },
    `float element(int i) {
      ${placeGlsl(rank)}
      if (!isIn) return x_at(i);
      return value_at(at);
    }`,
  ),
);

export function place(
  x: KernelTensor,
  y: KernelTensor,
  starts: readonly number[],
  steps: readonly number[],
  value: number,
): void {
  const axes = placeOf(y.shape, x.shape, starts, steps);
  run(placeProgram(axes.length), y, [x], axes.flat(), [value]);
}

/** Puts `value` into x, at `start + index · step` along each axis. */
export function putInto(
  x: KernelTensor,
  value: KernelTensor,
  starts: readonly number[],
  steps: readonly number[],
): void {
  const [target, source] = [bufferOf(x), bufferOf(value)];
  const range = bothRanges(target.range, partly(source.range));
  using work = new Workspace(target.backend);
  const written = work.take(x.size);
  const axes = placeOf(x.shape, value.shape, starts, steps);
  target.backend.run(writeProgram(axes.length), written, [target, source], axes.flat());
  target.backend.exchange(written, target);
  target.range = range;
}
