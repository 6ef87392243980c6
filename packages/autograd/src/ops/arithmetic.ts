// Arithmetic on two tensors, or a tensor and a number, with NumPy broadcasting.

import { defineOp, type GradContext } from '../dispatch/define-op.js';
import { type OpSamples, samples } from '../dispatch/samples-type.js';
import { unrecorded } from '../graph/grad-mode.js';
import type { Tensor } from '../tensor/tensor.js';
import { broadcastSpec, needFloat, needNumeric } from './checks.js';
import { equal, greater, greaterEqual, less, logicalAnd } from './compare.js';
import { log, neg, round } from './elementwise.js';
import { sumTo } from './expand.js';
import { type Operand, operands } from './scalar.js';
import { where } from './where.js';

type Context<S extends 'a' | 'b' | 'y'> = GradContext<readonly ['a', 'b'], readonly ['y'], S>;
type Formula<S extends 'a' | 'b' | 'y'> = (context: Context<S>) => Tensor;

/** An op on two operands. The formulas give the gradients in the broadcast shape; what was stretched is summed here. */
function arithmetic<const S extends 'a' | 'b' | 'y'>(
  name: string,
  { saves, floatOnly = false }: { readonly saves: readonly S[]; readonly floatOnly?: boolean },
  da: Formula<S>,
  db: Formula<S>,
) {
  return defineOp({
    name,
    inputs: ['a', 'b'],
    saves,
    infer: ({ a, b }) => {
      const need = floatOnly ? needFloat : needNumeric;
      need(name, 'a', a);
      need(name, 'b', b);
      return broadcastSpec(name, a, b);
    },
    grad: (context: Context<S>) => ({
      a: (): Tensor => sumTo(da(context), context.a.shape),
      b: (): Tensor => sumTo(db(context), context.b.shape),
    }),
    takes: { parameters: ['a', 'b'] },
    call:
      (run) =>
      (a: Operand, b: Operand): Tensor =>
        run(operands(name, a, b), {}),
  });
}

/** a + b */
export const add = /* @__PURE__ */ arithmetic(
  'add',
  { saves: [] },
  ({ dy }): Tensor => dy,
  ({ dy }): Tensor => dy,
);

/** a - b */
export const sub = /* @__PURE__ */ arithmetic(
  'sub',
  { saves: [] },
  ({ dy }): Tensor => dy,
  ({ dy }): Tensor => neg(dy),
);

/** a · b, element by element. */
export const mul = /* @__PURE__ */ arithmetic(
  'mul',
  { saves: ['a', 'b'] },
  ({ dy, b }): Tensor => mul(dy, b),
  ({ dy, a }): Tensor => mul(dy, a),
);

/** a / b, for floats. */
export const div = /* @__PURE__ */ arithmetic(
  'div',
  { saves: ['b', 'y'], floatOnly: true },
  ({ dy, b }): Tensor => div(dy, b),
  // Not by b², which overflows where the gradient does not.
  ({ dy, b, y }): Tensor => neg(div(mul(dy, y), b)),
);

/** The remainder a - b ⌊a/b⌋, with the sign of b, as in Python. */
export const mod = /* @__PURE__ */ arithmetic(
  'mod',
  { saves: ['a', 'b', 'y'] },
  ({ dy }): Tensor => dy,
  // ⌊a/b⌋ of the rounded quotient would be one too many where that reaches the next whole number. It is constant but for jumps:
  // recorded, its derivative would be 0 times what may be infinite or NaN.
  ({ dy, a, b, y }): Tensor =>
    neg(
      mul(
        dy,
        unrecorded(() => round(div(sub(a, y), b))),
      ),
    ),
);

/** a to the power b, for floats; 0⁰ is 1. */
export const pow = /* @__PURE__ */ arithmetic(
  'pow',
  { saves: ['a', 'b', 'y'], floatOnly: true },
  // Where b is 0 the derivative is 0, although 0 · a^-1 is NaN at a = 0; nor may it be met on the way to the second.
  ({ dy, a, b }): Tensor => {
    const isConstant = equal(b, 0);
    return where(isConstant, 0, mul(dy, mul(b, pow(a, sub(where(isConstant, 1, b), 1)))));
  },
  ({ dy, a, b, y }): Tensor => {
    const isConstant = logicalAnd(equal(a, 0), greaterEqual(b, 0));
    return where(isConstant, 0, mul(dy, mul(y, log(where(isConstant, 1, a)))));
  },
);

/** The larger of the two; at a tie each gets half of the gradient. NaN if either is. */
export const maximum = /* @__PURE__ */ arithmetic(
  'maximum',
  { saves: ['a', 'b'] },
  ({ dy, a, b }): Tensor => share(dy, a, b, less(a, b)),
  ({ dy, a, b }): Tensor => share(dy, a, b, greater(a, b)),
);

/** The smaller of the two; at a tie each gets half of the gradient. NaN if either is. */
export const minimum = /* @__PURE__ */ arithmetic(
  'minimum',
  { saves: ['a', 'b'] },
  ({ dy, a, b }): Tensor => share(dy, a, b, greater(a, b)),
  ({ dy, a, b }): Tensor => share(dy, a, b, less(a, b)),
);

/** dy, but half of it where a and b are equal, and none for the one that lost. NaN loses to nothing. */
function share(dy: Tensor, a: Tensor, b: Tensor, hasLost: Tensor): Tensor {
  return where(hasLost, 0, where(equal(a, b), mul(dy, 0.5), dy));
}

const shapes = [
  { inputs: { a: { shape: [3, 4] }, b: { shape: [3, 4] } } },
  { inputs: { a: { shape: [2, 3, 4] }, b: { shape: [3, 1] } } },
  { inputs: { a: 1.5, b: { shape: [4] } } },
  { inputs: { a: { shape: [5] }, b: -0.75 } },
  { inputs: { a: { shape: [2, 1, 3, 1] }, b: { shape: [4, 1, 5] } } },
] as const;
const integers = [
  {
    inputs: {
      a: { shape: [3, 4], dtype: 'int32', low: -9, high: 9 },
      b: { shape: [4], dtype: 'int32', low: 1, high: 9 },
    },
  },
] as const;
const nonzero = [
  { inputs: { a: { shape: [3, 4] }, b: { shape: [3, 4], low: 0.5, high: 2 } } },
  { inputs: { a: { shape: [2, 3, 4] }, b: { shape: [3, 1], low: -2, high: -0.5 } } },
] as const;
const bases = [
  { inputs: { a: { shape: [3, 4], low: 0.3, high: 2 }, b: { shape: [3, 4] } } },
  { inputs: { a: { shape: [4] }, b: 3 }, smooth: false },
  { inputs: { a: [0, 0, 0, 2], b: [0, 1, 2, 0] }, smooth: false },
] as const;
const ties = { inputs: { a: [1, 2, 3], b: [1, 3, 2] }, smooth: false } as const;

export const arithmeticSamples = (): readonly OpSamples[] => [
  samples(add, [...shapes, ...integers]),
  samples(sub, [...shapes, ...integers]),
  samples(mul, [...shapes, ...integers]),
  samples(div, nonzero),
  samples(mod, [...nonzero, ...integers]),
  samples(pow, bases, { tolerance: 2e-6 }),
  samples(maximum, [...shapes, ...integers, ties]),
  samples(minimum, [...shapes, ...integers, ties]),
];
