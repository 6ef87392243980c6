// The config of a GPT as JSON, and what makes its like of that.

import { FormatError, manualSeed, memory, scope, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose } from '@dl/testing';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { OwnPositions } from '../../test/own-positions.js';
import {
  ALiBiPositions,
  GPT,
  type GPTConfig,
  gptFromConfig,
  RelativeBias,
  RelativePositions,
  RotaryPositions,
} from '../index.js';

beforeAll(() => useBackend(cpu()));
beforeEach(() => void manualSeed(1));

const small = { vocabularySize: 9, dModel: 8, nhead: 2, numLayers: 2, dimFeedforward: 12 };
const scaling = { type: 'llama3', factor: 2, originalLength: 4 } as const;

const configs: readonly (readonly [string, () => GPTConfig])[] = [
  ['learned positions', () => ({ ...small, maxLength: 8, begin: 3, beginPrompts: false, dropout: 0 })],
  [
    'rotary positions',
    () => ({
      ...{ ...small, norm: 'rms', activation: 'swiglu', bias: false, keyHeads: 1, tied: false, window: 3 },
      positions: new RotaryPositions(4, { layout: 'pairs', rotated: 2, base: 500, scaling }),
    }),
  ],
  ['ALiBi', () => ({ ...small, positions: new ALiBiPositions(2), dtype: 'float64' })],
  [
    'relative bias',
    () => ({ ...small, positions: new RelativeBias(2, { bidirectional: false, buckets: 8, maxDistance: 6 }) }),
  ],
  [
    'relative positions',
    () => ({ ...small, headDim: 3, positions: new RelativePositions(3, 2, { onValues: false, scale: 0.5 }) }),
  ],
];

test.each(configs)('%s: its JSON makes its like', (_, config) => {
  using _scope = scope();
  using model = new GPT(config());
  expect(model.kind).toBe('gpt');
  const json = JSON.stringify(model.config);
  using again = gptFromConfig(JSON.parse(json));
  expect(again.config).toEqual(JSON.parse(json));
  again.loadStateDict(model.stateDict());
  const tokens = tensor([[1, 5, 8, 2, 0]], { dtype: 'int32' });
  assertAllClose(again.eval().forward(tokens), model.eval().forward(tokens), { rtol: 0, atol: 0 });
  // One module for all layers, as it was.
  expect(new Set(again.parameters()).size).toBe(model.parameters().length);
});

test('what a config has is what was given, without where it lives', () => {
  const { config } = new GPT({ ...small, maxLength: 8, backend: undefined as never });
  expect(config).toEqual({ ...small, maxLength: 8 });
  expect(new GPT({ ...small, positions: new ALiBiPositions(2) }).config.positions).toEqual({
    type: 'alibi',
    numHeads: 2,
  });
  const own = new OwnPositions();
  expect(new GPT({ ...small, positions: own }).config.positions).toBe(own);
});

const rotary = { type: 'rotary', headDim: 4 };

test.each<[object, string]>([
  [{ ...small, positions: 'rotary' }, "positions is 'rotary', needs"],
  [
    { ...small, positions: { type: 'waves' } },
    "type of positions is 'waves', needs one of rotary, alibi, relativeBias, relative",
  ],
  [{ ...small, positions: { type: 'constructor' } }, "type of positions is 'constructor', needs one of"],
  [
    { ...small, positions: { ...rotary, headDim: 2 ** 40 } },
    'headDim of positions is 1099511627776, but that of the model is 4',
  ],
  [{ ...small, positions: { type: 'alibi', numHeads: 3 } }, 'numHeads of positions is 3, but that of the model is 2'],
  [{ ...small, positions: { ...rotary, depth: 1 } }, 'there is no option depth'],
  [{ ...small, positions: { ...rotary, base: 'e' } }, 'base is'],
  [{ ...small, nhead: 3, positions: rotary }, 'nhead is 3 and dModel 8, needs whole numbers'],
  [{ ...small, layers: 3 }, 'there is no option layers'],
])('%j is refused', (config, words) => {
  const before = memory().buffers;
  expect(() => gptFromConfig(config as never)).toThrow(words);
  expect(() => gptFromConfig(config as never)).not.toThrow(FormatError);
  expect(memory().buffers).toBe(before);
});
