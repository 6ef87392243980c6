// The pen: picks a style for a digit, varies its points and follows them, as a smooth curve cut into
// short straight pieces.

import type { Generator } from '@dl/autograd';
import { type Glyph, readGlyphs } from './read-glyphs.js';

/** Straight pieces between consecutive points of each stroke; reused from digit to digit. */
export class Path {
  /** Coordinates of the points: first in digit heights, y down, later in pixels. */
  readonly x = new Float64Array(512);
  readonly y = new Float64Array(512);
  /** Half the width of the line at each point, relative to the digit's mean. */
  readonly width = new Float64Array(512);
  /** 1 where a stroke begins: no piece leads to this point. */
  readonly begins = new Uint8Array(512);
  length = 0;

  add(x: number, y: number, begins: boolean): void {
    this.x[this.length] = x;
    this.y[this.length] = y;
    this.width[this.length] = 1;
    this.begins[this.length] = begins ? 1 : 0;
    this.length++;
  }
}

let glyphs: readonly (readonly Glyph[])[] | undefined;

/** Pieces of a curve between two points of a style. */
const steps = 5;
/** How far a digit may lie outside the range between the two forms of its style. */
const beyond = 0.25;

/**
 * Writes `digit` into `path`, in digit heights: a style by its weight, a form in its range, every point
 * moved a little, the strokes' ends drawn longer or shorter.
 */
export function write(path: Path, digit: number, random: Generator): void {
  glyphs ??= readGlyphs();
  const ofDigit = glyphs[digit]!;
  const pick = random.uniform();
  const glyph = ofDigit.find((candidate) => pick < candidate.upTo) ?? ofDigit[0]!;
  const jitter = random.uniform(0.006, 0.04);
  const form = random.uniform(-beyond, 1 + beyond);
  path.length = 0;
  for (let s = 0; s < glyph.from.length; s++) {
    const from = glyph.from[s]!;
    const to = glyph.to[s]!;
    const n = from.x.length;
    const t = form + random.uniform(-0.2, 0.2);
    const moveX = random.normal(0, jitter * 0.7);
    const moveY = random.normal(0, jitter * 0.7);
    const x: number[] = [];
    const y: number[] = [];
    for (let i = 0; i < n; i++) {
      x.push(from.x[i]! + t * (to.x[i]! - from.x[i]!) + moveX + random.normal(0, jitter));
      y.push(from.y[i]! + t * (to.y[i]! - from.y[i]!) + moveY + random.normal(0, jitter));
    }
    stretchEnd(x, y, 0, 1, random.normal(0.02, 0.15));
    stretchEnd(x, y, n - 1, n - 2, random.normal(0.02, 0.15));
    follow(path, x, y, from.corner);
    press(path, random);
  }
}

/** Moves the end of a stroke along its last piece, by `amount` of that piece. */
function stretchEnd(x: number[], y: number[], end: number, before: number, amount: number): void {
  x[end] = x[end]! + amount * (x[end]! - x[before]!);
  y[end] = y[end]! + amount * (y[end]! - y[before]!);
}

/** A cubic Hermite curve through the points, with the tangents of a centripetal Catmull–Rom spline. */
function follow(path: Path, x: readonly number[], y: readonly number[], corner: readonly boolean[]): void {
  const n = x.length;
  path.add(x[0]!, y[0]!, true);
  for (let i = 0; i + 1 < n; i++) {
    const x1 = x[i]!;
    const y1 = y[i]!;
    const x2 = x[i + 1]!;
    const y2 = y[i + 1]!;
    const here = knot(x2 - x1, y2 - y1);
    let startX = x2 - x1;
    let startY = y2 - y1;
    let endX = startX;
    let endY = startY;
    if (i > 0 && corner[i] !== true) {
      const before = knot(x1 - x[i - 1]!, y1 - y[i - 1]!);
      const chord = here / (before + here);
      startX += here * ((x1 - x[i - 1]!) / before) - chord * (x2 - x[i - 1]!);
      startY += here * ((y1 - y[i - 1]!) / before) - chord * (y2 - y[i - 1]!);
    }
    if (i + 2 < n && corner[i + 1] !== true) {
      const after = knot(x[i + 2]! - x2, y[i + 2]! - y2);
      const chord = here / (here + after);
      endX += here * ((x[i + 2]! - x2) / after) - chord * (x[i + 2]! - x1);
      endY += here * ((y[i + 2]! - y2) / after) - chord * (y[i + 2]! - y1);
    }
    for (let k = 1; k <= steps; k++) {
      const t = k / steps;
      const u = 1 - t;
      const a = u * u * (1 + 2 * t);
      const b = t * u * u;
      const c = t * t * (3 - 2 * t);
      const d = t * t * u;
      path.add(a * x1 + b * startX + c * x2 - d * endX, a * y1 + b * startY + c * y2 - d * endY, false);
    }
  }
}

/** Square root of the distance: the spacing of a centripetal spline's knots, kept from being zero. */
function knot(dx: number, dy: number): number {
  return Math.sqrt(Math.sqrt(dx * dx + dy * dy)) + 1e-6;
}

/** Lets the pressure of the pen, and so the width of the line, vary slowly along the stroke just drawn. */
function press(path: Path, random: Generator): void {
  const start = path.begins.lastIndexOf(1, path.length - 1);
  const tilt = random.normal(0, 0.1);
  const swell = random.normal(0, 0.1);
  const last = path.length - 1 - start;
  for (let i = 0; i <= last; i++) {
    const t = (2 * i) / last - 1;
    path.width[start + i] = Math.max(0.5, 1 + tilt * t + swell * (1 - 1.5 * t * t));
  }
}
