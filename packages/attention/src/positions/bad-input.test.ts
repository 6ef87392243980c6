// What positions do not take, and what they say.

import { randn, tensor, useBackend, zeros } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, expect, test } from 'vitest';
import {
  ALiBiPositions,
  LearnedPositions,
  MultiheadAttention,
  RelativeBias,
  RelativePositions,
  RotaryPositions,
  SinusoidalPositions,
} from '../index.js';

beforeAll(() => useBackend(cpu()));

const any = (value: unknown): never => value as never;

test.each<[string, () => unknown, string]>([
  ['no width', () => new SinusoidalPositions(0), 'SinusoidalPositions: features is 0, needs a whole number'],
  ['a base of 1', () => new SinusoidalPositions(4, { base: 1 }), 'base is 1, needs a number above 1, such as 10000'],
  ['an option', () => new SinusoidalPositions(4, any({ bas: 1 })), 'there is no option bas; did you mean base?'],
  [
    'another width',
    () => new SinusoidalPositions(4).forward(zeros([2, 3, 5])),
    'SinusoidalPositions: input is [2, 3, 5], needs [..., length, 4], for positions of 4 features',
  ],
  [
    'tokens',
    () => new SinusoidalPositions(4).forward(tensor([[1, 2, 3, 4]], { dtype: 'int32' })),
    'SinusoidalPositions: input is int32, needs float32 or float64: the features of each step, such as an Embedding gives',
  ],
  [
    'a negative position',
    () => new SinusoidalPositions(4).forward(zeros([1, 1, 4]), { from: -1 }),
    'SinusoidalPositions: from is -1, needs a whole number',
  ],
  [
    'positions beyond the table',
    () => new LearnedPositions(8, 4).forward(zeros([1, 9, 4])),
    'LearnedPositions: the input has positions 0 to 8 but the table ends at 7; cut the sequences to 8 steps, or make the table longer',
  ],
  [
    'one position beyond the table, with a cache',
    () => new LearnedPositions(8, 4).forward(zeros([1, 1, 4]), { from: 8 }),
    'LearnedPositions: the input has positions 8 to 8 but the table ends at 7',
  ],
  [
    'another dtype',
    () => new LearnedPositions(8, 4).forward(zeros([1, 1, 4], { dtype: 'float64' })),
    "LearnedPositions: input is float64 and the layer float32; cast the input with .cast('float32')",
  ],
  ['no table', () => new LearnedPositions(0, 4), 'LearnedPositions: maxLength is 0, needs a whole number'],
  [
    'an odd head',
    () => new RotaryPositions(5),
    'RotaryPositions: headDim is 5, but features turn in pairs; needs an even number, or fewer features to turn: { rotated: 4 }',
  ],
  [
    'a head of one',
    () => new RotaryPositions(1),
    'RotaryPositions: headDim is 1, but features turn in pairs; needs an even number',
  ],
  [
    'an odd part',
    () => new RotaryPositions(8, { rotated: 3 }),
    'RotaryPositions: rotated is 3, needs an even number from 2 to 8, the features of a head, which turn in pairs',
  ],
  ['more than all', () => new RotaryPositions(4, { rotated: 6 }), 'rotated is 6, needs an even number from 2 to 4'],
  [
    'a layout',
    () => new RotaryPositions(4, any({ layout: 'interleaved' })),
    "RotaryPositions: layout is 'interleaved', needs 'halves' or 'pairs'",
  ],
  [
    'heads of another width',
    () => new RotaryPositions(4).rotate(randn([1, 2, 3, 8]), 0),
    'RotaryPositions: heads are [1, 2, 3, 8], needs [batch, heads, length, 4]',
  ],
  [
    'a kind of scaling',
    () => new RotaryPositions(4, { scaling: any({ type: 'yarn', factor: 2 }) }),
    "RotaryPositions: type of scaling is 'yarn', needs 'linear' or 'llama3'",
  ],
  [
    'scaling without a factor',
    () => new RotaryPositions(4, { scaling: any({ type: 'linear' }) }),
    'RotaryPositions: factor of scaling is undefined, needs a number above 0',
  ],
  [
    'scaling of another kind',
    () => new RotaryPositions(4, { scaling: any({ type: 'linear', factor: 2, originalLength: 5 }) }),
    'RotaryPositions: scaling: there is no option originalLength',
  ],
  [
    'factors in the wrong order',
    () =>
      new RotaryPositions(4, {
        scaling: { type: 'llama3', factor: 2, originalLength: 9, lowFreqFactor: 4, highFreqFactor: 1 },
      }),
    'RotaryPositions: highFreqFactor of scaling is 1, needs a number above 4',
  ],
  ['no heads', () => new ALiBiPositions(0), 'ALiBiPositions: numHeads is 0, needs a whole number'],
  [
    'buckets that cannot be halved twice',
    () => new RelativeBias(2, { buckets: 6 }),
    'RelativeBias: buckets is 6, needs a multiple of 4: half for each direction, and of those half for one distance each',
  ],
  [
    'an odd number of buckets',
    () => new RelativeBias(2, { bidirectional: false, buckets: 7 }),
    'RelativeBias: buckets is 7, needs a multiple of 2: half for one distance each',
  ],
  [
    'a distance that is no further',
    () => new RelativeBias(2, { maxDistance: 8 }),
    'RelativeBias: maxDistance is 8, needs a whole number above 8, since the first 8 of 32 buckets hold one distance each',
  ],
  ['no distance', () => new RelativePositions(4, 0), 'RelativePositions: maxDistance is 0, needs a whole number'],
  [
    'a forward',
    () => new ALiBiPositions(2).forward(),
    'ALiBiPositions: it works inside attention and has no forward; give it to attention: new MultiheadAttention(64, 4, { positions: new ALiBiPositions(…) })',
  ],
  [
    'positions for other heads',
    () => new MultiheadAttention(8, 2, { positions: new RotaryPositions(8) }).forward(zeros([1, 3, 8])),
    'RotaryPositions: heads are [1, 2, 3, 4], needs [batch, heads, length, 8]',
  ],
  [
    'slopes for another number of heads',
    () => new MultiheadAttention(8, 2, { positions: new ALiBiPositions(4) }).forward(zeros([1, 3, 8])),
    'ALiBiPositions: attention has 2 heads, but it was made for 4',
  ],
  [
    'a table for another number of heads',
    () => new MultiheadAttention(8, 2, { positions: new RelativeBias(4) }).forward(zeros([1, 3, 8])),
    'RelativeBias: attention has 2 heads, but it was made for 4',
  ],
  [
    'vectors for other heads',
    () => new MultiheadAttention(8, 2, { positions: new RelativePositions(8, 2) }).forward(zeros([1, 3, 8])),
    'RelativePositions: heads are [1, 2, 3, 4], needs [batch, heads, queries, 8]',
  ],
])('%s', (_, run, message) => {
  expect(run).toThrow(message);
});
