// What is true of every module that a package exports, tried on the lines that its test gives.

import {
  checkpoint,
  type DType,
  full,
  manualSeed,
  memory,
  noGrad,
  randint,
  randn,
  scope,
  type Tensor,
  tensor,
  useBackend,
} from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Module } from '@dl/layers';
import { allClose, assertAllClose, gradCheck, leakCheck } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { type ModuleCase, numbersIn, tensorsIn } from './module-case.js';
import { expectExactReach, leafOf, placeOf } from './special-values.js';

/** Tests each of the lines, and that each module of `exported` has one; `bases` are what only others are made of. */
export function everyModuleTests(
  exported: Readonly<Record<string, unknown>>,
  cases: Readonly<Record<string, readonly ModuleCase[]>>,
  bases: readonly string[] = [],
): void {
  beforeAll(() => useBackend(cpu()));

  test('every exported module has a line here', () => {
    const modules = Object.entries(exported).filter(
      ([, value]) => typeof value === 'function' && value.prototype instanceof Module,
    );
    expect(modules.map(([name]) => name).sort()).toEqual([...bases, ...Object.keys(cases)].sort());
  });

  const all = Object.values(cases)
    .flat()
    .flatMap((each) =>
      (['float32', 'float64'] as const).map((dtype) => [`${each.prints} in ${dtype}`, each, dtype] as const),
    );
  describe.each(all)('%s', (_, given, dtype) => moduleTests(given, dtype));
}

