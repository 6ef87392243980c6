// Twenty steps of every optimiser in many configurations, against PyTorch's: golden/optim.py made the numbers.

import { readFileSync } from 'node:fs';
import {
  adamUpdate,
  concat,
  matmul,
  scope,
  sgdUpdate,
  type Tensor,
  tensor,
  updateElements,
  useBackend,
} from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { withoutKernels } from '../test/without-kernels.js';
import {
  Adadelta,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  ASGD,
  LBFGS,
  NAdam,
  type NewGroup,
  type Optimizer,
  RAdam,
  RMSprop,
  Rprop,
  SGD,
} from './index.js';

type Options = { readonly lr: number; readonly groups?: { readonly lr?: number } };
type Make = new (
  parameters: readonly Tensor[] | readonly NewGroup<{ lr: number }>[],
  options: { lr: number },
) => Optimizer | LBFGS;

const optimizers = {
  SGD,
  Adam,
  AdamW,
  Adagrad,
  Adadelta,
  RMSprop,
  Adamax,
  NAdam,
  RAdam,
  Rprop,
  ASGD,
  LBFGS,
} as unknown as Record<Name, Make>;
type Name =
  | 'SGD'
  | 'Adam'
  | 'AdamW'
  | 'Adagrad'
  | 'Adadelta'
  | 'RMSprop'
  | 'Adamax'
  | 'NAdam'
  | 'RAdam'
  | 'Rprop'
  | 'ASGD'
  | 'LBFGS';
type Float = 'float32' | 'float64';

interface Results {
  /** In float64 after each step, in float32 after the last. */
  readonly quadratic: readonly (readonly number[])[];
  readonly network: { readonly losses: readonly number[]; readonly parameters: readonly (readonly number[])[] };
}

interface Golden {
  readonly steps: number;
  readonly problems: {
    readonly quadratic: { readonly A: number[][]; readonly b: number[]; readonly x0: number[] };
    readonly network: {
      readonly x: number[][];
      readonly y: number[][];
      readonly parameters: (number[] | number[][])[];
    };
  };
  readonly cases: readonly ({ readonly optimizer: Name; readonly options: Options } & Record<Float, Results>)[];
}

const golden: Golden = JSON.parse(readFileSync(new URL('../golden/optim.json', import.meta.url), 'utf8'));

const fused = cpu();
const readable = cpu({ engine: 'typescript' });
/** The ops that change all parameters of a group in one pass, where a backend has kernels for them. */
const fusedOps = [sgdUpdate, adamUpdate, updateElements];
const composed = await withoutKernels(fusedOps);

function make(name: Name, { groups, ...options }: Options, parameters: readonly Tensor[]): Optimizer | LBFGS {
  const half = Math.floor(parameters.length / 2);
  const given = groups
    ? [{ params: parameters.slice(0, half) }, { params: parameters.slice(half), ...groups }]
    : parameters;
  return new optimizers[name](given, options);
}

/** A step on a loss, whether the optimiser wants its gradients or the function. Returns the loss before it. */
function step(optimizer: Optimizer | LBFGS, compute: () => Tensor): number {
  const closure = (): Tensor => {
    const loss = compute();
    loss.backward();
    return loss;
  };
  if (optimizer instanceof LBFGS) return optimizer.step(closure);
  const loss = closure().item();
  optimizer.step();
  optimizer.zeroGrad();
  return loss;
}

test('every optimiser has cases', () => {
  expect(new Set(golden.cases.map(({ optimizer }) => optimizer))).toEqual(new Set(Object.keys(optimizers)));
});

test('every optimiser has a case of groups that differ, with weight decay where it has that', () => {
  for (const name of Object.keys(optimizers) as Name[]) {
    const cases = golden.cases.filter(({ optimizer, options }) => optimizer === name && options.groups !== undefined);
    // L-BFGS sees all parameters as one vector; Rprop knows signs alone.
    expect(cases.length > 0).toBe(name !== 'LBFGS');
    if (name === 'LBFGS' || name === 'Rprop') continue;
    expect(cases.some(({ options }) => 'weightDecay' in options || 'weightDecay' in options.groups!)).toBe(true);
  }
});

