// The matrix product, four values at a time.
//
// Rows are padded to whole texels: element (i, 4j … 4j + 3) of a matrix is texel j of row i. Then one texel of a and four of b
// give sixteen products, and those of b serve four rows of a, whose results go to four textures. A factor that is laid out
// otherwise is packed first, which costs little beside the product.

import {
  broadcastStrides,
  defineKernel,
  type KernelEntry,
  type KernelTensor,
  matmul,
  mergeAxes,
  type Shape,
  sizeOf,
} from '@dl/autograd';
import { bufferOf, type GpuBuffer } from '../buffer.js';
import { MOST_COUNTED, multiOutputProgram, OUTPUTS } from '../multi-output.js';
import { glslProgram } from '../program.js';
import { Workspace } from '../workspace.js';
import { variants } from './shared.js';
import { walk } from './walk.js';

/** Steps through one factor, counted in texels. */
export interface FactorStrides {
  readonly start: number;
  /** From one batch to the next, for the outer and the inner axis of the batch; 0 where it is shared. */
  readonly batch: readonly [number, number];
  readonly row: number;
}

export interface Product {
  readonly a: GpuBuffer;
  readonly aStrides: FactorStrides;
  readonly b: GpuBuffer;
  readonly bStrides: FactorStrides;
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

const productArguments = {
  textures: ['a', 'b'],
  ints: [
    ...['batch', 'rows', 'bands', 'columns', 'inner'],
    ...['a', 'b'].flatMap((factor) => [`${factor}Start`, `${factor}Outer`, `${factor}Batch`, `${factor}Row`]),
  ],
};

type Orientation = 'normal' | 'transposed';

/** GLSL that sums up, in s0 and so on, texel t of `height` neighbouring rows: what is read of b serves all of them. */
function sumsGlsl(orientation: Orientation, height: number): string {
  const rows = Array.from({ length: height }, (_, row) => row);
  const [places, next, product] =
    orientation === 'normal'
      ? // Four rows of b, each times one element of a.
        [
          'int at0 = start + column;',
          'at0 += 4 * $bRow;',
          (row: number) => `s${row} += v.x * b0 + v.y * b1 + v.z * b2 + v.w * b3;`,
        ]
      : // Along four rows of b at once.
        [
          'int at0 = start + 4 * column * $bRow;',
          'at0++;',
          (row: number) => `s${row} += vec4(dot(v, b0), dot(v, b1), dot(v, b2), dot(v, b3));`,
        ];
  return `
    int line = t / $columns;
    int column = t - line * $columns;
    int batch = line / $bands;
    int row = (line - batch * $bands) * ${height};
    int outer = batch / $batch;
    batch -= outer * $batch;
    int start = $bStart + outer * $bOuter + batch * $bBatch;
    int a0 = $aStart + outer * $aOuter + batch * $aBatch + row * $aRow;
    ${rows
      .slice(1)
      // Beyond the last row the row before is taken again, and what comes of it is not used.
      .map((row) => `int a${row} = row + ${row} < $rows ? a${row - 1} + $aRow : a${row - 1};`)
      .join('\n')}
    ${rows.map((row) => `vec4 s${row} = vec4(0.0);`).join('\n')}
    ${places}
    LOOP(k, $inner) {
      vec4 b0 = b_texel(at0);
      vec4 b1 = b_texel(at0 + $bRow);
      vec4 b2 = b_texel(at0 + 2 * $bRow);
      vec4 b3 = b_texel(at0 + 3 * $bRow);
      ${next}
      vec4 v;
      ${rows.map((row) => `v = a_texel(a${row} + k);\n${product(row)}`).join('\n')}
    }`;
}

/** Row by row. */
const rowProgram = variants((orientation: Orientation) =>
  glslProgram(
    `matmul:${orientation}`,
    productArguments,
    `vec4 texel(int t) {
      ${sumsGlsl(orientation, 1)}
      return s0;
    }`,
  ),
);

/** Row i of the product is row i / 4 of result i % 4: sixteen products for every two texels read, where one row has sixteen for five. */
export const bandsProgram = variants((key: `${Orientation}:${'usual' | 'large'}`) => {
  const [orientation, size] = key.split(':') as [Orientation, string];
  return multiOutputProgram(
    `matmul4:${key}`,
    productArguments,
    `void texels(int t) {
      ${sumsGlsl(orientation, OUTPUTS)}
      ${Array.from({ length: OUTPUTS }, (_, row) => `y${row} = s${row};`).join(' ')}
    }`,
    { isLarge: size === 'large' },
  );
});

type BiasAlong = 'none' | 'columns' | 'rows';

/** Bands in one, without the padding of rows, and with a bias. The key is `4:even:none`: bands, rows of whole texels or not, bias. */
const joinBandsProgram = variants((key: string) => {
  const [bands, width, bias] = key.split(':') as [string, 'even' | 'uneven', BiasAlong];
  const parts = Array.from({ length: Number(bands) }, (_, i) => `s${i}`);
  const read = width === 'even' ? 'texel' : 'at';
  const type = width === 'even' ? 'vec4' : 'float';
  const [s0, s1, s2, s3] = parts.map((part) => `${part}_${read}(at)`);
  return glslProgram(
    `join:${key}`,
    {
      textures: [...parts, ...(bias === 'none' ? [] : ['bias'])],
      ints: ['width', 'padWidth', 'rows', 'bands', 'biasPeriod'],
    },
    `${type} ${width === 'even' ? 'texel' : 'element'}(int i) {
      int line = i / $width;
      int column = i - line * $width;
      int batch = line / $rows;
      int row = line - batch * $rows;
      int band = row / ${bands};
      int at = (batch * $bands + band) * $padWidth + column;
      band = row - ${bands} * band;
      ${type} y = ${parts.length === 1 ? s0 : `band < 2 ? (band == 0 ? ${s0} : ${s1}) : (band == 2 ? ${s2} : ${s3})`};
      ${bias === 'columns' ? `y += bias_${read}(column);` : ''}
      ${bias === 'rows' ? 'y += bias_at(line - line / $biasPeriod * $biasPeriod);' : ''}
      return y;
    }`,
  );
});

/** What becomes of a product. */
export interface Finish {
  /** Elements in a row of the result. */
  readonly width: number;
  readonly bias?: GpuBuffer | undefined;
  /** Along which axis it lies: one for each column, or for each row, over and over again. */
  readonly biasAlong?: 'columns' | 'rows';
}

/** The product in rows of `width` elements. */
export function multiply(out: GpuBuffer, p: Product, { width, bias, biasAlong = 'columns' }: Finish): void {
  const { backend } = out;
  const height = p.rows > 1 && backend.device.hasMultiOutput ? OUTPUTS : 1;
  const bands = Math.ceil(p.rows / height);
  const orientation = p.transposeB ? 'transposed' : 'normal';
  const numbers = [
    ...[p.batch[1], p.rows, bands, p.columns, p.inner],
    ...[p.aStrides, p.bStrides].flatMap(({ start, batch: [outer, batch], row }) => [start, outer, batch, row]),
  ];
  const padWidth = 4 * p.columns;
  if (height === 1 && width === padWidth && bias === undefined) {
    backend.run(rowProgram(orientation), out, [p.a, p.b], numbers);
    return;
  }
  using work = new Workspace(backend);
  const size = p.batch[0] * p.batch[1] * bands * padWidth;
  const parts = Array.from({ length: height }, () => work.take(size));
  if (height === 1) backend.run(rowProgram(orientation), parts[0]!, [p.a, p.b], numbers);
  else {
    const key = Math.max(p.a.texels, p.b.texels) > MOST_COUNTED ? 'large' : 'usual';
    backend.runMultiOutput(bandsProgram(`${orientation}:${key}`), parts, [p.a, p.b], numbers);
  }
  const isEven = width === padWidth;
  const unit = isEven ? 4 : 1;
  backend.run(
    joinBandsProgram(`${height}:${isEven ? 'even' : 'uneven'}:${bias === undefined ? 'none' : biasAlong}`),
    out,
    bias === undefined ? parts : [...parts, bias],
    [width / unit, padWidth / unit, p.rows, bands, bias?.size ?? 1],
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

/** One factor as the product wants it. */
interface Factor {
  readonly buffer: GpuBuffer;
  readonly strides: FactorStrides;
}

export function factorOf(
  x: GpuBuffer,
  count: number,
  rows: number,
  columns: number,
  isTransposed: boolean,
  padRows: number,
  work: Workspace,
): Factor {
  const [batch, row] = [(padRows * padded(columns)) / 4, padded(columns) / 4];
  const strides: FactorStrides = { start: 0, batch: [0, batch], row };
  if (!isTransposed && columns % 4 === 0 && padRows === rows) return { buffer: x, strides };
  const steps = { batchStep: rows * columns, rowStep: isTransposed ? 1 : columns, columnStep: isTransposed ? rows : 1 };
  return { buffer: pack(x, { start: 0, count, rows, columns, padRows, ...steps }, work), strides };
}

/** A factor with the whole batch written out: for batches that broadcast in more ways than the kernel counts. */
function stretched(x: KernelTensor, batch: Shape, work: Workspace): KernelTensor {
  const shape = [...batch, ...x.shape.slice(-2)];
  const size = sizeOf(shape);
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
  const steps = mergeAxes(batch, [broadcastStrides(aBatch, batch), broadcastStrides(bBatch, batch)]);
  const [aSteps, bSteps] = steps.strides as [number[], number[]];
  const two = (lengths: readonly number[], fill: number): [number, number] =>
    lengths.length === 1 ? [fill, lengths[0]!] : [lengths[0]!, lengths[1]!];
  if (steps.shape.length > 2) {
    runMatmul(stretched(a, batch, work), stretched(b, batch, work), y, transposeA, transposeB);
    return;
  }
  const left = factorOf(bufferOf(a), sizeOf(aBatch), rows, inner, transposeA, rows, work);
  // Of b either the rows run along the inner axis, or, as bᵀ, the columns do; neither has to be transposed.
  const right = transposeB
    ? factorOf(bufferOf(b), sizeOf(bBatch), columns, inner, false, columns, work)
    : factorOf(bufferOf(b), sizeOf(bBatch), inner, columns, false, padded(inner), work);
  const scaled = ({ strides }: Factor, steps: readonly number[]): FactorStrides => {
    const [outer, innermost] = two(steps, 0);
    return { ...strides, batch: [outer * strides.batch[1], innermost * strides.batch[1]] };
  };
  multiply(
    out,
    {
      a: left.buffer,
      aStrides: scaled(left, aSteps),
      b: right.buffer,
      bStrides: scaled(right, bSteps),
      transposeB,
      batch: two(steps.shape, 1),
      rows,
      columns: padded(columns) / 4,
      inner: padded(inner) / 4,
    },
    { width: columns },
  );
}

export const matmulKernels: readonly KernelEntry[] = [
  defineKernel(matmul, ({ a, b, y }, { transposeA, transposeB }) => runMatmul(a, b, y, transposeA, transposeB)),
];
