// Optimisers whose step is a search: fit gives them the loss of the batch as a function, the same function each time.

import { defaultGenerator, manualSeed, memory, scope, type Tensor, tensor, useBackend } from '@dl/autograd';
import { drawnDigits, loader } from '@dl/data';
import { cpu } from '@dl/kernels-cpu';
import { Dropout, Flatten, Linear, Sequential, Tanh } from '@dl/layers';
import { ConjugateGradient, LBFGS, LevenbergMarquardt } from '@dl/optim';
import { settledMemory } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { collect, makeModel, weights } from '../../test/setup.js';
import type { StepEvent, TrainEvent } from '../events/events.js';
import type { TrainState } from '../state/state.js';
import { fit } from './fit.js';

beforeAll(async () => {
  await useBackend(cpu());
});

const digits = drawnDigits(60, { seed: 4 });
const steps = (events: readonly TrainEvent[]) => events.filter((event): event is StepEvent => event.type === 'step');

function make(dropout = 0) {
  manualSeed(2);
  return new Sequential(new Flatten(), new Linear(784, 8), new Tanh(), new Dropout(dropout), new Linear(8, 10));
}

const searches = {
  'L-BFGS': (params: Tensor[]) => new LBFGS(params, { lineSearch: 'strong-wolfe', maxIter: 4, historySize: 3 }),
  'L-BFGS without a line search': (params: Tensor[]) => new LBFGS(params, { lr: 0.5, maxIter: 4, historySize: 3 }),
  'conjugate gradients': (params: Tensor[]) => new ConjugateGradient(params, { maxIter: 4 }),
};

describe.each(Object.entries(searches))('%s', (_, search) => {
  test('does what a loop by hand does', async () => {
    const model = make();
    const events = await collect(
      fit(model, loader(digits, { batchSize: 60 }), { optimizer: search(model.parameters()), epochs: 5, lossEvery: 1 }),
    );
    const other = make();
    const optimizer = search(other.parameters());
    const losses: number[] = [];
    for (let i = 0; i < 5; i++) {
      using _ = scope();
      const [images, labels] = [tensor(digits.images), tensor(digits.labels)];
      losses.push(
        optimizer.step(() => {
          const loss = other.forward(images).crossEntropy(labels);
          loss.backward();
          return loss;
        }),
      );
    }
    expect(steps(events).map(({ loss }) => loss)).toEqual(losses.map((loss) => expect.closeTo(loss, 5)));
    expect(weights(model)).toEqual(weights(other));
    expect(losses.at(-1)).toBeLessThan(0.7 * losses[0]!);
  });

  test('searches one function, though elements are dropped', async () => {
    const model = make(0.5);
    let losses: number[] = [];
    let places = new Set<string>();
    const run = fit(model, loader(digits, { batchSize: 30 }), {
      optimizer: search(model.parameters()),
      epochs: 2,
      loss: (output, { labels }) => {
        const loss = output.crossEntropy(labels);
        losses.push(loss.item());
        places.add(JSON.stringify(defaultGenerator().state));
        return loss;
      },
      lossEvery: 1,
    });
    const ends: string[] = [];
    for await (const event of run) {
      if (event.type !== 'step') continue;
      // What is told is the loss before the step.
      expect(event.loss).toBeCloseTo(losses[0]!, 5);
      expect(losses.length).toBeGreaterThan(2);
      // Behind each forward pass the generator stands in one place: all drew the same masks.
      expect(places.size).toBe(1);
      ends.push(...places);
      losses = [];
      places = new Set();
    }
    expect(new Set(ends).size).toBe(4);
  });

  test('batches that are added up are one function, and nothing is left behind', async () => {
    const run = async (batchSize: number, accumulate: number, epochs: number) => {
      const model = make();
      const optimizer = search(model.parameters());
      const seen: number[] = [];
      for await (const { type } of fit(model, loader(digits, { batchSize }), { optimizer, accumulate, epochs })) {
        if (type === 'epoch') seen.push(memory().bytes);
      }
      return { seen, weights: weights(model) };
    };
    const [whole, parts] = [await run(60, 1, 1), await run(25, 3, 1)];
    for (const [name, values] of Object.entries(whole.weights)) {
      values.forEach((value, i) => {
        expect(Math.abs(Number(value) - Number(parts.weights[name]![i]!))).toBeLessThan(1e-4);
      });
    }
    const { seen } = await run(25, 3, 8);
    expect(seen.at(-1)).toBe(seen.at(-4));
  });
});

