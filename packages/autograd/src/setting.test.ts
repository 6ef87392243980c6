// What holds while bodies run: that of the newest one that has not ended, whatever the order of their ends.

import { cpu } from '@dl/kernels-cpu';
import { beforeAll, expect, test } from 'vitest';
import { currentBackend, detectAnomaly, noGrad, tensor, useBackend, withBackend } from './index.js';
import { Setting } from './setting.js';

const [a, b] = [cpu({ threads: 1 }), cpu({ engine: 'typescript' })];
beforeAll(async () => {
  await useBackend(b);
  await useBackend(a);
});

/** A body that waits until it is told to end. */
function waiting(): { readonly body: () => Promise<void>; readonly end: () => void } {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { body: () => ended, end: () => end() };
}

// In which order three overlapping bodies end.
const orders = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
];

test.each(orders)('bodies that end in the order %i, %i, %i', async (...order) => {
  const setting = new Setting('none');
  const bodies = ['first', 'second', 'third'].map((value) => {
    const { body, end } = waiting();
    return { value, end, done: setting.during(value, body) };
  });
  const running = [0, 1, 2];
  for (const i of order) {
    expect(setting.value).toBe(bodies[running.at(-1)!]!.value);
    bodies[i]!.end();
    await bodies[i]!.done;
    running.splice(running.indexOf(i), 1);
  }
  expect(setting.value).toBe('none');
});

test('errors and rejections end a body too, and a value set inside ends with it', async () => {
  const setting = new Setting(1);
  expect(() =>
    setting.during(2, () => {
      throw new Error('stop');
    }),
  ).toThrow('stop');
  await expect(setting.during(3, () => Promise.reject(new Error('later')))).rejects.toThrow('later');
  setting.during(4, () => {
    setting.value = 5;
    expect(setting.value).toBe(5);
  });
  expect(setting.value).toBe(1);
});

test('overlapping noGrad, detectAnomaly and withBackend leave everything as it was', async () => {
  const overrides: Record<string, (body: () => Promise<void>) => Promise<void>> = {
    noGrad,
    detectAnomaly,
    withB: (body) => withBackend(b, body),
    withA: (body) => withBackend(a, body),
  };
  const running = [...Object.values(overrides), ...Object.values(overrides)].map((override) => {
    const { body, end } = waiting();
    return { end, done: override(body) };
  });
  for (const { end, done } of running) {
    end();
    await done;
  }
  const x = tensor([1], { requiresGrad: true });
  expect(x.mul(2).requiresGrad).toBe(true);
  expect(x.log().sub(Infinity).item()).toBe(-Infinity);
  expect(currentBackend()).toBe(a);
});
