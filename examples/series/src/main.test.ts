// The forecasts: those of AR are as far off as numpy's, and networks see further.

import { readFileSync } from 'node:fs';
import { useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, expect, test } from 'vitest';
import { compare, lines, picture, type Result } from './main.js';
import { airline, mackeyGlass, type Series, seen, valuesOf } from './series.js';

type Errors = { readonly next: number; readonly ahead: number };
const golden = JSON.parse(readFileSync(new URL('../golden/ar.json', import.meta.url), 'utf8')) as {
  readonly 'Mackey-Glass': Errors & { readonly last: number };
  readonly 'airline passengers': Errors;
};

beforeAll(async () => {
  await useBackend(cpu());
});

const byName = (results: readonly Result[]): Readonly<Record<string, Result>> =>
  Object.fromEntries(results.map((result) => [result.model, result]));

/** Each to a millionth of its size. */
function expectErrors({ next, ahead }: Errors, expected: Errors): void {
  expect(next / expected.next).toBeCloseTo(1, 6);
  expect(ahead / expected.ahead).toBeCloseTo(1, 6);
}

async function expectShown(series: Series, results: readonly Result[]): Promise<void> {
  const text = lines(series, results).join('\n');
  for (const name of ['last value', 'AR', 'NARMA', 'LSTM'])
    expect(text).toMatch(new RegExp(`^  ${name} +[\\d.]+ +[\\d.]+$`, 'm'));
  expect(await picture(series, results)).toMatch(/^<svg[\s\S]*NARMA[\s\S]*<\/svg>/);
}

test('of the Mackey-Glass series', async () => {
  const series = mackeyGlass();
  expect(series.values).toHaveLength(900);
  expect(series.values.at(-1)).toBeCloseTo(golden['Mackey-Glass'].last, 8);
  const results = await compare(series);
  const found = byName(results);
  expectErrors(found['AR']!, golden['Mackey-Glass']);
  // The series is smooth: the next value is the easier part, and a weighted sum of the last ones says it best.
  for (const name of ['NARMA', 'LSTM']) {
    expect(found[name]!.next).toBeLessThan(found['last value']!.next / 3);
    expect(found[name]!.ahead).toBeLessThan(found['AR']!.ahead / 1.5);
  }
  await expectShown(series, results);
});

test('of the airline passengers', async ({ skip }) => {
  const root = process.env['DL_DATA'];
  if (root === undefined)
    skip('needs airline passengers: set DL_DATA to a folder that has tabular/airline-passengers.csv');
  const series = airline(`${root}/tabular`);
  expect([series.values.length, series.values[0], series.values.at(-1)]).toEqual([144, 112, 432]);
  const results = await compare(series);
  const found = byName(results);
  expectErrors(found['AR']!, golden['airline passengers']);
  for (const name of ['AR', 'NARMA', 'LSTM']) expect(found[name]!.ahead).toBeLessThan(found['last value']!.ahead / 1.5);
  await expectShown(series, results);
});

test('growth is the way from one value to the next', () => {
  const values = Float64Array.of(100, 110, 99);
  const growth = seen({ values, growth: true });
  expect([...growth]).toEqual([Math.log(1.1), Math.log(0.9)]);
  valuesOf(growth, 100, true).forEach((value, i) => {
    expect(value).toBeCloseTo(values[i + 1]!, 10);
  });
  expect(valuesOf([3, 4], 100, false)).toEqual([3, 4]);
});
