// What assembly/ exports. Pointers are addresses in the heap; lengths and strides count elements.

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
/** dx = g f'(x) over n elements. */
type Gradient = (g: Pointer, x: Pointer, dx: Pointer, n: number) => void;
type GradientWith = (g: Pointer, x: Pointer, dx: Pointer, n: number, p: number) => void;
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

export interface WasmExports {
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
  /** C = activation(A · B + bias): one bias for each column or 0; without scratch, the path for small products. */
  gemmLinear(
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
    activation: number,
    scratch: Pointer,
  ): void;
  /** The product with element (p, j) of B at address b + depths[p] + columns[j]. */
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
  /** Sums of the chunks of a row in double precision; and the sum of such. */
  sumChunks(x: Pointer, to: Pointer, n: number, chunk: number): void;
  sumDoubles(x: Pointer, y: Pointer, n: number, scale: number): void;
  /** Rows are `stride` apart. The scratch holds `inner` numbers in double precision. */
  sumColumns(
    x: Pointer,
    y: Pointer,
    outer: number,
    length: number,
    inner: number,
    stride: number,
    scale: number,
    scratch: Pointer,
  ): void;
  maxRows(x: Pointer, y: Pointer, rows: number, n: number): void;
  minRows(x: Pointer, y: Pointer, rows: number, n: number): void;
  maxColumns(x: Pointer, y: Pointer, outer: number, length: number, inner: number, stride: number): void;
  minColumns(x: Pointer, y: Pointer, outer: number, length: number, inner: number, stride: number): void;
  softmaxRows(x: Pointer, y: Pointer, rows: number, n: number): void;
  logSoftmaxRows(x: Pointer, y: Pointer, rows: number, n: number): void;
  /** Returns 0, and does nothing, when a label is out of range. */
  crossEntropyRows(logits: Pointer, labels: Pointer, y: Pointer, rows: number, classes: number): number;
  /** See assembly/optim.ts. Flags are 0 or 1, the shares are 1 minus dampening and 1 minus beta. */
  sgd(
    n: number,
    param: Pointer,
    grad: Pointer,
    buffer: Pointer,
    isNew: number,
    nesterov: number,
    sign: number,
    weightDecay: number,
    momentum: number,
    share: number,
    lr: number,
  ): void;
  adam(
    n: number,
    param: Pointer,
    grad: Pointer,
    mean: Pointer,
    square: Pointer,
    largest: Pointer,
    sign: number,
    weightDecay: number,
    shrink: number,
    beta1: number,
    share1: number,
    beta2: number,
    share2: number,
    narrow: number,
    eps: number,
    length: number,
  ): void;
  /** From the result, as the next two. */
  readonly gradRelu: Gradient;
  readonly gradTanh: Gradient;
  readonly gradSigmoid: Gradient;
  readonly gradSilu: Gradient;
  readonly gradLeakyRelu: GradientWith;
  readonly gradElu: GradientWith;
  readonly gradSoftplus: GradientWith;
  readonly gradGelu: Gradient;
  readonly gradGeluTanh: Gradient;
  softmaxGradRows(g: Pointer, y: Pointer, dx: Pointer, rows: number, n: number): void;
  logSoftmaxGradRows(g: Pointer, y: Pointer, dx: Pointer, rows: number, n: number): void;
  /** Whether all are from 0 to length - 1: 0 or 1. */
  indicesFit(indices: Pointer, count: number, length: number): number;
  crossEntropyGradRows(g: Pointer, logits: Pointer, labels: Pointer, dx: Pointer, rows: number, classes: number): void;
  maxPoolGrad(g: Pointer, indices: Pointer, dx: Pointer, planes: number, count: number, length: number): void;
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
