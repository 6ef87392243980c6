import { describe, expect, it } from 'vitest';
import { attribute, elements, hint, parse, texts } from '../test/parse.js';
import { attentionMap } from './attention-map.js';

const weights = [
  [0.75, 0.25, 0],
  [0.1, 0.4, 0.5],
];
const rows = ['the', 'cat'];
const columns = ['die', 'Katze', '.'];
const draw = (...args: Parameters<typeof attentionMap>) => parse(attentionMap(...args));
/** Cells in reading order: those that have a hint. */
const cells = (svg: ReturnType<typeof parse>) => elements(svg, 'rect').filter((rect) => hint(rect) !== undefined);

describe('attentionMap', () => {
  it('shows the labels of both sequences once each, the weights and the title', () => {
    const words = texts(draw(weights, { rows, columns, title: 'Alignment' }));
    for (const label of [...rows, ...columns, 'Alignment', 'query', 'key']) {
      expect(words.filter((word) => word === label)).toHaveLength(1);
    }
    // 0 is told by its colour.
    for (const weight of ['0.75', '0.25', '0.10', '0.40', '0.50']) expect(words).toContain(weight);
    expect(words).not.toContain('0.00');
  });

  it('places weight [query][key] in row and column, and says it in words', () => {
    const squares = cells(draw(weights, { rows, columns, cellSize: 50 }));
    expect(squares.map(hint)).toEqual([
      'the → die: 0.75',
      'the → Katze: 0.25',
      'the → .: 0',
      'cat → die: 0.1',
      'cat → Katze: 0.4',
      'cat → .: 0.5',
    ]);
    const at = (i: number, axis: 'x' | 'y'): number => Number(attribute(squares[i]!, axis));
    expect([at(1, 'x') - at(0, 'x'), at(1, 'y') - at(0, 'y')]).toEqual([50, 0]);
    expect([at(3, 'x') - at(0, 'x'), at(3, 'y') - at(0, 'y')]).toEqual([0, 50]);
  });

  it('each label stands at the middle of its row or column', () => {
    const svg = draw(weights, { rows, columns: ['a', 'b', 'c'], cellSize: 50 });
    const squares = cells(svg);
    const labelled = (word: string) => elements(svg, 'text').find((text) => text.textContent === word)!;
    const middle = (i: number, axis: 'x' | 'y'): number => Number(attribute(squares[i]!, axis)) + 25;
    expect(Number(attribute(labelled('b'), 'x'))).toBeCloseTo(middle(1, 'x'), 0);
    expect(Math.abs(Number(attribute(labelled('cat'), 'y')) - middle(3, 'y'))).toBeLessThan(8);
    expect(attribute(labelled('cat'), 'text-anchor')).toBe('end');
    expect(Number(attribute(labelled('cat'), 'x'))).toBeLessThan(Number(attribute(squares[3]!, 'x')));
  });

  it('colours by the share of the largest weight, grey for none, and a bar says which that is', () => {
    const svg = draw([
      [0, 0.4],
      [0.2, 0.1],
    ]);
    const fills = cells(svg).map((rect) => attribute(rect, 'fill'));
    expect(fills.slice(0, 3)).toEqual(['#f6f6f6', '#0b4f8a', '#8fbde0']);
    // A quarter lies half way between the palest and the middle.
    expect(fills[3]).toBe('#bfd9ee');
    expect(texts(svg).slice(-2)).toEqual(['0', '0.4']);
    expect(cells(draw([[0, 0]])).map((rect) => attribute(rect, 'fill'))).toEqual(['#f6f6f6', '#f6f6f6']);
  });

  it('numbers rows and columns that have no labels', () => {
    expect(cells(draw(weights)).map(hint)[5]).toBe('1 → 2: 0.5');
  });

  it('describes itself: where each row looks most', () => {
    expect(texts(draw(weights, { rows, columns }), 'desc')[0]).toBe(
      '2 queries and 3 keys. Most looks: the at die (0.75), cat at . (0.5).',
    );
    expect(texts(draw([[0]]), 'desc')[0]).toBe('1 queries and 1 keys. Most looks: 0 at nothing.');
  });

  it('keeps everything inside the picture, for long sequences and long words', () => {
    const n = 120;
    const many = Array.from({ length: n }, (_, i) => Array.from({ length: 40 }, (__, j) => (i === j ? 0.9 : 0.01)));
    const svg = draw(many, {
      rows: Array.from({ length: n }, (_, i) => `a rather long word ${i}`),
      columns: Array.from({ length: 40 }, (_, i) => `another one ${i}`),
      title: 'A title that is longer than the picture would be without it, so that the picture is made wider for it',
    });
    const width = Number(attribute(svg.documentElement!, 'width'));
    const height = Number(attribute(svg.documentElement!, 'height'));
    for (const rect of cells(svg)) {
      expect(Number(attribute(rect, 'x')) + Number(attribute(rect, 'width'))).toBeLessThan(width);
      expect(Number(attribute(rect, 'y')) + Number(attribute(rect, 'height'))).toBeLessThan(height);
    }
    // Too small for numbers, but not for hints.
    expect(texts(svg)).not.toContain('0.90');
    expect(hint(cells(svg)[0]!)).toBe('a rather long word 0 → another one 0: 0.9');
  });

  it('takes typed arrays, escapes labels and gives the same string each time', () => {
    const typed = weights.map((row) => Float64Array.from(row));
    const labels = { rows: ['<a>', '"b"'], columns: ['&', "'", 'c'] };
    expect(attentionMap(typed, labels)).toBe(attentionMap(weights, labels));
    expect(texts(draw(typed, labels))).toEqual(expect.arrayContaining(['<a>', '"b"', '&', "'"]));
  });

  it.each<[string, unknown, unknown, string]>([
    [
      'no rows',
      [],
      {},
      'attentionMap: weights is an array of no rows, needs a row of numbers for each query, such as [[0.9, 0.1], [0.2, 0.8]]',
    ],
    ['no matrix', 'abc', {}, 'attentionMap: weights is "abc", needs a row of numbers for each query'],
    ['flat numbers', [1, 2], {}, 'attentionMap: row 0 of weights is 1, needs an array of a number for each key'],
    ['no columns', [[]], {}, 'attentionMap: row 0 of weights is an array of no numbers, needs an array'],
    [
      'ragged rows',
      [[1, 2], [3]],
      {},
      'attentionMap: row 1 of weights has 1 numbers and row 0 has 2; needs one for each key in all rows',
    ],
    ['a negative weight', [[1], [-2]], {}, 'attentionMap: weights [1][0] is -2, needs a number of at least 0'],
    ['NaN', [[Number.NaN]], {}, 'attentionMap: weights [0][0] is NaN, needs a number of at least 0'],
    [
      'too many',
      [new Float32Array(257)],
      {},
      'attentionMap: weights has 1 rows of 257 numbers, too many to look at; needs at most 256 of each: draw some of them',
    ],
    [
      'too few labels',
      weights,
      { rows: ['a'] },
      'attentionMap: rows are 1 texts for 2 rows of weights; give one string',
    ],
    ['other labels', weights, { columns: [1, 2, 3] }, 'attentionMap: columns [0] is 1, needs a string'],
    ['cellSize', weights, { cellSize: 1 }, 'attentionMap: cellSize is 1, needs a whole number from 4 to 200'],
    ['title', weights, { title: null }, 'attentionMap: title is null, needs a string'],
    ['options', weights, 5, 'attentionMap: after weights comes 5, but options go in one object'],
  ])('refuses %s', (_, matrix, options, message) => {
    expect(() => attentionMap(matrix as never, options as never)).toThrow(message);
  });
});
