// Random expressions of several ops: the results, first gradients, and the gradients of a sum of those.

import type { Tensor } from '@dl/autograd';
import * as ag from '@dl/autograd';
import { differOnlyWhere } from '../compare.js';
import { type Kind, type Numbers, type Outcome, plainList, type Tolerance } from '../kind.js';
import type { Random } from '../random.js';
import { Program, type Step } from './compositions-program.js';
import { toTensor, weighted } from './tensors.js';

export interface Case {
  readonly dtype: 'float32' | 'float64';
  readonly inputs: readonly { readonly shape: readonly number[]; readonly data: readonly (number | string)[] }[];
  readonly steps: readonly Step[];
}

const SPECIAL = ['nan', 'inf', '-inf', 0, 1e-20, -1e-20, 1e20, -1e20, 1e-6];

function draw(r: Random): Case {
  const rank = r.pick([0, 1, 2, 2, 3, 3, 4, 4]);
  const first = r.list(rank, () => r.whole(1, rank > 3 ? 3 : 4));
  // Shapes that go together: the same, with ones, or without axes in front.
  const shapes = r.list(r.whole(1, 3), () => {
    const like = r.whole(0, 2);
    if (like === 0) return first;
    return like === 1 ? first.map((length) => (r.chance(0.4) ? 1 : length)) : first.slice(r.whole(0, rank));
  });
  shapes[0] = first;
  const isSpecial = r.chance(0.25);
  const inputs = shapes.map((shape) => {
    // Multiples of 1/64, which both dtypes have, and sometimes few different ones, so that there are ties and zeros.
    const isCoarse = r.chance(0.3);
    const data: (number | string)[] = r.list(
      shape.reduce((product, each) => product * each, 1),
      () => (isCoarse ? r.whole(-2, 2) / 2 : r.whole(-160, 160) / 64),
    );
    if (isSpecial) for (let i = r.whole(0, 2); i > 0; i--) data[r.whole(0, data.length - 1)] = r.pick(SPECIAL);
    return { shape, data };
  });
  const program = new Program(r, shapes);
  const wanted = r.whole(3, 12);
  for (let tries = 0; program.steps.length < wanted && tries < 200; tries++) program.grow();
  return { dtype: r.pick(['float32', 'float64']), inputs, steps: program.steps };
}

/** The options of all ops; each has those that its draw gave it. */
interface Options {
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly above: number;
  readonly axis: number;
  readonly axes: readonly number[] | null;
  readonly keepDims: boolean;
  readonly p: number | 'inf';
  readonly reverse: boolean;
  readonly descending: boolean;
  readonly length: number;
  readonly largest: boolean;
  readonly shift: number;
  readonly index: readonly number[];
  readonly indices: readonly number[];
  readonly start: number;
  readonly stop: number;
  readonly step: number;
  readonly order: readonly number[];
  readonly shape: readonly number[];
  readonly counts: readonly number[];
  readonly pads: readonly (readonly [number, number])[];
  readonly before: number;
  readonly after: number;
  readonly mode: 'reflect' | 'replicate' | 'circular';
  readonly diagonal: number;
  readonly side: 'a' | 'b';
  readonly equation: string;
  readonly isCausal: boolean;
  readonly last: number;
  readonly eps: number;
  readonly groups: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly countIncludePad: boolean;
}
type Run = (x: Tensor, options: Options, others: readonly Tensor[]) => Tensor;
const whole = (values: readonly number[], shape: readonly number[]): Tensor =>
  ag.tensor({ data: Int32Array.from(values), shape });

