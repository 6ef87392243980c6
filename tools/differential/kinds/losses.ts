// Losses with random options, shapes and targets.

import { gradients, scope, type Tensor } from '@dl/autograd';
import * as layers from '@dl/layers';
import { differOnlyWhere } from '../compare.js';
import { type Kind, type Numbers, type Outcome, plainList, type Tolerance } from '../kind.js';
import type { Random } from '../random.js';
import {
  coarse,
  type DType,
  type Given,
  isGiven,
  reals,
  sizeOf,
  spoiled,
  toTensor,
  weighted,
  wholes,
} from './tensors.js';

interface Case {
  readonly dtype: DType;
  readonly loss: string;
  /** Tensors among them. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Tensors, or lists of lengths. */
  readonly args: readonly unknown[];
}

interface Drawn {
  readonly options?: Readonly<Record<string, unknown>>;
  readonly args: readonly unknown[];
}

const anyShape = (r: Random): number[] => r.list(r.pick([0, 1, 2, 2, 3]), () => r.whole(1, 4));
const differentiable = (given: Given): Given => ({ ...given, grad: true });
const real = (r: Random, shape: readonly number[]): Given =>
  differentiable(r.chance(0.2) ? coarse(r, shape) : reals(r, shape));
const signs = (r: Random, shape: readonly number[]): Given => ({
  shape,
  data: r.list(sizeOf(shape), () => r.pick([-1, 1])),
});
/** From 0 to 1; sometimes both ends among them. */
const parts = (r: Random, shape: readonly number[]): Given =>
  r.chance(0.2)
    ? { shape, data: r.list(sizeOf(shape), () => r.whole(0, 4) / 4) }
    : { shape, data: r.list(sizeOf(shape), () => r.whole(1, 63) / 64) };

/** Logits or logarithms of probabilities, and their classes: a batch, one example, or places. */
function classified(r: Random, input: (shape: readonly number[]) => Given, mostPlaces = 2) {
  const [batch, classes] = [r.whole(1, 4), r.whole(1, 5)];
  const places = r.list(r.chance(0.5) ? 0 : r.whole(0, mostPlaces), () => r.whole(1, 3));
  const isOne = places.length === 0 && r.chance(0.2);
  const x = input(isOne ? [classes] : [batch, classes, ...places]);
  const ignoreIndex = r.chance(0.4) ? r.pick([-100, -1, 0]) : undefined;
  const labels = wholes(r, isOne ? [] : [batch, ...places], 0, classes - 1);
  const isWrong = r.chance(0.04);
  const data = labels.data.map((label) =>
    isWrong ? classes : ignoreIndex !== undefined && r.chance(0.3) ? ignoreIndex : label,
  );
  return { x, classes, ignoreIndex, labels: { ...labels, data } };
}

const target = (r: Random, shape: readonly number[]): Given => ({ ...real(r, shape), grad: r.chance(0.5) });
const pair = (r: Random): readonly Given[] => {
  const shape = anyShape(r);
  return [real(r, shape), target(r, shape)];
};
const classWeight = (r: Random, classes: number): Given => ({
  shape: [classes],
  data: r.list(classes, () => r.whole(r.chance(0.1) ? 0 : 1, 8) / 4),
});
/** A weight that stretches over the shape. */
const weightFor = (r: Random, shape: readonly number[]): Given =>
  reals(r, r.pick([shape, shape.slice(r.whole(0, shape.length)), shape.map((l) => r.pick([1, l]))]), 0.25, 2);

function vectors(r: Random, count: number): readonly Given[] {
  const shape = r.chance(0.2) ? [r.whole(1, 4)] : [r.whole(1, 4), r.whole(1, 4)];
  const first = real(r, shape);
  // Sometimes the same vectors, where distances are 0.
  return r.list(count, () => (r.chance(0.1) ? first : real(r, shape)));
}