describe('Levenberg-Marquardt, which lowers the squares of residuals', () => {
  const x = Float32Array.from({ length: 24 }, (_, i) => i / 6 - 2);
  const points = { x: { data: x, shape: [24, 1] }, y: { data: x.map(Math.sin), shape: [24, 1] } };
  const begin = (batchSize: number, accumulate: number) => {
    manualSeed(7);
    const model = new Sequential(new Linear(1, 5), new Tanh(), new Linear(5, 1));
    const optimizer = new LevenbergMarquardt(model.parameters());
    const run = (state?: TrainState) =>
      fit(model, loader(points, { batchSize }), {
        optimizer,
        accumulate,
        epochs: 12,
        lossEvery: 1,
        forward: (batch) => model.forward(batch.x),
        loss: (output, batch) => output.sub(batch.y).square().mean(),
        residuals: (output, batch) => output.sub(batch.y),
        ...(state && { state }),
      });
    return { model, optimizer, run };
  };

  test.each([
    [24, 1],
    [10, 3],
  ])('does what a loop by hand does, batches of %i added up by %i', async (batchSize, accumulate) => {
    const { model, run } = begin(batchSize, accumulate);
    const losses = steps(await collect(run())).map(({ loss }) => loss!);
    const other = begin(24, 1);
    const [inputs, targets] = [tensor(points.x), tensor(points.y)];
    const expected = Array.from({ length: 12 }, () => {
      using _ = scope();
      // Half the sum of the squares of 24 residuals.
      return other.optimizer.step(() => other.model.forward(inputs).sub(targets)) / 12;
    });
    losses.forEach((loss, i) => {
      expect(Math.abs(loss - expected[i]!)).toBeLessThan(1e-5 * Math.max(1, expected[i]!));
    });
    if (accumulate === 1) expect(weights(model)).toEqual(weights(other.model));
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 100);
  });

  test('goes on exactly, and leaves nothing behind', async () => {
    const whole = begin(10, 1);
    await collect(whole.run());
    const first = begin(10, 1);
    const { buffers: before } = await settledMemory();
    let state: TrainState | undefined;
    for await (const event of first.run()) {
      if (event.type !== 'step' || event.totalSteps !== 8) continue;
      state = await event.state();
      break;
    }
    expect(memory().buffers).toBe(before);
    const second = begin(10, 1);
    manualSeed(99);
    await collect(second.run(state));
    expect(weights(second.model)).toEqual(weights(whole.model));
  });
});

describe('what does not go together is refused', () => {
  test.each([
    [
      'Levenberg-Marquardt without residuals',
      (params: Tensor[]) => ({ optimizer: new LevenbergMarquardt(params) }),
      'fit: LevenbergMarquardt lowers the squares of residuals, and there are none; pass residuals: (output, batch) => output.sub(batch.y), or use LBFGS',
    ],
    [
      'clipping by norm',
      (params: Tensor[]) => ({ optimizer: new LBFGS(params), clipGradNorm: 1 }),
      'fit: clipGradNorm would hide the slope from the search of LBFGS; leave it out, or use an optimizer such as Adam',
    ],
    [
      'clipping by value',
      (params: Tensor[]) => ({ optimizer: new ConjugateGradient(params), clipGradValue: 1 }),
      'fit: clipGradValue would hide the slope from the search of ConjugateGradient; leave it out, or use an optimizer such as Adam',
    ],
  ])('%s', (_, options, message) => {
    const model = makeModel();
    expect(() => fit(model, loader(digits), options(model.parameters()))).toThrow(message);
  });
});
