// Gradients for some rows of a table: steps against PyTorch's (golden/sparse.py), clipping, and who refuses them.

import { readFileSync } from 'node:fs';
import {
  assignRows,
  type DType,
  embedding,
  memory,
  noGrad,
  ones,
  rowGradient,
  scope,
  type Tensor,
  tensor,
  updateElements,
  useBackend,
} from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import * as optim from './index.js';
import { Adagrad, Adam, clipGradNorm, clipGradValue, LBFGS, type Optimizer, SGD, SparseAdam } from './index.js';

interface Around {
  readonly batches?: number;
  readonly paddingIndex?: number;
  readonly clipGradNorm?: number;
  readonly clipGradValue?: number;
}

interface Case {
  readonly optimizer: 'SGD' | 'Adagrad' | 'SparseAdam';
  readonly options: { readonly lr: number; readonly weightDecay?: number };
  readonly around: Around;
  /** After each step. */
  readonly float64: readonly (readonly number[])[];
  /** After the last step. */
  readonly float32: readonly (readonly number[])[];
}

interface Golden {
  readonly steps: number;
  readonly problem: { readonly table: number[][]; readonly words: number[][]; readonly targets: number[][][] };
  readonly cases: readonly Case[];
}

const golden: Golden = JSON.parse(readFileSync(new URL('../golden/sparse.json', import.meta.url), 'utf8'));
const { table, words, targets } = golden.problem;
const make = { SGD, Adagrad, SparseAdam };

const composed = cpu();
const engines = [
  ['wasm', cpu()],
  ['typescript', cpu({ engine: 'typescript' })],
  ['other ops', composed],
] as const;
const int = (data: number[]): Tensor => tensor(data, { dtype: 'int32' });

/** The table after each step. */
function train({ optimizer: name, options, around }: Case, dtype: DType): number[][] {
  const { batches = 1, paddingIndex } = around;
  const weight = tensor(table, { dtype, requiresGrad: true });
  using optimizer = new make[name]([weight], options);
  const path: number[][] = [];
  for (let step = 0; step < golden.steps; step++) {
    scope(() => {
      for (let batch = 3 * step; batch < 3 * step + batches; batch++) {
        const rows = embedding(int(words[batch]!), weight, {
          sparse: true,
          ...(paddingIndex !== undefined && { paddingIndex }),
        });
        rows.sub(tensor(targets[batch]!, { dtype })).cos().sum().neg().backward();
      }
      if (around.clipGradValue !== undefined) clipGradValue([weight], around.clipGradValue);
      if (around.clipGradNorm !== undefined) clipGradNorm([weight], around.clipGradNorm);
      optimizer.step();
      optimizer.zeroGrad();
    });
    path.push([...weight.dataSync()]);
  }
  weight.dispose();
  return path;
}

describe.each(engines)('by %s', (by, backend) => {
  beforeAll(async () => {
    await useBackend(backend);
    if (by === 'other ops') for (const op of [assignRows, updateElements]) backend.kernels.delete(op);
  });

  test.each(
    golden.cases.map((each) => ({ ...each, title: JSON.stringify([each.optimizer, each.options, each.around]) })),
  )('$title goes as in PyTorch', (each) => {
    const path = train(each, 'float64');
    for (const [step, values] of path.entries()) {
      assertAllClose(values, [...each.float64[step]!], { rtol: 1e-10, atol: 1e-12 });
    }
    assertAllClose(train(each, 'float32').at(-1)!, [...each.float32.at(-1)!], { rtol: 1e-4, atol: 1e-5 });
  });

  test('rows without a gradient keep their very numbers, and what is remembered of them', () => {
    const weight = tensor(table, { requiresGrad: true });
    using optimizer = new SparseAdam([weight], { lr: 0.1 });
    const step = (index: number[]): void => {
      weight.rowGrad = rowGradient(int(index), ones([index.length, 3]), weight.shape);
      optimizer.step();
    };
    step([0, 1]);
    const before = [...weight.dataSync()];
    const [{ expAvg }] = optimizer.stateDict().state as unknown as [{ expAvg: Tensor }];
    const means = [...expAvg.dataSync()];
    step([1, 4]);
    const rows = (values: Iterable<number>, row: number) => [...values].slice(3 * row, 3 * row + 3);
    for (const row of [0, 2, 3, 5, 6]) {
      expect(rows(weight.dataSync(), row)).toEqual(rows(before, row));
      expect(rows(expAvg.dataSync(), row)).toEqual(rows(means, row));
    }
    for (const row of [1, 4]) expect(rows(weight.dataSync(), row)).not.toEqual(rows(before, row));
    step([]);
    expect(optimizer.stateDict().state[0]!['step']).toBe(3);
  });
});

