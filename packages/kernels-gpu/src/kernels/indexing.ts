// Reading and adding by index. Adding is a gather, too: each element of the result looks for what belongs to it, because a
// thread of a GPU can read where it likes, but writes in one place only.

import {
  aroundAxis,
  defineKernel,
  gather,
  IndexError,
  indexSelect,
  indexSelectGrad,
  type KernelEntry,
  type KernelTensor,
  type Shape,
  scatterAdd,
} from '@dl/autograd';
import { bufferOf } from '../buffer.js';
import { glslProgram } from '../program.js';
import { inheritRange, rangeOf } from '../ranges.js';
import { knownIndices, segmentsOf } from '../segments.js';
import { Workspace } from '../workspace.js';
import { copyProgram, run, variants } from './shared.js';

/**
 * Throws for indices that lie outside. It knows those that came from the host; what the device computed is not read back
 * for a check: there an index outside gives NaN wherever it could have been read or added.
 */
export function checkIndices(op: string, index: KernelTensor, length: number, what = 'index'): void {
  const buffer = bufferOf(index);
  const isOutside = (): boolean =>
    buffer.range !== undefined && !(buffer.range.least >= 0 && buffer.range.most < length);
  if (!isOutside()) return;
  // A part of numbers of which some lie outside: only now it matters which ones they are.
  if (!buffer.range!.isExact) buffer.range = rangeOf(buffer.backend.readSync(buffer, 'int32', buffer.size));
  if (!isOutside()) return;
  const { least, most } = buffer.range!;
  throw new IndexError(
    `${op}: ${what} ${least < 0 ? least : most} is out of range; there are ${length}, so needs 0 to ${length - 1}`,
  );
}

/** GLSL that tests an index. Before it is made a whole number, which is undefined for what is too large. */
export const insideGlsl = `
bool isInside(float index, int length) { return index >= 0.0 && index < float(length); }
`;

const selectProgram = glslProgram(
  'indexSelect',
  { textures: ['x', 'index'], ints: ['count', 'length', 'inner'], floats: ['nan'] },
  `${insideGlsl}
  float element(int i) {
    int row = i / $inner;
    int outer = row / $count;
    float named = index_at(row - outer * $count);
    if (!isInside(named, $length)) return $nan;
    return x_at((outer * $length + int(named)) * $inner + i - row * $inner);
  }`,
);

const selectGradProgram = glslProgram(
  'indexSelectGrad',
  { textures: ['g', 'index'], ints: ['count', 'length', 'inner'], floats: ['nan'] },
  `${insideGlsl}
  float element(int i) {
    int row = i / $inner;
    int outer = row / $length;
    float here = float(row - outer * $length);
    float y = 0.0;
    LOOP(k, $count) {
      float named = index_at(k);
      if (!isInside(named, $length)) y = $nan;
      else if (named == here) y += g_at((outer * $count + k) * $inner + i - row * $inner);
    }
    return y;
  }`,
);

/** From so many indices on it is quicker to sort them on the host than to look through them for each element. */
const FEWEST_SORTED = 16;

/** Adds up what belongs to each row, from the zeros, or from an x of the result's shape. */
const segmentsProgram = variants((from: 'zeros' | 'x') =>
  glslProgram(
    `addSegments:${from}`,
    {
      textures: ['g', 'order', 'starts', ...(from === 'x' ? ['x'] : [])],
      ints: ['count', 'length', 'inner', 'size'],
    },
    `float element(int i) {
      if (i >= $size) return 0.0;
      int row = i / $inner;
      int outer = row / $length;
      int first = int(starts_at(row - outer * $length));
      int n = int(starts_at(row - outer * $length + 1)) - first;
      float y = ${from === 'x' ? 'x_at(i)' : '0.0'};
      LOOP(k, n) { y += g_at((outer * $count + int(order_at(first + k))) * $inner + i - row * $inner); }
      return y;
    }`,
  ),
);

/** For each element of an index, the place in the flattened x that it names. */
function placesOf(index: Shape, x: Shape, axis: number, values: ArrayLike<number>): Int32Array {
  const at = index.map(() => 0);
  return Int32Array.from({ length: values.length }, (_, i) => {
    let place = 0;
    for (let k = 0; k < at.length; k++) place = place * x[k]! + (k === axis ? values[i]! : at[k]!);
    for (let k = at.length - 1; k >= 0 && ++at[k]! === index[k]; k--) at[k] = 0;
    return place;
  });
}

const axes = (rank: number): number[] => Array.from({ length: rank }, (_, axis) => axis);

