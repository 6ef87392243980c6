// Activations of straight pieces, as layers: element by element, without parameters. At a kink, the derivative is that of one side,
// as in PyTorch. NaN is on neither side of a bound, so it is asked for what lies beyond, and the rest is x.

import {
  ArgumentError,
  abs,
  checkCall,
  clamp,
  greaterEqual,
  hardSigmoid,
  hardSwish,
  type KnownOptions,
  leakyRelu,
  lessEqual,
  mul,
  noGrad,
  rand,
  shown,
  sub,
  type Tensor,
  where,
} from '@dl/autograd';
import { formatArguments, needTensor } from '../core/checks.js';
import { Module } from '../core/module.js';
import { needFinite } from './checks.js';

const leakyReLUOptions: KnownOptions = { slope: 'finite' };

/**
 * x where positive, slope · x elsewhere; PyTorch calls the slope `negative_slope`. Default 0.01 (Maas et al., 2013). Any shape → the same.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { LeakyReLU } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new LeakyReLU({ slope: 0.1 }).forward(tensor([-2, 0, 3])).toArray()); // [-0.2, 0, 3], nearly
 * ```
 */
export class LeakyReLU extends Module {
  readonly slope: number;

  constructor(options: { readonly slope?: number } = {}) {
    checkCall('LeakyReLU', arguments, [], leakyReLUOptions);
    const { slope = 0.01 } = options;
    super();
    this.slope = needFinite('LeakyReLU', 'slope', slope);
  }

  forward(x: Tensor): Tensor {
    return leakyRelu(x, { slope: this.slope });
  }

  override describe(): string {
    return formatArguments([], { slope: [this.slope, 0.01] });
  }
}

const rReLUOptions: KnownOptions = { low: 'finite', high: 'finite' };

/**
 * x where positive, a · x elsewhere: while training, a is drawn from low to high for every element; in `eval()` it is the middle
 * (Xu et al., 2015). Default 1/8 to 1/3. Any shape → the same.
 *
 * @throws ArgumentError for a low above high.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { RReLU } from '@dl/layers';
 * await useBackend(cpu());
 * const layer = new RReLU({ low: 0.1, high: 0.3 });
 * console.log(layer.forward(tensor([-1, -1, 2])).toArray()); // two numbers from -0.3 to -0.1, and 2
 * console.log(layer.eval().forward(tensor([-1, -1, 2])).toArray()); // [-0.2, -0.2, 2], nearly
 * ```
 */
export class RReLU extends Module {
  readonly low: number;
  readonly high: number;

  constructor(options: { readonly low?: number; readonly high?: number } = {}) {
    checkCall('RReLU', arguments, [], rReLUOptions);
    const { low = 1 / 8, high = 1 / 3 } = options;
    super();
    if (!(Number.isFinite(low) && Number.isFinite(high) && low <= high)) {
      throw new ArgumentError(`RReLU: low is ${low} and high is ${shown(high)}; needs numbers with low <= high`);
    }
    this.low = low;
    this.high = high;
  }

  forward(x: Tensor): Tensor {
    needTensor('RReLU', x);
    const { low, high } = this;
    if (!this.training || low === high) return leakyRelu(x, { slope: (low + high) / 2 });
    const slopes = rand(x.shape, { low, high, dtype: x.dtype, backend: x.backend });
    return where(x.greater(0), x, mul(x, slopes));
  }

  override describe(): string {
    return formatArguments([], { low: [this.low, 1 / 8], high: [this.high, 1 / 3] });
  }
}

/** x between the bounds, with a gradient that is 0 at the bounds too: clamp's passes there. */
function bounded(x: Tensor, min: number, max: number): Tensor {
  if (!x.requiresGrad) return clamp(x, min, max);
  return where(lessEqual(x, min), min, where(greaterEqual(x, max), max, x));
}

/**
 * min(max(x, 0), 6): a ReLU that fits into few bits (Howard et al., 2017). The derivative at 0 and 6 is 0. Any shape → the same.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { ReLU6 } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new ReLU6().forward(tensor([-2, 3, 8])).toArray()); // [0, 3, 6]
 * ```
 */
export class ReLU6 extends Module {
  forward(x: Tensor): Tensor {
    needTensor('ReLU6', x);
    return bounded(x, 0, 6);
  }
}

const hardtanhOptions: KnownOptions = { min: 'finite', max: 'finite' };