describe('gradients of rows', () => {
  beforeAll(async () => {
    await useBackend(cpu());
  });

  const withRows = (): Tensor => {
    const weight = tensor(table, { requiresGrad: true });
    weight.rowGrad = rowGradient(
      int([4, 1, 4]),
      tensor([
        [3, 0, 0],
        [0, 4, 0],
        [0, 0, 12],
      ]),
      weight.shape,
    );
    return weight;
  };

  test.each([
    [SGD, { lr: 0.1, momentum: 0.9 }],
    [Adagrad, { initialAccumulatorValue: 0.5, lrDecay: 0.1 }],
    [SparseAdam, {}],
  ] as const)('%o goes on from a state', (type, options) => {
    const first = withRows();
    const optimizer = new (type as typeof SGD)([first], options as { lr: number });
    optimizer.step();
    const second = first.detach().clone();
    second.requiresGrad = true;
    const other = new (type as typeof SGD)([second], options as { lr: number });
    other.loadStateDict(optimizer.stateDict());
    for (const [weight, each] of [
      [first, optimizer],
      [second, other],
    ] as const) {
      weight.rowGrad = rowGradient(int([4, 6]), ones([2, 3]), weight.shape);
      each.step();
    }
    expect([...second.dataSync()]).toEqual([...first.dataSync()]);
  });

  test('Adagrad with rows and without are one: a state goes from one to the other', () => {
    const [first, second] = [withRows(), tensor(table, { requiresGrad: true })];
    const options = { lr: 0.1, initialAccumulatorValue: 0.5 };
    const [rows, all] = [new Adagrad([first], options), new Adagrad([second], options)];
    for (let i = 0; i < 3; i++) {
      second.grad = first.rowGrad!.toDense();
      rows.step();
      all.step();
      assertAllClose(first, second, { rtol: 1e-6, atol: 0 });
    }
  });

  test('a parameter with all rows and one with some are in one group, and clipped by one norm', () => {
    const weight = withRows();
    const bias = tensor([1, 2], { requiresGrad: true });
    bias.grad = tensor([0, 84]);
    // √(3² + 4² + 12² + 84²) = 85.
    expect(clipGradNorm([weight, bias], 17).item()).toBeCloseTo(85, 4);
    assertAllClose(
      weight.rowGrad!.values,
      [
        [0, 0.8, 0],
        [0.6, 0, 2.4],
      ],
      { rtol: 1e-6 },
    );
    assertAllClose(bias.grad, [0, 16.8], { rtol: 1e-6 });
    clipGradValue([weight, bias], 0.7);
    assertAllClose(
      weight.rowGrad!.values,
      [
        [0, 0.7, 0],
        [0.6, 0, 0.7],
      ],
      { rtol: 1e-6 },
    );
    new SGD([weight, bias], { lr: 1 }).step();
    assertAllClose(bias, [1, 1.3], { rtol: 1e-6 });
    assertAllClose(weight.indexSelect(0, int([4])), [table[4]!.map((w, i) => w - [0.6, 0, 0.7][i]!)], {
      rtol: 1e-5,
    });
  });

  test('of norms with orders other than 2', () => {
    expect(clipGradNorm([withRows()], 100, { normType: 1 }).item()).toBeCloseTo(19, 4);
    expect(clipGradNorm([withRows()], 100, { normType: Infinity }).item()).toBe(12);
  });

  test('memory stays flat over steps, and nothing is left', () => {
    const before = memory().buffers;
    const weight = tensor(table, { requiresGrad: true });
    const counts = [SGD, Adagrad, SparseAdam].map((type) => {
      const optimizer = new (type as typeof SGD)([weight], { lr: 0.1 });
      const step = (): void =>
        scope(() => {
          embedding(int([1, 4, 1]), weight, { sparse: true })
            .sum()
            .backward();
          clipGradNorm([weight], 1);
          optimizer.step();
          optimizer.zeroGrad();
        });
      step();
      const [buffers, { peakBytes }] = [memory().buffers, memory()];
      for (let i = 0; i < 30; i++) step();
      expect([memory().buffers, memory().peakBytes]).toEqual([buffers, peakBytes]);
      optimizer.dispose();
      return buffers - before;
    });
    // The table, and what each remembers of it.
    expect(counts).toEqual([1, 2, 3]);
    weight.dispose();
    expect(memory().buffers).toBe(before);
  });

  test('a backward that needs a row as it was says that the step changed it', () => {
    const weight = withRows();
    const loss = weight.square().sum();
    new SGD([weight], { lr: 0.1 }).step();
    expect(() => loss.backward()).toThrow(/square saved x .* assignRows\(\) changed it/);
  });

  test('NaN moves its own row alone', () => {
    for (const type of [SGD, Adagrad, SparseAdam]) {
      const weight = withRows();
      noGrad(() =>
        weight.rowGrad!.values.assign(
          tensor([
            [0, 1, 0],
            [Number.NaN, 0, 0],
          ]),
        ),
      );
      new (type as typeof SGD)([weight], { lr: 0.1 }).step();
      const bad = [...weight.dataSync()].flatMap((value, i) => (Number.isNaN(value) ? [i] : []));
      // Adam and Adagrad divide by what comes from the same element only.
      expect(bad).toEqual([12]);
    }
  });

  /** All optimisers of the package that are given gradients, by their names. */
  const others = Object.entries(optim).filter(
    ([name, value]) =>
      typeof value === 'function' &&
      value.prototype instanceof optim.Optimizer &&
      !['SGD', 'Adagrad', 'SparseAdam', 'ElementwiseOptimizer', 'PerParameterOptimizer'].includes(name),
  ) as unknown as [string, new (params: Tensor[], options: { lr: number }) => Optimizer][];

  test('there are other optimisers', () => {
    expect(others.length).toBeGreaterThan(12);
  });

  test.each(others)('%s refuses them, and names those that take them', (name, type) => {
    const weight = withRows();
    const bias = tensor([[1, 2]], { requiresGrad: true });
    bias.grad = tensor([[1, 1]]);
    const optimizer = new type([bias, weight], { lr: 0.1 });
    expect(() => optimizer.step()).toThrow(
      `${name}: parameter 1 of group 0 has a gradient for 2 of its 7 rows, since it was looked up with { sparse: true }; ` +
        'SGD, Adagrad and SparseAdam can take it, so use one of them, or leave sparse out',
    );
    expect(bias.toArray()).toEqual([[1, 2]]);
  });

  test('so does one that searches', () => {
    const weight = withRows();
    const closure = (): Tensor => {
      const loss = embedding(int([1]), weight, { sparse: true }).sum();
      loss.backward();
      return loss;
    };
    expect(() => new LBFGS([weight]).step(closure)).toThrow(
      /LBFGS: parameter 0 of group 0 has a gradient for 1 of its 7 rows.*SGD, Adagrad and SparseAdam/,
    );
  });

  test('weight decay, which moves every row, is refused before anything changes', () => {
    for (const type of [SGD, Adagrad]) {
      const weight = withRows();
      const bias = tensor([[1, 2]], { requiresGrad: true });
      bias.grad = tensor([[1, 1]]);
      const optimizer = new (type as typeof SGD)([bias, weight], { lr: 0.1, weightDecay: 0.1 });
      expect(() => optimizer.step()).toThrow(
        `${optimizer.name}: with weightDecay every row moves in each step, and a parameter has a gradient for 2 of its 7 rows; ` +
          'put it into a group with weightDecay 0, or look it up without { sparse: true }',
      );
      expect(bias.toArray()).toEqual([[1, 2]]);
    }
  });

  test('SparseAdam refuses a gradient for all rows, and a step without any', () => {
    const weight = withRows();
    const bias = tensor([[1, 2]], { requiresGrad: true });
    bias.grad = tensor([[1, 1]]);
    const optimizer = new SparseAdam([weight, bias]);
    expect(() => optimizer.step()).toThrow(
      'SparseAdam: parameter 1 of group 0 has a gradient for all of its rows; give it to Adam, or look it up with { sparse: true } and nothing else',
    );
    expect([...weight.dataSync()]).toEqual([...tensor(table).dataSync()]);
    optimizer.zeroGrad();
    expect([weight.rowGrad, bias.grad]).toEqual([undefined, undefined]);
    expect(() => optimizer.step()).toThrow(/SparseAdam: step\(\) found no gradient/);
    expect(() => new SparseAdam([weight], { betas: [1, 0.9] })).toThrow(/SparseAdam: betas is \[1, 0.9\]/);
    expect(() => new Adam([weight], { sparse: true } as never)).toThrow(/Adam: there is no option sparse/);
  });
});
