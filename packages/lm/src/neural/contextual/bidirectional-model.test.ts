// BidirectionalModel, ELMo and words of characters: what each direction knows, what the loss is of, padding, what is frozen, memory, and what is refused.

import {
  ArgumentError,
  IndexError,
  manualSeed,
  memory,
  noGrad,
  ShapeError,
  scope,
  type Tensor,
  tensor,
  useBackend,
} from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Linear } from '@dl/layers';
import { Adam } from '@dl/optim';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type BidirectionalConfig, BidirectionalModel, CharacterEmbedding, ELMo, LayerMix } from '../../neural.js';

beforeAll(() => useBackend(cpu()));
beforeEach(() => void manualSeed(3));

const config: BidirectionalConfig = { vocabularySize: 9, embeddingSize: 4, dropout: 0 };
const ints = (values: unknown): Tensor => tensor(values as number[][], { dtype: 'int32' });
const rows = [
  [3, 1, 4, 1, 5],
  [2, 6, 5, 0, 0],
];
const lengths = [5, 3];
const arrays = (layers: readonly Tensor[]): number[][][][] => layers.map((layer) => layer.toArray() as number[][][]);

describe('BidirectionalModel', () => {
  test('the forward half of a layer knows no later word, the backward half no earlier one, in every layer', () => {
    using _ = scope();
    const model = new BidirectionalModel({ ...config, numLayers: 3 });
    const before = arrays(model.layers(ints(rows)));
    const changed = arrays(model.layers(ints([[3, 1, 8, 1, 5], rows[1]!])));
    for (let k = 0; k <= 3; k++) {
      for (let t = 0; t < 5; t++) {
        const [old, now] = [before[k]![0]![t]!, changed[k]![0]![t]!];
        const same = (from: number): boolean => String(old.slice(from, from + 4)) === String(now.slice(from, from + 4));
        // The word itself in the lowest layer, and what is behind or before it in the others.
        expect([k, t, same(0)]).toEqual([k, t, k === 0 ? t !== 2 : t < 2]);
        expect([k, t, same(4)]).toEqual([k, t, k === 0 ? t !== 2 : t > 2]);
      }
      expect(changed[k]![1]).toEqual(before[k]![1]);
    }
  });

  test('the loss is the mean of -log p of what both directions say, by their logits', () => {
    using _ = scope();
    const model = new BidirectionalModel({ ...config, begin: 7, end: 8 });
    const { forward, backward } = model.forward(ints(rows), { lengths });
    const said: number[] = [];
    for (const [logits, shifted] of [
      [forward, 0],
      [backward, 1],
    ] as const) {
      const logProbabilities = logits.logSoftmax(2).toArray() as number[][][];
      for (const [i, row] of rows.entries()) {
        const words = row.slice(0, lengths[i]);
        const targets = shifted === 0 ? [...words, 8] : [7, ...words];
        for (const [t, target] of targets.entries()) said.push(-logProbabilities[i]![t]![target]!);
      }
    }
    expect(said).toHaveLength(2 * (6 + 4));
    const mean = said.reduce((a, b) => a + b) / said.length;
    expect(model.loss(ints(rows), { lengths }).item()).toBeCloseTo(mean, 5);
  });

  test('a sequence is the same alone and in a padded batch, and what stands beyond its end is not seen', () => {
    using _ = scope();
    const model = new BidirectionalModel(config);
    const alone = arrays(model.layers(ints([[2, 6, 5]])));
    const padded = arrays(model.layers(ints(rows), { lengths }));
    const other = arrays(model.layers(ints([rows[0]!, [2, 6, 5, 8, 3]]), { lengths }));
    expect(other).toEqual(padded);
    for (const [k, layer] of padded.entries()) {
      for (const [t, vector] of alone[k]![0]!.entries())
        for (const [f, value] of vector.entries()) expect(layer[1]![t]![f]).toBeCloseTo(value, 6);
      expect(layer[1]!.slice(3).flat()).toEqual(new Array(16).fill(0));
    }
    const losses = [rows, [rows[0]!, [2, 6, 5, 8, 3]]].map((some) => model.loss(ints(some), { lengths }).item());
    expect(losses[1]).toBe(losses[0]);
  });

  test('it learns a language: what it says of words that can be told from a side costs nothing', () => {
    // Every sentence is told by its first word, and by its last.
    const sentences = [
      [1, 2, 3, 4],
      [5, 2, 6, 7],
    ];
    const model = new BidirectionalModel({ ...config, embeddingSize: 12, begin: 0 });
    const optimizer = new Adam(model.parameters(), { lr: 0.03 });
    let loss = 0;
    for (let step = 0; step < 150; step++) {
      scope(() => {
        const now = model.loss(ints(sentences));
        now.backward();
        optimizer.step();
        optimizer.zeroGrad();
        loss = now.item();
      });
    }
    // Of five things that each direction says, only the first is open: log 2.
    expect(loss).toBeGreaterThan(Math.log(2) / 5 - 1e-3);
    expect(loss).toBeLessThan(Math.log(2) / 5 + 0.05);
  });

  test('tied vectors are learned from both their uses, and there are no others', () => {
    using _ = scope();
    const model = new BidirectionalModel({ ...config, tied: true });
    expect(model.namedParameters().map(([name]) => name.split('.')[0])).not.toContain('output');
    model.loss(ints([[3, 1]])).backward();
    const gradients = model.input.parameters()[0]!.grad!.toArray() as number[][];
    // Token 8 is read nowhere, and could have been said.
    for (const token of [3, 8]) expect(gradients[token]!.some((x) => x !== 0)).toBe(true);
  });

  test('its configuration makes it again, also from JSON, and says what it is', () => {
    using _ = scope();
    const model = new BidirectionalModel({
      ...config,
      numLayers: 1,
      characters: { numCharacters: 5, filters: { 2: 3 } },
      dtype: 'float32',
    });
    expect(model.kind).toBe('bidirectional');
    const again = new BidirectionalModel(JSON.parse(JSON.stringify(model.config)));
    again.loadStateDict(model.stateDict());
    const words = ints([
      [
        [1, 2, 0],
        [4, 0, 0],
      ],
    ]);
    expect(arrays(again.layers(words))).toEqual(arrays(model.layers(words)));
  });

  test('nothing of a forward, of layers or of a loss is left, and 50 steps leave nothing', () => {
    const model = new BidirectionalModel({ ...config, dropout: 0.3 });
    const tokens = ints(rows);
    const before = memory().buffers;
    noGrad(() => {
      for (const layer of model.layers(tokens, { lengths })) layer.dispose();
      for (const logits of Object.values(model.forward(tokens, { lengths }))) logits.dispose();
      model.loss(tokens, { lengths }).dispose();
    });
    expect(memory().buffers).toBe(before);
    for (let step = 0; step < 50; step++) {
      scope(() => model.loss(tokens, { lengths }).backward());
      model.zeroGrad();
    }
    expect(memory().buffers).toBe(before);
  });
});

