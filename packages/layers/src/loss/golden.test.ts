// Values and gradients of the losses, against PyTorch's: golden/losses.py made the numbers.

import { readFileSync } from 'node:fs';
import { logSoftmax, scope, Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import * as losses from './index.js';

interface Values {
  readonly shape: readonly number[];
  readonly float?: readonly number[];
  readonly int?: readonly number[];
}
type Argument = Values | readonly number[];

interface LossCase {
  readonly loss: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly arguments: readonly Argument[];
  readonly answers: Readonly<Record<string, { readonly y: Values; readonly gradients: readonly (Values | null)[] }>>;
}

const golden: readonly LossCase[] = JSON.parse(
  readFileSync(new URL('../../golden/losses.json', import.meta.url), 'utf8'),
);
const byName = new Map<string, unknown>(Object.entries(losses));
type Float = 'float32' | 'float64';
const tolerances = { float32: { rtol: 1e-5, atol: 1e-6 }, float64: { rtol: 1e-11, atol: 1e-12 } } as const;

beforeAll(() => useBackend(cpu()));

const make = ({ shape, float, int }: Values, dtype: Float): Tensor =>
  int === undefined
    ? tensor({ data: dtype === 'float64' ? Float64Array.from(float!) : Float32Array.from(float!), shape })
    : tensor({ data: Int32Array.from(int), shape });
const isValues = (value: unknown): value is Values => typeof value === 'object' && value !== null && 'shape' in value;
const titleOf = ({ loss, options, arguments: given }: LossCase): string => {
  const shown = Object.entries(options).map(([name, value]) => (isValues(value) ? name : `${name}=${String(value)}`));
  return `${loss}(${shown.join(', ')}) of ${JSON.stringify(given.map((each) => (isValues(each) ? each.shape : each)))}`;
};

test('every loss that PyTorch has is here', () => {
  const ours = ['HingeLoss', 'ContrastiveLoss'];
  const exported = Object.entries(losses).filter(([, value]) => value.prototype instanceof losses.Loss);
  const names = exported.map(([name]) => name).filter((name) => !ours.includes(name));
  expect([...new Set(golden.map(({ loss }) => loss))].sort()).toEqual(names.sort());
});

describe.each(['float32', 'float64'] as const)('%s', (dtype) => {
  const close = (actual: Tensor | undefined, expected: Values): void => {
    expect(actual!.shape).toEqual(expected.shape);
    assertAllClose(actual!.dataSync(), expected.float!, tolerances[dtype]);
  };

  test.each(golden.map((each) => [titleOf(each), each] as const))('%s', (_, { loss, options, answers, ...golden }) => {
    for (const [reduction, { y: expected, gradients }] of Object.entries(answers)) {
      using _scope = scope();
      const given = Object.entries(options).map(([name, value]) => [
        name,
        isValues(value) ? make(value, dtype) : value,
      ]);
      // Each class takes options and arguments of its own; the golden file has them as the class takes them.
      const Made = byName.get(loss) as unknown as new (options: object) => losses.Loss<object, readonly unknown[]>;
      using model = new Made({ ...Object.fromEntries(given), reduction });
      const leaves = golden.arguments.map((each) => (isValues(each) ? make(each, dtype) : each));
      for (const [i, leaf] of leaves.entries()) if (leaf instanceof Tensor) leaf.requiresGrad = gradients[i] !== null;
      const [first, ...rest] = leaves;
      const y = model.forward(...(loss === 'CTCLoss' ? [logSoftmax(first as Tensor), ...rest] : leaves));
      close(y, expected);
      const step = y.size === 1 ? 0 : 1 / (y.size - 1);
      const dy = { shape: y.shape, float: Array.from({ length: y.size }, (_, i) => 0.5 + i * step) };
      y.backward({ gradient: make(dy, dtype) });
      for (const [i, leaf] of leaves.entries()) if (gradients[i]) close((leaf as Tensor).grad, gradients[i]);
    }
  });
});
