// Drawing classes by their weights. The numbers are drawn on the host, so that they are the same on every backend.

import { checkCall, type KnownOptions } from '../arguments/check-call.js';
import { randomOptions } from '../arguments/make-options.js';
import { ArgumentError, ShapeError } from '../errors.js';
import { needTensor } from '../ops/checks.js';
import { makeLike } from './make-like.js';
import type { RandomOptions } from './make-random.js';
import { defaultGenerator, type Generator } from './random.js';
import { checkInteger, formatShape } from './shape.js';
import type { Tensor } from './tensor.js';

const categoricalOptions: KnownOptions = { ...randomOptions, replacement: 'boolean' };

/**
 * Draws indices with probabilities proportional to `weights`: [classes] → [count], or [rows, classes] → [rows, count].
 * With `replacement: false` no index comes twice in a row.
 *
 * @throws ArgumentError for a negative or NaN weight, weights that sum to 0, or more draws than classes without replacement.
 */
export function categorical(
  weights: Tensor,
  count: number,
  options: RandomOptions & { readonly replacement?: boolean } = {},
): Tensor {
  checkCall('categorical', arguments, ['weights', 'count'], categoricalOptions);
  const { replacement = true, ...rest } = options;
  needTensor('categorical', 'weights', weights);
  checkInteger('categorical', 'count', count, 1);
  if (weights.rank !== 1 && weights.rank !== 2) {
    throw new ShapeError(`categorical: weights are ${formatShape(weights.shape)}, needs [classes] or [rows, classes]`);
  }
  const classes = weights.shape.at(-1)!;
  const rows = weights.rank === 2 ? weights.shape[0]! : 1;
  if (!replacement && count > classes) {
    throw new ArgumentError(
      `categorical: ${count} draws without replacement from ${classes} classes; draw fewer, or with replacement`,
    );
  }
  const generator = rest.generator ?? defaultGenerator();
  const all = weights.dataSync();
  const drawn = new Int32Array(rows * count);
  for (let row = 0; row < rows; row++) {
    const mass = Float64Array.from(all.subarray(row * classes, (row + 1) * classes));
    const bad = mass.findIndex((weight) => !(weight >= 0 && weight < Infinity));
    if (bad >= 0)
      throw new ArgumentError(
        `categorical: weight ${mass[bad]} at index ${bad} of row ${row}; needs finite numbers of at least 0`,
      );
    for (let i = 0; i < count; i++) {
      const index = drawIndex(mass, generator);
      if (index < 0)
        throw new ArgumentError(
          `categorical: the weights of row ${row} leave nothing to draw; they need a sum above 0`,
        );
      drawn[row * count + i] = index;
      if (!replacement) mass[index] = 0;
    }
  }
  return makeLike('categorical', drawn, weights.rank === 2 ? [rows, count] : [count], 'int32', {
    ...rest,
    backend: rest.backend ?? weights.backend,
  });
}

function drawIndex(mass: Float64Array, generator: Generator): number {
  let left = generator.uniform53() * mass.reduce((sum, weight) => sum + weight, 0);
  let last = -1;
  for (let i = 0; i < mass.length; i++) {
    if (mass[i] === 0) continue;
    last = i;
    left -= mass[i]!;
    if (left < 0) break;
  }
  return last;
}
