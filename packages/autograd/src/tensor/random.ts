// Seeded, counter-based random numbers: a draw depends on (seed, position) alone, so that every
// backend, platform and thread count sees the same numbers, and a position can be saved and restored.
//
// The bits come from Threefry-2x32 with 20 rounds (Salmon et al., "Parallel Random Numbers: As Easy
// as 1, 2, 3", 2011), the normals from Wichura's algorithm AS 241 (Applied Statistics 37(3), 1988).

import { checkCall } from '../arguments/check-call.js';
import { shown } from '../arguments/shown.js';
import { currentContext, inContext } from '../context/context.js';
import { announceCopy, type Copy, copyMark, isInstance, ownCopy } from '../copies.js';
import { ArgumentError } from '../errors.js';
import { neighbour } from './neighbour.js';

/** Where a {@link Generator} stands: enough to go on from exactly there. */
export interface GeneratorState {
  readonly seed: number;
  /** How many 32-bit words have been drawn. */
  readonly position: number;
}

/**
 * A stream of random numbers that is the same everywhere for the same seed.
 *
 * @example
 * ```ts
 * import { Generator } from '@dl/autograd';
 * const a = new Generator(42);
 * const b = new Generator(42);
 * console.log(a.uniform() === b.uniform()); // true
 * ```
 */
export class Generator {
  #seed = 0;
  #key0 = 0;
  #key1 = 0;
  #position = 0;
  // The two blocks that hold `#position`: four words, valid while `#pair` names them.
  #pair = -1;
  readonly #words = new Uint32Array(4);

  /** @param seed Any integer from 0 to 2^53 - 1. */
  constructor(seed: number) {
    checkCall('Generator', arguments, ['seed']);
    this.seed(seed);
  }

  /** @internal */
  get [copyMark](): Copy {
    return ownCopy;
  }

  /** Starts again at position 0 of the stream of `seed`. */
  seed(seed: number): this {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new ArgumentError(`seed: got ${shown(seed)}, needs an integer from 0 to 2^53 - 1`);
    }
    this.#seed = seed;
    this.#key0 = seed >>> 0;
    this.#key1 = Math.floor(seed / 2 ** 32) >>> 0;
    this.#position = 0;
    this.#pair = -1;
    return this;
  }

  get state(): GeneratorState {
    return { seed: this.#seed, position: this.#position };
  }

  set state(state: GeneratorState) {
    if (!Number.isSafeInteger(state.position) || state.position < 0) {
      throw new ArgumentError(`generator state: position ${state.position} is not a whole number of at least 0`);
    }
    this.seed(state.seed);
    this.#position = state.position;
  }

  /** Goes on as if so many 32-bit words (`uint32`, `uniform`) had been drawn, at once. Returns the generator. */
  skip(words: number): this {
    const position = this.#position + words;
    if (!Number.isSafeInteger(words) || words < 0 || !Number.isSafeInteger(position)) {
      throw new ArgumentError(
        `skip: got ${shown(words)}, needs a whole number of at least 0, within 2^53 words in all`,
      );
    }
    this.#position = position;
    return this;
  }

  /**
   * A generator with a stream of its own, a function of this one's seed and of `stream` alone: for
   * work whose numbers must not depend on how many others were drawn before.
   */
  fork(stream: number): Generator {
    const words = new Uint32Array(4);
    drawBlocks(words, this.#key0, this.#key1, stream, 0xd1);
    return new Generator((words[0]! & 0x1fffff) * 2 ** 32 + words[1]!);
  }

  /** The next 32 random bits, as an integer in [0, 2^32). */
  uint32(): number {
    const position = this.#position++;
    const pair = Math.floor(position / 4);
    if (pair !== this.#pair) {
      drawBlocks(this.#words, this.#key0, this.#key1, (2 * pair) >>> 0, Math.floor(pair / 2 ** 31) >>> 0);
      this.#pair = pair;
    }
    return this.#words[position % 4]!;
  }

  /** A number in [low, high), uniform, with 24 random bits: every value is a float32 when low is 0 and high 1. */
  uniform(low = 0, high = 1): number {
    const value = low + (high - low) * ((this.uint32() >>> 8) * 2 ** -24);
    // Rounding may reach the bound that is left out.
    return value < high || !(low < high) ? value : Math.max(low, neighbour(high, 'below', 'float64'));
  }

  /** A number in [0, 1), uniform, with 53 random bits. */
  uniform53(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 2 ** 26 + low) * 2 ** -53;
  }

  /** A normal number, by inversion of the normal distribution function (AS 241, relative error about 1e-16). */
  normal(mean = 0, std = 1): number {
    return mean + std * normalQuantile(this.uniform53() + 2 ** -54);
  }

  /** An integer in [low, high), uniform. */
  integer(low: number, high: number): number {
    if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high) || high <= low) {
      throw new ArgumentError(`integer: needs whole numbers low < high, got ${low} and ${high}`);
    }
    return low + Math.floor(this.uniform53() * (high - low));
  }

  /** The numbers 0 … n - 1 in random order (Fisher–Yates). */
  permutation(n: number): Int32Array {
    if (!Number.isSafeInteger(n) || n < 0) {
      throw new ArgumentError(`permutation: needs a whole number of at least 0, got ${n}`);
    }
    const order = Int32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.integer(0, i + 1);
      const swapped = order[i]!;
      order[i] = order[j]!;
      order[j] = swapped;
    }
    return order;
  }
}

