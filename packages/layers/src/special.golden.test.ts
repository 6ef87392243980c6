// Bounds, ties, infinities and NaN, against PyTorch: golden/special.py made the numbers.

import { readFileSync } from 'node:fs';
import { full, scope, type Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import * as layers from './index.js';

interface Values {
  readonly shape: readonly number[];
  /** Numbers that JSON has not are strings; null is one that nobody vouches for. */
  readonly data: readonly (number | string | null)[];
}

interface SpecialCase {
  readonly layer: string;
  readonly args: readonly unknown[];
  readonly options: object;
  readonly x: Values;
  readonly y: Values;
  /** For an upstream gradient of ones, and of infinities. */
  readonly dx: Values;
  readonly dxInfinite: Values;
}

type Class = new (...args: readonly unknown[]) => layers.Module;

const golden: readonly SpecialCase[] = JSON.parse(
  readFileSync(new URL('../golden/special.json', import.meta.url), 'utf8'),
);
const byName = layers as unknown as Readonly<Record<string, Class>>;
const tolerances = { float32: { rtol: 1e-5, atol: 1e-6 }, float64: { rtol: 1e-12, atol: 1e-13 } } as const;

beforeAll(() => useBackend(cpu()));

describe.each(['float32', 'float64'] as const)('%s', (dtype) => {
  const close = (actual: Tensor, { shape, data }: Values): void => {
    expect(actual.shape).toEqual(shape);
    const values = Array.from(actual.dataSync());
    assertAllClose(
      values.map((value, i) => (data[i] === null ? 0 : value)),
      data.map(Number),
      tolerances[dtype],
    );
  };

  test.each(
    golden.map((each) => [`${each.layer} ${JSON.stringify([each.args, each.options, each.x.data])}`, each] as const),
  )('%s', (_, { layer, args, options, x: given, y: expected, dx, dxInfinite }) => {
    using _scope = scope();
    const model = new byName[layer]!(...args, ...(Object.keys(options).length > 0 ? [options] : []));
    const x = tensor({ data: Float64Array.from(given.data, Number), shape: given.shape }).cast(dtype);
    close(model.forward(x), expected);
    for (const [upstream, gradient] of [
      [1, dx],
      [Infinity, dxInfinite],
    ] as const) {
      const leaf = x.detach();
      leaf.requiresGrad = true;
      const y = model.forward(leaf);
      close(y, expected);
      y.backward({ gradient: full([...y.shape], upstream, { dtype }) });
      close(leaf.grad!, gradient);
    }
  });
});
