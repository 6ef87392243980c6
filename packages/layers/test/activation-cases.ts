// The activations as the generic layer test tries them; a new one gets a line here.

import type { DType, Shape } from '@dl/autograd';
import * as axis from '../src/activation/along-axis.js';
import * as piecewise from '../src/activation/piecewise.js';
import * as smooth from '../src/activation/smooth.js';
import type { Module } from '../src/core/module.js';

interface ActivationCase {
  readonly make: (options: { dtype: DType }) => Module;
  readonly input: Shape;
  readonly output: Shape;
  readonly prints: string;
  readonly trainsDifferently?: boolean;
}

function same(prints: string, make: ActivationCase['make'], shape: Shape = [3, 4]): ActivationCase {
  return { make, input: shape, output: shape, prints };
}

export const activationCases: Readonly<Record<string, readonly ActivationCase[]>> = {
  ScaledTanh: [
    same('ScaledTanh()', () => new smooth.ScaledTanh()),
    same('ScaledTanh(amplitude=2, slope=0.5)', () => new smooth.ScaledTanh({ amplitude: 2, slope: 0.5 })),
  ],
  ELU: [same('ELU()', () => new smooth.ELU()), same('ELU(alpha=0.5)', () => new smooth.ELU({ alpha: 0.5 }))],
  CELU: [same('CELU(alpha=2)', () => new smooth.CELU({ alpha: 2 }))],
  SELU: [same('SELU()', () => new smooth.SELU())],
  GELU: [
    same('GELU()', () => new smooth.GELU()),
    same('GELU(approximate=tanh)', () => new smooth.GELU({ approximate: 'tanh' })),
  ],
  SiLU: [same('SiLU()', () => new smooth.SiLU())],
  Mish: [same('Mish()', () => new smooth.Mish())],
  Softplus: [same('Softplus(beta=2)', () => new smooth.Softplus({ beta: 2 }))],
  LogSigmoid: [same('LogSigmoid()', () => new smooth.LogSigmoid())],
  Softsign: [same('Softsign()', () => new smooth.Softsign())],
  Tanhshrink: [same('Tanhshrink()', () => new smooth.Tanhshrink())],
  LeakyReLU: [same('LeakyReLU(slope=0.2)', () => new piecewise.LeakyReLU({ slope: 0.2 }))],
  RReLU: [{ ...same('RReLU(low=0.1)', () => new piecewise.RReLU({ low: 0.1 })), trainsDifferently: true }],
  ReLU6: [same('ReLU6()', () => new piecewise.ReLU6())],
  Hardtanh: [same('Hardtanh(min=-2)', () => new piecewise.Hardtanh({ min: -2 }))],
  Hardsigmoid: [same('Hardsigmoid()', () => new piecewise.Hardsigmoid())],
  Hardswish: [same('Hardswish()', () => new piecewise.Hardswish())],
  Threshold: [same('Threshold(0.1, -3)', () => new piecewise.Threshold(0.1, -3))],
  Hardshrink: [same('Hardshrink(lambda=0.1)', () => new piecewise.Hardshrink({ lambda: 0.1 }))],
  Softshrink: [same('Softshrink(lambda=0.1)', () => new piecewise.Softshrink({ lambda: 0.1 }))],
  Softmax: [
    same('Softmax()', () => new axis.Softmax()),
    same('Softmax(axis=1)', () => new axis.Softmax({ axis: 1 }), [2, 3, 2]),
  ],
  Softmin: [same('Softmin()', () => new axis.Softmin())],
  LogSoftmax: [same('LogSoftmax(axis=0)', () => new axis.LogSoftmax({ axis: 0 }))],
  Softmax2d: [same('Softmax2d()', () => new axis.Softmax2d(), [2, 3, 2, 2])],
  GLU: [
    { make: () => new axis.GLU(), input: [3, 4], output: [3, 2], prints: 'GLU()' },
    { make: () => new axis.GLU({ axis: 1 }), input: [2, 6, 3], output: [2, 3, 3], prints: 'GLU(axis=1)' },
  ],
  Maxout: [
    { make: () => new axis.Maxout(2), input: [3, 6, 2], output: [3, 3, 2], prints: 'Maxout(2)' },
    { make: () => new axis.Maxout(3, { axis: -1 }), input: [2, 6], output: [2, 2], prints: 'Maxout(3, axis=-1)' },
  ],
  PReLU: [
    same('PReLU()', (options) => new axis.PReLU(options)),
    same('PReLU(numParameters=4, init=0.1)', (o) => new axis.PReLU({ numParameters: 4, init: 0.1, ...o }), [2, 4, 3]),
  ],
};
