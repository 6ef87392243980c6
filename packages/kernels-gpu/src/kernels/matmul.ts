// The matrix product, four values at a time.
//
// Rows are padded to whole texels: element (i, 4j … 4j + 3) of a matrix is texel j of row i. Then one texel of a and four of b
// give sixteen products. A factor that is laid out otherwise is packed first, which costs little beside the product.

import { defineKernel, type KernelEntry, type KernelTensor, matmul } from '@dl/autograd';
import { bufferOf, type GpuBuffer } from '../buffer.js';
import { type GlslFunction, glslProgram, program } from '../program.js';
import { Workspace } from '../workspace.js';
import { broadcastStrides, product, simplify, variants } from './shared.js';

/** Steps through one factor, counted in texels. */
export interface Layout {
  readonly start: number;
  /** From one batch to the next, for the outer and the inner axis of the batch; 0 where it is shared. */
  readonly batch: readonly [number, number];
  readonly row: number;
}

export interface Product {
  readonly a: GpuBuffer;
  readonly aLayout: Layout;
  readonly b: GpuBuffer;
  readonly bLayout: Layout;
  /** Rows of b are columns of the product. */
  readonly transposeB: boolean;
  /** How often, in two axes. */
  readonly batch: readonly [number, number];
  readonly rows: number;
  /** Texels in a row of the product. */
  readonly columns: number;
  /** Texels of a to go through for each result. */
  readonly inner: number;
}

/** Where things lie; in whole numbers, which gives more room than floats. */
const whole = (name: string, glsl: string): GlslFunction => ({
  name,
  argumentTypes: { t: 'Integer' },
  returnType: 'Integer',
  glsl: `int ${name}(int t) { ${glsl.replaceAll(/\$(\w+)/g, 'user_$1')} }`,
});
const batchGlsl = `int row = t / $columns; int batch = row / $rows; int outer = batch / $batch; batch -= outer * $batch; row -= (t / $columns) / $rows * $rows;`;
const helpers = [
  whole('startOfA', `${batchGlsl} return $aStart + outer * $aOuter + batch * $aBatch + row * $aRow;`),
  whole('startOfB', `${batchGlsl} return $bStart + outer * $bOuter + batch * $bBatch;`),
  whole('columnOf', 'return t - t / $columns * $columns;'),
];

const productProgram = variants((form: 'normal' | 'transposed') =>
  program(
    `matmul:${form}`,
    {
      textures: ['a', 'b'],
      ints: [
        'batch',
        'rows',
        'columns',
        'inner',
        ...['a', 'b'].flatMap((f) => [`${f}Start`, `${f}Outer`, `${f}Batch`, `${f}Row`]),
      ],
    },
    form === 'normal'
      ? `
    let y0 = 0; let y1 = 0; let y2 = 0; let y3 = 0;
    for (let k = 0; k < inner; k++) {
      const v = a[startOfA(this.thread.x) + k];
      const b0 = b[startOfB(this.thread.x) + 4 * k * bRow + columnOf(this.thread.x)];
      const b1 = b[startOfB(this.thread.x) + (4 * k + 1) * bRow + columnOf(this.thread.x)];
      const b2 = b[startOfB(this.thread.x) + (4 * k + 2) * bRow + columnOf(this.thread.x)];
      const b3 = b[startOfB(this.thread.x) + (4 * k + 3) * bRow + columnOf(this.thread.x)];
      y0 += v[0] * b0[0] + v[1] * b1[0] + v[2] * b2[0] + v[3] * b3[0];
      y1 += v[0] * b0[1] + v[1] * b1[1] + v[2] * b2[1] + v[3] * b3[1];
      y2 += v[0] * b0[2] + v[1] * b1[2] + v[2] * b2[2] + v[3] * b3[2];
      y3 += v[0] * b0[3] + v[1] * b1[3] + v[2] * b2[3] + v[3] * b3[3];
    }
    return [y0, y1, y2, y3];`
      : `
    let y0 = 0; let y1 = 0; let y2 = 0; let y3 = 0;
    for (let k = 0; k < inner; k++) {
      const v = a[startOfA(this.thread.x) + k];
      const b0 = b[startOfB(this.thread.x) + 4 * columnOf(this.thread.x) * bRow + k];
      const b1 = b[startOfB(this.thread.x) + (4 * columnOf(this.thread.x) + 1) * bRow + k];
      const b2 = b[startOfB(this.thread.x) + (4 * columnOf(this.thread.x) + 2) * bRow + k];
      const b3 = b[startOfB(this.thread.x) + (4 * columnOf(this.thread.x) + 3) * bRow + k];
      y0 += v[0] * b0[0] + v[1] * b0[1] + v[2] * b0[2] + v[3] * b0[3];
      y1 += v[0] * b1[0] + v[1] * b1[1] + v[2] * b1[2] + v[3] * b1[3];
      y2 += v[0] * b2[0] + v[1] * b2[1] + v[2] * b2[2] + v[3] * b2[3];
      y3 += v[0] * b3[0] + v[1] * b3[1] + v[2] * b3[2] + v[3] * b3[3];
    }
    return [y0, y1, y2, y3];`,
    helpers,
  ),
);

/** The product in padded rows: texel (batch, row, column) of `out`. */
export function multiply(out: GpuBuffer, p: Product): void {
  out.backend.run(
    productProgram(p.transposeB ? 'transposed' : 'normal'),
    out,
    [p.a, p.b],
    [
      p.batch[1],
      p.rows,
      p.columns,
      p.inner,
      ...[p.aLayout, p.bLayout].flatMap(({ start, batch: [outer, batch], row }) => [start, outer, batch, row]),
    ],
  );
}

