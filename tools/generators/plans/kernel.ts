// The plan of docs/recipes/kernel.md.

import type { Insertion, Plan } from '../plan.js';

/** The folder of the kernels that the generator writes. */
export const kernelsFolder = 'packages/kernels-cpu/src/typescript';

/** Where the kernels of an op stand: in a file of the name of its own, which there may be already. */
export interface KernelFile {
  /** The name of the op's file in autograd, as `batch-norm`. */
  readonly name: string;
  /** What the file has, if it is there. */
  readonly content?: string;
}

/** A kernel of the CPU backend for an op with y = f(x), element by element; attributes of the op by their names. */
export function kernelPlan(
  op: string,
  formula: string,
  { name, content }: KernelFile,
  attrs: readonly string[] = [],
): Plan {
  const used = attrs.filter((attr) => new RegExp(`\\b${attr}\\b`).test(formula));
  const parameters = used.length === 0 ? 'x, y, n' : `x, y, n, { ${used.join(', ')} }`;
  const file = `${kernelsFolder}/${name}.ts`;
  const kernel = `export const ${op}Kernel = unary(${op}, (${parameters}) => {
  for (let i = 0; i < n; i++) y[i] = ${formula.replaceAll(/\bx\b/g, 'x[i]!')};
});`;
  const importOp = `import { ${op} } from '@dl/autograd';`;
  const importUnary = `import { unary } from './kernel.js';`;
  const isNew = content === undefined;
  const needsUnary = !isNew && !/\bunary\b[^;]*from '\.\/kernel\.js';/.test(content);
  // An import more: what writes the plan puts those of one module together.
  const atImports = { after: / from '.*';$/ };
  const own: Insertion[] = isNew
    ? [
        {
          file: `${kernelsFolder}/files.ts`,
          line: `export * as ${camel(name)} from './${name}.js';`,
          at: 'end',
        },
      ]
    : [
        { file, line: needsUnary ? `${importOp}\n${importUnary}` : importOp, at: atImports },
        { file, line: `\n${kernel}`, at: 'end' },
      ];
  return {
    files: isNew
      ? {
          [file]: `// ${op}: say in one line what the kernels of this file are.\n\n${importOp}\n${importUnary}\n\n${kernel}\n`,
        }
      : {},
    insertions: [
      ...own,
      {
        file: 'packages/kernels-cpu/test/left-to-typescript.ts',
        line: `  ${op}: notYet,`,
        at: { before: /^};/ },
      },
    ],
    generated: ['docs/coverage.md'],
    next: [
      'Test it: npm test -- packages/kernels-cpu',
      'If it has a WebAssembly kernel one day, take its line out of packages/kernels-cpu/test/left-to-typescript.ts.',
    ],
  };
}

const camel = (name: string): string => name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
