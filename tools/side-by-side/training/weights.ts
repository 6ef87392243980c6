// Weights by a formula, so that both sides begin alike whatever draws the first weights of a module.

import { noGrad, type Tensor, tensor } from '@dl/autograd';
import type { Module } from '@dl/layers';

/** Overwrites all parameters of a model with numbers in the usual range of each. */
export function startByFormula(model: Module): void {
  let state = 1;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
  for (const [name, parameter] of model.namedParameters()) {
    const { shape } = parameter;
    const data = Float32Array.from({ length: parameter.size }, () => {
      if (shape.length === 1) return (name.includes('norm') && name.endsWith('weight') ? 1 : 0) + next() / 10;
      return next() * Math.sqrt(name.toLowerCase().includes('embedding') ? 3 / shape[1]! : 6 / (shape[0]! + shape[1]!));
    });
    noGrad(() => assign(parameter, tensor({ data, shape })));
  }
}

function assign(parameter: Tensor, values: Tensor): void {
  parameter.assign(values);
  values.dispose();
}
