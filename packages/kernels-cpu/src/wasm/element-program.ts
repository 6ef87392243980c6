// What WebAssembly runs of an element formula: few steps, on few registers.

import type { ElementFormula, ElementOp } from '@dl/autograd';

type Op = ElementOp | 'madd' | 'copy';

/** The order is that of assembly/elements.ts. */
const OPS: readonly Op[] = [
  ...(['add', 'sub', 'mul', 'div', 'maximum', 'minimum', 'less', 'lessEqual', 'equal'] as const),
  ...(['neg', 'abs', 'sign', 'square', 'sqrt', 'where', 'madd', 'copy'] as const),
];

interface Step {
  readonly op: Op;
  /** The number of its value, or that of the target which it is written to. */
  readonly y: number;
  readonly from: readonly number[];
}

/** The number of a step of the formula that is a constant, and whether it is to be negated. */
interface Constant {
  readonly step: number;
  readonly isNegated: boolean;
}

interface Draft {
  readonly steps: readonly Step[];
  /** By the numbers of values. */
  readonly constants: ReadonlyMap<number, Constant>;
  /** The first number that no value has. */
  readonly next: number;
}

export interface ElementProgram {
  readonly constants: readonly Constant[];
  /** [op, y, a, b, c] for each step, with the numbers of registers: those of tensors, of values in between, of constants. */
  readonly code: readonly number[];
  readonly steps: number;
  /** How many registers there are for values in between. */
  readonly values: number;
}

/** The program of a formula; it is that of every formula that differs in constants alone. */
export function elementProgram(formula: ElementFormula): ElementProgram {
  const tensors = formula.targets + formula.operands;
  const { steps, constants } = withResults(formula, withMultiplyAdd(formula));
  const lastUse = new Map<number, number>();
  steps.forEach(({ from }, i) => {
    for (const value of from) lastUse.set(value, i);
  });
  const registers = new Map<number, number>();
  const free: number[] = [];
  let values = 0;
  steps.forEach(({ y, from }, i) => {
    // An element is read before another one is written at its place: a value may take the register of one that ends here.
    for (const value of new Set(from)) {
      if (registers.has(value) && lastUse.get(value) === i) free.push(registers.get(value)!);
    }
    if (y >= tensors) registers.set(y, free.pop() ?? tensors + values++);
  });
  let next = tensors + values;
  for (const value of constants.keys()) registers.set(value, next++);
  const registerOf = (value: number): number => registers.get(value) ?? value;
  const code = steps.flatMap(({ op, y, from }) => {
    const [a = 0, b = 0, c = 0] = from.map(registerOf);
    return [OPS.indexOf(op), registerOf(y), a, b, c];
  });
  return { constants: [...constants.values()], code, steps: steps.length, values };
}

/** The steps of a formula, with a product that is used once, in a sum, made one step with it. */
function withMultiplyAdd({ targets, operands, steps, results }: ElementFormula): Draft {
  const uses = new Map<number, number>();
  const use = (value: number): unknown => uses.set(value, (uses.get(value) ?? 0) + 1);
  for (const step of steps) {
    if (typeof step === 'number') continue;
    const [, ...from] = step;
    from.forEach(use);
  }
  results.forEach(use);
  const constants = new Map<number, Constant>();
  const made = new Map<number, Step>();
  let next = targets + operands + steps.length;
  const productOf = (value: number): Step | undefined => {
    const step = made.get(value);
    return step?.op === 'mul' && uses.get(value) === 1 ? step : undefined;
  };
  const fuse = (op: ElementOp, [a, b]: readonly number[]): { product: Step; from: number[] } | undefined => {
    if (op === 'add') {
      const [first, second] = [productOf(a!), productOf(b!)];
      if (first !== undefined) return { product: first, from: [...first.from, b!] };
      return second && { product: second, from: [...second.from, a!] };
    }
    const product = op === 'sub' ? productOf(b!) : undefined;
    const factor = product && constants.get(product.from[1]!);
    if (product === undefined || factor === undefined) return undefined;
    constants.set(next, { ...factor, isNegated: !factor.isNegated });
    return { product, from: [product.from[0]!, next++, a!] };
  };
  steps.forEach((step, i) => {
    const y = targets + operands + i;
    if (typeof step === 'number') {
      constants.set(y, { step: i, isNegated: false });
      return;
    }
    const [op, ...from] = step;
    const fused = fuse(op, from);
    if (fused !== undefined) made.delete(fused.product.y);
    made.set(y, fused === undefined ? { op, y, from } : { op: 'madd', y, from: fused.from });
  });
  return { steps: [...made.values()], constants, next };
}

/** The same with results written to the targets: at once where no later step reads the former value, else at the end. */
function withResults({ targets, operands, results }: ElementFormula, { steps, constants, next }: Draft): Draft {
  const all = [...steps];
  const sources = results.map((value, target) => {
    if (value === target || value >= targets + operands) return value;
    // Another tensor, which may change before it is copied.
    all.push({ op: 'copy', y: next, from: [value] });
    return next++;
  });
  const copies: Step[] = [];
  const direct = new Map<number, number>();
  sources.forEach((value, target) => {
    if (value === target) return;
    const at = all.findIndex(({ y }) => y === value);
    const isFree = at >= 0 && !direct.has(value) && !all.some(({ from }, i) => i > at && from.includes(target));
    if (isFree) direct.set(value, target);
    else copies.push({ op: 'copy', y: target, from: [value] });
  });
  const place = (value: number): number => direct.get(value) ?? value;
  const placed = [...all, ...copies].map(({ op, y, from }) => ({ op, y: place(y), from: from.map(place) }));
  return { steps: placed, constants, next };
}
