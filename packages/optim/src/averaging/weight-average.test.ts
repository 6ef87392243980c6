// Averages of weights: by their sums, from a state, and with buffers.

import { manualSeed, memory, randn, scope, type Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { BatchNorm1d } from '@dl/layers';
import { assertAllClose } from '@dl/testing';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { EMA, SWA } from '../index.js';

beforeAll(() => useBackend(cpu()));
beforeEach(() => void manualSeed(2));

const leaf = (data: number[] | number[][]): Tensor => tensor(data, { dtype: 'float64', requiresGrad: true });

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
