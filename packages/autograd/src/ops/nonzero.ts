// Selecting by a mask: how much is selected depends on values, which are read at once.

import { checkCall } from '../arguments/check-call.js';
import { noGrad } from '../graph/grad-mode.js';
import { tensorFrom } from '../tensor/allocate.js';
import { broadcastShapes, stridesOf } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { needDType, needTensor } from './checks.js';
import { expand } from './expand.js';
import { indexSelect } from './indexing.js';
import { reshape } from './reshape.js';

/**
 * The places of all elements that are not 0 (or false), in the order of the elements: [count, axes] of `int32`, so [count, 1] for a list.
 * The values are read at once, as by `dataSync`.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const x = tensor([[0, 2], [3, 0]]);
 * console.log(x.nonzero().toArray()); // [[0, 1], [1, 0]]
 * const rows = tensor([true, false]).nonzero().flatten(); // the rows where a list is true
 * console.log(x.indexSelect(0, rows).toArray()); // [[0, 2]]
 * ```
 */
export function nonzero(x: Tensor): Tensor {
  checkCall('nonzero', arguments, ['x']);
  needTensor('nonzero', 'x', x);
  const strides = stridesOf(x.shape);
  const places = flatPlaces(x);
  const data = Int32Array.from({ length: places.length * x.rank }, (_, i) => {
    const axis = i % x.rank;
    return Math.floor(places[Math.floor(i / x.rank)]! / strides[axis]!) % x.shape[axis]!;
  });
  return tensorFrom(x.backend, data, [places.length, x.rank], 'int32', 'nonzero');
}

/**
 * The elements of x where the mask (bool, both broadcast) is true, in the order of the elements: a list, [count]. The mask is read at once,
 * as by `dataSync`; `maskedFill` and `where`, which keep the shape, wait for nothing.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const x = tensor([[1, -2], [-3, 4]]);
 * console.log(x.maskedSelect(x.greater(0)).toArray()); // [1, 4]
 * ```
 */
export function maskedSelect(x: Tensor, mask: Tensor): Tensor {
  checkCall('maskedSelect', arguments, ['x', 'mask']);
  needTensor('maskedSelect', 'x', x);
  needTensor('maskedSelect', 'mask', mask);
  needDType('maskedSelect', 'mask', mask, 'bool');
  const shape = broadcastShapes('maskedSelect', x.shape, mask.shape);
  const places = flatPlaces(noGrad(() => expand(mask, shape)));
  const all = expand(x, shape);
  const index = tensorFrom(x.backend, Int32Array.from(places), [places.length], 'int32', 'maskedSelect');
  return indexSelect(reshape(all, [all.size]), 0, index);
}

function flatPlaces(x: Tensor): number[] {
  const places: number[] = [];
  for (const [i, value] of x.dataSync().entries()) if (value !== 0) places.push(i);
  return places;
}
