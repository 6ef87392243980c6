// Rotary positions: pairs of features turn by angles that grow with the position.

import type { Known } from '../arguments/check-call.js';
import { defineOp, type Spec } from '../dispatch/define-op.js';
import { type OpSamples, samples } from '../dispatch/samples-type.js';
import { ShapeError } from '../errors.js';
import { formatShape, sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, mul, sub } from './arithmetic.js';
import { needFloat, needSameDType, needTensor } from './checks.js';
import { neg } from './elementwise.js';
import { sumTo } from './expand.js';
import { concat, stack } from './join.js';
import { reshape } from './reshape.js';
import { slice } from './slice.js';

/** Which features turn together: i and i + half of those that turn, as in Llama, or neighbours, as in the paper. */
export type RotaryLayout = 'halves' | 'pairs';

export interface RotaryOptions {
  /** Which two features turn together: i and i + rotated/2 (`halves`, default), or 2i and 2i + 1 (`pairs`). */
  readonly layout?: RotaryLayout;
}

const rotaryOptions: Known<RotaryOptions> = { layout: ['halves', 'pairs'] };

function check({ x, cos, sin }: { readonly x: Spec; readonly cos: Spec; readonly sin: Spec }): void {
  needFloat('rotary', 'x', x);
  needSameDType('rotary', 'x', x, 'cos', cos);
  needSameDType('rotary', 'x', x, 'sin', sin);
  if (!sameShape(cos.shape, sin.shape)) {
    throw new ShapeError(
      `rotary: cos is ${formatShape(cos.shape)} and sin ${formatShape(sin.shape)}; needs both of one shape, as rotaryTables gives them`,
    );
  }
  if (x.shape.length < 2 || cos.shape.length < 2) {
    throw new ShapeError(
      `rotary: x is ${formatShape(x.shape)} and cos ${formatShape(cos.shape)}; needs [..., length, features] and [..., length, rotated / 2]`,
    );
  }
  const [features, columns] = [x.shape.at(-1)!, cos.shape.at(-1)!];
  if (2 * columns > features) {
    const most = features - (features % 2);
    throw new ShapeError(
      `rotary: x has ${features} features and cos ${columns} columns, for ${2 * columns} of them, since features turn two by two; make the tables for at most ${most}: rotaryTables(length, ${most})`,
    );
  }
  const extra = x.shape.length - cos.shape.length;
  if (extra < 0 || cos.shape.slice(0, -1).some((length, axis) => length !== 1 && length !== x.shape[axis + extra])) {
    throw new ShapeError(
      `rotary: cos is ${formatShape(cos.shape)}, and does not broadcast to x, ${formatShape(x.shape)}; needs [..., length, rotated / 2] with the length of x, and its axes in front or 1`,
    );
  }
}

/** The two features of each pair, and those that do not turn. */
function partsOf(x: Tensor, columns: number, layout: RotaryLayout): readonly [Tensor, Tensor, Tensor | undefined] {
  const rotated = 2 * columns;
  const features = x.shape.at(-1)!;
  const rest = rotated < features ? slice(x, ['...', [rotated, features]]) : undefined;
  if (layout === 'halves') return [slice(x, ['...', [0, columns]]), slice(x, ['...', [columns, rotated]]), rest];
  return [slice(x, ['...', [0, rotated, 2]]), slice(x, ['...', [1, rotated, 2]]), rest];
}

/** The other way round. */
function joined(first: Tensor, second: Tensor, rest: Tensor | undefined, layout: RotaryLayout): Tensor {
  const last = first.rank - 1;
  const all = rest === undefined ? [] : [rest];
  if (layout === 'halves') return concat([first, second, ...all], last);
  const pairs = reshape(stack([first, second], -1), first.shape.with(-1, 2 * first.shape.at(-1)!));
  return rest === undefined ? pairs : concat([pairs, ...all], last);
}

