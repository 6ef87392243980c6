// The linear map of a layer: a matrix product, and the bias added to every row of it.

import { defineKernel, linear, linearActivated } from '@dl/autograd';
import { bufferOf } from '../buffer.js';
import { reluKernel } from './activations.js';
import { sigmoidKernel, tanhKernel } from './elementwise.js';
import { rowsOf } from './kernel.js';
import { matmulKernel } from './matmul.js';

export const linearKernel = defineKernel(linear, ({ x, weight, bias, y }) => {
  matmulKernel.run({ a: rowsOf(x), b: weight, y: rowsOf(y) }, { transposeA: false, transposeB: true });
  if (bias === undefined) return;
  const [values, added] = [bufferOf(y.handle).values, bufferOf(bias.handle).values];
  for (let i = 0; i < y.size; ) for (let c = 0; c < added.length; c++, i++) values[i]! += added[c]!;
});

const activations = { relu: reluKernel, tanh: tanhKernel, sigmoid: sigmoidKernel };

export const linearActivatedKernel = defineKernel(linearActivated, ({ y, ...inputs }, { activation }) => {
  linearKernel.run({ ...inputs, y }, {});
  activations[activation].run({ x: y, y }, {});
});
