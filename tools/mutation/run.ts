// `npm run mutate -- FOLDER… [--count N] [--seed N] [--seconds N] [--most N] [--tests FILE,…] [--again]`: see README.md.

import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Generator } from '@dl/autograd';
import { type Mutant, mutantsOf, mutate } from './mutants.js';
import { ImportGraph, sourceFiles, testFiles } from './related.js';
import type { Outcome, Task } from './worker.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '120' },
    most: { type: 'string', default: '1000' },
    tests: { type: 'string', default: '' },
    again: { type: 'boolean', default: false },
  },
});
const numbers = [values.count, values.seed, values.seconds, values.most].map(Number);
const [count, seed, seconds, most] = numbers as [number, number, number, number];
if (positionals.length === 0 || !numbers.every((each) => Number.isSafeInteger(each) && each >= 0)) {
  console.error('mutate: name folders or files of packages, as in: npm run mutate -- packages/optim/src --count 50');
  process.exit(1);
}

/** The tests did not end: an endless loop, mostly. */
const LATE: Outcome = { killedBy: 'the time limit' };

/** What is known of a mutant of a certain text; `undefined` of what nothing killed. */
const folder = join(root, '.cache/mutation');
mkdirSync(folder, { recursive: true });
const log = join(folder, 'results.jsonl');
const known = new Map<string, Outcome>();
if (existsSync(log)) {
  for (const line of readFileSync(log, 'utf8').trim().split('\n').filter(Boolean)) {
    const { key, outcome } = JSON.parse(line) as { key: string; outcome: Outcome };
    known.set(key, outcome);
  }
}

/** A vitest in a process of its own, which can be ended whatever its tests do. */
class Worker {
  readonly #child: ChildProcess;

  constructor() {
    this.#child = spawn(
      process.execPath,
      ['--conditions=@dl/source', '--import', 'tsx', join(root, 'tools/mutation/worker.ts')],
      { cwd: root, stdio: ['ignore', 'ignore', 'inherit', 'ipc'], detached: process.platform !== 'win32' },
    );
    process.once('exit', () => this.end());
  }

  /** What came of a mutant; LATE when one test file takes longer than that. */
  run(task: Task, milliseconds: number): Promise<Outcome> {
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const hear = (outcome: Outcome): void => {
        clearTimeout(timer);
        if (outcome.started !== undefined) timer = setTimeout(() => end(LATE), milliseconds);
        else end(outcome);
      };
      const end = (outcome: Outcome): void => {
        this.#child.off('message', hear);
        resolve(outcome);
      };
      this.#child.on('message', hear);
      this.#child.send(task);
    });
  }

  /** With all that it has started. */
  end(): void {
    const { pid } = this.#child;
    if (pid === undefined || this.#child.exitCode !== null) return;
    try {
      if (process.platform === 'win32') this.#child.kill('SIGKILL');
      else process.kill(-pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}

const files = positionals
  .flatMap((path) => (statSync(join(root, path)).isDirectory() ? sourceFiles(root, path) : [path]))
  .filter((path) => !/\.test(-d)?\.ts$|\.generated\.ts$|\/index\.ts$/.test(path))
  .map((path) => relative(root, join(root, path)));
const all = files.flatMap((file) => {
  const text = readFileSync(join(root, file), 'utf8');
  return mutantsOf(file, text).map((mutant) => ({ file, text, mutant }));
});
const order = new Generator(seed).permutation(all.length);
const chosen = Array.from(order.slice(0, count), (i) => all[i]!);
console.log(`${chosen.length} of ${all.length} mutants in ${files.length} files`);

const graph = new ImportGraph(root);
const given = values.tests.split(',').filter(Boolean);
let worker: Worker | undefined;
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
const tally = { killed: 0, late: 0, survived: 0, unseen: 0 };
for (const { file, text, mutant } of chosen) {
  const name = `${file}:${mutant.line}`;
  const key = createHash('sha256').update(`${file}\n${mutant.start} ${mutant.end} ${mutant.to}\n${text}`).digest('hex');
  let outcome = known.get(key);
  if (outcome === undefined || (values.again && outcome.killedBy === undefined)) {
    const own = graph.testsOf(file, testFiles(root, [file.split('/')[1]!]));
    const tests = [...new Set([...own.slice(0, most), ...given])];
    if (tests.length === 0) {
      tally.unseen++;
      console.log(`unseen    ${name} no test file reaches it`);
      continue;
    }
    worker ??= new Worker();
    const task: Task = {
      file: join(root, file),
      text: mutate(text, mutant),
      tests: tests.map((test) => join(root, test)),
    };
    outcome = await worker.run(task, 1000 * seconds);
    if (outcome.broken !== undefined) throw new Error(`mutate: ${outcome.broken}`);
    if (outcome === LATE) {
      worker.end();
      worker = undefined;
    }
    appendFileSync(log, `${JSON.stringify({ key, file, line: mutant.line, kind: mutant.kind, outcome })}\n`);
  }
  if (outcome.killedBy === undefined) {
    tally.survived++;
    console.log(`SURVIVED  ${name} ${mutant.kind}: ${shown(mutant)}`);
  } else if (outcome.killedBy === LATE.killedBy) tally.late++;
  else tally.killed++;
}
worker?.end();
const found = tally.killed + tally.late;
const tried = found + tally.survived + tally.unseen;
console.log(
  `${found} of ${tried} found (${((100 * found) / Math.max(1, tried)).toFixed(1)} %): ${tally.killed} by a test, ${tally.late} by the time limit; ` +
    `${tally.survived} survived, ${tally.unseen} are in files that no test reaches`,
);

function shown({ from, to }: Mutant): string {
  const short = (text: string): string => text.replace(/\s+/g, ' ').slice(0, 90);
  return `${short(from)} → ${short(to)}`;
}
