// Attention, layers and stacks against PyTorch's, every result and every gradient: golden/make-golden.py made the numbers.

import { readFileSync } from 'node:fs';
import { scope, type Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import type { AnyModule, StateSource } from '@dl/layers';
import { assertAllClose } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  MultiheadAttention,
  Transformer,
  TransformerDecoder,
  TransformerDecoderLayer,
  TransformerEncoder,
  TransformerEncoderLayer,
} from './index.js';

interface Values {
  readonly shape: readonly number[];
  readonly data: readonly (number | '-Infinity')[];
}
type Named = Readonly<Record<string, Values>>;

interface Case {
  readonly options: object;
  readonly weights: Named;
  readonly inputs: Named;
  readonly upstream: Named;
  readonly results: Named;
  readonly gradients: Named;
}

interface Golden {
  readonly attention: readonly (Case & { readonly call: Readonly<{ mask?: Values }> })[];
  readonly layers: readonly (Case & { readonly layer: string; readonly call: object })[];
  readonly transformers: readonly (Case & { readonly lengths: readonly number[] })[];
}

const golden: Golden = JSON.parse(readFileSync(new URL('../golden/layers.json', import.meta.url), 'utf8'));
const [width, heads, hidden] = [4, 2, 3];
const tolerances = { float32: { rtol: 1e-5, atol: 5e-6 }, float64: { rtol: 1e-10, atol: 1e-11 } } as const;
type Float = keyof typeof tolerances;

const numbers = ({ data }: Values): Float64Array => Float64Array.from(data, Number);
const make = (values: Values, dtype: Float, requiresGrad = false): Tensor =>
  tensor({ data: numbers(values), shape: values.shape }, { dtype, requiresGrad });
const leaves = (inputs: Named, dtype: Float): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, make(value, dtype, true)]));
const shapes = (state: Readonly<Record<string, { readonly shape: readonly number[] }>>) =>
  Object.entries(state).map(([name, { shape }]) => [name, shape]);
const loaded = (model: AnyModule, weights: Named): void => {
  expect(shapes(model.stateDict())).toEqual(shapes(weights));
  model.loadStateDict(weights as StateSource);
};

/** Compares all results, goes back from them as the golden file did, and compares all gradients. */
function check(
  results: Readonly<Record<string, Tensor>>,
  inputs: Readonly<Record<string, Tensor>>,
  parameters: readonly (readonly [name: string, parameter: Tensor])[],
  expected: Case,
  dtype: Float,
): void {
  expect(Object.keys(results)).toEqual(Object.keys(expected.results));
  for (const [name, result] of Object.entries(results)) {
    expect([name, result.shape]).toEqual([name, expected.results[name]!.shape]);
    assertAllClose(result.dataSync(), numbers(expected.results[name]!), tolerances[dtype]);
  }
  const products = Object.entries(results).map(([name, y]) => y.mul(make(expected.upstream[name]!, dtype)).sum());
  products.reduce((sum, each) => sum.add(each)).backward();
  const found = [...Object.entries(inputs), ...parameters];
  expect(found.map(([name]) => name)).toEqual(Object.keys(expected.gradients));
  for (const [name, leaf] of found) {
    expect([name, leaf.grad?.shape]).toEqual([name, expected.gradients[name]!.shape]);
    assertAllClose(leaf.grad!.dataSync(), numbers(expected.gradients[name]!), tolerances[dtype]);
  }
}

const layers: Readonly<Record<string, (options: object) => AnyModule>> = {
  TransformerEncoderLayer: (options) => new TransformerEncoderLayer(width, heads, options),
  TransformerDecoderLayer: (options) => new TransformerDecoderLayer(width, heads, options),
  TransformerEncoder: (options) => new TransformerEncoder(width, heads, 2, { finalNorm: false, ...options }),
  TransformerDecoder: (options) => new TransformerDecoder(width, heads, 2, { finalNorm: false, ...options }),
};
const titleOf = (options: object, call: object, inputs: Named): string =>
  `${JSON.stringify(options)} of ${Object.keys(inputs).join(', ')} with ${Object.keys(call).join(', ') || 'nothing hidden'}`;

describe.each(['wasm', 'typescript'] as const)('on %s', (engine) => {
  beforeAll(() => useBackend(cpu({ engine })));

  describe.each(['float32', 'float64'] as const)('%s', (dtype) => {
    const sized = { dimFeedforward: hidden, dropout: 0, dtype };

    test.each(
      golden.attention.map((each, i) => [`${i}: ${titleOf(each.options, each.call, each.inputs)}`, each] as const),
    )('MultiheadAttention %s', (_, expected) => {
      using _scope = scope();
      using attention = new MultiheadAttention(width, heads, { ...expected.options, dtype });
      loaded(attention, expected.weights);
      const inputs = leaves(expected.inputs, dtype);
      const { query, key, value, bias } = inputs;
      const { mask } = expected.call;
      const options = {
        ...expected.call,
        ...(mask && { mask: make(mask, dtype).cast('bool') }),
        ...(bias && { bias }),
      };
      const { output, weights } = attention.forward(query!, key, value, {
        ...(options as object),
        returnWeights: true,
      });
      const alone = attention.forward(query!, key, value, options as object);
      expect(alone.weights).toBeUndefined();
      expect(alone.output.toArray()).toEqual(output.toArray());
      check({ output, weights: weights! }, inputs, attention.namedParameters(), expected, dtype);
    });

    test.each(golden.layers.map((each) => [each.layer, titleOf(each.options, each.call, each.inputs), each] as const))(
      '%s %s',
      (_name, _, expected) => {
        using _scope = scope();
        using layer = layers[expected.layer]!({ ...expected.options, ...sized });
        loaded(layer, expected.weights);
        const inputs = leaves(expected.inputs, dtype);
        const output: Tensor = layer.forward(...Object.values(inputs), expected.call);
        check({ output }, inputs, layer.namedParameters(), expected, dtype);
      },
    );

    test.each(golden.transformers.map((each) => [JSON.stringify(each.options), each] as const))(
      'the encoder and decoder of Transformer are those of nn.Transformer %s',
      (_, expected) => {
        using _scope = scope();
        using model = new Transformer({
          ...{ sourceVocabulary: 1, dModel: width, nhead: heads, numEncoderLayers: 1, numDecoderLayers: 2 },
          ...expected.options,
          ...sized,
        });
        const isInside = ([name]: readonly [string, unknown]): boolean => /^(encoder|decoder)\./.test(name);
        const others = Object.entries(model.stateDict()).filter((entry) => !isInside(entry));
        expect(shapes(model.stateDict())).toEqual([...shapes(Object.fromEntries(others)), ...shapes(expected.weights)]);
        model.loadStateDict(expected.weights as StateSource, { strict: false });
        const inputs = leaves(expected.inputs, dtype);
        const { lengths } = expected;
        const memory = model.encoder.forward(inputs['source']!, { lengths });
        const output = model.decoder.forward(inputs['target']!, memory, { causal: true, memoryLengths: lengths });
        check({ output }, inputs, model.namedParameters().filter(isInside), expected, dtype);
      },
    );
  });
});
