// The plan of docs/recipes/backend.md.

import { kebab } from '../names.js';
import type { Plan } from '../plan.js';

/** A backend of plain arrays without kernels, in a package of its own. */
export function backendPlan(name: string): Plan {
  const file = kebab(name);
  const folder = `packages/kernels-${file}`;
  const title = `${name[0]!.toUpperCase()}${name.slice(1)}`;
  return {
    files: {
      [`${folder}/package.json`]: `${JSON.stringify(
        {
          name: `@dl/kernels-${file}`,
          version: '0.1.0',
          description: `The ${name} backend of @dl.`,
          keywords: ['deep-learning', 'machine-learning', 'kernels', file, 'typescript'],
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
      [`${folder}/README.md`]: `# @dl/kernels-${file}

The ${name} backend of @dl.

## Install

\`\`\`sh
npm install @dl/kernels-${file} @dl/kernels-cpu @dl/autograd
\`\`\`

Until the packages are published, npm finds nothing there. Pack them in a clone of the repository, \`npm run pack -- ../packed\`, and in a
project beside it take them from there:

\`\`\`sh
npm install ../packed/dl-kernels-${file}.tgz ../packed/dl-kernels-cpu.tgz ../packed/dl-autograd.tgz
\`\`\`

The packages are ES modules: the package.json of your project needs \`"type": "module"\` (\`npm pkg set type=module\`).

## Use

\`\`\`ts
import { tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { ${name} } from '@dl/kernels-${file}';

await useBackend([${name}(), cpu()]);
console.log(tensor([1, 2]).add(1).toArray()); // [2, 3]
\`\`\`

| export | what it is |
| --- | --- |
| \`${name}()\` | the backend, for \`useBackend\` |
`,
      [`${folder}/src/index.ts`]: `// @dl/kernels-${file}: the ${name} backend.

import { Backend, type BufferHandle, type DType, type KernelEntry, needRange, type TypedArray, typedArray } from '@dl/autograd';

class ${title}Buffer {
  readonly values: TypedArray;

  constructor(dtype: DType, size: number) {
    this.values = typedArray(dtype, size);
  }
}

function valuesOf(handle: BufferHandle): TypedArray {
  if (!(handle instanceof ${title}Buffer)) {
    throw new TypeError('${name}: got a buffer of another backend; move the tensor with tensor.to(backend)');
  }
  return handle.values;
}

/** Add kernels one by one: defineKernel(op, (tensors, attrs) => …). */
const kernels: KernelEntry[] = [];

class ${title}Backend extends Backend {
  readonly name = '${name}';
  readonly engine = 'plain arrays';
  #live = 0;

  override allocate(dtype: DType, size: number): BufferHandle {
    this.#live++;
    return new ${title}Buffer(dtype, size);
  }

  override free(): void {
    this.#live--;
  }

  /** What the conformance suite asks for, to see whether what it made is freed. */
  override details(): Readonly<Record<string, number>> {
    return { liveBuffers: this.#live };
  }

  override write(handle: BufferHandle, values: TypedArray, start = 0): void {
    needRange('${name}: write', start, values.length, valuesOf(handle).length);
    valuesOf(handle).set(values, start);
  }

  override readSync(handle: BufferHandle, _dtype: DType, size: number, start = 0): TypedArray {
    needRange('${name}: read', start, size, valuesOf(handle).length);
    return valuesOf(handle).slice(start, start + size);
  }

  override async read(handle: BufferHandle, dtype: DType, size: number, start = 0): Promise<TypedArray> {
    return this.readSync(handle, dtype, size, start);
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

const checks = conformance({ backend: ${name}(), reference: cpu({ engine: 'typescript' }) });
for (const { name, run } of checks) test(name, run);
`,
    },
    insertions: [
      {
        file: 'tools/boundaries/layers.ts',
        line: `  'kernels-${file}': ['autograd'],`,
        at: { before: /^ {2}testing:/ },
      },
      { file: 'package.json', line: `    "@dl/kernels-${file}": "workspace:*",`, at: { after: /^ {4}"@dl\/kernels-/ } },
    ],
    generated: ['pnpm-lock.yaml'],
    next: [`Add kernels one by one in ${folder}/src/index.ts.`, `Test it: npm test -- ${folder}`],
  };
}