const draws: Readonly<Record<string, (r: Random) => Drawn>> = {
  MSELoss: (r) => ({ args: pair(r) }),
  L1Loss: (r) => ({ args: pair(r) }),
  HuberLoss: (r) => ({ options: r.some({ delta: () => r.pick([0.5, 1, 2, r.number(0.1, 3)]) }), args: pair(r) }),
  SmoothL1Loss: (r) => ({ options: r.some({ beta: () => r.pick([0, 0.5, 1, r.number(0.1, 3)]) }), args: pair(r) }),
  CrossEntropyLoss: (r) => {
    const { x, classes, ignoreIndex, labels } = classified(r, (shape) => real(r, shape));
    const options = {
      ...r.some({ weight: () => classWeight(r, classes), labelSmoothing: () => r.pick([0, 0.1, 0.5, 1]) }),
      ...(ignoreIndex === undefined ? {} : { ignoreIndex }),
    };
    if (r.chance(0.25)) {
      const { ignoreIndex: _, ...rest } = options as { ignoreIndex?: number };
      return { options: rest, args: [x, { ...parts(r, x.shape), grad: r.chance(0.3) }] };
    }
    return { options, args: [x, labels] };
  },
  NLLLoss: (r) => {
    const { x, classes, ignoreIndex, labels } = classified(r, (shape) => differentiable(reals(r, shape, -3, 0)));
    const options = {
      ...r.some({ weight: () => classWeight(r, classes) }),
      ...(ignoreIndex === undefined ? {} : { ignoreIndex }),
    };
    return { options, args: [x, labels] };
  },
  KLDivLoss: (r) => {
    const shape = anyShape(r);
    const logTarget = r.chance(0.4);
    const given = logTarget ? reals(r, shape, -3, 0) : parts(r, shape);
    return {
      options: logTarget ? { logTarget } : {},
      args: [differentiable(reals(r, shape, -3, 0)), { ...given, grad: r.chance(0.3) }],
    };
  },
  BCELoss: (r) => {
    const shape = anyShape(r);
    return {
      options: r.some({ weight: () => weightFor(r, shape) }, 0.3),
      args: [differentiable(parts(r, shape)), { ...parts(r, shape), grad: r.chance(0.2) }],
    };
  },
  BCEWithLogitsLoss: (r) => {
    const shape = anyShape(r);
    const x = r.chance(0.2) ? reals(r, shape, -200, 200) : real(r, shape);
    return {
      options: r.some({ weight: () => weightFor(r, shape), posWeight: () => weightFor(r, shape) }, 0.3),
      args: [differentiable(x), { ...parts(r, shape), grad: r.chance(0.2) }],
    };
  },
  HingeEmbeddingLoss: (r) => {
    const shape = anyShape(r);
    return { options: r.some({ margin: () => r.pick([1, 0.5, 2]) }), args: [real(r, shape), signs(r, shape)] };
  },
  SoftMarginLoss: (r) => {
    const shape = anyShape(r);
    const x = r.chance(0.2) ? reals(r, shape, -200, 200) : reals(r, shape);
    return { args: [differentiable(x), signs(r, shape)] };
  },
  MultiMarginLoss: (r) => {
    const { x, classes, labels } = classified(r, (shape) => real(r, shape), 0);
    const options = r.some({
      p: () => r.pick([1, 2]),
      margin: () => r.pick([1, 0.5, 0, 2]),
      weight: () => classWeight(r, classes),
    });
    return { options, args: [x, { ...labels, data: labels.data.map((label) => Math.max(Number(label), 0)) }] };
  },
  MultiLabelMarginLoss: (r) => {
    const classes = r.whole(1, 5);
    const rows = r.chance(0.2) ? [] : [r.whole(1, 3)];
    // The right classes in front, in any order, and -1 behind them.
    const row = (): number[] => {
      const right = r.list(r.whole(0, classes), () => r.whole(0, classes - 1));
      const distinct = [...new Set(right)];
      return [...distinct, ...r.list(classes - distinct.length, () => -1)];
    };
    const data = r.list(sizeOf(rows), row).flat();
    return { args: [real(r, [...rows, classes]), { shape: [...rows, classes], data, kind: 'int32' }] };
  },
  MultiLabelSoftMarginLoss: (r) => {
    const classes = r.whole(1, 4);
    const shape = [...(r.chance(0.2) ? [] : [r.whole(1, 3)]), classes];
    return {
      options: r.some({ weight: () => classWeight(r, classes) }, 0.3),
      args: [real(r, shape), { shape, data: r.list(sizeOf(shape), () => r.whole(0, 1)) }],
    };
  },
  MarginRankingLoss: (r) => {
    const shape = anyShape(r);
    return {
      options: r.some({ margin: () => r.pick([0, 0.5, -0.5]) }),
      args: [real(r, shape), real(r, shape), signs(r, shape)],
    };
  },
  CosineEmbeddingLoss: (r) => {
    const [a, b] = vectors(r, 2);
    return { options: r.some({ margin: () => r.pick([0, 0.5, -0.5]) }), args: [a, b, signs(r, a!.shape.slice(0, -1))] };
  },
  TripletMarginLoss: (r) => ({
    options: r.some({
      margin: () => r.pick([1, 0.5, 3]),
      p: () => r.pick([1, 2, 3, 1.5]),
      eps: () => r.pick([1e-6, 1e-2]),
      swap: () => r.chance(0.5),
    }),
    args: vectors(r, 3),
  }),
  PoissonNLLLoss: (r) => {
    const shape = anyShape(r);
    const logInput = r.chance(0.6);
    return {
      options: { logInput, ...r.some({ full: () => r.chance(0.7), eps: () => r.pick([1e-8, 0.1]) }) },
      args: [differentiable(reals(r, shape, logInput ? -2 : 0.125, 2)), reals(r, shape, 0, 6)],
    };
  },
  GaussianNLLLoss: (r) => {
    const shape = r.list(r.whole(1, 3), () => r.whole(2, 4));
    const variance = r.pick([shape, shape.slice(0, -1), [...shape.slice(0, -1), 1]]);
    return {
      options: r.some({ full: () => r.chance(0.7), eps: () => r.pick([1e-6, 0.5]) }),
      args: [real(r, shape), target(r, shape), differentiable(reals(r, variance, r.pick([0, 0.125]), 3))],
    };
  },
  CTCLoss: (r) => {
    const [steps, batch, classes] = [r.whole(1, 7), r.whole(1, 3), r.whole(2, 4)];
    const blank = r.chance(0.7) ? 0 : r.whole(0, classes - 1);
    const labels = Array.from({ length: classes }, (_, i) => i).filter((label) => label !== blank);
    const most = r.whole(1, 4);
    const inputLengths = r.list(batch, () => r.whole(Math.max(1, steps - 2), steps));
    const targetLengths = r.list(batch, () => r.whole(0, most));
    const isJoined = r.chance(0.3);
    const count = targetLengths.reduce((sum, each) => sum + each, 0);
    const shape = isJoined ? [count] : [batch, most];
    const said: Given = { shape, data: r.list(sizeOf(shape), () => r.pick(labels)), kind: 'int32' };
    return {
      options: { ...(blank === 0 ? {} : { blank }), ...r.some({ zeroInfinity: () => r.chance(0.7) }) },
      args: [differentiable(reals(r, [steps, batch, classes])), said, inputLengths, targetLengths],
    };
  },
};