/**
 * x, but not below `min` and not above `max`. Default -1 and 1: a tanh of straight lines. The derivative at the bounds is 0.
 * Any shape → the same.
 *
 * @throws ArgumentError unless min is below max.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Hardtanh } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new Hardtanh({ min: 0 }).forward(tensor([-2, 0.5, 3])).toArray()); // [0, 0.5, 1]
 * ```
 */
export class Hardtanh extends Module {
  readonly min: number;
  readonly max: number;

  constructor(options: { readonly min?: number; readonly max?: number } = {}) {
    checkCall('Hardtanh', arguments, [], hardtanhOptions);
    const { min = -1, max = 1 } = options;
    super();
    if (!(min < max))
      throw new ArgumentError(`Hardtanh: min is ${min} and max is ${shown(max)}; needs numbers with min < max`);
    this.min = min;
    this.max = max;
  }

  forward(x: Tensor): Tensor {
    needTensor('Hardtanh', x);
    return bounded(x, this.min, this.max);
  }

  override describe(): string {
    return formatArguments([], { min: [this.min, -1], max: [this.max, 1] });
  }
}

/**
 * min(max(x/6 + 1/2, 0), 1): a sigmoid of straight lines. The derivative at -3 and 3 is 0. Any shape → the same.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Hardsigmoid } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new Hardsigmoid().forward(tensor([-4, 0, 1.5])).toArray()); // [0, 0.5, 0.75]
 * ```
 */
export class Hardsigmoid extends Module {
  forward(x: Tensor): Tensor {
    return hardSigmoid(x);
  }
}

/**
 * x · {@link Hardsigmoid} of x (Howard et al., 2019). Any shape → the same.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Hardswish } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new Hardswish().forward(tensor([-4, 0, 3])).toArray()); // [0, 0, 3]
 * ```
 */
export class Hardswish extends Module {
  forward(x: Tensor): Tensor {
    return hardSwish(x);
  }
}

/**
 * x where it is above the threshold, `value` elsewhere. Both are needed. Any shape → the same.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Threshold } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new Threshold(0.5, -1).forward(tensor([0, 0.5, 2])).toArray()); // [-1, -1, 2]
 * ```
 */
export class Threshold extends Module {
  readonly threshold: number;
  readonly value: number;

  constructor(threshold: number, value: number) {
    checkCall('Threshold', arguments, [
      ['threshold', 'finite'],
      ['value', 'finite'],
    ]);
    super();
    this.threshold = needFinite('Threshold', 'threshold', threshold);
    this.value = needFinite('Threshold', 'value', value);
  }

  forward(x: Tensor): Tensor {
    needTensor('Threshold', x);
    return where(lessEqual(x, this.threshold), this.value, x);
  }

  override describe(): string {
    return formatArguments([this.threshold, this.value]);
  }
}

/** Base of the two that take small numbers for nothing. */
const shrinkOptions: KnownOptions = { lambda: 'finite' };

abstract class Shrink extends Module {
  readonly lambda: number;

  constructor(options: { readonly lambda?: number } = {}) {
    super();
    checkCall(this.constructor.name, arguments, [], shrinkOptions);
    const { lambda = 0.5 } = options;
    if (!(lambda >= 0 && lambda < Infinity)) {
      throw new ArgumentError(`${this.constructor.name}: lambda is ${shown(lambda)}, needs a number of at least 0`);
    }
    this.lambda = lambda;
  }

  override describe(): string {
    return formatArguments([], { lambda: [this.lambda, 0.5] });
  }
}

/**
 * x, but 0 where |x| is not above lambda. Default 0.5. Any shape → the same.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Hardshrink } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new Hardshrink().forward(tensor([-2, 0.4, 0.6])).toArray()); // [-2, 0, 0.6], nearly
 * ```
 */
export class Hardshrink extends Shrink {
  forward(x: Tensor): Tensor {
    needTensor('Hardshrink', x);
    return where(lessEqual(abs(x), this.lambda), 0, x);
  }
}

/**
 * x moved towards 0 by lambda, and 0 where it is nearer than that. Default 0.5. Any shape → the same.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Softshrink } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new Softshrink().forward(tensor([-2, 0.4, 1])).toArray()); // [-1.5, 0, 0.5]
 * ```
 */
export class Softshrink extends Shrink {
  forward(x: Tensor): Tensor {
    needTensor('Softshrink', x);
    // Selected, because the gradient of x less itself is infinity less infinity where the upstream one is infinite.
    const shift = noGrad(() => clamp(x, -this.lambda, this.lambda));
    return where(lessEqual(abs(x), this.lambda), 0, sub(x, shift));
  }
}
