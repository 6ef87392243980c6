import { ArgumentError } from '@dl/autograd';
import { describe, expect, it } from 'vitest';
import { type ClassDataset, moons, rings, spirals } from './points.js';
import { addingTask, parity, sine } from './tasks.js';

const points = ({ inputs, labels }: ClassDataset) =>
  Array.from(labels.data, (label, i) => ({ x: inputs.data[2 * i]!, y: inputs.data[2 * i + 1]!, label }));
const mean = (values: number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;

describe('points', () => {
  it('of moons lie on half circles', () => {
    for (const { x, y, label } of points(moons(200))) {
      expect(label === 0 ? Math.hypot(x, y) : Math.hypot(x - 1, y - 0.5)).toBeCloseTo(1, 6);
      expect(label === 0 ? y : 0.5 - y).toBeGreaterThanOrEqual(-1e-7);
    }
  });

  it('of rings lie on circles, all round', () => {
    const all = points(rings(300, { classes: 3 }));
    for (const { x, y, label } of all) expect(Math.hypot(x, y)).toBeCloseTo((label + 1) / 3, 6);
    expect(new Set(all.map(({ x, y }) => Math.floor(4 * Math.atan2(y, x)))).size).toBeGreaterThan(24);
  });

  it('of spirals lie on their arm', () => {
    for (const { x, y, label } of points(spirals(300, { classes: 3, turns: 1.5 }))) {
      const r = Math.hypot(x, y);
      const turn = Math.atan2(y, x) / (2 * Math.PI) - 1.5 * r - label / 3;
      expect(Math.abs(turn - Math.round(turn)) * r).toBeLessThan(1e-6);
    }
  });

  it('are noisy to measure', () => {
    const clear = points(rings(4000, { classes: 1 }));
    const noisy = points(rings(4000, { classes: 1, noise: 0.1 }));
    const shift = noisy.flatMap(({ x, y }, i) => [x - clear[i]!.x, y - clear[i]!.y]);
    expect(mean(shift)).toBeCloseTo(0, 2);
    expect(Math.sqrt(mean(shift.map((d) => d * d)))).toBeCloseTo(0.1, 2);
  });
});

describe('tasks', () => {
  it('parity counts ones', () => {
    const { inputs, labels } = parity(500, 5);
    const rows = Array.from(labels.data, (_, i) => [...inputs.data.subarray(5 * i, 5 * i + 5)]);
    expect(rows.map((row) => row.reduce((sum, bit) => sum + bit, 0) % 2)).toEqual([...labels.data]);
    expect(new Set(rows.map(String)).size).toBe(32);
  });

  it('adding marks one step of each half, and sums what is there', () => {
    const { inputs, targets } = addingTask(2000, 7);
    targets.data.forEach((target, i) => {
      const steps = Array.from({ length: 7 }, (_, t) => inputs.data.subarray((i * 7 + t) * 2, (i * 7 + t) * 2 + 2));
      const marked = [...steps.keys()].filter((t) => steps[t]![1] === 1);
      expect(marked.length).toBe(2);
      expect(marked[0]! < 3 && marked[1]! >= 3).toBe(true);
      expect(steps.reduce((sum, [x, mark]) => sum + x! * mark!, 0)).toBeCloseTo(target, 6);
    });
    // The variance of a sum of two uniform numbers.
    expect(mean([...targets.data].map((target) => (target - 1) ** 2))).toBeCloseTo(1 / 6, 1.7);
  });

  it('parity of two bits is XOR', () => {
    const { inputs, labels } = parity(50, 2);
    labels.data.forEach((label, i) => expect(label).toBe(Number(inputs.data[2 * i] !== inputs.data[2 * i + 1])));
  });

  it('noise of a sine has the deviation asked for, and inputs are uniform', () => {
    const { inputs, targets } = sine(5000, { noise: 0.3 });
    const off = Array.from(targets.data, (y, i) => y - Math.sin(inputs.data[i]!));
    // Five standard errors of a mean and of a deviation, and of mean 0 and variance (2π)² / 12 of uniform numbers from -π to π.
    expect(Math.abs(mean(off))).toBeLessThan((5 * 0.3) / Math.sqrt(5000));
    expect(Math.abs(Math.sqrt(mean(off.map((d) => d * d))) - 0.3)).toBeLessThan((5 * 0.3) / Math.sqrt(2 * 5000));
    expect(Math.abs(mean([...inputs.data]))).toBeLessThan(5 * (Math.PI / Math.sqrt(3 * 5000)));
    const square = mean(Array.from(inputs.data, (x) => x * x));
    expect(Math.abs(square - Math.PI ** 2 / 3)).toBeLessThan(5 * Math.PI ** 2 * Math.sqrt(4 / 45 / 5000));
  });

  it('sine is a sine', () => {
    const { inputs, targets } = sine(100, { low: 0, high: 3 });
    inputs.data.forEach((x, i) => {
      expect(x >= 0 && x < 3).toBe(true);
      expect(targets.data[i]).toBeCloseTo(Math.sin(x), 6);
    });
  });
});

describe('all', () => {
  const makers = { moons, rings, spirals, parity: (n: number, o: object) => parity(n, 6, o), sine };
  const more = { addingTask: (n: number, o: object) => addingTask(n, 6, o) };

  it.each(Object.entries({ ...makers, ...more }))('%s: example i depends on the seed and i alone', (_, make) => {
    const first = make(20, { seed: 3 }).inputs;
    expect(make(50, { seed: 3 }).inputs.data.slice(0, first.data.length)).toEqual(first.data);
    expect(make(20, { seed: 4 }).inputs).not.toEqual(first);
  });

  it.each<[() => unknown, string]>([
    [() => moons(0), 'moons: count is 0, needs a whole number of at least 1'],
    [() => rings(9, { noise: -1 }), 'rings: noise is -1, needs a standard deviation of at least 0'],
    [() => spirals(9, { classes: 1.5 }), 'spirals: classes is 1.5, needs a whole number of at least 1'],
    [() => spirals(9, { turns: 0 }), 'spirals: turns is 0, needs a number above 0'],
    [() => parity(9, 0), 'parity: bits is 0, needs a whole number of at least 1'],
    [() => addingTask(9, 1), 'addingTask: length is 1, needs a whole number of at least 2'],
    [() => sine(9, { low: 1, high: 1 }), 'sine: inputs go from 1 to 1, needs low < high'],
  ])('%s is refused', (act, message) => {
    expect(act).toThrow(new ArgumentError(message));
  });
});
