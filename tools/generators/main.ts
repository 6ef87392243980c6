// `npm run gen -- kernel | op | layer | backend …`: writes what a recipe of docs/recipes says, or refuses in one sentence.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../lib/packages.js';
import { pnpm } from '../run/pnpm.mjs';
import { names, planOf } from './kinds.js';
import { applyPlan, filesWithLines, type Generated, type Plan, Refusal } from './plan.js';

/** Runs a program of this repository, from its root; throws where it fails. */
function run(file: string, args: readonly string[], shell = false): void {
  const { status, stdout, stderr } = spawnSync(file, args, { cwd: root, encoding: 'utf8', shell });
  if (status !== 0) throw new Error(`${[file, ...args].join(' ')} failed:\n${stdout}${stderr}`);
}

const fromSource = ['--conditions=@dl/source', '--import', 'tsx'];

const generators: Readonly<Record<Generated, () => void>> = {
  'packages/autograd/src/tensor/tensor.ts': () =>
    run(process.execPath, [...fromSource, 'packages/autograd/scripts/generate-tensor.ts']),
  'docs/coverage.md': () => run(process.execPath, [...fromSource, 'tools/coverage/write.ts']),
  'pnpm-lock.yaml': () => {
    const { file, args, shell } = pnpm(['install']);
    run(file, args, shell);
  },
};

/** Carries a plan out: files, lines, what is generated, and the format that lint asks for. */
function carryOut(plan: Plan): void {
  applyPlan(root, plan);
  const written = [...Object.keys(plan.files), ...filesWithLines(plan)];
  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');
  run(process.execPath, [biome, 'check', '--write', ...written.filter((file) => /\.(ts|json)$/.test(file))]);
  for (const file of plan.generated) generators[file]();
  for (const file of Object.keys(plan.files)) console.log(`wrote      ${file}`);
  for (const file of filesWithLines(plan)) console.log(`added to   ${file}`);
  for (const file of plan.generated) console.log(`generated  ${file}`);
  console.log(`\n${plan.next.join('\n')}`);
}

async function main(args: readonly string[]): Promise<void> {
  const [name] = args;
  const isOpen = args.length < 2 && (name === undefined || names.includes(name));
  if (!isOpen || !process.stdin.isTTY) return carryOut(await planOf(args));
  // turbo asks for what is missing, and calls this program again.
  const turbo = join(root, 'node_modules/@turbo/gen/dist/cli.js');
  const { status } = spawnSync(process.execPath, [turbo, 'run', ...args], { cwd: root, stdio: 'inherit' });
  process.exitCode = status ?? 1;
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Refusal ? error.message : error);
  process.exitCode = 1;
}
