// What has been measured so far, kept as JSON beside RESULTS.md, which is written from it.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { workloads } from '../workloads/index.js';
import { describeMachine } from './machine.js';
import type { Column, Row } from './measure.js';
import type { PeakMemory } from './memory.js';
import { benchFolder } from './paths.js';

/** Where and when rows were measured. */
export interface Stamp {
  readonly date: string;
  readonly machine: string;
}

export type Stamped<T> = T & Stamp;

/** Full runs and runs of the targets are kept apart: they measure other engines. */
export interface Results {
  readonly targets: readonly Stamped<Row>[];
  readonly all: readonly Stamped<Row>[];
  readonly memory: readonly Stamped<PeakMemory>[];
}

const file = join(benchFolder, 'results.json');

export function readResults(): Results {
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Partial<Results>) : {};
  return { targets: [], all: [], memory: [], ...kept };
}

/** One row a line, so that a change shows which workload it is of. */
export function writeResults(results: Results): void {
  const sections = Object.entries(results).map(([name, rows]: [string, readonly object[]]) => {
    const lines = rows.map((row) => JSON.stringify(row)).join(',\n');
    return `${JSON.stringify(name)}: [\n${lines}\n]`;
  });
  writeFileSync(file, `{\n${sections.join(',\n')}\n}\n`);
}

export function stamped<T>(rows: readonly T[]): Stamped<T>[] {
  const stamp: Stamp = { date: new Date().toISOString().slice(0, 10), machine: describeMachine() };
  return rows.map((row) => ({ ...row, ...stamp }));
}

/** New rows in place of those of the same name; those of workloads that are gone are dropped. In the order of the workloads. */
export function mergeRows(old: readonly Stamped<Row>[], fresh: readonly Stamped<Row>[]): Stamped<Row>[] {
  const byName = new Map([...old, ...fresh].map((row) => [row.name, row]));
  return workloads.flatMap(({ name }) => byName.get(name) ?? []);
}

/** Each engine once, as it was in the last row that has it. */
export function enginesOf(rows: readonly Row[]): Column[] {
  return [...new Map(rows.flatMap(({ columns }) => columns).map((column) => [column.engine, column])).values()];
}
