// ClassToken: a learned vector before each sequence, which gathers what is to be said about all of it.

import {
  checkCall,
  checkInteger,
  concat,
  expand,
  formatShape,
  type Shape,
  ShapeError,
  type Tensor,
  zeros,
} from '@dl/autograd';
import { Module, needTensor, type ParameterOptions, parameter, parameterOptions, tidied } from '@dl/layers';

/**
 * Puts one learned vector before each sequence: [N, length, embedDim] → [N, 1 + length, embedDim] (Devlin et al., BERT, 2019; Dosovitskiy et al., "An image is worth 16x16
 * words", 2021). What a transformer makes of it, at position 0, is what a class is read from. The parameter, `cls_token` [1, 1, embedDim] in a
 * `stateDict()`, starts as zeros.
 *
 * @throws ShapeError for sequences of another width.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { ClassToken } from '@dl/attention';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const token = new ClassToken(32);
 * console.log(token.forward(randn([2, 24, 32])).shape); // [2, 25, 32]
 * ```
 */
export class ClassToken extends Module<readonly [x: Tensor], Tensor> {
  readonly embedDim: number;
  /** [1, 1, embedDim]. */
  readonly token: Tensor;

  constructor(embedDim: number, options: ParameterOptions = {}) {
    checkCall('ClassToken', arguments, ['embedDim'], parameterOptions);
    super();
    this.embedDim = checkInteger('ClassToken', 'embedDim', embedDim, 1);
    const { generator: _, ...made } = options;
    this.token = parameter(zeros([1, 1, embedDim], made), { name: 'cls_token' });
  }

  forward(x: Tensor): Tensor {
    checkCall('ClassToken.forward', arguments, ['x']);
    needTensor('ClassToken', x, this.token);
    if (x.rank !== 3 || x.shape[2] !== this.embedDim) {
      throw new ShapeError(`ClassToken: input is ${formatShape(x.shape)}, needs [N, length, ${this.embedDim}]`);
    }
    return tidied(
      () => concat([expand(this.token, [x.shape[0]!, 1, this.embedDim]), x], 1),
      (y) => [y],
    );
  }

  override multiplyAdds(_input: Shape, _output: Shape): number {
    return 0;
  }

  override describe(): string {
    return `${this.embedDim}`;
  }
}
