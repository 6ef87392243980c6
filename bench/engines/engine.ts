// What a column of the table is: something that can run workloads.

import type { Workload } from '../workloads/workload.js';

export interface Engine {
  /** The column's title, such as `dl typescript` or `tfjs wasm`. */
  readonly name: string;
  /** Ours are compared with the others. */
  readonly isOurs?: boolean;
  /** How many threads it uses. Default 1. */
  readonly threads?: number;
  /**
   * Makes it ready, and throws unless it really runs on what its name says, with a sentence that says why. Returns its
   * version.
   */
  start(): Promise<string>;
  /** Whether the workload has a form for it. Only then is it started. */
  handles(workload: Workload): boolean;
  /** That form, with the inputs in place. */
  prepare(workload: Workload): Prepared | Promise<Prepared>;
}

export interface Prepared {
  /**
   * Calls the timed function so many times; what it made is freed before this returns. The milliseconds that it took,
   * when it measured them itself because it runs in another process.
   */
  run(count: number): void | Promise<void> | Promise<number>;
  /** What it chose for this workload, to stand beside its time. */
  readonly note?: string;
  /** Makes the function anew, calls it as often as the workload wants, and gives what the last call returned, in our layouts. */
  results(): Promise<readonly Result[]>;
  dispose(): void;
}

export interface Result {
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

/** How many calls share a scope (or whatever frees what they made): about the ops of a step of a small network. */
const CALLS_TO_A_SCOPE = 50;
/** Calls that make much are freed one by one, as programs do. */
const LARGE_INPUTS = 2 ** 20;

/** How many calls of a workload share a scope. */
export function callsToAScope({ inputs, isNetwork = false }: Workload): number {
  const large = inputs.some(({ shape }) => shape.reduce((product, length) => product * length, 1) >= LARGE_INPUTS);
  return large || isNetwork ? 1 : CALLS_TO_A_SCOPE;
}

/** Calls something so many times, in scopes. */
export function inScopes(
  count: number,
  callsToAScope: number,
  scoped: (body: () => void) => void,
  call: () => unknown,
): void {
  for (let left = count; left > 0; left -= callsToAScope) {
    const calls = Math.min(left, callsToAScope);
    scoped(() => {
      for (let i = 0; i < calls; i++) call();
    });
  }
}

/** Calls something as often as asked, and gives what the last call returned. */
export function lastOf<T>(count: number, call: () => T): T {
  for (let i = 1; i < count; i++) call();
  return call();
}
