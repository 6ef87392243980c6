// Progress: what a reader sees, in a terminal and in a log.

import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { manualSeed, useBackend } from '@dl/autograd';
import { drawnDigits, loader } from '@dl/data';
import { cpu } from '@dl/kernels-cpu';
import { Flatten, Linear, Sequential } from '@dl/layers';
import { SGD } from '@dl/optim';
import { beforeAll, describe, expect, test } from 'vitest';
import { collect } from '../../test/setup.js';
import type { TrainEvent } from '../events/events.js';
import { fit } from '../loop/fit.js';
import { F1 } from '../metrics/index.js';
import type { TrainState } from '../state/state.js';
import { type ProgressOptions, progress } from '../terminal.js';
import { formatBar, formatClock, formatLoss, formatPercent } from './format.js';

beforeAll(async () => {
  await useBackend(cpu());
});

/** Ours takes the name of a method of a stream that a terminal has. */
class Terminal extends PassThrough {
  readonly isTTY = true;
  columns: number;

  constructor(columns: number) {
    super();
    this.columns = columns;
  }

  cursorTo(): boolean {
    return this.write('\r');
  }

  clearLine(): boolean {
    return this.write('\u001b[K');
  }

  moveCursor(): boolean {
    return true;
  }
}

/** All that was written. (From Node 26 on, read() gives one piece at a time.) */
function rawOf(stream: PassThrough): string {
  let text = '';
  for (let piece = stream.read(); piece !== null; piece = stream.read()) text += String(piece);
  return text;
}

const textOf = (stream: PassThrough): string => stripVTControlCharacters(rawOf(stream));

function events(epochs = 2, signal?: AbortSignal) {
  const model = new Sequential(new Flatten(), new Linear(784, 10));
  const optimizer = new SGD(model.parameters(), { lr: 0.1 });
  const data = loader(drawnDigits(40), { batchSize: 10 });
  return fit(model, data, { optimizer, epochs, test: data, lossEvery: 1, ...(signal && { signal }) });
}

async function run(stream: PassThrough, options: ProgressOptions = {}, source: AsyncIterable<TrainEvent> = events()) {
  const types: string[] = [];
  for await (const { type } of progress(source, { stream, unit: 'images', ...options })) types.push(type);
  return types;
}

const EPOCH =
  /^epoch (\d)\/2 {2}loss \d\.\d{4} {2}accuracy \d+\.\d % {2}test loss \d\.\d{4} {2}test accuracy \d+\.\d % {2}in 0:\d\d$/;

describe('in a log', () => {
  test('there is one line for each epoch, without control characters', async () => {
    const stream = new PassThrough();
    await run(stream);
    const raw = rawOf(stream);
    expect(raw).toBe(stripVTControlCharacters(raw));
    const lines = raw.trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line).toMatch(EPOCH);
  });

  test('and one about every so many seconds', async () => {
    const stream = new PassThrough();
    await run(stream, { every: 0 });
    const lines = textOf(stream).trimEnd().split('\n');
    expect(lines[0]).toBe('epoch 1/2  starting');
    expect(lines[2]).toMatch(
      /^epoch 1\/2 {2}█{12}░{12} {2}50 % {2}loss \d\.\d{4} {2}accuracy \d+\.\d % {2}\d+ images\/s$/,
    );
    expect(lines.at(-2)).toMatch(/^epoch 2\/2 {2}█{24} 100 % {2}testing$/);
  });

  test('and a run without an end has neither a last epoch nor a time that is left', async () => {
    const stream = new PassThrough();
    const model = new Sequential(new Flatten(), new Linear(784, 10));
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    const data = loader(drawnDigits(40), { batchSize: 10 });
    const options = { optimizer, lossEvery: 1, epochs: Number.POSITIVE_INFINITY };
    for await (const event of progress(fit(model, data, options), { stream, every: 0 })) {
      if (event.type === 'epoch' && event.epoch === 2) break;
    }
    const lines = textOf(stream).trimEnd().split('\n');
    expect(lines.filter((line) => / in 0:\d\d$/.test(line)).map((line) => line.slice(0, 9))).toEqual([
      'epoch 1  ',
      'epoch 2  ',
    ]);
    for (const line of lines) expect(line).not.toMatch(/left|Infinity|NaN/);
  });
});