const special: Readonly<Record<string, Run>> = {
  addScalar: (x, { value }) => x.add(value),
  mulScalar: (x, { value }) => x.mul(value),
  modScalar: (x, { value }) => x.mod(value),
  power: (x, { value }) => x.pow(value),
  clamp: (x, { min, max }) => x.clamp(min, max),
  whereGreater: (a, _, [b]) => ag.where(a.greater(b!), a, b!.mul(2)),
  maskedFill: (x, { above, value }) => x.maskedFill(x.greater(above), value),
  norm: (x, { axes, keepDims, p }) =>
    x.norm(axes ?? undefined, { keepDims, p: p === 'inf' ? Number.POSITIVE_INFINITY : p }),
  softmax: (x, { axis }) => x.softmax(axis),
  logSoftmax: (x, { axis }) => x.logSoftmax(axis),
  cumsum: (x, { axis, reverse }) => x.cumsum(axis, { reverse }),
  sort: (x, { axis, descending }) => x.sort(axis, { descending }).values,
  topK: (x, { axis, length, largest }) => x.topK(length, { axis, largest }).values,
  flip: (x, { axis }) => x.flip(axis),
  roll: (x, { axis, shift }) => x.roll(shift, axis),
  indexSelect: (x, { axis, index }) => x.indexSelect(axis, whole(index, [index.length])),
  sliceRange: (x, { axis, start, stop, step }) =>
    x.slice(x.shape.map((_, i) => (i === (axis + x.rank) % x.rank ? [start, stop, step] : [null, null]) as never)),
  gather: (x, { axis, indices }) => x.gather(axis, whole(indices, x.shape)),
  scatterAdd: (x, { axis, indices }, [source]) => x.scatterAdd(axis, whole(indices, x.shape), source!),
  glu: (x, { axis }) => x.glu(axis),
  permute: (x, { order }) => x.permute(order),
  reshape: (x, { shape }) => x.reshape(shape),
  unsqueeze: (x, { axis }) => x.unsqueeze(axis),
  expand: (x, { shape }) => x.expand(shape),
  repeat: (x, { counts }) => x.repeat(counts),
  pad: (x, { pads, value }) => x.pad(pads, { value }),
  padEdge: (x, { before, after, mode }) =>
    x.pad(
      [
        [0, 0],
        [0, 0],
        [before, after],
      ],
      { mode },
    ),
  tril: (x, { diagonal }) => x.tril(diagonal),
  triu: (x, { diagonal }) => x.triu(diagonal),
  stack: (x, { axis }, [other]) => ag.stack([x, other!], axis),
  concat: (x, { axis }, [other]) => ag.concat([x, other!], axis),
  matmulOwn: (x, { side }) => x.matmul(x, side === 'a' ? { transposeA: true } : { transposeB: true }),
  einsum: (x, { equation }, [other]) => ag.einsum(equation, x, other!),
  attention: (x, { isCausal }, [k, v]) => ag.scaledDotProductAttention(x, k!, v!, { causal: isCausal }),
  layerNorm: (x, { last, eps }) => x.layerNorm(x.shape.slice(-last), { eps }),
  rmsNorm: (x, { last, eps }) => x.rmsNorm(x.shape.slice(-last), { eps }),
  groupNorm: (x, { groups, eps }) => x.groupNorm(groups, { eps }),
  batchNorm: (x, { eps }) => x.batchNorm({ eps }).y,
  maxPool2d: (x, { kernel, stride, padding }) => x.maxPool2d(kernel, { stride, padding }),
  avgPool2d: (x, { kernel, stride, padding, countIncludePad }) =>
    x.avgPool2d(kernel, { stride, padding, countIncludePad }),
  conv: (x, { stride, padding }, [weight]) =>
    x.rank === 4 ? x.conv2d(weight!, { stride, padding }) : x.conv1d(weight!, { stride, padding }),
};
const reductions = ['sum', 'mean', 'max', 'min', 'prod', 'logSumExp', 'variance', 'std'];

function compute({ op, of, options }: Step, values: readonly Tensor[]): Tensor {
  const [x, ...others] = of.map((i) => values[i]!) as [Tensor, ...Tensor[]];
  const own = special[op];
  if (own !== undefined) return own(x, options as unknown as Options, others);
  const method = (x as unknown as Record<string, (...args: readonly unknown[]) => Tensor>)[op]!.bind(x);
  if (reductions.includes(op)) {
    const { axes, ...rest } = options;
    return method(axes ?? undefined, rest);
  }
  return others.length > 0 ? method(...others) : method(options);
}

/** Which values nothing else uses: the results. */
const unused = ({ inputs, steps }: Case): number[] =>
  steps.map((_, i) => inputs.length + i).filter((i) => !steps.some(({ of }) => of.includes(i)));

/** The weighted sum of those that are there. */
const total = (values: readonly (Tensor | undefined)[]): Tensor =>
  values.flatMap((each, i) => (each === undefined ? [] : [weighted(each, i)])).reduce((sum, each) => sum.add(each));
