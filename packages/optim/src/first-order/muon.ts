// Muon: momentum whose matrix is made orthogonal before each step.

import { checkCall, ShapeError, type Tensor } from '@dl/autograd';
import { mix, shrink, slope } from '../core/descent.js';
import type { NewGroup, ParametersOrGroups } from '../core/optimizer-base.js';
import { atLeast0, decay, learningRate, wholeNumber, yesOrNo } from '../core/option-checks.js';
import type { GroupOptions, OptionsSpec } from '../core/options.js';
import { PerParameterOptimizer, type Update } from '../core/per-parameter.js';
import type { Form, Remembered } from '../core/state.js';

export interface MuonOptions {
  /** The learning rate: about how far a weight matrix goes in each of its directions. Default 0.001. */
  readonly lr?: number;
  /** How much of the running mean of the gradient stays in each step. Default 0.95. */
  readonly momentum?: number;
  /** Look ahead by one step of momentum. Default true. */
  readonly nesterov?: boolean;
  /** Takes lr · weightDecay · param off the parameter, beside the gradient. Default 0.1. */
  readonly weightDecay?: number;
  /** How often the iteration that makes a matrix orthogonal is repeated. Default 5. */
  readonly nsSteps?: number;
  /** The least norm that a direction is divided by. Default 1e-7. */
  readonly eps?: number;
  /** Go up the gradient instead of down. Default false. */
  readonly maximize?: boolean;
}

/** The running mean of the gradient. */
export type MuonMemory = { readonly momentumBuffer: Tensor };

const spec: OptionsSpec<MuonOptions> = {
  defaults: { lr: 1e-3, momentum: 0.95, nesterov: true, weightDecay: 0.1, nsSteps: 5, eps: 1e-7, maximize: false },
  checks: {
    lr: learningRate,
    momentum: decay,
    nesterov: yesOrNo,
    weightDecay: atLeast0,
    nsSteps: wholeNumber,
    eps: atLeast0,
    maximize: yesOrNo,
  },
};

/**
 * Muon (Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024), for the weight matrices of hidden
 * layers; give embeddings, the last layer, biases and norms to AdamW. Filters of a convolution count as one row each. The
 * options are those of PyTorch's Muon.
 *
 *     m ← momentum · m + (1 - momentum) · g
 *     d = momentum · m + (1 - momentum) · g if nesterov, else m
 *     param ← (1 - lr · weightDecay) · param - lr · √max(1, rows / columns) · orthogonal(d)
 *
 * `orthogonal` brings the singular values near 1, between about 0.7 and 1.2, by Newton–Schulz's iteration:
 * X ← d / ‖d‖, then nsSteps times X ← 3.4445 X - 4.775 X XᵀX + 2.0315 X (XᵀX)².
 *
 * @throws ShapeError for a parameter of less than two axes; ArgumentError for an option out of its range.
 *
 * @example
 * ```ts
 * import { eye, scope, useBackend, zeros } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Muon } from '@dl/optim';
 * await useBackend(cpu());
 * const w = zeros([3, 3], { requiresGrad: true });
 * const optimizer = new Muon([w], { lr: 0.02, weightDecay: 0 });
 * for (let i = 0; i < 100; i++) {
 *   scope(() => {
 *     w.sub(eye(3)).square().sum().backward();
 *     optimizer.step();
 *     optimizer.zeroGrad();
 *   });
 * }
 * console.log(w.toArray()); // near the identity, within about 0.1: steps have the same length to the end
 * ```
 */
export class Muon extends PerParameterOptimizer<MuonOptions, MuonMemory> {
  constructor(parameters: ParametersOrGroups<MuonOptions>, options: MuonOptions = {}) {
    checkCall('Muon', arguments, ['parameters'], spec.checks);
    super('Muon', parameters, spec, options);
  }

  override addParamGroup(group: NewGroup<MuonOptions>): void {
    // What is no group of tensors is for the base to refuse.
    group?.params?.forEach((param, i) => {
      if (!(param?.rank < 2)) return;
      throw new ShapeError(
        `Muon: parameter ${i} of group ${this.paramGroups.length} has shape [${param.shape.join(', ')}], needs two axes or more; give biases, norms and the like to AdamW`,
      );
    });
    super.addParamGroup(group);
  }

  protected override update(
    param: Tensor,
    grad: Tensor,
    memory: Remembered<MuonMemory>,
    { lr, momentum, nesterov, weightDecay, nsSteps, eps, maximize }: GroupOptions<MuonOptions>,
  ): Update<MuonMemory> {
    const g = slope(param, grad, { maximize });
    const momentumBuffer = mix(memory.momentumBuffer, g, momentum);
    const direction = nesterov ? mix(g, momentumBuffer, 1 - momentum) : momentumBuffer;
    const [rows] = param.shape as [number];
    const columns = param.size / rows;
    const turned = orthogonal(direction.reshape([rows, columns]), nsSteps, eps).reshape(param.shape);
    const shrunk = shrink(param, lr, weightDecay);
    return { param: shrunk.sub(turned.mul(lr * Math.sqrt(Math.max(1, rows / columns)))), memory: { momentumBuffer } };
  }

  protected override forms({ shape }: Tensor): Readonly<Record<keyof MuonMemory, Form>> {
    return { momentumBuffer: { shape } };
  }
}

/** A matrix with the same singular vectors and singular values near 1, by an iteration of fifth order. */
function orthogonal(matrix: Tensor, steps: number, eps: number): Tensor {
  const [rows, columns] = matrix.shape as readonly [number, number];
  // The smaller of the two products of X with itself.
  const isTall = rows > columns;
  let x = isTall ? matrix.transpose(0, 1) : matrix;
  x = x.div(x.norm().clamp(eps, Number.POSITIVE_INFINITY));
  for (let i = 0; i < steps; i++) {
    const gram = x.matmul(x, { transposeB: true });
    const quintic = gram.mul(-4.775).add(gram.matmul(gram).mul(2.0315));
    x = x.mul(3.4445).add(quintic.matmul(x));
  }
  return isTall ? x.transpose(0, 1) : x;
}
