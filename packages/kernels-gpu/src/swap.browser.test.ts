// useBackend([gpu(), cpu()]) in a browser: the GPU is chosen, and where WebGL 2 is turned off the CPU, with the reason.

import { afterEach, expect, test, vi } from 'vitest';
import { swap } from '../test/swap.js';

async function printed(): Promise<string[]> {
  const lines: string[] = [];
  await swap((line) => lines.push(line));
  return lines;
}

afterEach(() => vi.restoreAllMocks());

test('with WebGL 2: the GPU', async () => {
  expect(await printed()).toEqual(['gpu webgl2', '14']);
});

test('without: the CPU, and why', async () => {
  vi.spyOn(OffscreenCanvas.prototype, 'getContext').mockReturnValue(null);
  expect(await printed()).toEqual([
    'not gpu: there is no WebGL 2 here; use a browser with WebGL 2 and hardware acceleration turned on',
    expect.stringMatching(/^cpu wasm /),
    '14',
  ]);
});
