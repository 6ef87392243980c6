// The results as text: a line for the terminal, and the Markdown of RESULTS.md.

import { families } from '../workloads/index.js';
import type { Column, Row } from './measure.js';

/** Above this a ratio counts as slower: turns of a few milliseconds on a busy machine differ by as much. */
export const NOISE = 1.05;

export function line({ name, columns, problem = '' }: Row): string {
  const cells = columns.map(({ engine, time, ratios }) => {
    const against = Object.values(ratios).map((value) => ` (${formatRatio(value)})`);
    return `${engine} ${formatTime(time).padStart(8)}${against.join('')}`;
  });
  return [name.padEnd(58), ...cells, problem].join('  ').trimEnd();
}

/** A pair of engines, ours first, and the workloads in which ours is slower, worst first. */
export interface Defeats {
  readonly pair: Pair;
  readonly workloads: readonly { readonly name: string; readonly ratio: number }[];
}

interface Pair {
  readonly ours: string;
  readonly peer: string;
}

export function defeats(rows: readonly Row[]): readonly Defeats[] {
  return pairs(rows).map((pair) => ({
    pair,
    workloads: rows
      .map((row) => ({ name: row.name, ratio: ratioOf(row, pair) ?? 0 }))
      .filter(({ ratio }) => ratio > NOISE)
      .sort((a, b) => b.ratio - a.ratio),
  }));
}

/** What the defeats are, in words. */
export function describeDefeats({ pair: { ours, peer }, workloads }: Defeats): string {
  const more = `${((NOISE - 1) * 100).toFixed(0)} %`;
  if (workloads.length === 0) return `${ours} is nowhere slower than ${peer} by more than ${more}.`;
  const names = workloads.map(({ name, ratio }) => `${name} (${formatRatio(ratio)})`);
  return `${ours} is slower than ${peer} by more than ${more} in ${names.length}: ${names.join('; ')}.`;
}

export function markdown(rows: readonly Row[], machine: string, date: string): string {
  const sections = Object.entries(families).flatMap(([family, members]) => {
    const inFamily = rows.filter(({ name }) => members.some((member) => member.name === name));
    return inFamily.length === 0 ? [] : [{ family, rows: inFamily }];
  });
  const versions = engines(rows).map(({ engine, version }) => `${engine} (${version})`);
  return [
    '# Results',
    '',
    `Measured on ${date}: ${machine}. Engines: ${versions.join('; ')}.`,
    'How to read this: see [README.md](README.md).',
    '',
    '## By family',
    '',
    summary(sections, pairs(rows)),
    ...defeats(rows).flatMap((defeat) => ['', describeDefeats(defeat)]),
    ...sections.flatMap(({ family, rows: inFamily }) => [
      '',
      `## ${family}`,
      '',
      table(inFamily, engines(rows), pairs(rows)),
    ]),
    '',
  ].join('\n');
}

/** Geometric means, and the worst. */
function summary(
  sections: readonly { readonly family: string; readonly rows: readonly Row[] }[],
  against: readonly Pair[],
): string {
  const cells = sections.map(({ family, rows }) => [
    family,
    String(rows.length),
    ...against.map((pair) => {
      const ratios = rows.flatMap((row) => ratioOf(row, pair) ?? []);
      if (ratios.length === 0) return '–';
      const mean = Math.exp(ratios.reduce((sum, value) => sum + Math.log(value), 0) / ratios.length);
      return `${formatRatio(mean)}, worst ${formatRatio(Math.max(...ratios))}`;
    }),
  ]);
  return grid(['family', 'workloads', ...against.map(titleOf)], cells);
}

function table(rows: readonly Row[], columns: readonly Column[], against: readonly Pair[]): string {
  const cells = rows.map((row) => [
    row.name,
    ...columns.map(({ engine }) => {
      const column = row.columns.find((candidate) => candidate.engine === engine);
      return column === undefined ? '–' : formatTime(column.time);
    }),
    ...against.map((pair) => {
      const ratio = ratioOf(row, pair);
      return ratio === undefined ? '–' : formatRatio(ratio);
    }),
  ]);
  return grid(['workload', ...columns.map(({ engine }) => engine), ...against.map(titleOf)], cells);
}

/** The engines of all rows, each once. */
function engines(rows: readonly Row[]): readonly Column[] {
  const all = rows.flatMap(({ columns }) => columns);
  return all.filter((column, i) => all.findIndex(({ engine }) => engine === column.engine) === i);
}

function pairs(rows: readonly Row[]): readonly Pair[] {
  const all = engines(rows);
  return all
    .filter(({ isOurs }) => isOurs)
    .flatMap(({ engine: ours }) => all.filter(({ isOurs }) => !isOurs).map(({ engine: peer }) => ({ ours, peer })));
}

function ratioOf(row: Row, { ours, peer }: Pair): number | undefined {
  return row.columns.find(({ engine }) => engine === ours)?.ratios[peer];
}

const titleOf = ({ ours, peer }: Pair): string => `${ours} / ${peer}`;

function grid(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const text = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [text(head), text(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(text)].join('\n');
}

function formatTime(milliseconds: number): string {
  return milliseconds < 1 ? `${digits(milliseconds * 1000)} µs` : `${digits(milliseconds)} ms`;
}

function formatRatio(value: number): string {
  return value < 0.01 ? value.toPrecision(1) : value.toFixed(2);
}

function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
