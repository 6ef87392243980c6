// PointerGenerator: taught and asked the same; what is beyond the vocabulary can be copied and nothing else; padding and what is to come reach nothing.

import { manualSeed, memory, noGrad, randn, scope, type Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Decoding, Embedding, Linear } from '@dl/layers';
import { beamSearch, contrastiveSearch, generate, sampleSequences } from '@dl/lm';
import { Adam } from '@dl/optim';
import { GRU, LSTM, type SequenceNetwork } from '@dl/rnn';
import { allClose, assertAllClose, leakCheck, settledMemory } from '@dl/testing';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  AdditiveAttention,
  type AttentionScore,
  attentionMaps,
  CoverageAttention,
  LuongAttention,
  PointerGenerator,
  type PointerGeneratorOptions,
} from '../index.js';

beforeAll(() => useBackend(cpu()));
beforeEach(() => void manualSeed(2));

const [SIZE, EXTENDED] = [6, 8];
const int32 = (values: readonly (readonly number[])[]): Tensor => tensor(values as number[][], { dtype: 'int32' });
const numbers = (x: Tensor): number[] => Array.from(x.dataSync());
// 6 and 7 are beyond the vocabulary; behind a source stands anything.
const sources = [
  [2, 6, 3, 7],
  [5, 6, 0, 0],
];
const targets = [
  [7, 3, 6, 0],
  [6, 0, 0, 0],
];
const lengths = { sourceLengths: [4, 2], targetLengths: [4, 2] };
const from = { lengths: [4, 2], extendedSize: EXTENDED };

interface Form {
  readonly score: () => AttentionScore;
  readonly encoder: () => SequenceNetwork;
  readonly decoder: () => SequenceNetwork;
  readonly options?: PointerGeneratorOptions;
}
const forms: Readonly<Record<string, Form>> = {
  'an additive score, GRUs': {
    encoder: () => new GRU(3, 2, { bidirectional: true }),
    score: () => new AdditiveAttention(5, 4, 3),
    decoder: () => new GRU(3, 5),
  },
  'coverage, LSTMs of two layers': {
    encoder: () => new LSTM(3, 4, { numLayers: 2 }),
    score: () => new CoverageAttention(5, 4, 3),
    decoder: () => new LSTM(3, 5, { numLayers: 2 }),
    options: { begin: 4, unknown: 2, attentionSize: 7 },
  },
};
const modelOf = ({ encoder, score, decoder, options = {} }: Form): PointerGenerator =>
  new PointerGenerator(encoder(), score(), decoder(), SIZE, options);

