// The optimisers that PyTorch 1.13 lacks, each against a second computation in plain numbers, from the formulas of its paper.

import { readFileSync } from 'node:fs';
import { type Tensor, updateElements, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { COLUMNS, expected, type Formula, norm, path, ROWS, START, type Vector, zeros } from '../test/bowl.js';
import { withoutKernels } from '../test/without-kernels.js';
import * as optim from './index.js';
import { Adafactor, DeltaBarDelta, LAMB, Lion, Muon, type Optimizer, Quickprop } from './index.js';

/** What PyTorch has: it made golden files of these. */
const known = ['optim', 'sparse'].flatMap((name) => {
  const file = readFileSync(new URL(`../golden/${name}.json`, import.meta.url), 'utf8');
  const { cases }: { readonly cases: readonly { readonly optimizer: string }[] } = JSON.parse(file);
  return cases.map(({ optimizer }) => optimizer);
});

const fused = cpu();
const composed = await withoutKernels([updateElements]);

const lion =
  (lr: number, [b1, b2]: readonly [number, number], decay: number): Formula =>
  () => {
    const m = zeros();
    return (w, g) =>
      w.map((value, i) => {
        const direction = Math.sign(b1 * m[i]! + (1 - b1) * g[i]!);
        m[i] = b2 * m[i]! + (1 - b2) * g[i]!;
        return value - lr * (direction + decay * value);
      });
  };

const lamb =
  (lr: number, [b1, b2]: readonly [number, number], eps: number, decay: number): Formula =>
  () => {
    const [m, v] = [zeros(), zeros()];
    return (w, g, t) => {
      const d = w.map((value, i) => {
        m[i] = b1 * m[i]! + (1 - b1) * g[i]!;
        v[i] = b2 * v[i]! + (1 - b2) * g[i]! ** 2;
        return m[i]! / (1 - b1 ** t) / (Math.sqrt(v[i]! / (1 - b2 ** t)) + eps) + decay * value;
      });
      return w.map((value, i) => value - lr * (norm(w) / norm(d)) * d[i]!);
    };
  };

const adafactor =
  (lr: number, decay: number, isMatrix: boolean): Formula =>
  () => {
    const [rows, columns, all] = [[0, 0, 0], [0, 0], zeros()];
    const eps = 2 ** -23;
    return (w, g, t) => {
      const beta = 1 - t ** -0.8;
      const mean = (indices: Vector): number => indices.reduce((sum, i) => sum + g[i]! ** 2, 0) / indices.length;
      const inRow = (r: number): Vector => [...Array(COLUMNS).keys()].map((c) => r * COLUMNS + c);
      const inColumn = (c: number): Vector => [...Array(ROWS).keys()].map((r) => r * COLUMNS + c);
      rows.forEach((value, r) => {
        rows[r] = beta * value + (1 - beta) * mean(inRow(r));
      });
      columns.forEach((value, c) => {
        columns[c] = beta * value + (1 - beta) * mean(inColumn(c));
      });
      all.forEach((value, i) => {
        all[i] = beta * value + (1 - beta) * g[i]! ** 2;
      });
      const meanRow = Math.max(eps, rows.reduce((sum, value) => sum + value, 0) / ROWS);
      const u = g.map((value, i) => {
        const factored = (rows[Math.floor(i / COLUMNS)]! * columns[i % COLUMNS]!) / meanRow;
        return value / Math.sqrt(Math.max(isMatrix ? factored : all[i]!, eps * eps));
      });
      const rms = (x: Vector): number => norm(x) / Math.sqrt(x.length);
      const rate = (Math.min(lr, 1 / Math.sqrt(t)) * Math.max(1e-3, rms(w))) / Math.max(1, rms(u));
      return w.map((value, i) => value - lr * decay * value - rate * u[i]!);
    };
  };

const muon =
  (lr: number, momentum: number, nesterov: boolean, decay: number): Formula =>
  () => {
    const m = zeros();
    return (w, g) => {
      const d = g.map((value, i) => {
        m[i] = momentum * m[i]! + (1 - momentum) * value;
        return nesterov ? momentum * m[i]! + (1 - momentum) * value : m[i]!;
      });
      // By singular values: the iteration is the polynomial 3.4445 s - 4.775 s³ + 2.0315 s⁵ of each, five times.
      const turned = bySingularValues(d.map((value) => value / norm(d)));
      const size = Math.sqrt(ROWS / COLUMNS);
      return w.map((value, i) => value - lr * decay * value - lr * size * turned[i]!);
    };
  };

/** U p(S) Vᵀ of a matrix of three rows and two columns, from the closed eigenvectors of its 2x2 product with itself. */
function bySingularValues(x: Vector): Vector {
  const [a, b, c] = [0, 1, 2].map((k) => {
    const [i, j] = [
      [0, 0],
      [0, 1],
      [1, 1],
    ][k] as [number, number];
    return [0, 1, 2].reduce((sum, r) => sum + x[r * 2 + i]! * x[r * 2 + j]!, 0);
  }) as [number, number, number];
  const angle = Math.atan2(2 * b, a - c) / 2;
  const vectors = [
    [Math.cos(angle), Math.sin(angle)],
    [-Math.sin(angle), Math.cos(angle)],
  ] as const;
  const result = zeros();
  for (const [v0, v1] of vectors) {
    const image = [0, 1, 2].map((r) => x[r * 2]! * v0 + x[r * 2 + 1]! * v1);
    const s = norm(image);
    let p = s;
    for (let i = 0; i < 5; i++) p = 3.4445 * p - 4.775 * p ** 3 + 2.0315 * p ** 5;
    image.forEach((value, r) => {
      result[r * 2]! += (value / s) * p * v0;
      result[r * 2 + 1]! += (value / s) * p * v1;
    });
  }
  return result;
}

const deltaBarDelta =
  (lr: number, kappa: number, phi: number, theta: number, decay: number): Formula =>
  () => {
    const [rates, bar] = [START.map(() => lr), zeros()];
    return (w, g) =>
      w.map((value, i) => {
        const slope = g[i]! + decay * value;
        if (bar[i]! * slope > 0) rates[i]! += kappa;
        else if (bar[i]! * slope < 0) rates[i]! *= 1 - phi;
        bar[i] = (1 - theta) * slope + theta * bar[i]!;
        return value - rates[i]! * slope;
      });
  };

const quickprop =
  (lr: number, mu: number, decay: number): Formula =>
  () => {
    const [deltas, slopes] = [zeros(), zeros()];
    return (w, g) =>
      w.map((value, i) => {
        const [s, p, d] = [g[i]! + decay * value, slopes[i]!, deltas[i]!];
        let step = 0;
        if (d > 0) {
          if (s < 0) step -= lr * s;
          step += s <= (mu / (1 + mu)) * p ? mu * d : (d * s) / (p - s);
        } else if (d < 0) {
          if (s > 0) step -= lr * s;
          step += s >= (mu / (1 + mu)) * p ? mu * d : (d * s) / (p - s);
        } else {
          step -= lr * s;
        }
        deltas[i] = step;
        slopes[i] = s;
        return value + step;
      });
  };

const matrix = [ROWS, COLUMNS];
const cases: readonly [string, readonly number[], (w: Tensor) => Optimizer, Formula, number?][] = [
  ['Lion', matrix, (w) => new Lion([w], { lr: 0.1 }), lion(0.1, [0.9, 0.99], 0)],
  [
    'Lion with decay',
    matrix,
    (w) => new Lion([w], { lr: 0.03, betas: [0.5, 0.8], weightDecay: 0.3 }),
    lion(0.03, [0.5, 0.8], 0.3),
  ],
  ['Lion upwards', matrix, (w) => new Lion([w], { lr: 0.03, maximize: true }), lion(0.03, [0.9, 0.99], 0), -1],
  ['LAMB', matrix, (w) => new LAMB([w], { lr: 0.1 }), lamb(0.1, [0.9, 0.999], 1e-6, 0)],
  [
    'LAMB with decay',
    matrix,
    (w) => new LAMB([w], { lr: 0.05, betas: [0.5, 0.8], eps: 0.01, weightDecay: 0.1 }),
    lamb(0.05, [0.5, 0.8], 0.01, 0.1),
  ],
  ['Adafactor', matrix, (w) => new Adafactor([w], { lr: 0.1 }), adafactor(0.1, 0, true)],
  ['Adafactor of a vector', [6], (w) => new Adafactor([w], { lr: 0.1, weightDecay: 0.1 }), adafactor(0.1, 0.1, false)],
  ['Muon', matrix, (w) => new Muon([w], { lr: 0.1 }), muon(0.1, 0.95, true, 0.1)],
  [
    'Muon, filters as rows',
    [3, 1, 2],
    (w) => new Muon([w], { lr: 0.05, momentum: 0.7, nesterov: false, weightDecay: 0 }),
    muon(0.05, 0.7, false, 0),
  ],
  [
    'DeltaBarDelta',
    matrix,
    (w) => new DeltaBarDelta([w], { lr: 0.05, kappa: 0.02 }),
    deltaBarDelta(0.05, 0.02, 0.1, 0.7, 0),
  ],
  [
    'DeltaBarDelta with decay',
    matrix,
    (w) => new DeltaBarDelta([w], { lr: 0.4, phi: 0.5, theta: 0.3, weightDecay: 0.2 }),
    deltaBarDelta(0.4, 1e-3, 0.5, 0.3, 0.2),
  ],
  ['Quickprop', matrix, (w) => new Quickprop([w], { lr: 0.05 }), quickprop(0.05, 1.75, 0)],
  [
    'Quickprop with decay',
    matrix,
    (w) => new Quickprop([w], { lr: 0.1, mu: 1.2, weightDecay: 0.1 }),
    quickprop(0.1, 1.2, 0.1),
  ],
];

test('every optimiser that PyTorch 1.13 lacks is here', () => {
  const exported = Object.entries(optim).flatMap(([name, value]) =>
    typeof value === 'function' && value.prototype instanceof optim.Optimizer ? [name] : [],
  );
  const bases = ['PerParameterOptimizer', 'ElementwiseOptimizer'];
  const others = exported.filter((name) => !known.includes(name) && !bases.includes(name));
  expect([...new Set(cases.map(([name]) => name.split(/[ ,]/)[0]))].sort()).toEqual(others.sort());
});

describe.each([
  ['in one pass', fused, true],
  ['in TypeScript', cpu({ engine: 'typescript' }), true],
  ['by other ops', composed, false],
] as const)('%s', (_, backend, hasKernel) => {
  beforeAll(async () => {
    await useBackend(backend);
    expect(backend.kernels.has(updateElements)).toBe(hasKernel);
  });

  describe.each(cases)('%s', (_, shape, make, formula, sign = 1) => {
    test('in float64', () => {
      assertAllClose(path(make, 'float64', shape), expected(formula(), sign), { rtol: 1e-9, atol: 1e-10 });
    });

    test('in float32', () => {
      assertAllClose(path(make, 'float32', shape), expected(formula(), sign), { rtol: 1e-5, atol: 2e-6 });
    });
  });
});
