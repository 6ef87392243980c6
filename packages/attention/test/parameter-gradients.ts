// The gradients of parameters, beside finite differences.

import { type Tensor, tensor } from '@dl/autograd';
import type { AnyModule } from '@dl/layers';
import { assertAllClose } from '@dl/testing';
import { expect } from 'vitest';

/** Compares the gradient of every parameter, float64, with central differences of the number that `total` computes. */
export function checkParameterGradients(model: AnyModule, total: () => Tensor): void {
  model.zeroGrad();
  total().backward();
  for (const [name, parameter] of model.namedParameters()) {
    expect(parameter.grad, name).toBeDefined();
    const values = Float64Array.from(parameter.dataSync() as Float64Array);
    const at = (i: number, value: number): number => {
      parameter.assign(tensor({ data: values.with(i, value), shape: parameter.shape }));
      return total().item();
    };
    const differences = Array.from(values, (value, i) => (at(i, value + 1e-6) - at(i, value - 1e-6)) / 2e-6);
    parameter.assign(tensor({ data: values, shape: parameter.shape }));
    assertAllClose(parameter.grad!.dataSync(), differences, { rtol: 1e-6, atol: 1e-7 });
  }
}
