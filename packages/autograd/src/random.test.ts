import { describe, expect, test } from 'vitest';
import { Generator } from './random.js';

describe('Generator', () => {
  // Known answers published with Random123 (kat_vectors), also used by JAX.
  test('Threefry-2x32-20 gives the published words', () => {
    const generator = new Generator(0);
    expect([generator.uint32(), generator.uint32()]).toEqual([0x6b200159, 0x99ba4efe]);
  });

  test('a saved position goes on with the same numbers', () => {
    const generator = new Generator(7);
    for (let i = 0; i < 5; i++) generator.uniform();
    const { state } = generator;
    const next = [generator.uniform(), generator.normal(), generator.integer(0, 10)];
    generator.state = state;
    expect([generator.uniform(), generator.normal(), generator.integer(0, 10)]).toEqual(next);
  });

  test('uniform numbers have the mean and variance of the uniform distribution', () => {
    const generator = new Generator(1);
    const n = 200_000;
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < n; i++) {
      const u = generator.uniform();
      expect(u >= 0 && u < 1).toBe(true);
      sum += u;
      squares += u * u;
    }
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
});
