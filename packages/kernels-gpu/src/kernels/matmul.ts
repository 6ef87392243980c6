// The matrix product, four values at a time.
//
// Rows are padded to whole texels: element (i, 4j … 4j + 3) of a matrix is texel j of row i. Then one texel of a and four of b
// give sixteen products. A factor that is laid out otherwise is packed first, which costs little beside the product.

import { defineKernel, type KernelEntry, type KernelTensor, linear, matmul, type Shape } from '@dl/autograd';
import { bufferOf, type GpuBuffer } from '../buffer.js';
import { glslProgram } from '../program.js';
import { Workspace } from '../workspace.js';
import { walk } from './move.js';
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

/** Four rows of b at a time, each times one element of a. Places are moved on, which takes less than finding each anew. */
const downColumns = `
      PLACE atB = AT(start + column);
      PLACE down = AT($bRow);
      LOOP(k, $inner) {
        vec4 v = a_read(atA);
        MOVE(atA, one)
        vec4 b0 = b_read(atB); MOVE(atB, down)
        vec4 b1 = b_read(atB); MOVE(atB, down)
        vec4 b2 = b_read(atB); MOVE(atB, down)
        vec4 b3 = b_read(atB); MOVE(atB, down)
        y += v.x * b0 + v.y * b1 + v.z * b2 + v.w * b3;
      }`;

/** Along four rows of b at once. */
const alongRows = `
      start += 4 * column * $bRow;
      PLACE at0 = AT(start);
      PLACE at1 = AT(start + $bRow);
      PLACE at2 = AT(start + 2 * $bRow);
      PLACE at3 = AT(start + 3 * $bRow);
      LOOP(k, $inner) {
        vec4 v = a_read(atA);
        y += vec4(dot(v, b_read(at0)), dot(v, b_read(at1)), dot(v, b_read(at2)), dot(v, b_read(at3)));
        MOVE(atA, one)
        MOVE(at0, one) MOVE(at1, one) MOVE(at2, one) MOVE(at3, one)
      }`;

/** In GLSL, in which it was measured to be more than twice as fast as in gpu.js's language. */
const productProgram = variants((form: 'normal' | 'transposed') =>
  glslProgram(
    `matmul:${form}`,
    {
      textures: ['a', 'b'],
      ints: [
        ...['batch', 'rows', 'columns', 'inner'],
        ...['a', 'b'].flatMap((factor) => [`${factor}Start`, `${factor}Outer`, `${factor}Batch`, `${factor}Row`]),
      ],
    },
    `vec4 texel(int t) {
      int row = t / $columns;
      int column = t - row * $columns;
      int batch = row / $rows;
      row -= batch * $rows;
      int outer = batch / $batch;
      batch -= outer * $batch;
      PLACE atA = AT($aStart + outer * $aOuter + batch * $aBatch + row * $aRow);
      int start = $bStart + outer * $bOuter + batch * $bBatch;
      PLACE one = AT(1);
      vec4 y = vec4(0.0);
      ${form === 'normal' ? downColumns : alongRows}
      return y;
    }`,
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

/** A factor with the whole batch written out: for batches that broadcast in more ways than the kernel counts. */
function stretched(x: KernelTensor, batch: Shape, work: Workspace): KernelTensor {
  const shape = [...batch, ...x.shape.slice(-2)];
  const size = product(shape);
  const whole = { shape, dtype: x.dtype, size, handle: work.take(size) };
  walk(x, whole, broadcastStrides(x.shape, shape));
  return whole;
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
  const steps = simplify({ shape: batch, strides: [broadcastStrides(aBatch, batch), broadcastStrides(bBatch, batch)] });
  const [aSteps, bSteps] = steps.strides as [number[], number[]];
  const two = (lengths: readonly number[], fill: number): [number, number] =>
    lengths.length === 1 ? [fill, lengths[0]!] : [lengths[0]!, lengths[1]!];
  if (steps.shape.length > 2) {
    runMatmul(stretched(a, batch, work), stretched(b, batch, work), y, transposeA, transposeB);
    return;
  }
  const left = factorOf(bufferOf(a), product(aBatch), rows, inner, transposeA, rows, work);
  // Of b either the rows run along the inner axis, or, as bᵀ, the columns do; neither has to be turned round.
  const right = transposeB
    ? factorOf(bufferOf(b), product(bBatch), columns, inner, false, columns, work)
    : factorOf(bufferOf(b), product(bBatch), inner, columns, false, padded(inner), work);
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
      batch: two(steps.shape, 1),
      rows,
      columns: padded(columns) / 4,
      inner: padded(inner) / 4,
    }),
  );
}

const linearProgram = glslProgram(
  'unpackLinear',
  { textures: ['x', 'bias'], ints: ['columns', 'padColumns'] },
  `float element(int i) {
    int row = i / $columns;
    int column = i - row * $columns;
    return x_at(row * $padColumns + column) + bias_at(column);
  }`,
);

/** x · weightᵀ + bias, which is added while the rows are unpacked. */
function runLinear(x: KernelTensor, weight: KernelTensor, bias: KernelTensor | undefined, y: KernelTensor): void {
  if (y.size === 0) return;
  const out = bufferOf(y);
  const [columns, inner] = weight.shape as readonly [number, number];
  if (inner === 0) {
    if (bias === undefined) out.backend.write(out, new Float32Array(y.size));
    else walk(bias, y, broadcastStrides(bias.shape, y.shape));
    return;
  }
  const rows = y.size / columns;
  using work = new Workspace(out.backend);
  const left = factorOf(bufferOf(x), 1, rows, inner, false, rows, work);
  const right = factorOf(bufferOf(weight), 1, columns, inner, false, columns, work);
  const fill = (target: GpuBuffer): void =>
    multiply(target, {
      a: left.buffer,
      aLayout: left.layout,
      b: right.buffer,
      bLayout: right.layout,
      transposeB: true,
      batch: [1, 1],
      rows,
      columns: padded(columns) / 4,
      inner: padded(inner) / 4,
    });
  if (bias === undefined) {
    unpacked(out, rows, columns, fill);
    return;
  }
  const rowsPadded = work.take(rows * padded(columns));
  fill(rowsPadded);
  out.backend.run(linearProgram, out, [rowsPadded, bufferOf(bias)], [columns, padded(columns)]);
}

export const matmulKernels: readonly KernelEntry[] = [
  defineKernel(matmul, ({ a, b, y }, { transposeA, transposeB }) => runMatmul(a, b, y, transposeA, transposeB)),
  defineKernel(linear, ({ x, weight, bias, y }) => runLinear(x, weight, bias, y)),
];
