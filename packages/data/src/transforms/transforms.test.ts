import { ArgumentError, Generator, IndexError, ShapeError } from '@dl/autograd';
import { describe, expect, it } from 'vitest';
import { drawnDigits } from '../digits/drawn-digits.js';
import { loader } from '../loader.js';
import { adjustBrightness, adjustHue, colorJitter, cutout, grayscale, normalize } from './color.js';
import {
  centerCrop,
  crop,
  horizontalFlip,
  randomCrop,
  randomHorizontalFlip,
  randomResizedCrop,
  randomRotation,
  randomVerticalFlip,
  rotate,
} from './geometry.js';
import { cutmix, mixup } from './mix.js';
import { resize } from './resize.js';
import { compose, eachImage, type Image, type Transform } from './transform.js';

/** Value 100 c + 10 y + x + 1, so that each pixel tells where it is from. */
function places(channels: number, height: number, width: number): Image {
  const data = new Float32Array(channels * height * width);
  for (let i = 0; i < data.length; i++) {
    data[i] = 100 * Math.floor(i / (height * width)) + 10 * (Math.floor(i / width) % height) + (i % width) + 1;
  }
  return { data, shape: [channels, height, width] };
}

const zero = () => new Generator(0);

describe('crops', () => {
  it('take a window', () => {
    expect(crop(1, 2, 2, 3)(places(2, 5, 6), zero())).toEqual({
      data: Float32Array.of(13, 14, 15, 23, 24, 25, 113, 114, 115, 123, 124, 125),
      shape: [2, 2, 3],
    });
  });

  it('at random take every window as often, padding included', () => {
    const random = new Generator(1);
    const counts = new Map<number, number>();
    const image = places(1, 3, 3);
    for (let i = 0; i < 5000; i++) {
      const { data, shape } = randomCrop(3, { padding: 1, fill: -1 })(image, random);
      expect(shape).toEqual([1, 3, 3]);
      const middle = data[4]!;
      // Moved by (dy, dx), pixel (y, x) is the image's (y + dy, x + dx).
      const [dy, dx] = [Math.floor(middle / 10) - 1, (middle % 10) - 2];
      data.forEach((value, k) => {
        const [y, x] = [Math.floor(k / 3) + dy, (k % 3) + dx];
        expect(value).toBe(y < 0 || y > 2 || x < 0 || x > 2 ? -1 : 10 * y + x + 1);
      });
      counts.set(middle, (counts.get(middle) ?? 0) + 1);
    }
    expect(counts.size).toBe(9);
    // Five deviations of a binomial number.
    for (const count of counts.values()) expect(Math.abs(count - 5000 / 9)).toBeLessThan(112);
  });

  it('resized have the share and the proportions asked for', () => {
    // Columns grow from 0 to 1, rows too: the range of what came out is the size of the window.
    const size = 200;
    const ramp = { data: new Float32Array(2 * size * size), shape: [2, size, size] };
    for (let i = 0; i < size * size; i++) {
      ramp.data[i] = (i % size) / size;
      ramp.data[size * size + i] = Math.floor(i / size) / size;
    }
    const random = new Generator(2);
    const areas: number[] = [];
    for (let i = 0; i < 200; i++) {
      const { data, shape } = randomResizedCrop(20, { scale: [0.2, 0.6], ratio: [0.5, 2] })(ramp, random);
      expect(shape).toEqual([2, 20, 20]);
      const wide = ((data[19]! - data[0]!) * 20) / 19;
      const tall = ((data[400 + 380]! - data[400]!) * 20) / 19;
      areas.push(wide * tall);
      expect(wide / tall).toBeGreaterThan(0.48);
      expect(wide / tall).toBeLessThan(2.1);
    }
    expect(Math.min(...areas)).toBeGreaterThan(0.19);
    expect(Math.max(...areas)).toBeLessThan(0.63);
    expect(Math.max(...areas) - Math.min(...areas)).toBeGreaterThan(0.3);
  });

  it('resized of an image that no window fits take the middle', () => {
    const { data } = randomResizedCrop(2, { scale: [1, 1], ratio: [1, 1] })(places(1, 2, 8), zero());
    expect(data).toEqual(Float32Array.of(4, 5, 14, 15));
  });
});

