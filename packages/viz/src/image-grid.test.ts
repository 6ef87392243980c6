import { describe, expect, it } from 'vitest';
import { attribute, elements, hint, parse, pixels, texts } from '../test/parse.js';
import { diverging } from './colors.js';
import { featureMaps, filters } from './filters.js';
import { type ImageGridOptions, imageGrid } from './image-grid.js';

const draw = (data: ArrayLike<number>, shape: number[], options?: ImageGridOptions) =>
  parse(imageGrid({ data, shape }, options));
const bytes = (svg: ReturnType<typeof parse>): number[][] =>
  elements(svg, 'image').map((image) => [...pixels(image).data]);

describe('imageGrid', () => {
  it('puts grids of one tile width on the same columns, each image in the middle of its place', () => {
    const lefts = (side: number, pixelSize: number): number[] => {
      const images = { data: new Float32Array(4 * side * side), shape: [4, side, side] };
      const svg = imageGrid(images, { tileWidth: 40, columns: 2, pixelSize });
      return elements(parse(svg), 'image').map((image) => Number(attribute(image, 'x')) + (side * pixelSize) / 2);
    };
    expect(lefts(2, 10)).toEqual(lefts(5, 7));
    expect(lefts(2, 10)[1]! - lefts(2, 10)[0]!).toBe(50);
    expect(lefts(8, 10)[1]! - lefts(8, 10)[0]!).toBe(90);
  });

  it('holds one crisp PNG per image, one pixel per value', () => {
    const svg = draw([0, 255, 51, 102, 204, 153], [1, 2, 3], { scale: [0, 255], pixelSize: 7 });
    const [image] = elements(svg, 'image');
    expect(pixels(image!)).toMatchObject({ width: 3, height: 2, channels: 1, depth: 8 });
    expect(bytes(svg)).toEqual([[0, 255, 51, 102, 204, 153]]);
    expect([attribute(image!, 'width'), attribute(image!, 'height')]).toEqual(['21', '14']);
    expect(attribute(image!, 'style')).toContain('image-rendering:pixelated');
  });

  it('scales each image, or all together, or to a range, or around zero', () => {
    const data = [0, 1, 2, 6];
    const shape = [2, 1, 2];
    const grey = (scale: NonNullable<ImageGridOptions['scale']>) =>
      bytes(draw(data, shape, { scale, palette: 'grey', scaleBar: false }));
    expect(grey('each')).toEqual([
      [0, 255],
      [0, 255],
    ]);
    expect(grey('all')).toEqual([
      [0, 43],
      [85, 255],
    ]);
    expect(grey('symmetric')).toEqual([
      [128, 149],
      [170, 255],
    ]);
    expect(grey([1, 3])).toEqual([
      [0, 0],
      [128, 255],
    ]);
    expect(bytes(draw(data, shape))).toEqual(grey('each'));
  });

  it('draws zero near-white, negative blue and positive orange when symmetric', () => {
    const [image] = bytes(draw([-2, 0, 1, 2], [1, 1, 4], { scale: 'symmetric', scaleBar: false }));
    expect(image).toEqual([11, 79, 138, 247, 247, 247, 240, 162, 122, 166, 60, 6]);
    const [zeros] = bytes(draw([0, 0], [1, 1, 2], { scale: 'symmetric', scaleBar: false }));
    expect(zeros).toEqual([247, 247, 247, 247, 247, 247]);
  });

  it('draws ink on paper', () => {
    expect(bytes(draw([0, 1], [1, 1, 2], { palette: 'ink' }))).toEqual([[255, 0]]);
  });

  it('puts an image of one value at the low end, and survives the largest numbers', () => {
    expect(bytes(draw([5, 5], [1, 1, 2]))).toEqual([[0, 0]]);
    expect(bytes(draw([-Number.MAX_VALUE, 0, Number.MAX_VALUE], [1, 1, 3]))).toEqual([[0, 128, 255]]);
  });

  it('draws three channels in colour, and any that are chosen', () => {
    // Two pixels; channels: red 0 1, green 1 0, blue 0.2 0.4, and a fourth 1 1.
    const planes = [0, 1, 1, 0, 0.2, 0.4, 1, 1];
    const svg = draw(planes.slice(0, 6), [1, 3, 1, 2], { scale: [0, 1] });
    expect(pixels(elements(svg, 'image')[0]!).channels).toBe(3);
    expect(bytes(svg)).toEqual([[0, 255, 51, 255, 0, 102]]);
    expect(bytes(draw(planes, [1, 4, 1, 2], { scale: [0, 1], channels: [3, 0, 1] }))).toEqual([
      [255, 0, 255, 255, 255, 0],
    ]);
    expect(bytes(draw(planes, [1, 4, 1, 2], { scale: [0, 1], channels: 2 }))).toEqual([[51, 102]]);
    expect(bytes(draw([0, 1, 1, 0], [2, 1, 1, 2]))).toEqual([
      [0, 255],
      [255, 0],
    ]);
  });

  it('draws what is not finite in magenta, leaves it out of the range and counts it', () => {
    const svg = draw([0, Number.NaN, 4, Number.NEGATIVE_INFINITY], [1, 2, 2]);
    expect(bytes(svg)).toEqual([[0, 0, 0, 214, 20, 138, 255, 255, 255, 214, 20, 138]]);
    expect(hint(elements(svg, 'g')[0]!)).toBe('image 0 (0 to 4, 2 not finite)');
    expect(bytes(draw([Number.NaN], [1, 1, 1]))).toEqual([[214, 20, 138]]);
  });

  it('lays images out in rows, with captions below', () => {
    const svg = draw(new Float32Array(5 * 4), [5, 2, 2], {
      columns: 2,
      pixelSize: 40,
      captions: ['is 4, said 9 (83 %)', 'b <&>', 'c', 'd', 'e'],
      title: 'Mistakes',
    });
    const place = elements(svg, 'image').map((image) => [Number(attribute(image, 'x')), Number(attribute(image, 'y'))]);
    const [[x0, y0], [x1]] = place as [[number, number], [number, number]];
    expect(x1).toBeGreaterThanOrEqual(x0 + 80);
    expect(place.map(([x]) => x)).toEqual([x0, x1, x0, x1, x0]);
    expect(place[1]![1]).toBe(y0);
    expect(place[2]![1]).toBeGreaterThanOrEqual(y0 + 80);
    expect(place[4]![1]! - place[2]![1]!).toBeGreaterThanOrEqual(80);
    expect(texts(svg)).toEqual(['Mistakes', 'is 4, said 9', '(83\u00a0%)', 'b <&>', 'c', 'd', 'e']);
    expect(hint(elements(svg, 'g')[1]!)).toBe('b <&> (0 to 0)');
    expect(texts(svg, 'desc')[0]).toContain('is 4, said 9 (83 %); b <&>; c; d; e.');
  });

  it('fills a page evenly when columns are left open', () => {
    const rows = (count: number): number => {
      const svg = draw(new Uint8Array(count * 28 * 28), [count, 28, 28]);
      expect(Number(attribute(svg.documentElement!, 'width'))).toBeLessThan(800);
      return new Set(elements(svg, 'image').map((image) => attribute(image, 'y'))).size;
    };
    expect([1, 6, 16].map(rows)).toEqual([1, 1, 2]);
  });

  it('shows which colour is which value', () => {
    const svg = draw([-1, 0, 2], [1, 1, 3], { scale: 'symmetric' });
    expect(texts(svg)).toEqual(['-2', '2', '0']);
    const bar = pixels(elements(svg, 'image')[1]!);
    expect([...bar.data.slice(0, 3)]).toEqual([...diverging(0)]);
    expect([...bar.data.slice(-3)]).toEqual([...diverging(1)]);
    expect(texts(draw([-1, 0, 2], [1, 1, 3], { scale: 'all' }))).toEqual(['-1', '2']);
    expect(elements(draw([1, 2], [1, 1, 2]), 'image')).toHaveLength(1);
  });

  it('gives the same string each time', () => {
    const data = Float32Array.from({ length: 200 }, (_, i) => Math.sin(i));
    expect(imageGrid({ data, shape: [2, 10, 10] })).toBe(imageGrid({ data: [...data], shape: [2, 10, 10] }));
  });

  const one = { data: [1], shape: [1, 1, 1] };
  const colour = { data: [1, 2, 3], shape: [1, 3, 1, 1] };
  it.each<[string, unknown, unknown, string]>([
    [
      'a bare array',
      [1, 2],
      {},
      'imageGrid: got an array of 2, needs { data, shape } with shape [N, H, W] or [N, C, H, W]',
    ],
    [
      'nested data',
      { data: [[1]], shape: [1, 1, 1] },
      {},
      'imageGrid: data holds an array of 1 at index 0, needs a flat array of numbers',
    ],
    [
      'data no list',
      { data: 'x', shape: [1, 1, 1] },
      {},
      'imageGrid: data is "x", needs a flat array of numbers, such as tensor.dataSync()',
    ],
    ['shape no list', { data: [1], shape: 1 }, {}, 'imageGrid: shape is 1, needs an array, [N, H, W] or [N, C, H, W]'],
    [
      'one image without N',
      { data: [1], shape: [1, 1] },
      {},
      'imageGrid: shape [1, 1] has 2 axes, needs [N, H, W] or [N, C, H, W]',
    ],
    ['no images', { data: [], shape: [0, 2, 2] }, {}, 'imageGrid: shape [0, 2, 2] needs whole numbers above 0'],
    ['data too short', { data: [1], shape: [1, 2, 2] }, {}, 'imageGrid: data has 1 values but shape [1, 2, 2] needs 4'],
    [
      'two channels',
      { data: [1, 2], shape: [1, 2, 1, 1] },
      {},
      'imageGrid: images have 2 channels (shape [1, 2, 1, 1]), which is neither 1 (grey) nor 3 (colour); choose with channels: 0 or channels: [0, 1, 2]',
    ],
    [
      'a channel too many',
      colour,
      { channels: 3 },
      'imageGrid: channel 3 of images with 3 channels (shape [1, 3, 1, 1]); needs 0 to 2',
    ],
    [
      'two chosen',
      colour,
      { channels: [0, 1] },
      'imageGrid: channels has 2 numbers, needs one, or three for red, green, blue',
    ],
    [
      'too many',
      { data: new Uint8Array(5000), shape: [5000, 1, 1] },
      {},
      'imageGrid: 5000 images are too many to look at, needs at most 4096; draw some of them',
    ],
    ['captions', one, { captions: [] }, 'imageGrid: got 0 captions for 1 images; give one string per image'],
    ['a caption', one, { captions: [3] }, 'imageGrid: caption 0 is 3, needs a string'],
    ['columns', one, { columns: 0 }, 'imageGrid: columns is 0, needs a whole number from 1 to 4096'],
    ['pixelSize', one, { pixelSize: 0.5 }, 'imageGrid: pixelSize is 0.5, needs a whole number from 1 to 200'],
    ['scale', one, { scale: 'none' }, "imageGrid: scale is \"none\", needs one of 'each', 'all', 'symmetric'"],
    ['scale ends', one, { scale: [1, 1] }, 'imageGrid: scale is [1, 1], needs [low, high] with low below high'],
    ['palette', one, { palette: 'jet' }, "imageGrid: palette is 'jet', needs 'grey', 'ink' or 'diverging'"],
    [
      'palette on colour',
      colour,
      { palette: 'ink' },
      "imageGrid: palette 'ink' is for one channel, but these images are in colour; leave it out or choose a channel",
    ],
    ['title', one, { title: {} }, 'imageGrid: title is an object of nothing, needs a string'],
    ['options', one, null, 'imageGrid: after images comes null, but options go in one object'],
  ])('refuses %s', (_, images, options, message) => {
    expect(() => imageGrid(images as never, options as never)).toThrow(message);
  });
});

