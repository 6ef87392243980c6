// The updates of the optimisers: one call changes all parameters of a group in place, with what is remembered of each.

import type { Known } from '../arguments/check-call.js';
import { shown } from '../arguments/shown.js';
import { defineOp, required, type Spec } from '../dispatch/define-op.js';
import { type OpSamples, type SampleInput, samples } from '../dispatch/samples-type.js';
import { ArgumentError, ShapeError } from '../errors.js';
import { formatShape, type Shape, sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, div, maximum, mul, sub } from './arithmetic.js';
import { needFloat, needSameDType } from './checks.js';
import { neg, sqrt, square } from './elementwise.js';

/**
 * One step of stochastic gradient descent, in place, for each parameter with its gradient and its buffer:
 *
 *     g ← grad + weightDecay · param         (-grad with maximize)
 *     buffer ← momentum · buffer + (1 - dampening) · g        (where isNew: buffer ← g)
 *     g ← g + momentum · buffer if nesterov, else buffer
 *     param ← param - lr · g
 *
 * as in PyTorch, where the learning rate is outside of the momentum: a change of it acts at once. Without momentum there are
 * no buffers. `isNew` says of each buffer whether it has no direction yet; its content then does not matter.
 *
 * @throws ShapeError when a gradient or a buffer differs in shape from its parameter, DTypeError when in dtype.
 *
 * @example
 * ```ts
 * import { noGrad, sgdUpdate, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const [w, dw] = [tensor([1, 2]), tensor([10, -10])];
 * sgdUpdate([w], [dw], [], { lr: 0.1 });
 * console.log(w.toArray()); // [0, 3]
 * ```
 */
export const sgdUpdate = /* @__PURE__ */ defineOp({
  name: 'sgdUpdate',
  inputs: ['...params', '...grads', '...buffers'],
  outputs: [],
  attrs: {
    lr: required<number>(),
    momentum: 0,
    dampening: 0,
    nesterov: false,
    weightDecay: 0,
    maximize: false,
    isNew: [] as readonly boolean[],
  },
  mutates: ['params', 'buffers'],
  grad: 'nondifferentiable',
  infer: ({ params, grads, buffers }, { momentum, isNew }) => {
    needOneEach('sgdUpdate', 'params', params, params.length);
    needAlike('sgdUpdate', params, 'grads', grads);
    const count = momentum === 0 ? 0 : params.length;
    needAlike('sgdUpdate', params.slice(0, count), 'buffers', buffers);
    needOneEach('sgdUpdate', 'isNew', isNew, count);
  },
  compose: ({ params, grads, buffers }, { lr, momentum, dampening, nesterov, weightDecay, maximize, isNew }) => {
    const newBuffers: Tensor[] = [];
    const newParams = params.map((param, i) => {
      const g = decayed(maximize ? neg(grads[i]!) : grads[i]!, param, weightDecay);
      if (momentum === 0) return sub(param, mul(g, lr));
      const buffer = isNew[i] ? g : add(mul(buffers[i]!, momentum), mul(g, 1 - dampening));
      newBuffers.push(buffer);
      return sub(param, mul(nesterov ? add(g, mul(buffer, momentum)) : buffer, lr));
    });
    return { params: newParams, buffers: newBuffers };
  },
  takes: {
    parameters: ['params', 'grads', 'buffers'],
    options: {
      lr: 'number',
      momentum: 'number',
      dampening: 'number',
      nesterov: 'boolean',
      weightDecay: 'number',
      maximize: 'boolean',
      isNew: 'list',
    } satisfies Known<SGDUpdateOptions>,
  },
  call:
    (run) =>
    (
      params: readonly Tensor[],
      grads: readonly Tensor[],
      buffers: readonly Tensor[],
      options: SGDUpdateOptions,
    ): void =>
      run({ params, grads, buffers }, { ...sgdUpdate.defaults, ...options }),
});

/** How far to go, and what of the former steps stays; see {@link sgdUpdate}. */
export interface SGDUpdateOptions {
  readonly lr: number;
  readonly momentum?: number;
  readonly dampening?: number;
  readonly nesterov?: boolean;
  readonly weightDecay?: number;
  readonly maximize?: boolean;
  /** Of each buffer whether this is its first step. Needed with momentum. */
  readonly isNew?: readonly boolean[];
}