describe('flips and rotations', () => {
  it('come as often as asked', () => {
    const random = new Generator(3);
    const image = places(1, 2, 3);
    const flipped = Array.from({ length: 2000 }, () => randomHorizontalFlip(0.3)(image, random).data[0] === 3);
    expect(Math.abs(flipped.filter(Boolean).length - 600)).toBeLessThan(103);
    expect(randomVerticalFlip(1)(image, random).data).toEqual(Float32Array.of(11, 12, 13, 1, 2, 3));
    expect(randomVerticalFlip(0)(image, random)).toBe(image);
  });

  it('by quarters are exact', () => {
    const image = places(2, 4, 4);
    const quarter = rotate(90, { mode: 'nearest' });
    const twice = compose(quarter, quarter)(image, zero());
    expect(twice.data).toEqual(
      Float32Array.from([...image.data.subarray(0, 16)].reverse().concat([...image.data.subarray(16)].reverse())),
    );
    expect(quarter(image, zero()).data.subarray(0, 4)).toEqual(Float32Array.of(4, 14, 24, 34));
  });

  it('at random stay within the angle', () => {
    // A bright pixel to the right of the middle, 40 away: where it goes tells the angle.
    const image = { data: new Float32Array(101 * 101), shape: [1, 101, 101] };
    image.data[50 * 101 + 90] = 1;
    const random = new Generator(4);
    const angles = Array.from({ length: 300 }, () => {
      const { data } = randomRotation(30)(image, random);
      const at = data.indexOf(Math.max(...data));
      return (Math.atan2(50 - Math.floor(at / 101), (at % 101) - 50) * 180) / Math.PI;
    });
    expect(Math.max(...angles.map(Math.abs))).toBeLessThan(32);
    expect(Math.min(...angles)).toBeLessThan(-26);
    expect(Math.max(...angles)).toBeGreaterThan(26);
  });
});

describe('colours', () => {
  const red = { data: Float32Array.of(1, 0, 0), shape: [3, 1, 1] };

  it('turn from red to green to blue, and lose their colour', () => {
    expect([...adjustHue(1 / 3)(red, zero()).data].map((x) => Math.round(x * 1e6) / 1e6)).toEqual([0, 1, 0]);
    expect([...adjustHue(-1 / 3)(red, zero()).data].map((x) => Math.round(x * 1e6) / 1e6)).toEqual([0, 0, 1]);
    expect(grayscale()(red, zero()).data).toEqual(Float32Array.of(0.2989, 0.2989, 0.2989));
  });

  it('jitter within the range, each in its turn', () => {
    const random = new Generator(5);
    const grey = { data: Float32Array.of(0.5), shape: [1, 1, 1] };
    const values = Array.from({ length: 500 }, () => colorJitter({ brightness: 0.4 })(grey, random).data[0]!);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0.3 - 1e-6);
    expect(Math.max(...values)).toBeLessThanOrEqual(0.7 + 1e-6);
    expect(Math.max(...values) - Math.min(...values)).toBeGreaterThan(0.38);
    expect(colorJitter({})(red, random)).toBe(red);
    const pale = Array.from({ length: 50 }, () => colorJitter({ saturation: 1, hue: 0.5 })(red, random).data);
    expect(new Set(pale.map((data) => data.indexOf(Math.max(...data)))).size).toBe(3);
  });

  it('normalise to mean 0 and deviation 1', () => {
    const { data } = normalize([1, 2, 3], [2, 4, 8])({ data: Float32Array.of(3, 6, 11), shape: [3, 1, 1] }, zero());
    expect(data).toEqual(Float32Array.of(1, 1, 1));
  });
});

