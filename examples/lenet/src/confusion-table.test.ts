// The confusion matrix in characters: in every width that it can have no line is longer.

import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { confusionTable } from './confusion-table.js';

const counts = Array.from({ length: 10 }, (_, row) =>
  Array.from({ length: 10 }, (_, column) => (row === column ? 1000 + row : column === 3 ? 12 : 0)),
);

test.each([200, 80, 66, 60, 56, 52])('in %i columns no line breaks, and every count is there', (columns) => {
  const lines = stripVTControlCharacters(confusionTable(counts, { colors: true, columns })).split('\n');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
  expect(lines).toHaveLength(12);
  for (const [row, line] of lines.slice(2).entries()) {
    const numbers = line.match(/\d+(?!\.?\d* %)|·/g)!;
    expect(numbers).toContain(String(1000 + row));
  }
});

test('with room it is as wide as it likes', () => {
  const lines = confusionTable(
    [
      [9, 1],
      [0, 10],
    ],
    { colors: false },
  ).split('\n');
  expect(lines).toEqual([
    '          read as',
    '          0    1    found',
    'true 0    9    1   90.0 %',
    'true 1    ·   10  100.0 %',
  ]);
});

test('shares line up under their heading', () => {
  const [, head, ...rows] = confusionTable(counts, { colors: false, columns: 80 }).split('\n');
  for (const row of rows) expect(row.length).toBe(head!.length);
});
