import { describe, expect, it } from 'vitest';
import { attribute, elements, hint, parse, pieces, strokes, texts } from '../test/parse.js';
import { SERIES_COLORS } from './colors.js';
import { type CurveSeries, type CurvesOptions, curves } from './curves.js';
import { smooth } from './smooth.js';

const [BLUE, ORANGE] = SERIES_COLORS;
const draw = async (series: CurveSeries[], options?: CurvesOptions) => parse(await curves(series, options));
/** The y axis from 0 to 1, so that heights can be read as values. */
const UNIT = { min: 0, max: 1 };

/** Points of the main line of a colour, as shares of a plot of the given top and height. */
function shares(points: [number, number][], bottom: number, height: number): number[] {
  return points.map(([, y]) => (bottom - y) / height);
}

describe('curves', () => {
  it('puts points where their values are', async () => {
    const svg = await draw([{ name: 'a', values: [0, 0.25, 1, 0.5], steps: [0, 10, 20, 40] }], UNIT);
    const [line] = strokes(svg, BLUE, 2);
    const [points] = pieces(line!);
    const [x0, x1, x2, x3] = points!.map(([x]) => x);
    expect((x1! - x0!) / (x3! - x0!)).toBeCloseTo(0.25, 2);
    expect((x2! - x0!) / (x3! - x0!)).toBeCloseTo(0.5, 2);
    const bottom = points![0]![1];
    expect(shares(points!, bottom, bottom - points![2]![1])).toEqual(
      [0, 0.25, 1, 0.5].map((v) => expect.closeTo(v, 2)),
    );
    expect(bottom - points![2]![1]).toBeCloseTo(220, 0);
  });

  it('spaces powers of ten evenly on a log scale', async () => {
    const svg = await draw([{ name: 'a', values: [10, 1, 0.1], panel: 'loss' }], {
      panels: { loss: { scale: 'log' } },
    });
    const [points] = pieces(strokes(svg, BLUE, 2)[0]!);
    const [y0, y1, y2] = points!.map(([, y]) => y);
    expect(y1! - y0!).toBeCloseTo(y2! - y1!, 1);
    expect(y1! - y0!).toBeGreaterThan(50);
    expect(texts(svg)).toEqual(expect.arrayContaining(['0.1', '1', '10', 'loss']));
  });

  it('labels axes, panels and lines, and says each value under the pointer', async () => {
    const svg = await draw(
      [
        { name: 'train', values: [0.5, 0.25], panel: 'loss' },
        { name: 'test', values: [0.75, 0.9712], panel: 'accuracy' },
      ],
      { title: 'Run <1>', xLabel: 'epoch', panels: { accuracy: { percent: true, min: 0, max: 1, label: 'right' } } },
    );
    const words = texts(svg);
    expect(words).toEqual(expect.arrayContaining(['Run <1>', 'epoch', 'loss', 'train', 'right', 'test', '100\u00a0%']));
    expect(words.filter((word) => word === 'epoch')).toHaveLength(1);
    expect(words).not.toContain('accuracy');
    const hints = elements(svg, 'path')
      .map(hint)
      .filter((text) => text !== undefined);
    expect(hints).toEqual([
      'train, epoch 1: 0.5',
      'train, epoch 2: 0.25',
      'test, epoch 1: 75\u00a0%',
      'test, epoch 2: 97.1\u00a0%',
    ]);
    const root = svg.documentElement!;
    expect(attribute(root, 'aria-label')).toBe('Run <1>');
    expect(texts(root, 'desc')[0]).toContain('right, test: first 75\u00a0% at epoch 1;');
  });

  it('stacks panels in order of first use over one x axis', async () => {
    const svg = await draw(
      [
        { name: 'a', values: [1, 2], steps: [0, 100], panel: 'up' },
        { name: 'b', values: [1, 2], steps: [50, 100], panel: 'down' },
      ],
      { panelHeight: 100 },
    );
    const [[a0, a1]] = pieces(strokes(svg, BLUE, 2)[0]!) as [[number, number][]];
    const [[b0, b1]] = pieces(strokes(svg, ORANGE, 2)[0]!) as [[number, number][]];
    expect(b1![0]).toBeCloseTo(a1![0], 1);
    expect(b0![0]).toBeCloseTo((a0![0] + a1![0]) / 2, 0);
    expect(Math.min(b0![1], b1![1])).toBeGreaterThan(Math.max(a0![1], a1![1]));
  });

  it('takes options for all panels, unless a panel has its own', async () => {
    const series = [
      { name: 'a', values: [0.5, 1], panel: 'p' },
      { name: 'a', values: [0.5, 1], panel: 'q' },
    ];
    const words = texts(
      await draw(series, { percent: true, min: 0, max: 1, panels: { q: { percent: false, label: 'Q' } } }),
    );
    expect(words.filter((word) => word === '100\u00a0%')).toHaveLength(1);
    expect(words.filter((word) => word === '1')).toHaveLength(2); // the first step, and the top of q
    expect(words).toEqual(expect.arrayContaining(['p', 'Q']));
    await expect(draw([{ name: 'a', values: [0] }], { scale: 'log' })).rejects.toThrow(
      "series 'a' has 0 at index 0, but a log",
    );
  });

  it('gives a name one colour in all panels, and dashes when colours run out', async () => {
    const svg = await draw([
      { name: 'a', values: [1, 2], panel: 'p' },
      { name: 'b', values: [1, 2], panel: 'p' },
      { name: 'b', values: [1, 2], panel: 'q' },
    ]);
    const plotted = (color: string) => strokes(svg, color, 2).filter((path) => path.parentNode?.nodeName === 'g');
    expect([plotted(BLUE).length, plotted(ORANGE).length]).toEqual([1, 2]);

    const many = await draw(Array.from({ length: 8 }, (_, i) => ({ name: `n${i}`, values: [i, i + 1] })));
    const [first, eighth] = strokes(many, BLUE, 2).filter((path) => path.parentNode?.nodeName === 'g');
    expect(first!.hasAttribute('stroke-dasharray')).toBe(false);
    expect(attribute(eighth!, 'stroke-dasharray')).not.toBe('');
    expect(texts(many)).toEqual(expect.arrayContaining(['n0', 'n7']));
  });

  it('leaves a gap at null, and marks NaN and infinities with a cross', async () => {
    const svg = await draw([{ name: 'a', values: [1, 2, null, 1, 2, Number.NaN, Number.POSITIVE_INFINITY, 1, 2] }]);
    expect(pieces(strokes(svg, BLUE, 2)[0]!)).toHaveLength(3);
    const crosses = elements(svg, 'path').filter((path) => path.getAttribute('fill') === '#c81e1e');
    expect(crosses.map(hint)).toEqual(['a, step 6: NaN', 'a, step 7: Infinity']);
    expect(texts(svg, 'desc')[0]).toContain('2 of 9 not finite');
    const allLost = await draw([{ name: 'a', values: [Number.NaN, Number.NaN] }]);
    expect(texts(allLost, 'desc')[0]).toBe('a: nothing finite; 2 of 2 not finite.');
  });

  it('draws the smoothed line strong and the values pale', async () => {
    const values = [0, 1, 0, 1, 0, 1];
    const svg = await draw([{ name: 'a', values, smoothing: 0.6 }], UNIT);
    const [strong] = strokes(svg, BLUE, 2);
    const [pale] = strokes(svg, BLUE, 1);
    const [raw] = pieces(pale!) as [[number, number][]];
    const bottom = raw[0]![1];
    const height = bottom - raw[1]![1];
    expect(attribute(pale!, 'stroke-opacity')).toBe('0.35');
    expect(shares(raw, bottom, height)).toEqual(values.map((v) => expect.closeTo(v, 2)));
    expect(shares(pieces(strong!)[0]!, bottom, height)).toEqual(smooth(values, 0.6).map((v) => expect.closeTo(v!, 2)));
  });

  it('takes smoothing for all, unless a line has its own', async () => {
    const both = [
      { name: 'a', values: [1, 2, 3] },
      { name: 'b', values: [3, 2, 1], smoothing: 0 },
    ];
    const svg = await draw(both, { smoothing: 0.5 });
    expect([strokes(svg, BLUE, 1).length, strokes(svg, ORANGE, 1).length]).toEqual([1, 0]);
  });

  it('keeps the peak of a line that it thins', async () => {
    const values = Float64Array.from({ length: 20_000 }, (_, i) => (i === 12_345 ? 1 : 0.1 + 0.01 * Math.sin(i)));
    const [points] = pieces(strokes(await draw([{ name: 'a', values }], UNIT), BLUE, 2)[0]!);
    expect(points!.length).toBeLessThan(2000);
    const [top] = pieces(strokes(await draw([{ name: 'a', values: [0, 1] }], UNIT), BLUE, 2)[0]!) as [
      [number, number][],
    ];
    expect(Math.min(...points!.map(([, y]) => y))).toBeCloseTo(top[1]![1], 1);
  });

  it('shows values that stand alone between gaps', async () => {
    const values = Array.from({ length: 300 }, (_, i) => (i % 2 === 0 || i < 100 ? i : null));
    const dots = elements(await draw([{ name: 'a', values }]), 'path')
      .map(hint)
      .filter((text) => text !== undefined);
    expect(dots).toHaveLength(99); // 100 has a neighbour
    expect(dots[0]).toBe('a, step 103: 102');
  });

  it('draws a single value', async () => {
    const svg = await draw([{ name: 'a', values: [5] }]);
    expect(elements(svg, 'path').map(hint)).toContain('a, step 1: 5');
  });

  it('gives the same string each time, with clip names of its own for each picture', async () => {
    const one = await curves([{ name: 'a', values: [1, 2] }]);
    const other = await curves([{ name: 'a', values: [1, 3] }], { panelHeight: 300 });
    expect(await curves([{ name: 'a', values: [1, 2] }])).toBe(one);
    const ids = [one, other].map((svg) => elements(parse(svg), 'clipPath').map((clip) => attribute(clip, 'id')));
    expect(ids[0]).toHaveLength(1);
    expect(ids[0]).not.toEqual(ids[1]);
    for (const [i, svg] of [one, other].entries()) expect(svg).toContain(`clip-path="url(#${ids[i]![0]})"`);
  });

  it('holds no script, style sheet, class or link, whatever the texts', async () => {
    const evil = `</text><script>x</script> class="a" id="zr1-c0" url(#zr1-c0) \u0007`;
    const svg = await draw([{ name: evil, values: [1, 2], panel: evil }], { title: evil, xLabel: evil });
    for (const name of ['script', 'style', 'a', 'foreignObject']) expect(elements(svg, name)).toHaveLength(0);
    expect(texts(svg).filter((text) => text === evil.replace('\u0007', '\ufffd'))).toHaveLength(4);
    for (const path of elements(svg, 'path')) {
      for (const { name } of path.attributes) expect(name).not.toMatch(/^(class|on|ecmeta|pointer-events)/);
    }
  });

  const ok = { name: 'a', values: [1, 2] };
  it.each<[string, unknown, unknown, string]>([
    ['no series', [], {}, "curves: got no series, needs at least one, such as [{ name: 'loss', values: [2.3, 0.4] }]"],
    ['one series, bare', ok, {}, 'curves: got an object (Object), needs at least one'],
    ['null', [null], {}, 'curves: series 0 is null, needs an object with name and values'],
    ['no name', [{ values: [1] }], {}, 'curves: the name of series 0 is undefined, needs a string'],
    ['no values', [{ name: 'a' }], {}, "curves: series 'a' has undefined as values, needs an array of numbers"],
    [
      'empty values',
      [{ name: 'a', values: [] }],
      {},
      "curves: series 'a' is empty; give it at least one value or leave it out",
    ],
    [
      'a string',
      [{ name: 'a', values: [1, '2'] }],
      {},
      'curves: series \'a\' has "2" at index 1; values are numbers, or null for a gap',
    ],
    ['undefined', [{ name: 'a', values: [undefined] }], {}, "curves: series 'a' has undefined at index 0;"],
    [
      'steps short',
      [{ ...ok, steps: [1] }],
      {},
      "curves: series 'a' has 2 values but 1 steps; give one step per value",
    ],
    ['steps no list', [{ ...ok, steps: 7 }], {}, "curves: series 'a' has 7 as steps, needs an array of numbers"],
    [
      'steps NaN',
      [{ ...ok, steps: [1, Number.NaN] }],
      {},
      "curves: series 'a' has NaN as step 1; steps are finite numbers",
    ],
    [
      'steps falling',
      [{ ...ok, steps: [2, 2] }],
      {},
      "curves: series 'a' has step 2 after step 2; sort by step, and keep each step once",
    ],
    ['twin names', [ok, ok], {}, "curves: two series are named 'a'; give each a name of its own"],
    [
      'twins in a panel',
      [
        { ...ok, panel: 'p' },
        { ...ok, panel: 'p' },
      ],
      {},
      "two series are named 'a' in panel 'p'",
    ],
    ['panel no text', [{ ...ok, panel: 3 }], {}, "curves: the panel of series 'a' is 3, needs a string"],
    [
      'unknown panel',
      [ok],
      { panels: { acc: {} } },
      "curves: panels has options for 'acc', but the panels of the series are ''",
    ],
    [
      'smoothing',
      [ok],
      { smoothing: 1 },
      'curves: smoothing is 1, needs a number from 0 (none) to below 1, such as 0.9',
    ],
    ['own smoothing', [{ ...ok, smoothing: -1 }], {}, "curves: series 'a': smoothing is -1"],
    [
      'log of zero',
      [{ name: 'a', values: [1, 0] }],
      { panels: { '': { scale: 'log' } } },
      "curves: series 'a' has 0 at index 1, but a log scale shows values above 0 only; use scale 'linear', or null for a gap",
    ],
    [
      'log ends',
      [ok],
      { panels: { '': { scale: 'log', min: 0 } } },
      "curves: panel '': min is 0, but a log scale shows values above 0 only",
    ],
    [
      'scale',
      [ok],
      { panels: { '': { scale: 'ln' } } },
      "curves: panel '': scale is \"ln\", needs one of 'linear', 'log'",
    ],
    [
      'ends',
      [ok],
      { panels: { '': { min: 2, max: 1 } } },
      "curves: panel '': min is 2 and max is 1; min must be the smaller",
    ],
    ['end', [ok], { panels: { '': { max: Number.NaN } } }, "curves: panel '': max is NaN, needs a finite number"],
    ['width', [ok], { width: 10 }, 'curves: width is 10, needs a whole number from 200 to 10000'],
    ['panelHeight', [ok], { panelHeight: '9' }, "curves: panelHeight is '9', needs a number"],
    ['title', [ok], { title: 4 }, 'curves: title is 4, needs a string'],
    ['options', [ok], null, 'curves: after series comes null, but options go in one object'],
  ])('refuses %s', async (_, series, options, message) => {
    await expect(curves(series as never, options as never)).rejects.toThrow(message);
  });
});
