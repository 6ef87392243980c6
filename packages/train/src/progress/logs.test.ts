// Logs: rows that a table program reads, and lines that are JSON.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { collect, setUp } from '../../test/setup.js';
import type { EpochEvent, TrainEvent } from '../events/events.js';
import { fit } from '../loop/fit.js';
import { F1 } from '../metrics/index.js';
import { logFile } from '../node.js';
import type { TrainState } from '../state/state.js';
import { logCsv, logJsonLines } from './logs.js';

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

describe('into a file', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'dl-train-logs-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Lines without what depends on the clock. */
  const lines = (path: string) => {
    const text = readFileSync(path, 'utf8');
    expect(text.endsWith('\n')).toBe(true);
    return text
      .trimEnd()
      .split('\n')
      .map((line) =>
        line.startsWith('{')
          ? { ...JSON.parse(line), seconds: 0, examplesPerSecond: 0 }
          : line.split(',').map((cell, i) => (i === 1 ? '' : cell)),
      );
  };

  const make = (name: string) => {
    const [csv, json] = [join(folder, `${name}.csv`), join(folder, `${name}.jsonl`)];
    const begin = (state?: TrainState) => {
      const { model, data, options } = setUp();
      const run = fit(model, data, { ...options, metrics: { f1: new F1() }, lossEvery: 2, ...(state && { state }) });
      return logCsv(logJsonLines(run, logFile(json)), logFile(csv));
    };
    return { csv, json, begin };
  };

  // Of 28 events: the start, in the first epoch, its end, in a test, in the last epoch.
  test.each([0, 3, 9, 17, 22, 27])(
    'a run whose state is older than its log, stopped %i events later',
    async (later) => {
      const whole = make('whole');
      await collect(whole.begin());
      const parts = make(`parts ${later}`);
      let state: TrainState | undefined;
      let seen = 0;
      for await (const event of parts.begin()) {
        if (event.type === 'step' && event.totalSteps === 3) state = await event.state();
        if (seen++ === 4 + later || event.type === 'end') break;
      }
      // A crash in the middle of a line.
      writeFileSync(parts.json, '{"type":"st', { flag: 'a' });
      writeFileSync(parts.csv, '2,0.', { flag: 'a' });
      await collect(parts.begin(state));
      expect(lines(parts.json)).toEqual(lines(whole.json));
      expect(lines(parts.csv)).toEqual(lines(whole.csv));
      expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    },
  );

  test('a run that begins replaces the file, and one that goes on without a file has its header', async () => {
    const { csv, json, begin } = make('again');
    await collect(begin());
    const before = lines(csv);
    let state: TrainState | undefined;
    for await (const event of begin()) if (event.type === 'epoch' && event.epoch === 2) state = await event.state();
    expect(lines(csv)).toEqual(before);
    rmSync(csv);
    rmSync(json);
    await collect(begin(state));
    expect(lines(csv)).toEqual([before[0], before[3]]);
    expect(lines(json)[0]).toMatchObject({ type: 'start', epoch: 3 });
  });

  test('two runs do not write one log', async () => {
    const { csv, json, begin } = make('two');
    const first = begin();
    await first.next();
    const again = collect(begin());
    await expect(again).rejects.toThrow(
      `logFile: cannot write '${json}': '${json}.lock' is held by process ${process.pid}; wait for its end, write elsewhere`,
    );
    // What the second one was refused it has not touched, and what it had it has given back.
    for await (const _ of first);
    expect(lines(csv)).toHaveLength(4);
    await collect(begin());
    // Left in the middle, or broken: the next one can write.
    for await (const event of begin()) if (event.type === 'step') break;
    await collect(begin());
    expect(readdirSync(folder).filter((name) => /lock|tmp/.test(name))).toEqual([]);
  });

  test('a log of another run, and a place where there can be none', async () => {
    const { csv, json, begin } = make('other');
    let state: TrainState | undefined;
    for await (const event of begin()) if (event.type === 'epoch' && event.epoch === 1) state = await event.state();
    const { model, data, options } = setUp();
    const run = () => fit(model, data, { ...options, state: state! });
    await expect(collect(logCsv(run(), logFile(csv)))).rejects.toThrow(
      'logCsv: the file to go on with has the columns epoch,seconds,lr,train_loss,train_accuracy,test_loss,test_accuracy,test_f1, and this run has epoch,seconds,lr,train_loss,train_accuracy,test_loss,test_accuracy; give the options of that run, or another file',
    );
    const notes = join(folder, 'notes');
    writeFileSync(notes, 'not a log\n');
    await expect(collect(logJsonLines(run(), logFile(notes)))).rejects.toThrow(
      "logJsonLines: the file to go on with has the line 'not a log', which is none of its own; give the log of that run, or another name",
    );
    await expect(collect(logCsv(run(), logFile(notes)))).rejects.toThrow(
      "logCsv: the file to go on with has the line 'not a log', which is none of its own; give the log of that run, or another name",
    );
    expect(readFileSync(notes, 'utf8')).toBe('not a log\n');
    const nowhere = join(folder, 'no', 'such.csv');
    await expect(collect(logCsv(run(), logFile(nowhere)))).rejects.toThrow(
      `logFile: cannot write '${nowhere}': cannot write '${nowhere}.lock': there is no such file or folder`,
    );
    await expect(collect(logCsv(run(), logFile(folder)))).rejects.toThrow(`logFile: cannot read '${folder}': EISDIR`);
    expect(() => logFile('')).toThrow('logFile: path is empty, needs the name of a file');
    expect(lines(json).length).toBeGreaterThan(3);
  });
});
