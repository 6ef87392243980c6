// Tensors in plain JavaScript: each operator, loop and text either does what is meant or says what to write.

import { cpu } from '@dl/kernels-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import * as dl from '../index.js';

beforeAll(async () => {
  await dl.useBackend(cpu());
});

// biome-ignore lint/suspicious/noExplicitAny: the compiler refuses all of this, and half the users have none
type Any = any;
const scalar = (): Any => dl.tensor(2);
const matrix = (): Any => dl.tensor([[1, 2], [3, 4]]); // biome-ignore format: one line

const asNumber =
  'is no number for the operators of JavaScript (-x, x * 2, x < 1): use neg(x), mul(x, 2), less(x, 1), or x.item(), the number of one element';
const asEither = `is no number for the operators of JavaScript (x + 1, x == 1): use add(x, 1), equal(x, 1), or x.item(), the number of one element; in a text, \`\${x}\``;

/** Each operator of the language that makes a primitive of what it is given. */
const operators: readonly [text: string, use: (x: Any) => unknown, message: string][] = [
  ['-x', (x) => -x, asNumber],
  ['+x', (x) => +x, asNumber],
  ['~x', (x) => ~x, asNumber],
  ['x++', (x) => x++, asNumber],
  ['x - 1', (x) => x - 1, asNumber],
  ['x * 2', (x) => x * 2, asNumber],
  ['2 / x', (x) => 2 / x, asNumber],
  ['x % 2', (x) => x % 2, asNumber],
  ['x ** 2', (x) => x ** 2, asNumber],
  ['x < 1', (x) => x < 1, asNumber],
  ['1 >= x', (x) => 1 >= x, asNumber],
  ['x < y', (x) => x < scalar(), asNumber],
  ['x | 0', (x) => x | 0, asNumber],
  ['x << 1', (x) => x << 1, asNumber],
  ['Math.max(x, 1)', (x) => Math.max(x, 1), asNumber],
  ['Math.max(...[x])', (x) => Math.max(...[x]), asNumber],
  ['Number(x)', (x) => Number(x), asNumber],
  ['isNaN(x)', (x) => Number.isNaN(Math.abs(x)), asNumber],
  ['[x].sort((a, b) => a - b)', (x) => [x, 1].sort((a: Any, b: Any) => a - b), asNumber],
  ['Float32Array.of(x)', (x) => Float32Array.of(x), asNumber],
  ['x + 1', (x) => x + 1, asEither],
  ["'loss ' + x", (x) => `a`.concat('') + x, asEither],
  ['x + y', (x) => x + scalar(), asEither],
  ['x += 1', (x) => (x += 1), asEither],
  // biome-ignore lint/suspicious/noDoubleEquals: it is what is tried
  ['x == 1', (x) => x == 1, asEither],
  // biome-ignore lint/suspicious/noDoubleEquals: it is what is tried
  ["x != '1'", (x) => x != '1', asEither],
];

test.each(operators)('%s says what to write', (_, use, message) => {
  expect(() => use(scalar())).toThrow(new dl.ArgumentError(`a tensor [] ${message}`));
  expect(() => use(matrix())).toThrow(`a tensor [2, 2] ${message}`);
});

test('what the messages say, works', () => {
  const x = dl.tensor(2);
  expect([dl.neg(x).item(), dl.mul(x, 2).item(), dl.less(x, 1).item(), x.item()]).toEqual([-2, 4, 0, 2]);
  expect([dl.add(x, 1).item(), dl.equal(x, 2).item()]).toEqual([3, 1]);
  expect(`${x}`).toBe('Tensor([]) 2');
});

describe('as text', () => {
  test('in a template, joined and as String', () => {
    expect(`loss ${scalar()}`).toBe('loss Tensor([]) 2');
    expect([scalar(), 1].join()).toBe('Tensor([]) 2,1');
    expect(String(matrix())).toBe('Tensor([2, 2]) [[1, 2],\n [3, 4]]');
  });

  test('a freed one can still be printed', () => {
    const x = dl.tensor([1]);
    x.dispose();
    expect(`${x}`).toBe('Tensor(freed, [1], float32)');
  });

  test('as JSON it is its values, its shape and its dtype', () => {
    expect(JSON.stringify({ loss: scalar() })).toBe('{"loss":{"data":[2],"shape":[],"dtype":"float32"}}');
  });

  test.each([
    ['float32', [0.1, -0, Number.NaN, Infinity, -Infinity, 3.4e38]],
    ['float64', [0.1, Math.PI, 5e-324, Number.NaN]],
    ['int32', [-(2 ** 31), 2 ** 31 - 1]],
    ['bool', [1, 0]],
  ] as const)('from JSON it comes back, every %s', (dtype, values) => {
    for (const shape of [[values.length], [1, values.length, 1], [0, 3]]) {
      const x = dl.tensor({ data: values.slice(0, dl.sizeOf(shape)), shape }, { dtype });
      const y = dl.tensor(JSON.parse(JSON.stringify(x)));
      // JSON has one zero.
      expect([y.dtype, y.shape, y.dataSync()]).toEqual([dtype, shape, x.dataSync().map((value) => value + 0)]);
    }
  });
});

describe('gone through', () => {
  test('for and spread are errors of the language, and so that libraries for tests may compare tensors, stay them', () => {
    expect(() => [...matrix()]).toThrow('is not iterable');
  });

  test('a typed array of it is no empty array', () => {
    const message = 'length: a tensor [2] has none; x.size is the number of its elements';
    expect(() => Float32Array.from(dl.ones([2]) as Any)).toThrow(message);
    expect(() => new Float32Array(dl.ones([2]) as Any)).toThrow(message);
    expect(() => Array.from(dl.ones([2]) as Any)).toThrow(message);
  });

  test.each([-1, 0, 1, 2, 3])('x[%i] says how to have the part', (i) => {
    expect(() => matrix()[i]).toThrow(
      new dl.ShapeError(
        `x[${i}] of a tensor [2, 2]: JavaScript has no such index of tensors; use x.slice([${i}]) for a part, x.toArray() or await x.data() for its numbers`,
      ),
    );
  });

  test('a loop up to x.length does not end before it begins', () => {
    const loop = (x: Any): number => {
      let sum = 0;
      for (let i = 0; i < x.length; i++) sum += i;
      return sum;
    };
    expect(() => loop(matrix())).toThrow(
      'length: a tensor [2, 2] has none; x.size is the number of its elements, and x.shape[0] that of its rows',
    );
    expect(() => Math.max.apply(null, matrix())).toThrow('length: a tensor [2, 2] has none');
  });

  test('what looks at the class, and not at a tensor, finds nothing wrong', () => {
    expect((dl.Tensor.prototype as Any).length).toBeUndefined();
    expect(Object.keys(matrix())).not.toContain('0');
  });
});
