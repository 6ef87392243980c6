// The series: one that is made by a formula, and the airline passengers, with what models see of them.

import { readFileSync } from 'node:fs';
import { parseCsv } from '@dl/data';

/** A series, and how it is to be forecast. */
export interface Series {
  readonly name: string;
  readonly values: Float64Array;
  /** How many values models learn from; they are tested on the rest. */
  readonly learned: number;
  /** How far into the past models without a state look. */
  readonly taps: number;
  /** How far into the future the long forecasts go. */
  readonly horizon: number;
  /** How often networks go through what they learn from. */
  readonly epochs: { readonly narma: number; readonly lstm: number };
  /** Whether models see growth, log y(t) - log y(t-1), in place of the values. */
  readonly growth: boolean;
}

/**
 * The Mackey-Glass series, y(t+1) = 0.9 y(t) + 0.2 y(t-17) / (1 + y(t-17)^10): chaotic, and a classic among forecasts by networks (Mackey & Glass,
 * "Oscillation and chaos in physiological control systems", 1977, in steps of 1).
 */
export function mackeyGlass(): Series {
  const delay = 17;
  const [settling, count] = [300, 900];
  const y = new Float64Array(settling + count).fill(1.2, 0, delay + 1);
  for (let t = delay; t + 1 < y.length; t++) y[t + 1] = 0.9 * y[t]! + (0.2 * y[t - delay]!) / (1 + y[t - delay]! ** 10);
  return {
    name: 'Mackey-Glass',
    values: y.slice(settling),
    learned: 600,
    taps: 18,
    horizon: 30,
    epochs: { narma: 60, lstm: 150 },
    growth: false,
  };
}

/** The passengers of airlines in thousands, month by month from 1949 to 1960 (Box & Jenkins, "Time series analysis", 1970). */
export function airline(folder: string): Series {
  const table = parseCsv(readFileSync(`${folder}/airline-passengers.csv`, 'utf8'));
  return {
    name: 'airline passengers',
    values: table.numbers('Passengers').data,
    learned: 108,
    taps: 13,
    horizon: 12,
    epochs: { narma: 60, lstm: 150 },
    growth: true,
  };
}

/** What models see: the values, or the growth from each to the next. */
export const seen = ({ values, growth }: Pick<Series, 'values' | 'growth'>): Float64Array =>
  growth ? Float64Array.from({ length: values.length - 1 }, (_, t) => Math.log(values[t + 1]! / values[t]!)) : values;

/** Values that follow `last`, of what models say. */
export function valuesOf(said: ArrayLike<number>, last: number, growth: boolean): number[] {
  let level = last;
  return Array.from(said, (value) => (growth ? (level *= Math.exp(value)) : value));
}
