// The example does what it says.

import { manualSeed, randn, scope, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, expect, test } from 'vitest';
import { run, sizes } from './main.js';
import { PatchTransformer } from './patch-transformer.js';

beforeAll(() => useBackend(cpu()));

// The whole program takes a minute and reads nine of ten.
test('with half of the digits eight of ten that were not seen are read, and by their strokes', async () => {
  const lines: string[] = [];
  const { accuracy, ink, picture } = await run((line) => lines.push(line), { digits: 6000, epochs: 3 });
  expect(accuracy).toBeGreaterThan(0.8);
  // Looking everywhere alike gives 1.
  expect(ink).toBeGreaterThan(1.2);
  expect(picture.match(/<image/g)).toHaveLength(20);
  expect(lines.at(-1)).toContain('as much ink as everywhere');
});

test('images of another size are read with the same weights', () => {
  using _ = scope();
  manualSeed(1);
  const model = new PatchTransformer(sizes);
  expect(model.forward(randn([2, 1, 28, 28])).shape).toEqual([2, 10]);
  expect(model.forward(randn([2, 1, 35, 42])).shape).toEqual([2, 10]);
  expect(Object.keys(model.stateDict()).slice(0, 4)).toEqual([
    'patches.proj.weight',
    'patches.proj.bias',
    'classToken.cls_token',
    'positions.pos_embed',
  ]);
});
