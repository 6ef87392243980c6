// What assembly/ exports. Pointers are addresses in the heap; lengths and strides count elements.

import type { DirectExports } from './conv-exports.js';
import type { WinogradExports } from './winograd-exports.js';

type Pointer = number;
type PlaneSizes = readonly [
  planes: number,
  height: number,
  width: number,
  top: number,
  bottom: number,
  left: number,
  right: number,
];

export type PoolSizes = readonly [
  planes: number,
  height: number,
  width: number,
  outHeight: number,
  outWidth: number,
  kernelHeight: number,
  kernelWidth: number,
  strideHeight: number,
  strideWidth: number,
  padTop: number,
  padLeft: number,
];

/** y = f(x) over n elements. */
type Unary = (x: Pointer, y: Pointer, n: number) => void;
/** y = f(a, b) by rows of n: rows of an operand are `row` apart, its elements `step` (1, or 0 to repeat one). */
type Binary = (
  rows: number,
  n: number,
  a: Pointer,
  aRow: number,
  aStep: number,
  b: Pointer,
  bRow: number,
  bStep: number,
  y: Pointer,
) => void;

export interface WasmExports extends WinogradExports, DirectExports {
  gemmBytes(): number;
  /** C [m, n] = A [m, k] · B [k, n]; `bias` is one number for each row or 0, `add` is 0 or 1. */
  gemm(
    m: number,
    n: number,
    k: number,
    a: Pointer,
    aRow: number,
    aDepth: number,
    b: Pointer,
    bDepth: number,
    bColumn: number,
    c: Pointer,
    cRow: number,
    bias: Pointer,
    add: number,
    scratch: Pointer,
  ): void;
  /** The same with element (p, j) of B at address b + depths[p] + columns[j]. */
  gemmIndexed(
    m: number,
    n: number,
    k: number,
    a: Pointer,
    aRow: number,
    aDepth: number,
    b: Pointer,
    depths: Pointer,
    columns: Pointer,
    c: Pointer,
    cRow: number,
    bias: Pointer,
    add: number,
    scratch: Pointer,
  ): void;
  gemmSmall(
    m: number,
    n: number,
    k: number,
    a: Pointer,
    aRow: number,
    aDepth: number,
    b: Pointer,
    bDepth: number,
    bColumn: number,
    c: Pointer,
  ): void;
  /** Byte offsets of a grid planes × rows × columns with these steps between neighbours. */
  gridOffsets(
    to: Pointer,
    planes: number,
    rows: number,
    columns: number,
    planeStep: number,
    rowStep: number,
    columnStep: number,
  ): void;
  padPlanes(to: Pointer, x: Pointer, ...sizes: PlaneSizes): void;
  cropPlanes(to: Pointer, x: Pointer, ...sizes: PlaneSizes): void;
  foldAdd(
    to: Pointer,
    matrix: Pointer,
    taps: Pointer,
    tapCount: number,
    positions: Pointer,
    positionCount: number,
  ): void;
  turnFilters(to: Pointer, weight: Pointer, filters: number, channels: number, taps: number): void;
  fill(to: Pointer, n: number, value: number): void;
  copyRows(to: Pointer, rows: number, n: number, x: Pointer, rowStep: number, step: number): void;
  readonly unaryNeg: Unary;
  readonly unaryAbs: Unary;
  readonly unarySquare: Unary;
  readonly unarySqrt: Unary;
  readonly unaryRsqrt: Unary;
  readonly unaryReciprocal: Unary;
  readonly unaryRelu: Unary;
  unaryLeakyRelu(x: Pointer, y: Pointer, n: number, slope: number): void;
  unaryClamp(x: Pointer, y: Pointer, n: number, low: number, high: number): void;
  readonly unaryExp: Unary;
  readonly unaryLog: Unary;
  readonly unaryTanh: Unary;
  readonly unarySigmoid: Unary;
  readonly binaryAdd: Binary;
  readonly binarySub: Binary;
  readonly binaryMul: Binary;
  readonly binaryDiv: Binary;
  readonly binaryMaximum: Binary;
  readonly binaryMinimum: Binary;
  readonly compareEqual: Binary;
  readonly compareNotEqual: Binary;
  readonly compareLess: Binary;
  readonly compareLessEqual: Binary;
  /** y = condition ? a : b for elements of four bytes. */
  where4(
    rows: number,
    n: number,
    condition: Pointer,
    conditionRow: number,
    conditionStep: number,
    a: Pointer,
    aRow: number,
    aStep: number,
    b: Pointer,
    bRow: number,
    bStep: number,
    y: Pointer,
  ): void;
  /** Matrices of rows × columns, turned. */
  transpose(to: Pointer, x: Pointer, planes: number, rows: number, columns: number): void;
  sumRows(x: Pointer, y: Pointer, rows: number, n: number, scale: number): void;
  /** The scratch holds `inner` numbers in double precision. */
  sumColumns(
    x: Pointer,
    y: Pointer,
    outer: number,
    length: number,
    inner: number,
    scale: number,
    scratch: Pointer,
  ): void;
  maxRows(x: Pointer, y: Pointer, rows: number, n: number): void;
  minRows(x: Pointer, y: Pointer, rows: number, n: number): void;
  maxColumns(x: Pointer, y: Pointer, outer: number, length: number, inner: number): void;
  minColumns(x: Pointer, y: Pointer, outer: number, length: number, inner: number): void;
  softmaxRows(x: Pointer, y: Pointer, rows: number, n: number): void;
  logSoftmaxRows(x: Pointer, y: Pointer, rows: number, n: number): void;
  /** Returns 0, and does nothing, when a label is out of range. */
  crossEntropyRows(logits: Pointer, labels: Pointer, y: Pointer, rows: number, classes: number): number;
  maxPool(x: Pointer, y: Pointer, indices: Pointer, ...sizes: PoolSizes): void;
  avgPool(x: Pointer, y: Pointer, ...sizes: [...PoolSizes, countPadding: number]): void;
  /** Writes the gradient of x from that of y. */
  avgPoolGrad(x: Pointer, y: Pointer, ...sizes: [...PoolSizes, countPadding: number]): void;
  /** Returns 0, and does nothing, when an index is out of range. */
  scatterAddRows(
    x: Pointer,
    index: Pointer,
    source: Pointer,
    y: Pointer,
    rows: number,
    length: number,
    count: number,
  ): number;
}
