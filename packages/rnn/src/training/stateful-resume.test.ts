// A stream goes on after an interruption as if there had been none.

import { manualSeed, scope, type Tensor, tensor, useBackend } from '@dl/autograd';
import { packState, unpackState } from '@dl/checkpoint';
import { bpttLoader, type LoaderState } from '@dl/data';
import { cpu } from '@dl/kernels-cpu';
import { Adam } from '@dl/optim';
import { evaluate, type TrainEvent, type TrainState, fit as train } from '@dl/train';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Characters, characters, lossOf, pieces, weights } from '../../test/characters.js';
import { LSTM } from '../layers/lstm.js';

beforeAll(async () => {
  await useBackend(cpu());
});
beforeEach(() => {
  manualSeed(3);
});

describe('goes on', () => {
  const begin = (seed: number) => {
    manualSeed(seed);
    const model = new Characters(new LSTM(6, 8, { numLayers: 2, dropout: 0.3 }), 8);
    return { model, optimizer: new Adam(model.parameters(), { lr: 0.01 }), data: pieces() };
  };

  it('in a loop written by hand, with the state dicts and the state of the loader', async () => {
    const learn = async ({ model, optimizer, data }: ReturnType<typeof begin>, losses: number[], stop = Infinity) => {
      for await (const batch of data) {
        scope(() => {
          const [inputs, targets, starts] = [tensor(batch.inputs), tensor(batch.targets), tensor(batch.starts)];
          const loss = lossOf(model.forward({ inputs, starts }), { targets });
          loss.backward();
          optimizer.step();
          optimizer.zeroGrad();
          losses.push(loss.item());
        });
        if (losses.length === stop) break;
      }
    };
    const whole: number[] = [];
    const unbroken = begin(3);
    for (let epoch = 0; epoch < 2; epoch++) await learn(unbroken, whole);
    for (const stop of [1, 5, whole.length / 2, whole.length - 2]) {
      const losses: number[] = [];
      const first = begin(3);
      while (losses.length < stop) await learn(first, losses, stop);
      const saved = packState({
        model: await plain(first.model.stateDict()),
        optimizer: await plain(first.optimizer.stateDict()),
        loader: first.data.state,
      });
      const second = begin(99);
      const { model, optimizer, loader } = unpackState<{ model: never; optimizer: never; loader: LoaderState }>(saved);
      second.model.loadStateDict(model);
      second.optimizer.loadStateDict(optimizer);
      second.data.state = loader;
      while (losses.length < whole.length) await learn(second, losses);
      expect(losses).toEqual(whole);
      expect(weights(second.model)).toEqual(weights(unbroken.model));
    }
  });

  it('in fit, wherever it was left', async () => {
    const task = {
      forward: (model: Characters) => (batch: { inputs: Tensor; starts: Tensor }) => model.forward(batch),
      loss: lossOf,
    };
    const start = ({ model, optimizer, data }: ReturnType<typeof begin>, state?: TrainState) =>
      train(model, data, {
        forward: task.forward(model),
        loss: task.loss,
        optimizer,
        epochs: 2,
        test: bpttLoader(characters, { streams: 2, steps: 50 }),
        lossEvery: 1,
        ...(state && { state }),
      });
    const told = (event: TrainEvent) =>
      event.type === 'step' ? event.loss : event.type === 'epoch' ? [event.train, event.test] : [];
    const run = async (stop: number) => {
      const seen: unknown[] = [];
      let at = begin(3);
      let state: TrainState | undefined;
      let count = 0;
      for await (const event of start(at)) {
        seen.push(told(event));
        if (++count !== stop) continue;
        state = unpackState<TrainState>(packState(await event.state()));
        break;
      }
      if (state !== undefined) {
        at = begin(99);
        let isFirst = true;
        // The start event comes again.
        for await (const event of start(at, state)) {
          if (!isFirst) seen.push(told(event));
          isFirst = false;
        }
      }
      return { seen: seen.flat(), weights: weights(at.model) };
    };
    const whole = await run(Number.POSITIVE_INFINITY);
    expect(whole.seen.length).toBeGreaterThan(25);
    for (const stop of [2, 7, 16, 20, 30]) expect(await run(stop)).toEqual(whole);
  });

  it('and a test between two steps changes nothing', async () => {
    const losses = async (tests: boolean) => {
      const { model, optimizer, data } = begin(3);
      const task = { forward: (batch: { inputs: Tensor; starts: Tensor }) => model.forward(batch), loss: lossOf };
      const seen: unknown[] = [];
      for await (const event of train(model, data, { ...task, optimizer, lossEvery: 1 })) {
        if (event.type !== 'step') continue;
        seen.push(event.loss);
        if (tests && event.step % 3 === 0) await evaluate(model, pieces({ streams: 2 }), task);
      }
      return seen;
    };
    expect(await losses(true)).toEqual(await losses(false));
  });
});

/** Tensors as plain arrays. */
async function plain(value: unknown): Promise<unknown> {
  if (typeof value !== 'object' || value === null) return value;
  if ('dataSync' in value) {
    const { shape } = value as Tensor;
    return { data: await (value as Tensor).data(), shape };
  }
  if (Array.isArray(value)) return Promise.all(value.map(plain));
  return Object.fromEntries(
    await Promise.all(Object.entries(value).map(async ([key, each]) => [key, await plain(each)])),
  );
}
