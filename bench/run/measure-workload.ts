// Measures one workload, every engine in turn: in Node and in a page alike.

import type { Engine, Prepared, Result } from '../engines/engine.js';
import type { Workload } from '../workloads/workload.js';
import { disagreement } from './agree.js';
import { besideBusyProcess } from './busy.js';
import { median, type TimingOptions, takeTurns } from './timing.js';

/** What was measured of a workload. */
export interface Row {
  readonly name: string;
  readonly columns: readonly Column[];
  /** Multiplications and additions of a product of matrices. */
  readonly flops?: number;
  /** Tokens that a call learns from, or generates. */
  readonly tokens?: number;
  /** Engines that were left out, and why. */
  readonly without?: Readonly<Record<string, string>>;
  /** Two engines that disagree, or one of ours that failed. */
  readonly problem?: string;
}

/** What one engine took for it. */
export interface Column {
  readonly engine: string;
  readonly version: string;
  readonly isOurs: boolean;
  readonly threads: number;
  /** Median milliseconds of one call. */
  readonly time: number;
  /** What the engine chose for this workload, such as how images lie. */
  readonly note?: string;
  /** For ours: its time over every other engine's, the median of the ratios of turns that followed each other. */
  readonly ratios: Readonly<Record<string, number>>;
}

interface Able {
  readonly engine: Engine;
  readonly version: string;
  readonly prepared: Prepared;
}

/** The version of each engine that was started, or why it could not be. */
const started = new Map<Engine, { readonly version: string } | { readonly refused: string }>();

async function start(engine: Engine): Promise<{ readonly version: string } | { readonly refused: string }> {
  const known = started.get(engine);
  if (known !== undefined) return known;
  const result = await engine.start().then(
    (version) => ({ version }),
    (error: unknown) => ({ refused: messageOf(error) }),
  );
  started.set(engine, result);
  return result;
}

/** Compares what the engines compute, then times them. */
export async function measureWorkload(
  workload: Workload,
  engines: readonly Engine[],
  timing: TimingOptions,
): Promise<Row> {
  const without: Record<string, string> = {};
  const problems: string[] = [];
  const able = await prepareAll(workload, engines, without, problems);
  const hasThreads = able.some(({ engine: { threads = 1 } }) => threads > 1);
  const all = able.map(({ prepared }) => prepared);
  const long = { ...timing, turn: 20 * timing.turn, budget: 10 * timing.budget };
  // A turn beside a busy process is as long as many of the system's, which it deals out between all programs. One of calls
  // that are all overhead has several collections of what they leave behind, as a program would.
  const turns = workload.besideBusyProcess
    ? await besideBusyProcess(() => takeTurns(all, long))
    : await takeTurns(all, { ...(workload.overheadBound ? long : timing), rest: hasThreads ? timing.rest : 0 });
  for (const { prepared } of able.toReversed()) prepared.dispose();
  // Without turns there are no figures: the results were compared, and that was it.
  const columns = timing.rounds === 0 ? [] : able.map((_, i) => columnOf(able, turns, i));
  return {
    name: workload.name,
    columns,
    ...(workload.flops !== undefined && { flops: workload.flops }),
    ...(workload.tokens !== undefined && { tokens: workload.tokens }),
    ...(Object.keys(without).length > 0 && { without }),
    ...(problems.length > 0 && { problem: problems.join('; ') }),
  };
}

/** The figures of engine `i`. */
function columnOf(able: readonly Able[], turns: readonly (readonly number[])[], i: number): Column {
  const { engine, version, prepared } = able[i]!;
  const { name, isOurs = false, threads = 1 } = engine;
  const against = able.flatMap(({ engine: other }, j): [string, number][] =>
    isOurs && i !== j ? [[other.name, rounded(median(turns[i]!.map((time, round) => time / turns[j]![round]!)))]] : [],
  );
  return {
    engine: name,
    version,
    isOurs,
    threads,
    time: rounded(median(turns[i]!)),
    ...(prepared.note !== undefined && { note: prepared.note }),
    ratios: Object.fromEntries(against),
  };
}

/** The engines that can do it, and compute what the first does. */
async function prepareAll(
  workload: Workload,
  engines: readonly Engine[],
  without: Record<string, string>,
  problems: string[],
): Promise<Able[]> {
  const able: Able[] = [];
  let expected: readonly Result[] | undefined;
  for (const engine of engines.filter((candidate) => candidate.handles(workload))) {
    if (workload.tooSlow?.includes(engine.name)) {
      without[engine.name] = `${engine.name}: too slow, a call takes minutes`;
      continue;
    }
    const state = await start(engine);
    if ('refused' in state) {
      without[engine.name] = state.refused;
      continue;
    }
    let prepared: Prepared | undefined;
    try {
      prepared = await engine.prepare(workload);
      const results = await prepared.results();
      // One that computes nothing of use has nothing to compare.
      const wrong = expected && results.length > 0 && disagreement(expected, results, workload.tolerance ?? 1e-5);
      if (wrong) throw new Error(`it disagrees with ${able[0]!.engine.name}: ${wrong}`);
      if (results.length > 0) expected ??= results;
      able.push({ engine, version: state.version, prepared });
    } catch (error) {
      const message = messageOf(error);
      const cannot = /^Kernel '(.*)' not registered/.exec(message);
      without[engine.name] = cannot ? `${engine.name}: has no kernel ${cannot[1]}` : `${engine.name}: ${message}`;
      if (engine.isOurs || message.startsWith('it disagrees')) problems.push(without[engine.name]!);
      prepared?.dispose();
    }
  }
  return able;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Four digits are more than a measurement has. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
