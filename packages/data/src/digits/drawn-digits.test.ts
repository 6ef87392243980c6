import { ArgumentError } from '@dl/autograd';
import { beforeAll, describe, expect, it } from 'vitest';
import type { DigitDataset } from '../dataset.js';
import { drawnDigits } from './drawn-digits.js';
import { styles } from './glyphs.js';

const count = 2000;
const size = 28 * 28;
let digits: DigitDataset;

beforeAll(() => {
  digits = drawnDigits(count, { seed: 4 });
});

const image = (i: number): Float32Array => digits.images.data.subarray(i * size, (i + 1) * size);

/** Mass, centre of mass (x, y), and the rows and columns that have ink. */
function measure(pixels: Float32Array) {
  let mass = 0;
  let x = 0;
  let y = 0;
  const rows = new Set<number>();
  const columns = new Set<number>();
  pixels.forEach((grey, p) => {
    mass += grey;
    x += grey * (p % 28);
    y += grey * Math.floor(p / 28);
    if (grey > 0.5) {
      columns.add(p % 28);
      rows.add(Math.floor(p / 28));
    }
  });
  return { mass, x: x / mass, y: y / mass, rows, columns };
}

describe('drawnDigits', () => {
  it('has the shapes of MNIST, and grey values from 0 to 1', () => {
    expect(digits.images.shape).toEqual([count, 1, 28, 28]);
    expect(digits.labels.shape).toEqual([count]);
    expect(digits.images.data.length).toBe(count * size);
    expect(digits.images.data.every((grey) => grey >= 0 && grey <= 1)).toBe(true);
  });

  it('is the same for the same seed, and another for another', () => {
    expect(drawnDigits(30, { seed: 4 })).toEqual(drawnDigits(30, { seed: 4 }));
    expect(drawnDigits(30, { seed: 5 }).images).not.toEqual(drawnDigits(30, { seed: 4 }).images);
    expect(drawnDigits(30)).toEqual(drawnDigits(30, { seed: 0 }));
  });

  it('draws image i whatever the count', () => {
    const few = drawnDigits(57, { seed: 4 });
    expect(few.images.data).toEqual(digits.images.data.slice(0, 57 * size));
    expect(few.labels.data).toEqual(digits.labels.data.slice(0, 57));
  });

  it('draws in parts what it draws at once', () => {
    for (const [first, length] of [
      [0, 7],
      [7, 25],
      [32, 1],
      [1999, 1],
    ] as const) {
      const part = drawnDigits(length, { seed: 4, first });
      expect(part.images.data).toEqual(digits.images.data.slice(first * size, (first + length) * size));
      expect(part.labels.data).toEqual(digits.labels.data.slice(first, first + length));
    }
    expect(() => drawnDigits(1, { first: -1 })).toThrow('drawnDigits: first is -1, needs a whole number of at least 0');
  });

  it('has each digit once in every ten, in changing order', () => {
    const orders = new Set<string>();
    for (let i = 0; i < count; i += 10) {
      const ten = [...digits.labels.data.subarray(i, i + 10)];
      orders.add(ten.join());
      expect(ten.sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
    expect(orders.size).toBeGreaterThan(190);
  });

  it('draws no two alike', () => {
    const seen = new Set(Array.from({ length: count }, (_, i) => image(i).join()));
    expect(seen.size).toBe(count);
  });

  it('fits digits into a box and centres them by mass, as MNIST does', () => {
    let x = 0;
    let y = 0;
    for (let i = 0; i < count; i++) {
      const at = measure(image(i));
      x += at.x / count;
      y += at.y / count;
      expect(Math.abs(at.x - 14)).toBeLessThan(1.5);
      expect(Math.abs(at.y - 14)).toBeLessThan(1.5);
      expect(Math.max(at.rows.size, at.columns.size)).toBeLessThanOrEqual(22);
      expect(Math.max(at.rows.size, at.columns.size)).toBeGreaterThanOrEqual(15);
    }
    expect(x).toBeCloseTo(14, 1);
    expect(y).toBeCloseTo(14, 1);
  });

  it('uses as much ink as MNIST (0.131 of the image), most for 0 and least for 1', () => {
    const ink = new Array<number>(10).fill(0);
    for (let i = 0; i < count; i++) ink[digits.labels.data[i]!]! += measure(image(i)).mass / size / (count / 10);
    const mean = ink.reduce((sum, of) => sum + of, 0) / 10;
    expect(mean).toBeGreaterThan(0.11);
    expect(mean).toBeLessThan(0.15);
    expect(Math.min(...ink)).toBe(ink[1]);
    expect(ink[0]).toBeGreaterThan(mean);
  });

  it('looks like ten different digits: the nearest mean image names most of them', () => {
    const means = Array.from({ length: 10 }, () => new Float64Array(size));
    for (let i = 0; i < count / 2; i++) {
      image(i).forEach((grey, p) => {
        means[digits.labels.data[i]!]![p]! += grey / (count / 20);
      });
    }
    let right = 0;
    for (let i = count / 2; i < count; i++) {
      const pixels = image(i);
      const distances = means.map((mean) => mean.reduce((sum, grey, p) => sum + (grey - pixels[p]!) ** 2, 0));
      if (distances.indexOf(Math.min(...distances)) === digits.labels.data[i]) right++;
    }
    expect(right / (count / 2)).toBeGreaterThan(0.65);
  });

  it.each([0, -3, 2.5, Number.NaN])('refuses a count of %s', (bad) => {
    expect(() => drawnDigits(bad)).toThrow(
      new ArgumentError(`drawnDigits: count is ${bad}, needs a whole number of at least 1`),
    );
  });

  it('refuses a seed that is none', () => {
    expect(() => drawnDigits(1, { seed: -1 })).toThrow(
      new ArgumentError('seed: got -1, needs an integer from 0 to 2^53 - 1'),
    );
  });
});

describe('the styles', () => {
  const entries = styles.map((ofDigit) => ofDigit.split('\n\n').map((entry) => entry.trim().split(/\n */)));
  const points = (line: string): string => line.replace(/-?\d+,-?\d+/g, 'o');

  it('are there for ten digits, several for each', () => {
    expect(entries.length).toBe(10);
    for (const ofDigit of entries) expect(ofDigit.length).toBeGreaterThan(3);
  });

  it.each(entries.flat().map((lines) => ({ lines })))('$lines.0: both ends have the same points', ({ lines }) => {
    const [title, from, to, ...rest] = lines;
    expect(title).toMatch(/^.+: \d+(\.\d+)?$/);
    expect(from).toMatch(/^-?\d+,-?\d+!?(?: (?:\| )?-?\d+,-?\d+!?)+$/);
    expect(points(to!)).toBe(points(from!));
    expect(rest).toEqual([]);
  });
});
