// What stands around an optimiser: clipping, averages of weights, Lookahead, early stopping, the range test.

import { manualSeed, memory, randn, scope, type Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { BatchNorm1d } from '@dl/layers';
import { assertAllClose } from '@dl/testing';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Adam, clipGradNorm, clipGradValue, EarlyStopping, EMA, Lookahead, lrRangeTest, SGD, SWA } from '../index.js';

const backend = cpu();
beforeAll(() => useBackend(backend));
beforeEach(() => void manualSeed(2));

const leaf = (data: number[] | number[][]): Tensor => tensor(data, { dtype: 'float64', requiresGrad: true });

/** Two parameters with the gradients [3, -4] and [[12]], whose norm is 13; and one without. */
function withGradients(): Tensor[] {
  const params = [leaf([1, 1]), leaf([[1]]), leaf([7])];
  const weights = tensor([3, -4], { dtype: 'float64' });
  params[0]!.mul(weights).sum().add(params[1]!.sum().mul(12)).backward();
  return params;
}
const grads = (params: readonly Tensor[]): number[] =>
  params.flatMap(({ grad }) => (grad ? Array.from(grad.dataSync(), Number) : []));

describe('clipGradNorm', () => {
  test.each([
    [2, 13],
    [1, 19],
    [Number.POSITIVE_INFINITY, 12],
    [3, (27 + 64 + 1728) ** (1 / 3)],
  ])('scales by the norm of order %d over all parameters', (normType, norm) => {
    using _ = scope();
    const params = withGradients();
    const before = memory().buffers;
    const total = clipGradNorm(params, 2, { normType });
    expect(memory().buffers).toBe(before + 1);
    assertAllClose(total.item(), norm, { rtol: 1e-14 });
    assertAllClose(
      grads(params),
      [3, -4, 12].map((value) => (value * 2) / (norm + 1e-6)),
      { rtol: 1e-14 },
    );
    expect(params[2]!.grad).toBeUndefined();
  });

  test('leaves short gradients alone', () => {
    using _ = scope();
    const params = withGradients();
    clipGradNorm(params, 20);
    expect(grads(params)).toEqual([3, -4, 12]);
    expect(clipGradNorm([leaf([1])], 1).item()).toBe(0);
  });

  test('gradients may differ in dtype and live on two backends', async () => {
    const other = cpu({ engine: 'typescript' });
    await useBackend([backend, other]);
    using _ = scope();
    const params = [
      tensor([1, 1], { requiresGrad: true }),
      tensor([1], { requiresGrad: true, dtype: 'float64' }),
      tensor([1], { requiresGrad: true, backend: other }),
    ] as const;
    params[0]
      .mul(tensor([2, 4]))
      .sum()
      .backward();
    params[1].mul(5).sum().backward();
    params[2].mul(6).sum().backward();
    assertAllClose(clipGradNorm(params, 4.5).item(), 9, { rtol: 1e-7 }); // √(4 + 16 + 25 + 36)
    assertAllClose(grads(params), [1, 2, 2.5, 3], { rtol: 1e-6 });
  });

  test('says what does not fit', () => {
    using _ = scope();
    const params = withGradients();
    expect(() => clipGradNorm(params, 0)).toThrow('clipGradNorm: maxNorm is 0, needs a number above 0');
    expect(() => clipGradNorm(params, 1, { normType: -1 })).toThrow(
      'clipGradNorm: normType is -1, needs a number above 0, or Infinity',
    );
    params[1]!.mul(Number.POSITIVE_INFINITY).sum().backward();
    expect(() => clipGradNorm(params, 1, { errorIfNonfinite: true })).toThrow(
      'clipGradNorm: the norm of the gradients is Infinity',
    );
    expect(() => clipGradValue(params, -1)).toThrow('clipGradValue: clipValue is -1, needs a number above 0');
  });
});

