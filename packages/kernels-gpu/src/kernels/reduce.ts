// Reductions, in stages: each thread takes part of an axis, and what they give is reduced again. Short sums of sums are
// also the exact ones: a float that has grown large takes up no small terms.

import {
  type AroundAxis,
  all,
  any,
  argmax,
  argmin,
  aroundAxis,
  defineKernel,
  type KernelEntry,
  type KernelTensor,
  max,
  mean,
  min,
  type OpInfo,
  prod,
  reductionSteps,
  sizeOf,
  sum,
} from '@dl/autograd';
import { bufferOf, type GpuBuffer } from '../buffer.js';
import { glslProgram } from '../program.js';
import { Workspace } from '../workspace.js';
import { variants } from './shared.js';

/** How many elements one thread reduces. */
const STAGE = 64;

const steps = {
  sum: { none: 0, glsl: 'y + v' },
  prod: { none: 1, glsl: 'y * v' },
  // NaN wins, and stays.
  max: { none: -Infinity, glsl: 'v > y || v != v ? v : y' },
  min: { none: Infinity, glsl: 'v < y || v != v ? v : y' },
} as const;

export type Reduction = keyof typeof steps;

/** `along` rows of whole texels, `across` rows of whole texels, or `any` other lines, element by element. */
type Access = 'along' | 'across' | 'any';

const accessOf = (length: number, inner: number): Access =>
  inner % 4 === 0 ? 'across' : inner === 1 && length % 4 === 0 ? 'along' : 'any';

/** What each thread reads, one after another, and what it makes of it; `i` counts elements, or texels for `across`. */
const accesses: Readonly<
  Record<Access, { type: string; inner: string; first: string; next: string; count: string; end: string }>
> = {
  any: { type: 'float', inner: '$inner', first: 'x_at(at)', next: 'x_at(at + k * $inner)', count: 'count', end: 'y' },
  across: {
    type: 'vec4',
    inner: '($inner / 4)',
    first: 'x_texel(at)',
    next: 'x_texel(at + k * ($inner / 4))',
    count: 'count',
    end: 'y',
  },
  along: {
    type: 'vec4',
    inner: '1',
    first: 'x_texel(at / 4)',
    next: 'x_texel(at / 4 + k)',
    count: 'count / 4',
    end: 'combine(combine(y.x, y.y), combine(y.z, y.w))',
  },
};

/** [outer, length, inner] → [outer, partials, inner], each from `stage` neighbours; times `scale` at the end. The key is `sum:any`. */
const reduceProgram = variants((key: `${Reduction}:${Access}`) => {
  const [kind, access] = key.split(':') as [Reduction, Access];
  const { type, inner, first, next, count, end } = accesses[access];
  const lanes = ['x', 'y', 'z', 'w'].map((lane) => `combine(y.${lane}, v.${lane})`).join(', ');
  return glslProgram(
    key,
    { textures: ['x'], ints: ['length', 'inner', 'partials', 'stage'], floats: ['scale'] },
    `float combine(float y, float v) { return ${steps[kind].glsl}; }
    vec4 combine(vec4 y, vec4 v) { return vec4(${lanes}); }
    ${access === 'across' ? 'vec4 texel' : 'float element'}(int i) {
      int row = i / ${inner};
      int column = i - row * ${inner};
      int outer = row / $partials;
      int first = (row - outer * $partials) * $stage;
      int count = $length - first < $stage ? $length - first : $stage;
      int at = (outer * $length + first) * ${inner} + column;
      ${type} y = ${first};
      LOOP(k, ${count}) {
        if (k == 0) continue;
        y = combine(y, ${next});
      }
      return ${end} * $scale;
    }`,
  );
});

/** Reduces the middle axis of [outer, length, inner]. */
export function reduceAxis(
  kind: Reduction,
  x: GpuBuffer,
  out: GpuBuffer,
  { outer, length, inner }: AroundAxis,
  scale: number,
): void {
  const { backend } = out;
  const what = reduceProgram(`${kind}:${accessOf(length, inner)}`);
  if (length <= STAGE) {
    backend.run(what, out, [x], [length, inner, 1, STAGE], [scale]);
    return;
  }
  const partials = Math.ceil(length / STAGE);
  using work = new Workspace(backend);
  const partial = work.take(outer * partials * inner);
  backend.run(what, partial, [x], [length, inner, partials, STAGE], [1]);
  reduceAxis(kind, partial, out, { outer, length: partials, inner }, scale);
}

