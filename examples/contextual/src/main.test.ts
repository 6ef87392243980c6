// The example does what it says.

import { useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { expect, test } from 'vitest';
import { drawSentences } from '../../tagging/src/grammar.js';
import { forGrammar, run } from './main.js';

test('features that know the sentence tell tags better than vectors of words, even with an LSTM over those', async () => {
  await useBackend(cpu());
  const lines: string[] = [];
  const found = await run(drawSentences(1500, 1), drawSentences(40, 2), drawSentences(200, 3), forGrammar, (line) =>
    lines.push(line),
  );
  const all = (name: string): number => found[name]!.all;
  const fixed = all('vectors of words, a linear map');
  expect(fixed).toBeLessThan(0.9);
  for (const name of ['ELMo, a linear map', 'BERT, a linear map']) {
    expect(all(name), name).toBeGreaterThan(fixed + 0.05);
  }
  expect(all('ELMo, a linear map')).toBeGreaterThan(all('vectors of words, an LSTM over them'));
  expect(lines.at(-1)).toMatch(/^ {2}BERT, fine-tuned +\d+\.\d % +\d+\.\d % +\d+ s$/);
});