const packProgram = glslProgram(
  'pack',
  {
    textures: ['x'],
    ints: ['start', 'padRows', 'padColumns', 'rows', 'columns', 'batchStep', 'rowStep', 'columnStep'],
  },
  `float element(int i) {
    int line = i / $padColumns;
    int column = i - line * $padColumns;
    int batch = line / $padRows;
    int row = line - batch * $padRows;
    if (row >= $rows || column >= $columns) return 0.0;
    return x_at($start + batch * $batchStep + row * $rowStep + column * $columnStep);
  }`,
);

export interface Packing {
  readonly start: number;
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
  /** Rows of zeros are added until there are so many. */
  readonly padRows: number;
  readonly batchStep: number;
  readonly rowStep: number;
  readonly columnStep: number;
}

export const padded = (length: number): number => 4 * Math.ceil(length / 4);

/** `count` matrices in padded rows. */
export function pack(x: GpuBuffer, p: Packing, work: Workspace): GpuBuffer {
  const padColumns = padded(p.columns);
  const packed = work.take(p.count * p.padRows * padColumns);
  x.backend.run(
    packProgram,
    packed,
    [x],
    [p.start, p.padRows, padColumns, p.rows, p.columns, p.batchStep, p.rowStep, p.columnStep],
  );
  return packed;
}

/** Padded rows in a row of their own elements. */
export const unpackProgram = glslProgram(
  'unpack',
  { textures: ['x'], ints: ['columns', 'padColumns'] },
  `float element(int i) {
    int row = i / $columns;
    return x_at(row * $padColumns + i - row * $columns);
  }`,
);

/** Fills `out` by `fill`, which makes padded rows of `columns` elements. */
export function unpacked(out: GpuBuffer, rows: number, columns: number, fill: (padded: GpuBuffer) => void): void {
  if (columns % 4 === 0) {
    fill(out);
    return;
  }
  using work = new Workspace(out.backend);
  const rowsPadded = work.take(rows * padded(columns));
  fill(rowsPadded);
  out.backend.run(unpackProgram, out, [rowsPadded], [columns, padded(columns)]);
}

/** One factor as the product wants it. */
interface Factor {
  readonly buffer: GpuBuffer;
  readonly layout: Layout;
}

function factorOf(
  x: GpuBuffer,
  count: number,
  rows: number,
  columns: number,
  isTransposed: boolean,
  padRows: number,
  work: Workspace,
): Factor {
  const [batch, row] = [(padRows * padded(columns)) / 4, padded(columns) / 4];
  const layout: Layout = { start: 0, batch: [0, batch], row };
  if (!isTransposed && columns % 4 === 0 && padRows === rows) return { buffer: x, layout };
  const steps = { batchStep: rows * columns, rowStep: isTransposed ? 1 : columns, columnStep: isTransposed ? rows : 1 };
  return { buffer: pack(x, { start: 0, count, rows, columns, padRows, ...steps }, work), layout };
}

function runMatmul(a: KernelTensor, b: KernelTensor, y: KernelTensor, transposeA: boolean, transposeB: boolean): void {
  if (y.size === 0) return;
  const out = bufferOf(y);
  const [rows, columns] = [y.shape.at(-2)!, y.shape.at(-1)!];
  const inner = a.shape.at(transposeA ? -2 : -1)!;
  if (inner === 0) {
    out.backend.write(out, new Float32Array(y.size));
    return;
  }
  using work = new Workspace(out.backend);
  const batch = y.shape.slice(0, -2);
  const [aBatch, bBatch] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const left = factorOf(bufferOf(a), product(aBatch), rows, inner, transposeA, rows, work);
  // Of b either the rows run along the inner axis, or, as bᵀ, the columns do; neither has to be turned round.
  const right = transposeB
    ? factorOf(bufferOf(b), product(bBatch), columns, inner, false, columns, work)
    : factorOf(bufferOf(b), product(bBatch), inner, columns, false, padded(inner), work);
  const walk = simplify({ shape: batch, strides: [broadcastStrides(aBatch, batch), broadcastStrides(bBatch, batch)] });
  const [aSteps, bSteps] = walk.strides as [number[], number[]];
  const two = (lengths: readonly number[], fill: number): [number, number] =>
    lengths.length === 1 ? [fill, lengths[0]!] : [lengths[0]!, lengths[1]!];
  if (walk.shape.length > 2) throw new RangeError('matmul: more than two axes of the batch to broadcast');
  const scaled = ({ layout }: Factor, steps: readonly number[]): Layout => {
    const [outer, innermost] = two(steps, 0);
    return { ...layout, batch: [outer * layout.batch[1], innermost * layout.batch[1]] };
  };
  unpacked(out, product(batch) * rows, columns, (target) =>
    multiply(target, {
      a: left.buffer,
      aLayout: scaled(left, aSteps),
      b: right.buffer,
      bLayout: scaled(right, bSteps),
      transposeB,
      batch: two(walk.shape, 1),
      rows,
      columns: padded(columns) / 4,
      inner: padded(inner) / 4,
    }),
  );
}

export const matmulKernels: readonly KernelEntry[] = [
  defineKernel(matmul, ({ a, b, y }, { transposeA, transposeB }) => runMatmul(a, b, y, transposeA, transposeB)),
];
