// NaN and infinities, and edges, against what PyTorch says, on both engines of the CPU.

import { readFileSync } from 'node:fs';
import { cpu } from '@dl/kernels-cpu';
import { describe, expect, test } from 'vitest';
import { type Backend, useBackend } from '../src/index.js';
import { scope } from '../src/memory/scope.js';
import { answer, callFunction, callOp, type Float, type Golden } from './golden-answer.js';
import { fromJson, type GoldenCase, toJson } from './golden-cases.js';
import { publicFunctions } from './golden-functions.js';
import { edgeCases, placedCases, type SpecialCase } from './special-cases.js';

interface Kinds {
  readonly name: string;
  readonly note: string;
  readonly kinds: readonly string[];
}

const read = (file: string): unknown => fromJson(readFileSync(new URL(`../golden/${file}`, import.meta.url), 'utf8'));
const edges = read('edges.json') as Golden[];
const special = read('special.json') as Kinds[];
const placed = placedCases();

/** Where we differ from PyTorch 1.13, and why. By the op's name and what stands where, which may be left open. */
const differences: readonly (readonly [names: string, where: RegExp, why: string])[] = [
  [
    'abs sign elu eluGrad selu hardSwish norm',
    /= NaN/,
    'PyTorch compares with NaN, or takes its sign for 0; here the gradient is NaN',
  ],
  ['sign', /= NaN/, 'PyTorch takes the sign of NaN for 0'],
  [
    'max min',
    /= NaN/,
    'amax has NaN for the gradient of all; here it is that of torch.max: the place of the NaN gets it',
  ],
  ['max min norm', /dy/, 'amax multiplies by a mask'],
  [
    'prod prodOfOthers',
    /= /,
    'PyTorch divides the product by the element; here the product of the others does not have it',
  ],
  ['hardSwish', /x\[\d+\] = -Infinity/, 'PyTorch multiplies -∞ by 0; here it is the limit, 0'],
  [
    'ctcLosses ctcLossesGrad',
    /Infinity|logProbs/,
    'the reference sums over all states at once; here what no way comes by has no part in it',
  ],
  ['mod', /Infinity/, 'PyTorch goes by ⌊a/b⌋ of Python; here NaN goes where y is infinite or NaN'],
  ['normalizeBatch normalizeGroups normalizeChannels', /Infinity/, 'sums of infinities, in another order'],
  [
    'eluGrad geluGrad sigmoidGrad siluGrad softplusGrad softmaxGrad logSumExp mish',
    /Infinity/,
    'sums of infinities, in another order',
  ],
  [
    'scaledDotProductAttention scaledDotProductAttentionGrad',
    /case 1:/,
    'PyTorch multiplies by the weights of 0 of keys that are not looked at; here such keys reach nothing',
  ],
  ['scaledDotProductAttention', /dy/, 'sums of infinities, in another order'],
  [
    'crossEntropy crossEntropyGrad',
    /Infinity/,
    'g (p - 1) at the label; PyTorch has g p - g, which is NaN for infinite g',
  ],
];
/** The input's gradient is a convolution of the padded gradient of y, whose zeros meet the weight: see docs/numerics.md. */
const inWasm: typeof differences = [
  ['conv2d conv2dInputGrad', /weight/, 'the gradient of x'],
  ['conv2dWeightGrad', /dy/, 'the gradient of x'],
];
const isDifferent = ({ name, note }: Kinds, engine: string): boolean =>
  [...differences, ...(engine === 'wasm' ? inWasm : [])].some(
    ([names, where]) => names.split(' ').includes(name) && where.test(note),
  );

const kindOf = (value: number): string =>
  Number.isNaN(value) ? 'N' : Number.isFinite(value) ? '.' : value > 0 ? '+' : '-';

const engines: readonly (readonly [string, Backend, Float])[] = [
  ['typescript, float64', cpu({ engine: 'typescript' }), 'float64'],
  ['typescript, float32', cpu({ engine: 'typescript' }), 'float32'],
  ['wasm', cpu({ engine: 'wasm' }), 'float32'],
];

describe.each(engines)('%s', (engine, backend, float) => {
  const ours = (golden: GoldenCase, call: typeof callFunction, seed?: SpecialCase['seed']): number[][] => {
    using _ = scope();
    const { outputs, gradients } = answer(golden, call, float, seed);
    return [...outputs, ...gradients].map((tensor) => Array.from(tensor.dataSync(), Number));
  };

  for (const name of new Set(special.map(({ name }) => name))) {
    test(`special values in ${name}`, async () => {
      await useBackend(backend);
      for (const [i, theirs] of special.entries()) {
        if (theirs.name !== name || isDifferent(theirs, engine)) continue;
        const { seed, ...golden } = placed[i]!;
        const kinds = ours(golden, callOp, seed).map((values) => values.map(kindOf).join(''));
        expect(kinds, `${name} ${theirs.note}`).toEqual(theirs.kinds);
      }
    });
  }

  for (const [i, golden] of edges.entries()) {
    test(`edge ${i}: ${golden.name} ${toJson(golden.attrs)}`, async () => {
      await useBackend(backend);
      const call = golden.name in publicFunctions ? callFunction : callOp;
      const found = ours(golden, call);
      // PyTorch's own depthwise convolution in float32 hides what its float64 one does not.
      const { outputs, gradients } = float === 'float64' || golden.name === 'conv2d' ? golden : golden.float32;
      expect(found.length).toBe(outputs.length + gradients.length);
      for (const [k, wanted] of [...outputs, ...gradients].entries()) {
        expect(found[k]!.length).toBe(wanted.length);
        for (const [j, value] of wanted.entries()) {
          const got = found[k]![j]!;
          const isClose =
            Math.abs(got - value) <= (float === 'float64' ? 1e-12 : 2e-6) * Math.max(Math.abs(value), 1e-30);
          if (!isClose) expect(got, `${k < outputs.length ? 'output' : 'gradient'} ${k}, element ${j}`).toBe(value);
        }
      }
    });
  }
});

describe('the golden files', () => {
  test('answer the special values and the edges as they are now', () => {
    expect(special.map(({ name, note }) => `${name} ${note}`)).toEqual(
      placed.map(({ name, note }) => `${name} ${note}`),
    );
    const question = ({ name, attrs, inputs }: GoldenCase): unknown => fromJson(toJson({ name, attrs, inputs }));
    expect(edges.map(question)).toEqual(edgeCases.map(question));
  });
});
