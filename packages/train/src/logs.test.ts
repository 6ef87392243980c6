// Logs: rows that a table program reads, and lines that are JSON.

import { useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, expect, test } from 'vitest';
import { collect, setUp } from '../test/setup.js';
import type { EpochEvent, TrainEvent } from './events.js';
import { fit } from './fit.js';
import { logCsv, logJsonLines } from './logs.js';
import { F1 } from './metrics/index.js';
import type { TrainState } from './state.js';

beforeAll(async () => {
  await useBackend(cpu());
});

function memo() {
  const texts: string[] = [];
  return { texts, write: async (text: string) => void texts.push(text) };
}

test('a row for each epoch, with the figures of its event', async () => {
  const { model, data, options } = setUp();
  const sink = memo();
  const metrics = { 'f1, macro': new F1() };
  const events = await collect(logCsv(fit(model, data, { ...options, metrics }), sink));
  const epochs = events.filter((event): event is EpochEvent => event.type === 'epoch');
  expect(sink.texts[0]).toBe('epoch,seconds,lr,train_loss,train_accuracy,test_loss,test_accuracy,"test_f1, macro"\n');
  expect(sink.texts.slice(1)).toEqual(
    epochs.map(
      ({ epoch, seconds, train, test: { loss, accuracy, metrics: more } = { loss: 0, examples: 0 } }) =>
        `${epoch},${seconds},0.01,${train.loss},${train.accuracy},${loss},${accuracy},${more!['f1, macro']}\n`,
    ),
  );
});

test('a run that goes on adds rows without a header', async () => {
  const { model, data, options } = setUp();
  const sink = memo();
  let state: TrainState | undefined;
  for await (const event of logCsv(fit(model, data, options), sink)) {
    if (event.type !== 'epoch') continue;
    state = await event.state();
    break;
  }
  await collect(logCsv(fit(model, data, { ...options, state: state! }), sink));
  expect(sink.texts.map((text) => text.split(',')[0])).toEqual(['epoch', '1', '2', '3']);
});

test('lines of JSON hold what the events say, but predictions', async () => {
  const { model, data, options } = setUp();
  const sink = memo();
  const events = await collect(logJsonLines(fit(model, data, { ...options, epochs: 1, lossEvery: 2 }), sink));
  const lines = sink.texts.map((text) => JSON.parse(text) as TrainEvent);
  expect(lines.map(({ type }) => type)).toEqual(['start', 'step', 'step', 'epoch', 'end']);
  const epoch = events.find((event): event is EpochEvent => event.type === 'epoch')!;
  const { predictions, ...tested } = epoch.test!;
  expect(predictions).toHaveLength(50);
  expect(lines[3]).toEqual({ ...epoch, state: undefined, test: tested });
  for (const text of sink.texts) expect(text).toMatch(/^\{.*\}\n$/);
});

test('no sink, and a sink that fails', async () => {
  const { model, data, options } = setUp();
  await expect(collect(logCsv(fit(model, data, options), {} as never))).rejects.toThrow(
    'logCsv: there is nowhere to write; pass an object with write(text), such as a stream',
  );
  const full = {
    write: () => Promise.reject(new Error('the disk is full')),
  };
  await expect(collect(logJsonLines(fit(model, data, options), full))).rejects.toThrow('the disk is full');
});
