// Which rows `--since` takes as measured.

import { expect, it } from 'vitest';
import type { Column, Row } from './run/measure-workload.js';
import { namesMeasuredSince, type Stamped } from './run/results.js';

const [machine, date] = ['this one', '2026-12-01'];
const column: Column = { engine: 'dl wasm 1 thread', version: '1', isOurs: true, threads: 1, time: 1, ratios: {} };

function measured(name: string, more: Partial<Stamped<Row>> = {}): Stamped<Row> {
  return { name, columns: [column], machine, date, ...more };
}

/** An engine was left out for a reason that makes the run fail. */
function failed(engine: string): Partial<Row> {
  const reason = `${engine}: it disagrees with dl wasm 1 thread: result 0 has 1 against 0 at element 0 of [8]`;
  return { without: { [engine]: reason }, problem: reason };
}

const since = (...rows: Stamped<Row>[]): string[] => [...namesMeasuredSince(rows, { machine, date })];

it('are those of this machine from that day on', () => {
  const rows = [
    measured('before', { date: '2026-11-30' }),
    measured('that day'),
    measured('later', { date: '2027-01-01' }),
    measured('elsewhere', { machine: 'another' }),
  ];
  expect(since(...rows)).toEqual(['that day', 'later']);
});

it('are those without a peer, too, whether it disagrees or cannot do it', () => {
  expect(since(measured('disagrees', failed('tfjs wasm')))).toEqual(['disagrees']);
  expect(since(measured('has no kernel', { without: { 'tfjs wasm': 'tfjs wasm: has no kernel Prelu' } }))).toEqual([
    'has no kernel',
  ]);
  // One of ours that the machine cannot run is no failure.
  const without = { 'dl wasm 2 threads': 'dl wasm 2 threads: there is one processor' };
  expect(since(measured('fewer threads', { without }))).toEqual(['fewer threads']);
});

it('are not those in which one of ours failed, or nothing was timed', () => {
  const peer = failed('tfjs wasm');
  const ours = failed('dl typescript');
  const both = { without: { ...peer.without, ...ours.without }, problem: `${peer.problem}; ${ours.problem}` };
  expect(since(measured('ours', ours), measured('both', both), measured('nothing', { columns: [] }))).toEqual([]);
});
