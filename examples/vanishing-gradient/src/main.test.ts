// Gradients vanish in a tanh network, and arrive in an LSTM and a GRU that have learned; which then solve the adding task.

import { useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, expect, test } from 'vitest';
import { type Kind, kinds } from './adder.js';
import { line, OF_ANSWERING_ONE, type Result, run, STEPS_BACK, short } from './main.js';
import { page } from './page.js';

beforeAll(async () => {
  // The networks are small: a second thread would only wait for the first.
  await useBackend(cpu({ threads: 1 }));
});

const results = {} as Record<Kind, Result>;

test('tanh: nothing arrives over 100 steps, and nothing is learned', async () => {
  const { flow, errors } = (results.tanh = await run('tanh', short));
  for (const norms of [flow.before, flow.after]) {
    expect(norms).toHaveLength(STEPS_BACK);
    expect(norms[0]!).toBeLessThan(1e-15);
    // By a power: half the way back is half of the logarithm.
    expect(Math.log(norms[49]!) / Math.log(norms[0]!)).toBeGreaterThan(0.4);
    expect(Math.log(norms[49]!) / Math.log(norms[0]!)).toBeLessThan(0.6);
  }
  // No better than to answer 1, but for what 500 sequences are by chance.
  for (const error of errors) expect(error).toBeGreaterThan(0.9 * OF_ANSWERING_ONE);
});

test.each(['LSTM', 'GRU'] as const)(
  '%s: it vanishes at first as well, and arrives when the gates have learned',
  async (kind) => {
    const { flow, errors } = (results[kind] = await run(kind, short));
    expect(flow.before[0]!).toBeLessThan(1e-6);
    expect(flow.after[0]!).toBeGreaterThan(0.1);
    expect(errors.at(-1)!).toBeLessThan(0.01);
  },
);

test('a line and a page of the figures', async () => {
  expect(kinds.map((kind) => line(kind, results[kind]).length > 0)).toEqual([true, true, true]);
  expect(line('tanh', results.tanh)).toMatch(/^ {2}tanh {5}\de-\d\d {4}\de-\d\d( {2,3}0\.\d{4}){6}$/);
  const html = await page(results, short);
  expect(html.match(/<svg/g)).toHaveLength(2);
  for (const kind of kinds) expect(html).toContain(kind);
});
