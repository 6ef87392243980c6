// The generators: what each is to be told, and the plan that follows.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { opFiles } from '../boundaries/kernel-files.js';
import { root } from '../lib/packages.js';
import { kebab, needFreeName, needOneOf } from './names.js';
import { needFormulaOf, opForKernel, takenByAutograd } from './ops.js';
import { type Plan, Refusal } from './plan.js';
import { backendPlan } from './plans/backend.js';
import { type KernelFile, kernelPlan, kernelsFolder } from './plans/kernel.js';
import { families, layerPlan } from './plans/layer.js';
import { opPlan } from './plans/op.js';

/** The file that the kernels of an op of autograd belong into. */
function kernelFileOf(op: string): KernelFile {
  const name = opFiles().get(op);
  // An op that was not found where ops are declared has a file of its own.
  if (name === undefined) return { name: kebab(op) };
  const path = join(root, kernelsFolder, `${name}.ts`);
  return existsSync(path) ? { name, content: readFileSync(path, 'utf8') } : { name };
}

interface Kind {
  /** What is to be told, in order. */
  readonly answers: readonly string[];
  readonly example: string;
  readonly plan: (...answers: string[]) => Promise<Plan>;
}

const kinds: Readonly<Record<string, Kind>> = {
  kernel: {
    answers: ['OP', 'FORMULA'],
    example: `kernel mish 'x * Math.tanh(Math.log1p(Math.exp(x)))'`,
    async plan(name, formula) {
      const op = await opForKernel(name!);
      await needFormulaOf(op, formula!);
      return kernelPlan(name!, formula!.trim(), kernelFileOf(name!), Object.keys(op.defaults));
    },
  },
  op: {
    answers: ['NAME'],
    example: 'op scaledTanh',
    async plan(name) {
      const { exports, properties } = await takenByAutograd();
      needFreeName(name!, 'lower', { 'an export of @dl/autograd': exports, 'a property of tensors': properties });
      return opPlan(name!);
    },
  },
  layer: {
    answers: ['NAME', 'FAMILY'],
    example: 'layer ScaledTanh activation',
    async plan(name, family) {
      const index = readFileSync(join(root, 'packages/layers/src/index.ts'), 'utf8');
      needFreeName(name!, 'upper', {
        'an export of @dl/layers': index.match(/\b[A-Z]\w*/g) ?? [],
        'an export of @dl/autograd': (await takenByAutograd()).exports,
        'a class of the language': Object.getOwnPropertyNames(globalThis),
      });
      needOneOf('family', family!, Object.keys(families));
      return layerPlan(name!, family!);
    },
  },
  backend: {
    answers: ['NAME'],
    example: 'backend webnn',
    async plan(name) {
      needFreeName(name!, 'lower', {
        'an export of @dl/autograd': (await takenByAutograd()).exports,
        'a name in the test of every backend': ['conformance', 'cpu', 'test', 'checks', 'kernels', 'valuesOf'],
      });
      return backendPlan(name!);
    },
  },
};

/** The names of the generators. */
export const names: readonly string[] = Object.keys(kinds);

/** What a command writes; throws a {@link Refusal} where it is not one that can be carried out. */
export async function planOf([name, ...answers]: readonly string[]): Promise<Plan> {
  if (name === undefined) throw new Refusal(`say what to write: ${names.join(', ')}`);
  needOneOf('generator', name, names);
  const kind = kinds[name]!;
  if (answers.length !== kind.answers.length)
    throw new Refusal(
      `gen ${name} takes ${kind.answers.join(' and ')}, but got ${answers.length === 0 ? 'nothing' : answers.join(' ')}; as in npm run gen -- ${kind.example}`,
    );
  return kind.plan(...answers);
}