/**
 * Threefry-2x32, 20 rounds, of the counters (c0, c1) and (c0 + 1, c1) under a key: two words for each. Side by side, because each
 * round waits for the one before, and written out, because this is where the time of all random numbers goes.
 */
function drawBlocks(words: Uint32Array, k0: number, k1: number, c0: number, c1: number): void {
  const k2 = 0x1bd11bda ^ k0 ^ k1;
  let x0 = (c0 + k0) | 0;
  let x1 = (c1 + k1) | 0;
  let y0 = (c0 + 1 + k0) | 0;
  let y1 = (c1 + k1) | 0;
  x0 = (x0 + x1) | 0;
  y0 = (y0 + y1) | 0;
  x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0;
  y1 = ((y1 << 13) | (y1 >>> 19)) ^ y0;
  x0 = (x0 + x1) | 0;
  y0 = (y0 + y1) | 0;
  x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0;
  y1 = ((y1 << 15) | (y1 >>> 17)) ^ y0;
  x0 = (x0 + x1) | 0;
  y0 = (y0 + y1) | 0;
  x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0;
  y1 = ((y1 << 26) | (y1 >>> 6)) ^ y0;
  x0 = (x0 + x1) | 0;
  y0 = (y0 + y1) | 0;
  x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0;
  y1 = ((y1 << 6) | (y1 >>> 26)) ^ y0;
  x0 = (x0 + k1) | 0;
  y0 = (y0 + k1) | 0;
  x1 = (x1 + k2 + 1) | 0;
  y1 = (y1 + k2 + 1) | 0;
  x0 = (x0 + x1) | 0;
  y0 = (y0 + y1) | 0;
  x1 = ((x1 << 17) | (x1 >>> 15)) ^ x0;
  y1 = ((y1 << 17) | (y1 >>> 15)) ^ y0;
  x0 = (x0 + x1) | 0;
  y0 = (y0 + y1) | 0;
  x1 = ((x1 << 29) | (x1 >>> 3)) ^ x0;
  y1 = ((y1 << 29) | (y1 >>> 3)) ^ y0;
  x0 = (x0 + x1) | 0;
  y0 = (y0 + y1) | 0;
  x1 = ((x1 << 16) | (x1 >>> 16)) ^ x0;
  y1 = ((y1 << 16) | (y1 >>> 16)) ^ y0;
  x0 = (x0 + x1) | 0;
  y0 = (y0 + y1) | 0;
  x1 = ((x1 << 24) | (x1 >>> 8)) ^ x0;
  y1 = ((y1 << 24) | (y1 >>> 8)) ^ y0;
  x0 = (x0 + k2) | 0;
  y0 = (y0 + k2) | 0;
  x1 = (x1 + k0 + 2) | 0;
  y1 = (y1 + k0 + 2) | 0;
  x0 = (x0 + x1) | 0;
  y0 = (y0 + y1) | 0;
  x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0;
  y1 = ((y1 << 13) | (y1 >>> 19)) ^ y0;
  x0 = (x0 + x1) | 0;
  y0 = (y0 + y1) | 0;
  x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0;
  y1 = ((y1 << 15) | (y1 >>> 17)) ^ y0;
  x0 = (x0 + x1) | 0;
  y0 = (y0 + y1) | 0;
  x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0;
  y1 = ((y1 << 26) | (y1 >>> 6)) ^ y0;
  x0 = (x0 + x1) | 0;
  y0 = (y0 + y1) | 0;
  x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0;
  y1 = ((y1 << 6) | (y1 >>> 26)) ^ y0;
  x0 = (x0 + k0) | 0;
  y0 = (y0 + k0) | 0;
  x1 = (x1 + k1 + 3) | 0;
  y1 = (y1 + k1 + 3) | 0;
  x0 = (x0 + x1) | 0;
  y0 = (y0 + y1) | 0;
  x1 = ((x1 << 17) | (x1 >>> 15)) ^ x0;
  y1 = ((y1 << 17) | (y1 >>> 15)) ^ y0;
  x0 = (x0 + x1) | 0;
  y0 = (y0 + y1) | 0;
  x1 = ((x1 << 29) | (x1 >>> 3)) ^ x0;
  y1 = ((y1 << 29) | (y1 >>> 3)) ^ y0;
  x0 = (x0 + x1) | 0;
  y0 = (y0 + y1) | 0;
  x1 = ((x1 << 16) | (x1 >>> 16)) ^ x0;
  y1 = ((y1 << 16) | (y1 >>> 16)) ^ y0;
  x0 = (x0 + x1) | 0;
  y0 = (y0 + y1) | 0;
  x1 = ((x1 << 24) | (x1 >>> 8)) ^ x0;
  y1 = ((y1 << 24) | (y1 >>> 8)) ^ y0;
  x0 = (x0 + k1) | 0;
  y0 = (y0 + k1) | 0;
  x1 = (x1 + k2 + 4) | 0;
  y1 = (y1 + k2 + 4) | 0;
  x0 = (x0 + x1) | 0;
  y0 = (y0 + y1) | 0;
  x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0;
  y1 = ((y1 << 13) | (y1 >>> 19)) ^ y0;
  x0 = (x0 + x1) | 0;
  y0 = (y0 + y1) | 0;
  x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0;
  y1 = ((y1 << 15) | (y1 >>> 17)) ^ y0;
  x0 = (x0 + x1) | 0;
  y0 = (y0 + y1) | 0;
  x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0;
  y1 = ((y1 << 26) | (y1 >>> 6)) ^ y0;
  x0 = (x0 + x1) | 0;
  y0 = (y0 + y1) | 0;
  x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0;
  y1 = ((y1 << 6) | (y1 >>> 26)) ^ y0;
  x0 = (x0 + k2) | 0;
  y0 = (y0 + k2) | 0;
  x1 = (x1 + k0 + 5) | 0;
  y1 = (y1 + k0 + 5) | 0;
  words[0] = x0;
  words[1] = x1;
  words[2] = y0;
  words[3] = y1;
}