describe('in a terminal', () => {
  test('a line moves, and those of the epochs stay', async () => {
    const stream = new Terminal(100);
    await run(stream, { live: true });
    const shown = textOf(stream).split(/[\r\n]+/);
    const epochs = shown.filter((line) => EPOCH.test(line.trim()));
    expect(epochs).toHaveLength(2);
    expect(shown.some((line) => line.includes('images/s') || line.includes('starting'))).toBe(true);
    for (const line of shown) expect(line.length).toBeLessThan(100);
  });

  test('what does not fit is left out, so that no line breaks', async () => {
    const stream = new Terminal(30);
    await run(stream, { live: true });
    const moving = textOf(stream)
      .split(/[\r\n]+/)
      .filter((line) => !EPOCH.test(line.trim()));
    for (const line of moving) expect(line.length).toBeLessThan(30);
  });

  test.each([30, 60])(
    'in %i columns the line of an epoch breaks between its figures, and no line is longer',
    async (columns) => {
      const stream = new Terminal(columns);
      await run(stream, { live: true });
      const shown = textOf(stream).split(/[\r\n]+/);
      for (const line of shown) expect(line.length).toBeLessThan(columns);
      const text = shown
        .map((line) => line.trim())
        .filter((line) => line !== '')
        .join('  ');
      expect(text).toMatch(new RegExp(EPOCH.source.slice(1, -1)));
    },
  );

  test('an error of the run comes through, and the cursor back', async () => {
    const stream = new Terminal(80);
    const broken = (async function* () {
      yield* events(1);
      throw new Error('of the run');
    })();
    await expect(run(stream, { live: true }, broken)).rejects.toThrow('of the run');
    expect(rawOf(stream)).toContain('\u001b[?25h');
  });
});

test('every event passes through as it was', async () => {
  const stream = new PassThrough();
  const types = await run(stream);
  const epoch = [...Array(4).fill('step'), ...Array(4).fill('test'), 'epoch'];
  expect(types).toEqual(['start', ...epoch, ...epoch, 'end']);
});

test('a run that is stopped, and one that goes on, say where', async () => {
  const stream = new PassThrough();
  const stop = new AbortController();
  let state: (() => Promise<unknown>) | undefined;
  for await (const event of progress(events(2, stop.signal), { stream })) {
    if (event.type === 'step' && event.totalSteps === 6) stop.abort();
    state = event.state;
  }
  expect(textOf(stream)).toMatch(/stopped at step 2 of epoch 2, after 0:\d\d\n$/);
  const model = new Sequential(new Flatten(), new Linear(784, 10));
  const optimizer = new SGD(model.parameters(), { lr: 0.1 });
  const data = loader(drawnDigits(40), { batchSize: 10 });
  await run(stream, {}, fit(model, data, { optimizer, epochs: 2, state: (await state!()) as never }));
  expect(textOf(stream)).toMatch(/^going on at step 3 of epoch 2\nepoch 2\/2 {2}loss/);
});

test('a run that goes on behind the last step of an epoch says so', async () => {
  const stream = new PassThrough();
  let state: TrainState | undefined;
  for await (const event of events(2)) {
    if (event.type !== 'step' || event.totalSteps !== 8) continue;
    state = await event.state();
    break;
  }
  const model = new Sequential(new Flatten(), new Linear(784, 10));
  const optimizer = new SGD(model.parameters(), { lr: 0.1 });
  const data = loader(drawnDigits(40), { batchSize: 10 });
  await run(stream, {}, fit(model, data, { optimizer, epochs: 2, state: state! }));
  expect(textOf(stream)).toMatch(/^going on at the end of epoch 2\nepoch 2\/2 {2}loss/);
});

test('metrics are told with their epoch, and a run that stopped early says what was best', async () => {
  const stream = new PassThrough();
  manualSeed(1);
  const model = new Sequential(new Flatten(), new Linear(784, 10));
  const optimizer = new SGD(model.parameters(), { lr: 0.1 });
  const data = loader(drawnDigits(40), { batchSize: 10 });
  const options = { optimizer, test: data, metrics: { f1: new F1() }, epochs: 9 };
  // No change is large enough, so that only the first epoch counts.
  const source = fit(model, data, { ...options, earlyStopping: { patience: 1, minDelta: 1e9 } });
  const best = (await collect(progress(source, { stream }))).at(-1);
  expect(best).toMatchObject({ reason: 'stopped' });
  const lines = textOf(stream).trimEnd().split('\n');
  expect(lines[0]).toMatch(/^epoch 1\/9 .* test accuracy \d+\.\d % {2}f1 0\.\d{4} {2}in 0:\d\d$/);
  expect(lines.slice(2)).toEqual(['stopped early, because nothing got better: the best was epoch 2']);
});

test('numbers keep their width', () => {
  expect(formatBar(0, 4)).toBe('░░░░');
  expect(formatBar(0.5, 4)).toBe('██░░');
  expect(formatBar(1.2, 4)).toBe('████');
  expect(formatPercent(0.9731, 1)).toBe('97.3 %');
  expect([0, 0.1234567, 12, 0.00012, 123456].map(formatLoss)).toEqual([
    '0.0000',
    '0.1235',
    '12.0000',
    '1.20e-4',
    '1.23e+5',
  ]);
  expect([0, 7.4, 750, 3723].map(formatClock)).toEqual(['0:00', '0:07', '12:30', '1:02:03']);
});