test('clipping in a long loop leaves nothing in memory', () => {
  const params = [randn([4, 3], { requiresGrad: true })];
  const go = (times: number): void => {
    for (let i = 0; i < times; i++) {
      using _ = scope();
      params[0]!.square().sum().backward();
      clipGradNorm(params, 0.1);
      clipGradValue(params, 0.01);
      params[0]!.zeroGrad();
    }
  };
  go(10);
  const early = memory();
  go(490);
  expect([memory().bytes, memory().buffers]).toEqual([early.bytes, early.buffers]);
  params[0]!.dispose();
});

test('clipGradValue bounds each element', () => {
  using _ = scope();
  const params = withGradients();
  clipGradValue(params, 3.5);
  expect(grads(params)).toEqual([3, -3.5, 3.5]);
});

describe('averages of weights', () => {
  const walk = [
    [1, 2],
    [3, -1],
    [0.5, 4],
    [2, 2],
  ];

  test('EMA and SWA by their sums; swapped, and back', () => {
    using _ = scope();
    const x = leaf([0, 0]);
    using ema = new EMA([x], { decay: 0.7 });
    using swa = new SWA([x]);
    let mean = walk[0]!;
    for (const weights of walk) {
      x.assign(tensor(weights, { dtype: 'float64' }));
      ema.update();
      swa.update();
      mean = mean.map((value, i) => 0.7 * value + 0.3 * weights[i]!);
    }
    assertAllClose(ema.averages[0]!.dataSync(), mean, { rtol: 1e-14 });
    assertAllClose(swa.averages[0]!.dataSync(), [6.5 / 4, 7 / 4], { rtol: 1e-14 });
    ema.swap();
    assertAllClose(x.dataSync(), mean, { rtol: 1e-14 });
    expect(() => ema.update()).toThrow(
      'EMA: update() came while the parameters hold the averages; call swap() before training goes on',
    );
    ema.swap();
    expect(x.toArray()).toEqual([2, 2]);
    for (const isSwapped of [false, true]) {
      if (isSwapped) ema.swap();
      ema.settle();
      assertAllClose(x.dataSync(), mean, { rtol: 1e-14 });
      expect(ema.averages[0]).not.toBe(x);
      expect(ema.averages[0]!.toArray()).toEqual(x.toArray());
      expect(() => ema.update()).not.toThrow();
    }
  });

  test('go on exactly from a state, and refuse another', () => {
    using _ = scope();
    const x = leaf([1, 5]);
    using one = new SWA([x]);
    one.update();
    x.assign(x.mul(3).detach());
    one.update();
    using other = new SWA([x]);
    other.loadStateDict(one.stateDict());
    using third = new SWA([x]);
    // As from a file; and taken while the parameters hold the averages, which are in it nevertheless.
    one.swap();
    const { averages, ...rest } = one.stateDict();
    const written = averages.map((each) => ({ shape: each.shape, data: Array.from(each.dataSync(), Number) }));
    third.loadStateDict(JSON.parse(JSON.stringify({ ...rest, averages: written })));
    one.swap();
    x.assign(x.mul(-1).detach());
    for (const each of [one, other, third]) each.update();
    assertAllClose(one.averages[0]!.dataSync(), [1 / 3, 5 / 3], { rtol: 1e-14 });
    for (const each of [other, third]) expect(each.averages[0]!.toArray()).toEqual(one.averages[0]!.toArray());
    using wrong = new SWA([leaf([1])]);
    expect(() => wrong.loadStateDict(one.stateDict())).toThrow(
      'SWA: loadStateDict changed nothing: parameter 0 has for average the shape [2] instead of [1]',
    );
    expect(() => new SWA([x, leaf([1])]).loadStateDict(one.stateDict())).toThrow(
      'SWA: loadStateDict changed nothing: it needs the state of SWA with 2 parameters, and got one of SWA with 1',
    );
    expect(() => new EMA([x]).loadStateDict(one.stateDict())).toThrow(
      'it needs the state of EMA with 1 parameters, and got one of SWA with 1',
    );
    expect(() => one.loadStateDict({} as never)).toThrow('it needs the state of SWA with 1 parameters, and got none');
    expect(() => new EMA([x], { decay: 1 })).toThrow('EMA: decay is 1, needs a number from 0 to below 1');
    expect(() => new SWA([])).toThrow('SWA: got no parameters; give it model.parameters()');
  });

  test.each([
    ['EMA', (params: Tensor[]) => new EMA(params, { decay: 0.9 })],
    ['SWA', (params: Tensor[]) => new SWA(params)],
  ])('%s: memory is the same to the byte after 10 updates and after 500, and free in the end', (_, make) => {
    const before = memory();
    const params = [randn([4, 3], { requiresGrad: true }), randn([5], { requiresGrad: true })];
    const average = make(params);
    const go = (times: number): void => {
      for (let i = 0; i < times; i++) {
        average.update();
        average.swap();
        average.swap();
      }
    };
    go(10);
    const early = memory();
    go(490);
    expect([memory().bytes, memory().buffers]).toEqual([early.bytes, early.buffers]);
    average.dispose();
    for (const param of params) param.dispose();
    expect([memory().bytes, memory().buffers]).toEqual([before.bytes, before.buffers]);
  });

  test('of buffers, too: statistics are averaged, counts are taken over', () => {
    using _ = scope();
    const norm = new BatchNorm1d(2);
    const [params, buffers] = [norm.parameters(), norm.buffers()];
    using swa = new SWA(params, { buffers });
    using ema = new EMA(params, { decay: 0.75, buffers });
    using weightsAlone = new SWA(params);
    const seen = [
      [1, 2],
      [3, -2],
      [8, 6],
    ];
    seen.forEach((mean, i) => {
      norm.runningMean!.assign(tensor(mean));
      norm.numBatchesTracked!.assign(tensor(i + 5, { dtype: norm.numBatchesTracked!.dtype as 'int32' }));
      for (const average of [swa, ema, weightsAlone]) average.update();
    });
    const at = params.length + buffers.indexOf(norm.runningMean!);
    const count = params.length + buffers.indexOf(norm.numBatchesTracked!);
    assertAllClose(swa.averages[at]!.dataSync(), [4, 2], { rtol: 1e-6 });
    // ¾ (¾ · 1 + ¼ · 3) + ¼ · 8, and so on.
    assertAllClose(ema.averages[at]!.dataSync(), [3.125, 2.25], { rtol: 1e-6 });
    expect(swa.averages[count]!.item()).toBe(7);
    expect(weightsAlone.averages).toHaveLength(params.length);
    swa.swap();
    assertAllClose(norm.runningMean!.dataSync(), [4, 2], { rtol: 1e-6 });
    swa.swap();
    assertAllClose(norm.runningMean!.dataSync(), [8, 6], { rtol: 1e-6 });
    using again = new SWA(params, { buffers });
    const written = swa.averages.map((each) => ({ shape: each.shape, data: Array.from(each.dataSync(), Number) }));
    again.loadStateDict(JSON.parse(JSON.stringify({ average: 'SWA', count: swa.count, averages: written })));
    expect(again.averages.map((each) => each.toArray())).toEqual(swa.averages.map((each) => each.toArray()));
    expect(() => new SWA(params, { buffers: norm as never })).toThrow('SWA: buffers is a BatchNorm1d, needs an array');
  });
});