describe.each(Object.entries(forms))('%s', (_name, form) => {
  test('P is a mixture of what is generated and what is copied, and sums to 1', () => {
    const model = modelOf(form);
    const found = model.forward(int32(sources), int32(targets), {
      ...lengths,
      extendedSize: EXTENDED,
      returnWeights: true,
    });
    expect(found.probabilities.shape).toEqual([2, 4, EXTENDED]);
    const [p, gen, a] = [found.probabilities, found.pGen, found.weights!].map((each) => each.toArray()) as [
      number[][][],
      number[][],
      number[][][],
    ];
    for (const [b, count] of lengths.targetLengths.entries()) {
      for (let t = 0; t < count; t++) {
        expect(p[b]![t]!.reduce((sum, each) => sum + each)).toBeCloseTo(1, 5);
        // What is beyond the vocabulary is copied, from as many places as it stands in.
        for (let word = SIZE; word < EXTENDED; word++) {
          const looked = sources[b]!.slice(0, lengths.sourceLengths[b]).reduce(
            (sum, each, s) => sum + (each === word ? a[b]![t]![s]! : 0),
            0,
          );
          expect(p[b]![t]![word]).toBeCloseTo((1 - gen[b]![t]!) * looked, 6);
        }
        // The second source has no 7.
        if (b === 1) expect(p[b]![t]![7]).toBe(0);
      }
    }
  });

  test('the loss is the mean of -log P of the tokens that count, as decoders are told them', () => {
    const model = modelOf(form);
    let sum = 0;
    const steps: number[][] = [];
    sources.forEach((source, i) => {
      const asked = model.from(int32([source]), { lengths: [lengths.sourceLengths[i]!], extendedSize: EXTENDED });
      expect(asked.vocabularySize).toBe(EXTENDED);
      let next = noGrad(() => asked.start(1));
      for (const token of targets[i]!.slice(0, lengths.targetLengths[i])) {
        const logs = numbers(next.logProbabilities as Tensor);
        steps.push(logs);
        sum -= logs[token]!;
        next = noGrad(() => asked.step([token], next.state));
      }
      asked.release!(next.state);
    });
    expect(model.loss(int32(sources), int32(targets), lengths).item()).toBeCloseTo(sum / 6, 5);
    expect(model.loss(int32(sources), int32(targets), { ...lengths, reduction: 'sum' }).item()).toBeCloseTo(sum, 4);
    // What stands beyond the ends changes nothing, words of the target among it.
    const [x, y] = [int32([sources[0]!, [5, 6, 7, 3]]), int32([targets[0]!, [6, 0, 5, 7]])];
    expect(model.loss(x, y, lengths).item()).toBeCloseTo(sum / 6, 5);
    const { probabilities } = model.forward(x, y, { ...lengths, extendedSize: EXTENDED });
    assertAllClose(probabilities.slice([0]), tensor(steps.slice(0, 4).map((row) => row.map(Math.exp))), { atol: 1e-5 });
  });

  test('prompts in one pass, rows in another order', async () => {
    const model = modelOf(form);
    const source = int32(sources);
    const said = (await generate(model.from(source, from), { maxLength: 5 })).map(({ tokens }) => tokens);
    const prompts = said.map((tokens) => tokens.slice(0, 2));
    const rest = (await generate(model.from(source, from), { maxLength: 3, prompts })).map(({ tokens }) => tokens);
    expect(rest).toEqual(said.map((tokens) => tokens.slice(2)));

    const decoding = new Decoding(model.from(source, from), { representation: true });
    decoding.step(said.map((tokens) => tokens[0]!));
    decoding.select([1, 0, 1]);
    decoding.step([said[1]![1]!, said[0]![1]!, said[1]![1]!]);
    const mixed = Array.from(await decoding.logProbabilities(), Math.exp);
    expect(await decoding.representation()).toHaveLength(3 * model.combine.outFeatures);
    decoding.dispose();
    const plain = model.forward(source, int32(said), { sourceLengths: [4, 2], extendedSize: EXTENDED }).probabilities;
    assertAllClose(
      mixed,
      [1, 0, 1].flatMap((row) => numbers(plain.slice([row, 2]))),
      { atol: 1e-5 },
    );
  });

  test('every decoder takes it, and none says a word that is neither known nor in the source', async () => {
    const model = modelOf(form);
    const ask = () => model.from(int32(sources), from);
    const options = { end: 0, maxLength: 4 };
    const [greedy, one, many, contrast, drawn] = [
      await generate(ask(), options),
      await beamSearch(ask(), { ...options, beams: 1 }),
      await beamSearch(ask(), { ...options, beams: 5, nBest: 5 }),
      await contrastiveSearch(ask(), options),
      await sampleSequences(ask(), { ...options, count: 6 }),
    ];
    expect(one.map(([best]) => best!.tokens)).toEqual(greedy.map(({ tokens }) => tokens));
    for (const found of [many, drawn]) expect(found[1]!.flatMap(({ tokens }) => tokens)).not.toContain(7);
    expect(contrast).toHaveLength(2);
    for (const [row, found] of many.entries()) {
      // The sum of what the loss has for each of its tokens, and its end.
      for (const { tokens, end, logProbability } of found) {
        const target = int32([end === undefined ? tokens : [...tokens, end]]);
        const told = { sourceLengths: [lengths.sourceLengths[row]!], reduction: 'sum' } as const;
        expect(-model.loss(int32([sources[row]!]), target, told).item()).toBeCloseTo(logProbability, 4);
      }
    }
  });

  test('no token sees itself or those that follow', () => {
    const model = modelOf(form).eval();
    const all = { sourceLengths: [4, 2], extendedSize: EXTENDED };
    const before = model.forward(int32(sources), int32(targets), all).probabilities;
    for (let t = 0; t < 4; t++) {
      const other = targets.map((row) => row.map((token, i) => (i < t ? token : (token + 1) % SIZE)));
      const after = model.forward(int32(sources), int32(other), all).probabilities;
      expect(after.slice([null, [0, t + 1]]).toArray()).toEqual(before.slice([null, [0, t + 1]]).toArray());
      if (t < 3) expect(allClose(after.slice([null, t + 1]), before.slice([null, t + 1]))).toBe(false);
    }
  });

  test('every parameter learns, and memory is flat over training steps and over generated tokens', async () => {
    const model = modelOf(form);
    const [source, target] = [int32(sources), int32(targets)];
    model.loss(source, target, { ...lengths, coverageWeight: 1 }).backward();
    for (const [name, { grad }] of model.namedParameters()) {
      expect([name, grad?.isFinite().all().item()]).toEqual([name, 1]);
      expect([name, grad!.abs().max().item() > 0]).toEqual([name, true]);
    }
    model.zeroGrad();
    const optimizer = new Adam(model.parameters(), { lr: 0.01 });
    leakCheck(() => {
      model.loss(source, target, { ...lengths, coverageWeight: 1 }).backward();
      optimizer.step();
      optimizer.zeroGrad();
    });
    optimizer.dispose();
    const before = await settledMemory();
    const seen: number[] = [];
    const asked = model.from(source, from);
    const watched = {
      ...asked,
      step: (tokens: ArrayLike<number>, state: Parameters<typeof asked.step>[1]) => {
        seen.push(memory().bytes);
        return asked.step(tokens, state);
      },
    };
    await generate(watched, { maxLength: 40 });
    expect(seen.length).toBeGreaterThan(30);
    expect(new Set(seen.slice(2)).size).toBe(1);
    expect([memory().bytes, memory().buffers]).toEqual([before.bytes, before.buffers]);
  });
});

