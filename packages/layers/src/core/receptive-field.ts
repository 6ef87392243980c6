// Receptive fields: how much of the input one element of the output can see, worked out layer by layer.

import { ArgumentError, checkCall } from '@dl/autograd';
import type { AnyModule } from './module.js';

/**
 * What one element of an output sees of the input, along each spatial axis: how many elements (`size`), and how far apart
 * the views of two neighbours lie (`step`). `point` is one element, `all` the whole input.
 */
export type Reach = 'point' | 'all' | { readonly size: readonly number[]; readonly step: readonly number[] };

/** The reach of a window: dilation · (kernelSize - 1) + 1 elements. */
export function windowReach(
  kernelSize: readonly number[],
  stride: readonly number[],
  dilation: readonly number[] = kernelSize.map(() => 1),
): Reach {
  return { size: kernelSize.map((length, axis) => dilation[axis]! * (length - 1) + 1), step: stride };
}

/** One reach after the other: size = size₁ + (size₂ - 1) · step₁, step = step₁ · step₂. */
export function afterReach(first: Reach, second: Reach): Reach {
  if (first === 'all' || second === 'all') return 'all';
  if (first === 'point') return second;
  if (second === 'point') return first;
  needSameAxes(first.size, second.size);
  return {
    size: first.size.map((size, axis) => size + (second.size[axis]! - 1) * first.step[axis]!),
    step: first.step.map((step, axis) => step * second.step[axis]!),
  };
}

/** All of them, one after the other. */
export function chained(reaches: readonly Reach[]): Reach {
  return reaches.reduce(afterReach, 'point');
}

/** The largest, where branches meet; the largest step too. */
export function widest(reaches: readonly Reach[]): Reach {
  return reaches.reduce((a, b) => {
    if (a === 'all' || b === 'all') return 'all';
    if (a === 'point') return b;
    if (b === 'point') return a;
    needSameAxes(a.size, b.size);
    const larger = (x: readonly number[], y: readonly number[]): number[] => x.map((v, axis) => Math.max(v, y[axis]!));
    return { size: larger(a.size, b.size), step: larger(a.step, b.step) };
  }, 'point');
}

function needSameAxes(a: readonly number[], b: readonly number[]): void {
  if (a.length === b.length) return;
  throw new ArgumentError(
    `receptiveField: a window of ${a.length} axes comes together with one of ${b.length}; layers of one model need windows of as many axes`,
  );
}

/**
 * How many elements of the input one element of the output can see, along each spatial axis; 'all' after a layer that
 * mixes all of them, as Flatten or a global pool does. Each layer adds (its window - 1) · the product of the strides before it.
 *
 * Layers are taken in the order in which they were made; Residual and Parallel count their widest branch. A module of your
 * own with branches says what it sees by overriding `reach()`.
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Conv2d, MaxPool2d, receptiveField, Sequential } from '@dl/layers';
 * await useBackend(cpu());
 * const model = new Sequential(new Conv2d(1, 6, 5), new MaxPool2d(2), new Conv2d(6, 16, 5), new MaxPool2d(2));
 * console.log(receptiveField(model)); // [16, 16]
 * ```
 */
export function receptiveField(model: AnyModule): readonly number[] | 'all' {
  checkCall('receptiveField', arguments, ['model']);
  return fieldOf(model.reach());
}

/** The size of a reach; [1] where nothing has said how many axes there are. */
export function fieldOf(reach: Reach): readonly number[] | 'all' {
  if (reach === 'all') return 'all';
  return reach === 'point' ? [1] : reach.size;
}
