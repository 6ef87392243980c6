// Optimisers with random options along random gradients, some of which are absent, with clipping before the step.

import { noGrad, scope, type Tensor, tensor } from '@dl/autograd';
import * as optim from '@dl/optim';
import { type Kind, plain, plainList } from '../kind.js';
import type { Random } from '../random.js';

type Options = Record<string, unknown>;
type Clip = { readonly value: number } | { readonly norm: number; readonly order: number | 'inf' };

interface Case {
  readonly optimizer: string;
  readonly options: Options;
  /** Each parameter is a group of its own, some with a rate of their own. */
  readonly start: readonly (readonly number[])[];
  readonly lrs: readonly (number | null)[];
  readonly gradients: readonly (readonly (readonly number[] | null)[])[];
  readonly clip: Clip | null;
}

const betas = (r: Random): readonly number[] => [r.number(0, 0.99), r.number(0, 0.999)];
const lr = (r: Random): number => r.pick([0, r.number(0.001, 0.3), r.number(0.001, 0.3)]);
const decay = (r: Random): number => r.number(0, 0.3);
const eps = (r: Random): number => r.pick([1e-8, 1e-4, 0.01]);

const optimizers: Readonly<Record<string, (r: Random) => Options>> = {
  SGD: (r) => {
    const options: Options = {
      lr: lr(r),
      ...r.some({ momentum: () => r.number(0.1, 0.99), weightDecay: () => decay(r), maximize: () => true }),
    };
    if (!('momentum' in options)) return options;
    return { ...options, ...(r.chance(0.5) ? { nesterov: true } : r.some({ dampening: () => r.number(0, 1) })) };
  },
  Adam: (r) =>
    r.some({
      lr: () => lr(r),
      betas: () => betas(r),
      eps: () => eps(r),
      weightDecay: () => decay(r),
      amsgrad: () => true,
      maximize: () => true,
    }),
  AdamW: (r) =>
    r.some({
      lr: () => lr(r),
      betas: () => betas(r),
      eps: () => eps(r),
      weightDecay: () => decay(r),
      amsgrad: () => true,
      maximize: () => true,
    }),
  NAdam: (r) =>
    r.some({
      lr: () => lr(r),
      betas: () => betas(r),
      eps: () => eps(r),
      weightDecay: () => decay(r),
      momentumDecay: () => r.number(0, 0.1),
    }),
  RAdam: (r) => r.some({ lr: () => lr(r), betas: () => betas(r), eps: () => eps(r), weightDecay: () => decay(r) }),
  Adamax: (r) =>
    r.some({
      lr: () => lr(r),
      betas: () => betas(r),
      eps: () => eps(r),
      weightDecay: () => decay(r),
      maximize: () => true,
    }),
  Adadelta: (r) =>
    r.some({
      lr: () => lr(r),
      rho: () => r.number(0, 0.99),
      eps: () => eps(r),
      weightDecay: () => decay(r),
      maximize: () => true,
    }),
  Adagrad: (r) =>
    r.some({
      lr: () => lr(r),
      lrDecay: () => r.number(0, 0.5),
      weightDecay: () => decay(r),
      initialAccumulatorValue: () => r.number(0, 1),
      eps: () => eps(r),
      maximize: () => true,
    }),
  RMSprop: (r) =>
    r.some({
      lr: () => lr(r),
      alpha: () => r.number(0.1, 0.99),
      eps: () => r.pick([1e-4, 0.01]),
      weightDecay: () => decay(r),
      momentum: () => r.number(0, 0.99),
      centered: () => true,
      maximize: () => true,
    }),
  Rprop: (r) =>
    r.some({
      lr: () => r.number(0.001, 0.3),
      etas: () => [r.number(0.1, 0.9), r.number(1.1, 2)],
      stepSizes: () => [r.number(1e-4, 1e-3), r.number(0.1, 5)],
      maximize: () => true,
    }),
  ASGD: (r) =>
    r.some({
      lr: () => lr(r),
      lambd: () => r.number(0, 0.1),
      alpha: () => r.number(0, 1),
      t0: () => r.whole(0, 10),
      weightDecay: () => decay(r),
      maximize: () => true,
    }),
};

function draw(r: Random): Case {
  const optimizer = r.pick(Object.keys(optimizers));
  const options = optimizers[optimizer]!(r);
  const start = r.list(r.whole(1, 3), () => r.list(r.whole(1, 5), () => r.number(-2, 2)));
  const lrs = start.map(() => (r.chance(0.3) ? r.number(0.001, 0.2) : null));
  const size = 10 ** r.whole(-6, 4);
  // A gradient may be 0, and may be absent for some steps; the first parameter always has one.
  const gradients = r.list(r.whole(1, 12), () =>
    start.map((values, i) =>
      i > 0 && r.chance(0.2)
        ? null
        : values.map(() => (r.chance(0.05) ? 0 : Number((size * r.number(-2, 2)).toPrecision(3)))),
    ),
  );
  const clip = r.chance(0.7)
    ? null
    : r.chance(0.3)
      ? { value: r.number(0.01, 2) * size }
      : { norm: r.number(0.1, 5) * size, order: r.pick([1, 2, 3, 'inf'] as const) };
  return { optimizer, options, start, lrs, gradients, clip };
}

export const optimisers: Kind<Case> = {
  name: 'optimisers',
  draw,
  run({ optimizer: name, options, start, lrs, gradients, clip }) {
    using _ = scope();
    const params = start.map((values) => tensor([...values], { dtype: 'float64', requiresGrad: true }));
    const groups = params.map((param, i) => ({ params: [param], ...(lrs[i] === null ? {} : { lr: lrs[i]! }) }));
    const constructors = optim as unknown as Record<string, new (groups: unknown, options: Options) => optim.Optimizer>;
    using optimizer = new constructors[name]!(groups, options);
    const norms: number[] = [];
    const path = gradients.map((all) => {
      give(params, all);
      if (clip !== null && 'value' in clip) optim.clipGradValue(params, clip.value);
      else if (clip !== null)
        norms.push(
          optim
            .clipGradNorm(params, clip.norm, {
              normType: Number(clip.order === 'inf' ? Number.POSITIVE_INFINITY : clip.order),
            })
            .item(),
        );
      optimizer.step();
      optimizer.zeroGrad();
      return params.map((param) => plainList(param.dataSync() as Float64Array));
    });
    return { path, norms: norms.map(plain) };
  },
  tolerance: ({ optimizer, options }) =>
    // PyTorch takes the square of the mean off the mean square, which loses digits.
    optimizer === 'RMSprop' && options['centered'] ? { rtol: 1e-6, atol: 1e-9 } : { rtol: 1e-9, atol: 1e-11 },
};

/** Gradients as a backward pass leaves them. */
function give(params: readonly Tensor[], gradients: readonly (readonly number[] | null)[]): void {
  params.forEach((param, i) => {
    const values = gradients[i];
    if (!values) return;
    const weights = noGrad(() => tensor([...values], { dtype: 'float64' }));
    param.mul(weights).sum().backward();
  });
}
