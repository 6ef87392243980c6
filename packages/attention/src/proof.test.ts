// That nothing is exported without proof and documentation: a golden file of PyTorch, or a test that computes it a second time.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { exampleTests } from '../../layers/test/documented.js';
import * as attention from './index.js';
import * as node from './node.js';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const { layers } = JSON.parse(read('../golden/layers.json')) as {
  readonly layers: readonly { readonly layer: string }[];
};
const fromPyTorch = new Set(['MultiheadAttention', 'Transformer', ...layers.map(({ layer }) => layer)]);

type Proof = readonly [file: string, title: string];
const byFormula: Proof = ['formulas.test.ts', 'hidden is %s, of itself: %s'];
const scores: Proof = ['scores/scores.test.ts', 'every score of the package is here'];
const pretrained: Proof = ['pretrained/golden.test.ts', 'a folder gives the same logits'];

/** What PyTorch lacks, has under another name, or gives inside of something else: the file and the title of the test. */
const proofs: Readonly<Record<string, Proof>> = {
  causalMask: byFormula,
  windowMask: byFormula,
  prefixMask: byFormula,
  KeyValueCache: ['core/cache.test.ts', '%s: the same at every position'],
  gptFromConfig: ['models/gpt-config.test.ts', '%s: its JSON makes its like'],
  GPT: ['models/generation.test.ts', 'a prompt, then token by token, gives what one pass gives'],
  BERT: [
    'models/bert.test.ts',
    'the loss is the mean over the tokens that are to be said, and that of the sequences on top',
  ],
  maskRows: ['models/mask-tokens.test.ts', 'maskRows and maskTokens choose the same'],
  maskTokens: [
    'models/bert.test.ts',
    '15 % of each sequence are to be said; of those 80 % are masked, 10 % drawn, 10 % as they were; all others stay',
  ],
  fromPretrained: pretrained,
  loadPretrained: pretrained,
  SinusoidalPositions: ['positions/input-positions.test.ts', 'far positions are as exact in float32 as near ones'],
  LearnedPositions: ['positions/input-positions.test.ts', 'the rows of the table from a position on'],
  RotaryPositions: ['positions/rotary.test.ts', 'the formula'],
  ALiBiPositions: [
    'positions/relative.test.ts',
    'minus slope times distance, $queries queries, $keys keys, offset $offset',
  ],
  RelativeBias: [
    'positions/relative.test.ts',
    'the row of the bucket for each head, $queries queries, $keys keys, offset $offset',
  ],
  RelativePositions: [
    'positions/relative.test.ts',
    'keys and values by the formula, $queries queries, $keys keys, offset $offset',
  ],
  PatchEmbedding: ['images/images.test.ts', 'each patch by itself, row after row'],
  ClassToken: ['images/images.test.ts', 'one vector before each sequence, which starts as zeros'],
  ImagePositions: [
    'images/images.test.ts',
    'a table of $grid for $size patches, and its gradient, as PyTorch has them',
  ],
  attentionMaps: ['insight/insight.test.ts', 'every layer and head, as the attention itself gives it when asked'],
  attentionRollout: ['insight/insight.test.ts', 'layers multiply, the last one first'],
  headEntropy: ['insight/insight.test.ts', '0 for one key, ln n for n alike, the mean over queries'],
  AdditiveAttention: scores,
  CoverageAttention: scores,
  LuongAttention: scores,
  ScaledDotProductAttention: scores,
  LocalAttention: scores,
  LocationAwareAttention: scores,
  AttentionScore: scores,
  AttentionSeq2Seq: ['seq2seq/golden.test.ts', '%s: logits, alignment, loss and every gradient are PyTorch’s'],
  PervasiveAttention: ['seq2seq/golden.test.ts', 'pool %s: logits, loss and every gradient are PyTorch’s'],
  PointerGenerator: [
    'seq2seq/golden.test.ts',
    'score %s: probabilities, alignment, loss and every gradient are PyTorch’s',
  ],
  TextCNN: ['seq2seq/golden.test.ts', 'channels %s: logits, loss and every gradient are PyTorch’s'],
};

const exported = [...Object.keys(attention), ...Object.keys(node)];

test('every export is in a golden file or has a second computation, and only one of them', () => {
  expect(exported.filter((name) => !fromPyTorch.has(name)).sort()).toEqual(Object.keys(proofs).sort());
});

test.each(Object.entries(proofs))('%s: its test is there, and names it', (name, [file, title]) => {
  const source = read(`./${file}`);
  expect(source).toContain(`'${title}'`);
  expect(source).toMatch(new RegExp(`\\b${name}\\b`));
});

describe('documentation', () => {
  exampleTests(import.meta.url, exported);

  test('README.md names everything, types too', () => {
    const named = new Set([...read('../README.md').matchAll(/`(\w+)/g)].map(([, name]) => name));
    const all = ['./index.ts', './node.ts'].flatMap((file) => [
      ...read(file).matchAll(/export (?:type )?\{([^}]*)\}/g),
    ]);
    const names = all.flatMap(([, list]) => list!.split(',').map((name) => name.replace(/\btype\b/, '').trim()));
    expect(names.filter((name) => name !== '' && !named.has(name))).toEqual([]);
  });
});
