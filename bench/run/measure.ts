// Measures workloads in a process of its own, every engine in turn, and prints one line of JSON for each.
// Its argument is an Order as JSON.

import { dlCpu } from '../engines/dl.js';
import type { Engine, Prepared } from '../engines/engine.js';
import { tfjsCpu } from '../engines/tfjs.js';
import { workloads } from '../workloads/index.js';
import type { Workload } from '../workloads/workload.js';
import { disagreement } from './agree.js';
import { median, type TimingOptions, takeTurns } from './timing.js';

export interface Order {
  readonly names: readonly string[];
  /** Texts, one of which must be in the name of an engine; all engines when there are none. */
  readonly engines: readonly string[];
  readonly timing: TimingOptions;
  /** The address of each peer's module. */
  readonly peers: { readonly tfjs: string };
}

/** What was measured of a workload. */
export interface Row {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly problem?: string;
}

/** What one engine took for it. */
export interface Column {
  readonly engine: string;
  readonly version: string;
  readonly isOurs: boolean;
  /** Median milliseconds of one call. */
  readonly time: number;
  /** For ours: its time over each peer's, the median of the ratios of turns that followed each other. */
  readonly ratios: Readonly<Record<string, number>>;
}

interface Started {
  readonly engine: Engine;
  readonly version: string;
}

const order = JSON.parse(process.argv[2]!) as Order;
const started: Started[] = [];
for (const engine of [dlCpu('typescript'), dlCpu('wasm'), tfjsCpu(order.peers.tfjs)]) {
  if (order.engines.length > 0 && !order.engines.some((text) => engine.name.includes(text))) continue;
  started.push({ engine, version: await engine.start() });
}
for (const name of order.names) {
  const workload = workloads.find((candidate) => candidate.name === name);
  if (workload === undefined) throw new Error(`there is no workload ${name}`);
  console.log(JSON.stringify(await measure(workload)));
}

async function measure(workload: Workload): Promise<Row> {
  const able = started.flatMap(({ engine, version }) => {
    const prepared = engine.prepare(workload);
    return prepared === undefined ? [] : [{ engine, version, prepared }];
  });
  const problem = await disagreements(able, workload.tolerance ?? 1e-5);
  const turns = await takeTurns(
    able.map(({ prepared }) => prepared),
    order.timing,
  );
  for (const { prepared } of able.toReversed()) prepared.dispose();
  const columns = able.map(({ engine: { name, isOurs = false }, version }, i): Column => {
    const against = able.flatMap((other, j): [string, number][] => {
      if (!isOurs || other.engine.isOurs) return [];
      return [[other.engine.name, median(turns[i]!.map((time, round) => time / turns[j]![round]!))]];
    });
    return { engine: name, version, isOurs, time: median(turns[i]!), ratios: Object.fromEntries(against) };
  });
  return { name: workload.name, columns, ...(problem !== undefined && { problem }) };
}

/** Compares what the engines compute with what the first does. */
async function disagreements(
  able: readonly { readonly engine: Engine; readonly prepared: Prepared }[],
  tolerance: number | 'random',
): Promise<string | undefined> {
  const first = await able[0]?.prepared.results();
  for (const { engine, prepared } of able.slice(1)) {
    const wrong = disagreement(first!, await prepared.results(), tolerance);
    if (wrong !== undefined) return `${able[0]!.engine.name} and ${engine.name} disagree: ${wrong}`;
  }
  return undefined;
}
