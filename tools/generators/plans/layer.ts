// The plan of docs/recipes/layer.md.

import { kebab } from '../names.js';
import type { Plan } from '../plan.js';

/** The folders that a layer may be in, and the table of the README that it stands in then. */
export const families: Readonly<Record<string, string>> = {
  activation: 'Activations',
  conv: 'Convolutions',
  core: 'Models',
  embedding: 'Linear layers and tables',
  filters: 'Convolutions',
  linear: 'Linear layers and tables',
  norm: 'Norms',
  padding: 'Padding and places',
  pool: 'Pools',
  rearrange: 'Padding and places',
  regularisation: 'Regularisation',
};

/** A line of each table, below which a new one is put. */
const lastRows: Readonly<Record<string, RegExp>> = {
  Activations: /^\| `Maxout\(/,
  Convolutions: /^\| `DepthwiseSeparableConv2d\(/,
  Models: /^\| `Identity\(/,
  'Linear layers and tables': /^\| `EmbeddingBag\(/,
  Norms: /^\| `LocalResponseNorm\(/,
  'Padding and places': /^\| `ChannelShuffle\(/,
  Pools: /^\| `Subsampling2d\(/,
  Regularisation: /^\| `GaussianNoise\(/,
};

/** A layer with one parameter and its test, to be changed. */
export function layerPlan(name: string, family: string): Plan {
  const file = kebab(name);
  const title = `${name} gives the numbers of its formula`;
  return {
    files: {
      [`packages/layers/src/${family}/${file}.ts`]: `// ${name}: say in one line what it is.

import { checkCall, mul, ones, type Shape, sizeOf, type Tensor } from '@dl/autograd';
import { needTensor } from '../core/checks.js';
import { Module } from '../core/module.js';
import { type ParameterOptions, parameter, parameterOptions } from '../core/parameter.js';

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

  constructor(features: number, options: ParameterOptions = {}) {
    super();
    checkCall('${name}', arguments, ['features'], parameterOptions);
    this.scale = parameter(ones([features], options));
  }

  forward(x: Tensor): Tensor {
    needTensor('${name}', x, this.scale);
    return mul(x, this.scale);
  }

  /** A product for each element. */
  override multiplyAdds(_input: Shape, output: Shape): number {
    return sizeOf(output);
  }
}
`,
      [`packages/layers/src/${family}/${file}.test.ts`]: `import { tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { expect, test } from 'vitest';
import { ${name} } from '../index.js';

test('${title}', async () => {
  await useBackend(cpu());
  const layer = new ${name}(2);
  layer.scale.assign(tensor([2, 3]));
  // By hand: 2 · 1 and 3 · 10.
  expect(layer.forward(tensor([[1, 10]])).toArray()).toEqual([[2, 30]]);
});
`,
    },
    insertions: [
      { file: 'packages/layers/src/index.ts', line: `export { ${name} } from './${family}/${file}.js';`, at: 'end' },
      {
        file: 'packages/layers/src/every-layer.test.ts',
        line: `  ${name}: [{ make: (o) => new layers.${name}(3, o), input: [2, 3], output: [2, 3], prints: '${name}(scale=[3])' }],`,
        at: { after: /^ {2}\.\.\.rearrangingCases,/ },
      },
      {
        file: 'packages/layers/src/proof.test.ts',
        line: `  ${name}: ['${family}/${file}.test.ts', '${title}'],`,
        at: { before: /^ {2}ScaledTanh: / },
      },
      {
        file: 'packages/layers/README.md',
        line: `| \`${name}(features, options?)\` | one learned factor for each feature |`,
        at: { after: lastRows[families[family]!]! },
      },
    ],
    generated: [],
    next: [
      `Change packages/layers/src/${family}/${file}.ts into the layer you want, and its test and its line in the README with it.`,
      'If PyTorch has the layer, take its line out of packages/layers/src/proof.test.ts and make a golden case, as docs/recipes/layer.md says.',
      'Test it: npm test -- packages/layers',
    ],
  };
}
