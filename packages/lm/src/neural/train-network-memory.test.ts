// A long training leaves nothing behind.

import { Generator, memory, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { settledMemory } from '@dl/testing';
import { expect, test } from 'vitest';
import { trainNetwork } from '../neural.js';

const shells = 'she sells sea shells by the sea shore; the shells she sells are sea shells, she is sure.\n'.repeat(14);
const names = Array.from({ length: 60 }, (_, i) => ['anna', 'hannah', 'joanna', 'johanna', 'nan'][i % 5]!);
const small = { hiddenSize: 8, steps: 300, every: 30, batch: 2, length: 8 };

test.each([
  ['an lstm on one text', shells, { ...small, model: 'lstm' }],
  ['a gpt on one text', shells, { ...small, model: 'gpt', numLayers: 1, nhead: 1 }],
  ['a window on several texts', names, { ...small, model: 'window' }],
] as const)('%s: memory is flat, with evaluations, states and samples', async (_, text, options) => {
  await useBackend(cpu({ threads: 1 }));
  const before = await settledMemory();
  const seen: number[][] = [];
  for await (const event of trainNetwork(text, options)) {
    if (event.type === 'end') {
      const { model } = event.model;
      seen.push([memory().buffers, memory().bytes]);
      model.dispose();
    }
    if (event.type !== 'epoch') continue;
    await event.model.generate({ maxLength: 20, temperature: 1, generator: new Generator(1) });
    await event.state();
    seen.push([memory().buffers, memory().bytes]);
  }
  expect(seen).toHaveLength(11);
  for (const each of seen.slice(2)) expect(each).toEqual(seen[1]);
  // The optimiser and the streams are freed with the end, and the model by whoever has it.
  expect(memory()).toMatchObject(before);
});
