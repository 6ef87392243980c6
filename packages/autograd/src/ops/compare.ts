// Comparisons and logic: the results are bool, and have no gradient.

import { defineOp } from '../dispatch/define-op.js';
import { type OpSamples, samples } from '../dispatch/samples-type.js';
import type { Tensor } from '../tensor/tensor.js';
import { broadcastSpec, needDType } from './checks.js';
import { type Operand, operands } from './scalar.js';

function comparison(name: string) {
  return defineOp({
    name,
    inputs: ['a', 'b'],
    infer: ({ a, b }) => ({ shape: broadcastSpec(name, a, b).shape, dtype: 'bool' as const }),
    grad: 'nondifferentiable',
    takes: { parameters: ['a', 'b'] },
    call:
      (run) =>
      (a: Operand, b: Operand): Tensor =>
        run(operands(name, a, b), {}),
  });
}

function connective(name: string) {
  return defineOp({
    name,
    inputs: ['a', 'b'],
    infer: ({ a, b }) => {
      needDType(name, 'a', a, 'bool');
      needDType(name, 'b', b, 'bool');
      return broadcastSpec(name, a, b);
    },
    grad: 'nondifferentiable',
  });
}

/** a = b. NaN equals nothing. */
export const equal = /* @__PURE__ */ comparison('equal');
/** a ≠ b */
export const notEqual = /* @__PURE__ */ comparison('notEqual');
/** a < b */
export const less = /* @__PURE__ */ comparison('less');
/** a ≤ b */
export const lessEqual = /* @__PURE__ */ comparison('lessEqual');
/** a > b */
export const greater = /* @__PURE__ */ comparison('greater');
/** a ≥ b */
export const greaterEqual = /* @__PURE__ */ comparison('greaterEqual');

/** True where both are. */
export const logicalAnd = /* @__PURE__ */ connective('logicalAnd');
/** True where either is. */
export const logicalOr = /* @__PURE__ */ connective('logicalOr');
/** True where exactly one is. */
export const logicalXor = /* @__PURE__ */ connective('logicalXor');

/** True where x is false. */
export const logicalNot = /* @__PURE__ */ defineOp({
  name: 'logicalNot',
  inputs: ['x'],
  infer: ({ x }) => {
    needDType('logicalNot', 'x', x, 'bool');
    return { shape: x.shape, dtype: x.dtype };
  },
  grad: 'nondifferentiable',
});

const pairs = [
  { inputs: { a: [1, 2, 3, Number.NaN], b: [1, 3, 2, Number.NaN] } },
  { inputs: { a: { shape: [2, 3, 4] }, b: { shape: [3, 1] } } },
  {
    inputs: {
      a: { shape: [3, 4], dtype: 'int32', low: 0, high: 3 },
      b: { shape: [3, 4], dtype: 'int32', low: 0, high: 3 },
    },
  },
] as const;
const truths = [
  { inputs: { a: [true, true, false, false], b: [true, false, true, false] } },
  { inputs: { a: { shape: [3, 1], dtype: 'bool' }, b: { shape: [4], dtype: 'bool' } } },
] as const;

export const compareSamples = (): readonly OpSamples[] => [
  ...[equal, notEqual, less, lessEqual, greater, greaterEqual].map((op) => samples(op, pairs)),
  ...[logicalAnd, logicalOr, logicalXor].map((op) => samples(op, truths as never)),
  samples(logicalNot, [{ inputs: { x: [true, false] } }]),
];