test('Lookahead by its formula, with any optimiser inside', () => {
  using _ = scope();
  const x = leaf([4]);
  using optimizer = new Lookahead(new SGD([x], { lr: 0.1 }), { k: 3, alpha: 0.25 });
  let [fast, slow] = [4, 4];
  for (let i = 1; i <= 20; i++) {
    x.square().sum().backward();
    optimizer.step();
    optimizer.zeroGrad();
    fast -= 0.1 * 2 * fast;
    if (i % 3 === 0) {
      slow += 0.25 * (fast - slow);
      fast = slow;
    }
    assertAllClose(x.item(), fast, { rtol: 1e-13 });
  }
  expect(() => new Lookahead(optimizer.inner, { k: 0 })).toThrow(
    'Lookahead: k is 0, needs a whole number of at least 1',
  );
  expect(() => new Lookahead(optimizer.inner, { alpha: 2 })).toThrow(
    'Lookahead: alpha is 2, needs a number above 0 and up to 1',
  );
  expect(() => optimizer.loadStateDict(optimizer.inner.stateDict() as never)).toThrow(
    'it needs the state of a Lookahead with 1 parameters',
  );
  expect(() => optimizer.loadStateDict({ ...optimizer.stateDict(), steps: undefined } as never)).toThrow(
    'it needs the state of a Lookahead with 1 parameters',
  );
});

