// What comes next in a series: a linear model, a network that sees some steps back, and a network that remembers.
//
// Each learns from the first part of a series and forecasts the rest, one step ahead and many.

import { mkdirSync, writeFileSync } from 'node:fs';
import { manualSeed, useBackend } from '@dl/autograd';
import { Scaler } from '@dl/data';
import { cpu } from '@dl/kernels-cpu';
import { curves } from '@dl/viz';
import { ar, type Forecast, lstm, narma } from './models.js';
import { airline, mackeyGlass, type Series, seen, valuesOf } from './series.js';

/** How far forecasts are off, as root mean squares in the unit of the series. */
export interface Result {
  readonly model: string;
  /** Of the next value. */
  readonly next: number;
  /** Of all values up to the horizon. */
  readonly ahead: number;
  /** The forecast from the end of what was learned, up to the horizon. */
  readonly forecast: readonly number[];
}

/** Has all models learn from the first part of a series, and forecast from each place of the rest. */
export async function compare(series: Series): Promise<Result[]> {
  const { values, learned, taps, horizon, growth, epochs } = series;
  // Growth to the first value that is not learned belongs to the test.
  const offset = growth ? 1 : 0;
  const all = { data: seen(series), shape: [values.length - offset] };
  const train = { data: all.data.slice(0, learned - offset), shape: [learned - offset] };
  const scaler = new Scaler().fit(train);
  const [scaled, learning] = [scaler.transform(all).data, scaler.transform(train).data];

  /** Values that follow the first `known` ones, by a model of scaled ones. */
  const follow = (model: Forecast, known: number, steps: number): number[] => {
    const said = Float64Array.from(model(scaled.slice(0, known - offset), steps));
    return valuesOf(scaler.inverse({ data: said, shape: [steps] }).data, values[known - 1]!, growth);
  };
  const figures = (model: string, forecast: (known: number, steps: number) => number[]): Result => {
    const places = Array.from({ length: values.length - horizon - learned + 1 }, (_, i) => learned + i);
    const errors = places.map((known) => forecast(known, horizon).map((value, i) => (value - values[known + i]!) ** 2));
    return {
      model,
      next: Math.sqrt(mean(errors.map(([first]) => first!))),
      ahead: Math.sqrt(mean(errors.flat())),
      forecast: forecast(learned, horizon),
    };
  };

  const learner = (name: string, model: Forecast) => figures(name, (known, steps) => follow(model, known, steps));
  manualSeed(1);
  return [
    figures('last value', (known, steps) => Array.from({ length: steps }, () => values[known - 1]!)),
    learner('AR', ar(learning, taps)),
    learner('NARMA', await narma(learning, taps, epochs.narma)),
    learner('LSTM', await lstm(learning, epochs.lstm)),
  ];
}

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, value) => sum + value, 0) / numbers.length;

/** What the program prints of a series, a line at a time. */
export function lines({ name, values, learned, horizon }: Series, results: readonly Result[]): string[] {
  const row = (model: string, next: string, ahead: string): string =>
    `  ${model.padEnd(12)}${next.padStart(12)}${ahead.padStart(18)}`;
  const digits = (error: number): string => error.toPrecision(3);
  return [
    `  ${name}: ${learned} values to learn from, ${values.length - learned} to forecast`,
    row('', 'next value', `next ${horizon} values`),
    ...results.map(({ model, next, ahead }) => row(model, digits(next), digits(ahead))),
    '',
  ];
}

/** The end of what was learned, what came, and what was said. */
export function picture({ name, values, learned, horizon }: Series, results: readonly Result[]): Promise<string> {
  const from = learned - 2 * horizon;
  const steps = (first: number, count: number): number[] => Array.from({ length: count }, (_, i) => first + i);
  return curves(
    [
      { name: 'the series', values: values.slice(from, learned + horizon), steps: steps(from, 3 * horizon) },
      ...results
        .filter(({ model }) => model !== 'last value')
        .map(({ model, forecast }) => ({ name: model, values: forecast, steps: steps(learned, horizon) })),
    ],
    { title: `${name}: forecasts from ${learned} on`, xLabel: 'step', label: '' },
  );
}

if (process.argv[1] === import.meta.filename) {
  await useBackend(cpu());
  const root = process.env['DL_DATA'];
  const all = [mackeyGlass(), ...(root === undefined ? [] : [airline(`${root}/tabular`)])];
  mkdirSync('runs', { recursive: true });
  for (const series of all) {
    const results = await compare(series);
    const file = `runs/${series.name.toLowerCase().replaceAll(' ', '-')}.svg`;
    writeFileSync(file, await picture(series, results));
    for (const line of lines(series, results)) console.log(line);
    console.log(`  The forecasts as a picture: ${file}\n`);
  }
  if (root === undefined)
    console.log('  For the airline passengers, set DL_DATA to a folder that has tabular/airline-passengers.csv.');
}
