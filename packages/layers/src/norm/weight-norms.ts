// weightNorm and spectralNorm: a layer whose weight is computed anew, from other parameters, at each forward.

import {
  ArgumentError,
  checkCall,
  checkInteger,
  internalScope,
  type Known,
  matmul,
  noGrad,
  oncePerForward,
  permute,
  randn,
  reshape,
  type Shape,
  shown,
  type Tensor,
} from '@dl/autograd';
import { ConvTranspose1d, ConvTranspose2d } from '../conv/conv-transpose.js';
import type { AnyModule } from '../core/module.js';
import { isModuleAt, ownParameters } from '../core/module-tree.js';
import { buffer, parameter } from '../core/parameter.js';

/** Options of {@link weightNorm}. */
export interface WeightNormOptions {
  /** The parameter to replace. Default `weight`. */
  readonly name?: string;
  /** The axis of which each element has a length of its own; null for one length of the whole weight. Default 0. */
  readonly axis?: number | null;
}

const weightNormOptions: Known<WeightNormOptions> = { name: 'string', axis: 'null or number' };

/**
 * Writes the weight of a layer as its length and its direction, w = g · v / ‖v‖, and trains these two: parameters
 * `weight_g` and `weight_v` take the place of `weight`, as in PyTorch (Salimans and Kingma, "Weight Normalization", 2016).
 * The layer computes what it did before. It is changed and returned; `layer.weight` is then what the last forward used.
 *
 * @throws ArgumentError when the layer has no such parameter.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Linear, weightNorm } from '@dl/layers';
 * await useBackend(cpu());
 * const layer = weightNorm(new Linear(4, 3));
 * console.log(layer.forward(randn([2, 4])).shape); // [2, 3]
 * console.log(layer.namedParameters().map(([name, { shape }]) => `${name} [${shape}]`)); // bias [3], weight_g [3,1], weight_v [3,4]
 * ```
 */
export function weightNorm<M extends AnyModule>(layer: M, options: WeightNormOptions = {}): M {
  checkCall('weightNorm', arguments, ['layer'], weightNormOptions);
  const { name = 'weight', axis = 0 } = options;
  const weight = take('weightNorm', layer, name, [`${name}_g`, `${name}_v`], axis ?? 0);
  const others = weight.shape.map((_, i) => i).filter((i) => i !== axis);
  const lengthOf = (v: Tensor): Tensor => v.square().sum(others, { keepDims: true }).sqrt();
  // One length of the whole weight is a scalar, as PyTorch stores it.
  const start = inside(() => (axis === null ? reshape(lengthOf(weight), []) : lengthOf(weight)));
  put(layer, `${name}_g`, parameter(start), weight);
  put(layer, `${name}_v`, parameter(inside(() => weight.detach().clone())), weight);
  weight.dispose();
  compute(layer, name, (own) => {
    const v = own(`${name}_v`);
    return v.mul(own(`${name}_g`).div(lengthOf(v)));
  });
  return layer;
}

/** Options of {@link spectralNorm}. */
export interface SpectralNormOptions {
  /** The parameter to replace. Default `weight`. */
  readonly name?: string;
  /** Rounds of power iteration at each forward in training. Default 1. */
  readonly iterations?: number;
  /** Keeps a length that is divided by from 0. Default 1e-12. */
  readonly eps?: number;
  /** The axis of outputs, along which the rows of the matrix lie. Default 0, and 1 for a transposed convolution, as in PyTorch. */
  readonly axis?: number;
}

const spectralNormOptions: Known<SpectralNormOptions> = {
  name: 'string',
  iterations: 'number',
  eps: 'number',
  axis: 'number',
};

/**
 * Divides the weight of a layer by its largest singular value σ, so that the layer stretches nothing: w = w_orig / σ(w_orig).
 * σ is followed by power iteration: each forward in training takes u and v one round further, `eval()` leaves them. The
 * parameter `weight_orig` takes the place of `weight`, and u and v are the buffers `weight_u` and `weight_v`, as in
 * PyTorch (Miyato et al., "Spectral Normalization for Generative Adversarial Networks", 2018). The layer is changed and
 * returned; `layer.weight` is then what the last forward used.
 *
 * @throws ArgumentError when the layer has no such parameter.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Conv2d, spectralNorm } from '@dl/layers';
 * await useBackend(cpu());
 * const layer = spectralNorm(new Conv2d(3, 8, 3));
 * console.log(layer.forward(randn([1, 3, 5, 5])).shape); // [1, 8, 3, 3]
 * console.log(Object.keys(layer.stateDict())); // ['bias', 'weight_orig', 'weight_u', 'weight_v']
 * ```
 */
