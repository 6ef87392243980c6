// BERT and maskTokens: which tokens are chosen and what is read in their place, what the loss is of, heads, and what is refused.

import {
  ArgumentError,
  Generator,
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
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { BERT, type BERTConfig, maskTokens } from '../index.js';

beforeAll(() => useBackend(cpu()));
beforeEach(() => void manualSeed(2));

const ints = (rows: number[][] | number[]): Tensor => tensor(rows, { dtype: 'int32' });

describe('maskTokens', () => {
  const size = 50;
  const rows = Array.from({ length: 400 }, (_, i) => Array.from({ length: 40 }, (_, t) => 3 + ((7 * i + 11 * t) % 47)));
  const options = { vocabularySize: size, mask: 1, special: [0, 2] };

  test('15 % of each sequence are to be said; of those 80 % are masked, 10 % drawn, 10 % as they were; all others stay', () => {
    const { tokens, places, labels } = maskTokens(rows, { ...options, generator: new Generator(1) });
    const [read, chosen, said] = [
      tokens.toArray() as number[][],
      places.toArray() as number[],
      labels.toArray() as number[],
    ];
    expect(tokens.shape).toEqual([400, 40]);
    expect(chosen).toHaveLength(400 * 6);
    const byRow = new Map<number, number[]>();
    const kinds = { masked: 0, same: 0, other: 0 };
    const drawn = new Set<number>();
    const given = rows.map((row) => [...row]);
    chosen.forEach((place, i) => {
      const [row, t] = [Math.floor(place / 40), place % 40];
      byRow.set(row, [...(byRow.get(row) ?? []), t]);
      expect(said[i]).toBe(rows[row]![t]);
      const token = read[row]![t]!;
      if (token === 1) kinds.masked++;
      else if (token === said[i]) kinds.same++;
      else {
        kinds.other++;
        drawn.add(token);
      }
      given[row]![t] = token;
    });
    // Nothing is changed where nothing is to be said, and no place is chosen twice.
    expect(read).toEqual(given);
    expect([...byRow.values()].every((own) => own.length === 6 && new Set(own).size === 6)).toBe(true);
    // 2,400 draws: five standard deviations are 98, 73 and 73. A token that is drawn is now and then the same one, in 1 of 47.
    expect(Math.abs(kinds.masked - 1920)).toBeLessThan(98);
    expect(Math.abs(kinds.other - 235)).toBeLessThan(73);
    expect(Math.abs(kinds.same - 245)).toBeLessThan(73);
    for (const token of [0, 1, 2]) expect(drawn.has(token)).toBe(false);
    expect(drawn.size).toBeGreaterThan(40);
    // All places are chosen about as often: 60 times of 400.
    const counts = Array.from({ length: 40 }, (_, t) => chosen.filter((place) => place % 40 === t).length);
    expect(Math.min(...counts)).toBeGreaterThan(60 - 36);
    expect(Math.max(...counts)).toBeLessThan(60 + 36);
  });

  test('a seed says what comes, and the default generator is the one of manualSeed', () => {
    const draw = (seed: number): unknown =>
      maskTokens(rows, { ...options, generator: new Generator(seed) }).tokens.toArray();
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    manualSeed(5);
    const first = maskTokens(rows, options).tokens.toArray();
    expect(maskTokens(rows, options).tokens.toArray()).not.toEqual(first);
    manualSeed(5);
    expect(maskTokens(rows, options).tokens.toArray()).toEqual(first);
  });

  test('special tokens and padding are never chosen, and of a short sequence one token is', () => {
    const some = [
      [2, 9, 2, 2, 2],
      [2, 9, 8, 7, 7],
      [2, 2, 2, 1, 0],
    ];
    for (let seed = 0; seed < 50; seed++) {
      const { places, labels } = maskTokens(some, { ...options, lengths: [5, 2, 5], generator: new Generator(seed) });
      expect(places.toArray()).toEqual([1, 6]);
      expect(labels.toArray()).toEqual([9, 9]);
    }
    const none = maskTokens([[2, 2]], options);
    expect(none.places.shape).toEqual([0]);
    expect(none.tokens.toArray()).toEqual([[2, 2]]);
  });

  test('another share', () => {
    expect(maskTokens(rows, { ...options, share: 0.5 }).places.size).toBe(400 * 20);
    expect(maskTokens(rows, { ...options, share: 1 }).places.size).toBe(400 * 40);
  });

  test.each<[string, () => unknown]>([
    ['mask is 50, needs a token from 0 to 49', () => maskTokens(rows, { ...options, mask: 50 })],
    ['special has -1, needs a token from 0 to 49', () => maskTokens(rows, { ...options, special: [-1] })],
    ['share is 0, needs a number above 0, and 1 at most', () => maskTokens(rows, { ...options, share: 0 })],
    ['share is 15, needs a number above 0', () => maskTokens(rows, { ...options, share: 15 })],
    ['row 0 has 2 tokens and row 1 has 1; needs rows of one length', () => maskTokens([[3, 4], [5]], options)],
    ['got 1 lengths for 2 rows; needs one for each', () => maskTokens([[3], [4]], { ...options, lengths: [1] })],
    ['lengths has 3, needs whole numbers from 0 to 2', () => maskTokens([[3, 4]], { ...options, lengths: [3] })],
    ['row 0 has 77 at 1, needs a token from 0 to 49', () => maskTokens([[3, 77]], options)],
    ['maskTokens: there is no option probability', () => maskTokens(rows, { ...options, probability: 0.1 } as never)],
  ])('%s', (words, run) => {
    expect(run).toThrow(words);
  });
});

describe('BERT', () => {
  const config: BERTConfig = { vocabularySize: 12, dModel: 8, nhead: 2, numLayers: 2, maxLength: 6, dropout: 0 };
  const tokens = [
    [2, 5, 6, 7, 8],
    [2, 9, 3, 0, 0],
  ];
  const lengths = [5, 3];
  const toArray = (make: () => Tensor): number[][] => scope(() => noGrad(() => make().toArray() as number[][]));

  test('the loss is the mean over the tokens that are to be said, and that of the sequences on top', () => {
    const model = new BERT({ ...config, sentenceClasses: 3 });
    const masked = { tokens: ints(tokens), places: ints([1, 4, 6]), labels: ints([5, 8, 9]) };
    const logSoftmax = (row: number[]): number[] => {
      const sum = Math.log(row.reduce((total, x) => total + Math.exp(x), 0));
      return row.map((x) => x - sum);
    };
    const hidden = model.forward(ints(tokens), { lengths });
    const all = toArray(() => model.tokenLogits(hidden).reshape([10, 12]));
    const said = [1, 4, 6].map((place, i) => -logSoftmax(all[place]!)[[5, 8, 9][i]!]!);
    const mean = (values: number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
    expect(model.loss(masked, { lengths }).item()).toBeCloseTo(mean(said), 5);
    const sequences = toArray(() => model.sentenceLogits(hidden)).map((row, i) => -logSoftmax(row)[[2, 0][i]!]!);
    const both = model.loss(masked, { lengths, sentenceLabels: ints([2, 0]) }).item();
    expect(both).toBeCloseTo(mean(said) + mean(sequences), 5);
  });

  test('every parameter learns, and the vectors of the tokens from both their uses', () => {
    const model = new BERT({ ...config, sentenceClasses: 2 });
    const masked = { tokens: ints(tokens), places: ints([1]), labels: ints([11]) };
    const segments = ints([
      [0, 0, 0, 1, 1],
      [0, 0, 0, 0, 0],
    ]);
    model.loss(masked, { lengths, segments, sentenceLabels: ints([1, 0]) }).backward();
    for (const [name, parameter] of model.namedParameters()) {
      expect(parameter.grad?.abs().sum().item(), name).toBeGreaterThan(0);
    }
    // Token 11 is read nowhere, and said; token 6 is read, and could have been said.
    const rows = model.embedding.weight.grad!.toArray() as number[][];
    for (const token of [6, 11]) expect(rows[token]!.some((x) => x !== 0)).toBe(true);
  });

  test('a token sees those on both sides, and what is beyond the length counts for nothing', () => {
    const model = new BERT(config).eval();
    noGrad(() => {
      for (const parameter of model.parameters()) if (parameter.rank > 1) parameter.assign(parameter.mul(10));
    });
    const of = (rows: number[][]): number[][][] =>
      scope(() => noGrad(() => model.forward(ints(rows), { lengths }).toArray() as number[][][]));
    const before = of(tokens);
    const after = of([
      [2, 5, 6, 7, 1],
      [2, 9, 3, 4, 4],
    ]);
    expect(after[0]![0]).not.toEqual(before[0]![0]);
    expect(after[1]!.slice(0, 3)).toEqual(before[1]!.slice(0, 3));
  });

  test('segments are told apart, and without them all is of the first', () => {
    const model = new BERT(config).eval();
    const of = (segments?: number[][]): number[][] =>
      toArray(() => model.forward(ints(tokens), segments === undefined ? {} : { segments: ints(segments) }));
    const zeros = tokens.map((row) => row.map(() => 0));
    expect(of(zeros)).toEqual(of());
    expect(of(zeros.map((row) => row.map(() => 1)))).not.toEqual(of());
  });

  test('parts that are not asked for are not made', () => {
    const names = (options: Partial<BERTConfig>): string[] => [
      ...new Set(new BERT({ ...config, ...options }).namedParameters().map(([name]) => name.split('.')[0]!)),
    ];
    expect(names({})).toEqual([
      'embedding',
      'inputPositions',
      'segmentEmbedding',
      'norm',
      'encoder',
      'pooler',
      'tokenHead',
    ]);
    expect(names({ segments: 0, tokenHead: false, pooler: false })).toEqual([
      'embedding',
      'inputPositions',
      'norm',
      'encoder',
    ]);
    expect(names({ sentenceClasses: 2 })).toContain('sentenceHead');
  });

  test('nothing of a forward or a loss is left', () => {
    const model = new BERT({ ...config, sentenceClasses: 2 });
    const masked = { tokens: ints(tokens), places: ints([1]), labels: ints([11]) };
    const sentenceLabels = ints([1, 0]);
    const before = memory().buffers;
    noGrad(() => model.loss(masked, { lengths, sentenceLabels })).dispose();
    noGrad(() => model.forward(masked.tokens, { lengths })).dispose();
    expect(memory().buffers).toBe(before);
    scope(() => {
      model.loss(masked, { lengths, sentenceLabels }).backward();
    });
    model.zeroGrad();
    expect(memory().buffers).toBe(before);
  });

  const model = (): BERT => new BERT({ ...config, tokenHead: false, pooler: false, segments: 0 });
  const whole = (): BERT => new BERT(config);
  test.each<[string, new (message: string) => Error, () => unknown]>([
    ['BERT: vocabularySize is 0', ArgumentError, () => new BERT({ ...config, vocabularySize: 0 })],
    ['3 heads do not divide', ArgumentError, () => new BERT({ ...config, nhead: 3 })],
    [
      'BERT: sentenceClasses are told from what the pooler gives',
      ArgumentError,
      () => new BERT({ ...config, sentenceClasses: 2, pooler: false }),
    ],
    ['positions 0 to 6 but the table ends at 5', IndexError, () => whole().forward(ints([[1, 2, 3, 4, 5, 6, 7]]))],
    ['BERT: tokens are [2] int32, needs int32 [batch, length]', ShapeError, () => whole().forward(ints([1, 2]))],
    [
      'BERT: segments are [1, 1] int32, needs int32 [1, 2], one for each token',
      ShapeError,
      () => whole().forward(ints([[1, 2]]), { segments: ints([[0]]) }),
    ],
    [
      'BERT: got segments, but the model tells none apart',
      ArgumentError,
      () => model().forward(ints([[1, 2]]), { segments: ints([[0, 0]]) }),
    ],
    [
      'BERT.tokenLogits: the model was made without the head that says tokens (tokenHead: false)',
      ArgumentError,
      () => model().tokenLogits(model().forward(ints([[1]]))),
    ],
    [
      'BERT.pooled: the model was made without the pooler (pooler: false)',
      ArgumentError,
      () => model().pooled(model().forward(ints([[1]]))),
    ],
    [
      'BERT.sentenceLogits: the model was made without the head that tells sequences apart (no sentenceClasses)',
      ArgumentError,
      () => whole().sentenceLogits(whole().forward(ints([[1]]))),
    ],
    [
      'BERT.loss: no token is to be said',
      ArgumentError,
      () => whole().loss(maskTokens([[2]], { vocabularySize: 12, mask: 1, special: [2] })),
    ],
  ])('%s', (words, kind, run) => {
    expect(run).toThrow(kind);
    expect(run).toThrow(words);
  });
});
