// Activations with a curve, as layers: element by element, without parameters.

import {
  ArgumentError,
  abs,
  add,
  checkCall,
  div,
  elu,
  expm1,
  gelu,
  type KnownOptions,
  mish,
  mul,
  neg,
  selu,
  shown,
  silu,
  softplus,
  sub,
  type Tensor,
  tanh,
  where,
} from '@dl/autograd';
import { formatArguments, needTensor } from '../core/checks.js';
import { Module } from '../core/module.js';
import { needAbove, needFinite } from './checks.js';

const scaledTanhOptions: KnownOptions = { amplitude: 'finite', slope: 'finite' };

/**
 * amplitude · tanh(slope · x), as LeCun uses it: 1.7159 tanh(2x/3), which is 1 at 1 and -1 at -1, so that targets of ±1 are reached where it
 * bends most, and has a gain of about 1 (LeCun et al., "Efficient BackProp", 1998). Any shape → the same.
 *
 * @throws ArgumentError for an amplitude or a slope that is not above 0.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { ScaledTanh } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new ScaledTanh().forward(tensor([-1, 0, 1])).toArray()); // [-1, 0, 1], nearly
 * ```
 */
export class ScaledTanh extends Module {
  readonly amplitude: number;
  readonly slope: number;

  constructor(options: { readonly amplitude?: number; readonly slope?: number } = {}) {
    checkCall('ScaledTanh', arguments, [], scaledTanhOptions);
    const { amplitude = 1.7159, slope = 2 / 3 } = options;
    super();
    this.amplitude = needAbove('ScaledTanh', 'amplitude', amplitude, 0);
    this.slope = needAbove('ScaledTanh', 'slope', slope, 0);
  }

  forward(x: Tensor): Tensor {
    needTensor('ScaledTanh', x);
    return mul(tanh(mul(x, this.slope)), this.amplitude);
  }

  override describe(): string {
    return formatArguments([], { amplitude: [this.amplitude, 1.7159], slope: [this.slope, 2 / 3] });
  }
}

const eLUOptions: KnownOptions = { alpha: 'finite' };

/**
 * x where positive, alpha (e^x - 1) elsewhere (Clevert et al., 2015). Any shape → the same.
 *
 * @throws ArgumentError for an alpha that is no finite number.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { ELU } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new ELU().forward(tensor([-1, 0, 2])).toArray()); // [-0.632…, 0, 2]: e^-1 - 1 first
 * ```
 */
export class ELU extends Module {
  readonly alpha: number;

  constructor(options: { readonly alpha?: number } = {}) {
    checkCall('ELU', arguments, [], eLUOptions);
    const { alpha = 1 } = options;
    super();
    this.alpha = needFinite('ELU', 'alpha', alpha);
  }

  forward(x: Tensor): Tensor {
    return elu(x, { alpha: this.alpha });
  }

  override describe(): string {
    return formatArguments([], { alpha: [this.alpha, 1] });
  }
}

const cELUOptions: KnownOptions = { alpha: 'finite' };

/**
 * x where positive, alpha (e^(x/alpha) - 1) elsewhere: an {@link ELU} without a kink, whatever alpha is (Barron, 2017). Any shape → the same.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { CELU } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new CELU({ alpha: 2 }).forward(tensor([-2, 0, 2])).toArray()); // [-1.264…, 0, 2]: 2 (e^-1 - 1) first
 * ```
 */
export class CELU extends Module {
  readonly alpha: number;

  constructor(options: { readonly alpha?: number } = {}) {
    checkCall('CELU', arguments, [], cELUOptions);
    const { alpha = 1 } = options;
    super();
    if (!Number.isFinite(alpha) || alpha === 0) {
      throw new ArgumentError(`CELU: alpha is ${shown(alpha)}, needs a finite number other than 0`);
    }
    this.alpha = alpha;
  }

  forward(x: Tensor): Tensor {
    needTensor('CELU', x);
    const isPositive = x.greater(0);
    // Large numbers are kept from the exponential, whose infinity times 0 is NaN.
    const below = where(isPositive, 0, x);
    return where(isPositive, x, mul(expm1(mul(below, 1 / this.alpha)), this.alpha));
  }

  override describe(): string {
    return formatArguments([], { alpha: [this.alpha, 1] });
  }
}