const good = (): PointerGenerator => modelOf(forms['an additive score, GRUs']!);

test('what is beyond the vocabulary is read as unknown: a vector of its own it has none', () => {
  const model = good();
  const told = { extendedSize: 9 };
  const weights = (source: number[]) =>
    model.forward(int32([source]), int32([[2, 3]]), { ...told, returnWeights: true }).weights!.toArray();
  expect(weights([2, 6, 3, 8])).toEqual(weights([2, 1, 3, 1]));
  expect(weights([2, 6, 3, 8])).not.toEqual(weights([2, 3, 3, 1]));
});

test('coverage costs Σ min(a, what was looked at before), over plain numbers', () => {
  const model = good();
  const { weights } = model.forward(int32(sources), int32(targets), {
    ...lengths,
    returnWeights: true,
    extendedSize: 8,
  });
  const rows = weights!.toArray() as number[][][];
  let again = 0;
  for (const [b, count] of lengths.targetLengths.entries()) {
    const covered = [0, 0, 0, 0];
    for (const row of rows[b]!.slice(0, count)) {
      for (const [s, weight] of row.entries()) {
        again += Math.min(weight, covered[s]!);
        covered[s]! += weight;
      }
    }
  }
  const loss = (coverageWeight: number): number =>
    model.loss(int32(sources), int32(targets), { ...lengths, coverageWeight }).item();
  expect(again).toBeGreaterThan(0.5);
  expect(loss(2) - loss(0)).toBeCloseTo((2 * again) / 6, 5);
});

