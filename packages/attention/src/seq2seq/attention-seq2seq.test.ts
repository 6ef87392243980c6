// AttentionSeq2Seq: taught and asked the same, in both orders and with every score; what was said is aligned; padding and what is to come reach nothing.

import { keep, manualSeed, memory, noGrad, randn, scope, type Tensor, tensor, useBackend, where } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Decoding, Embedding, Linear } from '@dl/layers';
import { generate } from '@dl/lm';
import { Adam } from '@dl/optim';
import { GRU, GRUCell, LSTM, lengthMask, Recurrent, RNN, type SequenceNetwork } from '@dl/rnn';
import { allClose, assertAllClose, leakCheck, settledMemory } from '@dl/testing';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  AdditiveAttention,
  type AttentionScore,
  AttentionSeq2Seq,
  type AttentionSeq2SeqOptions,
  attentionMaps,
  LocalAttention,
  LocationAwareAttention,
  LuongAttention,
  ScaledDotProductAttention,
} from '../index.js';

beforeAll(() => useBackend(cpu()));
beforeEach(() => void manualSeed(2));

const SIZE = 6;
const int32 = (values: readonly (readonly number[])[]): Tensor => tensor(values as number[][], { dtype: 'int32' });
const sources = [
  [1, 2, 3, 4],
  [5, 6, 0, 0],
];
const targets = [
  [3, 1, 2, 0],
  [2, 0, 0, 0],
];
const lengths = { sourceLengths: [4, 2], targetLengths: [4, 2] };

interface Form {
  readonly encoder: () => SequenceNetwork;
  readonly score: (query: number) => AttentionScore;
  readonly decoder: (size: number) => SequenceNetwork;
  readonly options: AttentionSeq2SeqOptions;
}

const both = (): SequenceNetwork => new GRU(3, 2, { bidirectional: true });
const forms: Readonly<Record<string, Form>> = {
  'bahdanau, additive': {
    encoder: both,
    score: (query) => new AdditiveAttention(query, 4, 3),
    decoder: (size) => new GRU(size, 5),
    options: {},
  },
  'bahdanau, location-aware, LSTMs': {
    encoder: () => new LSTM(3, 4),
    score: (query) => new LocationAwareAttention(query, 4, 3, { filters: 2, kernelSize: 3 }),
    decoder: (size) => new LSTM(size, 5, { numLayers: 2 }),
    options: { begin: 5 },
  },
  'bahdanau, a cell': {
    encoder: both,
    score: (query) => new LuongAttention(query, 4, { score: 'concat' }),
    decoder: (size) => new Recurrent(new GRUCell(size, 5)),
    options: {},
  },
  'luong, general': {
    encoder: both,
    score: (query) => new LuongAttention(query, 4),
    decoder: (size) => new GRU(size, 5),
    options: { order: 'luong' },
  },
  'luong, monotonic, with input feeding': {
    encoder: both,
    score: (query) => new LocalAttention(new LuongAttention(query, 4), 1),
    decoder: (size) => new LSTM(size, 5),
    options: { order: 'luong', inputFeeding: true, attentionSize: 7 },
  },
  'luong, predictive, whole': {
    encoder: both,
    score: (query) => new LocalAttention(new LuongAttention(query, 4), 2, { alignment: 'predictive' }),
    decoder: (size) => new RNN(size, 5),
    options: { order: 'luong' },
  },
};

function modelOf({ encoder, score, decoder, options }: Form): AttentionSeq2Seq {
  const { order = 'bahdanau', inputFeeding = false, attentionSize = 5 } = options;
  const fed = order === 'bahdanau' ? 4 : inputFeeding ? attentionSize : 0;
  return new AttentionSeq2Seq(encoder(), score(5), decoder(3 + fed), SIZE, { input: new Embedding(8, 3), ...options });
}