describe('CharacterEmbedding', () => {
  test('padding and the place in a batch make no difference, characters and their order do', () => {
    using _ = scope();
    const words = new CharacterEmbedding(6, 5, { filters: { 1: 2, 4: 3 }, highways: 2 });
    const [short, long, turned] = words
      .forward(
        ints([
          [1, 2, 0, 0, 0],
          [1, 2, 3, 0, 0],
          [2, 1, 0, 0, 0],
        ]),
      )
      .toArray() as number[][];
    const alone = (words.forward(ints([[1, 2]])).toArray() as number[][])[0]!;
    for (const [f, value] of alone.entries()) expect(short![f]).toBeCloseTo(value, 6);
    expect(long).not.toEqual(short);
    expect(turned).not.toEqual(short);
  });

  test('a word without characters has the vector of none', () => {
    using _ = scope();
    const words = new CharacterEmbedding(6, 5);
    const [none, other] = words
      .forward(
        ints([
          [0, 0],
          [0, 0],
        ]),
      )
      .toArray() as number[][];
    expect(none).toEqual(other);
    expect(none!.every(Number.isFinite)).toBe(true);
  });
});

describe('ELMo', () => {
  test('the mean of the layers at first, and the layer of the highest score in the end', () => {
    using _ = scope();
    const model = new BidirectionalModel(config);
    const embedding = new ELMo(model);
    const layers = model.layers(ints(rows), { lengths });
    const mean = layers.reduce((sum, layer) => sum.add(layer)).div(3);
    const found = embedding.forward(ints(rows), { lengths });
    expect(found.sub(mean).abs().max().item()).toBeLessThan(1e-6);
    embedding.mix.scores.assign(tensor([0, 60, 0]));
    embedding.mix.scale.assign(tensor(2));
    expect(embedding.forward(ints(rows), { lengths }).sub(layers[1]!.mul(2)).abs().max().item()).toBeLessThan(1e-6);
  });

  test('frozen, only the mix learns and nothing is dropped in the model; else all of it learns', () => {
    using _ = scope();
    const model = new BidirectionalModel({ ...config, dropout: 0.5, tokenHead: false });
    const embedding = new ELMo(model);
    const learning = (): string[] =>
      embedding.namedParameters().flatMap(([name, { requiresGrad }]) => (requiresGrad ? [name] : []));
    expect(learning()).toEqual(['mix.scores', 'mix.scale']);
    const [once, twice] = [0, 1].map(() => embedding.forward(ints(rows)).toArray());
    expect(twice).toEqual(once);
    embedding.forward(ints(rows)).square().sum().backward();
    expect(model.bounds.grad).toBeUndefined();
    expect(embedding.mix.scores.grad).toBeDefined();
    expect(model.training).toBe(true);

    const all = new ELMo(new BidirectionalModel({ ...config, dropout: 0.5, tokenHead: false }), { frozen: false });
    expect(all.forward(ints(rows)).toArray()).not.toEqual(all.forward(ints(rows)).toArray());
    all.forward(ints(rows)).square().sum().backward();
    for (const [name, { grad }] of all.namedParameters()) expect(grad, name).toBeDefined();
  });
});