test('a word of the target that is nowhere counts as unknown, and no loss is infinite', () => {
  const model = good();
  const loss = (word: number): number => model.loss(int32([[2, 3, 6]]), int32([[word]])).item();
  expect(loss(7)).toBeCloseTo(loss(1), 6);
  expect(loss(6)).not.toBeCloseTo(loss(1), 3);
  // However sure it is that it copies, and of another word.
  noGrad(() => void model.pointer.bias!.assign(tensor([-1000])));
  const sure = model.loss(int32([[2, 3, 6]]), int32([[4]]));
  expect(Number.isFinite(sure.item())).toBe(true);
  sure.backward();
  expect(model.parameters().every(({ grad }) => grad!.isFinite().all().item() === 1)).toBe(true);
});

test('attentionMaps finds the weights, and hooks on the score see them', async () => {
  const model = good();
  const maps = await attentionMaps(model, () => model.forward(int32(sources), int32(targets), { extendedSize: 8 }));
  expect(maps.map(({ module }) => module)).toEqual(['score']);
  const { weights } = model.forward(int32(sources), int32(targets), { extendedSize: 8, returnWeights: true });
  assertAllClose(
    maps[0]!.weights.map(([head]) => head!.map((row) => Array.from(row))),
    weights!,
  );
});

test('dropout is for training alone; in float64 all is float64; what is saved loads', () => {
  const made = { dtype: 'float64' } as const;
  const make = (): PointerGenerator =>
    new PointerGenerator(new GRU(3, 4, made), new LuongAttention(5, 4, made), new GRU(3, 5, made), SIZE, {
      dropout: 0.5,
    });
  const [model, other] = [make(), make()];
  const found = (of = model): Tensor =>
    of.forward(int32(sources), int32(targets), { extendedSize: 8, sourceLengths: [4, 2] }).probabilities;
  expect(found().dtype).toBe('float64');
  expect(model.parameters().every(({ dtype }) => dtype === 'float64')).toBe(true);
  expect(allClose(found(), found())).toBe(false);
  other.loadStateDict(model.stateDict());
  model.eval();
  other.eval();
  expect(found(other).toArray()).toEqual(found().toArray());
});

test('it learns to say words that it has never seen', async () => {
  const model = new PointerGenerator(
    new GRU(8, 12, { bidirectional: true }),
    new AdditiveAttention(16, 24, 16),
    new GRU(8, 16),
    SIZE,
  );
  // Of three words, one behind a 2: that one is to be said, and then what stands first. Half are beyond the vocabulary.
  const words = [3, 4, 5, 6, 7, 8];
  const pairs = words.flatMap((a) => words.filter((b) => b !== a).map((b) => [a, b] as const));
  const source = int32(pairs.flatMap(([a, b]) => [[a, 2, b]]));
  const target = int32(pairs.map(([a, b]) => [b, a, 0]));
  const optimizer = new Adam(model.parameters(), { lr: 0.02 });
  for (let step = 0; step < 100; step++) {
    scope(() => {
      model.loss(source, target).backward();
      optimizer.step();
      optimizer.zeroGrad();
    });
  }
  // 9 and 10 were in no source.
  const fresh = int32([
    [9, 2, 10],
    [3, 2, 9],
    [10, 2, 4],
  ]);
  const said = await beamSearch(model.from(fresh, { extendedSize: 11 }), { end: 0, maxLength: 4 });
  expect(said.map(([best]) => best!.tokens)).toEqual([
    [10, 9],
    [9, 3],
    [4, 10],
  ]);
});

const [encoder, score, decoder] = [
  () => new GRU(3, 2, { bidirectional: true }),
  () => new AdditiveAttention(5, 4, 3),
  () => new GRU(3, 5),
];

