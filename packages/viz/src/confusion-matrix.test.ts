import { describe, expect, it } from 'vitest';
import { attribute, elements, hint, parse, texts } from '../test/parse.js';
import { confusionMatrix } from './confusion-matrix.js';

const NB = '\u00a0%';
const counts = [
  [40, 10, 0],
  [5, 15, 0],
  [0, 75, 25],
];
const draw = (...args: Parameters<typeof confusionMatrix>) => parse(confusionMatrix(...args));
/** Cells in reading order; the first rect is the ground. */
const cells = (svg: ReturnType<typeof parse>) => elements(svg, 'rect').slice(1);

describe('confusionMatrix', () => {
  it('shows counts, labels, recall, precision and accuracy', () => {
    const words = texts(draw(counts, { labels: ['cat', 'dog', 'elk'], title: 'Animals' }));
    const shown = words.map((word) => word.replace(NB, ' %'));
    for (const word of ['Animals', 'predicted', 'true', 'recall', 'precision', '40', '10', '5', '15', '75', '25']) {
      expect(shown).toContain(word);
    }
    for (const label of ['cat', 'dog', 'elk']) expect(shown.filter((word) => word === label)).toHaveLength(2);
    // Recall of cat, dog, elk: 40/50, 15/20, 25/100; precision 40/45, 15/100, 25/25; accuracy 80/170.
    const rates = shown.filter((word) => word.endsWith(' %'));
    expect(rates.sort()).toEqual(['80.0 %', '75.0 %', '25.0 %', '88.9 %', '15.0 %', '100 %', '47.1 %'].sort());
    expect(shown.filter((word) => word === '0')).toHaveLength(3);
  });

  it('places cell [row][column] in row and column, and says it in words', () => {
    const squares = cells(draw(counts, { labels: ['cat', 'dog', 'elk'], cellSize: 50 }));
    expect(squares).toHaveLength(9);
    const at = (i: number, axis: 'x' | 'y'): number => Number(attribute(squares[i]!, axis));
    expect([at(1, 'x') - at(0, 'x'), at(1, 'y') - at(0, 'y')]).toEqual([50, 0]);
    expect([at(3, 'x') - at(0, 'x'), at(3, 'y') - at(0, 'y')]).toEqual([0, 50]);
    expect(hint(squares[7]!)).toBe(`true elk, predicted dog: 75 of 100 (75.0${NB})`);
  });

  it('colours by the root of the share of the row: blue if right, orange if wrong, grey if none', () => {
    const fills = cells(
      draw([
        [0, 7],
        [3, 9],
      ]),
    ).map((rect) => attribute(rect, 'fill'));
    expect(fills[0]).toBe('#f6f6f6');
    expect(fills[1]).toBe('#a63c06');
    expect(cells(draw([[4]])).map((rect) => attribute(rect, 'fill'))).toEqual(['#0b4f8a']);
    // Shares 1/4 and 3/4: the root of 1/4 is the middle of the ramp.
    expect(fills[2]).toBe('#f6a560');
    expect(
      cells(
        draw([
          [1, 3],
          [0, 1],
        ]),
      ).map((rect) => attribute(rect, 'fill'))[0],
    ).toBe('#8fbde0');
  });

  it('shows a share of nothing as –', () => {
    const words = texts(
      draw([
        [0, 0],
        [0, 0],
      ]),
    );
    expect(words.filter((word) => word === '–')).toHaveLength(5);
  });

  it('describes itself, commonest mistakes first', () => {
    const describe = (matrix: number[][]) => texts(draw(matrix), 'desc')[0];
    expect(describe(counts)).toBe(
      `80 of 170 right (accuracy 47.1${NB}). Commonest mistakes: 2 taken for 1 (75), 0 taken for 1 (10), 1 taken for 0 (5).`,
    );
    expect(describe([[2]])).toBe(`2 of 2 right (accuracy 100${NB}). No mistakes.`);
  });

  it('keeps everything inside the picture, for many classes and long names', () => {
    const n = 30;
    const many = Array.from({ length: n }, (_, i) => Array.from({ length: n }, (__, j) => (i === j ? 9999 : 3)));
    const svg = draw(many, { labels: Array.from({ length: n }, (_, i) => `a rather long name ${i}`) });
    const width = Number(attribute(svg.documentElement!, 'width'));
    const height = Number(attribute(svg.documentElement!, 'height'));
    for (const rect of cells(svg)) {
      expect(Number(attribute(rect, 'x')) + Number(attribute(rect, 'width'))).toBeLessThan(width);
      expect(Number(attribute(rect, 'y')) + Number(attribute(rect, 'height'))).toBeLessThan(height);
    }
    // Too small for four digits, but not for hints.
    expect(texts(svg)).not.toContain('9999');
    expect(hint(cells(svg)[0]!)).toContain('9999 of 10086');
  });

  it('takes typed arrays, escapes labels and gives the same string each time', () => {
    const typed = counts.map((row) => Int32Array.from(row));
    const labels = ['<a>', '"b"', '&'];
    expect(confusionMatrix(typed, { labels })).toBe(confusionMatrix(counts, { labels }));
    expect(texts(draw(typed, { labels }))).toEqual(expect.arrayContaining(labels));
  });

  it.each<[string, unknown, unknown, string]>([
    [
      'no rows',
      [],
      {},
      'confusionMatrix: got no rows, needs one row of counts per true class, such as [[48, 2], [5, 45]]',
    ],
    ['no matrix', 3, {}, 'confusionMatrix: got 3, needs one row of counts'],
    ['flat counts', [1, 2], {}, 'confusionMatrix: row 0 is 1, needs an array of 2 counts'],
    [
      'ragged rows',
      [[1, 2], [3]],
      {},
      'confusionMatrix: row 1 has 1 counts but there are 2 rows; needs as many columns as rows',
    ],
    [
      'a negative count',
      [
        [1, -2],
        [3, 4],
      ],
      {},
      'confusionMatrix: count [0][1] is -2, needs a whole number of at least 0',
    ],
    ['a share', [[0.5]], {}, 'confusionMatrix: count [0][0] is 0.5, needs a whole number of at least 0'],
    ['NaN', [[Number.NaN]], {}, 'confusionMatrix: count [0][0] is NaN'],
    [
      'too few labels',
      counts,
      { labels: ['a'] },
      'confusionMatrix: got 1 labels for 3 classes; give one string per class',
    ],
    ['labels no array', counts, { labels: 'abc' }, "confusionMatrix: labels is 'abc', needs an array"],
    ['a label no string', [[1]], { labels: [7] }, 'confusionMatrix: label 0 is 7, needs a string'],
    ['cellSize', [[1]], { cellSize: 1 }, 'confusionMatrix: cellSize is 1, needs a whole number from 8 to 200'],
    ['title', [[1]], { title: null }, 'confusionMatrix: title is null, needs a string'],
    ['options', [[1]], 5, 'confusionMatrix: after counts comes 5, but options go in one object'],
  ])('refuses %s', (_, matrix, options, message) => {
    expect(() => confusionMatrix(matrix as never, options as never)).toThrow(message);
  });
});
