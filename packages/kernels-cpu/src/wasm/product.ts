// One matrix product: how it is packed, split, and finished.

import type { WasmEngine } from './engine.js';
import type { WasmExports } from './exports.js';

// Below so many multiplications, packing costs more than it saves.
const SMALL = 8192;
/** So many are worth a thread. */
export const GRAIN = 500_000;
// Tasks consist of whole panels, as both factors are packed: of so many rows (in either build), of so many columns.
const PANEL_ROWS = 12;
const PANEL_COLUMNS = 8;

/** C [m, n] = A [m, k] · B [k, n]: sizes, and the steps in memory between neighbours. */
export interface Product {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly aRow: number;
  readonly aDepth: number;
  readonly bDepth: number;
  readonly bColumn: number;
  readonly cRow: number;
  readonly isSmall: boolean;
  /** What is added to each row of C, or 0, and what follows. */
  readonly bias: number;
  readonly activation: number;
}

/** C [m, n] = A [m, k] · B [k, n], all row-major, the factors perhaps transposed in memory. */
export function productOf(m: number, n: number, k: number, transposeA: boolean, transposeB: boolean): Product {
  return {
    m,
    n,
    k,
    aRow: transposeA ? 1 : k,
    aDepth: transposeA ? m : 1,
    bDepth: transposeB ? 1 : n,
    bColumn: transposeB ? k : 1,
    cRow: n,
    isSmall: m * n * k <= SMALL || m === 1 || (n === 1 && !transposeA),
    bias: 0,
    activation: 0,
  };
}

/** One product of matrices at these addresses, split by columns or by rows. */
export function multiply(engine: WasmEngine, product: Product, a: number, b: number, c: number): void {
  const { m, n, k, aRow, bColumn, cRow, isSmall, bias } = product;
  const byColumns = n >= m;
  const panels = Math.ceil(byColumns ? n / PANEL_COLUMNS : m / PANEL_ROWS);
  const tasks = engine.tasks(panels, Math.ceil((GRAIN / (m * n * k)) * panels));
  const bytes = isSmall ? 0 : engine.wasm.gemmBytes();
  const scratch = isSmall ? 0 : engine.scratch('gemm', tasks * bytes);
  if (tasks === 1) {
    multiplyHere(engine.wasm, product, a, b, c, scratch);
    return;
  }
  engine.split(panels, tasks, (wasm, first, end, task) => {
    const room = scratch + task * bytes;
    if (byColumns) {
      const j = first * PANEL_COLUMNS;
      const columns = Math.min(n, end * PANEL_COLUMNS) - j;
      multiplyHere(
        wasm,
        { ...product, n: columns, bias: bias && bias + 4 * j },
        a,
        b + 4 * j * bColumn,
        c + 4 * j,
        room,
      );
    } else {
      const i = first * PANEL_ROWS;
      const rows = Math.min(m, end * PANEL_ROWS) - i;
      multiplyHere(wasm, { ...product, m: rows }, a + 4 * i * aRow, b, c + 4 * i * cRow, room);
    }
  });
}

/** The same, on this thread alone. */
export function multiplyHere(
  wasm: WasmExports,
  product: Product,
  a: number,
  b: number,
  c: number,
  scratch: number,
): void {
  const { m, n, k, aRow, aDepth, bDepth, bColumn, cRow, bias, activation } = product;
  wasm.gemmLinear(m, n, k, a, aRow, aDepth, b, bDepth, bColumn, c, cRow, bias, activation, scratch);
}