describe('cutout', () => {
  it('cuts one square, whole inside, partly at the border', () => {
    const random = new Generator(6);
    const sizes = new Set<number>();
    for (let i = 0; i < 500; i++) {
      const { data } = cutout(4, { fill: -1 })(places(2, 9, 9), random);
      const holes = [...data.keys()].filter((k) => data[k] === -1);
      const inPlane = holes.filter((k) => k < 81);
      expect(holes).toEqual([...inPlane, ...inPlane.map((k) => k + 81)]);
      const ys = inPlane.map((k) => Math.floor(k / 9));
      const xs = inPlane.map((k) => k % 9);
      const box = (Math.max(...ys) - Math.min(...ys) + 1) * (Math.max(...xs) - Math.min(...xs) + 1);
      expect(inPlane.length).toBe(box);
      sizes.add(box);
    }
    expect([...sizes].sort((a, b) => a - b)).toEqual([4, 6, 8, 9, 12, 16]);
  });

  it('happens as often as asked', () => {
    const image = places(1, 5, 5);
    expect(cutout(3, { probability: 0 })(image, zero())).toBe(image);
  });
});

describe('mixtures', () => {
  /** Image i is all i, label i mod 4. */
  function batch(count: number) {
    const data = Float32Array.from({ length: count * 2 * 36 }, (_, k) => Math.floor(k / 72));
    const labels = Int32Array.from({ length: count }, (_, i) => i % 4);
    return { images: { data, shape: [count, 2, 6, 6] }, labels: { data: labels, shape: [count] } };
  }

  it('of mixup: pixels and labels with the same share', () => {
    const { images, labels } = mixup(1, 8)(batch(8), { generator: new Generator(7) });
    const given = batch(8);
    expect(labels.shape).toEqual([8, 8]);
    const shares = new Set<number>();
    for (let i = 0; i < 8; i++) {
      const row = labels.data.subarray(8 * i, 8 * i + 8);
      expect(row.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 6);
      const own = row[given.labels.data[i]!]!;
      if (own < 1) {
        const value = images.data[72 * i]!;
        const other = (value - own * i) / (1 - own);
        expect(other).toBeCloseTo(Math.round(other), 4);
        expect(row[Math.round(other) % 4]).toBeCloseTo(1 - own, 6);
        shares.add(Math.round(own * 1e5));
      }
    }
    expect(shares.size).toBe(1);
  });

  it.each([0.2, 1, 3])('of mixup: the share is Beta(%s)', (alpha) => {
    const random = new Generator(8);
    const pair = take2(batch(4));
    const shares: number[] = [];
    while (shares.length < 4000) {
      const { images } = mixup(alpha, 4)(pair, { generator: random });
      // Images are all 0 and all 1; unmixed ones were paired with themselves.
      if (images.data[0] !== 0 || images.data[72] !== 1) shares.push(images.data[72]!);
    }
    const mean = shares.reduce((sum, x) => sum + x, 0) / shares.length;
    const variance = shares.reduce((sum, x) => sum + (x - 0.5) ** 2, 0) / shares.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.04);
    expect(Math.abs(variance / (1 / (4 * (2 * alpha + 1))) - 1)).toBeLessThan(0.12);
  });

  const take2 = (given: ReturnType<typeof batch>) => ({
    images: { data: given.images.data.slice(0, 144), shape: [2, 2, 6, 6] },
    labels: { data: given.labels.data.slice(0, 2), shape: [2] },
  });

  it('of cutmix: one rectangle, labels by its area', () => {
    const random = new Generator(9);
    const areas = new Set<number>();
    for (let trial = 0; trial < 100; trial++) {
      const { images, labels } = cutmix(1, 4)(batch(4), { generator: random });
      for (let i = 0; i < 4; i++) {
        const image = images.data.subarray(72 * i, 72 * i + 72);
        const strange = [...image.keys()].filter((k) => image[k] !== i);
        expect(strange.length % 2).toBe(0);
        const area = strange.length / 2;
        if (area > 0) {
          const ys = strange.map((k) => Math.floor(k / 6) % 6);
          const xs = strange.map((k) => k % 6);
          expect((Math.max(...ys) - Math.min(...ys) + 1) * (Math.max(...xs) - Math.min(...xs) + 1)).toBe(area);
          expect(labels.data[4 * i + i]).toBeCloseTo(1 - area / 36, 6);
          expect(labels.data[4 * i + image[strange[0]!]!]).toBeCloseTo(area / 36, 6);
        }
        areas.add(area);
      }
    }
    expect(areas.size).toBeGreaterThan(8);
  });
});

