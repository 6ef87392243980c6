import { add, randn, relu, square, tensor, useBackend, zeros } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import { checkCall, checkOptions, type KnownOptions } from './check-call.js';
import { shown } from './shown.js';

beforeAll(() => useBackend(cpu()));

const known: KnownOptions = {
  stride: 'number',
  padding: 'number or string',
  keepDims: 'boolean',
  mode: ['zeros', 'reflect'],
};
const call = (...given: unknown[]): void => checkCall('f', given, ['x', ['count', 'number']], known);

describe('what is right passes', () => {
  test.each([
    [[]],
    [[1]],
    [[1, 2]],
    [[1, 2, {}]],
    [[1, 2, undefined]],
    [[1, 2, { stride: 1, padding: 'same', keepDims: false, mode: 'zeros' }, undefined]],
    [[1, 2, { stride: undefined }]],
    [[{ data: [] }, 2]],
    [[1, 2, Object.assign(Object.create(null), { stride: 1 })]],
  ])('%j', (given) => {
    expect(() => call(...given)).not.toThrow();
  });
});

describe('what is wrong is told', () => {
  test.each<[unknown[], string]>([
    [[1, 2, { stried: 1 }], 'f: there is no option stried; did you mean stride?'],
    [[1, 2, { keep_dims: true }], 'f: there is no option keep_dims; did you mean keepDims?'],
    [[1, 2, { keepdim: true }], 'f: there is no option keepdim; did you mean keepDims?'],
    [[1, 2, { colour: 1 }], 'f: there is no option colour; it has stride, padding, keepDims, mode'],
    [[1, 2, { constructor: 1 }], 'f: there is no option constructor; it has stride, padding, keepDims, mode'],
    [[1, 2, { stride: '1' }], "f: stride is '1', needs a number"],
    [[1, 2, { stride: Number.NaN }], 'f: stride is NaN, needs a number'],
    [[1, 2, { stride: null }], 'f: stride is null, needs a number'],
    [[1, 2, { padding: true }], 'f: padding is true, needs a number, or a string'],
    [[1, 2, { keepDims: 1 }], 'f: keepDims is 1, needs true or false'],
    [[1, 2, { mode: 'zero' }], "f: mode is 'zero', needs 'zeros' or 'reflect'"],
    [[1, '2'], "f: count is '2', needs a number"],
    [[1, 2, 3], 'f: after count comes 3, but options go in one object: f(1, 2, { stride: 3 })'],
    [[1, 2, 3, 4], 'f: after count comes 3, but options go in one object: f(1, 2, { stride: 3, padding: 4 })'],
    [[1, 2, 3, { mode: 'zeros' }], "but options go in one object: f(1, 2, { stride: 3, mode: 'zeros' })"],
    [[1, 2, true], 'f: after count comes true, but options go in one object: f(1, 2, { keepDims: true })'],
    [[1, 2, []], 'options go in one object: f(1, 2, { stride, padding, keepDims, mode })'],
    [[1, 2, null], 'options go in one object: f(1, 2, { stride, padding, keepDims, mode })'],
    [[1, 2, { stride: 1 }, 5], 'f: after the options comes 5, but it takes no more: f(1, 2, { stride: 1 })'],
    [[1, { stride: 2 }], 'f: the options stand where count goes; they come last: f(1, undefined, { stride: 2 })'],
  ])('%j', (given, message) => {
    expect(() => call(...given)).toThrow(message);
  });

  test('without options', () => {
    expect(() => checkCall('ReLU', [0.2], [])).toThrow('ReLU: the argument is 0.2, but it takes no more: new ReLU()');
    expect(() => checkCall('g', [1, { a: 1 }], ['x'])).toThrow('g: after x comes { a }, but it takes no more: g(x)');
    expect(() => checkOptions('g', { a: 1 }, {})).toThrow('g: there is no option a; it has none');
  });

  test('as a method where there is one', () => {
    const x = randn([2, 3]);
    expect(() => (x.sum as (...given: unknown[]) => void)(1, true)).toThrow(
      'sum: after axes comes true, but options go in one object: x.sum(1, { keepDims: true })',
    );
    expect(() => (relu as (...given: unknown[]) => void)(x, 0.2)).toThrow(
      'relu: after x comes 0.2, but it takes no more: x.relu()',
    );
    expect(() => (x.slice as (...given: unknown[]) => void)([0, 0], [1, 2])).toThrow(
      'slice: after ranges comes [1, 2], but it takes no more: x.slice(ranges)',
    );
  });

  test('a shape behind the values, and options behind lengths one by one', () => {
    expect(() => tensor([1, 2], [2, 1] as never)).toThrow('a shape is given by tensor(data).reshape([2, 1])');
    expect(() => zeros(2, { dtype: 'int32' } as never)).toThrow('zeros: options go behind a shape in brackets');
  });
});

test('as what an array calls', () => {
  const list = [tensor([1, 2]), tensor([3, 4]), tensor([5, 6])];
  expect(list.reduce(add).toArray()).toEqual([9, 12]);
  expect(list.map(square).map((x) => x.toArray())).toEqual([
    [1, 4],
    [9, 16],
    [25, 36],
  ]);
});

describe('numbers one by one', () => {
  test('are lengths and axes', () => {
    const x = randn([2, 3, 4]);
    expect(x.reshape(6, -1).shape).toEqual([6, 4]);
    expect(x.permute(2, 0, 1).shape).toEqual([4, 2, 3]);
    expect(x.flatten(1).shape).toEqual([2, 12]);
    expect(x.flatten(0, 1).shape).toEqual([6, 4]);
    expect(x.flatten({ end: 1 }).shape).toEqual([6, 4]);
    expect(zeros(2, 3).shape).toEqual([2, 3]);
    expect(
      tensor([[1], [2]])
        .expand(2, 3)
        .toArray(),
    ).toEqual([
      [1, 1, 1],
      [2, 2, 2],
    ]);
    expect(tensor([1, 2]).repeat(2, 2).shape).toEqual([2, 4]);
  });
});

test('how values are shown', () => {
  class Apple {}
  const cases: [unknown, string][] = [
    [2, '2'],
    ['2', "'2'"],
    ['a\nb', "'a\uFFFDb'"],
    ['x'.repeat(100), `'${'x'.repeat(60)}…'`],
    [-0, '-0'],
    [[1, '2', [3]], "[1, '2', […]]"],
    [new Apple(), 'an Apple'],
    [new Map(), 'a Map'],
    [{}, 'an object of nothing'],
    [{ a: 1, b: 2 }, 'an object of a, b'],
    [null, 'null'],
    [Symbol('s'), 'Symbol(s)'],
    [10n, '10'],
  ];
  for (const [value, text] of cases) expect(shown(value)).toBe(text);
  expect(shown(Array.from({ length: 20 }, (_, i) => i))).toBe('[0, 1, 2, 3, 4, 5, 6, 7, … 20 in all]');
});
