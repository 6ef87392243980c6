// Single operations at the size at which memory and arithmetic are all that counts.

import * as dl from '@dl/autograd';
import { call, filter, floats, image, type Workload } from './workload.js';

const MANY = 10_000_000;
const [IMAGES, CHANNELS, SIDE] = [8, 64, 56];
const pads = [
  [0, 0],
  [1, 1],
  [1, 1],
  [0, 0],
];
const onePadding = [
  [1, 1],
  [1, 1],
];
const x = image([IMAGES, CHANNELS, SIDE, SIDE]);
const weight = filter([CHANNELS, CHANNELS, 3, 3], 'filter', 0.05);
/** Small, so that the filters' gradients, sums over all positions, are about 1. */
const dy = floats([IMAGES, CHANNELS, SIDE, SIDE], { low: -0.02, high: 0.02, layout: 'image' });
const geometry: dl.ConvGeometry = { stride: [1, 1], padding: [1, 1, 1, 1], dilation: [1, 1], groups: 1 };

export const large: readonly Workload[] = [
  call(
    'conv2d 3x3 forward',
    [x, weight],
    (a, w) => dl.conv2d(a, w, { padding: 1 }),
    (tf, a, w) => tf.conv2d(a, w, 1, pads),
    {
      jax: (jax, a, w) => {
        const forward = jax.jit((...all: readonly (typeof a)[]) =>
          jax.lax.convGeneralDilated(all[0]!, all[1]!, [1, 1], onePadding),
        );
        return () => forward(a.ref, w.ref);
      },
      onnx: { graph: (g, a, w) => g.op('Conv', [a!, w!], { pads: [1, 1, 1, 1] }) },
      torch: 'lambda x, w: lambda: F.conv2d(x, w, padding=1)',
      output: 'image',
      tolerance: 1e-3,
    },
  ),
  // Not in TensorFlow.js: its `wasm` backend lacks the filters' gradient, its `cpu` backend takes minutes.
  call(
    'conv2d 3x3 backward',
    [x, weight, dy],
    (a, w, g) => [
      dl.conv2dInputGrad.run({ g, weight: w }, { ...geometry, shape: a.shape }),
      dl.conv2dWeightGrad.run({ x: a, g }, { ...geometry, shape: w.shape }),
    ],
    undefined,
    {
      jax: (jax, a, w, g) => {
        const conv = (h: typeof a, k: typeof a) => jax.lax.convGeneralDilated(h, k, [1, 1], onePadding);
        const toInput = jax.jit((...all: readonly (typeof a)[]) =>
          jax.grad((h: typeof a) => conv(h, all[1]!).mul(all[2]!).sum())(all[0]!),
        );
        const toWeight = jax.jit((...all: readonly (typeof a)[]) =>
          jax.grad((k: typeof a) => conv(all[0]!, k).mul(all[2]!).sum())(all[1]!),
        );
        return () => [toInput(a.ref, w.ref, g.ref), toWeight(a.ref, w.ref, g.ref)];
      },
      torch: `lambda x, w, g: lambda: torch.ops.aten.convolution_backward(
        g, x, w, None, [1, 1], [1, 1], [1, 1], False, [0, 0], 1, [True, True, False])[:2]`,
      tolerance: 1e-3,
      tooSlow: ['jax-js wasm'],
    },
  ),
  call('relu', [floats([MANY])], dl.relu, (tf, a) => tf.relu(a), {
    jax: (jax, a) => {
      const relu = jax.jit(jax.nn.relu);
      return () => relu(a.ref);
    },
    onnx: { graph: (g, a) => g.op('Relu', [a!]) },
    torch: 'lambda x: lambda: torch.relu(x)',
    memoryBound: true,
  }),
  call(
    'add',
    [floats([MANY]), floats([MANY])],
    (a, b) => dl.add(a, b),
    (tf, a, b) => tf.add(a, b),
    {
      jax: (jax, a, b) => {
        const add = jax.jit((left: typeof a, right: typeof a) => jax.numpy.add(left, right));
        return () => add(a.ref, b.ref);
      },
      onnx: { feeds: 2, graph: (g, a, b) => g.op('Add', [a!, b!]) },
      torch: 'lambda a, b: lambda: a + b',
      memoryBound: true,
    },
  ),
  call('exp', [floats([MANY])], dl.exp, (tf, a) => tf.exp(a), {
    jax: (jax, a) => {
      const exp = jax.jit(jax.numpy.exp);
      return () => exp(a.ref);
    },
    onnx: { graph: (g, a) => g.op('Exp', [a!]) },
    torch: 'lambda x: lambda: torch.exp(x)',
    memoryBound: true,
  }),
  call(
    'softmax',
    [floats([4096, 1000])],
    (a) => dl.softmax(a),
    (tf, a) => tf.softmax(a),
    {
      jax: (jax, a) => {
        const softmax = jax.jit((rows: typeof a) => jax.nn.softmax(rows, -1));
        return () => softmax(a.ref);
      },
      onnx: { graph: (g, a) => g.op('Softmax', [a!], { axis: -1 }) },
      torch: 'lambda x: lambda: torch.softmax(x, 1)',
      memoryBound: true,
    },
  ),
];