export function spectralNorm<M extends AnyModule>(layer: M, options: SpectralNormOptions = {}): M {
  checkCall('spectralNorm', arguments, ['layer'], spectralNormOptions);
  isModuleAt(layer, 'spectralNorm', 'the layer');
  const isTransposed = layer instanceof ConvTranspose1d || layer instanceof ConvTranspose2d;
  const { name = 'weight', iterations = 1, eps = 1e-12, axis = isTransposed ? 1 : 0 } = options;
  checkInteger('spectralNorm', 'iterations', iterations, 1);
  const names = [`${name}_orig`, `${name}_u`, `${name}_v`];
  const weight = take('spectralNorm', layer, name, names, axis);
  const order = [axis, ...weight.shape.map((_, i) => i).filter((i) => i !== axis)];
  const asMatrix = (w: Tensor): Tensor => reshape(axis === 0 ? w : permute(w, order), [w.shape[axis]!, -1]);
  const unit = (x: Tensor): Tensor => x.div(x.square().sum().sqrt().maximum(eps));
  const draw = (shape: Shape): Tensor =>
    inside(() => unit(randn(shape, { dtype: weight.dtype, backend: weight.backend })));
  const rows = weight.shape[axis]!;
  put(layer, names[0]!, weight, weight);
  put(layer, names[1]!, buffer(draw([rows])), weight);
  put(layer, names[2]!, buffer(draw([weight.size / rows])), weight);
  compute(layer, name, (own) => {
    const [original, u, v] = names.map((each) => own(each)) as [Tensor, Tensor, Tensor];
    const matrix = asMatrix(original);
    const iterate = (): void => {
      const temporary = internalScope();
      try {
        for (let i = 0; i < iterations; i++) {
          v.assign(unit(matmul(reshape(u, [1, rows]), matrix).reshape([-1])));
          u.assign(unit(matmul(matrix, reshape(v, [-1, 1])).reshape([-1])));
        }
      } finally {
        temporary.end();
      }
    };
    // Copies: the next forward changes u and v, which a backward pass still to come needs as they are.
    const [left, right] = oncePerForward(() =>
      noGrad(() => {
        if (layer.training) iterate();
        return [u.clone(), v.clone()] as const;
      }),
    );
    const sigma = matmul(matrix, reshape(right, [-1, 1]))
      .reshape([-1])
      .mul(left)
      .sum();
    return original.div(sigma);
  });
  return layer;
}

/** Takes a parameter from a layer. It must be one of its own, and the names that are to come must be free. */
function take(caller: string, layer: AnyModule, name: string, names: readonly string[], axis: number): Tensor {
  isModuleAt(layer, caller, 'the layer');
  const own = ownParameters(layer);
  const place = own.find((each) => each.name === name && each.holder === layer);
  if (place === undefined) {
    const there = own.map((each) => each.name).join(', ') || 'no parameter';
    const again = names.some((each) => Object.hasOwn(layer, each)) ? '; it is normalised already' : '';
    throw new ArgumentError(
      `${caller}: ${layer.constructor.name} has no parameter ${name} of its own, but ${there}${again}`,
    );
  }
  if (!Number.isInteger(axis) || axis < 0 || axis >= place.value.rank) {
    throw new ArgumentError(
      `${caller}: axis is ${shown(axis)}, needs 0 to ${place.value.rank - 1}, an axis of ${name}`,
    );
  }
  Reflect.deleteProperty(layer, name);
  return place.value;
}

function put(layer: AnyModule, name: string, value: Tensor, like: Tensor): void {
  // What was frozen stays so.
  if (!like.requiresGrad) value.requiresGrad = false;
  Reflect.set(layer, name, value);
}

/** Has the weight computed before each forward. Not enumerable: it is no part of the tree of modules. */
function compute(layer: AnyModule, name: string, weight: (own: (name: string) => Tensor) => Tensor): void {
  Object.defineProperty(layer, name, { value: undefined, writable: true, configurable: true, enumerable: false });
  const own = (each: string): Tensor => Reflect.get(layer, each) as Tensor;
  layer.registerForwardPreHook(() => {
    Reflect.set(layer, name, weight(own));
  });
}

function inside(make: () => Tensor): Tensor {
  const scope = internalScope();
  let made: Tensor | undefined;
  try {
    made = noGrad(make);
    return made;
  } finally {
    scope.endWith(made === undefined ? [] : [made]);
  }
}
