// From digit heights to pixels: bends, slants, turns and scales a path, and puts it into the image the
// way MNIST does: fitted into a box of 20 x 20 pixels, its centre of mass in the middle of 28 x 28.
//
// Only operations that IEEE 754 rounds the same everywhere, so that every platform draws the same digits.

import type { Generator } from '@dl/autograd';
import type { Path } from './pen.js';

/** Width and height of an image. */
export const side = 28;
const box = 20;

/** Warps `path` in place, to pixels. Pixel (i, j) has its centre at (i, j). Returns the mean half width of the line. */
export function warp(path: Path, digit: number, random: Generator): number {
  bend(path, random);
  shear(path, digit, random);
  // A pen of some width, and now and then a brush.
  const pen = random.uniform() < 0.9;
  const half = pen ? clamp(random.normal(1.13, 0.38), 0.65, 2.2) : random.uniform(0.7, digit === 1 ? 2.8 : 2.2);
  fit(path, half, random);
  return half;
}

/** A smooth displacement: a random polynomial of degree 3 in x and y for each coordinate. */
function bend(path: Path, random: Generator): void {
  const strength = random.uniform(0.01, 0.045);
  const c = Array.from({ length: 14 }, () => random.normal(0, strength));
  for (let i = 0; i < path.length; i++) {
    // Chebyshev polynomials, of arguments in [-1, 1], stay in [-1, 1]: no end of the digit flies away.
    const u = clamp(2.5 * path.x[i]! - 0.8, -1.05, 1.05);
    const v = clamp(2 * path.y[i]! - 1, -1.05, 1.05);
    const u2 = 2 * u * u - 1;
    const v2 = 2 * v * v - 1;
    const u3 = u * (2 * u2 - 1);
    const v3 = v * (2 * v2 - 1);
    path.x[i]! += c[0]! * u2 + c[1]! * u * v + c[2]! * v2 + c[3]! * u2 * v + c[4]! * u * v2 + c[5]! * v3 + c[6]! * u3;
    path.y[i]! +=
      c[7]! * u2 + c[8]! * u * v + c[9]! * v2 + c[10]! * u2 * v + c[11]! * u * v2 + c[12]! * v3 + c[13]! * u3;
  }
}

/** How far the digits lean to the right on average, as width over height: those with a leg lean less. */
const lean = [0.28, 0.26, 0.16, 0.08, 0.25, 0.16, 0.06, 0.06, 0.12, 0.12];
/** How much broader than their styles they are, as u in (1 + u) / (1 - u). */
const breadth = [0.06, 0, 0.04, 0.02, 0.03, 0.08, 0.02, 0.04, 0, -0.02];

function shear(path: Path, digit: number, random: Generator): void {
  const wide = clamp(random.normal(breadth[digit]!, 0.1), -0.25, 0.3);
  const aspect = (1 + wide) / (1 - wide);
  const slant = lean[digit]! + clamp(random.normal(0, 0.25), -0.6, 0.6);
  const half = clamp(random.normal(0, 0.075), -0.2, 0.2); // tan of half the angle
  const cos = (1 - half * half) / (1 + half * half);
  const sin = (2 * half) / (1 + half * half);
  for (let i = 0; i < path.length; i++) {
    const y = path.y[i]! - 0.5;
    const x = path.x[i]! * aspect - slant * y;
    path.x[i] = cos * x - sin * y;
    path.y[i] = sin * x + cos * y;
  }
}

/** Scales to the box, line width included, and puts the box in the middle, at a random fraction of a pixel. */
function fit(path: Path, half: number, random: Generator): void {
  let left = Infinity;
  let right = -Infinity;
  let top = Infinity;
  let bottom = -Infinity;
  for (let i = 0; i < path.length; i++) {
    const x = path.x[i]!;
    const y = path.y[i]!;
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  const size = box * random.uniform(0.97, 1.03) - 2 * half;
  const scale = size / Math.max(right - left, bottom - top);
  const shiftX = side / 2 + random.uniform(-0.5, 0.5) - 0.5 * scale * (left + right);
  const shiftY = side / 2 + random.uniform(-0.5, 0.5) - 0.5 * scale * (top + bottom);
  for (let i = 0; i < path.length; i++) {
    path.x[i] = path.x[i]! * scale + shiftX;
    path.y[i] = path.y[i]! * scale + shiftY;
  }
}

/** `x`, or the nearer end of [low, high]. */
export function clamp(x: number, low: number, high: number): number {
  return Math.min(Math.max(x, low), high);
}