const SPECIAL = ['nan', 'inf', '-inf', 0, 1e-20, -1e20, 1e20];

function draw(r: Random): Case {
  const loss = r.pick(Object.keys(draws));
  const { options = {}, args } = draws[loss]!(r);
  const reduction = r.pick([undefined, 'mean', 'sum', 'none', loss === 'KLDivLoss' ? 'batchmean' : 'none']);
  const drawn = [...args];
  if (r.chance(0.12)) drawn[0] = spoiled(r, args[0] as Given, SPECIAL);
  const way = r.whole(0, 39);
  const last = drawn.findLastIndex(isGiven);
  if (way === 0) {
    // A shape that does not fit, or would be stretched in silence.
    const { shape, data, ...rest } = drawn[last] as Given;
    drawn[last] = { ...rest, shape: [...shape, 2], data: data.flatMap((value) => [value, value]) };
  }
  return {
    dtype: r.pick(['float32', 'float64']),
    loss,
    options: { ...options, ...(way === 1 ? { reduction: 'average' } : reduction && { reduction }) },
    args: drawn,
  };
}

function run({ dtype, loss, options, args }: Case): Outcome {
  using _ = scope();
  const open = (value: unknown): unknown => (isGiven(value) ? toTensor(value, dtype) : value);
  const classes = layers as unknown as Record<string, new (options: object) => { forward(...args: unknown[]): Tensor }>;
  const opened = Object.fromEntries(Object.entries(options).map(([name, value]) => [name, open(value)]));
  const given = args.map(open);
  const leaves = given.filter((each): each is Tensor => (each as Partial<Tensor>).requiresGrad === true);
  // PyTorch's gradient of CTC takes it for granted that logSoftmax comes before.
  const inputs = loss === 'CTCLoss' ? [(given[0] as Tensor).logSoftmax(), ...given.slice(1)] : given;
  const y = new classes[loss]!(opened).forward(...inputs);
  const found = gradients(weighted(y), leaves, { allowUnused: true });
  const outcome: Record<string, Numbers> = { y: plainList(y.dataSync()), shape: [...y.shape] };
  leaves.forEach((leaf, i) => {
    outcome[`gradient${i}`] = plainList(found[i]?.dataSync() ?? new Float64Array(leaf.size));
  });
  return outcome;
}

