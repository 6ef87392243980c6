// The example does what it says.

import { expect, test } from 'vitest';
import { results } from './main.js';

test('two layers learn XOR, one cannot', () => {
  const wanted = [0, 1, 1, 0];
  expect(results.twoLayers.correct).toBe(4);
  results.twoLayers.outputs.forEach((output, i) => {
    expect(Math.abs(output - wanted[i]!)).toBeLessThan(0.1);
  });
  // A straight line can have at most three of the four on the right side.
  expect(results.oneLayer.correct).toBeLessThan(4);
});
