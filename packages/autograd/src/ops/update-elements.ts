// updateElements: new values for the elements of many tensors in one pass, by a formula that is data.

import { shown } from '../arguments/shown.js';
import { defineOp, required } from '../dispatch/define-op.js';
import { type ElementFormula, type ElementOp, elementFormula } from '../dispatch/element-formula.js';
import { type OpSamples, type SampleInput, samples } from '../dispatch/samples-type.js';
import { ArgumentError, ShapeError } from '../errors.js';
import { internalScope } from '../memory/scope.js';
import { formatShape, type Shape, sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, div, maximum, minimum, mul, sub } from './arithmetic.js';
import { needFloat, needSameDType } from './checks.js';
import { equal, less, lessEqual, notEqual } from './compare.js';
import { cast } from './copy.js';
import { abs, neg, sign, sqrt, square } from './elementwise.js';
import { expand } from './expand.js';
import { scalarLike } from './scalar.js';
import { where } from './where.js';

/**
 * Changes tensors in place, each element by the same formula of the elements at its place: what most optimisers do, in one
 * pass over memory whatever the formula. It takes a list of tensors for each target of the formula, and one for each operand;
 * the tensors k of all lists belong together, and may have another shape than the tensors k + 1.
 *
 *     targets[i][k] ← formula(targets[0][k], targets[1][k], …, operands[0][k], …), element by element
 *
 * @throws ArgumentError when lists or their lengths do not fit the formula; ShapeError or DTypeError when tensors that belong
 * together differ.
 *
 * @example
 * ```ts
 * import { elementFormula, tensor, updateElements, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * // A step of the length 0.5 against the sign of the gradient, for two parameters at once.
 * const step = elementFormula(1, 1, ([param], [grad]) => [param!.sub(grad!.sign().mul(0.5))]);
 * const params = [tensor([1, 2]), tensor([[3]])];
 * updateElements([params], [[tensor([10, -10]), tensor([[0.1]])]], step);
 * console.log(params.map((param) => param.toArray())); // [[0.5, 2.5], [[2.5]]]
 * ```
 */
export const updateElements = /* @__PURE__ */ defineOp({
  name: 'updateElements',
  inputs: ['...targets', '...operands'],
  outputs: [],
  attrs: { formula: required<ElementFormula>() },
  mutates: ['targets'],
  grad: 'nondifferentiable',
  infer: ({ targets, operands }, { formula }) => {
    const count = targets.length / formula.targets;
    if (!Number.isInteger(count) || operands.length !== count * formula.operands) {
      throw new ArgumentError(
        `updateElements: got ${targets.length} targets and ${operands.length} operands for a formula of ${formula.targets} and ${formula.operands}; give each of them equally many tensors`,
      );
    }
    for (const [name, list] of [
      ['targets', targets],
      ['operands', operands],
    ] as const) {
      for (let i = 0; i < list.length; i++) {
        const [tensor, first] = [list[i]!, targets[i % count]!];
        if (!sameShape(tensor.shape, first.shape)) {
          throw new ShapeError(
            `updateElements: targets[${i % count}] is ${formatShape(first.shape)} and ${name}[${i}] is ${formatShape(tensor.shape)}; they must be the same`,
          );
        }
        if (tensor.dtype !== first.dtype)
          needSameDType('updateElements', `targets[${i % count}]`, first, `${name}[${i}]`, tensor);
        needFloat('updateElements', name, tensor);
      }
    }
  },
  compose: ({ targets, operands }, { formula }) => {
    const count = targets.length / formula.targets;
    const next = [...targets];
    for (let k = 0; k < count; k++) {
      // Freed for each, so that not all that lies in between is held at once.
      const temporary = internalScope();
      const results: Tensor[] = [];
      try {
        const values = [...targets, ...operands].filter((_, i) => i % count === k);
        const { shape } = values[0]!;
        for (const step of formula.steps) {
          if (typeof step === 'number') values.push(scalarLike('updateElements', step, values[0]!));
          else {
            const [op, ...from] = step;
            values.push(composed[op](...from.map((i) => values[i]!)));
          }
        }
        for (const value of formula.results) {
          const result = values[value]!;
          results.push(sameShape(result.shape, shape) ? result : expand(result, shape));
        }
      } finally {
        temporary.endWith(results);
      }
      results.forEach((result, i) => {
        next[i * count + k] = result;
      });
    }
    return { targets: next };
  },
  takes: { parameters: ['targets', 'operands', 'formula'] },
  call:
    (run) =>
    (
      targets: readonly (readonly Tensor[])[],
      operands: readonly (readonly Tensor[])[],
      formula: ElementFormula,
    ): void => {
      checkLists('targets', targets, formula.targets);
      checkLists('operands', operands, formula.operands);
      run({ targets: targets.flat(), operands: operands.flat() }, { formula });
    },
});

