// pretrainMasked: what is learned, batches by their definition, going on from a state to the same bits, memory, and what is refused.

import { BERT } from '@dl/attention';
import { ArgumentError, Generator, manualSeed, memory, type Tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { settledMemory } from '@dl/testing';
import { checkpoints, type TrainState } from '@dl/train';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { trainBpe, trainWords } from '../../index.js';
import { type MaskedLanguageModel, type PretrainMaskedOptions, pretrainMasked } from '../../neural.js';
import {
  cutToLength,
  type MaskedBatch,
  type MaskedPlan,
  maskedLoader,
  pairs,
  pieceOf,
  singles,
} from './masked-batches.js';

beforeAll(() => useBackend(cpu({ threads: 1 })));
beforeEach(() => void manualSeed(5));

/** Sentences in which subject and verb agree, across a word between them. */
function drawTexts(count: number, seed: number): string[] {
  const random = new Generator(seed);
  const one = <T>(from: readonly T[]): T => from[random.integer(0, from.length)]!;
  return Array.from({ length: count }, () => {
    const isMany = random.uniform() < 0.5;
    return `${one(isMany ? ['cats', 'dogs'] : ['cat', 'dog'])} ${one(['often', 'never'])} ${isMany ? 'sleep' : 'sleeps'} here`;
  });
}
const texts = drawTexts(120, 1);
const small = {
  tokenizer: 'words',
  dModel: 16,
  nhead: 2,
  numLayers: 1,
  dimFeedforward: 16,
  maxLength: 8,
  dropout: 0,
} as const;

describe('what it learns', () => {
  test('words that their neighbours tell, and the loss of texts held out is what is open', async () => {
    const { model, history, reason, best } = await pretrainMasked(drawTexts(240, 1), {
      ...small,
      ...{ dModel: 32, epochs: 20, batchSize: 8, lr: 0.005 },
    });
    expect([reason, history.length]).toEqual(['finished', 20]);
    // What stays open of a word: one of two subjects, one of two adverbs, a verb and "here" are told; a fifth of what is masked is no mask.
    const loss = best!.score;
    expect(loss).toBe(Math.min(...history.map(({ test }) => test!.loss)));
    expect(loss).toBeLessThan(0.6 * history[0]!.test!.loss);
    expect(loss).toBeGreaterThan(0.2);
    expect((await model.fill('cats often [MASK] here')).masks[0]!.fillings[0]).toMatchObject({ token: 'sleep' });
    expect((await model.fill('dog never [MASK] here')).masks[0]!.fillings[0]).toMatchObject({ token: 'sleeps' });
    expect(model.tokenizer.vocabulary.tokens.slice(0, 5)).toEqual(['[UNK]', '[CLS]', '[SEP]', '[PAD]', '[MASK]']);
  });

  test('whether a sentence follows, beside the words', async () => {
    // The second sentence speaks of the subject of the first.
    const documents = Array.from({ length: 60 }, (_, i) => {
      const subject = ['cat', 'dog', 'cow'][i % 3];
      return [`the ${subject} came`, `a ${subject} left`];
    });
    const options = { ...small, maxLength: 12, nextSentence: true, epochs: 40, batchSize: 16, lr: 0.02 } as const;
    const { history, model } = await pretrainMasked(documents, options);
    // A third of the pairs that do not follow cannot be told from those that do; by chance the two losses are log 2 and more.
    expect(history.at(-1)!.train.loss).toBeLessThan(0.75 * history[0]!.train.loss);
    expect(model.model.sentenceHead?.outFeatures).toBe(2);
  });

  test('parts of words, whole words left out, a text that is longer than the model reads', async () => {
    const book = drawTexts(150, 2).join('. ');
    const { model, history } = await pretrainMasked(book, {
      ...small,
      ...{
        tokenizer: 'subwords',
        vocabularySize: 290,
        wholeWords: true,
        maxLength: 24,
        epochs: 6,
        lr: 0.02,
        batchSize: 8,
      },
    });
    expect(history.at(-1)!.test!.loss).toBeLessThan(0.9 * history[0]!.test!.loss);
    expect(model.model.maxLength).toBe(24);
    expect(model.tokenizer.vocabularySize).toBeGreaterThan(270);
    expect(model.tokenizer.vocabularySize).toBeLessThanOrEqual(290);
  });

  test('a model of one’s own goes on learning', async () => {
    const tokenizer = trainWords(texts, { unk: '<unk>', pad: '<pad>', special: ['<mask>'] });
    const own = new BERT({ vocabularySize: tokenizer.vocabularySize, dModel: 8, nhead: 1, numLayers: 1, maxLength: 8 });
    const before = own.embedding.weight.toArray();
    const { model } = await pretrainMasked(texts.slice(0, 20), { tokenizer, mask: '<mask>', model: own, epochs: 1 });
    expect(model.model).toBe(own);
    expect(own.embedding.weight.toArray()).not.toEqual(before);
  });
});

describe('a run', () => {
  const options: PretrainMaskedOptions = { ...small, dropout: 0.1, epochs: 2, batchSize: 40 };
  const weightsOf = ({ model }: MaskedLanguageModel<BERT>): unknown =>
    model.parameters().map((each: Tensor) => each.toArray());

  test('tells the events of fit, the model with the last, and saves checkpoints as fit does', async () => {
    const types: string[] = [];
    const saved: string[] = [];
    const run = checkpoints(pretrainMasked(texts, options), { save: (_state, name) => saved.push(name) });
    for await (const event of run) {
      types.push(event.type);
      if (event.type === 'end') expect((await event.model.fill('[MASK] often sleep here')).masks).toHaveLength(1);
    }
    // 108 of 120 texts in three steps, the others in one.
    const epoch = ['step', 'step', 'step', 'test', 'epoch'];
    expect(types).toEqual(['start', ...epoch, ...epoch, 'end']);
    expect(saved).toContain('last');
  });

  test.each([[1], [3], [4]])('goes on after step %i to the same bits as one that never stopped', async (after) => {
    let state: TrainState | undefined;
    let whole: unknown;
    manualSeed(9);
    for await (const event of pretrainMasked(texts, { ...options, wholeWords: true })) {
      if (event.type === 'step' && event.totalSteps === after) state = await event.state();
      if (event.type === 'end') whole = weightsOf(event.model);
    }
    manualSeed(1); // the state has the numbers that come next
    const { model } = await pretrainMasked(texts, { ...options, wholeWords: true, state: state! });
    expect(weightsOf(model)).toEqual(whole);
  });

  test('the seed says what comes', async () => {
    const losses = async (seed: number): Promise<unknown> => {
      manualSeed(seed);
      return (await pretrainMasked(texts, options)).history.map(({ train, test }) => [train.loss, test!.loss]);
    };
    const first = await losses(2);
    expect(await losses(2)).toEqual(first);
    expect(await losses(3)).not.toEqual(first);
  });

  test('stops at a signal, and memory is flat over steps and free at the end', async () => {
    const { buffers: before } = await settledMemory();
    const stopping = new AbortController();
    const counts: number[] = [];
    let last: MaskedLanguageModel<BERT> | undefined;
    for await (const event of pretrainMasked(texts, { ...options, epochs: 1000, signal: stopping.signal })) {
      if (event.type === 'step') counts.push(memory().buffers);
      if (event.type === 'step' && event.totalSteps === 60) stopping.abort();
      if (event.type === 'end') {
        expect(event.reason).toBe('aborted');
        last = event.model;
      }
    }
    // Losses that were not read yet come and go.
    expect(counts).toHaveLength(60);
    expect(Math.max(...counts.slice(30))).toBeLessThanOrEqual(Math.max(...counts.slice(0, 30)));
    last!.model.dispose();
    expect(memory().buffers).toBe(before);
  });
});

describe('batches', () => {
  const text = 'low lower lowest, new newer newest';
  const tokenizer = trainBpe(text, { merges: 4, bos: '[CLS]', eos: '[SEP]', pad: '[PAD]', special: ['[MASK]'] });
  const { vocabulary } = tokenizer;
  const [begin, end, pad, mask] = ['[CLS]', '[SEP]', '[PAD]', '[MASK]'].map((token) => vocabulary.id(token)) as [
    number,
    number,
    number,
    number,
  ];
  const plan: MaskedPlan = {
    ...{ tokenizer, mask, begin: [begin], end: [end], maxLength: 20, share: 0.15, wholeWords: false, batchSize: 3 },
  };
  const rowsOf = ({ data, shape }: MaskedBatch['tokens']): number[][] =>
    Array.from({ length: shape[0]! }, (_, i) => [...data.subarray(i * shape[1]!, (i + 1) * shape[1]!)]);
  /** A batch with what was left out put back. */
  const whole = ({ tokens, places, labels }: MaskedBatch): number[][] => {
    const data = tokens.data.slice();
    for (const [i, place] of [...places.data].entries()) data[place] = labels.data[i]!;
    return rowsOf({ ...tokens, data });
  };
  const all = async (batches: AsyncIterable<MaskedBatch>): Promise<MaskedBatch[]> => {
    const found: MaskedBatch[] = [];
    for await (const each of batches) found.push(each);
    return found;
  };

  test('texts are between what begins and ends them, cut where they are too long, and nothing of them is lost', async () => {
    const piece = pieceOf(text, plan)!;
    const cut = cutToLength(piece, { ...plan, maxLength: 9 });
    expect(cut.flatMap(({ ids }) => [...ids])).toEqual([...tokenizer.encode(text)]);
    expect(cut.every(({ ids }) => ids.length <= 7)).toBe(true);
    const [batch] = await all(maskedLoader(singles(cut.slice(-2), plan), plan, 1));
    const expected = cut.slice(-2).map(({ ids }) => [begin, ...ids, end]);
    const longest = Math.max(...expected.map(({ length }) => length));
    expect(whole(batch!)).toEqual(expected.map((row) => [...row, ...new Array(longest - row.length).fill(pad)]));
    expect(batch!.counting.shape).toEqual([2, 1, 1, longest]);
    expect([...batch!.counting.data]).toEqual(
      expected.flatMap((row) => Array.from({ length: longest }, (_, t) => Number(t < row.length))),
    );
  });

  test('other tokens are left out in each epoch, and the same of what is held out', async () => {
    const pieces = Array.from({ length: 6 }, () => pieceOf('lower newest lowest', plan)!);
    const drawn = maskedLoader(singles(pieces, plan), plan);
    const [once, twice] = [await all(drawn), await all(drawn)];
    expect(once.map(({ places }) => String(places.data))).not.toEqual(twice.map(({ places }) => String(places.data)));
    const held = maskedLoader(singles(pieces, plan), plan, 1);
    expect(await all(held)).toEqual(await all(held));
    // Not the same in each of its batches.
    const [a, b] = await all(held);
    expect(String(a!.places.data)).not.toEqual(String(b!.places.data));
  });

  test('whole words: all tokens of a word, its blank with them, or none', async () => {
    const pieces = [pieceOf('newest lower low new lowest', plan)!];
    const words = [-1, ...pieces[0]!.words, -1];
    for (const each of await Promise.all(
      Array.from({ length: 20 }, (_, seed) =>
        all(maskedLoader(singles(pieces, plan), { ...plan, wholeWords: true, share: 0.4 }, seed)),
      ),
    )) {
      const places = [...each[0]!.places.data];
      const chosen = new Set(places.map((at) => words[at]));
      expect(places).toEqual([...words.keys()].filter((t) => chosen.has(words[t]!)));
      expect(chosen.has(-1)).toBe(false);
    }
  });

  test('pairs: both sentences with what stands around, segments, labels, and the longer one cut', async () => {
    const documents = [
      ['low lower', 'new newest newer newest newer newest newer'],
      ['lowest', 'new'],
    ].map((document) => document.map((each) => pieceOf(each, plan)!));
    const ids = (each: string): number[] => [...tokenizer.encode(each)];
    const found = await all(
      maskedLoader(pairs(documents, 'pairs', plan), { ...plan, batchSize: 2, wholeWords: true }, 3),
    );
    const rows = whole(found[0]!);
    const labels = [...found[0]!.sentenceLabels!.data];
    const segments = rowsOf(found[0]!.segments!);
    for (const [i, row] of rows.entries()) {
      const first = ids(['low lower', 'lowest'][i]!);
      expect(row.slice(0, first.length + 2)).toEqual([begin, ...first, end]);
      const second = row.slice(first.length + 2).filter((id) => id !== pad);
      expect(second.at(-1)).toBe(end);
      const candidates = (labels[i] === 0 ? [documents[i]![1]!] : documents[1 - i]!).map((piece) =>
        String([...piece.ids]),
      );
      expect(candidates.some((all) => all.startsWith(String(second.slice(0, -1))))).toBe(true);
      expect(row.filter((id) => id !== pad).length).toBeLessThanOrEqual(20);
      expect(segments[i]!.slice(0, first.length + 2 + second.length)).toEqual([
        ...row.slice(0, first.length + 2).map(() => 0),
        ...second.map(() => 1),
      ]);
    }
  });
});

test.each<[string, () => unknown]>([
  ['pretrainMasked: texts is 7, needs texts, or documents as lists of sentences', () => pretrainMasked(7 as never)],
  ['pretrainMasked: texts[1] is 7, needs texts', () => pretrainMasked(['a', 7 as never])],
  ['pretrainMasked: texts are empty, needs some text', () => pretrainMasked(['', ' '])],
  [
    'pretrainMasked: texts have no word that could be left out',
    () => pretrainMasked(['x y'], { tokenizer: trainWords('a b', { unk: '[UNK]', special: ['[MASK]'] }) }),
  ],
  [
    "pretrainMasked: tokenizer is 'letters', needs 'subwords', 'words' or a Tokenizer",
    () => pretrainMasked(texts, { tokenizer: 'letters' as never }),
  ],
  [
    'pretrainMasked: vocabularySize is 10, but the tokenizer is there already',
    () => pretrainMasked(texts, { tokenizer: trainWords(texts, { special: ['[MASK]'] }), vocabularySize: 10 }),
  ],
  [
    "MaskedLanguageModel: mask is '[MASK]', which is no special token of the vocabulary",
    () => pretrainMasked(texts, { tokenizer: trainWords(texts) }),
  ],
  ['pretrainMasked: share is 0, needs a number above 0', () => pretrainMasked(texts, { share: 0 })],
  ['pretrainMasked: heldOut is 0.9, needs a share from 0 to 0.5', () => pretrainMasked(texts, { heldOut: 0.9 })],
  ['pretrainMasked: epochs is 0', () => pretrainMasked(texts, { epochs: 0 })],
  [
    'pretrainMasked: maxLength is 3, of which 2 stand around a text; needs 4 at least',
    () => pretrainMasked(texts, { ...small, maxLength: 3 }),
  ],
  ['pretrainMasked: model is an object', () => pretrainMasked(texts, { model: {} as never })],
  [
    'pretrainMasked: dModel is 8, but the model is there already',
    () =>
      pretrainMasked(texts, {
        model: new BERT({ vocabularySize: 9000, dModel: 8, nhead: 1, numLayers: 1, maxLength: 8 }),
        dModel: 8,
      }),
  ],
  [
    'pretrainMasked: nextSentence needs a BERT that tells two segments',
    () =>
      pretrainMasked([['a', 'b'], ['c']], {
        nextSentence: true,
        model: new BERT({ vocabularySize: 9000, dModel: 8, nhead: 1, numLayers: 1, maxLength: 8 }),
      }),
  ],
  [
    "pretrainMasked: texts[0] is 'a b', and for nextSentence needs a document",
    () => pretrainMasked(['a b'], { nextSentence: true }),
  ],
  [
    'pretrainMasked: no sentence stands behind another one',
    () => pretrainMasked([['a'], ['b']], { nextSentence: true }),
  ],
])('%s', (message, run) => {
  expect(run).toThrow(ArgumentError);
  expect(run).toThrow(message);
});
