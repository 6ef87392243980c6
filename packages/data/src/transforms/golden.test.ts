// Transforms that are not random, against torchvision's: golden/transforms.py made the numbers.

import { readFileSync } from 'node:fs';
import { Generator } from '@dl/autograd';
import { expect, it } from 'vitest';
import * as color from './color.js';
import * as geometry from './geometry.js';
import { resize } from './resize.js';
import { compose, type Transform } from './transform.js';

interface Case {
  transform: string;
  image: string;
  // biome-ignore lint/suspicious/noExplicitAny: options differ from transform to transform.
  options: any;
  shape: number[];
  data: number[];
}

const golden: { images: Record<string, { shape: number[]; data: number[] }>; cases: Case[] } = JSON.parse(
  readFileSync(new URL('../../golden/transforms.json', import.meta.url), 'utf8'),
);

/** A generator that draws these whole numbers, and else 0. */
const drawing = (...numbers: number[]): Generator =>
  ({ uniform: () => 0, integer: () => numbers.shift() }) as unknown as Generator;

// biome-ignore lint/suspicious/noExplicitAny: options differ from transform to transform.
const make: Record<string, (options: any) => Transform> = {
  resize: ({ size, ...options }) => resize(size, options),
  rotate: ({ degrees, ...options }) => geometry.rotate(degrees, options),
  crop: (o) => geometry.crop(o.top, o.left, o.height, o.width),
  // A window as large as the padded image has one place.
  pad: (o) => geometry.randomCrop(o.size, { padding: o.padding, fill: o.fill }),
  resizedCrop: (o) => compose(geometry.crop(o.top, o.left, o.height, o.width), resize(o.size)),
  cutout: (o) => (image) =>
    color.cutout(o.size, { fill: o.fill })(image, drawing(o.top + o.size / 2, o.left + o.size / 2)),
  grayscale: () => color.grayscale(),
  centerCrop: (o) => geometry.centerCrop(o.size),
  horizontalFlip: () => geometry.horizontalFlip(),
  verticalFlip: () => geometry.verticalFlip(),
  normalize: (o) => color.normalize(o.mean, o.std),
  adjustBrightness: (o) => color.adjustBrightness(o.factor),
  adjustContrast: (o) => color.adjustContrast(o.factor),
  adjustSaturation: (o) => color.adjustSaturation(o.factor),
  adjustHue: (o) => color.adjustHue(o.factor),
};

it.each(golden.cases.map((each) => [each.transform, JSON.stringify(each.options), each.image, each] as const))(
  '%s %s of the %s image',
  (name, _, image, { options, shape, data }) => {
    const input = { data: Float32Array.from(golden.images[image]!.data), shape: golden.images[image]!.shape };
    const before = input.data.slice();
    const output = make[name]!(options)(input, new Generator(0));
    expect(output.shape).toEqual(shape);
    const off = data.map((value, i) => Math.abs(value - output.data[i]!));
    expect(Math.max(...off)).toBeLessThan(2e-6);
    expect(input.data).toEqual(before);
  },
);
