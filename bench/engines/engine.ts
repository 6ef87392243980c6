// What a column of the table is: something that can run workloads.

import type { Workload } from '../workloads/workload.js';

export interface Engine {
  /** The column's title, such as `dl typescript` or `tfjs cpu`. */
  readonly name: string;
  /** Ours are compared with the others, and with the first of them all must agree. */
  readonly isOurs?: boolean;
  /** Makes it ready, and throws unless it really runs on what its name says. Returns its version. */
  start(): Promise<string>;
  /** Its form of a workload, with the inputs in place; undefined when the workload has none for it. */
  prepare(workload: Workload): Prepared | undefined;
}

export interface Prepared {
  /** Calls the timed function so many times; what it made is freed before this returns. */
  run(count: number): void | Promise<void>;
  /** Calls it once, and gives what it returned, in our layouts. */
  results(): Promise<readonly Result[]>;
  dispose(): void;
}

export interface Result {
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

/** How many calls share a scope (or whatever frees what they made): about the ops of a step of a small network. */
const CALLS_TO_A_SCOPE = 50;

/** Calls something so many times, in scopes. */
export function inScopes(count: number, scoped: (body: () => void) => void, call: () => unknown): void {
  for (let left = count; left > 0; left -= CALLS_TO_A_SCOPE) {
    const calls = Math.min(left, CALLS_TO_A_SCOPE);
    scoped(() => {
      for (let i = 0; i < calls; i++) call();
    });
  }
}
