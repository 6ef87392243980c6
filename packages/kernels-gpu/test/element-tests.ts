// Formulas of single elements on the device: what is compiled for them, how often it draws, and forms beyond the samples of the op.

import {
  type Backend,
  elementFormula,
  randn,
  scope,
  type Tensor,
  tensor,
  updateElements,
  useBackend,
  withBackend,
} from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import type { GpuBackend, GpuOptions } from '@dl/kernels-gpu';
import { Adam, CosineAnnealingLR, NAdam, type Optimizer, RAdam, RMSprop, SGD } from '@dl/optim';
import { assertAllClose } from '@dl/testing';
import { expect, test } from 'vitest';

export function elementTests(backend: GpuBackend, another: (options: GpuOptions) => GpuBackend): void {
  const reference = cpu({ engine: 'typescript' });

  const values = (count: number, shape: readonly number[]): number[][] =>
    withBackend(reference, () => {
      using _ = scope();
      return Array.from({ length: count }, () => Array.from(randn(shape).dataSync(), Number));
    });

  const shapes = [[3, 5], [7]];

  /** Steps down a bowl, with a rate that falls in each; what is left of the parameters. */
  function descend(
    make: (params: Tensor[]) => Optimizer<{ readonly lr?: number }>,
    start: readonly number[][],
    steps: number,
    afterStep: (step: number) => void = () => undefined,
  ): number[][] {
    using _ = scope();
    const params = start.map((data, i) =>
      tensor({ data: Float32Array.from(data), shape: shapes[i]! }, { requiresGrad: true }),
    );
    using optimizer = make(params);
    const schedule = new CosineAnnealingLR(optimizer, { tMax: steps });
    for (let i = 1; i <= steps; i++) {
      using _step = scope();
      const [a, b] = params.map((param) => param.square().sum()) as [Tensor, Tensor];
      a.add(b).backward();
      optimizer.step();
      optimizer.zeroGrad();
      schedule.step();
      afterStep(i);
    }
    return params.map((param) => Array.from(param.dataSync()));
  }

  test.each<[string, (params: Tensor[]) => Optimizer<{ readonly lr?: number }>]>([
    ['NAdam', (params) => new NAdam(params, { lr: 0.05, weightDecay: 0.01 })],
    ['RAdam', (params) => new RAdam(params, { lr: 0.05 })],
    ['Adam', (params) => new Adam(params, { lr: 0.05, amsgrad: true })],
    ['SGD', (params) => new SGD(params, { lr: 0.05, momentum: 0.9, nesterov: true })],
  ])(
    '50 steps of %s with a schedule compile no more than the first ten, and end where the CPU does',
    async (_, make) => {
      await useBackend(reference);
      const fresh = another({});
      await useBackend(fresh, { strict: true });
      const start = shapes.flatMap((shape) => values(1, shape));
      const programs = (): number => Number(fresh.info().details['programs']);
      let early = 0;
      const ours = descend(make, start, 50, (step) => {
        // RAdam goes over to another formula in its sixth step.
        if (step === 10) early = programs();
      });
      expect(programs()).toBe(early);
      // Those of the gradient, and few for the update.
      expect(early).toBeLessThan(20);
      const expected = withBackend(reference, () => descend(make, start, 50));
      for (const [i, got] of ours.entries()) assertAllClose(got, expected[i]!, { rtol: 1e-4, atol: 1e-5 });
    },
  );

  test('an update of RMSprop draws once for each parameter, or once for each of its targets', async () => {
    await useBackend(backend, { strict: true });
    using _ = scope();
    const params = shapes.map((shape) => randn(shape, { requiresGrad: true }));
    using optimizer = new RMSprop(params, { lr: 0.1, momentum: 0.9 });
    for (const param of params) param.square().sum().backward();
    optimizer.step();
    const { gl, hasMultiOutput } = backend.device;
    const { drawArrays } = gl;
    let draws = 0;
    gl.drawArrays = (...args) => {
      draws++;
      drawArrays.apply(gl, args);
    };
    try {
      optimizer.step();
    } finally {
      gl.drawArrays = drawArrays;
    }
    // The parameter, the mean square and the direction.
    expect(draws).toBe(params.length * (hasMultiOutput ? 1 : 3));
  });

  /** What a formula makes of its targets. */
  function updated(
    on: Backend,
    data: readonly number[][],
    targets: number,
    formula: Parameters<typeof updateElements>[2],
  ): number[][] {
    return withBackend(on, () => {
      using _ = scope();
      const lists = data.map((each) => [tensor(each)]);
      updateElements(lists.slice(0, targets), lists.slice(targets), formula);
      return lists.map(([each]) => Array.from(each!.dataSync(), Number));
    });
  }

  test('more targets than a program writes, each from the former values of others', async () => {
    await useBackend(reference);
    await useBackend(backend, { strict: true });
    const turn = elementFormula(6, 0, (all) => all.map((_, i) => all[(i + 1) % 6]!.sub(all[(i + 5) % 6]!.mul(0.5))));
    for (const size of [1, 6, 1025]) {
      const data = values(6, [size]);
      const got = updated(backend, data, 6, turn);
      // By hand, from the rule.
      const expected = data.map((_, i) => data[i]!.map((_, j) => data[(i + 1) % 6]![j]! - data[(i + 5) % 6]![j]! / 2));
      for (const [i, each] of got.entries()) assertAllClose(each, expected[i]!, { rtol: 1e-6, atol: 1e-6 });
    }
  });

  test('so many operands that one program cannot read them all for every target', async () => {
    await useBackend(reference);
    await useBackend(backend, { strict: true });
    const sums = elementFormula(2, 18, (targets, operands) =>
      targets.map((target, i) => operands.slice(9 * i, 9 * i + 9).reduce((sum, each) => sum.add(each), target)),
    );
    const data = values(20, [6]);
    const got = updated(backend, data, 2, sums);
    for (const i of [0, 1]) {
      const summands = [data[i]!, ...data.slice(2 + 9 * i, 11 + 9 * i)];
      const expected = data[i]!.map((_, j) => summands.reduce((sum, each) => sum + each[j]!, 0));
      assertAllClose(got[i]!, expected, { rtol: 1e-5, atol: 1e-5 });
    }
  });

  test('NaN, infinities and zeros, and constants that are none', async () => {
    await useBackend(backend, { strict: true });
    const [inf, nan] = [Infinity, Number.NaN];
    const given = [nan, inf, -inf, 0, -4];
    const ops = elementFormula(4, 0, ([a, b, c, d]) => [
      a!.sqrt(),
      b!.maximum(1),
      c!.where(1, 2),
      d!.sign().add(d!.constant(inf)).mul(0.5),
    ]);
    const got = updated(backend, [given, given, given, given], 4, ops);
    expect(got).toEqual([
      [nan, inf, nan, 0, nan],
      [nan, inf, 1, 1, 1],
      [1, 1, 1, 2, 1],
      [nan, inf, inf, inf, inf],
    ]);
  });

  test('numbers known on the host alone, as of new scalars', async () => {
    await useBackend(backend, { strict: true });
    const [a, b] = updated(
      backend,
      [[3], [5]],
      2,
      elementFormula(2, 0, ([a, b]) => [b!, a!.mul(2)]),
    );
    expect([a, b]).toEqual([[5], [6]]);
  });
}
