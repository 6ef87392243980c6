// Training beside PyTorch: equal weights to begin with, the same batches, the losses of all steps and what comes of them.
//
//     npx tsx --conditions=@dl/source tools/side-by-side/training/run.ts [TASK …] [--seeds N]     with DL_DATA
//     npx tsx --conditions=@dl/source tools/side-by-side/training/run.ts golden                   writes golden/losses.json

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { manualSeed, useBackend } from '@dl/autograd';
import { saveFile } from '@dl/checkpoint/node';
import { cpu } from '@dl/kernels-cpu';
import type { Module } from '@dl/layers';
import { makePupil, trainHere } from './here.js';
import type { Outcome, Plan } from './plan.js';
import { type Task, tasks } from './tasks.js';
import { startByFormula } from './weights.js';

/** So many steps are compared one by one, without dropout. */
const STEPS = 50;

/** The system's Python, which has PyTorch when a package of the system brought it; DL_PYTHON names another one. */
function findPython({ DL_PYTHON }: NodeJS.ProcessEnv = process.env): string {
  return DL_PYTHON ?? (existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3');
}

/** Trains in PyTorch, from the weights that a model has. */
async function trainThere(model: Module, plan: Plan, seed: number): Promise<Outcome & { readonly version: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'side-by-side-'));
  try {
    writeFileSync(join(folder, 'plan.json'), JSON.stringify({ ...plan, seed }));
    await saveFile(join(folder, 'weights.safetensors'), model.stateDict());
    const script = fileURLToPath(new URL('torch_side.py', import.meta.url));
    const child = spawn(findPython(), [script, folder], { stdio: 'inherit' });
    const code = await new Promise((resolve, reject) => child.once('error', reject).once('exit', resolve));
    if (code !== 0) throw new Error(`${script} ended with ${code}; it needs PyTorch`);
    return JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function writeGolden(): Promise<void> {
  const lines: string[] = [];
  for (const task of tasks) {
    const plan = await task.plan('small', 1);
    const { model } = makePupil(plan);
    startByFormula(model);
    const { losses, testLoss, answers, version } = await trainThere(model, plan, 1);
    lines.push(`${JSON.stringify(task.name)}: ${JSON.stringify({ version, losses, testLoss, answers })}`);
  }
  writeFileSync(new URL('golden/losses.json', import.meta.url), `{\n${lines.join(',\n')}\n}\n`);
}

const largest = (values: readonly number[]): number => values.reduce((most, each) => Math.max(most, each), 0);

/** The largest difference between losses of the first steps. */
async function compareSteps(task: Task, folder: string | undefined): Promise<number> {
  const whole = await task.plan('full', 1, folder);
  const plan = {
    ...whole,
    model: { ...whole.model, dropout: 0 },
    batches: whole.batches.slice(0, STEPS),
    tests: whole.tests.slice(0, 1),
  };
  manualSeed(1);
  const pupil = makePupil(plan);
  const there = await trainThere(pupil.model, plan, 1);
  const here = await trainHere(pupil, plan);
  return largest(here.losses.map((loss, i) => Math.abs(loss - there.losses[i]!)));
}

/** Of Student's distribution, by degrees of freedom: between the quantile and its opposite lie 95 %. */
const quantiles = [Number.NaN, 12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];

/** A mean, and how far its interval of 95 % goes to each side. */
function interval(values: readonly number[]): readonly [mean: number, half: number] {
  const { length } = values;
  const mean = values.reduce((a, b) => a + b) / length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (length - 1);
  return [mean, (quantiles[length - 1] ?? 2) * Math.sqrt(variance / length)];
}

const shown = ([mean, half]: readonly [number, number]): string => `${mean.toPrecision(4)} ± ${half.toPrecision(2)}`;

async function compare(task: Task, seeds: number, folder: string | undefined): Promise<void> {
  const most = await compareSteps(task, folder);
  console.log(`${task.name}: the losses of ${STEPS} steps are ${most.toExponential(1)} apart at most`);
  const names = Object.keys(task.figures);
  const found = names.map(() => ({ here: [] as number[], there: [] as number[] }));
  for (let seed = 1; seed <= seeds; seed++) {
    const plan = await task.plan('full', seed, folder);
    manualSeed(seed);
    const pupil = makePupil(plan);
    const there = await trainThere(pupil.model, plan, seed);
    const here = await trainHere(pupil, plan);
    for (const [i, name] of names.entries()) {
      found[i]!.here.push(task.figures[name]!(here, plan));
      found[i]!.there.push(task.figures[name]!(there, plan));
    }
    const last = names.map((name, i) => {
      const [one, other] = [found[i]!.here.at(-1)!, found[i]!.there.at(-1)!];
      return `${name} ${one.toPrecision(4)} and ${other.toPrecision(4)} (${(100 * Math.abs(one / other - 1)).toFixed(2)} % apart)`;
    });
    console.log(
      `  seed ${seed}, ${plan.batches.length} steps: ${last.join(', ')}; ${here.seconds.toFixed(0)} s and ${there.seconds.toFixed(0)} s`,
    );
  }
  if (seeds < 2) return;
  for (const [i, name] of names.entries()) {
    const [here, there] = [interval(found[i]!.here), interval(found[i]!.there)];
    const isNear = Math.abs(here[0] - there[0]) <= here[1] + there[1];
    console.log(`  ${name}: here ${shown(here)}, PyTorch ${shown(there)}${isNear ? '' : ': NO OVERLAP'}`);
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seeds: { type: 'string', default: '5' } },
});
await useBackend(cpu({ threads: 1 }));
const { DL_DATA: folder }: NodeJS.ProcessEnv = process.env;
if (positionals[0] === 'golden') await writeGolden();
else {
  const unknown = positionals.find((name) => tasks.every((task) => task.name !== name));
  if (unknown !== undefined)
    throw new Error(`there is no task ${unknown}; there are ${tasks.map(({ name }) => name).join(', ')}`);
  const seeds = Number(values.seeds);
  if (!(Number.isInteger(seeds) && seeds > 0))
    throw new Error(`seeds are '${values.seeds}', needs a whole number above 0`);
  for (const task of tasks) {
    if (positionals.length > 0 && !positionals.includes(task.name)) continue;
    await compare(task, seeds, folder);
  }
}
