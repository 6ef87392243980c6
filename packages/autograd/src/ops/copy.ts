// Copies: to another dtype, to another tensor, in place, to another backend, and without the graph.

import { checkCall } from '../arguments/check-call.js';
import { type Backend, needStarted } from '../backend/backend.js';
import { defineOp, required } from '../dispatch/define-op.js';
import { needChangeable } from '../dispatch/in-place.js';
import { casesOfX, type OpSamples, samples } from '../dispatch/samples-type.js';
import { BackendError, ShapeError } from '../errors.js';
import { customGrad } from '../graph/custom-grad.js';
import { currentScope, own } from '../memory/scope.js';
import { tensorFrom } from '../tensor/allocate.js';
import { checkDType, type DType, isFloat, type TypedArray } from '../tensor/dtype.js';
import { formatShape, sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { newTensor } from '../tensor/tensor-base.js';
import { needTensor } from './checks.js';

/**
 * The values in another dtype. Floats are cut off towards zero for `int32`; anything but 0 is true for `bool`.
 * The gradient passes between float dtypes.
 */
export const cast = /* @__PURE__ */ defineOp({
  name: 'cast',
  inputs: ['x'],
  attrs: { dtype: required<DType>() },
  halves: true,
  infer: ({ x }, { dtype }) => ({ shape: x.shape, dtype: checkDType('cast', dtype) }),
  grad: ({ dy, x }) => ({ x: isFloat(x.dtype) ? (): Tensor => cast(dy, x.dtype) : null }),
  takes: { parameters: ['x', 'dtype'] },
  call:
    (run) =>
    (x: Tensor, dtype: DType): Tensor =>
      x.dtype === dtype ? alias(x) : run({ x }, { dtype }),
});

/**
 * The same values in the same buffer, as a tensor of its own: disposing of one leaves the other. The gradient passes
 * through. What has nothing to do (a cast to the same dtype, dropout in evaluation) returns this.
 */
export const alias = /* @__PURE__ */ defineOp({
  name: 'alias',
  inputs: ['x'],
  view: true,
  halves: true,
  infer: ({ x }) => ({ shape: x.shape, dtype: x.dtype }),
  grad: ({ dy }) => ({ x: (): Tensor => dy }),
});

/** A copy with a buffer of its own. The gradient passes through. */
export const clone = /* @__PURE__ */ defineOp({
  name: 'clone',
  inputs: ['x'],
  halves: true,
  infer: ({ x }) => ({ shape: x.shape, dtype: x.dtype }),
  grad: ({ dy }) => ({ x: (): Tensor => dy }),
});

/** The same values in the same buffer, cut off from the graph. */
export function detach(x: Tensor): Tensor {
  checkCall('detach', arguments, ['x']);
  const alias = newTensor(x.storage.retain(), x.shape, x.dtype);
  own(alias, currentScope());
  return alias;
}

/**
 * Overwrites a leaf in place with values of the same shape and dtype: how parameters change.
 * A backward pass that still needs the former values will say so instead of computing with the new ones.
 */
export function assign(x: Tensor, value: Tensor): Tensor {
  checkCall('assign', arguments, ['x', 'value']);
  needTensor('assign', 'the value', value);
  if (!sameShape(x.shape, value.shape) || x.dtype !== value.dtype) {
    throw new ShapeError(
      `assign: the tensor is ${x.dtype} ${formatShape(x.shape)}, the new values are ${value.dtype} ${formatShape(value.shape)}; they must be the same`,
    );
  }
  needChangeable('assign', 'this tensor', x);
  if (value.backend !== x.backend)
    throw new BackendError('assign: the tensors live on different backends; move one with tensor.to(backend)');
  const { storage } = x;
  storage.change('assign');
  x.backend.copy(value.storage.handle, storage.handle, x.dtype, x.size);
  return x;
}

/**
 * The same values on another backend; the gradient comes back. In the same buffer when it lives there already.
 *
 * @throws BackendError where the values, or in the backward pass the gradient, are on a device that cannot be waited for: see {@link toAsync}.
 */
export function to(x: Tensor, backend: Backend): Tensor {
  checkCall('to', arguments, ['x', 'backend']);
  if (x.backend === backend) return alias(x);
  needStarted('to', backend);
  return moved(x, backend, readNow(x));
}

/**
 * The same as {@link to}, also from a device that cannot be waited for, as a promise.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * const readable = cpu({ engine: 'typescript' });
 * await useBackend(readable);
 * const fast = await useBackend(cpu());
 * const x = await tensor([1, 2]).toAsync(readable);
 * console.log(x.backend === readable, x.toArray()); // true [1, 2]
 * ```
 */
export function toAsync(x: Tensor, backend: Backend): Promise<Tensor> {
  // At once, as in every other function: a promise may be left unread.
  checkCall('toAsync', arguments, ['x', 'backend']);
  return movedWhenRead(x, backend);
}

async function movedWhenRead(x: Tensor, backend: Backend): Promise<Tensor> {
  if (x.backend === backend) return alias(x);
  needStarted('toAsync', backend);
  const { version } = x.storage;
  const values = await x.data();
  if (x.storage.version !== version) {
    throw new BackendError(
      'toAsync: the tensor was changed in place while it was read; wait with that until it is there',
    );
  }
  return moved(x, backend, values);
}

function moved(x: Tensor, backend: Backend, values: TypedArray): Tensor {
  const move = customGrad(
    (from: Tensor) => ({
      value: tensorFrom(backend, values, from.shape, from.dtype, 'to'),
      gradient: (dy) => [to(dy, from.backend)],
    }),
    { name: 'to' },
  );
  return move(x);
}

function readNow(x: Tensor): TypedArray {
  const values = x.backend.readSync(x.storage.handle, x.dtype, x.size);
  if (values !== undefined) return values;
  throw new BackendError(
    `to: the ${x.backend.name} backend cannot wait for its device; use await tensor.toAsync(backend), and where it is a gradient that ` +
      'moves back, detach() the tensor before it moves',
  );
}

export const copySamples = (): readonly OpSamples[] => [
  samples(
    cast,
    [
      { inputs: { x: [-1.5, -0.5, 0, 0.5, 2.5] }, attrs: { dtype: 'int32' } },
      { inputs: { x: [-1.5, 0, 2.5] }, attrs: { dtype: 'bool' } },
      { inputs: { x: { values: [-3, 0, 7], dtype: 'int32' } }, attrs: { dtype: 'float32' } },
      { inputs: { x: [true, false] }, attrs: { dtype: 'float32' } },
    ],
    { tolerance: 0, relativeTo: 'value' },
  ),
  samples(alias, casesOfX([{ shape: [3, 4] }, [true, false]]), { tolerance: 0, relativeTo: 'value' }),
  samples(clone, casesOfX([{ shape: [3, 4] }, [true, false]]), { tolerance: 0, relativeTo: 'value' }),
];
