// Comparing numbers, with a message that shows the worst of them.

import { checkCall, isInstance, type Known, type NestedArray, Tensor } from '@dl/autograd';

/** Values with a shape, as golden files hold them, or anything that has them. */
export type Comparable = Tensor | NestedArray | ArrayLike<number>;

export interface CloseOptions {
  /** How far apart relative to the expected value. Default 1e-5. */
  readonly rtol?: number;
  /** How far apart in absolute terms, on top. Default 1e-8. */
  readonly atol?: number;
}

const closeOptions: Known<CloseOptions> = { rtol: 'number', atol: 'number' };

/** Thrown by {@link assertAllClose}. */
export class NotCloseError extends Error {
  override name = 'NotCloseError';
}

/**
 * Whether |actual - expected| ≤ atol + rtol · |expected| for every element, NaN equal to NaN. Shapes must be the same
 * where both sides have one.
 *
 * @example
 * ```ts
 * import { allClose } from '@dl/testing';
 * console.log(allClose([1, 2.000001], [1, 2])); // true
 * ```
 */
export function allClose(actual: Comparable, expected: Comparable, options: CloseOptions = {}): boolean {
  checkCall('allClose', arguments, ['actual', 'expected'], closeOptions);
  return explain(actual, expected, options) === undefined;
}

/**
 * Throws unless {@link allClose}, and shows how many elements differ and the worst one: its index, both values, and by how much.
 *
 * @example
 * ```ts
 * import { assertAllClose } from '@dl/testing';
 * try {
 *   assertAllClose([1, 2], [1, 3]);
 * } catch (error) {
 *   console.log(String(error)); // … 1 of 2 elements differ; the worst is [1]: got 2, expected 3 …
 * }
 * ```
 */
export function assertAllClose(actual: Comparable, expected: Comparable, options: CloseOptions = {}): void {
  checkCall('assertAllClose', arguments, ['actual', 'expected'], closeOptions);
  const message = explain(actual, expected, options);
  if (message !== undefined) throw new NotCloseError(message);
}

interface Flat {
  readonly values: ArrayLike<number>;
  readonly shape: readonly number[] | undefined;
}

function explain(
  actual: Comparable,
  expected: Comparable,
  { rtol = 1e-5, atol = 1e-8 }: CloseOptions,
): string | undefined {
  const a = flatten(actual);
  const e = flatten(expected);
  if (a.shape !== undefined && e.shape !== undefined && `${a.shape}` !== `${e.shape}`) {
    return `the shapes differ: got [${a.shape.join(', ')}], expected [${e.shape.join(', ')}]`;
  }
  if (a.values.length !== e.values.length) return `got ${a.values.length} elements, expected ${e.values.length}`;
  let different = 0;
  let worst = -1;
  let worstExcess = 0;
  for (let i = 0; i < a.values.length; i++) {
    const excess = excessOf(a.values[i]!, e.values[i]!, rtol, atol);
    if (excess <= 1) continue;
    different++;
    if (excess > worstExcess || worst < 0) {
      worst = i;
      worstExcess = excess;
    }
  }
  if (different === 0) return undefined;
  const [got, wanted] = [a.values[worst]!, e.values[worst]!];
  const place = indexOf(worst, e.shape ?? a.shape ?? [a.values.length]);
  const difference = Math.abs(got - wanted);
  return (
    `${different} of ${a.values.length} elements differ; the worst is [${place.join(', ')}]: got ${got}, expected ${wanted}, ` +
    `${difference.toPrecision(3)} apart (relative ${(difference / Math.abs(wanted)).toPrecision(3)}), allowed ${(atol + rtol * Math.abs(wanted)).toPrecision(3)}`
  );
}

/** The difference in units of what is allowed. */
function excessOf(got: number, wanted: number, rtol: number, atol: number): number {
  if (Object.is(got, wanted) || got === wanted || (Number.isNaN(got) && Number.isNaN(wanted))) return 0;
  if (!Number.isFinite(got) || !Number.isFinite(wanted)) return Infinity;
  const allowed = atol + rtol * Math.abs(wanted);
  return allowed === 0 ? Infinity : Math.abs(got - wanted) / allowed;
}

function flatten(value: Comparable): Flat {
  if (isInstance(value, Tensor, 'allClose', 'what it was given'))
    return { values: value.dataSync(), shape: value.shape };
  if (typeof value === 'number' || typeof value === 'boolean') return { values: [Number(value)], shape: [] };
  if (!Array.isArray(value)) return { values: value as ArrayLike<number>, shape: undefined };
  const shape: number[] = [];
  for (let level: unknown = value; Array.isArray(level); level = level[0]) shape.push(level.length);
  return { values: value.flat(shape.length as 1).map(Number), shape };
}

function indexOf(flat: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  let rest = flat;
  for (const length of shape.toReversed()) {
    index.unshift(rest % length);
    rest = Math.floor(rest / length);
  }
  return index;
}