/**
 * One step of Adam, in place, for each parameter with its gradient, its running means and its step t, counted from 1:
 *
 *     g ← grad + weightDecay · param         (-grad with maximize)
 *     m ← β₁ m + (1 - β₁) g
 *     v ← β₂ v + (1 - β₂) g²
 *     param ← param - lr · m / (1 - β₁ᵗ) / (√v / √(1 - β₂ᵗ) + eps)
 *
 * (Kingma & Ba, 2015). With `decoupled`, weight decay leaves the gradient alone and shrinks the parameter before the last
 * line: param ← (1 - lr · weightDecay) · param (AdamW; Loshchilov & Hutter, 2019). With `maxExpAvgSqs` the largest v so far
 * stands in for v in the last line (AMSGrad; Reddi et al., 2018); without it the list is empty. All means begin as zeros.
 *
 * @throws ShapeError when a gradient or a mean differs in shape from its parameter, DTypeError when in dtype.
 *
 * @example
 * ```ts
 * import { adamUpdate, tensor, useBackend, zeros } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const [w, dw, m, v] = [tensor([1, 2]), tensor([10, -10]), zeros([2]), zeros([2])];
 * adamUpdate([w], [dw], [m], [v], [], { lr: 0.1, steps: [1] });
 * console.log(w.toArray()); // [0.9, 2.1]: the first step is lr long, whatever the gradient
 * ```
 */
export const adamUpdate = /* @__PURE__ */ defineOp({
  name: 'adamUpdate',
  inputs: ['...params', '...grads', '...expAvgs', '...expAvgSqs', '...maxExpAvgSqs'],
  outputs: [],
  attrs: {
    lr: required<number>(),
    betas: [0.9, 0.999] as readonly [number, number],
    eps: 1e-8,
    weightDecay: 0,
    decoupled: false,
    maximize: false,
    steps: required<readonly number[]>(),
  },
  mutates: ['params', 'expAvgs', 'expAvgSqs', 'maxExpAvgSqs'],
  grad: 'nondifferentiable',
  infer: ({ params, grads, expAvgs, expAvgSqs, maxExpAvgSqs }, { steps }) => {
    needOneEach('adamUpdate', 'params', params, params.length);
    needAlike('adamUpdate', params, 'grads', grads);
    needAlike('adamUpdate', params, 'expAvgs', expAvgs);
    needAlike('adamUpdate', params, 'expAvgSqs', expAvgSqs);
    if (maxExpAvgSqs.length > 0) needAlike('adamUpdate', params, 'maxExpAvgSqs', maxExpAvgSqs);
    needOneEach('adamUpdate', 'steps', steps, params.length);
  },
  compose: (
    { params, grads, expAvgs, expAvgSqs, maxExpAvgSqs },
    { lr, betas: [beta1, beta2], eps, weightDecay, decoupled, maximize, steps },
  ) => {
    const g = grads.map((grad, i) => decayed(maximize ? neg(grad) : grad, params[i]!, decoupled ? 0 : weightDecay));
    const mix = (mean: Tensor, value: Tensor, beta: number): Tensor => add(mul(mean, beta), mul(value, 1 - beta));
    const means = expAvgs.map((mean, i) => mix(mean, g[i]!, beta1));
    const squares = expAvgSqs.map((mean, i) => mix(mean, square(g[i]!), beta2));
    const largest = maxExpAvgSqs.map((former, i) => maximum(former, squares[i]!));
    const newParams = params.map((param, i) => {
      const spread = div(sqrt((largest.length > 0 ? largest : squares)[i]!), Math.sqrt(1 - beta2 ** steps[i]!));
      const change = mul(div(means[i]!, add(spread, eps)), lr / (1 - beta1 ** steps[i]!));
      return sub(decoupled && weightDecay !== 0 ? mul(param, 1 - lr * weightDecay) : param, change);
    });
    return { params: newParams, expAvgs: means, expAvgSqs: squares, maxExpAvgSqs: largest };
  },
  takes: {
    parameters: ['params', 'grads', 'expAvgs', 'expAvgSqs', 'maxExpAvgSqs'],
    options: {
      lr: 'number',
      betas: 'numbers',
      eps: 'number',
      weightDecay: 'number',
      decoupled: 'boolean',
      maximize: 'boolean',
      steps: 'numbers',
    } satisfies Known<AdamUpdateOptions>,
  },
  call:
    (run) =>
    (
      params: readonly Tensor[],
      grads: readonly Tensor[],
      expAvgs: readonly Tensor[],
      expAvgSqs: readonly Tensor[],
      maxExpAvgSqs: readonly Tensor[],
      options: AdamUpdateOptions,
    ): void =>
      run({ params, grads, expAvgs, expAvgSqs, maxExpAvgSqs }, { ...adamUpdate.defaults, ...options }),
});