describe.each(Object.entries(forms))('%s', (_name, form) => {
  test('the loss is the mean of -log p of the tokens that count, as decoders are told them', () => {
    const model = modelOf(form);
    let sum = 0;
    const steps: Tensor[] = [];
    sources.forEach((source, i) => {
      const asked = model.from(int32([source]), { lengths: [lengths.sourceLengths[i]!] });
      let next = noGrad(() => asked.start(1));
      for (const token of targets[i]!.slice(0, lengths.targetLengths[i])) {
        const scores = next.logProbabilities as Tensor;
        steps.push(scores);
        sum -= scores.dataSync()[token]!;
        next = noGrad(() => asked.step([token], next.state));
      }
      asked.release!(next.state);
    });
    expect(model.loss(int32(sources), int32(targets), lengths).item()).toBeCloseTo(sum / 6, 5);
    // What stands beyond the ends changes nothing.
    const [x, y] = [int32([sources[0]!, [5, 6, 7, 7]]), int32([targets[0]!, [2, 0, 5, 1]])];
    expect(model.loss(x, y, lengths).item()).toBeCloseTo(sum / 6, 5);
    const { output } = model.forward(int32(sources), int32(targets), lengths);
    assertAllClose(output.slice([0]).logSoftmax(1), tensor(steps.slice(0, 4).map((each) => numbers(each))), {
      atol: 1e-5,
    });
  });

  test('prompts in one pass, rows in another order, and the alignment of what was said', async () => {
    const model = modelOf(form);
    const source = int32(sources);
    const said = (await generate(model.from(source, { lengths: [4, 2] }), { maxLength: 5 })).map(
      ({ tokens }) => tokens,
    );
    const alignment = model.align(source, said, { lengths: [4, 2] });
    expect(alignment.shape).toEqual([2, 5, 4]);
    const { weights } = model.forward(source, int32(said), { sourceLengths: [4, 2], returnWeights: true });
    expect(alignment.toArray()).toEqual(weights!.toArray());
    assertAllClose(alignment.sum(2), tensor([1]).expand([2, 5]), { atol: 1e-6 });
    expect(
      alignment
        .slice([1, null, [2, 4]])
        .abs()
        .max()
        .item(),
    ).toBe(0);

    // With a prompt, the rest is what came before.
    const prompts = said.map((tokens) => tokens.slice(0, 2));
    const rest = (await generate(model.from(source, { lengths: [4, 2] }), { maxLength: 3, prompts })).map(
      ({ tokens }) => tokens,
    );
    expect(rest).toEqual(said.map((tokens) => tokens.slice(2)));

    const decoding = new Decoding(model.from(source, { lengths: [4, 2] }));
    decoding.step(said.map((tokens) => tokens[0]!));
    decoding.select([1, 0, 1]);
    decoding.step([said[1]![1]!, said[0]![1]!, said[1]![1]!]);
    const mixed = await decoding.logProbabilities();
    decoding.dispose();
    const plain = model.forward(source, int32(said), { sourceLengths: [4, 2] }).output.logSoftmax(2);
    assertAllClose(
      mixed,
      [1, 0, 1].flatMap((row) => numbers(plain.slice([row, 2]))),
      { atol: 1e-5 },
    );
  });

  test('a target of other lengths is aligned with zeros behind it, one of none even', () => {
    const model = modelOf(form);
    const alignment = model.align(int32(sources), [[], [1, 2]], { lengths: [4, 2] });
    expect(alignment.shape).toEqual([2, 2, 4]);
    expect(alignment.slice([0]).abs().max().item()).toBe(0);
    expect(alignment.slice([1]).sum().item()).toBeCloseTo(2, 5);
    const { weights } = model.forward(int32(sources), int32(targets), { ...lengths, returnWeights: true });
    expect(
      weights!
        .slice([1, [2, 4]])
        .abs()
        .max()
        .item(),
    ).toBe(0);
  });

  test('no token sees itself or those that follow', () => {
    const model = modelOf(form).eval();
    const before = model.forward(int32(sources), int32(targets)).output;
    for (let t = 0; t < 4; t++) {
      const other = targets.map((row) => row.map((token, i) => (i < t ? token : (token + 1) % SIZE)));
      const after = model.forward(int32(sources), int32(other)).output;
      expect(after.slice([null, [0, t + 1]]).toArray()).toEqual(before.slice([null, [0, t + 1]]).toArray());
      if (t < 3) expect(allClose(after.slice([null, t + 1]), before.slice([null, t + 1]))).toBe(false);
    }
  });

  test('every parameter learns, and memory is flat over training steps and over generated tokens', async () => {
    const model = modelOf(form);
    const [source, target] = [int32(sources), int32(targets)];
    model.loss(source, target, { ...lengths, labelSmoothing: 0.1 }).backward();
    for (const [name, { grad }] of model.namedParameters()) {
      // Where each query looks at the whole source, or at one word of it, in two ways: the sum of gradients of a softmax is 0.
      expect([name, grad?.abs().max().isFinite().item()]).toEqual([name, 1]);
      if (!/score/.test(name)) expect([name, grad!.abs().max().item() > 0]).toEqual([name, true]);
    }
    expect(model.score.parameters().some(({ grad }) => grad!.abs().max().item() > 0)).toBe(true);
    model.zeroGrad();
    const optimizer = new Adam(model.parameters(), { lr: 0.01 });
    leakCheck(() => {
      model.loss(source, target, lengths).backward();
      optimizer.step();
      optimizer.zeroGrad();
    });
    optimizer.dispose();
    const before = await settledMemory();
    const seen: number[] = [];
    const asked = model.from(source, { lengths: [4, 2] });
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

const numbers = (x: Tensor): number[] => Array.from(x.dataSync());

test('the keys are projected once for a source, not at each step', async () => {
  let projections = 0;
  const score = new AdditiveAttention(5, 4, 3);
  score.key.registerForwardHook(() => void projections++);
  const model = new AttentionSeq2Seq(both(), score, new GRU(7, 5), SIZE, { input: new Embedding(8, 3) });
  model.loss(int32(sources), int32(targets), lengths);
  expect(projections).toBe(1);
  await generate(model.from(int32(sources)), { maxLength: 6 });
  expect(projections).toBe(2);
});

test('a hook on the score sees the weights of each step', () => {
  const model = modelOf(forms['bahdanau, additive']!);
  const seen: Tensor[] = [];
  model.score.registerForwardHook((_inputs, { weights }) => void seen.push(keep(weights!.detach())));
  const { weights } = model.forward(int32(sources), int32(targets), { returnWeights: true });
  expect(seen).toHaveLength(4);
  for (const [t, each] of seen.entries()) {
    expect(each.toArray()).toEqual(weights!.slice([null, [t, t + 1]]).toArray());
  }
});

test('attentionMaps finds the weights of each step', async () => {
  const model = modelOf(forms['bahdanau, additive']!);
  const [source, target] = [int32(sources), int32(targets)];
  const maps = await attentionMaps(model, () => model.forward(source, target, lengths));
  expect(maps.map(({ module, call }) => [module, call])).toEqual([0, 1, 2, 3].map((call) => ['score', call]));
  const { weights } = model.forward(source, target, { sourceLengths: [4, 2], returnWeights: true });
  for (const [t, { weights: found }] of maps.entries()) {
    assertAllClose(
      found.map(([head]) => Array.from(head![0]!)),
      weights!.slice([null, t]),
    );
  }
});

test('NaN beyond the end of features reaches nothing, through an input map either', () => {
  const values = randn([2, 4, 2]);
  const mask = lengthMask([4, 2], 4).unsqueeze(2);
  const model = new AttentionSeq2Seq(both(), new AdditiveAttention(5, 4, 3), new GRU(7, 5), SIZE, {
    input: new Linear(2, 3),
  });
  const found = [0, Number.NaN].map((filler) => {
    const x = where(mask, values, tensor(filler));
    x.requiresGrad = true;
    const loss = model.loss(x, int32(targets), lengths);
    loss.backward();
    const all = [loss.item(), ...[x, ...model.parameters()].map(({ grad }) => grad!.toArray())];
    model.zeroGrad();
    return all;
  });
  expect(Number.isFinite(found[0]![0])).toBe(true);
  expect(found[1]).toEqual(found[0]);
});

test('dropout of what goes into the output map is for training alone, and in float64 all is float64', () => {
  const made = { dtype: 'float64' } as const;
  const model = new AttentionSeq2Seq(new GRU(3, 4, made), new LuongAttention(5, 4, made), new GRU(3, 5, made), SIZE, {
    input: new Embedding(8, 3, made),
    order: 'luong',
    dropout: 0.5,
  });
  const logits = (): Tensor => model.forward(int32(sources), int32(targets)).output;
  expect(logits().dtype).toBe('float64');
  expect(model.parameters().every(({ dtype }) => dtype === 'float64')).toBe(true);
  expect(allClose(logits(), logits())).toBe(false);
  model.eval();
  expect(logits().toArray()).toEqual(logits().toArray());
});

test('it learns to turn sequences round, and its alignment runs backwards', async () => {
  const model = new AttentionSeq2Seq(
    new GRU(8, 12, { bidirectional: true }),
    new AdditiveAttention(16, 24, 16),
    new GRU(8 + 24, 16),
    SIZE,
    { input: new Embedding(SIZE, 8) },
  );
  const digits = [1, 2, 3, 4, 5];
  const all = digits.flatMap((a) => digits.flatMap((b) => digits.map((c) => [a, b, c])));
  const [source, target] = [int32(all), int32(all.map((row) => [...row.toReversed(), 0]))];
  const optimizer = new Adam(model.parameters(), { lr: 0.02 });
  for (let step = 0; step < 120; step++) {
    scope(() => {
      model.loss(source, target).backward();
      optimizer.step();
      optimizer.zeroGrad();
    });
  }
  const said = (await generate(model.from(source), { end: 0, maxLength: 5 })).map(({ tokens }) => tokens);
  expect(said).toEqual(all.map((row) => row.toReversed()));
  const mean = model.align(source, said).mean(0).toArray() as number[][];
  // It looks most at the word that it says, or, with what an encoder in both directions knows of neighbours, next to it; but from back to front.
  const middles = mean.map((row) => row.reduce((sum, weight, s) => sum + weight * s, 0));
  expect(middles[0]!).toBeGreaterThan(middles[1]!);
  expect(middles[1]!).toBeGreaterThan(middles[2]!);
});

test('a model that is saved loads into one made alike', () => {
  const make = (): AttentionSeq2Seq => modelOf(forms['luong, monotonic, with input feeding']!);
  const [one, other] = [make(), make()];
  expect(Object.keys(one.stateDict())).toEqual(
    expect.arrayContaining(['score.score.map.weight', 'targetInput.weight', 'combine.weight', 'bridge.c.weight']),
  );
  other.loadStateDict(one.stateDict());
  const logits = (model: AttentionSeq2Seq): unknown => model.forward(int32(sources), int32(targets)).output.toArray();
  expect(logits(other)).toEqual(logits(one));
});

const good = (): AttentionSeq2Seq => modelOf(forms['bahdanau, additive']!);
const [encoder, score, decoder] = [both, () => new AdditiveAttention(5, 4, 3), () => new GRU(7, 5)];

test.each<[string, () => unknown, string]>([
  [
    'no network',
    () => new AttentionSeq2Seq(new Linear(2, 3) as never, score(), decoder(), SIZE),
    'AttentionSeq2Seq: the encoder is a Linear, needs a recurrent network',
  ],
  [
    'a decoder that reads ahead',
    () => new AttentionSeq2Seq(encoder(), score(), new GRU(7, 5, { bidirectional: true }), SIZE),
    'AttentionSeq2Seq: the decoder goes in both directions, and what comes is yet to be said',
  ],
  [
    'no score',
    () => new AttentionSeq2Seq(encoder(), {} as never, decoder(), SIZE),
    'AttentionSeq2Seq: the score is an object of nothing, needs one of this package',
  ],
  [
    'queries of another size',
    () => new AttentionSeq2Seq(encoder(), new AdditiveAttention(6, 4, 3), decoder(), SIZE),
    'AttentionSeq2Seq: the score takes queries of 6 features, and the decoder gives 5; needs as many',
  ],
  [
    'keys of another size',
    () => new AttentionSeq2Seq(encoder(), new ScaledDotProductAttention(5), decoder(), SIZE),
    'AttentionSeq2Seq: the score takes keys of 5 features, and the encoder gives 4; needs as many',
  ],
  [
    'no room for a token',
    () => new AttentionSeq2Seq(encoder(), score(), new GRU(4, 5), SIZE),
    'AttentionSeq2Seq: the decoder takes 4 features, of which 4 are what it has looked at, and none are left for the token',
  ],
  [
    'vectors of another size',
    () => new AttentionSeq2Seq(encoder(), score(), decoder(), SIZE, { targetInput: new Embedding(SIZE, 2) }),
    'AttentionSeq2Seq: the decoder takes 7 features, needs 6, 2 of a token and 4 of the context',
  ],
  [
    'input feeding in the other order',
    () => new AttentionSeq2Seq(encoder(), score(), decoder(), SIZE, { inputFeeding: true }),
    "AttentionSeq2Seq: inputFeeding is for order 'luong'; leave it out, or set the order",
  ],
  [
    'a begin that is no token',
    () => new AttentionSeq2Seq(encoder(), score(), decoder(), SIZE, { begin: 6 }),
    'AttentionSeq2Seq: begin is 6, needs a token from 0 to 5',
  ],
  [
    'an input that is no module',
    () => new AttentionSeq2Seq(encoder(), score(), decoder(), SIZE, { input: {} as never }),
    'AttentionSeq2Seq: input is an object of nothing, needs a module',
  ],
  [
    'targets of another batch',
    () => good().loss(int32(sources), int32([[1, 0]])),
    'AttentionSeq2Seq.loss: targets are [1, 2] for 2 sources; needs one for each, of at least one token',
  ],
  [
    'targets that are no tokens',
    () => good().loss(int32(sources), randn([2, 3])),
    'AttentionSeq2Seq.loss: targets are [2, 3] float32, needs int32 [batch, length]',
  ],
  [
    'lengths beyond the padding',
    () => good().loss(int32(sources), int32(targets), { sourceLengths: [5, 2] }),
    'AttentionSeq2Seq.loss: sourceLengths: a length is 5, needs a whole number from 1 to 4',
  ],
  [
    'lengths of targets beyond the padding',
    () => good().forward(int32(sources), int32(targets), { targetLengths: [4, 0] }),
    'AttentionSeq2Seq: targetLengths: a length is 0, needs a whole number from 1 to 4',
  ],
  [
    'a source of fewer lengths',
    () => good().from(int32(sources), { lengths: [4] }),
    'AttentionSeq2Seq.from: 1 length comes with a batch of 2, needs one for each sequence',
  ],
  [
    'another batch than that of the source',
    () => good().from(int32(sources)).start(3),
    'AttentionSeq2Seq: 3 sequences are to begin with 2 sources',
  ],
])('%s', (_name, run, message) => {
  expect(run).toThrow(message);
});
