// inMode: what holds while the function runs, and what is left afterwards.

import { useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, expect, test } from 'vitest';
import { Dropout, inMode, Sequential } from '../index.js';

beforeAll(() => useBackend(cpu()));

const modes = (model: Sequential): boolean[] => model.namedModules().map(([, { training }]) => training);

test('a mode holds for a function, and each module then has its own', () => {
  const model = new Sequential(new Dropout(0.5), new Sequential(new Dropout(0.5)));
  model.layers[1]!.eval();
  const own = [true, true, false, false];
  expect(modes(model)).toEqual(own);
  expect(inMode(model, 'eval', () => modes(model))).toEqual([false, false, false, false]);
  expect(modes(model)).toEqual(own);
  expect(inMode(model, 'train', () => modes(model))).toEqual(own);
  expect(inMode(model.eval(), 'train', () => modes(model))).toEqual([true, true, true, true]);
  expect(modes(model)).toEqual([false, false, false, false]);
  const fail = (): never => {
    throw new Error('stop');
  };
  expect(() => inMode(model, 'train', fail)).toThrow('stop');
  expect(modes(model)).toEqual([false, false, false, false]);
});

test('what is no model, mode or function is told', () => {
  const model = new Dropout(0.5);
  expect(() => inMode({} as never, 'eval', () => 0)).toThrow(
    'inMode: the model is an object of nothing, needs a module',
  );
  expect(() => inMode(model, 'test' as never, () => 0)).toThrow("inMode: mode is 'test', needs 'train' or 'eval'");
  expect(() => inMode(model, 'eval', 3 as never)).toThrow('inMode: body is 3, needs a function');
});