/** Reduces any axes, neighbours at a time, from the last to the first. */
export function reduce(kind: Reduction, x: KernelTensor, y: KernelTensor, axes: readonly number[], scale = 1): void {
  if (y.size === 0) return;
  const out = bufferOf(y);
  if (x.size === 0) {
    const value = steps[kind].none * scale;
    out.backend.write(out, new Float32Array(y.size).fill(value));
    return;
  }
  const reductions = reductionSteps(x.shape, axes);
  if (reductions.length === 0) reductions.push({ outer: 1, length: 1, inner: x.size });
  using work = new Workspace(out.backend);
  let from = bufferOf(x);
  for (const [i, around] of reductions.entries()) {
    const isLast = i === reductions.length - 1;
    const to = isLast ? out : work.take(around.outer * around.inner);
    reduceAxis(kind, from, to, around, isLast ? scale : 1);
    from = to;
  }
}

/**
 * Where the best of each part is, counted from where the part begins: a float holds that exactly, and not every place of a long axis.
 * `places` are those of an earlier stage, each for `span` elements; at first the elements are looked at themselves.
 */
const bestProgram = variants((key: 'max:first' | 'max:next' | 'min:first' | 'min:next') => {
  const [kind, stage] = key.split(':');
  const place = (k: string): string =>
    stage === 'first' ? `(first + ${k})` : `((first + ${k}) * $span + int(places_at(at + (${k}) * $inner)))`;
  return glslProgram(
    `arg${key}`,
    {
      textures: stage === 'first' ? ['x'] : ['x', 'places'],
      ints: ['total', 'length', 'inner', 'partials', 'stage', 'span'],
    },
    `float element(int i) {
      int row = i / $inner;
      int column = i - row * $inner;
      int outer = row / $partials;
      int first = (row - outer * $partials) * $stage;
      int count = $length - first < $stage ? $length - first : $stage;
      int at = (outer * $length + first) * $inner + column;
      int start = outer * $total * $inner + column;
      int best = ${place('0')};
      float y = x_at(start + best * $inner);
      LOOP(k, count) {
        int here = ${place('k')};
        float v = x_at(start + here * $inner);
        if ((v ${kind === 'max' ? '>' : '<'} y || v != v) && y == y) { y = v; best = here; }
      }
      return float(best - first * $span);
    }`,
  );
});

function findBest(kind: 'max' | 'min', x: KernelTensor, y: KernelTensor, axis: number): void {
  if (y.size === 0) return;
  const { outer, length: total, inner } = aroundAxis(x.shape, axis);
  const out = bufferOf(y);
  using work = new Workspace(out.backend);
  let places: GpuBuffer | undefined;
  for (let length = total, span = 1; ; span *= STAGE) {
    const partials = Math.ceil(length / STAGE);
    const to = partials === 1 ? out : work.take(outer * partials * inner);
    const inputs = places === undefined ? [bufferOf(x)] : [bufferOf(x), places];
    const what = bestProgram(`${kind}:${places === undefined ? 'first' : 'next'}`);
    out.backend.run(what, to, inputs, [total, length, inner, partials, STAGE, span]);
    if (partials === 1) return;
    places = to;
    length = partials;
  }
}

type ReductionOp = OpInfo<readonly ['x'], { axes: readonly number[]; keepDims: boolean }, readonly ['y']>;

function reduction(op: ReductionOp, kind: Reduction): KernelEntry {
  return defineKernel(op, ({ x, y }, { axes }) => reduce(kind, x, y, axes));
}

export const reduceKernels: readonly KernelEntry[] = [
  reduction(sum, 'sum'),
  reduction(prod, 'prod'),
  reduction(max, 'max'),
  reduction(min, 'min'),
  defineKernel(mean, ({ x, y }, { axes }) => reduce('sum', x, y, axes, 1 / sizeOf(axes.map((axis) => x.shape[axis]!)))),
  defineKernel(any, ({ x, y }, { axes }) => (x.size === 0 ? reduce('sum', x, y, axes) : reduce('max', x, y, axes))),
  defineKernel(all, ({ x, y }, { axes }) => (x.size === 0 ? reduce('prod', x, y, axes) : reduce('min', x, y, axes))),
  defineKernel(argmax, ({ x, y }, { axis }) => findBest('max', x, y, axis)),
  defineKernel(argmin, ({ x, y }, { axis }) => findBest('min', x, y, axis)),
];
