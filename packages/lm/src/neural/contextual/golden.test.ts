// Bidirectional language models and the mix of their layers beside the same in PyTorch: golden/contextual.py made the numbers.

import { readFileSync } from 'node:fs';
import { scope, type Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import type { StateSource } from '@dl/layers';
import { assertAllClose } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { type BidirectionalConfig, BidirectionalModel, LayerMix } from '../../neural.js';

interface Values {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
type Named = Readonly<Record<string, Values>>;

interface Golden {
  readonly tokens: number[][];
  readonly lengths: number[];
  readonly spelling: readonly number[][];
  readonly models: readonly {
    readonly name: string;
    readonly options: {
      readonly vocabulary: number;
      readonly size: number;
      readonly hidden: number;
      readonly layers: number;
      readonly residual: boolean;
      readonly tied: boolean;
      readonly characters: boolean;
      readonly begin: number;
      readonly end: number;
    };
    readonly weights: Named;
    readonly layers: readonly Values[];
    readonly loss: number;
    readonly gradients: Named;
  }[];
  readonly mix: {
    readonly layers: readonly Values[];
    readonly weights: Named;
    readonly upstream: Values;
    readonly mixed: Values;
    readonly gradients: Named;
    readonly layerGradients: readonly Values[];
  };
}

const golden: Golden = JSON.parse(readFileSync(new URL('../../../golden/contextual.json', import.meta.url), 'utf8'));
const tolerances = { float32: { rtol: 1e-5, atol: 1e-5 }, float64: { rtol: 1e-10, atol: 1e-11 } } as const;
type Float = keyof typeof tolerances;
const made = ({ data, shape }: Values, dtype: Float, requiresGrad = false): Tensor =>
  tensor({ data: Float64Array.from(data), shape }, { dtype, requiresGrad });
const shapes = (state: Readonly<Record<string, { readonly shape: readonly number[] }>>) =>
  Object.fromEntries(Object.entries(state).map(([name, { shape }]) => [name, shape]));

beforeAll(() => useBackend(cpu()));

describe.each(['float32', 'float64'] as const)('%s', (dtype) => {
  const close = (found: Tensor, expected: Values): void => {
    expect(found.shape).toEqual(expected.shape);
    assertAllClose(found.dataSync(), Float64Array.from(expected.data), tolerances[dtype]);
  };

  test.each(golden.models.map((each) => [each.name, each] as const))(
    'BidirectionalModel, %s: layers, loss and every gradient are PyTorch’s',
    (_, { options, weights, layers, loss, gradients }) => {
      using _scope = scope();
      const { vocabulary, size, hidden, layers: numLayers, residual, tied, characters, begin, end } = options;
      const config: BidirectionalConfig = {
        ...{
          vocabularySize: vocabulary,
          embeddingSize: size,
          hiddenSize: hidden,
          numLayers,
          residual,
          tied,
          begin,
          end,
          dropout: 0,
        },
        ...(characters && { characters: { numCharacters: 6, characterSize: 2, filters: { 1: 2, 3: 3 } } }),
        dtype,
      };
      using model = new BidirectionalModel(config);
      expect(shapes(model.stateDict())).toEqual(shapes(weights));
      model.loadStateDict(weights as StateSource);
      const { tokens: rows, lengths, spelling } = golden;
      const tokens = tensor(rows, { dtype: 'int32' });
      const spelt = tensor(
        rows.map((row) => row.map((token) => [...spelling[token]!])),
        { dtype: 'int32' },
      );
      const found = model.layers(characters ? spelt : tokens, { lengths });
      expect(found).toHaveLength(layers.length);
      for (const [k, layer] of found.entries()) close(layer, layers[k]!);
      const total = model.loss(tokens, { lengths, ...(characters && { characters: spelt }) });
      close(total, { shape: [], data: [loss] });
      total.backward();
      for (const [name, parameter] of model.namedParameters()) close(parameter.grad!, gradients[name]!);
    },
  );

  test('LayerMix: the mix and every gradient are PyTorch’s', () => {
    using _scope = scope();
    const { layers, weights, upstream, mixed, gradients, layerGradients } = golden.mix;
    using mix = new LayerMix(3, { dtype });
    expect(shapes(mix.stateDict())).toEqual(shapes(weights));
    mix.loadStateDict(weights as StateSource);
    const given = layers.map((layer) => made(layer, dtype, true));
    const found = mix.forward(given);
    close(found, mixed);
    close(mix.forward(tensor({ data: layers.flatMap(({ data }) => data), shape: [3, 2, 3, 2] }, { dtype })), mixed);
    found.backward({ gradient: made(upstream, dtype) });
    for (const [name, parameter] of mix.namedParameters()) close(parameter.grad!, gradients[name]!);
    for (const [k, layer] of given.entries()) close(layer.grad!, layerGradients[k]!);
  });
});
