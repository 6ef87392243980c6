// Tensors where plain JavaScript takes anything: in operators, in loops over indices. What would be wrong without a word says what to write.

import { ArgumentError, ShapeError } from '../errors.js';
import { formatShape, type Shape } from './shape.js';

/** What an operator gets of a tensor: an error, because JavaScript would compute with NaN, or with a text. */
export function inOperator(hint: string, shape: Shape): ArgumentError {
  const tensor = `a tensor ${formatShape(shape)}`;
  return new ArgumentError(
    hint === 'number'
      ? `${tensor} is no number for the operators of JavaScript (-x, x * 2, x < 1): use neg(x), mul(x, 2), less(x, 1), or x.item(), the number of one element`
      : `${tensor} is no number for the operators of JavaScript (x + 1, x == 1): use add(x, 1), equal(x, 1), or x.item(), the number of one element; in a text, \`\${x}\``,
  );
}

/**
 * Makes `x.length` and `x[0]` errors: they would be undefined, and a loop over them would do nothing. They are no members of the
 * class, so that the compiler goes on refusing them. Of indices there are the first ones, with which code begins.
 */
export function refuseIndexing(prototype: object): void {
  const refuse = (name: string, error: (shape: Shape) => Error): void => {
    Object.defineProperty(prototype, name, {
      configurable: true,
      get(this: { readonly shape?: Shape }) {
        // The prototype itself is looked at by debuggers.
        if (this.shape === undefined) return undefined;
        throw error(this.shape);
      },
    });
  };
  refuse(
    'length',
    (shape) =>
      new ShapeError(
        `length: a tensor ${formatShape(shape)} has none; x.size is the number of its elements, and x.shape[0] that of its rows`,
      ),
  );
  for (const index of [-1, 0, 1, 2, 3]) {
    refuse(
      String(index),
      (shape) =>
        new ShapeError(
          `x[${index}] of a tensor ${formatShape(shape)}: JavaScript has no such index of tensors; use x.slice([${index}]) for a part, x.toArray() or await x.data() for its numbers`,
        ),
    );
  }
}
