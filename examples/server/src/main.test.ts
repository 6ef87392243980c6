// The example does what it says.

import { expect, test } from 'vitest';
import { results } from './main.js';

test('a model learns while 50 clients are answered, and no request leaves a tensor', () => {
  expect(results.losses.at(-1)).toBeLessThan(results.losses[0]! / 2);
  expect(results.answered).toBeGreaterThanOrEqual(200);
  expect(results.right).toBeGreaterThan(100);
  expect(results.buffers).toBe(0);
});
