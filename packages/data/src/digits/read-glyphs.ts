// Reads the table of glyphs.ts.

import { styles } from './glyphs.js';

/** The points of a stroke, in digit heights. */
export interface Stroke {
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly corner: readonly boolean[];
}

/** A way of writing a digit: the two ends of its range, stroke by stroke. */
export interface Glyph {
  readonly from: readonly Stroke[];
  readonly to: readonly Stroke[];
  /** The share of this style and of those before it among the digit's styles: 1 for the last. */
  readonly upTo: number;
}

/** The styles of the digits 0 to 9. */
export function readGlyphs(): Glyph[][] {
  return styles.map((ofDigit) => {
    const entries = ofDigit.split('\n\n').map((entry) => entry.trim().split(/\n */) as [string, string, string]);
    const weights = entries.map(([title]) => Number(title.split(': ')[1]));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    let sum = 0;
    return entries.map(([, from, to], k) => {
      sum += weights[k]! / total;
      return { from: readStrokes(from), to: readStrokes(to), upTo: sum };
    });
  });
}

function readStrokes(text: string): Stroke[] {
  return text.split(' | ').map((stroke) => {
    const points = stroke.split(' ');
    const numbers = points.map((point) => point.replace('!', '').split(',').map(Number));
    return {
      x: numbers.map((pair) => pair[0]! / 100),
      y: numbers.map((pair) => pair[1]! / 100),
      corner: points.map((point) => point.endsWith('!')),
    };
  });
}
