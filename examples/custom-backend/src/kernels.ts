// Stage 2: some kernels. Each is checked against the CPU backend as soon as it is in the list; what is not in the list goes
// on as before.

import {
  add,
  defineKernel,
  exp,
  type KernelEntry,
  type KernelTensor,
  matmul,
  mul,
  type OpInfo,
  relu,
  type Shape,
  sizeOf,
  stridesOf,
  sub,
  tanh,
  typedArray,
} from '@dl/autograd';
import { bufferOf } from './backend.js';

const valuesOf = ({ handle }: KernelTensor): number[] => bufferOf(handle).values;

/** Computes each element, and rounds it as its dtype does: the numbers of an array are float64. */
function fill(y: KernelTensor, element: (i: number) => number): void {
  const values = valuesOf(y);
  const one = typedArray(y.dtype, 1);
  for (let i = 0; i < y.size; i++) {
    one[0] = element(i);
    values[i] = one[0];
  }
}

/** For each element of a tensor that was broadcast to a shape, where it comes from. */
function sources(from: Shape, to: Shape): number[] {
  const aligned = [...to.slice(from.length).map(() => 1), ...from];
  const [read, counted] = [stridesOf(aligned), stridesOf(to)];
  return Array.from({ length: sizeOf(to) }, (_, i) =>
    to.reduce((at, length, axis) => {
      const coordinate = Math.floor(i / counted[axis]!) % length;
      return at + (aligned[axis] === 1 ? 0 : coordinate * read[axis]!);
    }, 0),
  );
}

/** The product of two integers may need more than the 53 bits of a float64; its low 32 are what is wanted. */
const product = ({ dtype }: KernelTensor): ((a: number, b: number) => number) =>
  dtype === 'int32' ? Math.imul : (a, b) => a * b;

function unary(op: OpInfo<readonly ['x'], object, readonly ['y']>, f: (x: number) => number): KernelEntry {
  return defineKernel(op, ({ x, y }) => {
    const from = valuesOf(x);
    fill(y, (i) => f(from[i]!));
  });
}

function binary(
  op: OpInfo<readonly ['a', 'b'], object, readonly ['y']>,
  of: (y: KernelTensor) => (a: number, b: number) => number,
): KernelEntry {
  return defineKernel(op, ({ a, b, y }) => {
    const f = of(y);
    const [left, right] = [valuesOf(a), valuesOf(b)];
    const [atLeft, atRight] = [sources(a.shape, y.shape), sources(b.shape, y.shape)];
    fill(y, (i) => f(left[atLeft[i]!]!, right[atRight[i]!]!));
  });
}

/** [..., m, k] · [..., k, n] → [..., m, n]: attributes and shapes come as the op declares them, already checked. */
const matmulKernel = defineKernel(matmul, ({ a, b, y }, { transposeA, transposeB }) => {
  const [left, right] = [valuesOf(a), valuesOf(b)];
  const times = product(y);
  const [m, n] = y.shape.slice(-2) as [number, number];
  const k = a.shape.at(transposeA ? -2 : -1)!;
  const batch = y.shape.slice(0, -2);
  const [leftMatrix, rightMatrix] = [a, b].map(({ shape }) => sources(shape.slice(0, -2), batch));
  fill(y, (i) => {
    const [matrix, row, column] = [Math.floor(i / (m * n)), Math.floor(i / n) % m, i % n];
    const [startLeft, startRight] = [leftMatrix![matrix]! * m * k, rightMatrix![matrix]! * k * n];
    let sum = 0;
    for (let j = 0; j < k; j++) {
      const atLeft = transposeA ? j * m + row : row * k + j;
      const atRight = transposeB ? column * k + j : j * n + column;
      sum += times(left[startLeft + atLeft]!, right[startRight + atRight]!);
    }
    return sum;
  });
});

export const arrayKernels: readonly KernelEntry[] = [
  unary(exp, Math.exp),
  unary(relu, (x) => Math.max(x, 0)),
  unary(tanh, Math.tanh),
  binary(add, () => (a, b) => a + b),
  binary(sub, () => (a, b) => a - b),
  binary(mul, product),
  matmulKernel,
];