let first: Generator | undefined;

/** The generator behind initialisation, shuffling, dropout and sampling. Starts at seed 0. */
export function defaultGenerator(): Generator {
  checkCall('defaultGenerator', arguments, []);
  if (first === undefined) {
    // Each copy of this package has a generator of its own, so that a seed in one says nothing in the other.
    announceCopy();
    first = new Generator(0);
  }
  return currentContext().generator ?? first;
}

/**
 * Runs `body` with another default generator, for an asynchronous body until its promise settles: what it draws changes nothing for
 * other tasks, and the other way round.
 *
 * @example
 * ```ts
 * import { Generator, manualSeed, rand, useBackend, withGenerator } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * manualSeed(1);
 * withGenerator(new Generator(2), () => rand([100]));
 * console.log(rand([1]).item()); // the first number of seed 1, as if nothing had been drawn
 * ```
 */
export function withGenerator<T>(generator: Generator, body: () => T): T {
  checkCall('withGenerator', arguments, ['generator', 'body']);
  if (!isInstance(generator, Generator, 'withGenerator', 'the generator')) {
    throw new ArgumentError(
      'withGenerator: the first argument is no Generator; pass new Generator(seed), then the function',
    );
  }
  return inContext(
    'withGenerator',
    (context) => {
      context.generator = generator;
    },
    body,
  );
}