describe('filters', () => {
  const weight = (shape: number[]) => ({
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => i),
    shape,
  });
  const images = (svg: string) => elements(parse(svg), 'g');

  it('draws one image per output channel, zero in the middle', () => {
    const svg = filters({ data: [0, -3, 3, 0], shape: [2, 1, 1, 2] });
    expect(images(svg).map(hint)).toEqual(['filter 0 (-3 to 0)', 'filter 1 (0 to 3)']);
    expect(bytes(parse(svg)).slice(0, 2)).toEqual([
      [247, 247, 247, 11, 79, 138],
      [166, 60, 6, 247, 247, 247],
    ]);
    expect(texts(parse(svg))).toEqual(['-3', '3', '0']);
  });

  it('draws three input channels as colour, with zero mid-grey', () => {
    const svg = parse(filters({ data: [-1, 0, 1], shape: [1, 3, 1, 1] }));
    expect(bytes(svg)).toEqual([[0, 128, 255]]);
    expect(pixels(elements(svg, 'image')[0]!).channels).toBe(3);
  });

  it('draws other depths as a table of output by input, or one input channel', () => {
    const drawn = images(filters(weight([3, 2, 1, 2])));
    expect(drawn.map(hint)[3]).toBe('filter 1, input channel 1 (6 to 7)');
    const rows = drawn.map((group) => attribute(elements(group, 'image')[0]!, 'y'));
    expect([new Set(rows).size, rows[0] === rows[1], rows[1] === rows[2]]).toEqual([3, true, false]);
    expect(images(filters(weight([3, 2, 1, 2]), { inChannel: 1 })).map(hint)).toEqual([
      'filter 0 (2 to 3)',
      'filter 1 (6 to 7)',
      'filter 2 (10 to 11)',
    ]);
  });

  it('refuses other ranks and channels', () => {
    expect(() => filters(weight([6, 5, 5]))).toThrow(
      'filters: shape [6, 5, 5] has 3 axes, needs [out, in, kernel height, kernel width]',
    );
    expect(() => filters(weight([3, 2, 1, 2]), { inChannel: 2 })).toThrow(
      'filters: inChannel is 2, needs a whole number from 0 to 1',
    );
    expect(() => filters(weight([1, 1, 1, 1]), null as never)).toThrow(
      'filters: after weight comes null, but options go in one object',
    );
    expect(() => filters(weight([2, 1, 1, 1]), { captions: ['a'] })).toThrow('filters: got 1 captions for 2 images');
  });
});

describe('featureMaps', () => {
  it('draws one image per channel, each on its own range, with or without a batch of one', () => {
    const data = [0, 1, 5, 9];
    const svg = featureMaps({ data, shape: [2, 1, 2] });
    expect(elements(parse(svg), 'g').map(hint)).toEqual(['map 0 (0 to 1)', 'map 1 (5 to 9)']);
    expect(bytes(parse(svg))).toEqual([
      [0, 255],
      [0, 255],
    ]);
    expect(featureMaps({ data, shape: [1, 2, 1, 2] })).toBe(svg);
  });

  it('refuses a batch and other ranks', () => {
    expect(() => featureMaps({ data: [1, 2], shape: [2, 1, 1, 1] })).toThrow(
      'featureMaps: shape [2, 1, 1, 1] is a batch of 2 inputs, needs [C, H, W] or [1, C, H, W]; slice out the one to draw',
    );
    expect(() => featureMaps({ data: [1, 2], shape: [1, 2] })).toThrow('featureMaps: shape [1, 2] has 2 axes');
  });
});
