// Metrics: the figures of scikit-learn, however the examples fall into batches.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { AUC } from './auc.js';
import { Accuracy, ConfusionMatrix, F1, Precision, Recall, TopKAccuracy } from './classes.js';
import type { Metric, Values } from './metric.js';
import { Perplexity } from './perplexity.js';
import { MAE, R2, RMSE } from './regression.js';

interface Case {
  readonly output: Values;
  readonly target: Values;
  readonly figures: Readonly<Record<string, number | number[][]>>;
}
const golden = new URL('../../golden/metrics.json', import.meta.url);
const cases = JSON.parse(readFileSync(golden, 'utf8')) as Record<string, Case>;

const make: Record<string, () => Metric<unknown>> = {
  accuracy: () => new Accuracy(),
  confusion: () => new ConfusionMatrix(),
  top1: () => new TopKAccuracy(1),
  top2: () => new TopKAccuracy(2),
  top3: () => new TopKAccuracy(3),
  auc: () => new AUC(),
  perplexity: () => new Perplexity(),
  r2: () => new R2(),
  mae: () => new MAE(),
  rmse: () => new RMSE(),
};
for (const average of ['micro', 'macro', 'weighted', 1] as const) {
  make[`precision.${average}`] = () => new Precision({ average });
  make[`recall.${average}`] = () => new Recall({ average });
  make[`f1.${average}`] = () => new F1({ average });
}

function rows({ data, shape }: Values, first: number, end: number): Values {
  const width = data.length / shape[0]!;
  return { data: Array.from(data).slice(first * width, end * width), shape: [end - first, ...shape.slice(1)] };
}

const all = Object.entries(cases).flatMap(([name, value]) =>
  Object.keys(value.figures).map((figure) => [figure, name, value] as const),
);

test('there is a golden figure for every metric', () => {
  expect(new Set(all.map(([figure]) => figure))).toEqual(new Set(Object.keys(make)));
});

test.each(all)('%s of %s', (figure, _, { output, target, figures }) => {
  const expected = figures[figure]!;
  const check = (got: unknown): void => {
    if (typeof expected !== 'number') expect(got).toEqual(expected);
    else expect(Math.abs((got as number) - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(expected)));
  };
  const metric = make[figure]!();
  const size = target.shape[0]!;
  for (const batch of [size, 1, 7]) {
    metric.reset();
    for (let i = 0; i < size; i += batch) {
      const end = Math.min(i + batch, size);
      metric.update(rows(output, i, end), rows(target, i, end));
    }
    check(metric.compute());
    check(metric.compute());
  }
});

const values = (data: number[], shape = [data.length]): Values => ({ data, shape });

test('answers may be class numbers, or one score beside a threshold', () => {
  const target = values([1, 0, 1, 1]);
  const counted: Metric[] = [new Accuracy({ threshold: 0.5 }), new Accuracy({ threshold: 0.5 }), new Accuracy()];
  const outputs = [values([0.9, 0.6, 0.2, 0.5]), values([0.9, 0.6, 0.2, 0.5], [4, 1]), values([1, 1, 0, 0])];
  counted.forEach((metric, i) => {
    metric.update(outputs[i]!, target);
    expect(metric.compute()).toBe(1 / 4);
  });
});

test('the figures of each class, and of one that never came', () => {
  const f1 = new F1();
  f1.update(values([1, 1, 0, 2]), values([1, 0, 1, 2]));
  expect(f1.perClass()).toEqual([0, 0.5, 1]);
  const fifth = new Recall({ average: 5 });
  fifth.update(values([1, 1]), values([1, 0]));
  expect(fifth.compute()).toBe(0);
});

test('classes of a sequence, with padding left out of perplexity', () => {
  const uniform = values(new Array(2 * 3 * 7).fill(0.3), [2, 3, 7]);
  const perplexity = new Perplexity({ ignoreIndex: -100 });
  perplexity.update(uniform, values([0, 1, -100, 6, -100, -100], [2, 3]));
  expect(perplexity.compute()).toBeCloseTo(7, 12);
  const top = new TopKAccuracy(3);
  top.update(uniform, values([0, 1, 2, 3, 4, 5], [2, 3]));
  // Of scores that tie, the first ones are the largest.
  expect(top.compute()).toBe(0.5);
});

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

