// Training and evaluation mode: as each user of a model needs it, at the same time too, and left as it was.

import { manualSeed, type Tensor, tensor, useBackend } from '@dl/autograd';
import { loader } from '@dl/data';
import { cpu } from '@dl/kernels-cpu';
import { BatchNorm1d, Dropout, Linear, Module, Sequential } from '@dl/layers';
import { SGD, SWA } from '@dl/optim';
import { beforeAll, describe, expect, test } from 'vitest';
import { batches, collect, others } from '../../test/setup.js';
import { evaluate } from '../evaluate/evaluate.js';
import { fit } from '../loop/fit.js';

beforeAll(async () => {
  await useBackend(cpu());
});

class Watched extends Module {
  readonly inner = new Linear(784, 10);
  readonly modes: boolean[] = [];

  forward(x: Tensor): Tensor {
    this.modes.push(this.training);
    return this.inner.forward(x.reshape([-1, 784]));
  }
}

test('training in steps and evaluation in tests, and each module keeps its own', async () => {
  const model = new Watched().eval();
  model.inner.training = true;
  const optimizer = new SGD(model.parameters(), { lr: 0.1 });
  const options = { optimizer, test: loader(others, { batchSize: 50 }) };
  await collect(fit(model, batches({ batchSize: 60 }), options));
  expect(model.modes).toEqual([true, true, false]);
  expect([model.training, model.inner.training]).toEqual([false, true]);
});

test('it is put back after an error', async () => {
  const model = new Watched().eval();
  const optimizer = new SGD(model.parameters(), { lr: 0.1 });
  const loss = (): Tensor => {
    throw new Error('stop');
  };
  await expect(collect(fit(model, batches(), { optimizer, loss }))).rejects.toThrow('stop');
  await expect(evaluate(model.train(), loader(others), { forward: () => loss(), loss })).rejects.toThrow('stop');
  expect([model.training, model.inner.training]).toEqual([true, true]);
});

const rows = {
  images: { data: Float32Array.from({ length: 16 }, (_, i) => i), shape: [8, 2] },
  labels: { data: Int32Array.from({ length: 8 }, (_, i) => i % 2), shape: [8] },
};

/** A model with everything in which the modes differ, and its part that is to be left alone. */
function withBackbone() {
  manualSeed(2);
  const norm = new BatchNorm1d(2);
  const drop = new Dropout(0.5);
  const backbone = new Sequential(new Linear(2, 2), norm, drop).freeze();
  const [own, head] = [new BatchNorm1d(2), new Linear(2, 2)];
  const model = new Sequential(backbone, own, head);
  const statistics = () => [norm, own].map(({ numBatchesTracked }) => numBatchesTracked!.item());
  return { model, backbone, norm, drop, own, statistics, optimizer: new SGD(head.parameters(), { lr: 0.01 }) };
}

describe('a part in eval()', () => {
  test('stays in it: its statistics rest and nothing drops out, also while means are tested', async () => {
    const { model, backbone, norm, drop, statistics, optimizer } = withBackbone();
    backbone.eval();
    const seen: boolean[] = [];
    drop.registerForwardHook(([x], y) => void seen.push(String(y.toArray()) === String((x as Tensor).toArray())));
    const averaging = { weights: new SWA(model.parameters()) };
    const test = loader(rows);
    await collect(fit(model, loader(rows, { batchSize: 4 }), { optimizer, test, averaging, epochs: 2 }));
    expect(norm.runningMean!.toArray()).toEqual([0, 0]);
    expect(seen).not.toContain(false);
    // The last pass over the two batches renews the statistics of the norm that trains.
    expect(statistics()).toEqual([0, 2]);
    expect(model.namedModules().flatMap(([name, { training }]) => (training ? [name] : []))).toEqual(['', '1', '2']);
  });

  test('may be put there, or taken back, on the way', async () => {
    const { model, backbone, statistics, optimizer } = withBackbone();
    const found: unknown[] = [];
    for await (const event of fit(model, loader(rows, { batchSize: 4 }), { optimizer, epochs: 4 })) {
      if (event.type !== 'epoch') continue;
      found.push(statistics());
      if (event.epoch === 1) backbone.eval();
      if (event.epoch === 2) backbone.train();
      // A model that was put into use as a whole, and not back, is trained as a whole.
      if (event.epoch === 3) model.eval();
    }
    expect(found).toEqual([
      [2, 2],
      [2, 4],
      [4, 6],
      [6, 8],
    ]);
    expect(model.namedModules().some(([, { training }]) => training)).toBe(false);
  });

  test('of a model in eval(), a part in training is what trains', async () => {
    const { model, own, statistics, optimizer } = withBackbone();
    model.eval();
    own.train();
    await collect(fit(model, loader(rows, { batchSize: 4 }), { optimizer }));
    expect(statistics()).toEqual([0, 2]);
  });
});

