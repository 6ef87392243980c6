// Inks a path into an image: every pixel by its distance to the nearest piece of the line.

import type { Generator } from '@dl/autograd';
import type { Path } from './pen.js';
import { clamp, side } from './warp.js';

const far = 1e3;
/** How far a digit may be moved off its centre of mass, in pixels, before rounding. */
const wobble = 0.7;

/**
 * Draws `path` (in pixels) with half line width `half` into `image`, `[28, 28]` and all zero, as grey values
 * from 0 (paper) to 1 (ink), and moves it by whole pixels so that its centre of mass lies in the middle, give
 * or take a pixel. The edge of the line is a ramp: an anti-aliased edge when one pixel wide, blurred when wider.
 *
 * @param scratch One number per pixel, overwritten.
 */
export function render(path: Path, half: number, image: Float32Array, scratch: Float64Array, random: Generator): void {
  const ramp = random.uniform(0.8, 1.3);
  const rough = random.uniform(0, 0.28);
  const ink = random.uniform() < 0.9 ? 1 : random.uniform(0.85, 1);
  measure(path, half, ramp + rough + 1, scratch);
  let mass = 0;
  let massX = 0;
  let massY = 0;
  for (let p = 0; p < side * side; p++) {
    const distance = scratch[p]!;
    if (distance === far) {
      scratch[p] = 0;
      continue;
    }
    const edge = distance + rough * (random.uniform() + random.uniform() - 1);
    const grey = clamp(ink * (0.5 - edge / ramp) * (1 + 0.04 * random.uniform()), 0, 1);
    scratch[p] = grey;
    mass += grey;
    massX += grey * (p % side);
    massY += grey * Math.floor(p / side);
  }
  const dx = Math.round(side / 2 - massX / mass + random.uniform(-wobble, wobble));
  const dy = Math.round(side / 2 - massY / mass + random.uniform(-wobble, wobble));
  for (let y = Math.max(0, -dy); y < Math.min(side, side - dy); y++) {
    for (let x = Math.max(0, -dx); x < Math.min(side, side - dx); x++) {
      image[(y + dy) * side + x + dx] = scratch[y * side + x]!;
    }
  }
}

/** The distance of every pixel within `reach` of the line to the line's edge, negative inside; `far` elsewhere. */
function measure(path: Path, half: number, reach: number, distance: Float64Array): void {
  distance.fill(far);
  for (let i = 1; i < path.length; i++) {
    if (path.begins[i] === 1) continue;
    const x1 = path.x[i - 1]!;
    const y1 = path.y[i - 1]!;
    const dx = path.x[i]! - x1;
    const dy = path.y[i]! - y1;
    const w1 = half * path.width[i - 1]!;
    const dw = half * path.width[i]! - w1;
    const margin = Math.max(w1, w1 + dw) + reach;
    const left = Math.max(0, Math.ceil(Math.min(x1, x1 + dx) - margin));
    const right = Math.min(side - 1, Math.floor(Math.max(x1, x1 + dx) + margin));
    const top = Math.max(0, Math.ceil(Math.min(y1, y1 + dy) - margin));
    const bottom = Math.min(side - 1, Math.floor(Math.max(y1, y1 + dy) + margin));
    const perLength = 1 / (dx * dx + dy * dy + 1e-12);
    for (let y = top; y <= bottom; y++) {
      for (let x = left; x <= right; x++) {
        // Where along the piece the nearest point lies; the line's width changes linearly from end to end.
        const t = clamp(((x - x1) * dx + (y - y1) * dy) * perLength, 0, 1);
        const ex = x - x1 - t * dx;
        const ey = y - y1 - t * dy;
        const d = Math.sqrt(ex * ex + ey * ey) - w1 - t * dw;
        const p = y * side + x;
        if (d < distance[p]!) distance[p] = d;
      }
    }
  }
}
