// The script without PyTorch: cases are the same for ever and run here, and what differs is found.

import { existsSync, readFileSync } from 'node:fs';
import { useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { describe, expect, test } from 'vitest';
import { difference, differOnlyWhere } from './compare.js';
import { plainList } from './kind.js';
import { kinds } from './kinds/index.js';
import { Random } from './random.js';

describe.each(kinds.map((kind) => [kind.name, kind] as const))('%s', (name, kind) => {
  test('draws the same case from the same number, as JSON', () => {
    const cases = Array.from({ length: 20 }, (_, number) => kind.draw(new Random(3, number)));
    expect(JSON.parse(JSON.stringify(cases))).toEqual(
      Array.from({ length: 20 }, (_, n) => kind.draw(new Random(3, n))),
    );
    expect(new Set(cases.map((each) => JSON.stringify(each))).size).toBeGreaterThan(15);
  });

  test('runs here', async () => {
    await useBackend(cpu());
    for (let number = 0; number < 20; number++) {
      const given = kind.draw(new Random(5, number));
      const outcome = await Promise.resolve(given)
        .then((each) => kind.run(each))
        .catch((error: Error) => ({ error: error.message }));
      expect(difference(outcome, outcome, kind.tolerance(given))).toBeUndefined();
    }
  });

  test('has something to compare with', () => {
    if (kind.reference !== undefined) return;
    const file = new URL(`./kinds/${name}.py`, import.meta.url);
    expect(existsSync(file)).toBe(true);
    expect(readFileSync(file, 'utf8')).toContain(`def ${name}(case):`);
  });
});

test('finds what differs, and nothing else', () => {
  const tolerance = { rtol: 1e-3, atol: 1e-6 };
  const found = (ours: number[], theirs: number[]): string | undefined =>
    difference({ x: plainList(ours) }, { x: plainList(theirs) }, tolerance);
  expect(
    found([1, Number.NaN, Number.POSITIVE_INFINITY], [1.0009, Number.NaN, Number.POSITIVE_INFINITY]),
  ).toBeUndefined();
  expect(found([1, 5, 2], [1, 4, 1])).toBe('x[2] is 2 here and 1 there');
  expect(found([1], [Number.NaN])).toBe('x[0] is 1 here and nan there');
  expect(found([Number.POSITIVE_INFINITY], [Number.NEGATIVE_INFINITY])).toBe('x[0] is inf here and -inf there');
  expect(found([1], [1, 2])).toBe('x has another form: [1] here, [1,2] there');
  expect(difference({ error: 'no' }, { x: 1 }, tolerance)).toBe('refused here: no');
  expect(difference({ x: 1 }, { error: 'no' }, tolerance)).toBe('refused there: no');
  expect(difference({ error: 'this' }, { error: 'that' }, tolerance)).toBeUndefined();
  expect(difference({ x: 1 }, { y: 1 }, tolerance)).toBe('x is only here');
});

test('what is compared with says how uncertain it is', () => {
  const exact = { rtol: 0, atol: 0 };
  expect(difference({ x: [1, 2] }, { x: [1.5, 2], 'x ±': 0.5 }, exact)).toBeUndefined();
  expect(difference({ x: [1, 2] }, { x: [1.5, 2], 'x ±': 0.4 }, exact)).toBe('x[0] is 1 here and 1.5 there');
  expect(difference({ x: [1], y: [1] }, { x: ['nan'], 'x ±': 'inf', y: [2], 'y ±': 0 }, exact)).toBe(
    'y[0] is 1 here and 2 there',
  );
});

test('a reason explains the places that it names, and hides no others', () => {
  const exact = { rtol: 0, atol: 0 };
  const isHere = (here: unknown): boolean => here === 'nan';
  expect(differOnlyWhere({ x: [1, 'nan'] }, { x: [1, 3] }, exact, isHere)).toBe(true);
  expect(differOnlyWhere({ x: [2, 'nan'] }, { x: [1, 3] }, exact, isHere)).toBe(false);
  expect(differOnlyWhere({ x: [1, 'nan'] }, { x: [1] }, exact, isHere)).toBe(false);
  expect(differOnlyWhere({ error: 'no' }, { x: [1] }, exact, isHere)).toBe(false);
});

test('numbers are spread over their range', () => {
  const drawn = Array.from({ length: 4000 }, (_, i) => new Random(1, i).next());
  for (let i = 0; i < 10; i++) {
    const share = drawn.filter((value) => Math.floor(value * 10) === i).length;
    // Six deviations of a binomial distribution.
    expect(Math.abs(share - 400)).toBeLessThan(6 * Math.sqrt(4000 * 0.1 * 0.9));
  }
});
