// What is made outside any scope, and freed by hand.

import { cpu } from '@dl/kernels-cpu';
import { afterEach, expect, test, vi } from 'vitest';
import { ones, setMemoryWarning, useBackend } from '../index.js';

afterEach(() => vi.restoreAllMocks());

test('a loop that never yields but frees what it makes is not warned', async () => {
  await useBackend(cpu());
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  setMemoryWarning(2 ** 28);
  for (let i = 0; i < 200; i++) {
    const x = ones([2 ** 19]); // 2 MiB
    x.reshape([2, -1]).dispose();
    x.dispose();
  }
  expect(warn).not.toHaveBeenCalled();
  setMemoryWarning(2 ** 30);
});
