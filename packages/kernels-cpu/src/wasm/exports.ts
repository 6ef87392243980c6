// What assembly/ exports. Pointers are addresses in the heap; lengths and strides count elements.

type Pointer = number;

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
}
