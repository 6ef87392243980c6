// Ours as it is in another checkout of this repository: its packages, its engine and its form of the workloads.

import type { Workload } from '../workloads/workload.js';
import type { dlCpu } from './dl.js';
import type { Engine } from './engine.js';

/** Where another checkout's code lies, bundled; and what it is called. */
export interface Checkout {
  readonly url: string;
  readonly name: string;
}

/** What `run/bundle.ts` makes of a checkout. */
interface Bundled {
  readonly dlCpu: typeof dlCpu;
  readonly workloads: readonly Workload[];
}

/** Its workloads are found by their names, and get the inputs of ours. Those that it has not are left out. */
export function dlCheckout(checkout: Checkout, threads: number): Engine {
  const name = `dl wasm ${threads} thread${threads === 1 ? '' : 's'}, ${checkout.name}`;
  let engine: Engine;
  let workloads: ReadonlyMap<string, Workload>;
  return {
    name,
    threads,

    async start() {
      const bundled = (await import(checkout.url)) as Bundled;
      workloads = new Map(bundled.workloads.map((workload) => [workload.name, workload]));
      engine = bundled.dlCpu({ name, engine: 'wasm relaxed-simd', threads });
      return engine.start();
    },

    handles: () => true,

    prepare(workload) {
      const own = workloads.get(workload.name);
      if (own === undefined) throw new Error('it has no workload of this name');
      return engine.prepare({ ...own, inputs: workload.inputs });
    },
  };
}
