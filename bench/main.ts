// Runs the benchmarks: `npm run bench -- [filter] [--engine NAME]… [--together]`.
// Without a filter it writes RESULTS.md.

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundleMeasure, bundlePeer } from './run/bundle.js';
import { describeMachine } from './run/machine.js';
import type { Order, Row } from './run/measure.js';
import { benchFolder } from './run/paths.js';
import { installPeers } from './run/peers.js';
import { defeats, describeDefeats, line, markdown } from './run/table.js';
import { usual } from './run/timing.js';
import { matching } from './workloads/index.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { engine: { type: 'string', multiple: true }, together: { type: 'boolean' } },
});
const chosen = matching(positionals.join(' '));
if (chosen.length === 0) throw new Error(`no workload has "${positionals.join(' ')}" in its name`);

installPeers();
const program = await bundleMeasure();
const peers = { tfjs: await bundlePeer('tfjs') };

const rows: Row[] = [];
const names = chosen.map(({ name }) => name);
// One workload to a process: what a function was called with before shapes its machine code.
for (const group of values.together ? [names] : names.map((name) => [name])) {
  for (const row of measure({ names: group, engines: values.engine ?? [], timing: usual, peers })) {
    rows.push(row);
    console.log(line(row));
  }
}

console.log(`\n${rows.length} workloads.`);
for (const defeat of defeats(rows)) console.log(describeDefeats(defeat));

if (positionals.length === 0 && !values.together && values.engine === undefined) {
  const date = new Date().toISOString().slice(0, 10);
  writeFileSync(join(benchFolder, 'RESULTS.md'), markdown(rows, describeMachine(), date));
  console.log('Written to bench/RESULTS.md.');
}
if (rows.some(({ problem }) => problem !== undefined)) process.exitCode = 1;

/** Rows of one process; it may fail in one workload without ending the run. */
function measure(order: Order): Row[] {
  const { stdout, status } = spawnSync(process.execPath, ['--expose-gc', program, JSON.stringify(order)], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) {
    console.error(`Not measured, for the reason above: ${order.names.join(', ')}`);
    process.exitCode = 1;
  }
  const lines = stdout.split('\n').filter((text) => text !== '');
  return lines.map((text) => JSON.parse(text) as Row);
}
