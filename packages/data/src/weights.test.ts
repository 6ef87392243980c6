import { ArgumentError, Generator } from '@dl/autograd';
import { describe, expect, it } from 'vitest';
import { loader } from './loader.js';

const rows = (n: number) => ({ y: { data: Int32Array.from({ length: n }, (_, i) => i), shape: [n] } });

async function drawn(weights: number[], seed: number, epochs: number): Promise<number[]> {
  const batches = loader(rows(weights.length), { weights, batchSize: 3, generator: new Generator(seed) });
  const all: number[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) for await (const { y } of batches) all.push(...y.data);
  return all;
}

describe('weighted sampling', () => {
  it('draws each row as often as its weight says', async () => {
    const weights = [0, 1, 3, 0, 4, 2, 0];
    const all = await drawn(weights, 1, 1500);
    expect(all.length).toBe(7 * 1500);
    weights.forEach((weight, row) => {
      const expected = (all.length * weight) / 10;
      const deviation = Math.sqrt(expected * (1 - weight / 10));
      // Five deviations of a binomial number.
      expect(Math.abs(all.filter((y) => y === row).length - expected)).toBeLessThanOrEqual(5 * deviation);
    });
  });

  it('is the same for a seed, and goes on where it was left', async () => {
    const weights = [5, 1, 1, 2, 8, 1, 1, 1];
    expect(await drawn(weights, 2, 3)).toEqual(await drawn(weights, 2, 3));
    expect(await drawn(weights, 2, 3)).not.toEqual(await drawn(weights, 3, 3));
    const whole = await drawn(weights, 2, 2);
    const first = loader(rows(8), { weights, batchSize: 3, generator: new Generator(2) });
    const seen: number[] = [];
    for await (const { y } of first) {
      seen.push(...y.data);
      if (first.state.batch === 2) break;
    }
    const second = loader(rows(8), { weights, batchSize: 3, generator: new Generator(99) });
    second.state = JSON.parse(JSON.stringify(first.state));
    for (let epoch = 0; epoch < 2; epoch++) for await (const { y } of second) seen.push(...y.data);
    expect(seen).toEqual(whole);
  });

  it.each([
    [[1, 2], 'got 2 weights for 3 rows, needs one a row'],
    [[1, -2, 3], 'weight 1 is -2, needs numbers of at least 0'],
    [[1, Number.NaN, 3], 'weight 1 is NaN, needs numbers of at least 0'],
    [[0, 0, 0], 'the weights add up to 0, needs a finite sum above 0'],
  ])('refuses %j', (weights, message) => {
    expect(() => loader(rows(3), { weights })).toThrow(new ArgumentError(`loader: ${message}`));
  });
});
