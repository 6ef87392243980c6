// How long something takes, fairly: engines take turns, and each turn is long enough for the clock.

import type { Prepared } from '../engines/engine.js';

export interface TimingOptions {
  /** Turns of each engine. */
  readonly rounds: number;
  /** How long a turn should be, in milliseconds. */
  readonly turn: number;
  /** How long each engine runs before it is timed, in milliseconds. */
  readonly warmUp: number;
  /** When an engine takes no more turns, in milliseconds of its own. At least three are taken. */
  readonly budget: number;
  /** How long all rest between turns, in milliseconds, where some have threads, so that those have gone to sleep. */
  readonly rest: number;
}

export const usual: TimingOptions = { rounds: 21, turn: 15, warmUp: 400, budget: 3000, rest: 5 };
/** Nothing but the comparison of results. */
export const checkOnly: TimingOptions = { rounds: 0, turn: 0, warmUp: 0, budget: 0, rest: 0 };

const LEAST_ROUNDS = 3;
/** Above this many milliseconds for one call, once has to do. */
const VERY_SLOW = 5000;

/** Milliseconds for one call, in each round, for each engine; NaN where it took no turn. */
export async function takeTurns(engines: readonly Prepared[], options: TimingOptions): Promise<number[][]> {
  if (options.rounds === 0) return engines.map(() => []);
  const states = [];
  for (const prepared of engines) {
    const count = await warmUp(prepared, options);
    states.push({ prepared, count, times: [] as number[], spent: 0 });
  }
  for (let round = 0; round < options.rounds; round++) {
    for (const state of states) {
      const { prepared, count, times, spent } = state;
      const tired = spent > options.budget && (round >= LEAST_ROUNDS || spent / round > VERY_SLOW);
      if (tired) {
        times.push(Number.NaN);
        continue;
      }
      if (options.rest > 0) await new Promise((resolve) => setTimeout(resolve, options.rest));
      collectGarbage();
      const time = await timeOf(prepared, count);
      times.push(time / count);
      state.spent += time;
    }
  }
  return states.map(({ times }) => times);
}

/** Runs it until it is as fast as it gets, and returns how many calls fill a turn. */
async function warmUp(engine: Prepared, { warmUp, turn }: TimingOptions): Promise<number> {
  const end = performance.now() + warmUp;
  let count = 1;
  for (;;) {
    const time = await timeOf(engine, count);
    if (performance.now() >= end) return Math.max(1, Math.round((count * turn) / time));
    if (time < turn) count = Math.max(count + 1, Math.min(count * 2, Math.floor((count * turn) / time)));
  }
}

async function timeOf(engine: Prepared, count: number): Promise<number> {
  const start = performance.now();
  const running = engine.run(count);
  const measured: unknown = running === undefined ? undefined : await running;
  return typeof measured === 'number' ? measured : performance.now() - start;
}

/** One engine should not have to clean up after another. Young objects only: a full collection throws away machine code. */
function collectGarbage(): void {
  (globalThis as { gc?: (options: { type: 'minor' }) => void }).gc?.({ type: 'minor' });
}

/** Of those that are numbers. */
export function median(values: readonly number[]): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
