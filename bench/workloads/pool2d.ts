// Pooling, forward, and with its gradient. TensorFlow.js gets images in its own layout, channels last.

import * as dl from '@dl/autograd';
import type { Tf, TfTensor } from '../engines/tfjs-api.js';
import { image, type Workload } from './workload.js';

interface Case {
  readonly x: readonly [number, number, number, number];
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
}

const cases: readonly Case[] = [
  { x: [1, 1, 8, 8], kernel: 2, stride: 2, padding: 0 },
  { x: [64, 6, 28, 28], kernel: 2, stride: 2, padding: 0 },
  { x: [8, 32, 64, 64], kernel: 3, stride: 2, padding: 1 },
  { x: [8, 32, 65, 65], kernel: 3, stride: 2, padding: 0 },
  { x: [8, 32, 14, 14], kernel: 7, stride: 7, padding: 0 },
];

type Pools = readonly [
  name: string,
  dl: (x: dl.Tensor, kernel: number, options: dl.PoolOptions) => dl.Tensor,
  tfjs: 'maxPool' | 'avgPool',
];

const pools: readonly Pools[] = [
  ['maxPool2d', dl.maxPool2d, 'maxPool'],
  // TensorFlow.js does not count the padding.
  ['avgPool2d', (x, kernel, options) => dl.avgPool2d(x, kernel, { ...options, countIncludePad: false }), 'avgPool'],
];

export const pool2d: readonly Workload[] = pools.flatMap(([name, ours, theirs]) =>
  cases.flatMap(({ x: shape, kernel, stride, padding }): Workload[] => {
    const lengths = shape.slice(2).map((length) => Math.floor((length + 2 * padding - kernel) / stride + 1));
    const pooled = [shape[0], shape[1], ...lengths];
    const pool = (tf: Tf, x: TfTensor): TfTensor => tf[theirs](x, kernel, stride, padding, 'floor');
    const label = `${name} ${kernel}x${kernel} stride ${stride}`;
    const forward: Workload = {
      name: `${label} [${shape.join(', ')}]`,
      inputs: [image(shape)],
      dl: (x) => () => ours(x, kernel, { stride, padding }),
      tfjs: (tf, x) => () => pool(tf, x),
      output: 'image',
    };
    const withGradient: Workload = {
      name: `${label} and gradient [${shape.join(', ')}]`,
      inputs: [image(shape), image(pooled)],
      dl: (x, g) => {
        const gradient = dl.grad((leaf: dl.Tensor) => dl.sum(dl.mul(ours(leaf, kernel, { stride, padding }), g)));
        return () => gradient(x);
      },
      tfjs: (tf, x, g) => {
        const gradient = tf.grad((leaf) => tf.sum(tf.mul(pool(tf, leaf), g)));
        return () => gradient(x);
      },
      output: 'image',
    };
    // Its gradient of an average counts the padding, though its average does not.
    return name === 'avgPool2d' && padding > 0 ? [forward] : [forward, withGradient];
  }),
);
