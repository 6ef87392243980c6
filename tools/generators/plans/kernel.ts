// The plan of docs/recipes/kernel.md.

import { kebab } from '../names.js';
import type { Plan } from '../plan.js';

/** A kernel of the CPU backend for an op with y = f(x), element by element; attributes of the op by their names. */
export function kernelPlan(op: string, formula: string, attrs: readonly string[] = []): Plan {
  const file = kebab(op);
  const used = attrs.filter((name) => new RegExp(`\\b${name}\\b`).test(formula));
  const parameters = used.length === 0 ? 'x, y, n' : `x, y, n, { ${used.join(', ')} }`;
  return {
    files: {
      [`packages/kernels-cpu/src/typescript/${file}.ts`]: `// The kernel of ${op}.

import { ${op} } from '@dl/autograd';
import { unary } from './kernel.js';

export const ${op}Kernel = unary(${op}, (${parameters}) => {
  for (let i = 0; i < n; i++) y[i] = ${formula.replaceAll(/\bx\b/g, 'x[i]!')};
});
`,
    },
    insertions: [
      {
        file: 'packages/kernels-cpu/src/typescript/files.ts',
        line: `export * as ${op} from './${file}.js';`,
        at: 'end',
      },
    ],
    generated: ['docs/coverage.md'],
    next: ['Test it: npm test -- packages/kernels-cpu'],
  };
}
