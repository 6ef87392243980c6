// Measures workloads in a process of its own, every engine in turn, and prints one line of JSON for each.
// Its argument is the path of an Order as JSON.

import { readFileSync } from 'node:fs';
import { allEngines, type Peers } from '../engines/index.js';
import { workloads } from '../workloads/index.js';
import { measureWorkload } from './measure-workload.js';
import type { TimingOptions } from './timing.js';

export interface Order {
  readonly names: readonly string[];
  /** Texts, one of which must be in the name of an engine; all engines when there are none. */
  readonly engines: readonly string[];
  readonly timing: TimingOptions;
  readonly peers: Peers;
}

const order = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as Order;
const engines = allEngines(order.peers).filter(
  ({ name }) => order.engines.length === 0 || order.engines.some((text) => name.includes(text)),
);
for (const name of order.names) {
  const workload = workloads.find((candidate) => candidate.name === name);
  if (workload === undefined) throw new Error(`there is no workload ${name}`);
  process.stdout.write(`${JSON.stringify(await measureWorkload(workload, engines, order.timing))}\n`);
}
// Threads and processes of the engines would keep this one alive.
process.exit(0);
