// The optimisers that PyTorch 1.13 has, each against a second computation in plain numbers, from the formulas of its paper: golden
// figures of one version have the faults of that version (golden/optim.py names them).

import { readFileSync } from 'node:fs';
import { adamUpdate, scope, sgdUpdate, type Tensor, tensor, updateElements, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { expected, type Formula, path, START, type Vector } from '../test/bowl.js';
import { withoutKernels } from '../test/without-kernels.js';
import {
  Adadelta,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  ASGD,
  LBFGS,
  NAdam,
  type Optimizer,
  RAdam,
  RMSprop,
  Rprop,
  SGD,
} from './index.js';

const golden: { readonly cases: readonly { readonly optimizer: string }[] } = JSON.parse(
  readFileSync(new URL('../golden/optim.json', import.meta.url), 'utf8'),
);

/** A formula of one weight: from its value, gradient and step, with a memory of its own. */
type Weight = () => (w: number, g: number, t: number) => number;

const each =
  (weight: Weight): Formula =>
  () => {
    const all = START.map(weight);
    return (w, g, t) => w.map((value, i) => all[i]!(value, g[i]!, t));
  };

const sgd = (lr: number, momentum: number, dampening: number, decay: number, nesterov: boolean): Formula =>
  each(() => {
    let v: number | undefined;
    return (w, grad) => {
      const g = grad + decay * w;
      v = v === undefined ? g : momentum * v + (1 - dampening) * g;
      return w - lr * (nesterov ? g + momentum * v : v);
    };
  });

type Betas = readonly [number, number];
interface AdamSettings {
  readonly lr: number;
  readonly betas?: Betas;
  readonly eps?: number;
  readonly l2?: number;
  readonly decay?: number;
}

/** What Adam and those after it share: means without bias, and weight decay on either way. */
const adamLike =
  (direction: (m: number, v: number, t: number, g: number, settings: Required<AdamSettings>) => number) =>
  ({ lr, betas = [0.9, 0.999], eps = 1e-8, l2 = 0, decay = 0 }: AdamSettings): Formula =>
    each(() => {
      let [m, v] = [0, 0];
      return (w, grad, t) => {
        const g = grad + l2 * w;
        m = betas[0] * m + (1 - betas[0]) * g;
        v = betas[1] * v + (1 - betas[1]) * g * g;
        return w * (1 - lr * decay) - lr * direction(m, v, t, g, { lr, betas, eps, l2, decay });
      };
    });

const adam = adamLike(
  (m, v, t, _, { betas: [b1, b2], eps }) => m / (1 - b1 ** t) / (Math.sqrt(v / (1 - b2 ** t)) + eps),
);

const amsgrad = (lr: number, [b1, b2]: Betas): Formula =>
  each(() => {
    let [m, v, most] = [0, 0, 0];
    return (w, g, t) => {
      m = b1 * m + (1 - b1) * g;
      v = b2 * v + (1 - b2) * g * g;
      most = Math.max(most, v);
      return w - (lr * m) / (1 - b1 ** t) / (Math.sqrt(most / (1 - b2 ** t)) + 1e-8);
    };
  });

/** Dozat 2016: gradient and next momentum, each freed of its bias by the product of the momenta up to it. */
const nadam = (settings: AdamSettings, psi = 0.004): Formula =>
  adamLike((m, v, t, g, { betas: [b1, b2], eps }) => {
    const momentum = (k: number): number => b1 * (1 - 0.5 * 0.96 ** (k * psi));
    const product = (k: number): number => (k === 0 ? 1 : product(k - 1) * momentum(k));
    const ahead = (momentum(t + 1) * m) / (1 - product(t + 1)) + ((1 - momentum(t)) * g) / (1 - product(t));
    return ahead / (Math.sqrt(v / (1 - b2 ** t)) + eps);
  })(settings);

/** Liu et al. 2020, with the authors' threshold of 5. */
const radam = adamLike((m, v, t, _, { betas: [b1, b2], eps }) => {
  const [mean, most] = [m / (1 - b1 ** t), 2 / (1 - b2) - 1];
  const rho = most - (2 * t * b2 ** t) / (1 - b2 ** t);
  if (rho <= 5) return mean;
  const r = Math.sqrt((((rho - 4) * (rho - 2)) / ((most - 4) * (most - 2))) * (most / rho));
  return (r * mean * Math.sqrt(1 - b2 ** t)) / (Math.sqrt(v) + eps);
});

const adamax = (lr: number, [b1, b2]: Betas, eps: number): Formula =>
  each(() => {
    let [m, u] = [0, 0];
    return (w, g, t) => {
      m = b1 * m + (1 - b1) * g;
      u = Math.max(b2 * u, Math.abs(g) + eps);
      return w - ((lr / (1 - b1 ** t)) * m) / u;
    };
  });

const adadelta = (lr: number, rho: number, eps: number): Formula =>
  each(() => {
    let [squares, steps] = [0, 0];
    return (w, g) => {
      squares = rho * squares + (1 - rho) * g * g;
      const step = (Math.sqrt(steps + eps) / Math.sqrt(squares + eps)) * g;
      steps = rho * steps + (1 - rho) * step * step;
      return w - lr * step;
    };
  });

const adagrad = (lr: number, lrDecay: number, initial: number, eps: number): Formula =>
  each(() => {
    let sum = initial;
    return (w, g, t) => {
      sum += g * g;
      return w - ((lr / (1 + (t - 1) * lrDecay)) * g) / (Math.sqrt(sum) + eps);
    };
  });

/** Centred by definition: the weighted mean of squared distances from the weighted mean, from all gradients so far. */
const rmsprop = (lr: number, alpha: number, eps: number, momentum: number, centred: boolean): Formula =>
  each(() => {
    const seen: number[] = [];
    let buffer = 0;
    return (w, g) => {
      seen.push(g);
      const shares = seen.map((_, i) => (1 - alpha) * alpha ** (seen.length - 1 - i));
      const mean = centred ? seen.reduce((sum, value, i) => sum + shares[i]! * value, 0) : 0;
      // What is left of the shares is of a gradient of 0, with which all began.
      const rest = alpha ** seen.length;
      const spread = seen.reduce((sum, value, i) => sum + shares[i]! * (value - mean) ** 2, rest * mean * mean);
      buffer = momentum * buffer + g / (Math.sqrt(spread) + eps);
      return w - lr * buffer;
    };
  });

const rprop = (lr: number, [shrink, grow]: Betas, [least, most]: Betas): Formula =>
  each(() => {
    let [size, former] = [lr, 0];
    return (w, grad) => {
      let g = grad;
      if (Math.sign(g) * Math.sign(former) > 0) size = Math.min(most, size * grow);
      else if (Math.sign(g) * Math.sign(former) < 0) {
        size = Math.max(least, size * shrink);
        g = 0;
      }
      former = g;
      return w - Math.sign(g) * size;
    };
  });

const asgd = (lr: number, lambd: number, alpha: number): Formula =>
  each(() => (w, g, t) => {
    // The rate of step t, from that before it: the first is lr.
    const eta = lr / (1 + lambd * lr * (t - 1)) ** alpha;
    return w * (1 - lambd * eta) - eta * g;
  });

const matrix = [3, 2];
const cases: readonly [string, (w: Tensor) => Optimizer, Formula, number?][] = [
  ['SGD', (w) => new SGD([w], { lr: 0.1 }), sgd(0.1, 0, 0, 0, false)],
  [
    'SGD with momentum',
    (w) => new SGD([w], { lr: 0.05, momentum: 0.8, dampening: 0.2, weightDecay: 0.1 }),
    sgd(0.05, 0.8, 0.2, 0.1, false),
  ],
  ["SGD, Nesterov's", (w) => new SGD([w], { lr: 0.05, momentum: 0.8, nesterov: true }), sgd(0.05, 0.8, 0, 0, true)],
  ['SGD upwards', (w) => new SGD([w], { lr: 0.01, momentum: 0.5, maximize: true }), sgd(0.01, 0.5, 0, 0, false), -1],
  ['Adam', (w) => new Adam([w], { lr: 0.1 }), adam({ lr: 0.1 })],
  [
    'Adam with decay',
    (w) => new Adam([w], { lr: 0.1, betas: [0.5, 0.7], eps: 0.01, weightDecay: 0.1 }),
    adam({ lr: 0.1, betas: [0.5, 0.7], eps: 0.01, l2: 0.1 }),
  ],
  ['Adam with amsgrad', (w) => new Adam([w], { lr: 0.1, betas: [0.5, 0.6], amsgrad: true }), amsgrad(0.1, [0.5, 0.6])],
  ['AdamW', (w) => new AdamW([w], { lr: 0.1, weightDecay: 0.3 }), adam({ lr: 0.1, decay: 0.3 })],
  ['NAdam', (w) => new NAdam([w], { lr: 0.1 }), nadam({ lr: 0.1 })],
  [
    'NAdam with decay',
    (w) => new NAdam([w], { lr: 0.1, betas: [0.6, 0.8], weightDecay: 0.1, momentumDecay: 0.1 }),
    nadam({ lr: 0.1, betas: [0.6, 0.8], l2: 0.1 }, 0.1),
  ],
  [
    'NAdam with decay beside the gradient',
    (w) => new NAdam([w], { lr: 0.1, weightDecay: 0.2, decoupledWeightDecay: true }),
    nadam({ lr: 0.1, decay: 0.2 }),
  ],
  ['RAdam', (w) => new RAdam([w], { lr: 0.1 }), radam({ lr: 0.1 })],
  [
    'RAdam with decay',
    (w) => new RAdam([w], { lr: 0.1, betas: [0.6, 0.9], eps: 0.01, weightDecay: 0.1 }),
    radam({ lr: 0.1, betas: [0.6, 0.9], eps: 0.01, l2: 0.1 }),
  ],
  [
    'RAdam with decay beside the gradient',
    (w) => new RAdam([w], { lr: 0.1, weightDecay: 0.2, decoupledWeightDecay: true }),
    radam({ lr: 0.1, decay: 0.2 }),
  ],
  ['Adamax', (w) => new Adamax([w], { lr: 0.1, betas: [0.7, 0.8], eps: 0.01 }), adamax(0.1, [0.7, 0.8], 0.01)],
  ['Adadelta', (w) => new Adadelta([w], { lr: 0.5, rho: 0.7, eps: 1e-3 }), adadelta(0.5, 0.7, 1e-3)],
  [
    'Adagrad',
    (w) => new Adagrad([w], { lr: 0.3, lrDecay: 0.1, initialAccumulatorValue: 0.2, eps: 1e-3 }),
    adagrad(0.3, 0.1, 0.2, 1e-3),
  ],
  ['RMSprop', (w) => new RMSprop([w], { lr: 0.05, momentum: 0.6 }), rmsprop(0.05, 0.99, 1e-8, 0.6, false)],
  [
    'RMSprop, centred',
    (w) => new RMSprop([w], { lr: 0.02, alpha: 0.8, centered: true }),
    rmsprop(0.02, 0.8, 1e-8, 0, true),
  ],
  [
    'Rprop',
    (w) => new Rprop([w], { lr: 0.1, etas: [0.3, 1.5], stepSizes: [0.02, 0.3] }),
    rprop(0.1, [0.3, 1.5], [0.02, 0.3]),
  ],
  ['ASGD', (w) => new ASGD([w], { lr: 0.1, lambd: 0.3, alpha: 0.5 }), asgd(0.1, 0.3, 0.5)],
];

test('every optimiser that PyTorch 1.13 has is here', () => {
  const known = new Set(golden.cases.map(({ optimizer }) => optimizer));
  expect(new Set([...cases.map(([name]) => name.split(/[ ,]/)[0]), 'LBFGS'])).toEqual(known);
});

const fused = cpu();
const readable = cpu({ engine: 'typescript' });
const composed = await withoutKernels([sgdUpdate, adamUpdate, updateElements]);

describe.each([
  ['WebAssembly', fused],
  ['TypeScript', readable],
  ['other ops', composed],
] as const)('by %s', (_, backend) => {
  beforeAll(() => useBackend(backend));

  test.each(cases)('%s', (_, make, formula, sign = 1) => {
    assertAllClose(path(make, 'float64', matrix), expected(formula(), sign), { rtol: 1e-11, atol: 1e-12 });
    assertAllClose(path(make, 'float32', matrix), expected(formula(), sign), { rtol: 2e-5, atol: 5e-6 });
  });

  // Nearer to the mean than that a running mean in single precision does not come.
  test.each([
    ['float64', 2500, 1e-6],
    ['float32', 1300, 1e-2],
  ] as const)('RMSprop, centred, of a gradient that stays, in %s', (dtype, steps, rtol) => {
    for (const gradient of [0.1, 7.7]) {
      using _scope = scope();
      const x = tensor([1], { dtype, requiresGrad: true });
      using optimizer = new RMSprop([x], { centered: true, lr: 1e-4 });
      let exact = 1;
      for (let t = 1; t <= steps; t++) {
        using _ = scope();
        x.mul(gradient).sum().backward();
        optimizer.step();
        optimizer.zeroGrad();
        // The weighted mean square less the square of the mean: of a constant, (1 - a) a with a = αᵗ.
        const left = 0.99 ** t;
        exact -= (1e-4 * gradient) / (gradient * Math.sqrt(left * (1 - left)) + 1e-8);
      }
      assertAllClose(x.item(), exact, { rtol });
    }
  });

  test('signs are those of the smallest gradients, too', () => {
    using _scope = scope();
    const x = tensor([0], { requiresGrad: true });
    using optimizer = new Rprop([x], { lr: 0.1 });
    for (const g of [1e-30, 1e-30, -1e-30, -1e-30]) {
      x.mul(g).sum().backward();
      optimizer.step();
      optimizer.zeroGrad();
    }
    // 0.1, then 1.2 times that, none where the sign turns, and half of it back.
    assertAllClose(x.item(), -0.1 - 0.12 + 0.06, { rtol: 1e-5 });
  });
});

test('L-BFGS is BFGS with the whole matrix, scaled by the last step', async () => {
  await useBackend(fused);
  using _ = scope();
  const A = [2, 0.5, 0, 0.5, 1, -0.3, 0, -0.3, 4];
  const b = [1, -2, 0.5];
  const gradientAt = (x: Vector): number[] =>
    b.map((each, i) => x.reduce((sum, value, k) => sum + A[i * 3 + k]! * value, -each));
  const x = tensor([3, -1, 2], { dtype: 'float64', requiresGrad: true });
  const [matrix, vector] = [tensor(A, { dtype: 'float64' }).reshape([3, 3]), tensor(b, { dtype: 'float64' })];
  using optimizer = new LBFGS([x], { lr: 0.5, maxIter: 1 });
  const dot = (u: Vector, v: Vector): number => u.reduce((sum, value, i) => sum + value * v[i]!, 0);
  const pairs: { readonly s: Vector; readonly y: Vector }[] = [];
  let at: Vector = [3, -1, 2];
  for (let step = 0; step < 6; step++) {
    optimizer.step(() => {
      const loss = matrix.matmul(x).dot(x).mul(0.5).sub(vector.dot(x));
      loss.backward();
      return loss;
    });
    const g = gradientAt(at);
    // H g, column by column of the definition: H ← (I - ρ s yᵀ) H (I - ρ y sᵀ) + ρ s sᵀ.
    const last = pairs.at(-1);
    const scale = last === undefined ? 1 : dot(last.y, last.s) / dot(last.y, last.y);
    const applied = (v: Vector, count: number): number[] => {
      if (count === 0) return v.map((value) => scale * value);
      const { s, y } = pairs[count - 1]!;
      const rho = 1 / dot(y, s);
      const inner = applied(
        v.map((value, i) => value - rho * y[i]! * dot(s, v)),
        count - 1,
      );
      return inner.map((value, i) => value - rho * s[i]! * dot(y, inner) + rho * s[i]! * dot(s, v));
    };
    const t = step === 0 ? 0.5 * Math.min(1, 1 / g.reduce((sum, value) => sum + Math.abs(value), 0)) : 0.5;
    const next = applied(g, pairs.length).map((value, i) => at[i]! - t * value);
    pairs.push({ s: next.map((value, i) => value - at[i]!), y: gradientAt(next).map((value, i) => value - g[i]!) });
    at = next;
    assertAllClose(x.dataSync(), at, { rtol: 1e-9, atol: 1e-12 });
  }
});
