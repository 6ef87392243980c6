// What the losses share: how many numbers they give, and what they check, in one voice.

import {
  ArgumentError,
  abs,
  cast,
  clamp,
  DTypeError,
  formatShape,
  greater,
  internalScope,
  isFloat,
  isInstance,
  isInteger,
  type Known,
  lessEqual,
  max,
  meanLoss,
  min,
  noGrad,
  type Shape,
  ShapeError,
  shown,
  sum,
  Tensor,
  where,
} from '@dl/autograd';

/** `mean` over all losses (default), their `sum`, or `none`: each one by itself. */
export type Reduction = 'mean' | 'sum' | 'none';

/** What every loss takes. */
export interface LossOptions {
  /** `mean` over all losses (default), their `sum`, or `none`: each one by itself. */
  readonly reduction?: Reduction;
}

export const lossOptions: Known<LossOptions> = { reduction: ['mean', 'sum', 'none'] };

export const REDUCTIONS: readonly string[] = ['mean', 'sum', 'none'];

/** Throws unless it is one of the reductions that a loss has. */
export function checkReduction(name: string, reduction: string, known = REDUCTIONS): void {
  if (known.includes(reduction)) return;
  const names = known.map((each) => `'${each}'`);
  throw new ArgumentError(
    `${name}: reduction is ${shown(reduction)}, needs ${names.slice(0, -1).join(', ')} or ${names.at(-1)}`,
  );
}

/** The losses as they are, their sum or their mean. */
export function reduceLosses(name: string, losses: Tensor, reduction: Reduction = 'mean'): Tensor {
  checkReduction(name, reduction);
  if (reduction === 'none') return losses;
  return reduction === 'sum' ? sum(losses) : meanLoss(losses);
}

/** Throws unless all are tensors of floats, of one dtype. */
export function needFloats(name: string, tensors: Readonly<Record<string, Tensor | undefined>>): void {
  let first: readonly [string, Tensor] | undefined;
  for (const [key, value] of Object.entries(tensors)) {
    if (!isInstance(value, Tensor, name, key)) {
      throw new DTypeError(`${name}: ${key} is ${shown(value)}, needs a Tensor; make one with tensor(...)`);
    }
    if (!isFloat(value.dtype)) {
      throw new DTypeError(
        `${name}: ${key} is ${value.dtype}, needs float32 or float64; cast it with .cast('float32')`,
      );
    }
    first ??= [key, value];
    if (value.dtype !== first[1].dtype) {
      throw new DTypeError(
        `${name}: ${first[0]} is ${first[1].dtype} and ${key} is ${value.dtype}; cast one of them with .cast(dtype)`,
      );
    }
  }
}

/** A target; whole numbers in `int32` (counts, sides, yes and no) become floats like the input. */
export function asTarget(target: Tensor, input: Tensor): Tensor {
  const isWhole = target instanceof Tensor && isInteger(target.dtype);
  return isWhole && input instanceof Tensor && isFloat(input.dtype) ? cast(target, input.dtype) : target;
}

/** Throws unless all are tensors of floats, of one dtype and one shape: nothing is stretched in silence. */
export function needAlike(name: string, tensors: Readonly<Record<string, Tensor>>): void {
  needFloats(name, tensors);
  const [[firstName, { shape }], ...others] = Object.entries(tensors) as [[string, Tensor], ...[string, Tensor][]];
  for (const [key, value] of others) {
    if (formatShape(value.shape) !== formatShape(shape)) {
      throw new ShapeError(
        `${name}: ${firstName} is ${formatShape(shape)} and ${key} is ${formatShape(value.shape)}; they must be the same, reshape one of them, or stretch it with expand`,
      );
    }
  }
}

/** Throws unless a tensor has the axes that its layout names. */
export function needLayout(
  name: string,
  key: string,
  { shape }: Tensor,
  layout: string,
  fits: (shape: Shape) => boolean,
): void {
  if (!fits(shape)) throw new ShapeError(`${name}: ${key} is ${formatShape(shape)}, needs ${layout}`);
}

/** Throws unless a tensor is of int32, and has one number for each place. */
export function needClasses(name: string, target: Tensor, shape: Shape, what: string): void {
  if (!isInstance(target, Tensor, name, 'target')) {
    throw new DTypeError(`${name}: target is ${shown(target)}, needs a Tensor; make one with tensor(...)`);
  }
  if (!isInteger(target.dtype)) {
    throw new DTypeError(`${name}: target is ${target.dtype}, needs int32; cast it with .cast('int32')`);
  }
  if (formatShape(target.shape) !== formatShape(shape)) {
    throw new ShapeError(`${name}: target is ${formatShape(target.shape)}, needs ${formatShape(shape)}, ${what}`);
  }
}

/** Throws unless a number is above a bound (or at it, where `least`). */
export function needNumber(name: string, key: string, value: number, bound: number, least = false): number {
  if (Number.isFinite(value) && (least ? value >= bound : value > bound)) return value;
  throw new ArgumentError(
    `${name}: ${key} is ${shown(value)}, needs a number ${least ? `of at least ${bound}` : `above ${bound}`}`,
  );
}

/** Throws for numbers outside a range, where the device can be read at once. `needs` says what they should be, and what to do. */
export function needRange(name: string, key: string, x: Tensor, low: number, high: number, needs: string): void {
  if (x.size === 0) return;
  const scope = internalScope();
  try {
    const bounds = noGrad(() => [min(x), max(x)]);
    for (const { backend, handle, dtype } of bounds) {
      const value = backend.readSync(handle, dtype, 1)?.[0];
      // NaN is another story, and the loss will tell it.
      if (value !== undefined && (value < low || value > high)) {
        throw new ArgumentError(`${name}: an element of ${key} is ${shown(value)}, needs ${needs}`);
      }
    }
  } finally {
    scope.end();
  }
}

/** Throws unless every target is -1 or 1, where the device can be read at once. */
export function needSigns(name: string, target: Tensor): void {
  needRange(
    name,
    'abs(target)',
    noGrad(() => abs(target)),
    1,
    1,
    'targets of -1 and 1; for 0 and 1 take target.mul(2).sub(1)',
  );
}

/** `above` where the target is above 0 and `others` elsewhere; a target that is NaN decides nothing, and stays. */
export function bySide(target: Tensor, above: Tensor, others: Tensor): Tensor {
  return where(greater(target, 0), above, where(lessEqual(target, 0), others, target));
}

/** max(0, x) with the derivative 1 at 0, as PyTorch's losses with a margin have it, so that a pair at the margin itself still moves. */
export function shortfall(x: Tensor): Tensor {
  return clamp(x, 0, Infinity);
}

export function checkMargin(name: string, margin: number): void {
  if (!Number.isFinite(margin)) throw new ArgumentError(`${name}: margin is ${shown(margin)}, needs a finite number`);
}