/**
 * Seeds the default generator: two runs with the same seed draw the same numbers.
 *
 * @example
 * ```ts
 * import { manualSeed, rand, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * manualSeed(1);
 * const a = rand([2]).dataSync();
 * manualSeed(1);
 * console.log(a, rand([2]).dataSync()); // the same two numbers twice
 * ```
 */
export function manualSeed(seed: number): Generator {
  checkCall('manualSeed', arguments, ['seed']);
  return defaultGenerator().seed(seed);
}

const NEAR = [
  3.387132872796366608, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125, 45921.953931549871457,
  67265.770927008700853, 33430.575583588128105, 2509.0809287301226727,
];
const NEAR_BELOW = [
  1, 42.313330701600911252, 687.1870074920579083, 5394.1960214247511077, 21213.794301586595867, 39307.89580009271061,
  28729.085735721942674, 5226.495278852545925,
];
const FAR = [
  1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504, 1.27045825245236838258,
  0.24178072517745061177, 0.0227238449892691845833, 7.7454501427834140764e-4,
];
const FAR_BELOW = [
  1, 2.05319162663775882187, 1.6763848301838038494, 0.68976733498510000455, 0.14810397642748007459,
  0.0151986665636164571966, 5.475938084995344946e-4, 1.05075007164441684324e-9,
];
const TAIL = [
  6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358, 0.29656057182850489123, 0.026532189526576123093,
  0.0012426609473880784386, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
];
const TAIL_BELOW = [
  1, 0.59983220655588793769, 0.13692988092273580531, 0.0148753612908506148525, 7.868691311456132591e-4,
  1.8463183175100546818e-5, 1.4215117583164458887e-7, 2.04426310338993978564e-15,
];

/** Horner's scheme for eight coefficients. Destructuring them, or a loop, takes several times as long. */
function polynomial(c: readonly number[], x: number): number {
  const upper = ((c[7]! * x + c[6]!) * x + c[5]!) * x + c[4]!;
  return (((upper * x + c[3]!) * x + c[2]!) * x + c[1]!) * x + c[0]!;
}

/** The x with P(normal < x) = p. */
function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * polynomial(NEAR, r)) / polynomial(NEAR_BELOW, r);
  }
  const r = Math.sqrt(-naturalLog(q < 0 ? p : 1 - p));
  const x =
    r <= 5
      ? polynomial(FAR, r - 1.6) / polynomial(FAR_BELOW, r - 1.6)
      : polynomial(TAIL, r - 5) / polynomial(TAIL_BELOW, r - 5);
  return q < 0 ? -x : x;
}

const ODD_RECIPROCALS = [1 / 21, 1 / 19, 1 / 17, 1 / 15, 1 / 13, 1 / 11, 1 / 9, 1 / 7, 1 / 5, 1 / 3, 1];

// Math.log may differ in its last bit between JavaScript engines; this one uses only operations
// that IEEE 754 rounds the same everywhere. log(m 2^e) = e log 2 + 2 atanh((m - 1) / (m + 1)).
function naturalLog(x: number): number {
  let exponent = 0;
  let m = x;
  while (m < Math.SQRT1_2) {
    m *= 2;
    exponent--;
  }
  const s = (m - 1) / (m + 1);
  const s2 = s * s;
  let sum = 0;
  for (let i = 0; i < ODD_RECIPROCALS.length; i++) sum = sum * s2 + ODD_RECIPROCALS[i]!;
  return 2 * s * sum + exponent * Math.LN2;
}
