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
}
