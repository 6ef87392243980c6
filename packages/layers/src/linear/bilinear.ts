// Bilinear: every output is a weighted sum of products, of each input of one vector with each of another.

import {
  checkCall,
  checkInteger,
  formatShape,
  type Known,
  matmul,
  reshape,
  type Shape,
  ShapeError,
  sizeOf,
  type Tensor,
} from '@dl/autograd';
import { formatArguments, needTensor } from '../core/checks.js';
import { Module } from '../core/module.js';
import { type ParameterOptions, parameter, parameterOptions } from '../core/parameter.js';
import { fanInUniform } from '../init/initialisers.js';

/** Options of {@link Bilinear}. */
export interface BilinearOptions extends ParameterOptions {
  /** Add a bias. Default true. */
  readonly bias?: boolean;
}

const bilinearOptions: Known<BilinearOptions> = { bias: 'boolean', ...parameterOptions };

/**
 * y_k = Σ_ij a_i · W_kij · b_j + bias_k: [..., in1Features] and [..., in2Features] → [..., outFeatures], with the weight
 * [outFeatures, in1Features, in2Features]. Both start uniform on ±1/√in1Features, as PyTorch's do.
 *
 * @throws ShapeError when an input has other features, or the two have other axes before them.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Bilinear } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new Bilinear(4, 5, 3).forward(randn([2, 4]), randn([2, 5])).shape); // [2, 3]
 * ```
 */
export class Bilinear extends Module<[a: Tensor, b: Tensor]> {
  readonly in1Features: number;
  readonly in2Features: number;
  readonly outFeatures: number;
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;

  constructor(in1Features: number, in2Features: number, outFeatures: number, options: BilinearOptions = {}) {
    checkCall('Bilinear', arguments, ['in1Features', 'in2Features', 'outFeatures'], bilinearOptions);
    const { bias = true, ...rest } = options;
    super();
    this.in1Features = checkInteger('Bilinear', 'in1Features', in1Features, 1);
    this.in2Features = checkInteger('Bilinear', 'in2Features', in2Features, 1);
    this.outFeatures = checkInteger('Bilinear', 'outFeatures', outFeatures, 1);
    this.weight = parameter(fanInUniform([outFeatures, in1Features, in2Features], in1Features, rest));
    this.bias = bias ? parameter(fanInUniform([outFeatures], in1Features, rest)) : undefined;
  }

  forward(a: Tensor, b: Tensor): Tensor {
    needTensor('Bilinear', a, this.weight);
    needTensor('Bilinear', b, this.weight);
    const { in1Features: i, in2Features: j, outFeatures: o } = this;
    const before = a.shape.slice(0, -1);
    if (a.shape.at(-1) !== i || b.shape.at(-1) !== j || `${before}` !== `${b.shape.slice(0, -1)}`) {
      throw new ShapeError(
        `Bilinear: the inputs are ${formatShape(a.shape)} and ${formatShape(b.shape)}, needs [..., ${i}] and [..., ${j}] with the same axes before`,
      );
    }
    const count = sizeOf(before);
    // One product of matrices for all outputs, and then one for each example.
    const half = matmul(reshape(b, [count, j]), reshape(this.weight, [o * i, j]), { transposeB: true });
    const y = reshape(matmul(reshape(half, [count, o, i]), reshape(a, [count, i, 1])), [...before, o]);
    return this.bias === undefined ? y : y.add(this.bias);
  }

  override multiplyAdds(_input: Shape, output: Shape): number {
    return sizeOf(output) * (this.in1Features * this.in2Features + this.in1Features);
  }

  override describe(): string {
    return formatArguments([this.in1Features, this.in2Features, this.outFeatures], {
      bias: [this.bias !== undefined, true],
    });
  }
}
