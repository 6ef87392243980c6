// What has been measured so far, kept as lines of JSON beside RESULTS.md, which is written from it.

import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gpuWorkloads } from '../workloads/gpu.js';
import { workloads } from '../workloads/index.js';
import type { OnDevice } from './gpu.js';
import { describeMachine } from './machine.js';
import type { Column, Row } from './measure-workload.js';
import type { PeakMemory } from './memory.js';
import { benchFolder } from './paths.js';

/** Where and when rows were measured. */
export interface Stamp {
  readonly date: string;
  readonly machine: string;
}

export type Stamped<T> = T & Stamp;

/** A row that was measured in a browser, and on what. */
export interface GpuRow extends Row {
  readonly device: OnDevice;
}

/** Full runs and runs of the targets are kept apart: they measure other engines. */
export interface Results {
  readonly targets: readonly Stamped<Row>[];
  readonly all: readonly Stamped<Row>[];
  readonly memory: readonly Stamped<PeakMemory>[];
  readonly gpu: readonly Stamped<GpuRow>[];
}

/** One row a line, so that a change shows which workload it is of. */
const file = join(benchFolder, 'results.jsonl');

export function readResults(): Results {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  const kept = lines.map((text) => JSON.parse(text) as { part: keyof Results; row: never });
  const part = (name: keyof Results): never[] => kept.filter((one) => one.part === name).map(({ row }) => row);
  return { targets: part('targets'), all: part('all'), memory: part('memory'), gpu: part('gpu') };
}

export function writeResults(results: Results): void {
  const lines = Object.entries(results).flatMap(([part, rows]: [string, readonly object[]]) =>
    rows.map((row) => JSON.stringify({ part, row })),
  );
  // Aside first, since a run may be interrupted.
  writeFileSync(`${file}.new`, `${lines.join('\n')}\n`);
  renameSync(`${file}.new`, file);
}

export function stamped<T>(rows: readonly T[]): Stamped<T>[] {
  const stamp: Stamp = { date: new Date().toISOString().slice(0, 10), machine: describeMachine() };
  return rows.map((row) => ({ ...row, ...stamp }));
}

/** New rows in place of those of the same name; those of workloads that are gone are dropped. In the order of the workloads. */
export function mergeRows(old: readonly Stamped<Row>[], fresh: readonly Stamped<Row>[]): Stamped<Row>[] {
  return merged(workloads, old, fresh);
}

/** The same for those of the GPU. */
export function mergeGpuRows(old: readonly Stamped<GpuRow>[], fresh: readonly Stamped<GpuRow>[]): Stamped<GpuRow>[] {
  return merged(gpuWorkloads, old, fresh);
}

function merged<R extends Row>(
  order: readonly { readonly name: string }[],
  old: readonly R[],
  fresh: readonly R[],
): R[] {
  const byName = new Map([...old, ...fresh].map((row) => [row.name, row]));
  return order.flatMap(({ name }) => byName.get(name) ?? []);
}

/** Each engine once, as it was in the last row that has it. */
export function enginesOf(rows: readonly Row[]): Column[] {
  return [...new Map(rows.flatMap(({ columns }) => columns).map((column) => [column.engine, column])).values()];
}

/**
 * The workloads of which a machine has measured rows from a day on. A row is measured where a peer was left out, too, since a peer that disagrees
 * will do so again; where one of ours failed or disagreed, it is not.
 */
export function namesMeasuredSince(rows: readonly Stamped<Row>[], { machine, date }: Stamp): ReadonlySet<string> {
  const isMeasured = ({ columns, problem, without = {} }: Row): boolean =>
    columns.length > 0 &&
    Object.entries(without).every(([engine, reason]) => !isOurs(engine) || !problem?.includes(reason));
  const found = rows.filter((row) => row.machine === machine && row.date >= date && isMeasured(row));
  return new Set(found.map(({ name }) => name));
}

/** Ours are named `dl wasm …`, `dl typescript` and the like. */
const isOurs = (engine: string): boolean => /^dl\b/.test(engine);
