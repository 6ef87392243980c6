// The linear map of a layer: weighted sums of the features, and a bias.

import type { Known } from '../arguments/check-call.js';
import { defineOp, type Spec } from '../dispatch/define-op.js';
import { type OpSamples, samples } from '../dispatch/samples-type.js';
import { ArgumentError, ShapeError } from '../errors.js';
import { formatShape, sizeOf } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { reluGrad, sigmoidGrad, tanhGrad } from './activation-grads.js';
import { relu } from './activations.js';
import { add } from './arithmetic.js';
import { needFloat, needRank, needSameDType, needTensor } from './checks.js';
import { cast } from './copy.js';
import { sigmoid, tanh } from './elementwise.js';
import { matmul } from './matmul.js';
import { sum } from './reduce.js';
import { reshape } from './reshape.js';

interface LinearSpecs {
  readonly x: Spec;
  readonly weight: Spec;
  readonly bias: Spec | undefined;
}

function linearSpec({ x, weight, bias }: LinearSpecs): Spec {
  needFloat('linear', 'x', x);
  needSameDType('linear', 'x', x, 'weight', weight);
  needRank('linear', 'weight', weight, 2, '[outFeatures, inFeatures]');
  const [out, features] = weight.shape as readonly [number, number];
  if (x.shape.at(-1) !== features) {
    throw new ShapeError(
      `linear: x is ${formatShape(x.shape)} and weight ${formatShape(weight.shape)}; the last axis of both needs as many features`,
    );
  }
  if (bias !== undefined) {
    needSameDType('linear', 'x', x, 'bias', bias);
    if (bias.shape.length !== 1 || bias.shape[0] !== out) {
      throw new ShapeError(
        `linear: bias is ${formatShape(bias.shape)} and weight ${formatShape(weight.shape)}; needs ${formatShape([out])}`,
      );
    }
  }
  return { shape: [...x.shape.slice(0, -1), out], dtype: x.dtype };
}

/** The gradients, from that of what the product gave. */
function linearGradients(dz: () => Tensor, x: Tensor, weight: Tensor) {
  return {
    x: (): Tensor => matmul(dz(), weight),
    weight: (): Tensor => matmul(rowsOf(dz()), rowsOf(x), { transposeA: true }),
    bias: (): Tensor => sum(rowsOf(dz()), 0),
  };
}

/** What may follow a linear map in the same pass: activations whose derivative follows from their result. */
export type LinearActivation = 'none' | keyof typeof followers;

const followers = {
  relu: { apply: (z: Tensor): Tensor => relu(z), grad: (dy: Tensor, y: Tensor): Tensor => reluGrad(dy, y) },
  tanh: { apply: (z: Tensor): Tensor => tanh(z), grad: (dy: Tensor, y: Tensor): Tensor => tanhGrad(dy, y) },
  sigmoid: { apply: (z: Tensor): Tensor => sigmoid(z), grad: (dy: Tensor, y: Tensor): Tensor => sigmoidGrad(dy, y) },
};

export interface LinearOptions {
  /** Applied to the result in the same pass. Default `none`. */
  readonly activation?: LinearActivation;
}

const linearOptions: Known<LinearOptions> = { activation: ['none', 'relu', 'tanh', 'sigmoid'] };

/**
 * y = x Wᵀ + b: x [..., inFeatures], weight [outFeatures, inFeatures], bias [outFeatures] → [..., outFeatures]. Its
 * gradients are dx = dy W, dW = dyᵀ x and db = Σ dy, the last two over all axes in front. With `activation` the result is
 * `relu`, `tanh` or `sigmoid` of that, in one pass.
 *
 * @throws ShapeError when the features of x and weight differ, or the bias has another length than the weight has rows.
 *
 * @example
 * ```ts
 * import { linear, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const weight = tensor([[1, 0], [0, -1], [1, 1]]);
 * console.log(linear(tensor([1, 2]), weight, tensor([0, 0, 10])).toArray()); // [1, -2, 13]
 * console.log(linear(tensor([1, 2]), weight, undefined, { activation: 'relu' }).toArray()); // [1, 0, 3]
 * ```
 */
