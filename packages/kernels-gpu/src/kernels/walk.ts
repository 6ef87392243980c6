// Elements in other places: a walk through a tensor, and a tensor placed in a larger one.

import { type KernelTensor, mergeAxes } from '@dl/autograd';
import { glslProgram } from '../program.js';
import { copyProgram, run, variants, walkArguments, walkGlsl, walkNumbers } from './shared.js';

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

export function place(
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