const flat = (x: Tensor | undefined, like: Tensor): Numbers =>
  x === undefined ? Array.from({ length: like.size }, () => 0) : plainList(x.dataSync());

export function run(given: Case): Outcome {
  using _ = ag.scope();
  const inputs = given.inputs.map((each) => toTensor({ ...each, grad: true }, given.dtype));
  const values = [...inputs];
  for (const step of given.steps) values.push(compute(step, values));
  const results = unused(given).map((i) => values[i]!);
  const loss = total(results);
  const plain = ag.gradients(loss, inputs, { retainGraph: true, allowUnused: true });
  const first = ag.gradients(loss, inputs, { createGraph: true, allowUnused: true });
  const found = first.map((each) => (each?.requiresGrad === true ? each : undefined));
  const isConstant = found.every((each) => each === undefined);
  const second = isConstant ? [] : ag.gradients(total(found), inputs, { allowUnused: true });
  const outcome: Record<string, Numbers> = {};
  results.forEach((result, i) => {
    outcome[`y${i}`] = plainList(result.dataSync());
    outcome[`shape${i}`] = [...result.shape];
  });
  inputs.forEach((x, i) => {
    outcome[`gradient${i}`] = flat(plain[i], x);
    outcome[`recorded gradient${i}`] = flat(first[i], x);
    outcome[`second${i}`] = flat(second[i], x);
  });
  return outcome;
}

const SPREADING = ['variance', 'std', 'layerNorm', 'rmsNorm', 'groupNorm', 'batchNorm', 'conv', 'mod'];

const tolerance = ({ dtype }: Case): Tolerance =>
  dtype === 'float64' ? { rtol: 1e-9, atol: 1e-11 } : { rtol: 2e-5, atol: 1e-5 };

export const compositions: Kind<Case> = {
  name: 'compositions',
  draw,
  run,
  tolerance,
  reason(given, ours, theirs) {
    const ops = new Set(given.steps.map(({ op }) => op));
    const has = (...names: readonly string[]): boolean => names.some((name) => ops.has(name));
    const only = (expected: (here: Numbers, there: Numbers, name: string) => boolean): boolean =>
      differOnlyWhere(ours, theirs, tolerance(given), expected);
    // NaN here and there alike, or infinite, is special, too.
    const isSpecial = JSON.stringify([given.inputs, ours, theirs]).match(/"(nan|inf|-inf)"|e[+-]/) !== null;
    if (only((here, there, name) => there === 'nan' && here !== 'nan' && name.startsWith('second'))) {
      return 'PyTorch has NaN in second derivatives, of powers and norms at 0, and of zeros times infinity';
    }
    if (isSpecial && only((here, there) => there === 'nan' && here !== 'nan')) {
      return 'PyTorch multiplies where nothing depends on what is special, and has NaN for 0 times infinity';
    }
    if (isSpecial && has(...SPREADING) && only((here, there) => here === 'nan' || there === 'nan')) {
      return 'normalisation, variance, convolution and mod have NaN for ∞ - ∞ and 0 · ∞, where PyTorch has a number or an infinity';
    }
    const hasNaN = given.inputs.some(({ data }) => data.includes('nan'));
    if (hasNaN && only((here, _, name) => here === 'nan' && name.startsWith('second'))) {
      return 'in second derivatives NaN reaches a sum of products, of which PyTorch leaves one out';
    }
    if (isSpecial && only((here, there, name) => !name.startsWith('y') && (here === 'nan' || there === 'nan'))) {
      return 'gradients beside what is special have NaN where the order of products leads to 0 times infinity, on either side';
    }
    const isExtreme = given.inputs.some(({ data }) => data.some((x) => Math.abs(Math.log10(Math.abs(Number(x)))) > 19));
    if (isExtreme && has('prod') && only((here, there) => `${here}${there}`.match(/nan|inf/) === null)) {
      return "PyTorch's second derivative of a product divides by each element, and loses all digits beside a tiny one";
    }
    if (isExtreme && only((here, there) => Math.max(Math.abs(Number(here)), Math.abs(Number(there))) > 1e9)) {
      return 'numbers of 20 digits cancel, and leave another rest';
    }
    if (only((here, there) => `${here}` === `-${there}` || `-${here}` === `${there}`)) {
      return 'an infinity of the other sign, by that of a zero';
    }
    return undefined;
  },
};
