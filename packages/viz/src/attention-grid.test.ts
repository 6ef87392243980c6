import { describe, expect, it } from 'vitest';
import { attribute, elements, hint, parse, pixels, texts } from '../test/parse.js';
import { attentionGrid } from './attention-grid.js';

const diagonal = [
  [1, 0],
  [0, 1],
];
const even = [
  [0.5, 0.5],
  [0.5, 0.5],
];
const wide = [
  [0.25, 0.5, 0.25],
  [1, 0, 0],
];
const draw = (...args: Parameters<typeof attentionGrid>) => parse(attentionGrid(...args));
const tiles = (svg: ReturnType<typeof parse>) => elements(svg, 'g').filter((group) => hint(group) !== undefined);
const imageOf = (tile: Element) => elements(tile as never, 'image')[0]!;
type Element = ReturnType<typeof tiles>[number];
/** The colours of a heat map, row after row, as red, green, blue. */
const colors = (tile: Element): number[][] => {
  const { data, channels } = pixels(imageOf(tile));
  return Array.from({ length: data.length / channels }, (_, i) => [...data.slice(i * channels, (i + 1) * channels)]);
};
const [full, middle, none] = [
  [11, 79, 138],
  [143, 189, 224],
  [238, 245, 251],
];

describe('attentionGrid', () => {
  it('a row for each layer and a column for each head, with their names', () => {
    const svg = draw([
      [diagonal, even],
      [wide, wide],
    ]);
    const words = texts(svg);
    for (const word of ['layer 1', 'layer 2', 'head 1', 'head 2']) expect(words).toContain(word);
    const found = tiles(svg);
    expect(found.map(hint)).toEqual([
      'layer 1, head 1: 2 queries, 2 keys, weights up to 1',
      'layer 1, head 2: 2 queries, 2 keys, weights up to 0.5',
      'layer 2, head 1: 2 queries, 3 keys, weights up to 1',
      'layer 2, head 2: 2 queries, 3 keys, weights up to 1',
    ]);
    const at = (i: number, axis: 'x' | 'y'): number => Number(attribute(imageOf(found[i]!), axis));
    expect(at(1, 'x')).toBeGreaterThan(at(0, 'x') + 80);
    expect([at(0, 'y'), at(2, 'x')]).toEqual([at(1, 'y'), at(0, 'x')]);
    expect(at(2, 'y')).toBeGreaterThan(at(0, 'y') + 80);
  });

  it('a pixel for each weight, row after row, the largest of each heat map in full colour', () => {
    const [first, second, third] = tiles(draw([[diagonal, even], [wide]]));
    expect(colors(first!)).toEqual([full, none, none, full]);
    expect(colors(second!)).toEqual([full, full, full, full]);
    expect(colors(third!)[1]).toEqual(middle);
    expect(colors(third!).slice(3)).toEqual([full, none, none]);
  });

  it('on one scale the largest of all has the full colour, and a bar says which that is', () => {
    const svg = draw([[diagonal, even]], { scale: 'all' });
    expect(colors(tiles(svg)[1]!)).toEqual([middle, middle, middle, middle]);
    expect(texts(svg).slice(-2)).toEqual(['0', '1']);
  });

  it('keeps the shape of longer and wider matrices, and everything inside the picture', () => {
    const tall = [[1], [1], [1], [1]];
    const svg = draw([[wide], [tall, tall, tall]], { tileSize: 60, title: 'All heads', layers: ['to source', 'self'] });
    const sizes = tiles(svg).map((tile) => ['width', 'height'].map((name) => Number(attribute(imageOf(tile), name))));
    expect(sizes[0]).toEqual([60, 40]);
    expect(sizes[1]).toEqual([15, 60]);
    const size = (name: string): number => Number(attribute(svg.documentElement!, name));
    for (const tile of tiles(svg)) {
      const place = (name: string): number => Number(attribute(imageOf(tile), name));
      expect(place('x') + place('width')).toBeLessThanOrEqual(size('width'));
      expect(place('y') + place('height')).toBeLessThanOrEqual(size('height'));
    }
    expect(texts(svg)).toEqual(expect.arrayContaining(['All heads', 'to source', 'self']));
    expect(texts(svg, 'desc')[0]).toContain('2 layers (to source, self) of up to 3 heads');
  });

  it.each<[string, unknown, unknown, string]>([
    ['no layers', [], {}, 'attentionGrid: weights is an array of 0, needs a list of heads for each layer'],
    ['no heads', [[]], {}, 'attentionGrid: layer 0 of weights is an array of 0, needs a list of heads, at least one'],
    ['one matrix', diagonal, {}, 'attentionGrid: head 0 of layer 0 is 1, needs a row of numbers for each query'],
    ['a bad weight', [[[[-1]]]], {}, 'attentionGrid: head 0 of layer 0 [0][0] is -1, needs a number of at least 0'],
    ['names', [[diagonal]], { layers: ['a', 'b'] }, 'attentionGrid: layers are 2 names for 1 layers of weights'],
    ['a scale', [[diagonal]], { scale: 'most' }, "attentionGrid: scale is 'most', needs 'each' or 'all'"],
    ['a size', [[diagonal]], { tileSize: 2 }, 'attentionGrid: tileSize is 2, needs a whole number from 16 to 600'],
  ])('refuses %s', (_, layers, options, message) => {
    expect(() => attentionGrid(layers as never, options as never)).toThrow(message);
  });
});
