import { describe, expect, test } from 'vitest';
import { Generator } from './random.js';

const halves = (x: number): [number, number] => [x % 2 ** 32, Math.floor(x / 2 ** 32)];

/** Threefry-2x32 with 20 rounds as Salmon et al. write it down, without any trick. */
function threefry([k0, k1]: [number, number], [c0, c1]: [number, number]): [number, number] {
  const keys = [k0, k1, (0x1bd11bda ^ k0 ^ k1) >>> 0];
  const rotations = [13, 15, 26, 6, 17, 29, 16, 24];
  let [x0, x1] = [(c0 + k0) % 2 ** 32, (c1 + k1) % 2 ** 32];
  for (let round = 0; round < 20; round++) {
    x0 = (x0 + x1) % 2 ** 32;
    const by = rotations[round % 8]!;
    x1 = (((x1 << by) | (x1 >>> (32 - by))) ^ x0) >>> 0;
    if (round % 4 !== 3) continue;
    const add = (round + 1) / 4;
    x0 = (x0 + keys[add % 3]!) % 2 ** 32;
    x1 = (x1 + keys[(add + 1) % 3]! + add) % 2 ** 32;
  }
  return [x0, x1];
}

describe('Generator', () => {
  // Known answers published with Random123 (kat_vectors), also used by JAX.
  test('Threefry-2x32-20 gives the published words', () => {
    const generator = new Generator(0);
    expect([generator.uint32(), generator.uint32()]).toEqual([0x6b200159, 0x99ba4efe]);
  });

  test('every word is that of the paper, for any seed and position', () => {
    expect(threefry([0, 0], [0, 0])).toEqual([0x6b200159, 0x99ba4efe]);
    expect(threefry([0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff])).toEqual([0x1cb996fc, 0xbb002be7]);
    expect(threefry([0x13198a2e, 0x03707344], [0x243f6a88, 0x85a308d3])).toEqual([0xc4923a9c, 0x483df7a0]);
    for (const seed of [0, 7, 0xdeadbeef, 2 ** 40 + 3]) {
      const generator = new Generator(seed);
      for (const position of [0, 6, 1000, 2 ** 33 - 4]) {
        generator.state = { seed, position };
        const words = Array.from({ length: 6 }, () => generator.uint32());
        const blocks = [0, 1, 2].map((i) => threefry(halves(seed), halves(position / 2 + i)));
        expect(words, `seed ${seed}, position ${position}`).toEqual(blocks.flat());
      }
    }
  });

  test('a saved position goes on with the same numbers', () => {
    const generator = new Generator(7);
    for (let i = 0; i < 5; i++) generator.uniform();
    const { state } = generator;
    const next = [generator.uniform(), generator.normal(), generator.integer(0, 10)];
    generator.state = state;
    expect([generator.uniform(), generator.normal(), generator.integer(0, 10)]).toEqual(next);
  });

  test('a state goes on in any generator: its seed and its position, and nothing of what that has drawn', () => {
    const generator = new Generator(2 ** 40 + 3);
    for (let i = 0; i < 4; i++) generator.uint32();
    const { state } = generator;
    const next = Array.from({ length: 4 }, () => generator.uint32());
    for (const drawn of [0, 1, 2, 5]) {
      const other = new Generator(11);
      for (let i = 0; i < drawn; i++) other.uint32();
      other.state = state;
      expect(Array.from({ length: 4 }, () => other.uint32())).toEqual(next);
      expect(other.state).toEqual({ seed: 2 ** 40 + 3, position: 8 });
    }
  });

  test('uniform numbers have the mean and variance of the uniform distribution', () => {
    const generator = new Generator(1);
    const n = 200_000;
    let sum = 0;
    let squares = 0;
    let outside = 0;
    for (let i = 0; i < n; i++) {
      const u = generator.uniform();
      if (!(u >= 0 && u < 1)) outside++;
      sum += u;
      squares += u * u;
    }
    expect(outside).toBe(0);
    // Five standard errors: sqrt(1/12/n) is 6.5e-4.
    expect(Math.abs(sum / n - 1 / 2)).toBeLessThan(3.3e-3);
    expect(Math.abs(squares / n - 1 / 3)).toBeLessThan(3.4e-3);
  });

  test('normal numbers have the moments and the tails of the normal distribution', () => {
    const generator = new Generator(2);
    const n = 200_000;
    let sum = 0;
    let squares = 0;
    let beyond2 = 0;
    for (let i = 0; i < n; i++) {
      const x = generator.normal();
      sum += x;
      squares += x * x;
      if (Math.abs(x) > 2) beyond2++;
    }
    expect(Math.abs(sum / n)).toBeLessThan(0.0112);
    expect(Math.abs(squares / n - 1)).toBeLessThan(0.0159);
    expect(Math.abs(beyond2 / n - 0.0455)).toBeLessThan(0.0024);
  });

  test('a permutation holds every number once and every order is as likely', () => {
    const generator = new Generator(3);
    expect([...generator.permutation(100)].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = generator.permutation(3).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  test('says what a seed may be', () => {
    expect(() => new Generator(-1)).toThrow('seed: got -1, needs an integer from 0 to 2^53 - 1');
    expect(() => new Generator(0.5)).toThrow('needs an integer');
  });

  // √2 erf⁻¹(2p - 1) in 50 digits, by mpmath 1.3: several p in each range of the approximation and beside its borders.
  test.each([
    [0.5, 0],
    [2 ** -54, -8.2923610758135955],
    [2 ** -52, -8.1258906647019069],
    [2 ** -48, -7.7825906178024481],
    [2 ** -44, -7.4239398119859832],
    [2 ** -40, -7.0477002566644087],
    [2 ** -38, -6.8521276658960675],
    [2 ** -37, -6.752300431407015],
    [2 ** -36, -6.6510353798930105],
    [2 ** -35, -6.5482693678317308],
    [2 ** -32, -6.2302601379890432],
    [2 ** -28, -5.7804393244789342],
    [2 ** -24, -5.2947040848545981],
    [2 ** -20, -4.763001034267814],
    [2 ** -16, -4.1695693233491058],
    [2 ** -12, -3.4871041041144311],
    [2 ** -8, -2.6600674686174597],
    [2 ** -6, -2.1538746940614562],
    [2 ** -5, -1.8627318674216515],
    [2 ** -4, -1.5341205443525463],
    [5 / 64, -1.4177971379962673],
    [1 / 8, -1.1503493803760082],
    [3 / 16, -0.88714655901887606],
    [1 / 4, -0.67448975019608174],
    [5 / 16, -0.4887764111146695],
    [3 / 8, -0.31863936396437516],
    [7 / 16, -0.1573106846101707],
    [31 / 64, -0.03917608550309763],
  ])('normal numbers are quantiles of the uniform ones: at %d it is %d', (p, x) => {
    const normalAt = (p: number): number => {
      const generator = new (class extends Generator {
        override uniform53(): number {
          return p - 2 ** -54;
        }
      })(0);
      return generator.normal();
    };
    expect(Math.abs(normalAt(p) - x)).toBeLessThanOrEqual(1e-15 * Math.abs(x));
    // Above ½ it is the same with the other sign, where p has digits for it.
    if (1 - (1 - p) === p && p > 2 ** -53)
      expect(Math.abs(normalAt(1 - p) + x)).toBeLessThanOrEqual(1e-15 * Math.abs(x));
  });

  test('forks are streams of their own, by the seed and their number alone', () => {
    const words = (generator: Generator): number[] => Array.from({ length: 4 }, () => generator.uint32());
    const parent = new Generator(5);
    const first = words(parent.fork(1));
    parent.uint32();
    expect(words(parent.fork(1))).toEqual(first);
    expect(words(parent.fork(2))).not.toEqual(first);
    expect(words(new Generator(6).fork(1))).not.toEqual(first);
    expect(words(new Generator(5))).not.toEqual(first);
    // 53 bits of the block of its number.
    const [high, low] = threefry(halves(5), [1, 0xd1]);
    expect(parent.fork(1).state).toEqual({ seed: (high % 2 ** 21) * 2 ** 32 + low, position: 0 });
  });

  test('seeds that differ only above 32 bits are different seeds', () => {
    expect(new Generator(2 ** 32 + 1).uint32()).not.toBe(new Generator(1).uint32());
    expect(new Generator(Number.MAX_SAFE_INTEGER).state).toEqual({ seed: Number.MAX_SAFE_INTEGER, position: 0 });
  });

  test('a state that cannot be is refused', () => {
    const generator = new Generator(1);
    expect(() => {
      generator.state = { seed: 1, position: -1 };
    }).toThrow('generator state: position -1 is not a whole number of at least 0');
    expect(() => generator.integer(5, 5)).toThrow('integer: needs whole numbers low < high, got 5 and 5');
  });
});

test('skip goes on as if so many words had been drawn', () => {
  for (const words of [0, 1, 2, 7]) {
    const drawn = new Generator(5);
    drawn.uint32();
    const skipped = new Generator(5).skip(1).skip(words);
    for (let i = 0; i < words; i++) drawn.uint32();
    expect(skipped.state).toEqual(drawn.state);
    expect(skipped.uint32()).toBe(drawn.uint32());
  }
  expect(() => new Generator(5).skip(-1)).toThrow(
    'skip: got -1, needs a whole number of at least 0, within 2^53 words in all',
  );
});
