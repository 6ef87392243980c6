// Networks against PyTorch's, logits, losses and every gradient: ../../../golden/neural.py made the numbers.

import { readFileSync } from 'node:fs';
import type { GPT } from '@dl/attention';
import { type Shape, scope, sizeOf, Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { networkModels, type RecurrentModel, type WindowModel } from '../../neural.js';

interface Values {
  readonly shape: Shape;
  readonly data: readonly number[];
}

interface Golden {
  readonly tokens: readonly (readonly number[])[];
  readonly lengths: readonly number[];
  readonly cases: readonly {
    readonly kind: keyof typeof networkModels;
    readonly config: object;
    readonly logits: Values;
    readonly loss: number;
    readonly gradients: Readonly<Record<string, Values>>;
  }[];
}

const golden: Golden = JSON.parse(readFileSync(new URL('../../../golden/neural.json', import.meta.url), 'utf8'));
const tolerances = { float32: { rtol: 1e-5, atol: 1e-6 }, float64: { rtol: 1e-10, atol: 1e-12 } } as const;

/** The weights of the golden file: 0.4 sin(s + 0.9 i). */
function fill(name: string, { shape, dtype }: Tensor): { readonly data: Float64Array; readonly shape: Shape } {
  const start = [...name].reduce((sum, letter) => sum + letter.charCodeAt(0), 0);
  const data = Float64Array.from({ length: sizeOf(shape) }, (_, i) => 0.4 * Math.sin(start + 0.9 * i));
  return { data: (dtype === 'float32' ? Float32Array.from(data) : data) as Float64Array, shape };
}

beforeAll(() => useBackend(cpu()));

const cases = golden.cases.map((each) => [`${each.kind} ${JSON.stringify(each.config)}`, each] as const);

describe.each(['float32', 'float64'] as const)('in %s', (dtype) => {
  test.each(cases)('%s', (_, { kind, config, logits, loss, gradients }) => {
    using _scope = scope();
    const make = networkModels[kind] as (config: object) => GPT | RecurrentModel | WindowModel;
    using model = make({ ...config, dtype });
    const parameters = model.namedParameters();
    expect(parameters.map(([name]) => name).sort()).toEqual(Object.keys(gradients).sort());
    const values = new Map(parameters.map(([name, parameter]) => [parameter, fill(name, parameter)]));
    const state = Object.entries(model.stateDict()).map(([name, value]) => [name, values.get(value)!]);
    model.loadStateDict(Object.fromEntries(state));

    const tokens = tensor(
      golden.tokens.map((row) => [...row]),
      { dtype: 'int32' },
    );
    const given = model.forward(model.shifted(tokens));
    const found = given instanceof Tensor ? given : given.output;
    expect(found.shape).toEqual(logits.shape);
    assertAllClose(found.dataSync(), logits.data, tolerances[dtype]);
    const own = model.loss(tokens, { lengths: golden.lengths });
    expect(Math.abs(own.item() - loss)).toBeLessThan(dtype === 'float32' ? 1e-6 : 1e-12);
    own.backward();
    for (const [name, { grad }] of parameters) {
      expect([name, grad?.shape]).toEqual([name, gradients[name]!.shape]);
      assertAllClose(grad!.dataSync(), gradients[name]!.data, tolerances[dtype]);
    }
  });
});