const test =
  (compare: (a: Tensor, b: Tensor) => Tensor) =>
  (a: Tensor, b: Tensor): Tensor =>
    cast(compare(a, b), a.dtype);

/** What each step is in ops. */
const composed: Readonly<Record<ElementOp, (...values: Tensor[]) => Tensor>> = {
  add: (a, b) => add(a!, b!),
  sub: (a, b) => sub(a!, b!),
  mul: (a, b) => mul(a!, b!),
  div: (a, b) => div(a!, b!),
  maximum: (a, b) => maximum(a!, b!),
  minimum: (a, b) => minimum(a!, b!),
  less: (a, b) => test(less)(a!, b!),
  lessEqual: (a, b) => test(lessEqual)(a!, b!),
  equal: (a, b) => test(equal)(a!, b!),
  neg: (x) => neg(x!),
  abs: (x) => abs(x!),
  sign: (x) => sign(x!),
  square: (x) => square(x!),
  sqrt: (x) => sqrt(x!),
  where: (condition, a, b) => where(notEqual(condition!, 0), a!, b!),
};

/** Throws unless it is a list of as many lists as wanted, all of one length. */
function checkLists(name: string, lists: readonly (readonly Tensor[])[], wanted: number): void {
  if (!Array.isArray(lists) || !lists.every((list) => Array.isArray(list))) {
    throw new ArgumentError(
      `updateElements: ${name} is ${shown(lists)}, needs an array of lists of tensors, one list for each of the formula's ${name}`,
    );
  }
  if (lists.length !== wanted || lists.some(({ length }) => length !== lists[0]!.length)) {
    throw new ArgumentError(
      `updateElements: ${name} has lists of [${lists.map(({ length }) => length).join(', ')}] tensors, needs ${wanted} lists of one length`,
    );
  }
}

export const updateElementsSamples = (): readonly OpSamples[] => {
  const shapes: Shape[] = [[3, 5], [2], [19]];
  const drawn = (times: number): SampleInput[] =>
    Array.from({ length: times }, () => shapes.map((shape): SampleInput => ({ shape }))).flat();
  // A running mean and a mean square, as most optimisers have; constants on both sides, and a value that is used twice.
  const means = elementFormula(3, 1, ([param, mean, square], [grad]) => {
    const g = grad!.add(param!.mul(0.1));
    const nextMean = mean!.mul(0.9).add(g.mul(0.1));
    const nextSquare = square!.abs().mul(0.99).add(g.square().mul(0.01));
    return [param!.sub(nextMean.div(nextSquare.sqrt().add(0.5)).mul(0.3)), nextMean, nextSquare];
  });
  // Every op; targets that take each other's former value, and one that stays.
  const all = elementFormula(3, 2, ([a, b, c], [x, y]) => {
    const turned = x!.mul(y!).less(0).where(b!.neg(), a!);
    const bounded = x!
      .clamp(-1, 1)
      .add(y!.sign().mul(a!.maximum(b!)))
      .sub(a!.minimum(0.5));
    return [turned.add(a!.lessEqual(b!)).sub(x!.equal(x!)).mul(a!.constant(0.5)), bounded.add(a!.greater(y!)), c!];
  });
  const start = elementFormula(2, 1, ([param], [grad]) => [param!.add(grad!), param!.constant(0.25)]);
  return [
    samples(updateElements, [
      { inputs: { targets: drawn(3), operands: drawn(1) }, attrs: { formula: means } },
      { inputs: { targets: drawn(3), operands: drawn(2) }, attrs: { formula: all } },
      { inputs: { targets: drawn(2), operands: drawn(1) }, attrs: { formula: start } },
    ]),
  ];
};
