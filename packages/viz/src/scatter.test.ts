import { ArgumentError } from '@dl/autograd';
import { describe, expect, it } from 'vitest';
import { attribute, elements, hint, parse, texts } from '../test/parse.js';
import { SERIES_COLORS } from './colors.js';
import { overlap, placeLabels } from './label-places.js';
import { scatter } from './scatter.js';
import { textWidth } from './svg.js';

const groups = [
  {
    name: 'countries',
    points: [
      [0, 1],
      [1, 3],
      [-1, 2],
    ],
    labels: ['France', 'Italy', 'Spain'],
  },
  { name: 'capitals', points: [[4, 1], Float32Array.of(5, 3), [3, 2]], labels: ['Paris', 'Rome', 'Madrid'] },
];
const draw = (...args: Parameters<typeof scatter>) => parse(scatter(...args));
type Svg = ReturnType<typeof parse>;
/** Points in their order: circles that have a hint. */
const points = (svg: Svg) => elements(svg, 'circle').filter((circle) => hint(circle) !== undefined);
const at = (element: ReturnType<typeof points>[number], name: string): number => Number(attribute(element, name));

describe('scatter', () => {
  it('places points by one scale for both axes, x to the right, y upwards', () => {
    const svg = draw(groups);
    const circles = points(svg);
    const all = groups.flatMap((group) => group.points.map((point) => Array.from(point) as [number, number]));
    const unit = at(circles[3]!, 'cx') - at(circles[0]!, 'cx');
    expect(unit).toBeGreaterThan(100);
    circles.forEach((circle, i) => {
      const [x, y] = all[i]!;
      expect(at(circle, 'cx') - at(circles[0]!, 'cx')).toBeCloseTo((x * unit) / 4, 0);
      expect(at(circles[0]!, 'cy') - at(circle, 'cy')).toBeCloseTo(((y - 1) * unit) / 4, 0);
    });
    expect(circles.map((circle) => attribute(circle, 'fill'))).toEqual([
      ...new Array<string>(3).fill(SERIES_COLORS[0]),
      ...new Array<string>(3).fill(SERIES_COLORS[1]),
    ]);
  });

  it('numbers on the axes stand where points of these numbers would', () => {
    const svg = draw([{ name: 'a', points: Array.from({ length: 5 }, (_, i) => [10 * i, 10 * i]) }]);
    const circles = points(svg);
    const numbers = elements(svg, 'text');
    for (const [i, value] of [0, 10, 20, 30, 40].entries()) {
      const places = numbers.filter((text) => text.textContent === String(value));
      if (value % 20 === 0) expect(places).toHaveLength(2);
      for (const place of places) {
        const isX = attribute(place, 'text-anchor') === 'middle';
        if (isX) expect(at(place, 'x')).toBeCloseTo(at(circles[i]!, 'cx'), 0);
        else expect(Math.abs(at(place, 'y') - 4 - at(circles[i]!, 'cy'))).toBeLessThan(1);
      }
    }
  });

  it('shows labels, names of groups and axes once each, and hints with both numbers', () => {
    const svg = draw(groups, { title: 'Words', xLabel: 'first', yLabel: 'second' });
    for (const word of ['France', 'Madrid', 'countries', 'capitals', 'Words', 'first', 'second']) {
      expect(texts(svg).filter((text) => text === word)).toHaveLength(1);
    }
    expect(points(svg).map(hint)[4]).toBe('Rome (capitals): 5, 3');
    expect(texts(svg, 'desc')[0]).toBe(
      'countries: 3 points, France, Italy, Spain. capitals: 3 points, Paris, Rome, Madrid.',
    );
    // One group needs no legend.
    expect(texts(draw(groups.slice(0, 1)))).not.toContain('countries');
  });

  it('linked: a line from each point to that of the same place in the next group', () => {
    const svg = draw([...groups, { name: 'rivers', points: groups[0]!.points.map(([x, y]) => [y! * 2, x!]) }], {
      linked: true,
    });
    const circles = points(svg);
    const lines = elements(svg, 'line').filter((line) => line.getAttribute('stroke-dasharray') !== null);
    expect(lines).toHaveLength(6);
    lines.forEach((line, i) => {
      const [from, to] = [circles[i]!, circles[i + 3]!];
      expect(['x1', 'y1', 'x2', 'y2'].map((name) => at(line, name))).toEqual([
        at(from, 'cx'),
        at(from, 'cy'),
        at(to, 'cx'),
        at(to, 'cy'),
      ]);
    });
  });

  it('keeps points and labels inside of the picture, and labels off one another where there is room', () => {
    const spread = Array.from({ length: 24 }, (_, i) => [i % 6, Math.floor(i / 6)]);
    for (const [width, height] of [
      [780, 560],
      [600, 900],
    ] as const) {
      const svg = draw([{ name: 'a', points: spread, labels: spread.map((_, i) => `a longer label ${i}`) }], {
        width,
        height,
      });
      const boxes = elements(svg, 'text')
        .filter((text) => text.textContent!.startsWith('a longer'))
        .map((text) => {
          const left = at(text, 'x');
          const middle = at(text, 'y') - 4;
          return { left, right: left + textWidth(text.textContent!, 12), top: middle - 6, bottom: middle + 6 };
        });
      boxes.forEach((box, i) => {
        expect(box.left).toBeGreaterThanOrEqual(0);
        expect(box.right).toBeLessThanOrEqual(width);
        expect(box.top).toBeGreaterThanOrEqual(0);
        expect(box.bottom).toBeLessThanOrEqual(height);
        for (const other of boxes.slice(0, i)) expect(overlap(box, other)).toBeLessThan(width > 700 ? 1 : Infinity);
      });
      for (const circle of points(svg)) {
        expect(at(circle, 'cx')).toBeGreaterThan(40);
        expect(at(circle, 'cx')).toBeLessThan(width - 10);
        expect(at(circle, 'cy')).toBeGreaterThan(5);
        expect(at(circle, 'cy')).toBeLessThan(height - 20);
      }
    }
  });

  it('draws one point, points in one place, and names of any signs', () => {
    for (const group of [
      { name: '<&>"\u0000', points: [[7, 7]], labels: ['</text>'] },
      {
        name: 'same',
        points: [
          [1, 1],
          [1, 1],
        ],
      },
      {
        name: 'large',
        points: [
          [1e100, -1e100],
          [0, 1e-300],
        ],
      },
    ]) {
      for (const circle of points(draw([group]))) {
        expect(Number.isFinite(at(circle, 'cx')) && Number.isFinite(at(circle, 'cy'))).toBe(true);
      }
    }
    expect(points(draw([{ name: 'one', points: [[7, 7]] }])).map((circle) => at(circle, 'cx'))[0]).toBeGreaterThan(300);
  });

  const point = { name: 'a', points: [[1, 2]] };
  it.each([
    [
      'no groups',
      [],
      {},
      "scatter: groups is an array of no groups, needs groups such as [{ name: 'words', points: [[0, 1], [2, 3]] }]",
    ],
    ['no name', [{ points: [[1, 2]] }], {}, 'scatter: the name of group 0 is undefined, needs a string'],
    ['a name twice', [point, point], {}, 'scatter: two groups are called "a"; each needs a name of its own'],
    [
      'no points',
      [{ name: 'a', points: [] }],
      {},
      'scatter: points of "a" are an array of none, needs [x, y] of at least one',
    ],
    [
      'three numbers',
      [{ name: 'a', points: [[1, 2, 3]] }],
      {},
      'scatter: point 0 of "a" is [1, 2, 3], needs two numbers between -1e100 and 1e100',
    ],
    [
      'NaN',
      [
        {
          name: 'a',
          points: [
            [1, 2],
            [Number.NaN, 1],
          ],
        },
      ],
      {},
      'scatter: point 1 of "a" is [NaN, 1], needs two numbers between -1e100 and 1e100',
    ],
    [
      'too few labels',
      [{ ...point, labels: [] }],
      {},
      'scatter: labels of "a" are 0 texts for 1 points; give one string for each',
    ],
    ['a label that is none', [{ ...point, labels: [7] }], {}, 'scatter: label 0 of "a" is 7, needs a string'],
    [
      'linked groups of different sizes',
      [
        point,
        {
          name: 'b',
          points: [
            [1, 2],
            [3, 4],
          ],
        },
      ],
      { linked: true },
      'scatter: "b" has 2 points and the group before it 1; linked groups need as many',
    ],
    ['a small picture', [point], { width: 20 }, 'scatter: width is 20, needs a whole number from 160 to 4000'],
    [
      'too many points',
      [{ name: 'a', points: Array.from({ length: 5001 }, () => [1, 2]) }],
      {},
      'scatter: there are 5001 points, too many to look at; needs at most 5000: draw some of them',
    ],
  ])('refuses %s', (_, given, options, said) => {
    expect(() => scatter(given as never, options)).toThrow(new ArgumentError(said));
  });
});

describe('labels', () => {
  it('stand on the other side where the first is taken, and inside of the picture', () => {
    const within = { left: 0, top: 0, right: 200, bottom: 100 };
    const box = (x: number, y: number) => ({ left: x - 4, top: y - 4, right: x + 4, bottom: y + 4 });
    const [right, left] = placeLabels(
      [
        { x: 100, y: 50, width: 60 },
        { x: 180, y: 50, width: 60 },
      ],
      { height: 12, gap: 6, points: [box(100, 50), box(180, 50)], within },
    );
    expect([right!.left, right!.right]).toEqual([106, 166]);
    // To the right it would leave the picture, to the left cover the other one.
    expect(left!.right).toBeLessThanOrEqual(200);
    expect(overlap(left!, right!)).toBe(0);
  });
});