function moduleTests(given: ModuleCase, dtype: 'float32' | 'float64'): void {
  const { make, input, indices, gives, prints, reach, trainsDifferently = false } = given;
  const more = (): readonly unknown[] => given.more?.(dtype) ?? [];
  const made = (): Module => make({ dtype });
  const forward = (model: Module, x: Tensor): unknown => {
    manualSeed(3); // for what is dropped
    return model.forward(x, ...more());
  };
  const run = (model: Module, x: Tensor): Tensor => numbersIn(forward(model, x));
  const draw = (requiresGrad = false): Tensor =>
    indices === undefined ? randn(input, { dtype, requiresGrad }) : randint(0, indices, input);

  test('shapes and dtypes of what it gives, and how it prints', () => {
    using _ = scope();
    using model = made();
    const found = tensorsIn(forward(model, draw()));
    expect(found.map(({ shape }) => shape)).toEqual(gives);
    expect(found.map((each): DType => each.dtype)).toEqual(gives.map(() => dtype));
    const said = String(model);
    expect(given.begins ? said.slice(0, prints.length) : said).toBe(prints);
  });

  test('a gradient reaches the input and every parameter', () => {
    using _ = scope();
    manualSeed(11);
    using model = made();
    const x = draw(true);
    run(model, x).exp().sum().backward();
    const inputs = x.requiresGrad ? [['the input', x] as const] : [];
    for (const [place, leaf] of [...inputs, ...model.namedParameters()]) {
      expect(leaf.grad?.shape, place).toEqual(leaf.shape);
      expect(leaf.grad?.abs().max().item(), place).toBeGreaterThan(0);
    }
    model.zeroGrad();
    for (const parameter of model.parameters()) expect(parameter.grad).toBeUndefined();
  });

  test('the gradients of the input and of every parameter are what finite differences give', () => {
    if (dtype !== 'float64') return;
    using _ = scope();
    manualSeed(6);
    using model = made();
    const x = draw();
    if (indices === undefined) gradCheck((at) => run(model, at), [x]);
    const upstream = randn([run(model, x).size], { dtype });
    const total = (): Tensor => run(model, x).mul(upstream).sum();
    if (model.parameters().length > 0) total().backward();
    for (const [place, parameter] of model.namedParameters()) {
      const [found, values] = [parameter.grad!.dataSync(), Float64Array.from(parameter.dataSync())];
      const at = (i: number, value: number): number => {
        parameter.assign(tensor({ data: values.with(i, value), shape: parameter.shape }));
        return total().item();
      };
      const differences = Array.from(values, (value, i) => (at(i, value + 1e-6) - at(i, value - 1e-6)) / 2e-6);
      parameter.assign(tensor({ data: values, shape: parameter.shape }));
      expect(allClose(found, differences, { rtol: 1e-6, atol: 1e-7 }), place).toBe(true);
    }
  });

  test.each(trainsDifferently ? ['training', 'use'] : ['training'])(
    'NaN and infinity reach exactly what depends on them, in %s',
    (mode) => {
      // In the other dtype the same formulas run, and conformance has the kernels.
      if (dtype === 'float64') return;
      using _ = scope();
      manualSeed(7);
      using model = made();
      if (mode === 'use') model.eval();
      const x = draw();
      const parameters = model.namedParameters();
      const inputs = indices === undefined ? [['x', x] as const] : [];
      expectExactReach(
        [...inputs, ...parameters].map(([place, value]) => placeOf(place, value)),
        dtype,
        (values) => {
          const leaves = inputs.map((_, i) => leafOf(values[i]!));
          for (const [i, [, parameter]] of parameters.entries()) parameter.assign(values[leaves.length + i]!);
          model.zeroGrad();
          return { y: run(model, leaves[0] ?? x), leaves: [...leaves, ...model.parameters()] };
        },
        reach,
      );
    },
  );

  test('a state goes into another module, which then computes the same', () => {
    using _ = scope();
    manualSeed(1);
    using model = made();
    manualSeed(2);
    using other = made();
    const x = draw();
    const plain = Object.entries(model.stateDict()).map(([place, value]) => {
      return [place, { shape: value.shape, data: Array.from(value.dataSync()) }];
    });
    other.loadStateDict(model.stateDict());
    assertAllClose(run(other, x), run(model, x), { rtol: 0, atol: 0 });
    for (const parameter of other.parameters()) parameter.assign(randn(parameter.shape, { dtype }));
    other.loadStateDict(Object.fromEntries(JSON.parse(JSON.stringify(plain))));
    assertAllClose(run(other, x), run(model, x), { rtol: 0, atol: 0 });
    assertAllClose(run(other.eval(), x), run(model.eval(), x), { rtol: 0, atol: 0 });
  });

  test('training and evaluation differ only where they should', () => {
    using _ = scope();
    manualSeed(8);
    using model = made();
    const x = draw();
    const training = run(model, x);
    const inUse = run(model.eval(), x);
    expect(model.namedModules().map(([, each]) => each.training)).not.toContain(true);
    expect(allClose(inUse, training, { rtol: 0, atol: 0 })).toBe(!trainsDifferently);
    assertAllClose(run(model.train(), x), training, { rtol: 0, atol: 0 });
  });

  test('in a checkpoint it gives what it does without', () => {
    using _ = scope();
    const inputs = [draw(true), draw(true)];
    const trained = (through: (model: Module, x: Tensor) => Tensor) => {
      manualSeed(1);
      using model = made();
      manualSeed(2);
      // Both forwards come before both gradients.
      const results = inputs.map((x) => through(model, x).exp());
      for (const result of results.reverse()) result.sum().backward();
      const grads = [...inputs, ...model.parameters()].map(({ grad }) => grad?.toArray());
      for (const x of inputs) x.zeroGrad();
      return grads;
    };
    const plain = trained((model, x) => numbersIn(model.forward(x, ...more())));
    expect(trained((model, x) => checkpoint((at: Tensor) => numbersIn(model.forward(at, ...more())), x))).toEqual(
      plain,
    );
  });

  test('what it gives are tensors of their own, in training and evaluation', () => {
    using _ = scope();
    using model = made();
    const x = draw();
    for (const mode of [model.train(), model.eval()]) {
      const found = tensorsIn(forward(mode, x));
      noGrad(() => {
        // As a user may: none of the others changes with one.
        for (const [i, each] of found.entries()) each.assign(full(each.shape, i, { dtype }));
      });
      for (const [i, each] of found.entries()) expect([each.min().item(), each.max().item()]).toEqual([i, i]);
      for (const each of found) {
        expect([x, ...model.parameters()]).not.toContain(each);
        each.dispose();
      }
      expect([x, ...model.parameters()].map(({ isFreed }) => isFreed)).not.toContain(true);
    }
  });

  test('a summary knows its output, its parameters and its work', () => {
    const { summarized = input } = given;
    if (summarized === false) return;
    using model = made();
    const { rows, parameters } = model.summary(summarized, { dtype: indices === undefined ? dtype : 'int32' });
    if (model.children().length === 0) expect(rows[0]!.output).toEqual(gives[0]);
    expect(parameters).toBe(model.parameters().reduce((sum, { size }) => sum + size, 0));
    for (const { name: row, multiplyAdds } of rows) expect(multiplyAdds, row).toBeDefined();
  });

  test('memory is flat over 50 steps, and free after dispose()', () => {
    const before = memory();
    const model = made();
    leakCheck(
      () => {
        run(model, draw(true)).square().sum().backward();
        model.zeroGrad();
      },
      { steps: 50 },
    );
    leakCheck(() => model.loadStateDict(model.stateDict()), { steps: 5 });
    model.dispose();
    expect(memory().bytes).toBe(before.bytes);
    expect(memory().buffers).toBe(before.buffers);
  });

  test('of a forward without a gradient nothing outlives it but what it gives', () => {
    using _ = scope();
    using model = made();
    const x = draw();
    noGrad(() => {
      const also = more();
      model.forward(x, ...also);
      const before = memory().buffers;
      const found = tensorsIn(model.forward(x, ...also));
      expect(memory().buffers - before).toBeLessThanOrEqual(found.length + (given.leaves ?? 0));
    });
  });
}