test('Lookahead: parameters that join later have slow weights from then on; after dispose() it is as new', () => {
  using _ = scope();
  const [early, late] = [leaf([4]), leaf([4])];
  using optimizer = new Lookahead(new SGD([early], { lr: 0.1 }), { k: 2, alpha: 0.5 });
  const step = (): void => {
    early.square().sum().add(late.square().sum()).backward();
    optimizer.step();
    optimizer.zeroGrad();
    late.zeroGrad();
  };
  for (let i = 0; i < 2; i++) step();
  expect(late.item()).toBe(4);
  optimizer.inner.addParamGroup({ params: [late] });
  for (let i = 0; i < 2; i++) step();
  // Two steps of 0.8 each, and half of the way.
  assertAllClose(late.item(), 4 + 0.5 * (4 * 0.64 - 4), { rtol: 1e-13 });
  expect(optimizer.stateDict().slow).toHaveLength(2);
  using again = new Lookahead(new SGD([{ params: [leaf([1])] }, { params: [leaf([1])] }], { lr: 1 }));
  again.loadStateDict(optimizer.stateDict());
  expect(again.paramGroups[0]!.lr).toBe(0.1);

  optimizer.dispose();
  optimizer.dispose();
  late.assign(tensor([4], { dtype: 'float64' }));
  for (let i = 0; i < 2; i++) step();
  assertAllClose(late.item(), 4 + 0.5 * (4 * 0.64 - 4), { rtol: 1e-13 });
});

describe('EarlyStopping', () => {
  const stopsAt = (options: ConstructorParameters<typeof EarlyStopping>[0], metrics: readonly number[]): number => {
    const stopping = new EarlyStopping(options);
    return metrics.findIndex((metric) => stopping.update(metric));
  };

  test('stops after patience is used up, and not before', () => {
    expect(stopsAt({ patience: 3 }, [3, 2, 2, 2.5, 1, 1, 1, 1, 0])).toBe(7);
    expect(stopsAt({ patience: 1 }, [3, 2, 2, 1])).toBe(2);
    expect(stopsAt({ patience: 2, mode: 'max' }, [1, 2, 3, 2, 2.5])).toBe(4);
    expect(stopsAt({ patience: 2, minDelta: 0.5 }, [3, 2.8, 2.6, 1])).toBe(2);
    expect(stopsAt({ patience: 2 }, [1, Number.NaN, Number.NaN])).toBe(2);
    expect(stopsAt({ patience: 2 }, [Number.NaN, Number.NaN])).toBe(1);
    expect(stopsAt({ patience: Number.POSITIVE_INFINITY }, new Array(50).fill(1))).toBe(-1);
  });

  test('goes on from a state, and says what does not fit', () => {
    const [one, other] = [new EarlyStopping({ patience: 3 }), new EarlyStopping({ patience: 3 })];
    for (const metric of [2, 1, 3]) one.update(metric);
    other.loadStateDict(JSON.parse(JSON.stringify(one.stateDict())));
    expect([other.best, other.bestEpoch, other.update(4), other.update(4)]).toEqual([1, 1, false, true]);
    expect(() => new EarlyStopping({ patience: 0 })).toThrow(
      'EarlyStopping: patience is 0, needs a whole number of at least 1, or Infinity',
    );
    expect(() => new EarlyStopping({ minDelta: -1 })).toThrow(
      'EarlyStopping: minDelta is -1, needs a number of at least 0',
    );
    expect(() => new EarlyStopping({ mode: 'up' as never })).toThrow(
      "EarlyStopping: mode is 'up', needs 'min' or 'max'",
    );
    expect(() => one.loadStateDict({ best: 1 } as never)).toThrow(
      'EarlyStopping: what loadStateDict got is not a state; it needs what stateDict() gives',
    );
  });
});

