// Casts between all dtypes that a backend has, against the formula of each; and that it says which it has not.

import {
  type Backend,
  type DType,
  DTypeError,
  dtypeInfo,
  dtypes,
  isBoolean,
  isHalf,
  isInteger,
  scope,
  tensor,
} from '@dl/autograd';

/** Numbers near 0, between others, and with ties at 8 and 11 digits. Those of integers are exact on every backend. */
const FLOATS = [
  0,
  1,
  -1,
  0.5,
  -1.5,
  2.75,
  1 / 3,
  -1e-3,
  257,
  258,
  259,
  2049,
  -2051,
  65504,
  65519,
  65520,
  1e6,
  2 ** -14,
  3e-6,
];
const INTEGERS = [0, 1, -1, 7, 255, 257, 259, -2049, 2051, 65519, 65520, 1_000_001];

/** The checks by name; the backend has to be started. */
export function castChecks(backend: Backend): Readonly<Record<string, () => Promise<void>>> {
  const own = dtypes.filter((dtype) => backend.supports(dtype));
  return {
    'casts: between all dtypes that it has': async () => {
      for (const from of own) for (const to of own) await checkCast(backend, from, to);
    },
    'casts: a dtype that it has not is refused': async () => {
      for (const dtype of dtypes) if (!own.includes(dtype)) checkRefused(backend, dtype);
    },
  };
}

async function checkCast(backend: Backend, from: DType, to: DType): Promise<void> {
  using _ = scope();
  const given = isBoolean(from) ? [0, 1] : isInteger(from) ? INTEGERS : FLOATS;
  const stored = given.map((value) => inDType(value, from));
  const y = tensor(given, { dtype: from, backend }).cast(to);
  if (y.dtype !== to) throw new Error(`a cast from ${from} to ${to} is ${y.dtype}`);
  const values = await y.data();
  for (const [i, value] of stored.entries()) {
    // No integer is infinite.
    if (isInteger(to) && !Number.isFinite(value)) continue;
    const expected = inDType(value, to);
    if (values[i] !== expected)
      throw new Error(`${value} cast from ${from} to ${to} is ${values[i]}, expected ${expected}`);
  }
}

function checkRefused(backend: Backend, dtype: DType): void {
  using _ = scope();
  const x = tensor([1], { backend });
  try {
    x.cast(dtype);
  } catch (error) {
    if (error instanceof DTypeError && error.message.includes(`has no ${dtype}`)) return;
    throw error;
  }
  throw new Error(`a cast to ${dtype} went through, and supports('${dtype}') is false`);
}

/** What a number is in a dtype: by the places that it has, not by anybody's cast. */
function inDType(value: number, dtype: DType): number {
  if (isBoolean(dtype)) return value === 0 ? 0 : 1;
  if (isInteger(dtype)) return Math.trunc(value) + 0;
  const { epsilon, smallest, largest } = dtypeInfo(dtype);
  // Halves of what is no float32 are those of the float32.
  return nearest(isHalf(dtype) ? Math.fround(value) : value, epsilon, smallest, largest);
}

/** The nearest multiple of the step between the numbers around, and of two the even one. */
function nearest(value: number, epsilon: number, smallest: number, largest: number): number {
  if (value === 0 || !Number.isFinite(value)) return value;
  let power = 2 ** Math.floor(Math.log2(Math.abs(value)));
  if (power > Math.abs(value)) power /= 2;
  if (2 * power <= Math.abs(value)) power *= 2;
  const step = Math.max(power * epsilon, smallest);
  const count = value / step;
  const below = Math.floor(count);
  const part = count - below;
  const rounded = (below + (part > 0.5 || (part === 0.5 && below % 2 !== 0) ? 1 : 0)) * step;
  return Math.abs(rounded) > largest ? Math.sign(value) * Infinity : rounded;
}
