// That nothing is exported without proof: numbers from PyTorch in a golden file, or a test that computes them a second time.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { exampleTests } from '../test/documented.js';
import * as layers from './index.js';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const golden = (name: string) => JSON.parse(read(`../golden/${name}.json`));

interface Case {
  readonly layer: string;
  readonly training?: unknown;
}

const spatial: readonly Case[] = golden('spatial');
const { activations, initialisers } = golden('activations') as {
  activations: readonly Case[];
  initialisers: { statistics: object };
};
const cases: readonly Case[] = [...golden('layers').layers, ...spatial, ...activations];

/** What stands in a golden file: a layer by its name, as `weightNorm Linear` begins with it, a loss as module and function. */
const fromPyTorch = new Set<string>([
  ...cases.map(({ layer }) => layer.split(' ')[0]!),
  ...Object.keys(initialisers.statistics).map((name) => name.split(' ')[0]!),
  ...(golden('losses') as { loss: string }[]).flatMap(({ loss }) => [loss, functionOf(loss)]),
]);

/** `klDiv` of `KLDivLoss`: only what is written with other letters is listed. */
function functionOf(loss: string): string {
  const others: Readonly<Record<string, string>> = {
    BCELoss: 'binaryCrossEntropy',
    BCEWithLogitsLoss: 'binaryCrossEntropyWithLogits',
    KLDivLoss: 'klDiv',
    CrossEntropyLoss: 'CrossEntropyLoss',
  };
  const wanted = others[loss] ?? loss;
  const found = Object.keys(layers).find((name) => name !== loss && name.toLowerCase() === wanted.toLowerCase());
  return found ?? loss;
}

/** What PyTorch lacks, or has no numbers for: the file and the title of the test that finds the result another way. */
const secondComputation: Readonly<Record<string, readonly [file: string, title: string]>> = {
  ScaledTanh: ['activation/golden.test.ts', 'ScaledTanh: 1 at 1, steepest at 0, and by formula elsewhere'],
  Maxout: ['activation/golden.test.ts', 'Maxout: the largest of neighbours, counted by hand'],
  HingeLoss: ['loss/by-formula.test.ts', 'HingeLoss and ContrastiveLoss compute what their functions do'],
  hingeLoss: ['loss/by-formula.test.ts', 'hingeLoss, squared: %s'],
  ContrastiveLoss: ['loss/by-formula.test.ts', 'HingeLoss and ContrastiveLoss compute what their functions do'],
  contrastiveLoss: [
    'loss/by-formula.test.ts',
    'contrastiveLoss: similar pairs are pulled, others pushed to the margin',
  ],
  l1Penalty: ['penalty/penalty.test.ts', '%s'],
  l2Penalty: ['penalty/penalty.test.ts', 'l2Penalty is what an optimiser calls weight decay'],
  weightElimination: ['penalty/penalty.test.ts', '%s'],
  maxNorm: ['penalty/penalty.test.ts', 'only units above the limit change, in direction not at all'],
  laplacian: ['penalty/penalty.test.ts', 'of a model, against differences of its outputs'],
  curvaturePenalty: ['penalty/penalty.test.ts', 'of a model, against differences of its outputs'],
  lecunNormal: ['init/initialisers.test.ts', '%s'],
  lecunUniform: ['init/initialisers.test.ts', '%s'],
  lenetUniform: ['init/initialisers.test.ts', '%s'],
  fanInUniform: ['init/initialisers.test.ts', '%s'],
  dirac: ['init/initialisers.test.ts', 'dirac %j is PyTorch’s'],
  constant: ['init/initialisers.test.ts', 'constant, and gains'],
  calculateGain: ['init/initialisers.test.ts', 'constant, and gains'],
  fansOf: ['init/initialisers.test.ts', 'fans, as PyTorch counts them'],
  fixedFilter: ['filters/fixed-filters.test.ts', 'fixedFilter gives the weight of the layer'],
  receptiveField: ['core/summary.test.ts', 'is where the gradient of one output reaches'],
  Sequential: ['golden.test.ts', 'LeNet-5: logits, loss and every gradient'],
  ModuleList: ['core/names.golden.test.ts', '%s'],
  ModuleDict: ['core/names.golden.test.ts', '%s'],
  Module: ['core/names.golden.test.ts', '%s'],
  Loss: ['loss/every-loss.test.ts', 'an unknown reduction'],
  parameter: ['core/module.test.ts', 'survives scopes and requires a gradient, and so does its gradient survive'],
  isParameter: ['core/module.test.ts', 'survives scopes and requires a gradient, and so does its gradient survive'],
  buffer: ['core/module.test.ts', 'are named, saved after the parameters of their module, and not trained'],
  isBuffer: ['core/module.test.ts', 'are named, saved after the parameters of their module, and not trained'],
  needTensor: ['core/checks.test.ts', 'an input is a tensor of the dtype of the parameters'],
  formatArguments: ['core/checks.test.ts', 'arguments print as they are written, without what is as by default'],
  parameterOptions: ['core/checks.test.ts', 'where parameters are made'],
  isModule: ['core/module.test.ts', 'names its modules'],
  tidied: ['core/tidied.test.ts', 'tidied leaves the survivors and what the gradient needs, and nothing else'],
  inMode: ['core/mode.test.ts', 'a mode holds for a function, and each module then has its own'],
  scoredPieces: ['sequence/scored-pieces.test.ts', 'each token behind all before it, in rows of any lengths'],
  Decoding: ['sequence/decoding.test.ts', 'begins, goes on, is selected in any order, and read in pieces'],
  functionModel: [
    'sequence/decoding.test.ts',
    'a function sees the tokens of its row alone, as many of the last as it asks for',
  ],
};

