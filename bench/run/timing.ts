// How long something takes, fairly: engines take turns, and each turn is long enough for the clock.

import type { Prepared } from '../engines/engine.js';

export interface TimingOptions {
  /** Turns of each engine. */
  readonly rounds: number;
  /** How long a turn should be, in milliseconds. */
  readonly turn: number;
  /** How long each engine runs before it is timed, in milliseconds. */
  readonly warmUp: number;
  /** When to stop taking more turns, in milliseconds. At least three are taken. */
  readonly budget: number;
}

export const usual: TimingOptions = { rounds: 21, turn: 15, warmUp: 400, budget: 4000 };

const LEAST_ROUNDS = 3;

/** Milliseconds for one call, in each round, for each engine. */
export async function takeTurns(engines: readonly Prepared[], options: TimingOptions): Promise<number[][]> {
  const counts: number[] = [];
  for (const engine of engines) counts.push(await warmUp(engine, options));
  const times: number[][] = engines.map(() => []);
  const end = performance.now() + options.budget;
  for (let round = 0; round < options.rounds; round++) {
    if (round >= LEAST_ROUNDS && performance.now() > end) break;
    for (const [i, engine] of engines.entries()) {
      collectGarbage();
      times[i]!.push((await timeOf(engine, counts[i]!)) / counts[i]!);
    }
  }
  return times;
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
  if (running !== undefined) await running;
  return performance.now() - start;
}

/** One engine should not have to clean up after another. Young objects only: a full collection throws away machine code. */
function collectGarbage(): void {
  (globalThis as { gc?: (options: { type: 'minor' }) => void }).gc?.({ type: 'minor' });
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
