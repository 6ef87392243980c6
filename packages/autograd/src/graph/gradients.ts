// Asking for gradients: backward on a tensor, grad of a function.

import { checkCall, type Known } from '../arguments/check-call.js';
import { currentContext, during } from '../context/context.js';
import { heldOver } from '../context/in-turn.js';
import { isInstance } from '../copies.js';
import { ArgumentError, GradientError } from '../errors.js';
import { internal } from '../memory/scope.js';
import { needTensor, needTensors } from '../ops/checks.js';
import type { Tensor } from '../tensor/tensor.js';
import { TensorBase } from '../tensor/tensor-base.js';
import { BackwardPass, gradientsOf, type PassOptions } from './backward-pass.js';
import { isGradEnabled, unrecorded, withGradMode } from './grad-mode.js';

export interface BackwardOptions {
  /** What to go back with: the gradient of the final result for this tensor. Default: 1, for a tensor of one element. */
  readonly gradient?: Tensor;
  /** Keep the graph, so that it can be gone through again. Default: the value of `createGraph`. */
  readonly retainGraph?: boolean;
  /** Record the gradients themselves, so that they can be differentiated. Default false. */
  readonly createGraph?: boolean;
}

const backwardOptions: Known<BackwardOptions> = { gradient: 'tensor', retainGraph: 'boolean', createGraph: 'boolean' };

/** See {@link Tensor.backward}. */
export function backward(tensor: Tensor, options: BackwardOptions = {}): void {
  checkCall('backward', arguments, ['tensor'], backwardOptions);
  const { gradient, createGraph = false, retainGraph = createGraph } = options;
  needTensor('backward', 'the tensor', tensor);
  if (gradient !== undefined) needTensor('backward', 'the gradient', gradient);
  if (!tensor.requiresGrad) {
    throw new GradientError(
      `backward: nothing that this tensor was computed from requires a gradient; set requiresGrad on a parameter before the forward pass, outside noGrad${switchedOff()}`,
    );
  }
  BackwardPass.run([tensor], [gradient], { createGraph, retainGraph });
}

/** Where tasks are not told apart, another one may have switched recording off. */
function switchedOff(): string {
  const by = isGradEnabled() ? undefined : heldOver();
  return by === undefined ? '' : ` (nothing is recorded now: ${by} has not ended, and tasks cannot be told apart here)`;
}

export interface GradientsOptions extends BackwardOptions {
  /** Give undefined for an x that y does not depend on, instead of an error. Default false. */
  readonly allowUnused?: boolean;
}

const gradientsOptions: Known<GradientsOptions> = { allowUnused: 'boolean', ...backwardOptions };

/**
 * The gradients of `y` for each of `xs`, as new tensors; `.grad` is left alone.
 *
 * @throws GradientError when y does not depend on one of them.
 *
 * @example
 * ```ts
 * import { gradients, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const x = tensor(3, { requiresGrad: true });
 * const [dx] = gradients(x.square(), [x]);
 * console.log(dx?.item()); // 6
 * ```
 */
export function gradients(y: Tensor, xs: readonly Tensor[], options: GradientsOptions = {}): (Tensor | undefined)[] {
  checkCall('gradients', arguments, ['y', 'xs'], gradientsOptions);
  const { gradient, createGraph = false, retainGraph = createGraph, allowUnused = false } = options;
  const unused = (i: number): GradientError =>
    new GradientError(
      `gradients: y does not depend on xs[${i}], or it does not require a gradient; pass { allowUnused: true } to get undefined for it`,
    );
  needTensor('gradients', 'y', y);
  needTensors('gradients', xs);
  if (gradient !== undefined) needTensor('gradients', 'the gradient', gradient);
  if (!y.requiresGrad) {
    if (allowUnused) return xs.map(() => undefined);
    throw unused(0);
  }
  const distinct = [...new Set(xs)];
  const found = gradientsOf([y], distinct, [gradient], { createGraph, retainGraph });
  const missing = xs.findIndex((x) => found[distinct.indexOf(x)] === undefined);
  if (missing >= 0 && !allowUnused) throw unused(missing);
  const own = found.map((each) => each && separate(each, createGraph));
  // An x that is asked for twice gets two gradients, so that one can be disposed of.
  return xs.map((x, i) => {
    const each = own[distinct.indexOf(x)];
    return xs.indexOf(x) === i ? each : each?.clone();
  });
}

/**
 * The gradient in a buffer of its own. One buffer may be the gradient of several tensors, or a tensor of the user's that
 * a formula returned; with a graph, the handle too.
 */
function separate(gradient: Tensor, createGraph: boolean): Tensor {
  if (createGraph) return withGradMode(true, () => gradient.clone());
  if (!gradient.storage.isShared) return gradient;
  const copy = unrecorded(() => gradient.clone());
  gradient.free(internal);
  return copy;
}

type TensorFunction<A extends readonly unknown[]> = (...args: A) => Tensor;

/**
 * The derivative of a function that returns one number: `grad(f)(x, …)` is the gradient of `f(x, …)` for `x`, its first argument.
 * It can be nested: `grad((x) => grad(f)(x).sum())` is a second derivative.
 *
 * @example
 * ```ts
 * import { grad, type Tensor, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const cube = (x: Tensor) => x.pow(3).sum();
 * console.log(grad(cube)(tensor([1, 2])).toArray()); // [3, 12]
 * ```
 */
export function grad<A extends readonly [Tensor, ...unknown[]]>(f: TensorFunction<A>): TensorFunction<A> {
  checkCall('grad', arguments, ['f']);
  const both = valueAndGrad(f);
  return (...args) => both(...args).grad;
}

/** As {@link grad}, with the value of the function: `{ value, grad }`. */
export function valueAndGrad<A extends readonly [Tensor, ...unknown[]]>(
  f: TensorFunction<A>,
): (...args: A) => { readonly value: Tensor; readonly grad: Tensor } {
  checkCall('valueAndGrad', arguments, ['f']);
  return (...args) => {
    const [first, ...rest] = args;
    if (!isInstance(first, TensorBase, 'grad', 'the first argument'))
      throw new ArgumentError('grad: the first argument is not a Tensor; it is what the gradient is for');
    const isTracked = isGradEnabled() && first.requiresGrad;
    // What is computed here may be differentiated in turn: by an outer grad, or because the argument is tracked.
    const nested = isGradEnabled() && (isTracked || currentContext().gradDepth > 0);
    const x = isTracked ? first : first.detach();
    if (!isTracked) x.requiresGrad = true;
    const value = evaluate(() => f(...([x, ...rest] as unknown as A)));
    const options: PassOptions = { createGraph: nested, retainGraph: nested };
    if (!value.requiresGrad)
      throw new GradientError('grad: the value of the function does not depend on its first argument');
    const [found] = gradientsOf([value], [x], [undefined], options);
    if (found === undefined)
      throw new GradientError('grad: the value of the function does not depend on its first argument');
    return { value: nested ? value : value.detach(), grad: separate(found, nested) };
  };
}

function evaluate(f: () => Tensor): Tensor {
  return during('gradDepth', currentContext().gradDepth + 1, () => withGradMode(true, f));
}
