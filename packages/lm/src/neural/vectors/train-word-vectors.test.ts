// Word vectors by training: what is planted is found, and a run tells, ends and repeats itself as it says.

import { readFileSync } from 'node:fs';
import { manualSeed, memory, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { settledMemory } from '@dl/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { plantedQuestions, plantedTexts } from '../../../test/planted-corpus.js';
import { type TrainWordVectorsOptions, trainWordVectors, type WordVectorsEvent } from '../../neural.js';

beforeEach(async () => {
  await useBackend(cpu());
});

const small: TrainWordVectorsOptions = { seed: 0, size: 8, window: 2, subsample: 0, minCount: 1, epochs: 2 };
const texts = plantedTexts(100, 5);

describe('the planted structure is found', () => {
  const accuracy = async (options: TrainWordVectorsOptions): Promise<number> => {
    const vectors = await trainWordVectors(plantedTexts(10_000, 1), { ...small, size: 24, epochs: 5, ...options });
    const report = await vectors.evaluateAnalogies(plantedQuestions());
    expect([report.questions, report.unknown]).toEqual([180, 0]);
    return report.accuracy;
  };

  test.each([
    ['skipGram', {}],
    ['cbow', { lr: 0.1 }],
  ] as const)('%s, negative sampling: all analogies', async (model, options) => {
    expect(await accuracy({ model, ...options })).toBe(1);
  });

  // A tree puts words side by side that come equally often, whatever they mean, and what they share by that is none of the structure. By chance it were one in a dozen.
  test.each([
    ['skipGram', { epochs: 10 }],
    ['cbow', { lr: 0.1, epochs: 15 }],
  ] as const)('%s, hierarchical softmax: most analogies', async (model, options) => {
    expect(await accuracy({ model, loss: 'hierarchicalSoftmax', window: 5, ...options })).toBeGreaterThan(0.75);
  });
});

describe('a run', () => {
  test('tells epochs and their losses, which fall, and ends with the vectors', async () => {
    const events: WordVectorsEvent[] = [];
    for await (const event of trainWordVectors(plantedTexts(2000, 2), { ...small, epochs: 4 })) events.push(event);
    const epochs = events.filter((event) => event.type === 'epoch');
    expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
    expect(epochs.map(({ share }) => share)).toEqual([0.25, 0.5, 0.75, 1]);
    expect(epochs.map(({ words }) => words)).toEqual([14_000, 28_000, 42_000, 56_000]);
    // As scores start as 0, the first loss of an example is that of one word and five drawn.
    expect(epochs[0]!.loss).toBeLessThan(6 * Math.LN2);
    for (let i = 1; i < 4; i++) expect(epochs[i]!.loss).toBeLessThan(epochs[i - 1]!.loss);
    for (const each of epochs) expect(each.wordsPerSecond).toBeGreaterThan(0);
    const progress = events.filter((event) => event.type === 'progress');
    expect(progress.length).toBeGreaterThanOrEqual(4);
    // In a straight line from 0.025.
    for (const { lr, share } of progress) expect(Math.abs(lr - 0.025 * (1 - share))).toBeLessThan(0.002);
    expect(events.at(-1)).toMatchObject({ type: 'end', reason: 'finished' });
  });

  test('the same seed gives the same vectors, another one others', async () => {
    const run = async (seed?: number) => {
      const { seed: _, ...others } = small;
      return (await trainWordVectors(texts, { ...others, ...(seed !== undefined && { seed }) })).vectors;
    };
    const [first, again, other] = [await run(1), await run(1), await run(2)];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    manualSeed(1);
    expect(await run()).toEqual(first);
  });

  test('texts, lists of words, and what comes once or later are read alike', async () => {
    const options = { ...small, split: 'whitespace' } as const;
    const lists = await trainWordVectors(texts, small);
    const lines = await trainWordVectors(
      texts.map((words) => words.join(' ')),
      options,
    );
    const once = await trainWordVectors(texts.values(), small);
    const later = await trainWordVectors(
      (async function* () {
        yield* texts;
      })(),
      small,
    );
    expect(later.vectors).toEqual(lists.vectors);
    expect(lines.words).toEqual(lists.words);
    expect(lines.vectors).toEqual(lists.vectors);
    expect(once.vectors).toEqual(lists.vectors);
  });

  test('words come from the most frequent one on, without rare ones', async () => {
    const vectors = await trainWordVectors('b a a b a c, a b d d', { ...small, minCount: 2, lowerCase: true });
    expect(vectors.words).toEqual(['a', 'b', 'd']);
    expect(vectors.size).toBe(8);
  });

  test('a signal ends it with the vectors as they are', async () => {
    const stop = new AbortController();
    const events: WordVectorsEvent[] = [];
    for await (const event of trainWordVectors(plantedTexts(8000, 3), { ...small, signal: stop.signal })) {
      events.push(event);
      stop.abort();
    }
    expect(events.map(({ type }) => type)).toEqual(['progress', 'end']);
    expect(events.at(-1)).toMatchObject({ type: 'end', reason: 'aborted' });
    const before = await trainWordVectors(texts, { ...small, signal: AbortSignal.abort() });
    // Nothing is learned: as they start.
    expect(Math.max(...before.vectors.map(Math.abs))).toBeLessThanOrEqual(0.5 / 8);
  });

  test('leaves no memory, whether it ends, is left or fails', async () => {
    await trainWordVectors(texts, small);
    const before = await settledMemory();
    await trainWordVectors(texts, small);
    for await (const { type } of trainWordVectors(plantedTexts(8000, 3), small)) if (type === 'progress') break;
    await expect(trainWordVectors(texts, { ...small, lr: 1e30, epochs: 50 })).rejects.toThrow(/lower lr/);
    expect(memory()).toMatchObject(before);
  });

  test('memory is flat over two thousand steps', async () => {
    const held = new Set<string>();
    await settledMemory();
    let epochs = 0;
    for await (const event of trainWordVectors(plantedTexts(1500, 4), { ...small, size: 4, epochs: 120 })) {
      if (event.type !== 'epoch') continue;
      epochs++;
      held.add(`${memory().buffers} ${memory().bytes}`);
    }
    expect(epochs).toBe(120);
    expect(held.size).toBe(1);
  });
});

describe('bad input', () => {
  test.each([
    ['an empty text', '', {}, 'trainWordVectors: the texts have no words; give some with words in them'],
    ['no texts', [], {}, 'trainWordVectors: the texts have no words; give some with words in them'],
    [
      'minCount above all counts',
      'a b a',
      { minCount: 3 },
      'trainWordVectors: nothing came 3 times or more; lower minCount, or give more text',
    ],
    ['one word', 'a a a', {}, 'trainWordVectors: no word stands near another one, of those that come 1 times or more'],
    ['texts of one word each', ['a', 'b', 'a'], {}, 'trainWordVectors: no word stands near another one'],
    ['a number', 3, {}, 'trainWordVectors: texts is 3, needs a string, or an iterable of strings or of lists of words'],
    ['numbers', [3], {}, 'trainWordVectors: texts[0] is 3, needs a string, or a list of words'],
    ['lists of numbers', [['a', 3]], {}, "trainWordVectors: texts[0] is ['a', 3], needs a string, or a list of words"],
    ['a learning rate beyond all bounds', texts, { lr: 1e30, epochs: 50 }, 'lower lr, which was 1e+30 at the start'],
  ])('the run says so: %s', async (_, given, options, message) => {
    await expect(trainWordVectors(given as string, { ...small, ...options })).rejects.toThrow(message);
  });

  test.each([
    [{ size: 0 }, 'trainWordVectors: size is 0, needs a whole number of at least 1'],
    [{ window: 0.5 }, 'trainWordVectors: window is 0.5, needs a whole number of at least 1'],
    [{ negatives: 0 }, 'trainWordVectors: negatives is 0, needs a whole number of at least 1'],
    [{ minCount: 0 }, 'trainWordVectors: minCount is 0, needs a whole number of at least 1'],
    [{ epochs: -1 }, 'trainWordVectors: epochs is -1, needs a whole number of at least 1'],
    [{ maxWords: 0 }, 'trainWordVectors: maxWords is 0, needs a whole number of at least 1'],
    [{ seed: -1 }, 'trainWordVectors: seed is -1, needs a whole number of at least 0'],
    [{ subsample: -1 }, 'trainWordVectors: subsample is -1, needs a share of at least 0'],
    [{ lr: 0 }, 'trainWordVectors: lr is 0, needs to be above 0'],
    [{ loss: 'hierarchicalSoftmax', negatives: 3 }, "with loss 'hierarchicalSoftmax' no words are drawn; leave it out"],
    [{ model: 'glove' }, /trainWordVectors: model .*'skipGram'.*'cbow'/],
    [{ signal: new AbortController() }, 'trainWordVectors: signal is'],
    [{ windows: 3 }, /trainWordVectors: .*windows/],
  ])('the call says so: %j', (options, message) => {
    expect(() => trainWordVectors(texts, options as TrainWordVectorsOptions)).toThrow(message);
  });
});

test('words of tinyshakespeare have sensible neighbours', async ({ skip }) => {
  const root = process.env['DL_DATA'];
  if (root === undefined) skip('needs tinyshakespeare: set DL_DATA to a folder that has tinyshakespeare/input.txt');
  const text = readFileSync(`${root}/tinyshakespeare/input.txt`, 'utf8');
  const vectors = await trainWordVectors(text, { lowerCase: true, size: 50, epochs: 10, seed: 1 });
  const sensible: Readonly<Record<string, string>> = {
    king: 'richard henry edward ii iii vi prince duke warwick',
    brother: 'father son uncle husband mother sister cousin kinsman daughter',
    eyes: 'tears lips thoughts breast heart face hands tongue eye cheeks griefs sorrow brow',
    two: 'three four six seven fifteen dozen twenty ten',
  };
  for (const [word, expected] of Object.entries(sensible)) {
    const found = vectors.nearest(word, { count: 10 }).map((each) => each.word);
    const right = found.filter((each) => expected.split(' ').includes(each));
    expect(right.length, `${word}: ${found.join(' ')}`).toBeGreaterThanOrEqual(2);
  }
});
