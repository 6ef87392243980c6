import { describe, expect, it } from 'vitest';
import {
  blues,
  diverging,
  grey,
  ink,
  NOT_A_NUMBER,
  oranges,
  type Rgb,
  SERIES_COLORS,
  textOn,
  toHex,
} from './colors.js';

const parse = (hex: string): Rgb => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as unknown as Rgb;
const linear = (part: number): number =>
  part <= 10.31475 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4;
const luminance = (color: Rgb): number => {
  const [r, g, b] = color.map(linear);
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
};
const shares = Array.from({ length: 101 }, (_, i) => i / 100);

describe('ramps', () => {
  it('run from end to end and clamp', () => {
    expect([grey(0), grey(1), grey(0.5)]).toEqual([
      [0, 0, 0],
      [255, 255, 255],
      [128, 128, 128],
    ]);
    expect([ink(-3), ink(7)]).toEqual([
      [255, 255, 255],
      [0, 0, 0],
    ]);
    expect([diverging(0), diverging(0.5), diverging(1)].map(toHex)).toEqual(['#0b4f8a', '#f7f7f7', '#a63c06']);
  });

  it.each([
    ['blues', blues],
    ['oranges', oranges],
    ['ink', ink],
  ])('%s only get darker', (_, ramp) => {
    for (let i = 1; i < shares.length; i++) {
      expect(luminance(ramp(shares[i]!))).toBeLessThan(luminance(ramp(shares[i - 1]!)));
    }
  });

  it('never show the colour of NaN', () => {
    for (const ramp of [grey, ink, diverging, blues, oranges]) {
      for (const share of shares) {
        const distance = Math.hypot(...ramp(share).map((part, i) => part - NOT_A_NUMBER[i]!));
        expect(distance).toBeGreaterThan(60);
      }
    }
  });
});

describe('textOn', () => {
  it('contrasts at least 4 to 1 with every colour of the matrix', () => {
    for (const color of [...shares.map(blues), ...shares.map(oranges)]) {
      const [dark, light] = [luminance(color), luminance(parse(textOn(color)))].sort((a, b) => a - b);
      expect((light! + 0.05) / (dark! + 0.05)).toBeGreaterThan(4);
    }
  });
});

describe('series colours', () => {
  // Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency" (2009).
  const sight: Record<string, number[][]> = {
    full: [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
    'without red cones': [
      [0.152286, 1.052583, -0.204868],
      [0.114503, 0.786281, 0.099216],
      [-0.003882, -0.048116, 1.051998],
    ],
    'without green cones': [
      [0.367322, 0.860646, -0.227968],
      [0.280085, 0.672501, 0.047413],
      [-0.01182, 0.04294, 0.968881],
    ],
  };
  const lab = (rgb: number[]): number[] => {
    const mix = (weights: number[]): number =>
      Math.cbrt(
        Math.max(
          0,
          weights.reduce((sum, w, i) => sum + w * rgb[i]!, 0),
        ),
      );
    const x = mix([0.4339, 0.3762, 0.1899]);
    const y = mix([0.2126, 0.7152, 0.0722]);
    const z = mix([0.0178, 0.1095, 0.8727]);
    return [116 * y, 500 * (x - y), 200 * (y - z)];
  };

  it.each(Object.entries(sight))('stay apart with %s colour vision', (_, matrix) => {
    const seen = SERIES_COLORS.map((hex) => {
      const rgb = parse(hex).map(linear);
      return lab(matrix.map((row) => row.reduce((sum, weight, i) => sum + weight * rgb[i]!, 0)));
    });
    for (let i = 0; i < seen.length; i++) {
      for (let j = 0; j < i; j++) {
        expect(Math.hypot(...seen[i]!.map((part, k) => part - seen[j]![k]!))).toBeGreaterThan(12);
      }
    }
  });
});
