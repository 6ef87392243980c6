// Calling a kernel: room for its outputs, and nothing left behind when it fails.

import type { Backend } from '../backend/backend.js';
import type { Context } from '../context/context.js';
import { allocateTensor } from '../tensor/allocate.js';
import type { Tensor } from '../tensor/tensor.js';
import type { AnyOp, Kernel, Spec } from './define-op.js';
import type { Inputs } from './run-op.js';

export function runKernel(
  op: AnyOp,
  kernel: Kernel,
  inputs: Inputs,
  attrs: object,
  specs: readonly Spec[],
  backend: Backend,
  context: Context,
): Tensor[] {
  const outputs: Tensor[] = [];
  try {
    for (let i = 0; i < specs.length; i++) {
      const { shape, dtype } = specs[i]!;
      outputs.push(allocateTensor(backend, shape, dtype, op.name, context));
    }
    kernel(op.signature.tensors(inputs, outputs), attrs);
  } catch (error) {
    for (const output of outputs) output.dispose();
    throw error;
  }
  return outputs;
}