/** What draws in training, where PyTorch draws other numbers: the test of its statistics. */
const inTraining: Readonly<Record<string, readonly [file: string, title: string]>> = {
  Dropout: ['regularisation/noise.test.ts', '%s leaves parts out whole, as often as it says, and keeps the mean'],
  Dropout1d: ['regularisation/noise.test.ts', '%s leaves parts out whole, as often as it says, and keeps the mean'],
  Dropout2d: ['regularisation/noise.test.ts', '%s leaves parts out whole, as often as it says, and keeps the mean'],
  Dropout3d: ['regularisation/noise.test.ts', '%s leaves parts out whole, as often as it says, and keeps the mean'],
  DropPath: ['regularisation/noise.test.ts', '%s leaves parts out whole, as often as it says, and keeps the mean'],
  AlphaDropout: [
    'regularisation/noise.test.ts',
    'AlphaDropout: each element is one of two, by the paper’s a and b, and mean and variance stay',
  ],
  GaussianNoise: ['regularisation/noise.test.ts', 'GaussianNoise adds what has its standard deviation and mean 0'],
  RReLU: ['activation/golden.test.ts', 'RReLU: while training, slopes are even between low and high'],
};

test('every export is in a golden file or has a second computation, and only one of them', () => {
  const exported = Object.keys(layers).sort();
  expect(exported.filter((name) => !fromPyTorch.has(name)).sort()).toEqual(Object.keys(secondComputation).sort());
});

test.each(Object.entries({ ...secondComputation, ...inTraining }))(
  '%s: its test is there, and names it',
  (name, [file, title]) => {
    const source = read(`./${file}`);
    expect(source).toContain(`'${title}'`);
    expect(source).toMatch(new RegExp(`\\b${name}\\b`));
  },
);

test('what draws in training has a test of that', () => {
  const random = spatial.filter(({ training }) => training === undefined).map(({ layer }) => layer);
  expect([...new Set(random), 'RReLU'].sort()).toEqual(Object.keys(inTraining).sort());
});

describe('documentation', () => {
  exampleTests(import.meta.url, Object.keys(layers));

  test('README.md names everything', () => {
    const named = new Set([...read('../README.md').matchAll(/`(\w+)/g)].map(([, name]) => name));
    expect(Object.keys(layers).filter((name) => !named.has(name))).toEqual([]);
  });
});