test('an answer that is NaN is not right, as argmax has it that NaN is larger than any number', () => {
  // Of three rows of class 1 the answers are NaN, NaN beside the right one, and 1, and of one of class 0 NaN.
  const output = values([nan, nan, nan, 0, 9, nan, 0, infinity, 0, nan, 1, 0], [4, 3]);
  const target = values([1, 1, 1, 0]);
  const of = <V>(metric: Metric<V>): V => {
    metric.update(output, target);
    return metric.compute();
  };
  expect(of(new Accuracy())).toBe(1 / 4);
  expect([1, 2, 3].map((k) => of(new TopKAccuracy(k)))).toEqual([1 / 4, 2 / 4, 2 / 4]);
  expect(of(new ConfusionMatrix())).toEqual([
    [0, 0, 0],
    [0, 1, 0],
    [0, 0, 0],
  ]);
  expect([of(new Precision({ average: 1 })), of(new Recall({ average: 1 })), of(new Recall({ average: 0 }))]).toEqual([
    1,
    1 / 3,
    0,
  ]);
  // 2 · right / (answers + examples) = 2 · 1 / (1 + 3) for class 1, over all 2 · 1 / (1 + 4).
  expect([of(new F1({ average: 1 })), of(new F1({ average: 'micro' }))]).toEqual([1 / 2, 2 / 5]);
});

test.each([{}, { threshold: 0.5 }])('one answer for each example, with %o: NaN is neither class', (options) => {
  const [output, target] = [values([nan, nan, 1]), values([0, 1, 1])];
  const [accuracy, matrix] = [new Accuracy(options), new ConfusionMatrix(options)];
  for (const metric of [accuracy, matrix]) metric.update(output, target);
  expect(accuracy.compute()).toBe(1 / 3);
  expect(matrix.compute()).toEqual([
    [0, 0],
    [0, 1],
  ]);
});

test.each([
  ['R2', () => new R2()],
  ['MAE', () => new MAE()],
  ['RMSE', () => new RMSE()],
])('%s of numbers of which one is NaN is NaN', (_, make) => {
  for (const [output, target] of [
    [values([1, nan, 3]), values([1, 2, 4])],
    [values([1, 2, 3]), values([1, nan, 4])],
  ] as const) {
    const metric = make();
    metric.update(output, target);
    expect(metric.compute()).toBeNaN();
  }
});

test('perplexity of logits of which one is NaN is NaN, whichever it is', () => {
  for (let i = 0; i < 3; i++) {
    const perplexity = new Perplexity();
    perplexity.update(values([0, 1, 2].with(i, nan), [1, 3]), values([1]));
    expect(perplexity.compute()).toBeNaN();
  }
});

const once = (metric: Metric<unknown>, output: Values, target: Values) => () => {
  metric.update(output, target);
  metric.compute();
};
const two = values([0.1, 0.9, 0.2, 0.8], [2, 2]);

test.each([
  ['Accuracy', () => new Accuracy().compute()],
  ['TopKAccuracy', () => new TopKAccuracy(1).compute()],
  ['Precision', () => new Precision().compute()],
  ['AUC', () => new AUC().compute()],
  ['Perplexity', () => new Perplexity().compute()],
  ['R2', () => new R2().compute()],
  ['RMSE', () => new RMSE().compute()],
])('%s of nothing is told', (name, compute) => {
  expect(compute).toThrow(`${name}: nothing was counted yet; call update(output, target) before compute()`);
});

test.each([
  [
    () => new F1({ average: 'mean' as never }),
    "F1: average is 'mean', needs 'macro', 'micro', 'weighted' or the number of a class",
  ],
  [() => new TopKAccuracy(0), 'TopKAccuracy: k is 0, needs a whole number of at least 1'],
  [once(new TopKAccuracy(3), two, values([0, 1])), 'TopKAccuracy: k is 3 but there are 2 classes; use a smaller k'],
  [
    once(new Accuracy(), two, values([0, 1, 1])),
    'Accuracy: the output is [2, 2] and the target [3]; needs scores [..., classes] for classes [...]',
  ],
  [
    once(new Accuracy(), values([0.3, 1]), values([0, 1])),
    'Accuracy: answer 0 is 0.3, needs the number of a class, a whole number from 0',
  ],
  [
    once(new Accuracy({ threshold: 0 }), two, values([0, 1])),
    'Accuracy: threshold is for one score per example, but the output is [2, 2] for targets [2]; leave it out',
  ],
  [
    once(new Recall(), two, values([0, 2])),
    'Recall: target 1 is 2, needs the number of a class, a whole number from 0 to 1',
  ],
  [once(new AUC(), values([1, 2]), values([1, 1])), 'AUC: class 1 has all examples, needs some in it and some outside'],
  [once(new AUC(), values([1, Number.NaN]), values([1, 0])), 'AUC: score 1 is NaN, and has no place in an order'],
  [
    once(new AUC(), values([1, 2, 3], [3, 1]), values([0, 1])),
    'AUC: the output is [3, 1] and the target [2]; needs scores [N] or [N, classes] for classes [N]',
  ],
  [
    once(new Perplexity(), two, values([0, -1])),
    'Perplexity: target 1 is -1, needs the number of a class, a whole number from 0 to 1',
  ],
  [once(new MAE(), two, values([0, 1])), 'MAE: the output is [2, 2] and the target [2]; needs the same shape'],
  [once(new R2(), values([1, 2]), values([4, 4])), 'R2: all 2 targets are 4; needs targets that differ'],
])('bad input %#', (call, message) => {
  expect(call).toThrow(message);
});
