// Progress in a page: what a reader sees while a model trains, and at its end.

import { manualSeed, useBackend } from '@dl/autograd';
import { drawnDigits, loader } from '@dl/data';
import { cpu } from '@dl/kernels-cpu';
import { Flatten, Linear, Sequential } from '@dl/layers';
import { SGD } from '@dl/optim';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { fit } from '../loop/fit.js';
import { progress } from '../page.js';

beforeAll(async () => {
  await useBackend(cpu());
});
beforeEach(() => {
  document.body.replaceChildren();
});

function run(epochs = 2, length = true) {
  manualSeed(1);
  const model = new Sequential(new Flatten(), new Linear(784, 10));
  const optimizer = new SGD(model.parameters(), { lr: 0.1 });
  const batches = loader(drawnDigits(100), { batchSize: 10 });
  const unknown = { [Symbol.asyncIterator]: () => batches[Symbol.asyncIterator]() };
  return fit(model, length ? batches : unknown, { optimizer, epochs, lossEvery: 1, test: batches });
}

function shown() {
  const root = document.querySelector('.dl-progress')!.shadowRoot!;
  // Spaces inside a figure do not break.
  const text = (name: string) => root.querySelector(`[part=${name}]`)!.textContent!.replaceAll('\u00a0', ' ');
  const bar = root.querySelector('progress')!;
  return { bar, name: text('name'), figures: text('figures'), last: text('last') };
}

test('the bar and the figures follow the run, and the last epoch stays', async () => {
  const values: number[] = [];
  for await (const { type } of progress(run(), { unit: 'images', every: 0 })) {
    if (type === 'step') values.push(shown().bar.value);
    if (type === 'step' && values.length === 14) {
      expect(shown().name).toBe('epoch 2/2');
      expect(shown().figures).toMatch(/^loss \d\.\d{4}\u2003accuracy \d+\.\d %\u2003\d+ images\/s/);
      expect(shown().last).toMatch(/^epoch 1\/2 {2}loss \d\.\d{4} .* test accuracy \d+\.\d %/);
      // A bar and a few lines, in whatever font the page has: where they break depends on its width.
      const host = document.querySelector('.dl-progress')!;
      const { width, height } = host.getBoundingClientRect();
      const lines = height / Number.parseFloat(getComputedStyle(host).lineHeight);
      expect(width).toBeGreaterThan(100);
      expect(lines).toBeGreaterThan(2);
      expect(lines).toBeLessThan(8);
    }
  }
  const epoch = Array.from({ length: 10 }, (_, i) => expect.closeTo((i + 1) / 10, 6));
  expect(values).toEqual([...epoch, ...epoch]);
  expect(shown().bar.value).toBe(1);
  expect(shown().last).toMatch(/^epoch 2\/2/);
  expect(shown().figures).toMatch(/^finished after \d:\d\d$/);
});

test('it goes where it is told, and without a length the bar says only that something goes on', async () => {
  const parent = document.createElement('section');
  document.body.append(parent);
  const before: boolean[] = [];
  for await (const { type } of progress(run(1, false), { parent, every: 0 })) {
    if (type === 'step') before.push(shown().bar.hasAttribute('value'));
  }
  expect(before).toEqual(new Array(10).fill(false));
  expect(parent.querySelectorAll('.dl-progress')).toHaveLength(1);
  expect(shown().bar.hasAttribute('value')).toBe(true);
});

test('it draws no more often than it is asked', async () => {
  const names = new Set<string>();
  for await (const { type } of progress(run(), { every: 1e9 })) if (type === 'step') names.add(shown().figures);
  // The start, and what was waiting when the epoch ended.
  expect(names.size).toBe(2);
});

test('lines break between figures only', async () => {
  const parent = document.createElement('section');
  parent.style.width = '180px';
  document.body.append(parent);
  for await (const _ of progress(run(1), { parent, every: 0 }));
  const { last } = shown();
  const line = document.querySelector('.dl-progress')!.shadowRoot!.querySelector('[part=last]')!;
  const node = line.firstChild!;
  const rows: string[] = [];
  let top = Number.NaN;
  for (let i = 0; i < last.length; i++) {
    const range = document.createRange();
    range.setStart(node, i);
    range.setEnd(node, i + 1);
    const { y } = range.getBoundingClientRect();
    if (y !== top && last[i] !== ' ') {
      rows.push('');
      top = y;
    }
    rows[rows.length - 1] += last[i]!;
  }
  const figures = last.split('  ');
  expect(rows.length).toBeGreaterThan(2);
  for (const row of rows) for (const figure of row.trim().split(/ {2}/)) expect(figures).toContain(figure);
});

test('an error of the run comes through, and a parent that is none is told', async () => {
  const broken = (async function* () {
    yield* run(1);
    throw new Error('of the run');
  })();
  const whole = async (events: AsyncIterable<unknown>) => {
    for await (const _ of events);
  };
  await expect(whole(progress(broken))).rejects.toThrow('of the run');
  // The run had come to its end before.
  expect(shown().figures).toMatch(/^finished after/);
  document.body.replaceChildren();
  for await (const { type } of progress(run(1))) if (type === 'test') break;
  expect(shown().figures).toBe('stopped');
  expect(() => progress(run(), { parent: 'body' as never })).toThrow("progress: parent is 'body', needs an object");
  await expect(whole(progress(run(), { parent: {} as never }))).rejects.toThrow(
    'progress: parent is no element; pass one that is in the page, or leave it out',
  );
});