/** The key is the rank and the axis that is indexed: `3:1`. Lengths of the index are n0 …, of x d0 … */
const gatherProgram = variants((key: string) => {
  const [rank, axis] = key.split(':').map(Number) as [number, number];
  return glslProgram(
    `gather:${key}`,
    { textures: ['x', 'index'], ints: axes(rank).flatMap((k) => [`n${k}`, `d${k}`]), floats: ['nan'] },
    `${insideGlsl}
    float element(int i) {
      int rest = i; int q; int at = 0; int size = 1;
      float index = index_at(i);
      if (!isInside(index, $d${axis})) return $nan;
      int named = int(index);
      ${axes(rank)
        .toReversed()
        .map(
          (k) => `q = rest / $n${k};
      at += ${k === axis ? 'named' : `(rest - q * $n${k})`} * size;
      size *= $d${k};
      rest = q;`,
        )
        .join('\n')}
      return x_at(at);
    }`,
  );
});

const scatterProgram = variants((key: string) => {
  const [rank, axis] = key.split(':').map(Number) as [number, number];
  return glslProgram(
    `scatterAdd:${key}`,
    {
      textures: ['x', 'index', 'source'],
      ints: axes(rank).flatMap((k) => [`n${k}`, `d${k}`]),
      floats: ['nan'],
    },
    `${insideGlsl}
    float element(int i) {
      int rest = i; int q; int k; int at = 0; int size = 1; int along = 1; int here = 0; bool inside = true;
      ${axes(rank)
        .toReversed()
        .map(
          (k) => `q = rest / $d${k};
      k = rest - q * $d${k};
      ${k === axis ? 'here = k; along = size;' : `if (k >= $n${k}) inside = false; at += k * size;`}
      size *= $n${k};
      rest = q;`,
        )
        .join('\n')}
      float y = x_at(i);
      if (!inside) return y;
      LOOP(j, $n${axis}) {
        float named = index_at(at + j * along);
        if (!isInside(named, $d${axis})) y = $nan;
        else if (named == float(here)) y += source_at(at + j * along);
      }
      return y;
    }`,
  );
});

const lengths = (index: KernelTensor, x: KernelTensor): number[] =>
  x.shape.flatMap((length, axis) => [index.shape[axis]!, length]);

export const indexingKernels: readonly KernelEntry[] = [
  defineKernel(indexSelect, ({ x, index, y }, { axis }) => {
    checkIndices('indexSelect', index, x.shape[axis]!);
    const { length, inner } = aroundAxis(x.shape, axis);
    run(selectProgram, y, [x, index], [index.size, length, inner], [Number.NaN]);
    inheritRange(y, [x], 'part');
  }),
  defineKernel(indexSelectGrad, ({ g, index, y }, { axis, length }) => {
    checkIndices('indexSelectGrad', index, length);
    const { inner } = aroundAxis(y.shape, axis);
    const { backend } = bufferOf(y);
    const rows = index.size < FEWEST_SORTED ? undefined : knownIndices(index, length);
    if (index.size === 0) backend.write(y.handle, new Float32Array(y.size));
    else if (rows === undefined) run(selectGradProgram, y, [g, index], [index.size, length, inner], [Number.NaN]);
    else {
      using work = new Workspace(backend);
      const { order, starts } = segmentsOf(rows, length, work);
      run(segmentsProgram('zeros'), y, [g, order, starts], [index.size, length, inner, y.size]);
    }
  }),
  defineKernel(gather, ({ x, index, y }, { axis }) => {
    checkIndices('gather', index, x.shape[axis]!);
    run(gatherProgram(`${x.shape.length}:${axis}`), y, [x, index], lengths(index, x), [Number.NaN]);
    inheritRange(y, [x], 'part');
  }),
  defineKernel(scatterAdd, ({ x, index, source, y }, { axis }) => {
    checkIndices('scatterAdd', index, x.shape[axis]!);
    const named = index.shape[axis]! < FEWEST_SORTED ? undefined : knownIndices(index, x.shape[axis]!);
    if (index.size === 0) run(copyProgram, y, [x]);
    else if (named !== undefined) {
      using work = new Workspace(bufferOf(y).backend);
      const { order, starts } = segmentsOf(placesOf(index.shape, x.shape, axis, named), x.size, work);
      run(segmentsProgram('x'), y, [source, order, starts, x], [source.size, x.size, 1, y.size]);
    } else run(scatterProgram(`${x.shape.length}:${axis}`), y, [x, index, source], lengths(index, x), [Number.NaN]);
  }),
];