/** How far to go, and what of the former steps stays; see {@link adamUpdate}. */
export interface AdamUpdateOptions {
  readonly lr: number;
  readonly betas?: readonly [number, number];
  readonly eps?: number;
  readonly weightDecay?: number;
  readonly decoupled?: boolean;
  readonly maximize?: boolean;
  /** For each parameter the number of this step, from 1. */
  readonly steps: readonly number[];
}

function decayed(grad: Tensor, param: Tensor, weightDecay: number): Tensor {
  return weightDecay === 0 ? grad : add(grad, mul(param, weightDecay));
}

/** Throws unless there is one tensor for each parameter, of its shape and dtype, and that is a float. */
function needAlike(op: string, params: readonly Spec[], name: string, others: readonly Spec[]): void {
  needOneEach(op, name, others, params.length);
  for (let i = 0; i < params.length; i++) {
    const [param, other] = [params[i]!, others[i]!];
    if (!sameShape(other.shape, param.shape)) {
      throw new ShapeError(
        `${op}: params[${i}] is ${formatShape(param.shape)} and ${name}[${i}] is ${formatShape(other.shape)}; they must be the same`,
      );
    }
    if (other.dtype !== param.dtype) needSameDType(op, `params[${i}]`, param, `${name}[${i}]`, other);
    needFloat(op, name, other);
  }
}

function needOneEach(op: string, name: string, list: readonly unknown[], count: number): void {
  if (!Array.isArray(list)) throw new ArgumentError(`${op}: ${name} is ${shown(list)}, needs an array`);
  if (list.length !== count) {
    throw new ArgumentError(`${op}: ${name} has length ${list.length}, needs ${count}, one for each parameter`);
  }
}

export const optimSamples = (): readonly OpSamples[] => {
  const shapes: Shape[] = [[3, 5], [2], [19]];
  const drawn = shapes.map((shape): SampleInput => ({ shape }));
  const above0 = shapes.map((shape): SampleInput => ({ shape, low: 0.01, high: 3 }));
  const each = { params: drawn, grads: drawn };
  const isNew = [false, true, false];
  const buffered = { ...each, buffers: drawn };
  const adam = { ...each, expAvgs: drawn, expAvgSqs: above0, maxExpAvgSqs: [] };
  const largest = { ...adam, maxExpAvgSqs: above0 };
  const steps = [1, 7, 1000];
  return [
    samples(sgdUpdate, [
      { inputs: { ...each, buffers: [] }, attrs: { lr: 0.1 } },
      { inputs: { ...each, buffers: [] }, attrs: { lr: 0.1, weightDecay: 0.3, maximize: true } },
      { inputs: buffered, attrs: { lr: 0.1, momentum: 0.9, isNew } },
      { inputs: buffered, attrs: { lr: 0.5, momentum: 0.7, dampening: 0.2, weightDecay: 0.1, maximize: true, isNew } },
      { inputs: buffered, attrs: { lr: 0.1, momentum: 0.8, nesterov: true, weightDecay: 0.05, isNew } },
    ]),
    samples(adamUpdate, [
      { inputs: adam, attrs: { lr: 0.1, steps } },
      { inputs: adam, attrs: { lr: 0.5, betas: [0.5, 0.7], eps: 0.01, weightDecay: 0.3, maximize: true, steps } },
      { inputs: largest, attrs: { lr: 0.1, weightDecay: 0.1, steps } },
      { inputs: largest, attrs: { lr: 0.1, weightDecay: 0.1, decoupled: true, steps } },
      { inputs: adam, attrs: { lr: 0.1, weightDecay: 0.5, decoupled: true, maximize: true, steps } },
    ]),
  ];
};
