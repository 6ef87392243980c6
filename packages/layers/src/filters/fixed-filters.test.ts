// The numbers of the fixed filters, against tables that golden/spatial.py makes of columns and rows.

import { readFileSync } from 'node:fs';
import { scope, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose } from '@dl/testing';
import { beforeAll, expect, test } from 'vitest';
import { FixedFilter2d, type FixedFilter2dOptions, fixedFilter } from '../index.js';

interface FilterCase {
  readonly layer: string;
  readonly args: readonly [Parameters<typeof fixedFilter>[0]];
  readonly options: FixedFilter2dOptions;
  readonly state: { readonly weight: { readonly shape: readonly number[]; readonly data: readonly number[] } };
}

const golden: readonly FilterCase[] = JSON.parse(
  readFileSync(new URL('../../golden/spatial.json', import.meta.url), 'utf8'),
).filter(({ layer }: FilterCase) => layer === 'FixedFilter2d');

beforeAll(() => useBackend(cpu()));

test('every filter by name is there', () => {
  expect(() => fixedFilter('emboss' as never)).toThrow(`there are ${golden.map(({ args }) => args[0]).join(', ')}`);
});

test.each(golden.map(({ args, options, state }) => [args[0], options, state.weight] as const))(
  '%s %j',
  (name, options, { shape, data }) => {
    using _ = scope();
    using layer = new FixedFilter2d(name, { ...options, dtype: 'float64' });
    expect(layer.weight.shape).toEqual(shape);
    assertAllClose(layer.weight.dataSync(), data, { rtol: 1e-13, atol: 0 });
  },
);

test('fixedFilter gives the weight of the layer', () => {
  using _ = scope();
  for (const { args, options, state } of golden) {
    const { channels = 1, padding: _, ...rest } = options;
    const filter = fixedFilter(args[0], { ...rest, dtype: 'float64' });
    expect(filter.shape).toEqual(state.weight.shape.slice(2));
    assertAllClose(filter.dataSync(), state.weight.data.slice(0, state.weight.data.length / channels), { rtol: 1e-13 });
  }
});
