import { expect, test } from 'vitest';
import { neighbour } from './neighbour.js';

test('the floats beside a float', () => {
  expect(neighbour(1, 'above', 'float64')).toBe(1 + 2 ** -52);
  expect(neighbour(1, 'below', 'float64')).toBe(1 - 2 ** -53);
  expect(neighbour(1, 'above', 'float32')).toBe(1 + 2 ** -23);
  expect(neighbour(1, 'below', 'float32')).toBe(1 - 2 ** -24);
  expect(neighbour(-1, 'above', 'float32')).toBe(-1 + 2 ** -24);
  expect(neighbour(-1, 'below', 'float64')).toBe(-1 - 2 ** -52);
  expect(neighbour(0, 'above', 'float32')).toBe(2 ** -149);
  expect(neighbour(0, 'below', 'float64')).toBe(-(2 ** -1074));
});
