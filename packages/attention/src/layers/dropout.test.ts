// Where layers leave things out while training, seen by leaving out all in one place at a time.

import { manualSeed, noGrad, randn, scope, type Tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import type { AnyModule } from '@dl/layers';
import { assertAllClose } from '@dl/testing';
import { beforeAll, expect, test } from 'vitest';
import { GPT, MultiheadAttention, Transformer, TransformerDecoderLayer, TransformerEncoderLayer } from '../index.js';

beforeAll(() => useBackend(cpu()));

const float64 = { dtype: 'float64' } as const;
const exact = { rtol: 1e-12, atol: 1e-12 };
const all = { dimFeedforward: 6, dropout: 1, ...float64 };

/** With weights and biases that are not 0, and in use but for one module. */
function only<M extends AnyModule>(model: M, place: string): M {
  noGrad(() => {
    for (const each of model.parameters()) each.assign(randn(each.shape, float64));
  });
  model.eval();
  const found = model.namedModules().find(([name]) => name === place)!;
  found[1].train();
  return model;
}

test('MultiheadAttention drops weights of the output, and those that it gives are the ones before', () => {
  using _ = scope();
  manualSeed(1);
  using attention = new MultiheadAttention(4, 2, { dropout: 0.5 });
  const x = randn([2, 6, 4]);
  const seeded = (options: object): { output: Tensor; weights: Tensor | undefined } => {
    manualSeed(2);
    return attention.forward(x, x, x, options);
  };
  const { output, weights } = seeded({ returnWeights: true });
  expect(seeded({}).output.toArray()).toEqual(output.toArray());
  assertAllClose(weights!.sum(-1).dataSync(), new Array(24).fill(1), { rtol: 1e-5 });
  attention.eval();
  const { output: whole, weights: inUse } = seeded({ returnWeights: true });
  expect(inUse!.toArray()).toEqual(weights!.toArray());
  expect(whole.toArray()).not.toEqual(output.toArray());
  using nothing = new MultiheadAttention(4, 2, { dropout: 1 });
  expect(nothing.forward(x).output.abs().max().item()).toBe(0);
});

test('each dropout of TransformerEncoderLayer, alone', () => {
  using _ = scope();
  manualSeed(3);
  const x = randn([2, 3, 4], float64);
  const feed = (l: TransformerEncoderLayer, y: Tensor): Tensor => l.linear2.forward(l.linear1.forward(y).relu());
  const attended = (l: TransformerEncoderLayer): Tensor => l.norm1.forward(x.add(l.selfAttention.forward(x).output));
  const rest = (l: TransformerEncoderLayer, y: Tensor): Tensor => l.norm2.forward(y.add(feed(l, y)));
  const expected: Readonly<Record<string, (l: TransformerEncoderLayer) => Tensor>> = {
    self_attn: (l) => rest(l, l.norm1.forward(x.add(l.selfAttention.outProj.bias!))),
    dropout1: (l) => rest(l, l.norm1.forward(x)),
    dropout: (l) => {
      const y = attended(l);
      return l.norm2.forward(y.add(l.linear2.bias!));
    },
    dropout2: (l) => l.norm2.forward(attended(l)),
  };
  for (const [place, by] of Object.entries(expected)) {
    const layer = only(new TransformerEncoderLayer(4, 2, all), place);
    const found = layer.forward(x);
    layer.eval();
    assertAllClose(found, by(layer), exact);
    expect(found.toArray()).not.toEqual(layer.forward(x).toArray());
    layer.dispose();
  }
});

test('each dropout of TransformerDecoderLayer, alone', () => {
  using _ = scope();
  manualSeed(4);
  const [x, memory] = [randn([2, 3, 4], float64), randn([2, 5, 4], float64)];
  type L = TransformerDecoderLayer;
  const own = (l: L): Tensor => x.add(l.selfAttention.forward(l.norm1.forward(x)).output);
  const look = (l: L, y: Tensor): Tensor => y.add(l.crossAttention.forward(l.norm2.forward(y), memory).output);
  const feed = (l: L, z: Tensor): Tensor => z.add(l.linear2.forward(l.linear1.forward(l.norm3.forward(z)).relu()));
  const expected: Readonly<Record<string, (l: L) => Tensor>> = {
    self_attn: (l) => feed(l, look(l, x.add(l.selfAttention.outProj.bias!))),
    dropout1: (l) => feed(l, look(l, x)),
    multihead_attn: (l) => feed(l, own(l).add(l.crossAttention.outProj.bias!)),
    dropout2: (l) => feed(l, own(l)),
    dropout: (l) => look(l, own(l)).add(l.linear2.bias!),
    dropout3: (l) => look(l, own(l)),
  };
  for (const [place, by] of Object.entries(expected)) {
    const layer = only(new TransformerDecoderLayer(4, 2, { normFirst: true, ...all }), place);
    const found = layer.forward(x, memory);
    layer.eval();
    assertAllClose(found, by(layer), exact);
    expect(found.toArray()).not.toEqual(layer.forward(x, memory).toArray());
    layer.dispose();
  }
});

test('models hand their probability to every place', () => {
  using gpt = new GPT({ vocabularySize: 3, dModel: 4, nhead: 2, numLayers: 2, maxLength: 4, dropout: 0.3 });
  using both = new Transformer({
    ...{ sourceVocabulary: 3, dModel: 4, nhead: 2, numEncoderLayers: 1, numDecoderLayers: 1, dropout: 0.3 },
  });
  // Behind the vectors; of each layer the weights, and in three or four more places.
  for (const [model, count] of [
    [gpt, 1 + 2 * (1 + 3)],
    [both, 1 + (1 + 3) + (2 + 4)],
  ] as const) {
    const found = model.namedModules().flatMap(([, each]) => {
      if (each instanceof MultiheadAttention) return [each.dropout];
      return 'p' in each ? [each.p] : [];
    });
    expect(found).toEqual(new Array(count).fill(0.3));
  }
});
