// The plan of docs/recipes/op.md.

import { kebab } from '../names.js';
import type { Plan } from '../plan.js';

/** An op of one input with a gradient, samples and a test of its formula: y = x², to be changed. */
export function opPlan(name: string): Plan {
  const file = kebab(name);
  return {
    files: {
      [`packages/autograd/src/ops/${file}.ts`]: `// ${name}: say in one line what it is.

import { defineOp } from '../dispatch/define-op.js';
import { casesOfX, type OpSamples, samples } from '../dispatch/samples-type.js';
import type { Tensor } from '../tensor/tensor.js';
import { mul } from './arithmetic.js';
import { needFloat } from './checks.js';

/** x², element by element. Change it into what you want: formula, shapes, source. */
export const ${name} = /* @__PURE__ */ defineOp({
  name: '${name}',
  inputs: ['x'],
  saves: ['x'],
  infer: ({ x }) => {
    needFloat('${name}', 'x', x);
    return { shape: x.shape, dtype: x.dtype };
  },
  grad: ({ dy, x }) => ({ x: (): Tensor => mul(dy, mul(x, 2)) }),
  // Runs until a backend has a kernel for it; without it, one must have.
  compose: ({ x }): Tensor => mul(x, x),
});

export const ${name}Samples = (): readonly OpSamples[] => [
  samples(${name}, casesOfX([[-3, -1.5, 0, 0.25, 2.5], { shape: [3, 5] }])),
];
`,
      [`packages/autograd/src/ops/${file}.test.ts`]: `import { cpu } from '@dl/kernels-cpu';
import { expect, test } from 'vitest';
import { ${name}, tensor, useBackend } from '../index.js';

test('${name} and its gradient are those of the formula', async () => {
  await useBackend(cpu());
  const x = tensor([-3, 0, 0.5], { requiresGrad: true });
  const y = ${name}(x);
  y.backward({ gradient: tensor([1, 1, 10]) });
  // By hand: x², and dy · 2x.
  expect(y.toArray()).toEqual([9, 0, 0.25]);
  expect(x.grad!.toArray()).toEqual([-6, 0, 10]);
});
`,
    },
    insertions: [
      { file: 'packages/autograd/src/ops/index.ts', line: `export { ${name} } from './${file}.js';`, at: 'end' },
      {
        file: 'packages/autograd/src/samples.ts',
        line: `import { ${name}Samples } from './ops/${file}.js';`,
        at: { after: /^import .* from '\.\/ops\// },
      },
      { file: 'packages/autograd/src/samples.ts', line: `    ${name}Samples,`, at: { before: /\]\.flatMap/ } },
      {
        file: 'packages/autograd/test/golden-cases.ts',
        line: `  ${name}: 'not asked yet: src/ops/${file}.test.ts has numbers of its formula',`,
        at: { after: /^ {2}dropElements: / },
      },
      { file: 'packages/autograd/README.md', line: `\`${name}\``, at: { within: /^\| functions \|/ } },
    ],
    generated: ['packages/autograd/src/tensor/tensor.ts', 'docs/coverage.md'],
    next: [
      `Change packages/autograd/src/ops/${file}.ts into the op you want, and the numbers of its test with it.`,
      'If PyTorch has the op, take its line out of packages/autograd/test/golden-cases.ts and make golden values, as packages/autograd/golden/README.md says.',
      'Test it: npm test -- packages/autograd packages/kernels-cpu',
    ],
  };
}