test('the updates run in three ways', async () => {
  for (const backend of [fused, readable]) await useBackend(backend);
  for (const op of fusedOps) {
    expect([fused, readable, composed].map(({ kernels }) => kernels.has(op))).toEqual([true, true, false]);
  }
  expect(fused.engine).toMatch(/^wasm relaxed-simd/);
  expect(readable.engine).toBe('typescript');
});

test.each(Object.keys(optimizers).filter((name) => name !== 'LBFGS') as Name[])(
  '%s is one call of a kernel',
  async (name) => {
    using _ = scope();
    await useBackend(fused);
    const former = fusedOps.map((op) => [op, fused.kernels.get(op)!] as const);
    let calls = 0;
    for (const [op, kernel] of former) {
      fused.kernels.set(op, (...given) => {
        calls++;
        kernel(...given);
      });
    }
    try {
      const parameters = [tensor([1, 2], { requiresGrad: true }), tensor([[3]], { requiresGrad: true })];
      using optimizer = make(name, { lr: 0.1 }, parameters) as Optimizer;
      for (let i = 1; i <= 3; i++) {
        parameters[0]!.sum().add(parameters[1]!.sum()).backward();
        optimizer.step();
        expect(calls).toBe(i);
      }
    } finally {
      for (const [op, kernel] of former) fused.kernels.set(op, kernel);
    }
  },
);

// In float64 the engine wasm has the kernels of the engine typescript.
describe.each([
  ['float64', 'kernels', fused],
  ['float64', 'other ops', composed],
  ['float32', 'WebAssembly kernels', fused],
  ['float32', 'TypeScript kernels', readable],
  ['float32', 'other ops', composed],
] as const)('%s by %s', (dtype, _how, backend) => {
  beforeAll(() => useBackend(backend));
  // L-BFGS divides by differences of gradients, which magnifies what was rounded.
  const toleranceOf = (name: Name) => {
    if (dtype === 'float32') return { rtol: 1e-5, atol: 2e-6 };
    return name === 'LBFGS' ? { rtol: 1e-9, atol: 1e-13 } : { rtol: 1e-12, atol: 1e-13 };
  };
  const leaf = (data: number[] | number[][]): Tensor => tensor(data, { dtype, requiresGrad: true });

  describe.each(golden.cases.map((each) => [`${each.optimizer} ${JSON.stringify(each.options)}`, each] as const))(
    '%s',
    (_, { optimizer: name, options, [dtype]: expected }) => {
      const tolerance = toleranceOf(name);
      const steps = expected.network.losses.length;

      test('on a quadratic', () => {
        using _ = scope();
        const { A, b, x0 } = golden.problems.quadratic;
        const [matrix, vector] = [tensor(A, { dtype }), tensor(b, { dtype })];
        const parameters = [leaf(x0.slice(0, 2)), leaf(x0.slice(2))];
        using optimizer = make(name, options, parameters);
        const path: number[][] = [];
        for (let i = 0; i < steps; i++) {
          step(optimizer, () => {
            const x = concat(parameters, 0);
            return x.dot(matmul(matrix, x)).mul(0.5).sub(x.dot(vector));
          });
          path.push(parameters.flatMap((parameter) => Array.from(parameter.dataSync())));
        }
        assertAllClose(path.slice(-expected.quadratic.length), expected.quadratic, tolerance);
      });

      test('on a network', () => {
        using _ = scope();
        const { x, y, parameters: start } = golden.problems.network;
        const [input, target] = [tensor(x, { dtype }), tensor(y, { dtype })];
        const parameters = start.map(leaf);
        const [w1, b1, w2, b2] = parameters as [Tensor, Tensor, Tensor, Tensor];
        using optimizer = make(name, options, parameters);
        const losses: number[] = [];
        for (let i = 0; i < steps; i++) {
          const loss = step(optimizer, () => {
            const hidden = input.matmul(w1, { transposeB: true }).add(b1).tanh();
            return hidden.matmul(w2, { transposeB: true }).add(b2).sub(target).square().mean();
          });
          losses.push(loss);
        }
        assertAllClose(losses, expected.network.losses, tolerance);
        parameters.forEach((parameter, i) => {
          assertAllClose(parameter.dataSync(), expected.network.parameters[i]!, tolerance);
        });
      });
    },
  );
});