describe('what is random', () => {
  const image = drawnColors();
  const batch = {
    images: { data: Float32Array.from({ length: 4 * 108 }, (_, i) => (i % 101) / 100), shape: [4, 3, 6, 6] },
    labels: { data: Int32Array.of(0, 1, 2, 3), shape: [4] },
  };
  const on = (transform: Transform) => (generator: Generator) => transform(image, generator);

  /** A colour image without symmetry, 6 x 6. */
  function drawnColors(): Image {
    const random = new Generator(1);
    return { data: Float32Array.from({ length: 108 }, () => random.uniform()), shape: [3, 6, 6] };
  }

  it.each<[string, (generator: Generator) => unknown]>([
    ['randomCrop', on(randomCrop(4))],
    ['randomCrop with padding', on(randomCrop(6, { padding: 3 }))],
    ['randomResizedCrop', on(randomResizedCrop(5))],
    ['randomHorizontalFlip', on(randomHorizontalFlip())],
    ['randomVerticalFlip', on(randomVerticalFlip())],
    ['randomRotation', on(randomRotation(40))],
    ['colorJitter', on(colorJitter({ brightness: 0.5, contrast: 0.5, saturation: 0.5, hue: 0.2 }))],
    ['cutout', on(cutout(3))],
    ['cutout at times', on(cutout(3, { probability: 0.5 }))],
    ['mixup', (generator) => mixup(0.4, 4)(batch, { generator })],
    ['cutmix', (generator) => cutmix(1, 4)(batch, { generator })],
  ])('%s: the same seed gives the same, and goes on from there; others give others', (_, draw) => {
    const run = (seed: number) => {
      const generator = new Generator(seed);
      return Array.from({ length: 8 }, () => draw(generator));
    };
    expect(run(7)).toEqual(run(7));
    expect(run(7)).not.toEqual(run(8));
    expect(new Set(run(7).map((each) => JSON.stringify(each))).size).toBeGreaterThan(1);
  });
});

describe('in a loader', () => {
  const augment = eachImage(compose(randomCrop(28, { padding: 3 }), randomRotation(10), cutout(6)));

  it('each image has numbers of its own, the same for a seed whatever is prefetched', async () => {
    const run = async (prefetch: number) => {
      const generator = new Generator(1);
      const batches = loader(drawnDigits(20), { batchSize: 8, shuffle: true, prefetch, generator, transform: augment });
      const all: number[] = [];
      for await (const { images, labels } of batches) all.push(...images.data, ...labels.data);
      return all;
    };
    expect(await run(0)).toEqual(await run(3));
    const same = { images: { data: new Float32Array(2 * 784).fill(1), shape: [2, 1, 28, 28] } };
    const { data } = augment(same, { generator: new Generator(2) }).images;
    expect(data.subarray(0, 784)).not.toEqual(data.subarray(784));
  });

  it('sizes may change, the other arrays stay', () => {
    const batch = {
      images: { data: new Uint8Array(2 * 16).fill(200), shape: [2, 1, 4, 4] },
      id: { data: Int32Array.of(5, 6), shape: [2] },
    };
    const { images, id } = eachImage(centerCrop(2))(batch, { generator: zero() });
    expect(images).toEqual({ data: new Float32Array(8).fill(200), shape: [2, 1, 2, 2] });
    expect(id).toBe(batch.id);
  });
});