/**
 * Features turned by the angles of their positions (rotary position embedding; Su et al., RoFormer, 2021): the two of pair i become
 *
 * a cos - b sin and b cos + a sin,
 *
 * with the cosine and sine of column i in the row of that position. So the product of a query and a key depends on how far apart they
 * are, not on where they stand. x [..., length, features], cos and sin [..., length, rotated / 2], which broadcast over the axes in front of x →
 * [..., length, features]. Features from `rotated` on pass as they are. {@link rotaryTables} makes the tables; for positions of each sequence
 * of a batch of their own, give tables of [batch, 1, length, rotated / 2] to an x of [batch, heads, length, features].
 *
 * Its gradient for x is the same with the angles turned back, and cos and sin have theirs.
 *
 * @throws ShapeError when there are more columns than pairs of features, or the tables do not fit the length.
 *
 * @example
 * ```ts
 * import { rand, rotary, rotaryTables, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const q = rand([2, 4, 10, 16]); // [batch, heads, length, features]
 * const { cos, sin } = rotaryTables(10, 16);
 * console.log(rotary(q, cos, sin).shape); // [2, 4, 10, 16]
 * console.log(rotary(q, cos, sin, { layout: 'pairs' }).slice([0, 0, 0]).sub(q.slice([0, 0, 0])).abs().max().item()); // 0: position 0 does not turn
 * ```
 */
export const rotary = /* @__PURE__ */ defineOp({
  name: 'rotary',
  inputs: ['x', 'cos', 'sin'],
  attrs: { layout: 'halves' as RotaryLayout },
  saves: ['x', 'cos', 'sin'],
  infer: (given) => {
    check(given);
    return { shape: given.x.shape, dtype: given.x.dtype };
  },
  grad: ({ dy, x, cos, sin }, attrs) => {
    const columns = cos.shape.at(-1)!;
    const parts = (of: Tensor) => partsOf(of, columns, attrs.layout);
    return {
      x: (): Tensor => rotary.run({ x: dy, cos, sin: neg(sin) }, attrs),
      cos: (): Tensor => {
        const [[ga, gb], [a, b]] = [parts(dy), parts(x)];
        return sumTo(add(mul(ga, a), mul(gb, b)), cos.shape);
      },
      sin: (): Tensor => {
        const [[ga, gb], [a, b]] = [parts(dy), parts(x)];
        return sumTo(sub(mul(gb, a), mul(ga, b)), sin.shape);
      },
    };
  },
  compose: ({ x, cos, sin }, { layout }): Tensor => {
    const [a, b, rest] = partsOf(x, cos.shape.at(-1)!, layout);
    return joined(sub(mul(a, cos), mul(b, sin)), add(mul(b, cos), mul(a, sin)), rest, layout);
  },
  takes: { parameters: ['x', 'cos', 'sin'], options: rotaryOptions },
  call:
    (run) =>
    (x: Tensor, cos: Tensor, sin: Tensor, { layout = 'halves' }: RotaryOptions = {}): Tensor => {
      for (const [name, each] of Object.entries({ x, cos, sin })) needTensor('rotary', name, each);
      return run({ x, cos, sin }, { layout });
    },
});

/** Tables are any numbers here, since the formula holds for all. */
export const rotarySamples = (): readonly OpSamples[] => [
  samples(
    rotary,
    [
      { inputs: { x: { shape: [2, 3, 4] }, cos: { shape: [3, 2] }, sin: { shape: [3, 2] } } },
      {
        inputs: { x: { shape: [2, 3, 4] }, cos: { shape: [3, 2] }, sin: { shape: [3, 2] } },
        attrs: { layout: 'pairs' },
      },
      // Some features pass as they are; positions of each sequence of its own.
      { inputs: { x: { shape: [2, 2, 2, 5] }, cos: { shape: [2, 1, 2, 1] }, sin: { shape: [2, 1, 2, 1] } } },
      {
        inputs: { x: { shape: [2, 2, 2, 5] }, cos: { shape: [2, 1, 2, 2] }, sin: { shape: [2, 1, 2, 2] } },
        attrs: { layout: 'pairs' },
      },
      // One row for all, and widths beyond a vector.
      { inputs: { x: { shape: [2, 21] }, cos: { shape: [1, 9] }, sin: { shape: [1, 9] } } },
      { inputs: { x: { shape: [2, 21] }, cos: { shape: [2, 9] }, sin: { shape: [2, 9] } }, attrs: { layout: 'pairs' } },
    ],
    { tolerance: 1e-6 },
  ),
];
