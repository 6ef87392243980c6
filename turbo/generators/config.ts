// The generators behind `npm run gen -- kernel | op | layer | backend`. What they do is in tools/generators.

import type { PlopTypes } from '@turbo/gen';
import { applyPlan, checkName, type Plan } from '../../tools/generators/plan';
import { backendPlan, kernelPlan, layerPlan, opPlan } from '../../tools/generators/plans';

export default function generators(plop: PlopTypes.NodePlopAPI): void {
  const add = (
    name: string,
    description: string,
    first: 'lower' | 'upper',
    plan: (answers: Record<string, string>) => Plan,
  ): void => {
    const prompts: PlopTypes.PromptQuestion[] = [
      {
        type: 'input',
        name: 'name',
        message: `Its name, such as ${first === 'lower' ? 'scaledTanh' : 'ScaledTanh'}:`,
        validate: (value: string) => checkName(value, first),
      },
    ];
    if (name === 'layer') {
      prompts.push({
        type: 'input',
        name: 'family',
        message: 'The folder of its family, such as norm:',
        validate: (value: string) => checkName(value, 'lower'),
      });
    }
    plop.setGenerator(name, {
      description,
      prompts,
      actions: [(answers) => applyPlan(plop.getDestBasePath(), plan(answers as Record<string, string>))],
    });
  };
  add('kernel', 'A kernel of the CPU backend for an op that exists', 'lower', ({ name }) => kernelPlan(name!));
  add('op', 'An op with its gradient and samples', 'lower', ({ name }) => opPlan(name!));
  add('layer', 'A layer and its test', 'upper', ({ name, family }) => layerPlan(name!, family!));
  add('backend', 'A backend in a package of its own', 'lower', ({ name }) => backendPlan(name!));
}
