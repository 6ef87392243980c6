// Waiting for the device: at once as long as that is quicker than a timer, and then by timers.

import { afterEach, expect, test, vi } from 'vitest';
import { until } from './waiting.js';

afterEach(() => vi.restoreAllMocks());

/** How often it is asked whether it is done, and how many timers are set meanwhile, when each look at the clock takes `step` milliseconds. */
async function waited(step: number): Promise<{ asked: number; timers: number }> {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => (now += step));
  const timers = vi.spyOn(globalThis, 'setTimeout');
  let asked = 0;
  await until(() => ++asked === 10);
  return { asked, timers: timers.mock.calls.length };
}

test('what is there soon is not kept waiting by a timer', async () => {
  expect(await waited(0.1)).toEqual({ asked: 10, timers: 0 });
});

test('what takes long is asked for by timers, so that the page has its turn', async () => {
  // The first look is at the start; from 4 ms on, the third, there are timers.
  expect(await waited(1.5)).toEqual({ asked: 10, timers: 7 });
});

test('what is there is not waited for, and other tasks run while something is', async () => {
  const channels = vi.spyOn(globalThis, 'MessageChannel');
  await until(() => true);
  expect(channels).not.toHaveBeenCalled();
  let turns = 0;
  setImmediate(() => turns++);
  await until(() => turns > 0);
  expect(turns).toBe(1);
});