test.each<[string, () => unknown, string]>([
  [
    'no network',
    () => new PointerGenerator(new Linear(2, 3) as never, score(), decoder(), SIZE),
    'PointerGenerator: the encoder is a Linear, needs a recurrent network',
  ],
  [
    'a decoder that reads ahead',
    () => new PointerGenerator(encoder(), score(), new GRU(3, 5, { bidirectional: true }), SIZE),
    'PointerGenerator: the decoder goes in both directions, and what comes is yet to be said',
  ],
  [
    'no score',
    () => new PointerGenerator(encoder(), {} as never, decoder(), SIZE),
    'PointerGenerator: the score is an object of nothing, needs one of this package',
  ],
  [
    'keys of another size',
    () => new PointerGenerator(encoder(), new AdditiveAttention(5, 5, 3), decoder(), SIZE),
    'PointerGenerator: the score takes keys of 5 features, and the encoder gives 4; needs as many',
  ],
  [
    'tables of two sizes',
    () => new PointerGenerator(encoder(), score(), new GRU(4, 5), SIZE),
    'PointerGenerator: the decoder takes 4 features, needs 3, as many as a token has; source and target share their vectors',
  ],
  [
    'a table of another size',
    () => new PointerGenerator(encoder(), score(), decoder(), SIZE, { embedding: new Embedding(SIZE, 4) }),
    'PointerGenerator: the encoder takes 3 features, needs 4, as many as a token has',
  ],
  [
    'a table that is none',
    () => new PointerGenerator(encoder(), score(), decoder(), SIZE, { embedding: {} as never }),
    'PointerGenerator: embedding is an object of nothing, needs a module, such as new Embedding(6, 8)',
  ],
  [
    'an unknown that is no token',
    () => new PointerGenerator(encoder(), score(), decoder(), SIZE, { unknown: 6 }),
    'PointerGenerator: unknown is 6, needs a token from 0 to 5',
  ],
  [
    'no words at all',
    () => new PointerGenerator(encoder(), score(), decoder(), 0),
    'PointerGenerator: vocabularySize is 0, needs a whole number of at least 1',
  ],
  [
    'fewer words than the vocabulary has',
    () => good().from(int32(sources), { extendedSize: 5 }),
    'PointerGenerator.from: extendedSize is 5, needs a whole number of at least 6',
  ],
  [
    'words that were not told of',
    () => good().forward(int32(sources), int32(targets), { extendedSize: 7 }),
    'PointerGenerator: extendedSize is 7, and a source has a token beyond it; needs the largest token of all sources + 1',
  ],
  [
    'the same of a source to be asked about',
    () => noGrad(() => good().from(int32(sources)).start(2)),
    'PointerGenerator: extendedSize is 6, and a source has a token beyond it; needs the largest token of all sources + 1',
  ],
  [
    'a coverage that rewards',
    () => good().loss(int32(sources), int32(targets), { coverageWeight: -1 }),
    'PointerGenerator.loss: coverageWeight is -1, needs a finite number of at least 0',
  ],
  [
    'a smoothing, which a mixture has not',
    () => good().loss(int32(sources), int32(targets), { labelSmoothing: 0.1 } as never),
    'PointerGenerator.loss: there is no option labelSmoothing',
  ],
  [
    'features in place of words',
    () => good().loss(randn([2, 4, 3]), int32(targets)),
    'PointerGenerator.loss: sources are [2, 4, 3] float32, needs int32 [batch, length]',
  ],
  [
    'sources of nothing',
    () => good().loss(tensor({ data: new Int32Array(0), shape: [2, 0] }), int32(targets)),
    'PointerGenerator.loss: sources are [2, 0], needs at least one word in each',
  ],
  [
    'targets of another batch',
    () => good().loss(int32(sources), int32([[1, 0]])),
    'PointerGenerator.loss: targets are [1, 2] for 2 sources; needs one for each, of at least one token',
  ],
  [
    'lengths beyond the padding',
    () => good().loss(int32(sources), int32(targets), { sourceLengths: [5, 2] }),
    'PointerGenerator.loss: sourceLengths: a length is 5, needs a whole number from 1 to 4',
  ],
  [
    'a source of fewer lengths',
    () => good().from(int32(sources), { lengths: [4] }),
    'PointerGenerator.from: 1 length comes with a batch of 2, needs one for each sequence',
  ],
  [
    'another batch than that of the source',
    () => good().from(int32(sources), from).start(3),
    'PointerGenerator: 3 sequences are to begin with 2 sources',
  ],
])('%s', (_name, run, message) => {
  expect(run).toThrow(message);
});
