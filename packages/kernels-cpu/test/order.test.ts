// sort and topK at lengths around every step of their loops and for lines that are hard on them, against a stable sort of
// JavaScript: the values bit by bit and the places, on every engine.

import * as dl from '@dl/autograd';
import { type DType, type Shape, scope, type Tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import { runnableEngines } from './engines.js';

const sizes = [1, 2, 3, 16, 17, 33, 40, 41, 64, 65, 301];

/** Lines of n numbers, some with ever better ones towards an end, some with many equals. */
const lines: Readonly<Record<string, (i: number, n: number) => number>> = {
  'without order': (i) => Math.sin(i * 12.9898 + 1) * 1e5,
  'of few values': (i) => Math.round(2 * Math.sin(i * 12.9898)),
  rising: (i) => i - 7,
  falling: (i) => 7 - i,
  'of equals': () => 2.5,
  'rising and falling': (i, n) => Math.min(i, n - i),
};
const special = [0, -0, Number.NaN, Infinity, -Infinity, 1e-45, -1e-45, 3.4e38, -3.4e38, 1, -1];
const floatLines: typeof lines = {
  ...lines,
  'of special values': (i) => special[Math.abs(Math.round(1e4 * Math.sin(i * 12.9898))) % special.length]!,
  'of NaN': () => Number.NaN,
  'of zeros': (i) => (i % 3 === 0 ? -0 : 0),
  'of small integers': (i) => (Math.round(100 * Math.sin(i * 12.9898)) % 300) * 2 ** -149,
};

/** Places of a line in order, equals as they stood, NaN as the largest. */
function truth(line: readonly number[], descending: boolean): number[] {
  const compare = (a: number, b: number): number => {
    if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
    return a < b ? -1 : a > b ? 1 : 0;
  };
  const places = line.map((_, i) => i);
  return places.sort((i, j) => (descending ? -1 : 1) * compare(line[i]!, line[j]!) || i - j);
}

/** The numbers of a tensor of [outer, length, inner] along the middle axis. */
function linesOf(x: readonly number[], [outer, length, inner]: Shape): number[][] {
  return Array.from({ length: outer! * inner! }, (_, line) => {
    const start = Math.floor(line / inner!) * length! * inner! + (line % inner!);
    return Array.from({ length: length! }, (_, k) => x[start + k * inner!]!);
  });
}

function sameNumbers(actual: readonly number[], expected: readonly number[], what: string): void {
  const wrong = expected.findIndex((value, i) => !Object.is(value, actual[i]));
  expect(wrong < 0 ? 'equal' : `${what}: ${actual[wrong]} for ${expected[wrong]} at ${wrong}`).toBe('equal');
  expect(actual.length).toBe(expected.length);
}

describe.each(runnableEngines())('%s', (engine) => {
  beforeAll(() => useBackend(cpu({ engine })));

  /** Sorts lines along an axis, and takes their first k of some k. */
  function check(x: Tensor, axis: number, descending: boolean): void {
    const around = (shape: Shape): Shape => [
      shape.slice(0, axis).reduce((a, b) => a * b, 1),
      shape[axis]!,
      shape.slice(axis + 1).reduce((a, b) => a * b, 1),
    ];
    const lines = linesOf([...x.dataSync()], around(x.shape));
    const orders = lines.map((line) => truth(line, descending));
    const compare = ({ values, indices }: dl.ValuesAndIndices, k: number): void => {
      const shape = around(values.shape);
      const [gotValues, gotPlaces] = [linesOf([...values.dataSync()], shape), linesOf([...indices.dataSync()], shape)];
      for (const [i, line] of lines.entries()) {
        const places = orders[i]!.slice(0, k);
        const what = `line ${i} of [${x.shape}] along ${axis}, k ${k}, descending ${descending}`;
        sameNumbers(gotPlaces[i]!, places, `places, ${what}`);
        const wanted = places.map((place) => line[place]!);
        sameNumbers(gotValues[i]!, wanted, `values, ${what}`);
      }
    };
    const n = x.shape[axis]!;
    compare(dl.sort(x, axis, { descending }), n);
    for (const k of new Set([1, 2, 32, 33, Math.ceil(n / 8), n])) {
      if (k <= n) compare(dl.topK(x, k, { axis, largest: descending }), k);
    }
  }

  function checkAll(values: (i: number, n: number) => number, n: number, dtype: DType, shapes: readonly Shape[]): void {
    for (const shape of shapes) {
      using _ = scope();
      const length = shape.reduce((a, b) => a * b, 1);
      const x = dl.tensor(
        { data: Float64Array.from({ length }, (_, i) => Math.fround(values(i, n))), shape },
        { dtype },
      );
      for (const descending of [false, true]) check(x, shape.indexOf(n), descending);
    }
  }

  test.each(Object.keys(floatLines))('lines %s', (name) => {
    for (const n of sizes) {
      checkAll(floatLines[name]!, n, 'float32', [[n], [2, n, 5]]);
      checkAll(floatLines[name]!, n, 'float64', [[n]]);
    }
    checkAll(floatLines[name]!, 5000, 'float32', [[5000]]);
  });

  test.each(Object.keys(lines))('whole numbers %s', (name) => {
    const whole = (i: number, n: number): number => Math.trunc(lines[name]!(i, n));
    for (const n of sizes) checkAll(whole, n, 'int32', [[n], [n, 2]]);
    checkAll(whole, 5000, 'int32', [[5000]]);
  });

  test('the ends of int32', () => {
    using _ = scope();
    const x = dl.tensor([5, -(2 ** 31), 2 ** 31 - 1, 0, -1, -(2 ** 31)], { dtype: 'int32' });
    expect(dl.sort(x).indices.toArray()).toEqual([1, 5, 4, 3, 0, 2]);
    expect(dl.topK(x, 2).values.toArray()).toEqual([2 ** 31 - 1, 5]);
  });

  test('NaN of both signs are equal, above infinity, and no line is too short', () => {
    using _ = scope();
    // 0/0 has its sign set on some machines.
    const data = new Float32Array(new Uint32Array([0xffc00000, 0x7f800000, 0x7fc00000, 0x3f800000, 0xff800001]).buffer);
    const x = dl.tensor({ data, shape: [5] });
    expect(dl.sort(x).indices.toArray()).toEqual([3, 1, 0, 2, 4]);
    expect(dl.topK(x, 4).indices.toArray()).toEqual([0, 2, 4, 1]);
    expect(dl.topK(x, 2, { largest: false }).indices.toArray()).toEqual([3, 1]);
    expect(dl.sort(dl.zeros([0, 3]), 0).values.shape).toEqual([0, 3]);
    expect(dl.sort(dl.zeros([3, 0]), 0).indices.shape).toEqual([3, 0]);
    expect(dl.topK(dl.zeros([0, 3]), 2).values.shape).toEqual([0, 2]);
    expect(dl.topK(x, 0).values.shape).toEqual([0]);
  });
});
