import { afterEach, expect, test, vi } from 'vitest';
import { Pause } from './pause.js';

afterEach(() => {
  vi.restoreAllMocks();
});

test('pauses are longer each time that it is seen again at once, and short again after a calm', () => {
  let now = 1000;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const pause = new Pause();
  expect(pause.isOn).toBe(false);
  const lengths: number[] = [];
  for (let i = 0; i < 8; i++) {
    pause.begin(now);
    const start = now;
    while (pause.isOn) now += 1;
    lengths.push(now - start);
    now += 1;
  }
  expect(lengths).toEqual([5, 10, 20, 40, 80, 160, 200, 200]);
  // What is seen while it is on does not make it longer.
  pause.begin(now);
  now += 100;
  pause.begin(now);
  now += 101;
  expect(pause.isOn).toBe(false);
  now += 500;
  pause.begin(now);
  now += 6;
  expect(pause.isOn).toBe(false);
});
