// Formulas of single elements, as plain data: what to compute at each place of several tensors, in one pass over them.

import { checkCall } from '../arguments/check-call.js';
import { ArgumentError } from '../errors.js';

/** What a step computes from one, two or three values. A test gives 1 or 0, and `where` takes b unless a is 0, then c. */
export type ElementOp =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'maximum'
  | 'minimum'
  | 'less'
  | 'lessEqual'
  | 'equal'
  | 'neg'
  | 'abs'
  | 'sign'
  | 'square'
  | 'sqrt'
  | 'where';

/** A constant, or an op with the numbers of the values that it takes. */
export type ElementStep = number | readonly [op: ElementOp, ...values: number[]];

/**
 * New values of some tensors, the targets, from their own elements and those of others, the operands. Values are numbered:
 * the targets, then the operands, then the result of each step.
 */
export interface ElementFormula {
  readonly targets: number;
  readonly operands: number;
  readonly steps: readonly ElementStep[];
  /** The number of the new value of each target; its own number where it stays as it is. */
  readonly results: readonly number[];
}

/** The elements of all tensors at one place, or what was computed of them; {@link elementFormula} writes down what is done. */
export class Element {
  readonly #steps: ElementStep[];
  readonly #first: number;
  /** Its number among the values. */
  readonly value: number;

  constructor(steps: ElementStep[], first: number, value: number) {
    this.#steps = steps;
    this.#first = first;
    this.value = value;
  }

  /** The same number at each place. */
  constant(value: number): Element {
    return this.#push(value);
  }

  add(other: Element | number): Element {
    return this.#apply('add', other);
  }

  sub(other: Element | number): Element {
    return this.#apply('sub', other);
  }

  mul(other: Element | number): Element {
    return this.#apply('mul', other);
  }

  div(other: Element | number): Element {
    return this.#apply('div', other);
  }

  maximum(other: Element | number): Element {
    return this.#apply('maximum', other);
  }

  minimum(other: Element | number): Element {
    return this.#apply('minimum', other);
  }

  clamp(min: number, max: number): Element {
    return this.maximum(min).minimum(max);
  }

  neg(): Element {
    return this.#apply('neg');
  }

  abs(): Element {
    return this.#apply('abs');
  }

  /** -1, 0 or 1. */
  sign(): Element {
    return this.#apply('sign');
  }

  square(): Element {
    return this.#apply('square');
  }

  sqrt(): Element {
    return this.#apply('sqrt');
  }

  /** 1 where it is less, 0 elsewhere; so are the other tests. */
  less(other: Element | number): Element {
    return this.#apply('less', other);
  }

  lessEqual(other: Element | number): Element {
    return this.#apply('lessEqual', other);
  }

  equal(other: Element | number): Element {
    return this.#apply('equal', other);
  }

  greater(other: Element | number): Element {
    return this.#numbered(other).less(this);
  }

  /** `a` unless this is 0, then `b`. */
  where(a: Element | number, b: Element | number): Element {
    return this.#apply('where', a, b);
  }

  #numbered(other: Element | number): Element {
    return typeof other === 'number' ? this.constant(other) : other;
  }

  #apply(op: ElementOp, ...others: readonly (Element | number)[]): Element {
    const values = others.map((other) => this.#numbered(other).value);
    return this.#push([op, this.value, ...values]);
  }

  #push(step: ElementStep): Element {
    return new Element(this.#steps, this.#first, this.#first + this.#steps.push(step) - 1);
  }
}

/**
 * A formula for {@link updateElements}: `write` gets an {@link Element} for each target and each operand, computes with them as
 * with numbers, and returns the new value of each target.
 *
 * @throws ArgumentError unless `write` returns one value for each target.
 *
 * @example
 * ```ts
 * import { elementFormula, tensor, updateElements, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * // A running mean, and the largest value so far.
 * const follow = elementFormula(2, 1, ([mean, most], [x]) => [mean!.mul(0.9).add(x!.mul(0.1)), most!.maximum(x!)]);
 * const [mean, most] = [tensor([0, 0]), tensor([1, 1])];
 * updateElements([[mean], [most]], [[tensor([10, -10])]], follow);
 * console.log(mean.toArray(), most.toArray()); // [1, -1] [10, 1]
 * ```
 */
export function elementFormula(
  targets: number,
  operands: number,
  write: (targets: readonly Element[], operands: readonly Element[]) => readonly Element[],
): ElementFormula {
  checkCall('elementFormula', arguments, ['targets', 'operands', 'write']);
  const steps: ElementStep[] = [];
  const values = Array.from({ length: targets + operands }, (_, i) => new Element(steps, targets + operands, i));
  const results = write(values.slice(0, targets), values.slice(targets)).map(({ value }) => value);
  if (results.length !== targets) {
    throw new ArgumentError(
      `elementFormula: the function returned ${results.length} values for ${targets} targets; return one for each`,
    );
  }
  return { targets, operands, steps, results };
}
