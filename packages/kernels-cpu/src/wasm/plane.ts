// A walk over a shape two or four axes at a time, so that one call into WebAssembly does much.

import { mergeAxes, type Shape } from '@dl/autograd';

/**
 * Calls `plane` for `rows` rows of `length` elements at a time, in order: where they start in the result, and for each of up to three
 * tensors that are read along where they start there, and the steps between rows and between elements.
 */
export function forEachPlane(
  shape: Shape,
  strides: readonly (readonly number[])[],
  plane: (
    start: number,
    rows: number,
    length: number,
    starts: readonly number[],
    rowSteps: readonly number[],
    steps: readonly number[],
  ) => void,
): void {
  if (shape.includes(0)) return;
  const { shape: lengths, strides: merged } = mergeAxes(shape, strides);
  const last = lengths.length - 1;
  const length = lengths[last]!;
  const rows = lengths[last - 1] ?? 1;
  const steps = merged.map((stride) => stride[last]!);
  const rowSteps = merged.map((stride) => stride[last - 1] ?? 0);
  let start = 0;
  const walk = (axis: number, starts: readonly number[]): void => {
    if (axis >= last - 1) {
      plane(start, rows, length, starts, rowSteps, steps);
      start += rows * length;
      return;
    }
    for (let i = 0; i < lengths[axis]!; i++) {
      walk(
        axis + 1,
        starts.map((place, k) => place + i * merged[k]![axis]!),
      );
    }
  };
  walk(
    0,
    strides.map(() => 0),
  );
}

/** Lengths of, or steps along, the axes block, plane, row and the last. */
type OfFour = readonly [block: number, plane: number, row: number, last: number];

/**
 * Calls `block` for four axes at a time, in order: where they start in the result, and in a tensor that is read along; and of
 * both alike lengths and steps.
 */
export function forEachBlock(
  shape: Shape,
  strides: readonly number[],
  block: (start: number, from: number, lengths: OfFour, steps: OfFour) => void,
): void {
  if (shape.includes(0)) return;
  const { shape: lengths, strides: merged } = mergeAxes(shape, [strides]);
  const ahead = [1, 1, 1];
  const [all, steps] = [
    [...ahead, ...lengths],
    [0, 0, 0, ...merged[0]!],
  ];
  const four = all.length - 4;
  const [inner, innerSteps] = [all.slice(four) as unknown as OfFour, steps.slice(four) as unknown as OfFour];
  const size = inner[0] * inner[1] * inner[2] * inner[3];
  const count = all.slice(0, four).reduce((a, b) => a * b, 1);
  for (let i = 0; i < count; i++) {
    let [rest, from] = [i, 0];
    for (let axis = four - 1; axis >= 0; axis--) {
      from += (rest % all[axis]!) * steps[axis]!;
      rest = Math.floor(rest / all[axis]!);
    }
    block(i * size, from, inner, innerSteps);
  }
}
