// The alias table has the distribution that it was made of.

import type { Generator } from '@dl/autograd';
import { expect, test } from 'vitest';
import { AliasTable } from './alias-table.js';

const lists = [[1], [1, 1], [3, 1, 0, 4], [1e-6, 1, 1e6], Array.from({ length: 100 }, (_, i) => (i + 1) ** -1.1)];

test.each(lists)('%j…', (...weights) => {
  const table = new AliasTable(Float64Array.from(weights));
  // All the numbers that a generator can give are equally likely: so many of them, evenly spread.
  const draws = 2 ** 16;
  const counts = weights.map(() => 0);
  for (let i = 0; i < draws; i++) counts[table.draw({ uint32: () => i * 2 ** 16 } as Generator)]!++;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  for (const [i, weight] of weights.entries()) {
    // Each side lies in some boxes, and at each of their edges one draw may be here or there.
    expect(Math.abs(counts[i]! - (draws * weight) / total)).toBeLessThanOrEqual(weights.length + 1);
    if (weight === 0) expect(counts[i]).toBe(0);
  }
});
