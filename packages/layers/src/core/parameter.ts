// Parameters: the tensors that training changes. Buffers: those that a module keeps otherwise.

import {
  checkCall,
  DTypeError,
  GradientError,
  isFloat,
  isInstance,
  type Known,
  keep,
  type RandomOptions,
  shown,
  Tensor,
} from '@dl/autograd';

/** How and where a layer makes its parameters. */
export type ParameterOptions = Pick<RandomOptions, 'dtype' | 'backend' | 'generator'>;

/**
 * What {@link ParameterOptions} may be, for `checkCall` in the constructor of layers of your own.
 *
 * @example
 * ```ts
 * import { checkCall, full, type Known, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Module, type ParameterOptions, parameter, parameterOptions } from '@dl/layers';
 * await useBackend(cpu());
 *
 * interface ScaleOptions extends ParameterOptions {
 *   start?: number;
 * }
 * const scaleOptions: Known<ScaleOptions> = { start: 'number', ...parameterOptions };
 *
 * class Scale extends Module {
 *   scale;
 *
 *   constructor(size: number, options: ScaleOptions = {}) {
 *     checkCall('Scale', arguments, ['size'], scaleOptions);
 *     super();
 *     const { start = 1, generator, ...made } = options;
 *     this.scale = parameter(full([size], start, made));
 *   }
 *
 *   forward = () => this.scale;
 * }
 * console.log(new Scale(3, { dtype: 'float64' }).scale.dtype); // float64
 * ```
 */
export const parameterOptions: Known<ParameterOptions> = { dtype: 'dtype', backend: 'backend', generator: 'generator' };

// Both with what they are called where that is not the name of the property. Parameters are known even while frozen, when requiresGrad says nothing.
const made = new WeakMap<Tensor, string | undefined>();
const buffers = new WeakMap<Tensor, string | undefined>();

/** Options of {@link parameter} and {@link buffer}. */
export interface NameOptions {
  /** What it is called in a `stateDict()`, such as PyTorch's `running_mean`. Default: the name of the property. */
  readonly name?: string;
}

const nameOptions: Known<NameOptions> = { name: 'string' };

/**
 * Makes a tensor a parameter: a leaf that gets a gradient and survives scopes, until `dispose()` or until nothing
 * refers to it. Returns the tensor. As a property of a {@link Module}, it is found by `parameters()` and `stateDict()`.
 *
 * @throws GradientError for a tensor that gradients flow through, which is no leaf.
 * @throws DTypeError for a tensor that is not of floats.
 *
 * @example
 * ```ts
 * import { randn, scope, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { parameter } from '@dl/layers';
 * await useBackend(cpu());
 * const scale = scope(() => parameter(randn([3]).mul(0.1)));
 * console.log(scale.requiresGrad, scale.isFreed); // true false
 * ```
 */
export function parameter(tensor: Tensor, options: NameOptions = {}): Tensor {
  checkCall('parameter', arguments, ['tensor'], nameOptions);
  if (!isInstance(tensor, Tensor, 'parameter', 'the tensor')) {
    throw new DTypeError(`parameter: got ${shown(tensor)}, needs a Tensor; make one with tensor(...)`);
  }
  if (tensor.source !== undefined) {
    throw new GradientError(
      `parameter: ${tensor.source.node.name} made this tensor from others that have gradients; give parameter() its detach(), or make it inside noGrad`,
    );
  }
  if (!isFloat(tensor.dtype)) {
    throw new DTypeError(
      `parameter: the tensor is ${tensor.dtype}, needs float32 or float64; cast it with .cast('float32')`,
    );
  }
  tensor.requiresGrad = true;
  made.set(tensor, options.name);
  return keep(tensor);
}

/**
 * Makes a tensor a buffer: one that is no parameter, but belongs to the module's state, such as a running mean. It gets
 * no gradient, and survives scopes until `dispose()` or until nothing refers to it. Returns the tensor. As a property of a
 * {@link Module}, it is saved, loaded and moved with it. Change it by `assign`, so that it stays the same tensor.
 *
 * @throws GradientError for a tensor that gradients flow through, or that requires one.
 *
 * @example
 * ```ts
 * import { oncePerForward, ones, type Tensor, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { buffer, Module } from '@dl/layers';
 * await useBackend(cpu());
 *
 * class Count extends Module {
 *   readonly calls = buffer(tensor(0));
 *
 *   forward(x: Tensor): Tensor {
 *     oncePerForward(() => this.calls.assign(this.calls.add(1)));
 *     return x;
 *   }
 * }
 *
 * const layer = new Count();
 * layer.forward(ones([2]));
 * console.log(layer.stateDict().calls?.item(), layer.parameters().length); // 1 0
 * ```
 */
export function buffer(tensor: Tensor, options: NameOptions = {}): Tensor {
  checkCall('buffer', arguments, ['tensor'], nameOptions);
  if (!isInstance(tensor, Tensor, 'buffer', 'the tensor')) {
    throw new DTypeError(`buffer: got ${shown(tensor)}, needs a Tensor; make one with tensor(...)`);
  }
  if (tensor.source !== undefined || tensor.requiresGrad) {
    throw new GradientError('buffer: the tensor has a gradient, needs one without; give buffer() its detach()');
  }
  buffers.set(tensor, options.name);
  return keep(tensor);
}

/**
 * True for what {@link buffer} made.
 *
 * @example
 * ```ts
 * import { useBackend, zeros } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { buffer, isBuffer, parameter } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(isBuffer(buffer(zeros([2]))), isBuffer(parameter(zeros([2])))); // true false
 * ```
 */
export function isBuffer(value: unknown): value is Tensor {
  return value instanceof Tensor && buffers.has(value);
}

/** What a parameter or a buffer is called, where that is not the name of the property. */
export function nameOf(tensor: Tensor): string | undefined {
  return made.get(tensor) ?? buffers.get(tensor);
}

/**
 * True for what {@link parameter} made, frozen or not, and for any other leaf that requires a gradient.
 *
 * @example
 * ```ts
 * import { useBackend, zeros } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { isParameter, parameter } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(isParameter(parameter(zeros([2]))), isParameter(zeros([2]))); // true false
 * ```
 */
export function isParameter(value: unknown): value is Tensor {
  return value instanceof Tensor && (made.has(value) || (value.requiresGrad && value.source === undefined));
}
