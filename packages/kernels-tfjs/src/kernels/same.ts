// Ops that TensorFlow.js has, under another name.

import type { OpInfo } from '@dl/autograd';
import { type TfjsKernel, tfjsKernel } from '../kernel.js';

/** An op of one tensor that TensorFlow.js has under another name. */
export function unary(op: OpInfo<readonly ['x'], object, readonly ['y']>, name: string): TfjsKernel {
  return tfjsKernel(op, [name], ({ x }, _, tf) => tf.call(name, { x }));
}

/** An op of two tensors, which broadcast alike. */
export function binary(op: OpInfo<readonly ['a', 'b'], object, readonly ['y']>, name: string): TfjsKernel {
  return tfjsKernel(op, [name], ({ a, b }, _, tf) => tf.call(name, { a, b }));
}
