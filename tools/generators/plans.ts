// The four recipes of docs/recipes as plans. What they write compiles and passes its tests; from there it is changed into
// what is wanted.

import { kebab, type Plan } from './plan.js';

/** An op of one input with a gradient and samples: y = x², to be changed. */
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
    },
    insertions: [
      { file: 'packages/autograd/src/ops/index.ts', line: `export { ${name} } from './${file}.js';`, at: 'end' },
      {
        file: 'packages/autograd/src/samples.ts',
        line: `import { ${name}Samples } from './ops/${file}.js';`,
        at: { after: /^import .* from '\.\/ops\// },
      },
      { file: 'packages/autograd/src/samples.ts', line: `    ${name}Samples,`, at: { before: /\]\.flatMap/ } },
    ],
    next: [
      'Make it a method: npx tsx packages/autograd/scripts/generate-tensor.ts',
      'Add its row to the table: npx tsx --conditions=@dl/source tools/coverage/write.ts',
      'Give it golden values: packages/autograd/golden/README.md says how',
    ],
  };
}

/** A kernel of the CPU backend for an op of one input, to be changed. */
export function kernelPlan(op: string): Plan {
  const file = kebab(op);
  return {
    files: {
      [`packages/kernels-cpu/src/typescript/${file}.ts`]: `// The kernel of ${op}.

import { ${op} } from '@dl/autograd';
import { unary } from './kernel.js';

export const ${op}Kernel = unary(${op}, (x, y, n) => {
  for (let i = 0; i < n; i++) y[i] = x[i]! * x[i]!;
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
    next: ['Test it: npx vitest run packages/kernels-cpu'],
  };
}

/** A layer with one parameter and its test, to be changed. */
export function layerPlan(name: string, family: string): Plan {
  const file = kebab(name);
  return {
    files: {
      [`packages/layers/src/${family}/${file}.ts`]: `// ${name}: say in one line what it is.

import { mul, ones, type Tensor } from '@dl/autograd';
import { Module } from '../core/module.js';
import { parameter } from '../core/parameter.js';

/**
 * y = scale · x, with one learned factor for each feature: [..., features] → [..., features]. Change it into what you want.
 *
 * @example
 * \`\`\`ts
 * import { ones, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { ${name} } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new ${name}(3).forward(ones([2, 3])).shape); // [2, 3]
 * \`\`\`
 */
export class ${name} extends Module {
  readonly scale: Tensor;

  constructor(features: number) {
    super();
    this.scale = parameter(ones([features]));
  }

  forward(x: Tensor): Tensor {
    return mul(x, this.scale);
  }
}
`,
      [`packages/layers/src/${family}/${file}.test.ts`]: `import { tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { expect, test } from 'vitest';
import { ${name} } from '../index.js';

test('${name} gives the numbers of its formula', async () => {
  await useBackend(cpu());
  const layer = new ${name}(2);
  layer.scale.assign(tensor([2, 3]));
  expect(layer.forward(tensor([[1, 10]])).toArray()).toEqual([[2, 30]]);
});
`,
    },
    insertions: [
      { file: 'packages/layers/src/index.ts', line: `export { ${name} } from './${family}/${file}.js';`, at: 'end' },
    ],
    next: [
      'Add it to the layers that packages/layers/src/every-layer.test.ts goes through',
      'Say in packages/layers/src/proof.test.ts which test has its numbers, or give it a golden case from PyTorch',
      'Give it a line in packages/layers/README.md, and run npx vitest run packages/layers',
    ],
  };
}

/** A backend of plain arrays without kernels, in a package of its own. */
export function backendPlan(name: string): Plan {
  const folder = `packages/kernels-${name}`;
  const title = `${name[0]!.toUpperCase()}${name.slice(1)}`;
  return {
    files: {
      [`${folder}/package.json`]: `${JSON.stringify(
        {
          name: `@dl/kernels-${name}`,
          version: '0.1.0',
          description: `The ${name} backend of @dl.`,
          license: 'MIT',
          type: 'module',
          sideEffects: false,
          engines: { node: '>=20.19' },
          exports: {
            '.': { '@dl/source': './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' },
            './package.json': './package.json',
          },
          files: ['dist', 'src', '!src/**/*.test.ts'],
          publishConfig: { access: 'public' },
          scripts: { build: 'tsc -p tsconfig.build.json' },
          peerDependencies: { '@dl/autograd': 'workspace:>=0.1.0 <1.0.0' },
          devDependencies: { '@dl/autograd': 'workspace:*' },
        },
        undefined,
        2,
      )}\n`,
      [`${folder}/tsconfig.build.json`]: `{
  "extends": "../../tsconfig.base.json",
  "compilerOptions": { "rootDir": "src", "outDir": "dist", "types": [] },
  "include": ["src"],
  "exclude": ["src/**/*.test.ts"]
}
`,
      [`${folder}/README.md`]: `# @dl/kernels-${name}

The ${name} backend of @dl.

\`\`\`ts
import { tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { ${name} } from '@dl/kernels-${name}';

await useBackend([${name}(), cpu()]);
console.log(tensor([1, 2]).add(1).toArray()); // [2, 3]
\`\`\`

| export | what it is |
| --- | --- |
| \`${name}()\` | the backend, for \`useBackend\` |
`,
      [`${folder}/src/index.ts`]: `// @dl/kernels-${name}: the ${name} backend.

import { Backend, type BufferHandle, type DType, type KernelEntry, type TypedArray, typedArray } from '@dl/autograd';

class ${title}Buffer {
  readonly values: TypedArray;

  constructor(dtype: DType, size: number) {
    this.values = typedArray(dtype, size);
  }
}

function valuesOf(handle: BufferHandle): TypedArray {
  if (!(handle instanceof ${title}Buffer)) throw new TypeError('${name}: got a buffer of another backend; move the tensor with tensor.to(backend)');
  return handle.values;
}

/** Add kernels one by one: defineKernel(op, (tensors, attrs) => …). */
const kernels: KernelEntry[] = [];

class ${title}Backend extends Backend {
  readonly name = '${name}';
  readonly engine = 'plain arrays';

  override allocate(dtype: DType, size: number): BufferHandle {
    return new ${title}Buffer(dtype, size);
  }

  override free(): void {}

  override write(handle: BufferHandle, values: TypedArray): void {
    valuesOf(handle).set(values);
  }

  override readSync(handle: BufferHandle): TypedArray {
    return valuesOf(handle).slice();
  }

  override async read(handle: BufferHandle): Promise<TypedArray> {
    return this.readSync(handle);
  }
}

/** The ${name} backend, for \`useBackend\`. */
export function ${name}(): Backend {
  return new ${title}Backend(kernels);
}
`,
      [`${folder}/src/conformance.test.ts`]: `// Every op on this backend, against the CPU.

import { cpu } from '@dl/kernels-cpu';
import { conformance } from '@dl/testing';
import { test } from 'vitest';
import { ${name} } from './index.js';

for (const { name, run } of conformance({ backend: ${name}(), reference: cpu({ engine: 'typescript' }) })) test(name, run);
`,
    },
    insertions: [
      {
        file: 'tools/boundaries/layers.ts',
        line: `  'kernels-${name}': ['autograd'],`,
        at: { before: /^ {2}testing:/ },
      },
      { file: 'package.json', line: `    "@dl/kernels-${name}": "workspace:*",`, at: { after: /^ {4}"@dl\/kernels-/ } },
    ],
    next: ['Link the package: npm run pnpm -- install', `Test it: npx vitest run ${folder}`],
  };
}