export const linear = /* @__PURE__ */ defineOp({
  name: 'linear',
  inputs: ['x', 'weight', 'bias?'],
  saves: ['x', 'weight'],
  halves: { inputs: ['weight', 'bias'], unpack: cast },
  infer: linearSpec,
  grad: ({ dy, x, weight }) => linearGradients(() => dy, x, weight),
  compose: ({ x, weight, bias }): Tensor => {
    const y = matmul(x, weight, { transposeB: true });
    return bias === undefined ? y : add(y, bias);
  },
  takes: { parameters: ['x', 'weight', 'bias'], options: linearOptions },
  call:
    (run) =>
    (x: Tensor, weight: Tensor, bias?: Tensor, { activation = 'none' }: LinearOptions = {}): Tensor => {
      needTensor('linear', 'x', x);
      needTensor('linear', 'weight', weight);
      if (activation === 'none') return run({ x, weight, bias }, {});
      if (!Object.hasOwn(followers, activation)) {
        throw new ArgumentError(`linear: activation is '${activation}', needs 'none', 'relu', 'tanh' or 'sigmoid'`);
      }
      return linearActivated.run({ x, weight, bias }, { activation });
    },
});

/** A linear map and its activation: what `linear` with an activation runs. */
export const linearActivated = /* @__PURE__ */ defineOp({
  name: 'linearActivated',
  inputs: ['x', 'weight', 'bias?'],
  attrs: { activation: 'relu' as keyof typeof followers },
  saves: ['x', 'weight', 'y'],
  halves: { inputs: ['weight', 'bias'], unpack: cast },
  infer: linearSpec,
  grad: ({ dy, x, weight, y }, { activation }) => {
    let dz: Tensor | undefined;
    return linearGradients(() => (dz ??= followers[activation].grad(dy, y)), x, weight);
  },
  compose: ({ x, weight, bias }, { activation }): Tensor => followers[activation].apply(linear(x, weight, bias)),
});

/** [..., features] → [rows, features] */
function rowsOf(x: Tensor): Tensor {
  return x.rank === 2 ? x : reshape(x, [sizeOf(x.shape.slice(0, -1)), x.shape.at(-1)!]);
}

export const linearSamples = (): readonly OpSamples[] => [
  samples(
    linear,
    [
      { inputs: { x: { shape: [3, 4] }, weight: { shape: [5, 4] }, bias: { shape: [5] } } },
      { inputs: { x: { shape: [3, 4] }, weight: { shape: [5, 4] } } },
      { inputs: { x: { shape: [4] }, weight: { shape: [2, 4] }, bias: { shape: [2] } } },
      { inputs: { x: { shape: [2, 3, 4] }, weight: { shape: [1, 4] }, bias: { shape: [1] } } },
      { inputs: { x: { shape: [2, 9, 33] }, weight: { shape: [17, 33] }, bias: { shape: [17] } } },
    ],
    { tolerance: 2e-6 },
  ),
  samples(
    linearActivated,
    [
      { inputs: { x: { shape: [3, 4] }, weight: { shape: [5, 4] }, bias: { shape: [5] } } },
      { inputs: { x: { shape: [3, 4] }, weight: { shape: [5, 4] } }, attrs: { activation: 'tanh' } },
      {
        inputs: { x: { shape: [2, 9, 33] }, weight: { shape: [17, 33] }, bias: { shape: [17] } },
        attrs: { activation: 'sigmoid' },
      },
      {
        inputs: { x: { shape: [2, 13, 40] }, weight: { shape: [21, 40] }, bias: { shape: [21] } },
        attrs: { activation: 'relu' },
      },
    ],
    { tolerance: 2e-6 },
  ),
];
