// Activations that look along an axis, or have parameters, as layers.

import {
  checkCall,
  checkInteger,
  formatShape,
  full,
  glu,
  type Known,
  logSoftmax,
  max,
  neg,
  prelu,
  type Shape,
  ShapeError,
  sizeOf,
  softmax,
  type Tensor,
} from '@dl/autograd';
import { formatArguments, needAxis, needTensor } from '../core/checks.js';
import { Module } from '../core/module.js';
import { type ParameterOptions, parameter, parameterOptions } from '../core/parameter.js';
import { needFinite } from './checks.js';

/** Options of activations along an axis, such as {@link Softmax}. */
export interface AxisOptions {
  /** The axis to look along; negative ones count from the end. Default -1, the last one. */
  readonly axis?: number;
}

/** Base of the activations along an axis. */
const axisOptions: Known<AxisOptions> = { axis: 'number' };

abstract class AlongAxis extends Module {
  readonly axis: number;

  constructor(options: AxisOptions = {}) {
    super();
    checkCall(this.constructor.name, arguments, [], axisOptions);
    const { axis = -1 } = options;
    this.axis = needAxis(this.constructor.name, 'axis', axis);
  }

  override describe(): string {
    return formatArguments([], { axis: [this.axis, -1] });
  }
}

/**
 * e^x / Σ e^x along an axis: positive numbers that sum to 1. Not before `crossEntropy`, which takes logits.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Softmax } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new Softmax().forward(tensor([[0, 0], [1000, 0]])).toArray()); // [[0.5, 0.5], [1, 0]]
 * ```
 */
export class Softmax extends AlongAxis {
  forward(x: Tensor): Tensor {
    needTensor('Softmax', x);
    return softmax(x, this.axis);
  }
}

/**
 * {@link Softmax} of -x: the smallest gets the most.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Softmin } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new Softmin().forward(tensor([[0, 0], [1000, 0]])).toArray()); // [[0.5, 0.5], [0, 1]]
 * ```
 */
export class Softmin extends AlongAxis {
  forward(x: Tensor): Tensor {
    needTensor('Softmin', x);
    return softmax(neg(x), this.axis);
  }
}

/**
 * log of {@link Softmax}, without its loss of digits: what `nllLoss` takes.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { LogSoftmax } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new LogSoftmax().forward(tensor([[0, 0]])).toArray()); // [[-0.6931…, -0.6931…]]: -log 2
 * ```
 */
export class LogSoftmax extends AlongAxis {
  forward(x: Tensor): Tensor {
    needTensor('LogSoftmax', x);
    return logSoftmax(x, this.axis);
  }
}

/**
 * {@link Softmax} over the channels of images, at each place by itself: [N, C, H, W], or [C, H, W].
 *
 * @example
 * ```ts
 * import { useBackend, zeros } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Softmax2d } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new Softmax2d().forward(zeros([1, 4, 2, 1])).toArray()); // 0.25 everywhere: 4 channels
 * ```
 */
export class Softmax2d extends Module {
  forward(x: Tensor): Tensor {
    needTensor('Softmax2d', x);
    if (x.rank !== 3 && x.rank !== 4) {
      throw new ShapeError(`Softmax2d: input is ${formatShape(x.shape)}, needs [batch, channels, height, width]`);
    }
    return softmax(x, -3);
  }
}

/**
 * Splits an axis into halves a and b, and gives a · sigmoid(b): half as long (Dauphin et al., 2016).
 *
 * @throws ShapeError for an axis of odd length.
 *
 * @example
 * ```ts
 * import { sigmoid, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { GLU } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new GLU().forward(tensor([[1, 2, 0, 100]])).toArray()); // [[0.5, 2]]: 1 · sigmoid(0), 2 · sigmoid(100)
 * ```
 */
export class GLU extends AlongAxis {
  forward(x: Tensor): Tensor {
    needTensor('GLU', x);
    return glu(x, this.axis);
  }
}