describe('lrRangeTest', () => {
  test.each([0, 0.5, 0.9])(
    'suggests the rate at which the loss falls fastest, with smoothing %d',
    async (smoothing) => {
      using _ = scope();
      const optimizer = new SGD([leaf([1])], { lr: 1 });
      // Steepest at 0.01, and up again from 1 on.
      const loss = (lr: number): number => 2 - Math.tanh(1.5 * (Math.log10(lr) + 2)) + (lr > 1 ? 50 * (lr - 1) : 0);
      const { points, suggestion } = await lrRangeTest(optimizer, loss, { from: 1e-5, to: 10, steps: 121, smoothing });
      expect(points[20]!.loss).toBe(loss(points[20]!.lr));
      expect(Math.abs(Math.log10(suggestion!) + 2)).toBeLessThanOrEqual(0.051);
    },
  );

  test('a loss below 0 does not end it', async () => {
    const optimizer = new SGD([leaf([1])], { lr: 1 });
    const { points } = await lrRangeTest(optimizer, (lr) => (lr < 0.099 ? -2 : 5), {
      from: 1e-3,
      steps: 41,
      smoothing: 0,
    });
    // 5 is more than 3 · 2 above -2.
    expect(points.map(({ loss }) => loss)).toEqual([...new Array<number>(20).fill(-2), 5]);
  });

  test('gives the curve, and leaves everything as it was', async () => {
    const params = [randn([3], { requiresGrad: true })];
    const optimizer = new Adam(params, { lr: 0.02 });
    const train = (): number => {
      using _ = scope();
      const loss = params[0]!.sub(1).square().sum();
      loss.backward();
      optimizer.step();
      optimizer.zeroGrad();
      return loss.item();
    };
    train();
    const { bytes, buffers } = memory();
    const before = [
      params[0]!.toArray(),
      JSON.stringify(Array.from((optimizer.stateDict().state[0]!['expAvg'] as Tensor).dataSync())),
    ];
    const { points, suggestion } = await lrRangeTest(optimizer, train, {
      from: 1e-4,
      to: 100,
      steps: 61,
      smoothing: 0.5,
    });
    expect([
      params[0]!.toArray(),
      JSON.stringify(Array.from((optimizer.stateDict().state[0]!['expAvg'] as Tensor).dataSync())),
    ]).toEqual(before);
    expect([memory().bytes, memory().buffers]).toEqual([bytes, buffers]);
    expect(optimizer.paramGroups[0]!.lr).toBe(0.02);
    assertAllClose(points[10]!.lr, 1e-3, { rtol: 1e-12 });
    // It stopped because the loss exploded, and the suggestion is a rate at which it fell.
    expect(points.length).toBeLessThan(61);
    expect(suggestion).toBeGreaterThan(1e-3);
    expect(suggestion).toBeLessThan(10);
  });

  test('says what does not fit', async () => {
    const optimizer = new SGD([leaf([1])], { lr: 1 });
    await expect(lrRangeTest(optimizer, () => 1, { from: 1, to: 0.1 })).rejects.toThrow(
      'lrRangeTest: from is 1, to 0.1 and steps 100; needs 0 < from < to and at least 2 steps',
    );
    await expect(lrRangeTest(optimizer, () => 1, { smoothing: 1 })).rejects.toThrow(
      'lrRangeTest: smoothing is 1 and divergence 4; needs 0 ≤ smoothing < 1 and a divergence above 1',
    );
    await expect(lrRangeTest(optimizer, () => 1, { spacing: 'square' as never })).rejects.toThrow(
      "lrRangeTest: spacing is 'square', needs 'exponential' or 'linear'",
    );
  });
});
