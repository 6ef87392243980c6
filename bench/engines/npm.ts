// Packages of npm that know only few workloads: each a column of its own, with the call that a workload spells out for it.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Workload } from '../workloads/workload.js';
import { type Engine, lastOf, type Prepared } from './engine.js';

/** @param modules the folder in which the packages are installed. */
export function npmPackage(name: string, modules: string): Engine {
  let loaded: never;
  return {
    name,

    async start() {
      loaded = (await import(name)) as never;
      const { version } = JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8')) as { version: string };
      return version;
    },

    handles: ({ npm }) => npm?.[name] !== undefined,

    async prepare({ inputs, npm, compareAfter = 1 }: Workload): Promise<Prepared> {
      const values = inputs.map((input) => input.values());
      const make = async () => npm![name]!(loaded, ...values);
      const call = await make();
      return {
        async run(count) {
          for (let i = 0; i < count; i++) {
            const made = call();
            if (made instanceof Promise) await made;
          }
        },
        async results() {
          const result = await lastOf(compareAfter, await make());
          return result === undefined ? [] : [{ shape: [result.length], values: result }];
        },
        dispose: () => undefined,
      };
    },
  };
}
