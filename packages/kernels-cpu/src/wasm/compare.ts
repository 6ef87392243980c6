// Comparisons of two tensors, with broadcasting, and logic.

import {
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  notEqual,
} from '@dl/autograd';
import { binary } from './broadcast.js';
import { CHEAP, pointerOf } from './engine.js';
import { wasmKernel } from './kernel.js';
import { splitElements } from './split.js';

export const equalKernel = binary(equal, 'compareEqual');
export const notEqualKernel = binary(notEqual, 'compareNotEqual');
export const lessKernel = binary(less, 'compareLess');
export const lessEqualKernel = binary(lessEqual, 'compareLessEqual');
export const greaterKernel = binary(greater, 'compareLess', { swapped: true });
export const greaterEqualKernel = binary(greaterEqual, 'compareLessEqual', { swapped: true });

// A byte an element.
const logic = { dtype: 'bool', grain: 4 * CHEAP } as const;

export const logicalAndKernel = binary(logicalAnd, 'logicalAnd', logic);
export const logicalOrKernel = binary(logicalOr, 'logicalOr', logic);
export const logicalXorKernel = binary(logicalXor, 'logicalXor', logic);

export const logicalNotKernel = wasmKernel(logicalNot, (engine, { x, y }) => {
  const [from, to] = [pointerOf(x), pointerOf(y)];
  splitElements(engine, y.size, CHEAP, (wasm, first, count) => wasm.logicalNot(from + first, to + first, count));
  return true;
});
