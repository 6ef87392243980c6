// One-dimensional convolution, over sequences: conv2d with images that are one row high.

import { checkCall, type Known } from '../arguments/check-call.js';
import { ArgumentError } from '../errors.js';
import { checkInteger } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { needRank, needTensor } from './checks.js';
import { conv2d } from './conv2d.js';
import { reshape } from './reshape.js';

export interface Conv1dOptions {
  /** One bias for each output channel. */
  readonly bias?: Tensor;
  /** Steps between output positions. Default 1. */
  readonly stride?: number;
  /** Zeros at both ends: a number, `valid` (none), or `same` (the output as long as the input, for stride 1). Default 0. */
  readonly padding?: number | 'same' | 'valid';
  /** Steps between the taps of the filter. Default 1. */
  readonly dilation?: number;
  /** Cuts channels into independent groups. Default 1. */
  readonly groups?: number;
}

const conv1dOptions: Known<Conv1dOptions> = {
  bias: 'tensor',
  stride: 'number',
  padding: 'number or string',
  dilation: 'number',
  groups: 'number',
};

/**
 * y[n, o, i] = bias[o] + Σ_{c, u} x[n, c, i·stride + u·dilation - padding] · weight[o, c, u].
 * Input [N, C, L], weight [O, C/groups, K] → [N, O, OL] with OL = ⌊(L + 2·padding - dilation·(K - 1) - 1) / stride⌋ + 1.
 *
 * @throws ShapeError when channels, groups or sizes do not fit, as for conv2d with images of one row.
 *
 * @example
 * ```ts
 * import { conv1d, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const sequence = tensor([[[1, 2, 4, 7]]]);
 * const difference = tensor([[[-1, 1]]]);
 * console.log(conv1d(sequence, difference).toArray()); // [[[1, 2, 3]]]
 * ```
 */
export function conv1d(x: Tensor, weight: Tensor, options: Conv1dOptions = {}): Tensor {
  checkCall('conv1d', arguments, ['x', 'weight'], conv1dOptions);
  const { stride = 1, padding = 0, dilation = 1, groups = 1, ...rest } = options;
  needTensor('conv1d', 'input', x);
  needTensor('conv1d', 'weight', weight);
  needRank('conv1d', 'input', x, 3, '[batch, channels, length]');
  needRank('conv1d', 'weight', weight, 3, '[out channels, in channels / groups, length]');
  checkInteger('conv1d', 'stride', stride, 1);
  checkInteger('conv1d', 'dilation', dilation, 1);
  if (typeof padding === 'number') checkInteger('conv1d', 'padding', padding, 0);
  if (padding === 'same' && stride !== 1) {
    throw new ArgumentError(`conv1d: padding 'same' needs stride 1, got ${stride}; give the padding as a number`);
  }
  const [n, c, length] = x.shape as readonly [number, number, number];
  const [o, perGroup, taps] = weight.shape as readonly [number, number, number];
  const y = conv2d(reshape(x, [n, c, 1, length]), reshape(weight, [o, perGroup, 1, taps]), {
    ...rest,
    stride: [1, stride],
    padding: typeof padding === 'number' ? [0, padding] : padding,
    dilation: [1, dilation],
    groups,
  });
  return reshape(y, [n, o, y.shape[3]!]);
}
