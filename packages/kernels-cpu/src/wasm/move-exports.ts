// What assembly/ exports to move elements, to pick them by index, and to go along an axis.

import type { PlaneSizes } from './exports.js';

type Pointer = number;

/** Along an axis of [outer, length, inner], for columns `first` to `end` of all planes. */
type Columns = (
  x: Pointer,
  y: Pointer,
  outer: number,
  length: number,
  inner: number,
  first: number,
  end: number,
) => void;

export interface MoveExports {
  copyBytes(to: Pointer, x: Pointer, bytes: number): void;
  /** Here and below up to padWith, strides and lengths of rows count bytes; `size` is that of an element. */
  copyPlane(
    to: Pointer,
    toRow: number,
    toStep: number,
    x: Pointer,
    xRow: number,
    xStep: number,
    rows: number,
    n: number,
    size: number,
  ): void;
  /** Lines `first` to `end` of a result with the axes block, plane, row and its last, which is read along where it repeats. */
  copyLines(
    to: Pointer,
    first: number,
    end: number,
    n: number,
    size: number,
    x: Pointer,
    planes: number,
    rows: number,
    blockStep: number,
    planeStep: number,
    rowStep: number,
    step: number,
  ): void;
  /** `kind`: float32, int32, bool, float64. */
  fillValue(to: Pointer, bytes: number, kind: number, value: number): void;
  padWith(to: Pointer, x: Pointer, ...sizes: [...PlaneSizes, kind: number, value: number]): void;
  /** Rows of planes with zeros above a diagonal, or below where `isUpper`. */
  triangle(
    to: Pointer,
    x: Pointer,
    first: number,
    end: number,
    rows: number,
    columns: number,
    diagonal: number,
    isUpper: number,
    size: number,
  ): void;
  indicesInRange(index: Pointer, n: number, length: number): number;
  /** Rows `first` to `end` of y, each of `inner` bytes. */
  selectRows(
    y: Pointer,
    x: Pointer,
    index: Pointer,
    count: number,
    length: number,
    inner: number,
    first: number,
    end: number,
  ): void;
  /** Planes `first` to `end` of y, and of their rows the `columns` from `column` on. */
  addSelected(
    y: Pointer,
    g: Pointer,
    index: Pointer,
    count: number,
    length: number,
    inner: number,
    first: number,
    end: number,
    column: number,
    columns: number,
  ): void;
  gatherAt(
    y: Pointer,
    x: Pointer,
    index: Pointer,
    count: number,
    inner: number,
    length: number,
    xInner: number,
    first: number,
    end: number,
    size: number,
  ): void;
  scatterAddAt(
    y: Pointer,
    source: Pointer,
    index: Pointer,
    count: number,
    inner: number,
    length: number,
    yInner: number,
    first: number,
    end: number,
    column: number,
    last: number,
  ): void;
  prodRows(x: Pointer, y: Pointer, rows: number, n: number): void;
  /** Products of the chunks of a row in double precision; and that of the row, from them and from the row. */
  prodChunks(x: Pointer, to: Pointer, n: number, chunk: number): void;
  prodOfChunks(chunks: Pointer, count: number, x: Pointer, n: number, y: Pointer): void;
  /** Bytes of the scratch of the next, and of extremePlaceColumns. */
  columnBytes(): number;
  prodColumns(...all: [...Parameters<Columns>, scratch: Pointer]): void;
  anyAllRows(x: Pointer, y: Pointer, rows: number, n: number, isAll: number): void;
  anyAllColumns(...all: [...Parameters<Columns>, isAll: number]): void;
  extremePlaceRows(x: Pointer, y: Pointer, rows: number, n: number, isMax: number): void;
  /** The place in a row, where y has that of the chunk. */
  extremePlaceInChunk(x: Pointer, y: Pointer, n: number, chunk: number, isMax: number): void;
  extremePlaceColumns(...all: [...Parameters<Columns>, scratch: Pointer, isMax: number]): void;
  cumsumRows(x: Pointer, y: Pointer, rows: number, n: number, isReverse: number): void;
  cumsumColumns(...all: [...Parameters<Columns>, isReverse: number]): void;
  softmaxColumns(...all: [...Parameters<Columns>, isLog: number]): void;
  /** The first `k` in order of lines `first` to `end`; see assembly/order.ts. */
  order(
    x: Pointer,
    values: Pointer,
    indices: Pointer,
    first: number,
    end: number,
    length: number,
    inner: number,
    k: number,
    room: number,
    isInt: number,
    isDescending: number,
    scratch: Pointer,
  ): void;
  /** What its scratch takes, in bytes. */
  orderBytes(room: number): number;
}
