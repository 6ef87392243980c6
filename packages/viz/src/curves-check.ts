// The input of curves(): checked once, with defaults filled in and series gathered by panel.

import { ArgumentError } from '@dl/autograd';
import type { CurveSeries, CurvesOptions } from './curves.js';
import { checkSmoothing } from './smooth.js';
import { checkChoice, checkOptionalText, checkText, checkWhole, isList, show } from './validate.js';

export interface CheckedLine {
  readonly name: string;
  readonly steps: readonly number[];
  readonly values: readonly (number | null)[];
  readonly smoothing: number;
}

export interface Panel {
  readonly label: string;
  readonly scale: 'linear' | 'log';
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly percent: boolean;
  readonly lines: readonly CheckedLine[];
}

/** Panels and distinct names, both in order of first use. */
export interface CheckedCurves {
  readonly panels: readonly Panel[];
  readonly names: readonly string[];
}

export function checkCurves(series: readonly CurveSeries[], options: CurvesOptions): CheckedCurves {
  if (!Array.isArray(series) || series.length === 0) {
    const got = Array.isArray(series) ? 'no series' : show(series);
    throw new ArgumentError(`curves: got ${got}, needs at least one, such as [{ name: 'loss', values: [2.3, 0.4] }]`);
  }
  checkOptionalText('curves', 'title', options.title);
  checkOptionalText('curves', 'xLabel', options.xLabel);
  if (options.width !== undefined) checkWhole('curves', 'width', options.width, 200, 10_000);
  if (options.panelHeight !== undefined) checkWhole('curves', 'panelHeight', options.panelHeight, 40, 10_000);
  if (options.smoothing !== undefined) checkSmoothing('curves', options.smoothing);

  const byPanel = new Map<string, CheckedLine[]>();
  const names = new Set<string>();
  series.forEach((one: CurveSeries, index) => {
    const panel = one?.panel ?? '';
    const line = checkSeries(one, index, options.smoothing ?? 0);
    checkText('curves', `the panel of series '${line.name}'`, panel);
    const lines = byPanel.get(panel) ?? [];
    if (lines.some(({ name }) => name === line.name)) {
      const place = panel === '' ? '' : ` in panel '${panel}'`;
      throw new ArgumentError(`curves: two series are named '${line.name}'${place}; give each a name of its own`);
    }
    lines.push(line);
    byPanel.set(panel, lines);
    names.add(line.name);
  });

  for (const name of Object.keys(options.panels ?? {})) {
    if (!byPanel.has(name)) {
      const known = [...byPanel.keys()].map((key) => `'${key}'`).join(', ');
      throw new ArgumentError(`curves: panels has options for '${name}', but the panels of the series are ${known}`);
    }
  }
  const panels = [...byPanel].map(([name, lines]) => checkPanel(name, lines, options));
  return { panels, names: [...names] };
}

function checkSeries(series: CurveSeries, index: number, defaultSmoothing: number): CheckedLine {
  if (typeof series !== 'object' || series === null) {
    throw new ArgumentError(`curves: series ${index} is ${show(series)}, needs an object with name and values`);
  }
  const { name, values, steps, smoothing = defaultSmoothing } = series;
  checkText('curves', `the name of series ${index}`, name);
  const where = `curves: series '${name}'`;
  if (!isList(values)) throw new ArgumentError(`${where} has ${show(values)} as values, needs an array of numbers`);
  if (values.length === 0) throw new ArgumentError(`${where} is empty; give it at least one value or leave it out`);
  checkSmoothing(where, smoothing);

  const list = Array.from(values);
  list.forEach((value, i) => {
    if (value !== null && typeof value !== 'number') {
      throw new ArgumentError(`${where} has ${show(value)} at index ${i}; values are numbers, or null for a gap`);
    }
  });
  return { name, values: list, steps: checkSteps(where, steps, list.length), smoothing };
}

function checkSteps(where: string, steps: ArrayLike<number> | undefined, count: number): number[] {
  if (steps === undefined) return Array.from({ length: count }, (_, i) => i + 1);
  if (!isList(steps)) throw new ArgumentError(`${where} has ${show(steps)} as steps, needs an array of numbers`);
  if (steps.length !== count) {
    throw new ArgumentError(`${where} has ${count} values but ${steps.length} steps; give one step per value`);
  }
  const list = Array.from(steps as ArrayLike<number>);
  list.forEach((step, i) => {
    if (!Number.isFinite(step))
      throw new ArgumentError(`${where} has ${show(step)} as step ${i}; steps are finite numbers`);
    if (i > 0 && step <= list[i - 1]!) {
      throw new ArgumentError(
        `${where} has step ${step} after step ${list[i - 1]}; sort by step, and keep each step once`,
      );
    }
  });
  return list;
}

function checkPanel(name: string, lines: readonly CheckedLine[], options: CurvesOptions): Panel {
  const panel = { ...options, ...options.panels?.[name] };
  const { label = name, scale = 'linear', min, max, percent = false } = panel;
  const where = `curves: panel '${name}'`;
  checkText(where, 'label', label);
  checkChoice(where, 'scale', scale, ['linear', 'log']);
  for (const [key, end] of Object.entries({ min, max })) {
    if (end !== undefined && !Number.isFinite(end)) {
      throw new ArgumentError(`${where}: ${key} is ${show(end)}, needs a finite number`);
    }
    if (end !== undefined && scale === 'log' && end <= 0) {
      throw new ArgumentError(`${where}: ${key} is ${end}, but a log scale shows values above 0 only`);
    }
  }
  if (min !== undefined && max !== undefined && min >= max) {
    throw new ArgumentError(`${where}: min is ${min} and max is ${max}; min must be the smaller`);
  }
  if (scale === 'log') {
    for (const line of lines) {
      const i = line.values.findIndex((value) => value !== null && Number.isFinite(value) && value <= 0);
      if (i >= 0) {
        throw new ArgumentError(
          `curves: series '${line.name}' has ${line.values[i]} at index ${i}, but a log scale shows values above 0 only; use scale 'linear', or null for a gap`,
        );
      }
    }
  }
  return { label, scale, min, max, percent, lines };
}
