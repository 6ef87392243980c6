// The results as text: a line for the terminal, and tables in Markdown.

import { oursOnGpu } from '../engines/gpu-names.js';
import { references } from '../engines/index.js';
import { families } from '../workloads/index.js';
import type { Column, Row } from './measure-workload.js';
import { enginesOf } from './results.js';

/** Above this a ratio counts as slower: turns of a few milliseconds on a busy machine differ by as much. */
const NOISE = 1.05;

export function line(row: Row): string {
  const cells = orderedColumns([row]).map(({ engine }) => `${engine} ${cell(row, engine)}`);
  return [row.name.padEnd(48), ...cells, row.problem ?? ''].join('  ').trimEnd();
}

/** An engine's time, its rate where that means something, and how many times ours it took. */
function cell(row: Row, engine: string): string {
  const column = row.columns.find((candidate) => candidate.engine === engine);
  if (column === undefined) return '–';
  const rate = rateOf(row, column.time);
  const ratio = timesOurs(row, column);
  const note = column.note === undefined ? '' : `, ${column.note}`;
  return `${formatTime(column.time)}${rate}${note}${ratio === undefined ? '' : ` (${formatRatio(ratio)})`}`;
}

/** What a time in milliseconds is a second, where a workload counts something. */
function rateOf({ flops, tokens }: Row, time: number): string {
  if (flops !== undefined) return `, ${digits(flops / time / 1e6)} GFLOP/s`;
  return tokens === undefined ? '' : `, ${digits((1000 * tokens) / time)} tokens/s`;
}

/** Its time over that of ours with as many threads. */
function timesOurs(row: Row, { engine, threads }: Column): number | undefined {
  const ours = row.columns.find((column) => column.engine === references[threads] || column.engine === oursOnGpu);
  const ratio = ours?.ratios[engine];
  return ratio === undefined ? undefined : 1 / ratio;
}

/** A section for each family: a table, and what was left out. */
export function familySections(rows: readonly Row[]): string[] {
  return Object.entries(families).flatMap(([family, members]) => {
    const inFamily = rows.filter(({ name }) => members.some((member) => member.name === name));
    return inFamily.length === 0 ? [] : [`## ${family}`, '', table(inFamily), '', ...leftOut(inFamily)];
  });
}

export function table(rows: readonly Row[]): string {
  const columns = orderedColumns(rows).map(({ engine }) => engine);
  return grid(
    ['workload', ...columns],
    rows.map((row) => [row.name, ...columns.map((engine) => cell(row, engine))]),
  );
}

/** One line for each reason. */
export function leftOut(rows: readonly Row[]): string[] {
  const counts = new Map<string, number>();
  for (const reason of rows.flatMap(({ without = {} }) => Object.values(without))) {
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  if (counts.size === 0) return [];
  const items = [...counts].map(([reason, count]) => (count === rows.length ? reason : `${reason} (${count})`));
  return ['Left out:', '', ...items.map((item) => `- ${item}`), ''];
}

/** Ours first, then the others, each in the order of its first row. */
function orderedColumns(rows: readonly Row[]): Column[] {
  const all = enginesOf(rows);
  return [...all.filter(({ isOurs }) => isOurs), ...all.filter(({ isOurs }) => !isOurs)];
}

/** Ours beside a peer that it is fair to compare with. */
interface Pair {
  readonly ours: string;
  readonly peer: string;
}

/** Each peer with ours of as many threads; the readable engine with the peer that is JavaScript like it. */
function pairs(rows: readonly Row[]): readonly Pair[] {
  const peers = enginesOf(rows).filter(({ isOurs, engine }) => !isOurs && engine !== 'micro-kernel');
  return [
    ...peers.map(({ engine, threads }) => ({ ours: references[threads]!, peer: engine })),
    { ours: 'dl typescript', peer: 'tfjs cpu' },
  ];
}

/** Geometric means of our time over a peer's and the worst of them, for each family; then the workloads in which ours is slower. */
export function overview(rows: readonly Row[]): string[] {
  const against = pairs(rows);
  const cells = Object.entries(families).flatMap(([family, members]) => {
    const inFamily = rows.filter(({ name }) => members.some((member) => member.name === name));
    if (inFamily.length === 0) return [];
    return [[family, String(inFamily.length), ...against.map((pair) => summary(inFamily, pair))]];
  });
  const titles = against.map(({ ours, peer }) => `${ours} / ${peer}`);
  return [grid(['family', 'workloads', ...titles], cells), '', ...against.flatMap((pair) => [defeats(rows, pair), ''])];
}

function summary(rows: readonly Row[], pair: Pair): string {
  const ratios = rows.flatMap((row) => ratioOf(row, pair) ?? []);
  if (ratios.length === 0) return '–';
  const mean = Math.exp(ratios.reduce((sum, value) => sum + Math.log(value), 0) / ratios.length);
  return `${formatRatio(mean)}, worst ${formatRatio(Math.max(...ratios))}`;
}

/** Where ours is slower, in words, worst first. */
export function defeats(rows: readonly Row[], pair: Pair): string {
  const { ours, peer } = pair;
  const more = `${((NOISE - 1) * 100).toFixed(0)} %`;
  const slower = rows
    .map((row) => ({ name: row.name, ratio: ratioOf(row, pair) ?? 0 }))
    .filter(({ ratio }) => ratio > NOISE)
    .sort((a, b) => b.ratio - a.ratio);
  if (slower.length === 0) return `${ours} is nowhere slower than ${peer} by more than ${more}.`;
  const names = slower.map(({ name, ratio }) => `${name} (${formatRatio(ratio)})`);
  return `${ours} is slower than ${peer} by more than ${more} in ${names.length}: ${names.join('; ')}.`;
}

/** The workloads in which any peer is faster than ours of as many threads, worst first, each with the fastest peer. */
export function slowest(rows: readonly Row[]): string[] {
  const against = pairs(rows).filter(({ ours }) => ours !== 'dl typescript');
  const found = rows.flatMap((row) => {
    const ratios = against.map((pair) => ({ ...pair, ratio: ratioOf(row, pair) ?? 0 }));
    const worst = ratios.reduce((a, b) => (b.ratio > a.ratio ? b : a));
    return worst.ratio > NOISE ? [{ name: row.name, ...worst }] : [];
  });
  if (found.length === 0) return [`None, by more than ${((NOISE - 1) * 100).toFixed(0)} %.`];
  found.sort((a, b) => b.ratio - a.ratio);
  const cells = found.map(({ name, ours, peer, ratio }) => [name, formatRatio(ratio), peer, ours]);
  return [
    `In ${found.length} of ${rows.length} workloads ours takes longer than the fastest peer with as many threads.`,
    '',
    grid(['workload', 'our time over its', 'the fastest', 'ours'], cells),
  ];
}

function ratioOf(row: Row, { ours, peer }: Pair): number | undefined {
  return row.columns.find(({ engine }) => engine === ours)?.ratios[peer];
}

export function grid(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const text = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [text(head), text(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(text)].join('\n');
}

function formatTime(milliseconds: number): string {
  if (milliseconds < 0.001) return `${digits(milliseconds * 1e6)} ns`;
  return milliseconds < 1 ? `${digits(milliseconds * 1000)} µs` : `${digits(milliseconds)} ms`;
}

export function formatRatio(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value < 0.01 ? value.toPrecision(1) : value.toFixed(2);
}

export function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
