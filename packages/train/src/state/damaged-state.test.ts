// States that were damaged on a disk, or by hand: fit goes on from one, or says in a sentence that it cannot.

import { DlError, Generator, manualSeed, useBackend } from '@dl/autograd';
import { packState, unpackState } from '@dl/checkpoint';
import { drawnDigits, loader } from '@dl/data';
import { cpu } from '@dl/kernels-cpu';
import { BatchNorm1d, Flatten, Linear, Sequential } from '@dl/layers';
import { Adam, EMA, StepLR } from '@dl/optim';
import { beforeAll, expect, test } from 'vitest';
import { fit } from '../loop/fit.js';
import type { TrainState } from './state.js';

beforeAll(async () => {
  await useBackend(cpu());
});

const digits = drawnDigits(12, { seed: 1 });

/** A run with everything that a state may hold. */
function begin(state?: TrainState) {
  manualSeed(1);
  const model = new Sequential(new Flatten(), new Linear(784, 3), new BatchNorm1d(3), new Linear(3, 10));
  const optimizer = new Adam(model.parameters(), { lr: 0.01 });
  const data = loader(digits, { batchSize: 4, shuffle: true });
  const schedule = new StepLR(optimizer, { stepSize: 1 });
  const averaging = { weights: new EMA(model.parameters(), { decay: 0.9 }) };
  const earlyStopping = { patience: 9, restoreBest: true };
  const test = loader(digits, { batchSize: 6 });
  return fit(model, data, {
    optimizer,
    schedule,
    averaging,
    earlyStopping,
    test,
    epochs: 3,
    ...(state && { state }),
  });
}

async function stateOf(): Promise<TrainState> {
  for await (const event of begin()) if (event.type === 'step' && event.totalSteps === 5) return event.state();
  throw new Error('the run has no fifth step');
}

/** What becomes of a run that goes on from this; the error, if there is one. */
async function outcome(make: () => TrainState): Promise<unknown> {
  try {
    for await (const _ of begin(make()));
    return undefined;
  } catch (error) {
    return error;
  }
}

function expectSentence(error: unknown, how: string): void {
  if (error === undefined) return;
  expect(error, `${how}: ${String((error as Error)?.stack)}`).toBeInstanceOf(DlError);
  expect((error as Error).message.length, how).toBeLessThan(600);
  expect((error as Error).message, how).not.toMatch(/\n/);
}

const junk: readonly unknown[] = [
  undefined, null, true, 0, -1, 0.5, Number.NaN, 1e300, 2 ** 53, '', 'x', '__proto__', [], [1], {}, { data: 1 },
  new Float32Array(3), { data: new Float32Array(2), shape: [2], dtype: 'float32' },
  { data: new Int32Array(3), shape: [3], dtype: 'int32' }, { shape: [-1] },
]; // biome-ignore format: a list

/** A copy in which something, anywhere, is something else or gone. */
function changed(value: unknown, random: Generator): unknown {
  const isInner = typeof value === 'object' && value !== null && !ArrayBuffer.isView(value);
  const keys = isInner ? Object.keys(value) : [];
  if (keys.length === 0 || random.uniform(0, 1) < 0.12) return junk[random.integer(0, junk.length)];
  const key = keys[random.integer(0, keys.length)]!;
  const copy: Record<string, unknown> = Array.isArray(value) ? ([...value] as never) : { ...(value as object) };
  copy[key] = changed(copy[key], random);
  return copy;
}

const TRIALS = Number(process.env.DL_MUTATIONS ?? 250);

test('a state with something else in some place', async () => {
  const state = await stateOf();
  expect(await outcome(() => state)).toBeUndefined();
  const random = new Generator(1);
  let refused = 0;
  for (let trial = 0; trial < TRIALS; trial++) {
    const error = await outcome(() => changed(state, random) as TrainState);
    expectSentence(error, `trial ${trial}`);
    if (error !== undefined) refused++;
  }
  expect(refused).toBeGreaterThan(TRIALS / 3);
});

test('the bytes of a state with some changed', async () => {
  const bytes = packState(await stateOf());
  const header = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const random = new Generator(2);
  const signs = new TextEncoder().encode('0123456789{}[]":,-$aexn');
  for (let trial = 0; trial < TRIALS; trial++) {
    const other = bytes.slice();
    for (let k = 0; k <= trial % 3; k++) {
      other[random.integer(8, 8 + header)] = signs[random.integer(0, signs.length)]!;
    }
    expectSentence(await outcome(() => unpackState<TrainState>(other)), `trial ${trial}`);
  }
});
