// Runs the benchmarks: `npm run bench -- [filter] [--engine NAME]… [--against FOLDER] [--since DATE] [--together] [--check] [--save]`. The filter
// is a text in the names of workloads or a family's name, `targets` or `memory`; `gpu` and a text for those that run on a GPU.
// Without a filter everything but the latter runs and is saved; `--since` leaves out what this machine has measured from that day on.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { references } from './engines/index.js';
import { bundleProgram } from './run/bundle.js';
import { onGpu, openGpuBench } from './run/gpu.js';
import { describeMachine } from './run/machine.js';
import type { Order } from './run/measure.js';
import type { Row } from './run/measure-workload.js';
import { measureMemory, memoryLine, type PeakMemory } from './run/memory.js';
import { benchFolder } from './run/paths.js';
import { findPeers, installPeers } from './run/peers.js';
import { checkoutLines, describeDevice, gpuTargetLines, report, targetLines } from './run/report.js';
import {
  type GpuRow,
  mergeGpuRows,
  mergeRows,
  namesMeasuredSince,
  readResults,
  stamped,
  writeResults,
} from './run/results.js';
import { line } from './run/table.js';
import { checkOnly, usual } from './run/timing.js';
import { targetWorkloads } from './targets.js';
import { gpuWorkloads } from './workloads/gpu.js';
import { matching } from './workloads/index.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    engine: { type: 'string', multiple: true },
    against: { type: 'string' },
    since: { type: 'string' },
    together: { type: 'boolean' },
    check: { type: 'boolean' },
    save: { type: 'boolean' },
  },
});
const filter = positionals.join(' ');
const [isAll, isTargets, isMemory] = [filter === '', filter === 'targets', filter === 'memory'];
const isGpu = positionals[0] === 'gpu';
// Beside another checkout nobody else is asked for: the engine that is compared, here and there, has this in its name.
const engines = values.engine ?? (values.against === undefined ? [] : [references[1]!]);
/** What a run with other engines or in another way measures is no part of the results. */
const isPlain = engines.length === 0 && !values.together && !values.check;
const saves = (values.save || isAll || isTargets || isMemory) && isPlain;

/** Workloads that share a process, and the engines to measure. */
interface Group {
  readonly names: readonly string[];
  readonly engines: readonly string[];
}

const groups = isMemory || isGpu ? [] : isTargets ? targetGroups() : chosenGroups();
if (values.since !== undefined && (!isPlain || isTargets || isMemory || isGpu)) {
  throw new Error(
    '--since is for runs of workloads by all engines; leave it out beside targets, memory, gpu, --engine, --against, --together and --check',
  );
}
// A whole run that was interrupted may have only memory left.
if (groups.length === 0 && !isMemory && !isGpu && !(isAll && values.since !== undefined)) {
  throw new Error(
    `no workload has "${filter}" in its name${values.since ? ` and was not measured since ${values.since}` : ''}`,
  );
}

installPeers();
const rows: Row[] = [];
const told = new Set<string>();
if (groups.length > 0) await measureAll();
if (values.against !== undefined && !values.check) for (const text of checkoutLines(rows)) console.log(text);
if (isTargets && !values.check) for (const text of targetLines(rows)) console.log(text);
const gpuRows = isGpu ? await measureGpu(positionals.slice(1).join(' ')) : [];
if (isGpu && !values.check) for (const text of gpuTargetLines(gpuRows)) console.log(text);
const memory = (isAll || isMemory) && !values.check ? await measureMemory() : [];
for (const one of memory) console.log(memoryLine(one));
const count = rows.length + gpuRows.length;
if (count > 0) console.log(`\n${count} workloads.`);

if (saves) {
  save(rows, memory, gpuRows);
  console.log('Written to bench/RESULTS.md.');
}
if ([...rows, ...gpuRows].some(({ problem }) => problem !== undefined)) process.exitCode = 1;

/** Puts rows in the place of former ones of the same names. */
function save(rows: readonly Row[], memory: readonly PeakMemory[] = [], gpu: readonly GpuRow[] = []): void {
  const old = readResults();
  const fresh = stamped(rows);
  const results = {
    targets: isTargets ? mergeRows(old.targets, fresh) : old.targets,
    all: isTargets ? old.all : mergeRows(old.all, fresh),
    memory: memory.length > 0 ? stamped(memory) : old.memory,
    gpu: mergeGpuRows(old.gpu, stamped(gpu)),
  };
  writeResults(results);
  writeFileSync(join(benchFolder, 'RESULTS.md'), report(results));
}

/** What this machine has measured from a day on. */
function measuredSince(date: string | undefined): ReadonlySet<string> {
  if (date === undefined) return new Set();
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) throw new Error(`--since is '${date}', needs a day such as 2026-11-30`);
  return namesMeasuredSince(readResults().all, { machine: describeMachine(), date });
}

function targetGroups(): Group[] {
  return targetWorkloads().map(({ name, engines: needed }) => ({
    names: [name],
    engines: engines.length > 0 ? engines : needed,
  }));
}

/** One workload to a process: what a function was called with before shapes its machine code. */
function chosenGroups(): Group[] {
  const former = measuredSince(values.since);
  const names = matching(filter).flatMap(({ name }) => (former.has(name) ? [] : [name]));
  if (names.length === 0) return [];
  return (values.together ? [names] : names.map((name) => [name])).map((group) => ({ names: group, engines }));
}

async function measureAll(): Promise<void> {
  const program = await bundleProgram('measure');
  const peers = await findPeers(values.against);
  const folder = mkdtempSync(join(tmpdir(), 'dl-bench-order-'));
  const file = join(folder, 'order.json');
  for (const { names, engines: wanted } of groups) {
    writeFileSync(
      file,
      JSON.stringify({ names, engines: wanted, timing: values.check ? checkOnly : usual, peers } satisfies Order),
    );
    for (const row of measure(program, file, names)) {
      rows.push(row);
      console.log(line(row));
      tell(Object.values(row.without ?? {}));
    }
    // An interrupted run has saved what it measured.
    if (saves) save(rows);
  }
  rmSync(folder, { recursive: true });
}

/** Each workload in a page of its own. */
async function measureGpu(text: string): Promise<GpuRow[]> {
  const chosen = gpuWorkloads.filter(({ name }) => name.toLowerCase().includes(text.toLowerCase()));
  if (chosen.length === 0) throw new Error(`no workload for a GPU has "${text}" in its name`);
  const bench = await openGpuBench();
  console.log(describeDevice(bench.device));
  const found: GpuRow[] = [];
  for (const { name } of chosen) {
    const row = { ...(await bench.measure(name, values.check ? checkOnly : onGpu)), device: bench.device };
    found.push(row);
    console.log(line(row));
    tell(Object.values(row.without ?? {}));
  }
  await bench.close();
  return found;
}

/** Why engines were left out, each reason once. */
function tell(reasons: readonly string[]): void {
  for (const reason of reasons) {
    if (!told.has(reason)) console.log(`  left out: ${reason}`);
    told.add(reason);
  }
}

/** Rows of one process; it may fail in one workload without ending the run. */
function measure(program: string, order: string, names: readonly string[]): Row[] {
  const { stdout, status } = spawnSync(process.execPath, ['--expose-gc', program, order], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) {
    console.error(`Not measured, for the reason above: ${names.join(', ')}`);
    process.exitCode = 1;
  }
  // Libraries may print lines of their own.
  const lines = stdout.split('\n').filter((text) => text.startsWith('{"name":'));
  return lines.map((text) => JSON.parse(text) as Row);
}
