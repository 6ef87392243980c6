// Scores and weights: what each token weighs, and on which one a throw falls. Whatever goes over a whole vocabulary, for each token that is generated.

/** The first of the largest scores, -1 where one is NaN. */
export function firstOfLargest(scores: ArrayLike<number>, at: number, size: number): number {
  let best = 0;
  let most = scores[at]!;
  let isNumber = !Number.isNaN(most);
  for (let i = 1; i < size; i++) {
    const score = scores[at + i]!;
    // Either is false for NaN.
    if (score > most) {
      most = score;
      best = i;
    } else if (!(score <= most)) isNumber = false;
  }
  return isNumber ? best : -1;
}

/** e to -i / 64. */
let powers: Float64Array | undefined;

/**
 * Weights in proportion to e to the scores, written to `into`; gives their sum. No sum of a die is 0, infinite or NaN: that is what comes of scores of which none
 * is finite, or one is NaN or Infinity.
 */
export function weigh(scores: ArrayLike<number>, at: number, size: number, into: Float64Array): number {
  powers ??= Float64Array.from({ length: 64 * 64 }, (_, i) => Math.exp(-i / 64));
  const table = powers;
  let sum = 0;
  for (let i = 0; i < size; i++) {
    const score = scores[at + i]!;
    let weight: number;
    if (score <= 0 && score > -64) {
      // Of logarithms of probabilities, by a table and a series to 2e-14: in half of the time of Math.exp, which is most of the time of drawing.
      const place = (score * -64) | 0;
      const r = score + place * (1 / 64);
      const square = r * r;
      weight = table[place]! * (1 + r + square * (1 / 2 + r * (1 / 6) + square * (1 / 24 + r * (1 / 120))));
    } else weight = Math.exp(score);
    into[i] = weight;
    sum += weight;
  }
  // So it is for logarithms of probabilities; others have to be brought there.
  if (sum > 1e-100 && sum < 1e100) return sum;
  const best = firstOfLargest(scores, at, size);
  if (best < 0) return Number.NaN;
  const most = scores[at + best]!;
  if (Math.abs(most) === Infinity) return most < 0 ? 0 : Infinity;
  sum = 0;
  for (let i = 0; i < size; i++) {
    const weight = Math.exp(scores[at + i]! - most);
    into[i] = weight;
    sum += weight;
  }
  return sum;
}

/** Whether this is the sum of the weights of a die that can be thrown. */
export const isDie = (sum: number): boolean => sum > 0 && sum < Infinity;

/** Where a throw falls: `place` is uniform in [0, 1). Nothing that weighs 0 is hit. */
export function fallOn(weights: Float64Array, size: number, sum: number, place: number): number {
  let left = place * sum;
  for (let i = 0; i < size; i++) {
    left -= weights[i]!;
    if (left < 0) return i;
  }
  // Rounding has left something over.
  let last = size - 1;
  while (weights[last] === 0) last--;
  return last;
}

/** Probabilities in proportion to e to the scores, written to `into`. False where the scores make no die. */
export function normalise(scores: Float64Array, into: Float64Array): boolean {
  const sum = weigh(scores, 0, scores.length, into);
  if (!isDie(sum)) return false;
  for (let i = 0; i < into.length; i++) into[i]! /= sum;
  return true;
}

/** A scratch array of as many numbers as are asked for, made anew only when that changes. */
export function scratch(): (size: number) => Float64Array {
  let array = new Float64Array(0);
  return (size) => {
    if (array.length !== size) array = new Float64Array(size);
    return array;
  };
}
