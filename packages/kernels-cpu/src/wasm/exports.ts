// What assembly/ exports. Pointers are addresses in the heap; lengths and strides count elements.

import type { AttentionExports } from './attention-exports.js';
import type { DirectExports } from './conv-exports.js';
import type { CtcExports } from './ctc-exports.js';
import type { MoveExports } from './move-exports.js';
import type { SequenceExports } from './sequence-exports.js';
import type { WinogradExports } from './winograd-exports.js';
import type { Word2vecExports } from './word2vec-exports.js';

type Pointer = number;
export type PlaneSizes = readonly [
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

export interface WasmExports
  extends AttentionExports,
    WinogradExports,
    DirectExports,
    MoveExports,
    CtcExports,
    SequenceExports,
    Word2vecExports {
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
  flipFilters(to: Pointer, weight: Pointer, filters: number, channels: number, taps: number): void;
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
  /** Matrices of rows × columns, transposed. */
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
  /** See assembly/elements.ts. */
  elementRoom(values: number): number;
  updateElements(
    n: number,
    tensors: number,
    targets: number,
    values: number,
    constants: number,
    program: Pointer,
    steps: number,
    room: Pointer,
    ...addresses: readonly Pointer[]
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
  crossEntropyGradRows(g: Pointer, logits: Pointer, labels: Pointer, dx: Pointer, rows: number, classes: number): void;
  /** Elements of a window are `down` rows and `along` columns apart. */
  maxPool(x: Pointer, y: Pointer, indices: Pointer, ...sizes: [...PoolSizes, down: number, along: number]): void;
  /** The gradient of x, planes of `size`, from that of y, planes of `count`. */
  maxPoolGrad(g: Pointer, indices: Pointer, y: Pointer, planes: number, count: number, size: number): void;
  avgPool(x: Pointer, y: Pointer, ...sizes: [...PoolSizes, countPadding: number]): void;
  /** Writes the gradient of x from that of y. */
  avgPoolGrad(x: Pointer, y: Pointer, ...sizes: [...PoolSizes, countPadding: number]): void;
  readonly unaryExpm1: Unary;
  readonly unaryLog1p: Unary;
  readonly unarySin: Unary;
  readonly unaryCos: Unary;
  readonly unaryErf: Unary;
  readonly unaryGelu: Unary;
  readonly unaryGeluTanh: Unary;
  readonly unarySilu: Unary;
  /** scale · x above 0, below · (e^x - 1) elsewhere. */
  unaryElu(x: Pointer, y: Pointer, n: number, below: number, scale: number): void;
  unarySoftplus(x: Pointer, y: Pointer, n: number, beta: number): void;
  readonly unaryFloor: Unary;
  readonly unaryCeil: Unary;
  readonly unaryRound: Unary;
  readonly unarySign: Unary;
  /** Tests of numbers, and conversions: y has the elements of their result. */
  readonly testNaN: Unary;
  readonly testFinite: Unary;
  readonly floatToInt: Unary;
  readonly float16ToFloat: Unary;
  readonly bfloat16ToFloat: Unary;
  readonly floatToFloat16: Unary;
  readonly floatToBfloat16: Unary;
  readonly floatToBool: Unary;
  readonly intToFloat: Unary;
  readonly intToBool: Unary;
  readonly boolToFloat: Unary;
  readonly boolToInt: Unary;
  readonly binaryPow: Binary;
  readonly binaryMod: Binary;
  /** Logic on bytes of 0 and 1: rows and steps count bytes. */
  readonly logicalAnd: Binary;
  readonly logicalOr: Binary;
  readonly logicalXor: Binary;
  readonly logicalNot: Unary;
  /** Group norm of rows from `first` to `end`; weight and bias may be 0, `center` is 0 or 1. */
  normalizeRows(
    x: Pointer,
    y: Pointer,
    weight: Pointer,
    bias: Pointer,
    first: number,
    end: number,
    groups: number,
    channels: number,
    inner: number,
    eps: number,
    center: number,
  ): void;
  /** Its gradients for blocks from `first` to `end`; the scratch holds two float64 for each channel of a group. */
  normalizeRowsGrad(
    g: Pointer,
    x: Pointer,
    weight: Pointer,
    gx: Pointer,
    weightShares: Pointer,
    biasShares: Pointer,
    scratch: Pointer,
    first: number,
    end: number,
    batch: number,
    blockLength: number,
    groups: number,
    channels: number,
    inner: number,
    eps: number,
    center: number,
  ): void;
  /** Batch norm of channels from `first` to `end`; weight and bias may be 0. */
  normalizeBatch(
    x: Pointer,
    y: Pointer,
    mean: Pointer,
    variance: Pointer,
    weight: Pointer,
    bias: Pointer,
    first: number,
    end: number,
    batch: number,
    channels: number,
    inner: number,
    eps: number,
  ): void;
  normalizeBatchGrad(
    g: Pointer,
    gMean: Pointer,
    gVariance: Pointer,
    x: Pointer,
    weight: Pointer,
    gx: Pointer,
    gWeight: Pointer,
    gBias: Pointer,
    first: number,
    end: number,
    batch: number,
    channels: number,
    inner: number,
    eps: number,
  ): void;
  /** to = weight / √(variance + eps); weight may be 0. */
  channelFactors(variance: Pointer, weight: Pointer, to: Pointer, channels: number, eps: number): void;
  /** y = (x - mean) · factor + bias for examples from `first` to `end`; bias may be 0. */
  scaleChannels(
    x: Pointer,
    y: Pointer,
    mean: Pointer,
    factors: Pointer,
    bias: Pointer,
    first: number,
    end: number,
    channels: number,
    inner: number,
  ): void;
  /** y = x · (24 random bits below `limit` ? 0 : scale) for elements from `first` to `end`. */
  dropElements(
    x: Pointer,
    y: Pointer,
    first: number,
    end: number,
    limit: number,
    scale: number,
    key0: number,
    key1: number,
    position: number,
  ): void;
}
