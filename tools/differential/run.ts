// Random cases beside PyTorch, or beside another backend: npm run differential -- KIND … [--cases N] [--seed S] [--case I] [--engine E]

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { difference } from './compare.js';
import type { Kind, Outcome } from './kind.js';
import { kinds } from './kinds/index.js';
import { Random } from './random.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    cases: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    case: { type: 'string' },
    engine: { type: 'string', default: 'wasm' },
    show: { type: 'string', default: '10' },
  },
});
const [count, seed, most] = [values.cases, values.seed, values.show].map(Number) as [number, number, number];
const only = values.case === undefined ? undefined : Number(values.case);
const BATCH = 500;

const chosen = positionals.length === 0 ? kinds : positionals.map(kindOf);
let unexplained = 0;
for (const kind of chosen) unexplained += await tryOut(kind);
process.exitCode = unexplained === 0 ? 0 : 1;

function kindOf(name: string): Kind {
  const found = kinds.find((kind) => kind.name === name);
  if (found === undefined) {
    console.error(`There is no kind ${name}; there are ${kinds.map((kind) => kind.name).join(', ')}.`);
    process.exit(2);
  }
  return found;
}

/** Runs the cases of a kind and prints what disagrees. Returns how many do without a known reason. */
async function tryOut(kind: Kind): Promise<number> {
  const numbers = only === undefined ? Array.from({ length: count }, (_, i) => i) : [only];
  const reasons = new Map<string, number>();
  const refused = { both: 0 };
  let bad = 0;
  for (let start = 0; start < numbers.length; start += BATCH) {
    const batch = numbers.slice(start, start + BATCH);
    const cases = batch.map((number) => kind.draw(new Random(seed, number)));
    const theirs =
      kind.reference === undefined
        ? await askTorch(kind.name, cases)
        : await all(cases, (each) => kind.reference!(each));
    await useBackend(cpu({ engine: values.engine as 'wasm' | 'typescript' }));
    const ours = await all(cases, (each) => kind.run(each));
    cases.forEach((given, i) => {
      const [here, there] = [ours[i]!, theirs[i]!];
      if ('error' in here && 'error' in there) refused.both++;
      const what = difference(here, there, kind.tolerance(given));
      if (only !== undefined) console.log(JSON.stringify({ given, ours: here, theirs: there }, null, 1));
      if (what === undefined) return;
      const reason = kind.reason?.(given, here, there);
      if (reason !== undefined) {
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
        return;
      }
      bad++;
      if (bad <= most)
        console.log(`${kind.name} --seed ${seed} --case ${batch[i]}: ${what}\n  ${JSON.stringify(given)}`);
    });
  }
  console.log(
    `${kind.name}: ${numbers.length} cases of seed ${seed}, ${bad} disagree${bad > most ? ` (${most} shown)` : ''}; ${refused.both} refused by both`,
  );
  for (const [reason, times] of reasons) console.log(`  ${times} for a known reason: ${reason}`);
  return bad;
}

async function all<T>(cases: readonly T[], run: (given: T) => Outcome | Promise<Outcome>): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const given of cases) {
    try {
      outcomes.push(await run(given));
    } catch (error) {
      outcomes.push({ error: `${(error as Error).name}: ${(error as Error).message}` });
    }
  }
  return outcomes;
}

/** The system's Python, which has PyTorch when a package of the system brought it; DL_PYTHON names another one. */
function findPython({ DL_PYTHON }: NodeJS.ProcessEnv = process.env): string {
  return DL_PYTHON ?? (existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3');
}

/** The outcomes of PyTorch, from one process for all cases. */
function askTorch(kind: string, cases: readonly unknown[]): Promise<Outcome[]> {
  const python = findPython();
  const child = spawn(python, [fileURLToPath(new URL('torch_side.py', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
  });
  child.stdin.end(JSON.stringify({ kind, cases }));
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    child.stdout.on('data', (part: Buffer) => parts.push(part));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve((JSON.parse(Buffer.concat(parts).toString()) as { outcomes: Outcome[] }).outcomes);
      else reject(new Error(`${python} ended with ${code}; the cases need a Python with PyTorch, named by DL_PYTHON`));
    });
  });
}
