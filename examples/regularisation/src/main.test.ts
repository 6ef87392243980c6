// Each of the three helps, from every seed, and by more than the seeds differ.

import { useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, expect, test } from 'vitest';
import { mean } from './digits.js';
import { batchNorm, type Comparison, dropout, earlyStopping, line } from './main.js';
import { page } from './page.js';

beforeAll(async () => {
  // The networks are small: a second thread would only wait for the first.
  await useBackend(cpu({ threads: 1 }));
});

const runs: Record<string, Comparison> = {};

function figures({ without, with: having }: Comparison) {
  const losses = (results: typeof without) => results.map(({ loss }) => loss);
  const accuracies = (results: typeof without) => results.map(({ accuracy }) => accuracy);
  return {
    helpsEachSeed: having.every(({ loss }, i) => loss < without[i]!.loss),
    lossRatio: mean(losses(having)) / mean(losses(without)),
    gain: mean(accuracies(having)) - mean(accuracies(without)),
  };
}

test('batch normalisation lets a deep sigmoid network learn in ten epochs', async () => {
  const both = (runs['batchNorm'] = await batchNorm());
  const { helpsEachSeed, gain } = figures(both);
  expect(helpsEachSeed).toBe(true);
  // Without it the network says the same of every digit: the loss is near ln 10, that of not knowing.
  for (const { loss, accuracy } of both.without) {
    expect(Math.abs(loss - Math.log(10))).toBeLessThan(0.05);
    expect(accuracy).toBeLessThan(0.2);
  }
  expect(gain).toBeGreaterThan(0.4);
});

test('dropout makes a wide network that knows its digits by heart less wrong', async () => {
  const both = (runs['dropout'] = await dropout());
  const { helpsEachSeed, lossRatio, gain } = figures(both);
  expect(helpsEachSeed).toBe(true);
  expect(lossRatio).toBeLessThan(0.95);
  expect(gain).toBeGreaterThan(0);
  // It did know them by heart: nothing is left to learn from the training digits.
  for (const { epochs } of both.without) expect(epochs.at(-1)!.train.accuracy).toBe(1);
});

test('early stopping keeps what was learned before the mistakes', async () => {
  const both = (runs['earlyStopping'] = await earlyStopping());
  const { helpsEachSeed, lossRatio, gain } = figures(both);
  expect(helpsEachSeed).toBe(true);
  expect(lossRatio).toBeLessThan(0.8);
  expect(gain).toBeGreaterThan(0.02);
  both.with.forEach(({ epochs }, i) => {
    // The same run, cut short: its epochs are the first ones of the other.
    const whole = both.without[i]!.epochs;
    expect(epochs.length).toBeLessThan(whole.length);
    expect(epochs.map(({ test }) => test!.loss)).toEqual(whole.slice(0, epochs.length).map(({ test }) => test!.loss));
    // Stopped three epochs after the best one.
    expect(epochs.findLastIndex(({ isBest }) => isBest)).toBe(epochs.length - 4);
  });
  expect(line('early stopping', both)).toMatch(
    /^ {2}early stopping {7}without: loss \d\.\d{3}, \d\d\.\d % right {3}with: /,
  );
});

test('the page draws all three', async () => {
  const { batchNorm: normalised, dropout: dropped, earlyStopping: stopped } = runs;
  const html = await page(normalised!, dropped!, stopped!);
  expect(html.match(/<svg/g)).toHaveLength(3);
  const { epochs } = stopped!.with[0]!;
  expect(html).toContain(`Epoch ${epochs.length - 3} was the best; after ${epochs.length} the run stopped`);
});
