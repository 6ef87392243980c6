// Activations.

import { elu, gelu, leakyRelu, relu, silu, softplus } from '@dl/autograd';
import { type TfjsKernel, tfjsKernel } from '../kernel.js';
import { errorFunctionNeeds, geluOf } from './error-function.js';
import { expm1Of, isExact, log1pOnGpu, selectNeeds, smallNeeds } from './exact.js';
import { arithmetic, scalar } from './scalar.js';
import { select } from './shapes.js';

export const activationKernels: readonly TfjsKernel[] = /* @__PURE__ */ (() => [
  // Not Relu, which makes 0 of NaN in some places on some backends.
  tfjsKernel(relu, ['Maximum'], ({ x }, _, tf) => tf.call('Maximum', { a: x, b: scalar(tf, 0) })),
  tfjsKernel(silu, ['Sigmoid', 'Multiply'], ({ x }, _, tf) =>
    tf.call('Multiply', { a: x, b: tf.call('Sigmoid', { x }) }),
  ),
  // Not Elu, which takes e^x - 1 as it stands, and knows alpha 1 only.
  tfjsKernel(elu, [...smallNeeds, 'Expm1', 'Minimum', 'Greater'], ({ x }, { alpha }, tf) => {
    const zero = scalar(tf, 0);
    const negative = expm1Of(tf, tf.call('Minimum', { a: x, b: zero }));
    const scaled = alpha === 1 ? negative : tf.call('Multiply', { a: negative, b: scalar(tf, alpha) });
    return select(tf, tf.call('Greater', { a: x, b: zero }), x, scaled, x.shape);
  }),
  // max(x, 0) + log(1 + e^-|beta x|) / beta: beta x may be more than a float holds.
  tfjsKernel(
    softplus,
    [...smallNeeds, 'Softplus', 'Exp', 'Log', 'Equal', 'Maximum', 'Neg', 'RealDiv'],
    ({ x }, { beta }, tf) => {
      if (beta === 1 && isExact(tf)) return tf.call('Softplus', { x });
      const size = tf.call('Neg', { x: tf.call('Abs', { x: tf.call('Multiply', { a: x, b: scalar(tf, beta) }) }) });
      const rest = isExact(tf) ? tf.call('Softplus', { x: size }) : log1pOnGpu(tf, tf.call('Exp', { x: size }));
      const positive = tf.call('Maximum', { a: x, b: scalar(tf, 0) });
      return tf.call('Add', { a: positive, b: tf.call('RealDiv', { a: rest, b: scalar(tf, beta) }) });
    },
  ),
  tfjsKernel(leakyRelu, [...selectNeeds, 'LeakyRelu', 'Greater', 'Multiply'], ({ x }, { slope }, tf) => {
    if (isExact(tf)) return tf.call('LeakyRelu', { x }, { alpha: slope });
    const isPositive = tf.call('Greater', { a: x, b: scalar(tf, 0) });
    return select(tf, isPositive, x, tf.call('Multiply', { a: x, b: scalar(tf, slope) }), x.shape);
  }),
  tfjsKernel(gelu, errorFunctionNeeds, ({ x }, { approximate }, tf) => {
    if (approximate === 'none') return geluOf(tf, x);
    const { add, mul } = arithmetic(tf);
    const cubic = mul(mul(x, mul(x, x)), 0.044715);
    const half = mul(x, 0.5);
    return add(half, mul(half, tf.call('Tanh', { x: mul(add(x, cubic), Math.sqrt(2 / Math.PI)) })));
  }),
])();