/** What ours refuse by intent, by the words of the error. */
const refusals: readonly (readonly [RegExp, string])[] = [
  [/has no batch for 'batchmean'/, "PyTorch takes 'batchmean' of one number for 'sum'"],
  [
    /must be the same|needs one target|more elements than the input|needs a shape/,
    'PyTorch stretches shapes in silence',
  ],
  [
    /needs probabilities|needs logarithms|needs numbers of at least 0|needs expected counts/,
    'PyTorch computes on numbers outside the range',
  ],
];

const tolerance = ({ dtype }: Case): Tolerance =>
  dtype === 'float64' ? { rtol: 1e-9, atol: 1e-10 } : { rtol: 2e-5, atol: 2e-6 };

export const losses: Kind<Case> = {
  name: 'losses',
  draw,
  run,
  tolerance,
  reason(given, ours, theirs) {
    const { loss, args, options } = given;
    if ('error' in ours) return refusals.find(([words]) => words.test(String(ours['error'])))?.[1];
    const only = (expected: (here: Numbers, there: Numbers, name: string) => boolean): boolean =>
      differOnlyWhere(ours, theirs, tolerance(given), expected);
    const refused = 'error' in theirs ? String(theirs['error']) : '';
    const isGradient = (name: string): boolean => name.startsWith('gradient');
    if (loss === 'CTCLoss' && only((here, there, name) => isGradient(name) && there === 'nan' && here !== 'nan')) {
      return 'PyTorch has NaN for the gradient of a sequence that cannot be said, or of a class that never is';
    }
    if (loss === 'KLDivLoss' && only((_, there, name) => name === 'gradient1' && there === 'nan')) {
      return 'PyTorch has NaN for the gradient of 0 log 0 for the target';
    }
    if (loss === 'BCELoss' && refused.includes('between 0 and 1')) return 'PyTorch refuses NaN';
    const isCut = (there: Numbers): boolean =>
      there === 0 || `${there}`.endsWith('inf') || Math.abs(Number(there)) > 1e6;
    if (loss === 'BCELoss' && only((_, there, name) => isGradient(name) && isCut(there))) {
      return 'at 0 and 1 the gradient is that of the logarithm, or 0 where it is cut, and in PyTorch some 1e12, or 0';
    }
    if (loss === 'SoftMarginLoss' && only((_, there) => there === 'nan' || there === 'inf')) {
      return "PyTorch's SoftMarginLoss overflows";
    }
    if (loss === 'CosineEmbeddingLoss' && only((a, b) => Math.abs(Number(a) / Number(b) - 1) < 1e-8)) {
      return "PyTorch's CosineEmbeddingLoss has an eps in single precision";
    }
    const data = [...args, ...Object.values(options)].filter(isGiven).flatMap((x) => x.data);
    if (loss === 'MultiLabelSoftMarginLoss' && data.includes('-inf') && only((here) => here === 'nan')) {
      return '0 times infinity, where PyTorch has an infinite loss';
    }
    if (
      loss === 'SmoothL1Loss' &&
      options['beta'] === 0 &&
      only((here, there, name) => isGradient(name) && here === 0 && there !== 0)
    ) {
      return "PyTorch's SmoothL1Loss with beta 0 has a gradient at 0, other than its L1Loss";
    }
    if (
      loss === 'MultiMarginLoss' &&
      data.includes('nan') &&
      only((here, _, name) => here === 'nan' || isGradient(name))
    ) {
      return "PyTorch's MultiMarginLoss leaves out a class whose score is NaN";
    }
    if (data.includes('nan') && only((here, there) => here === 'nan' && there !== 'nan')) {
      return 'NaN reaches what depends on it, where PyTorch takes its sign for 0';
    }
    if (data.includes('nan') && only((_, there, name) => isGradient(name) && there === 0)) {
      return 'the gradient passes at NaN, where PyTorch cuts it off';
    }
    const isHuge = data.some((value) => Number.isFinite(value) && Math.abs(Number(value)) >= 1e19);
    if (isHuge && ['TripletMarginLoss', 'CTCLoss'].includes(loss)) {
      return 'beside numbers of 20 digits a margin or a probability is lost, in another order';
    }
    return undefined;
  },
};
