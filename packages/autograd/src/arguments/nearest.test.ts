import { expect, test } from 'vitest';
import { nearest } from './nearest.js';

test.each([
  ['epoch', ['epochs', 'batch-size', 'seed'], 'epochs'],
  ['sede', ['epochs', 'seed'], 'seed'],
  ['nrom', ['norm', 'conv', 'core'], 'norm'],
  ['Relu', ['relu', 'selu'], 'relu'],
  ['lrr', ['lr', 'out'], 'lr'],
  ['something', ['lr', 'out'], undefined],
  ['ab', ['xy'], undefined],
  ['', ['lr'], undefined],
])('%s of %j is %s', (name, names, meant) => {
  expect(nearest(name, names)).toBe(meant);
});
