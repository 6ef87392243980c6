// What users get where npm has installed @dl/autograd twice: a copy of its own beside one of the packages, and a program that lets the
// two meet.

import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execNode } from './exec.js';

/** A package that gets a copy of its own, and what meets the other copy. */
const meetings: Readonly<Record<string, string>> = {
  '@dl/kernels-cpu': 'await useBackend(cpu());',
  '@dl/layers': 'await useBackend(cpu()); new Linear(2, 3);',
  '@dl/optim': 'await useBackend(cpu()); new Adam([ones([2], { requiresGrad: true })]);',
};

export function checkTwoCopies(project: string): void {
  const autograd = join(project, 'node_modules/@dl/autograd');
  for (const [name, program] of Object.entries(meetings)) {
    const own = join(project, 'node_modules', name, 'node_modules');
    const file = join(project, 'out', `two-copies-${name.slice('@dl/'.length)}.js`);
    writeFileSync(
      file,
      `import { ones, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Linear } from '@dl/layers';
import { Adam } from '@dl/optim';
try {
  ${program}
  console.log('nothing was said');
} catch ({ message }) {
  console.log(message);
}
`,
    );
    cpSync(autograd, join(own, '@dl/autograd'), { recursive: true });
    try {
      const said = execNode(file, [], { cwd: project }).trim();
      const places = [autograd, join(own, '@dl/autograd')];
      if (
        said.includes('\n') ||
        places.some((place) => !said.includes(` in ${place} `) && !said.includes(` in ${place},`))
      )
        throw new Error(`${name} with a copy of @dl/autograd of its own does not name both copies: ${said}`);
    } finally {
      rmSync(own, { recursive: true });
    }
  }
}