/** Options of {@link Maxout}. */
export interface MaxoutOptions {
  /** The axis of the units; negative ones count from the end. Default 1: features, or channels. */
  readonly axis?: number;
}

const maxoutOptions: Known<MaxoutOptions> = { axis: 'number' };

/**
 * The largest of every `pieces` neighbours along an axis: [N, units · pieces, …] → [N, units, …]. Behind a layer with that many outputs, a unit
 * learns the shape of its own activation (Goodfellow et al., 2013). At a tie the gradient is shared equally.
 *
 * @throws ShapeError for an axis that cannot be cut into pieces.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Maxout } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new Maxout(2).forward(tensor([[1, 3, -2, -5]])).toArray()); // [[3, -2]]
 * ```
 */
export class Maxout extends Module {
  readonly pieces: number;
  readonly axis: number;

  constructor(pieces: number, options: MaxoutOptions = {}) {
    checkCall('Maxout', arguments, ['pieces'], maxoutOptions);
    const { axis = 1 } = options;
    super();
    this.pieces = checkInteger('Maxout', 'pieces', pieces, 1);
    this.axis = needAxis('Maxout', 'axis', axis);
  }

  forward(x: Tensor): Tensor {
    needTensor('Maxout', x);
    const at = this.axis < 0 ? this.axis + x.rank : this.axis;
    const length = x.shape[at];
    if (length === undefined) {
      throw new ShapeError(`Maxout: axis ${this.axis} is out of range for an input of ${formatShape(x.shape)}`);
    }
    if (length % this.pieces !== 0) {
      throw new ShapeError(
        `Maxout: axis ${this.axis} of ${formatShape(x.shape)} is ${length}, which cannot be cut into units of ${this.pieces}; needs a multiple of ${this.pieces}`,
      );
    }
    const units = [...x.shape.slice(0, at), length / this.pieces, this.pieces, ...x.shape.slice(at + 1)];
    return max(x.reshape(units), at + 1);
  }

  override describe(): string {
    return formatArguments([this.pieces], { axis: [this.axis, 1] });
  }
}

/** Options of {@link PReLU}. */
export interface PReLUOptions extends ParameterOptions {
  /** How many slopes: 1 (default), or one for each channel. */
  readonly numParameters?: number;
  /** Where the slopes start. Default 0.25. */
  readonly init?: number;
}

const pReLUOptions: Known<PReLUOptions> = { numParameters: 'number', init: 'finite', ...parameterOptions };

/**
 * x where positive, weight · x elsewhere, with a learned weight [numParameters]: one, or one for each channel on axis 1
 * (He et al., 2015). Weight decay would pull it to a ReLU: leave it out of that.
 *
 * @throws ShapeError for an input with another number of channels.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { PReLU } from '@dl/layers';
 * await useBackend(cpu());
 * const layer = new PReLU({ numParameters: 2 });
 * console.log(layer.forward(tensor([[-4, 4]])).toArray()); // [[-1, 4]]
 * console.log(layer.weight.toArray()); // [0.25, 0.25], to be trained
 * ```
 */
export class PReLU extends Module {
  readonly numParameters: number;
  readonly init: number;
  readonly weight: Tensor;

  constructor(options: PReLUOptions = {}) {
    checkCall('PReLU', arguments, [], pReLUOptions);
    const { numParameters = 1, init = 0.25, dtype, backend } = options;
    super();
    this.numParameters = checkInteger('PReLU', 'numParameters', numParameters, 1);
    this.init = needFinite('PReLU', 'init', init);
    this.weight = parameter(full([numParameters], init, { ...(dtype && { dtype }), ...(backend && { backend }) }));
  }

  forward(x: Tensor): Tensor {
    needTensor('PReLU', x, this.weight);
    return prelu(x, this.weight);
  }

  /** A slope for each element. */
  override multiplyAdds(_input: Shape, output: Shape): number {
    return sizeOf(output);
  }

  override describe(): string {
    return formatArguments([], { numParameters: [this.numParameters, 1], init: [this.init, 0.25] });
  }
}
