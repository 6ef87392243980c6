// The example does what it says.

import { expect, test } from 'vitest';
import { accuracy } from './main.js';

test('two hidden layers tell the rings apart, and so does a line in polar coordinates, but not a line in the plane', () => {
  expect(accuracy.deep).toBeGreaterThanOrEqual(0.98);
  expect(accuracy.linearOnPolar).toBeGreaterThanOrEqual(0.98);
  expect(accuracy.linear).toBeLessThan(0.65);
});
