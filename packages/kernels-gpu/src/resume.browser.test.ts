// The browser takes the device away in the middle of a run: `fit` says so, and goes on from the last checkpoint to where it would have come.

import { manualSeed, type Tensor, useBackend } from '@dl/autograd';
import { packState, unpackState } from '@dl/checkpoint';
import { drawnDigits, loader } from '@dl/data';
import { Conv2d, Dropout, Linear, Module } from '@dl/layers';
import { Adam } from '@dl/optim';
import { checkpoints, type TrainState, fit as train } from '@dl/train';
import { expect, test } from 'vitest';
import { DeviceLostError, gpu } from './index.js';

class Model extends Module {
  readonly conv = new Conv2d(1, 4, 5, { stride: 2 });
  readonly dropout = new Dropout(0.2);
  readonly output = new Linear(4 * 12 * 12, 10);
  /** Called in the middle of each forward pass. */
  halfway = (): void => undefined;

  forward(images: Tensor): Tensor {
    const hidden = this.conv.forward(images).relu(); // [N, 4, 12, 12]
    this.halfway();
    return this.output.forward(this.dropout.forward(hidden.reshape([-1, 4 * 12 * 12])));
  }
}

const digits = drawnDigits(60, { seed: 4 });
const STEPS = 12; // 3 epochs of 4 steps

/** A model, its optimiser and its data, as a page makes them when it is opened. */
function begin() {
  manualSeed(5);
  const model = new Model();
  const optimizer = new Adam(model.parameters(), { lr: 0.01 });
  const data = loader(digits, { batchSize: 15, shuffle: true });
  return { model, data, options: { optimizer, epochs: 3, lossEvery: 1 } };
}

test.each([
  ['the model that there was', false],
  ['a page that is opened anew', true],
])('%s goes on from the last checkpoint as if nothing had happened', async (_, isAnew) => {
  const backend = gpu();
  await useBackend(backend, { strict: true });

  const whole: number[] = [];
  const unbroken = begin();
  for await (const event of train(unbroken.model, unbroken.data, unbroken.options)) {
    if (event.type === 'step') whole.push(event.loss!);
  }
  expect(whole).toHaveLength(STEPS);
  expect(whole.at(-1)!).toBeLessThan(0.8 * whole[0]!);

  const disk = new Map<string, Uint8Array>();
  const save = (state: TrainState, name: string): void => void disk.set(name, packState(state));
  const first = begin();
  const before: number[] = [];
  first.model.halfway = () => {
    if (before.length !== 9) return;
    backend.device.gl.getExtension('WEBGL_lose_context')!.loseContext();
  };
  const interrupted = (async () => {
    for await (const event of checkpoints(train(first.model, first.data, first.options), { save, every: 3 })) {
      if (event.type === 'step') before.push(event.loss!);
    }
  })();
  await expect(interrupted).rejects.toThrow(DeviceLostError);
  await expect(interrupted).rejects.toThrow(
    'gpu: the device was lost (the browser took its WebGL context away), and every tensor on it. The next use makes a new one: ' +
      'load the weights from the last checkpoint, or keep copies with keepHostCopy(tensors) before, and go on.',
  );
  expect(backend.info().details).toEqual({ state: 'lost', timesLost: 1 });
  expect(before).toEqual(whole.slice(0, 9));

  const state = unpackState<TrainState>(disk.get('last')!);
  expect(state.position).toMatchObject({ totalSteps: 9 });
  first.model.halfway = () => undefined;
  const { model, data, options } = isAnew ? begin() : first;
  manualSeed(99);
  const after: number[] = [];
  for await (const event of train(model, data, { ...options, state })) {
    if (event.type === 'step') after.push(event.loss!);
  }
  expect(after).toHaveLength(STEPS - 9);
  for (const [i, loss] of after.entries()) expect(loss, `step ${i + 10}`).toBeCloseTo(whole[i + 9]!, 6);
});
