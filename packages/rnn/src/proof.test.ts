// That nothing is exported without proof and documentation: a golden file of PyTorch, or a test that computes it a second time.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { exampleTests } from '../../layers/test/documented.js';
import * as rnn from './index.js';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const golden = JSON.parse(read('../golden/networks.json')) as {
  readonly networks: readonly { readonly network: string }[];
  readonly cells: readonly { readonly cell: string }[];
};
const fromPyTorch = new Set([
  ...golden.networks.map(({ network }) => network),
  ...golden.cells.map(({ cell }) => cell),
]);

type Proof = readonly [file: string, title: string];
const stepByStep: Proof = ['formulas.test.ts', 'in both directions, with states and the lengths %j'];
const asTheNetwork: Proof = ['proof-of-cells.test.ts', '%s, a step at a time, gives what its network gives'];
const packing: Proof = ['sequences/packed.test.ts', 'as PyTorch packs lengths of $lengths, padded to $total'];

const everySequence: Proof = ['structured/crf.test.ts', 'lengths %j of %i: partition, best path and marginals'];

/** What PyTorch lacks, or has under another name: the file and the title of the test. */
const proofs: Readonly<Record<string, Proof>> = {
  MGU: stepByStep,
  LayerNormLSTM: stepByStep,
  JordanRNN: stepByStep,
  ConvLSTM: stepByStep,
  Stacked: stepByStep,
  MGUCell: asTheNetwork,
  LayerNormLSTMCell: asTheNetwork,
  JordanRNNCell: asTheNetwork,
  ConvLSTMCell: asTheNetwork,
  Cell: asTheNetwork,
  Recurrent: ['golden.test.ts', 'through Recurrent gives what PyTorch’s layer gives: %s'],
  convertUpdate: ['formulas.test.ts', 'from %j to %j, the outputs stay'],
  pack: packing,
  unpack: packing,
  lengthMask: ['sequences/packed.test.ts', 'a loss over the steps that count, by mask, by packing, and by hand'],
  CRF: everySequence,
  bioTransitions: everySequence,
  SequenceEncoder: ['uses/sequences.test.ts', 'SequenceEncoder gives what each sequence gives without its padding'],
  SequenceTransducer: [
    'uses/sequences.test.ts',
    'SequenceTransducer answers at each step, and its loss is the mean over those that count',
  ],
  sequenceCrossEntropy: [
    'uses/sequences.test.ts',
    'SequenceTransducer answers at each step, and its loss is the mean over those that count',
  ],
  SequenceGenerator: ['uses/sequences.test.ts', 'its loss is the mean of -log p of the tokens that count'],
  EncoderDecoder: ['uses/encoder-decoder.test.ts', 'by a learned map: %s'],
  Bridge: ['uses/encoder-decoder.test.ts', 'a Bridge by itself takes states from any network to any other'],
  featuresOf: ['uses/sequences.test.ts', 'what stands beyond the ends does not go through %s'],
  needNetwork: ['uses/bad-input.test.ts', 'needNetwork and checkLengths name the model that was given something else'],
  checkLengths: ['uses/bad-input.test.ts', 'needNetwork and checkLengths name the model that was given something else'],
  constantForcing: ['uses/forcing.test.ts', '%s'],
  linearForcing: ['uses/forcing.test.ts', '%s'],
  exponentialForcing: ['uses/forcing.test.ts', '%s'],
  inverseSigmoidForcing: ['uses/forcing.test.ts', '%s'],
  VariationalDropout: [
    'options.test.ts',
    'VariationalDropout drops a feature at all steps of a sequence, and keeps the mean',
  ],
  gradientFlow: ['insight/gradient-flow.test.ts', 'a loss at every step: the sum of all powers'],
  unrolled: [
    'insight/unrolled.test.ts',
    'an Elman network: inputs below, cells in a row, outputs above; states go along the row',
  ],
  AR: ['baselines/ar.test.ts', '$series, order $order, intercept $intercept'],
  NARMA: ['baselines/narma.test.ts', 'what was predicted goes in, when it runs freely'],
  StateSpace: ['baselines/state-space.test.ts', 'with inputs, from a state that is given'],
  Stateful: ['training/stateful.test.ts', 'learns as in a loop written by hand, to the last bit'],
};

test('every export is in a golden file or has a second computation, and only one of them', () => {
  const exported = Object.keys(rnn).sort();
  expect(exported.filter((name) => !fromPyTorch.has(name))).toEqual(Object.keys(proofs).sort());
});

test.each(Object.entries(proofs))('%s: its test is there, and names it', (name, [file, title]) => {
  const source = read(`./${file}`);
  expect(source).toContain(`'${title}'`);
  expect(source).toMatch(new RegExp(`\\b${name}\\b`));
});

describe('documentation', () => {
  exampleTests(import.meta.url, Object.keys(rnn));

  test('README.md names everything, types too', () => {
    const named = new Set([...read('../README.md').matchAll(/`(\w+)/g)].map(([, name]) => name));
    const exported = [...read('./index.ts').matchAll(/\{([^}]*)\}/g)].flatMap(([, names]) =>
      names!.split(',').map((name) => name.replace(/\btype\b/, '').trim()),
    );
    expect(exported.filter((name) => name !== '' && !named.has(name))).toEqual([]);
  });
});