/** Batches that wait a turn of the event loop before each. */
function slowly(each: typeof rows, count: number): AsyncIterable<typeof rows> {
  return {
    async *[Symbol.asyncIterator]() {
      for (let i = 0; i < count; i++) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        yield each;
      }
    },
  };
}

describe('at the same time', () => {
  class Mode extends Module {
    readonly weight = new Linear(2, 2);
    readonly log: string[] = [];

    // The rows of the test are marked by a label.
    run({ images, labels }: { images: Tensor; labels: Tensor }): Tensor {
      this.log.push(`${labels.toArray().toString().startsWith('1,1') ? 'test' : 'step'} ${this.training}`);
      return this.weight.forward(images);
    }

    forward(x: Tensor): Tensor {
      return this.weight.forward(x);
    }
  }
  const marked = { ...rows, labels: { data: new Int32Array(8).fill(1), shape: [8] } };
  const loss = (output: Tensor, { labels }: { labels: Tensor }) => output.crossEntropy(labels);
  const wanted = ['step true', 'test false'];

  test.each([
    ['a test that begins and ends within a training', 12, 4],
    ['a training that begins and ends within a test', 4, 12],
  ])('%s: each finds its own mode', async (_, steps, tests) => {
    const model = new Mode();
    const forward = (batch: { images: Tensor; labels: Tensor }): Tensor => model.run(batch);
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    const trained = collect(fit(model, slowly(rows, steps), { optimizer, forward, loss }));
    const tested = evaluate(model, slowly(marked, tests), { forward, loss }).then();
    const again = evaluate(model, slowly(marked, tests), { forward, loss }).then();
    await Promise.all([trained, tested, again]);
    expect(model.log).toHaveLength(steps + 2 * tests);
    expect([...new Set(model.log)].sort()).toEqual(wanted);
    expect(model.namedModules().every(([, { training }]) => training)).toBe(true);
  });

  test('a test between two events, whether it is waited for or left on the way', async () => {
    const model = new Mode();
    const forward = (batch: { images: Tensor; labels: Tensor }): Tensor => model.run(batch);
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    for await (const { type } of fit(model, slowly(rows, 4), { optimizer, forward, loss, test: slowly(marked, 2) })) {
      if (type !== 'step') continue;
      await evaluate(model, slowly(marked, 2), { forward, loss });
      for await (const _ of evaluate(model, slowly(marked, 2), { forward, loss })) break;
      expect(model.training).toBe(true);
    }
    expect([...new Set(model.log)].sort()).toEqual(wanted);
  });

  test('dropout is at work in every step of a training beside tests', async () => {
    manualSeed(4);
    const dropped = new Dropout(0.5);
    const model = new Sequential(dropped, new Linear(2, 2));
    const zeros: number[] = [];
    dropped.registerForwardHook(
      (_, y) => void (dropped.training && zeros.push(y.equal(tensor(0)).cast('float32').sum().item())),
    );
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    await Promise.all([
      collect(fit(model, slowly(rows, 10), { optimizer })),
      evaluate(model, slowly(rows, 5)).then(),
      evaluate(model, slowly(rows, 15)).then(),
    ]);
    expect(zeros).toHaveLength(10);
    // One of the 16 numbers is 0 by itself.
    expect(Math.min(...zeros)).toBeGreaterThan(1);
  });
});