describe('bad input', () => {
  const image = places(2, 4, 5);
  const on =
    (transform: Transform, given: Image = image) =>
    () =>
      transform(given, zero());
  const batch = {
    images: { data: new Float32Array(4), shape: [4] },
    labels: { data: Int32Array.of(0, 1, 2, 3), shape: [4] },
  };

  it.each<[() => unknown, Error]>([
    [
      on(horizontalFlip(), { data: new Float32Array(4), shape: [2, 2] }),
      new ShapeError('horizontalFlip: got 4 values of shape [2, 2], needs an image [C, H, W] and as many values'),
    ],
    [
      on(crop(2, 0, 3, 3)),
      new ShapeError('crop: a window of 5 x 3 does not fit into 4 x 5; pad or resize the image first'),
    ],
    [
      on(centerCrop(5)),
      new ShapeError('centerCrop: a window of 5 x 5 does not fit into 4 x 5; pad or resize the image first'),
    ],
    [
      on(randomCrop(8, { padding: 1 })),
      new ShapeError('randomCrop: a window of 8 x 8 does not fit into 6 x 7; pad or resize the image first'),
    ],
    [() => crop(0, -1, 2, 2), new ArgumentError('crop: left is -1, needs a whole number of at least 0')],
    [() => resize(0), new ArgumentError('resize: size is 0, needs a whole number of at least 1')],
    [
      () => resize(4, { mode: 'cubic' as 'nearest' }),
      new ArgumentError("resize: mode is 'cubic', needs 'bilinear' or 'nearest'"),
    ],
    [
      () => randomResizedCrop(4, { scale: [0.5, 2] }),
      new ArgumentError('randomResizedCrop: scale is [0.5, 2], needs 0 < least <= most <= 1'),
    ],
    [() => rotate(Number.NaN), new ArgumentError('rotate: degrees is NaN, needs a finite number')],
    [() => randomRotation(-5), new ArgumentError('randomRotation: degrees is -5, needs a number of at least 0')],
    [
      () => randomHorizontalFlip(2),
      new ArgumentError('randomHorizontalFlip: probability is 2, needs a number from 0 to 1'),
    ],
    [() => normalize([0], [0]), new ArgumentError('normalize: a deviation is 0, needs numbers above 0')],
    [
      on(normalize([0, 0, 0], [1])),
      new ShapeError('normalize: got 3 means and 1 deviations for 2 channels, needs 1 or 2'),
    ],
    [
      on(adjustBrightness(2)),
      new ShapeError('adjustBrightness: the image has 2 channels, needs 1 (grey) or 3 (red, green, blue)'),
    ],
    [
      () => adjustBrightness(-1),
      new ArgumentError('adjustBrightness: the factor is -1, needs a number of at least 0; 1 changes nothing'),
    ],
    [() => adjustHue(1), new ArgumentError('adjustHue: turn is 1, needs a number from -0.5 to 0.5')],
    [() => colorJitter({ hue: 0.6 }), new ArgumentError('colorJitter: hue is 0.6, needs a number from 0 to 0.5')],
    [() => cutout(0), new ArgumentError('cutout: size is 0, needs a whole number of at least 1')],
    [() => mixup(0, 10), new ArgumentError('mixup: alpha is 0, needs a number above 0')],
    [() => mixup(1, 3)(batch, { generator: zero() }), new IndexError('mixup: a label is 3, needs 0 to 2')],
    [
      () => cutmix(1, 4)(batch, { generator: zero() }),
      new ShapeError('cutmix: the images have the shape [4], needs [N, C, H, W]'),
    ],
    [
      () => eachImage(horizontalFlip())(batch, { generator: zero() }),
      new ShapeError("eachImage: 'images' has the shape [4], needs [N, C, H, W]"),
    ],
    [
      () => eachImage(horizontalFlip(), 'labels' as 'images')({ images: batch.images }, { generator: zero() }),
      new ArgumentError("eachImage: the batch has no 'labels', it has images"),
    ],
  ])('%s', (act, error) => {
    expect(act).toThrow(error);
  });
});