describe('bad input', () => {
  const make = (more: Partial<BidirectionalConfig>) => () => new BidirectionalModel({ ...config, ...more });
  const spelt = (): BidirectionalModel => new BidirectionalModel({ ...config, characters: { numCharacters: 5 } });
  test.each<[string, new (message: string) => Error, () => unknown]>([
    ['BidirectionalModel: vocabularySize is 0', ArgumentError, make({ vocabularySize: 0 })],
    [
      'BidirectionalModel: hiddenSize is 3 and embeddingSize 4; states are as wide',
      ArgumentError,
      make({ hiddenSize: 3 }),
    ],
    ['BidirectionalModel: begin is 9, needs a token from 0 to 8', ArgumentError, make({ begin: 9 })],
    ['BidirectionalModel: end is 12, needs a token from 0 to 8', ArgumentError, make({ end: 12 })],
    [
      'BidirectionalModel: tied is true, but words are made of characters',
      ArgumentError,
      make({ tied: true, characters: { numCharacters: 5 } }),
    ],
    [
      'BidirectionalModel: characters: there is no option size',
      ArgumentError,
      make({ characters: { numCharacters: 5, size: 2 } as never }),
    ],
    ['CharacterEmbedding: filters are', ArgumentError, make({ characters: { numCharacters: 5, filters: {} } })],
    ['BidirectionalModel: there is no option layers', ArgumentError, make({ layers: 2 } as never)],
    [
      'BidirectionalModel: tokens are [3] int32, needs int32 [batch, time]',
      ShapeError,
      () => make({})().forward(ints([1, 2, 3])),
    ],
    ['BidirectionalModel.layers: tokens are [1, 2] float32', ShapeError, () => make({})().layers(tensor([[1, 2]]))],
    [
      'BidirectionalModel.layers: a length is 4, needs a whole number from 1 to 2',
      ShapeError,
      () => make({})().layers(ints([[1, 2]]), { lengths: [4] }),
    ],
    ['index', IndexError, () => make({})().layers(ints([[1, 9]]))],
    [
      'BidirectionalModel.layers: the input is [1, 2] int32, needs int32 [batch, time, characters]',
      ShapeError,
      () => spelt().layers(ints([[1, 2]])),
    ],
    [
      'BidirectionalModel.loss: the model reads characters, and there are none',
      ArgumentError,
      () => spelt().loss(ints([[1, 2]])),
    ],
    [
      'BidirectionalModel.loss: got characters, but the model has a vector for each token',
      ArgumentError,
      () => make({})().loss(ints([[1]]), { characters: ints([[[1]]]) }),
    ],
    [
      'BidirectionalModel.loss: tokens are [1, 2] and characters [1, 1, 1], needs a row of characters for each token',
      ShapeError,
      () => spelt().loss(ints([[1, 2]]), { characters: ints([[[1]]]) }),
    ],
    [
      'BidirectionalModel.loss: the model was made without the head that says tokens (tokenHead: false)',
      ArgumentError,
      () => make({ tokenHead: false })().loss(ints([[1, 2]])),
    ],
    [
      'CharacterEmbedding: characters are [2] int32, needs int32 [words, length]',
      ShapeError,
      () => new CharacterEmbedding(5, 4).forward(ints([1, 2])),
    ],
    ['CharacterEmbedding: numCharacters is 1', ArgumentError, () => new CharacterEmbedding(1, 4)],
    [
      'ELMo: the model is a Linear, needs a BidirectionalModel',
      ArgumentError,
      () => new ELMo(new Linear(2, 3) as never),
    ],
    [
      'LayerMix: got 2 layers, and it mixes 3; needs a tensor for each',
      ShapeError,
      () => new LayerMix(3).forward([tensor([1]), tensor([2])]),
    ],
    [
      'LayerMix: layers are [1] and [2], needs one shape',
      ShapeError,
      () => new LayerMix(2).forward([tensor([1]), tensor([2, 3])]),
    ],
    ['LayerMix: count is 0', ArgumentError, () => new LayerMix(0)],
  ])('%s', (message, kind, run) => {
    expect(run).toThrow(kind);
    expect(run).toThrow(message);
  });
});