/**
 * 1.0507 · elu(x, alpha 1.6733): keeps mean 0 and variance 1 through layers that start as {@link lecunNormal} (Klambauer et al., 2017). Any shape → the same.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { SELU } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new SELU().forward(tensor([-100, 0, 1])).toArray()); // [-1.758…, 0, 1.0507…]
 * ```
 */
export class SELU extends Module {
  forward(x: Tensor): Tensor {
    return selu(x);
  }
}

const gELUOptions: KnownOptions = { approximate: ['none', 'tanh'] };

/**
 * x Φ(x), with Φ the normal distribution function (Hendrycks & Gimpel, 2016); `approximate: 'tanh'` is faster, and what GPT-2 uses. Any shape → the same.
 *
 * @throws ArgumentError for another approximation.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { GELU } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new GELU().forward(tensor([-1, 0, 1])).toArray()); // [-0.158…, 0, 0.841…]
 * ```
 */
export class GELU extends Module {
  readonly approximate: 'none' | 'tanh';

  constructor(options: { readonly approximate?: 'none' | 'tanh' } = {}) {
    checkCall('GELU', arguments, [], gELUOptions);
    const { approximate = 'none' } = options;
    super();
    if (approximate !== 'none' && approximate !== 'tanh') {
      throw new ArgumentError(`GELU: approximate is '${String(approximate)}', needs 'none' or 'tanh'`);
    }
    this.approximate = approximate;
  }

  forward(x: Tensor): Tensor {
    return gelu(x, { approximate: this.approximate });
  }

  override describe(): string {
    return formatArguments([], { approximate: [this.approximate, 'none'] });
  }
}

/**
 * x / (1 + e^-x), also called swish (Elfwing et al., 2017). Any shape → the same.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { SiLU } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new SiLU().forward(tensor([-1, 0, 1])).toArray()); // [-0.268…, 0, 0.731…]
 * ```
 */
export class SiLU extends Module {
  forward(x: Tensor): Tensor {
    return silu(x);
  }
}

/**
 * x tanh(log(1 + e^x)) (Misra, 2019). Any shape → the same.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Mish } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new Mish().forward(tensor([-1, 0, 1])).toArray()); // [-0.303…, 0, 0.865…]
 * ```
 */
export class Mish extends Module {
  forward(x: Tensor): Tensor {
    return mish(x);
  }
}

const softplusOptions: KnownOptions = { beta: 'finite' };

/**
 * log(1 + e^(beta x)) / beta: a smooth ReLU, exact for large x without a threshold. Any shape → the same.
 *
 * @throws ArgumentError for a beta that is not above 0.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Softplus } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new Softplus().forward(tensor([-100, 0, 100])).toArray()); // [0, 0.6931… = log 2, 100], nearly
 * ```
 */
export class Softplus extends Module {
  readonly beta: number;

  constructor(options: { readonly beta?: number } = {}) {
    checkCall('Softplus', arguments, [], softplusOptions);
    const { beta = 1 } = options;
    super();
    this.beta = needAbove('Softplus', 'beta', beta, 0);
  }

  forward(x: Tensor): Tensor {
    return softplus(x, { beta: this.beta });
  }

  override describe(): string {
    return formatArguments([], { beta: [this.beta, 1] });
  }
}

/**
 * log sigmoid(x) = -log(1 + e^-x), exact for large |x|. Any shape → the same.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { LogSigmoid } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new LogSigmoid().forward(tensor([-100, 0, 100])).toArray()); // [-100, -0.6931… = -log 2, 0], nearly
 * ```
 */
export class LogSigmoid extends Module {
  forward(x: Tensor): Tensor {
    needTensor('LogSigmoid', x);
    return neg(softplus(neg(x)));
  }
}

/**
 * x / (1 + |x|), from -1 to 1: a tanh that gets there slowly. Any shape → the same.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Softsign } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new Softsign().forward(tensor([-3, 0, 1])).toArray()); // [-0.75, 0, 0.5]
 * ```
 */
export class Softsign extends Module {
  forward(x: Tensor): Tensor {
    needTensor('Softsign', x);
    return div(x, add(abs(x), 1));
  }
}

/**
 * x - tanh x. Any shape → the same.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Tanhshrink } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new Tanhshrink().forward(tensor([0, 1, 100])).toArray()); // [0, 0.238…, 99]
 * ```
 */
export class Tanhshrink extends Module {
  forward(x: Tensor): Tensor {
    needTensor('Tanhshrink', x);
    return sub(x, tanh(x));
  }
}
