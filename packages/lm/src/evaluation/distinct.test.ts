// distinct-n, counted by hand.

import { expect, test } from 'vitest';
import { distinctN } from './distinct.js';

test.each([
  [['a b a b a'], 1, 2 / 5],
  [['a b a b a'], 2, 2 / 4],
  [['a b a b a'], 3, 2 / 3],
  // Over all texts together, and no run goes from one text into the next.
  [['a b', 'b a', 'a b'], 1, 2 / 6],
  [['a b', 'b a', 'a b'], 2, 2 / 3],
  [['a, b'], 1, 1],
  [['a', 'b c'], 2, 1],
] as const)('%j, n %i', (texts, n, share) => {
  expect(distinctN(texts, n)).toBeCloseTo(share, 12);
});

test('of characters, and of texts that are too short', () => {
  expect(distinctN(['abab'], 2, { tokenize: (text) => [...text] })).toBeCloseTo(2 / 3, 12);
  expect(distinctN(['a b'], 3)).toBeNaN();
});

test.each([
  [() => distinctN([], 1), 'distinctN: got no texts, needs at least 1'],
  [() => distinctN('a b' as never, 1), "distinctN: texts is 'a b', needs a list of texts"],
  [() => distinctN(['a'], 0), 'distinctN: n is 0, needs a whole number of at least 1'],
])('bad input %#', (call, message) => {
  expect(call).toThrow(message);
});
