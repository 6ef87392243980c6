// Copies, and conversions between dtypes.

import { cast, clone } from '@dl/autograd';
import { type TfjsKernel, tfjsKernel } from '../kernel.js';
import { scalar } from './scalar.js';

export const copyKernels: readonly TfjsKernel[] = /* @__PURE__ */ (() => [
  // Data here never change, so one more reference is a copy.
  tfjsKernel(clone, [], ({ x }, _, tf) => tf.info(x)),
  tfjsKernel(cast, ['Cast', 'NotEqual', 'Multiply'], ({ x }, { dtype }, tf) => {
    // Anything but 0 is true; some kernels called Cast would make 0.5 false.
    if (dtype === 'bool')
      return tf.call('NotEqual', { a: x, b: tf.call('Cast', { x: tf.filled(0, [], 'float32') }, { dtype: x.dtype }) });
    const y = tf.call('Cast', { x }, { dtype });
    // Plain JavaScript hands on the same integers, which a float may not hold.
    if (!tf.isOn('cpu') || x.dtype !== 'int32') return y;
    return tf.call('Multiply', { a: y, b: scalar(tf, 1) });
  }),
])();
