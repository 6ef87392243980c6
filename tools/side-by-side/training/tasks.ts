// The tasks that both libraries learn: sequences turned round, German to English, what is thought of a film, words that were hidden, and a text, character by character.

import { readFileSync } from 'node:fs';
import { Generator } from '@dl/autograd';
import { bleu, trainCharacters } from '@dl/lm';
import { drawJudgements, type Judgement } from '../../../examples/sentiment/src/judgements.js';
import {
  inBatches as judgementBatches,
  examplesOf as judgementExamples,
  vocabularyOf,
  wordsOfVocabulary,
} from '../../../examples/sentiment/src/main.js';
import { readSst2 } from '../../../examples/sentiment/src/sst2.js';
import { drawPairs } from '../../../examples/translation/src/grammar.js';
import { type Corpus, readMulti30k } from '../../../examples/translation/src/multi30k.js';
import { examplesOf, inBatches, Vocabulary, wordsOf } from '../../../examples/translation/src/text.js';
import { AT_ONCE, END, type Example, NOTHING, type Outcome, type Plan } from './plan.js';

/** In small, for a test of seconds; or as its figures stand in the README. */
export type Size = 'small' | 'full';

export interface Task {
  readonly name: string;
  /** What of its outcome is told, and how. */
  readonly figures: Readonly<Record<string, (outcome: Outcome, plan: Plan) => number>>;
  /** A plan by a seed; `folder` has the data of its full size. */
  plan(size: Size, seed: number, folder?: string): Promise<Plan>;
}

const tiny = { dModel: 16, heads: 2, layers: 2, dimFeedforward: 32, dropout: 0 };
const small = { dModel: 64, heads: 4, layers: 2, dimFeedforward: 128 };
const quick = { warmupSteps: 30, factor: 0.2, labelSmoothing: 0 };

const testLoss = ({ testLoss }: Outcome): number => testLoss;

/** The share of answers that are what was to come out, without what ends it. */
function exact({ answers }: Outcome, { tests }: Plan): number {
  const right = answers.filter((answer, i) => `${answer}` === `${tests[i]!.target.filter((token) => token !== END)}`);
  return right.length / tests.length;
}

function rightClasses({ answers }: Outcome, { tests }: Plan): number {
  return answers.filter(([answer], i) => answer === tests[i]!.target[0]).length / tests.length;
}

/** BLEU of tokens, each of which is a word; an unknown one is right where the reference has one. */
function bleuOfTokens({ answers }: Outcome, { tests }: Plan): number {
  const text = (tokens: readonly number[]): string => tokens.filter((token) => token !== END).join(' ');
  const references = tests.map(({ target }) => text(target));
  const tokenize = (words: string): string[] => words.split(' ').filter(Boolean);
  return bleu(answers.map(text), references, { smoothing: 'exponential', tokenize }).score;
}

/** So many batches of examples that are drawn for each of them. */
function drawnBatches(count: number, size: number): number[][] {
  return Array.from({ length: count }, (_, step) => Array.from({ length: size }, (_, i) => step * size + i));
}

/** Digits are to come out as they went in, or turned round. */
const digits = (name: string, said: (digits: readonly number[]) => readonly number[]): Task => ({
  name,
  figures: { 'exactly right': exact, 'loss of the test': testLoss },
  async plan(size, seed) {
    const random = new Generator(seed);
    const draw = (): Example => {
      const digits = Array.from({ length: random.integer(3, size === 'small' ? 7 : 9) }, () => random.integer(1, 11));
      return { source: [...digits, END], target: [...said(digits), END] };
    };
    const [steps, batch] = size === 'small' ? [50, 16] : [400, 48];
    const examples = Array.from({ length: steps * batch }, draw);
    return {
      kind: 'translate',
      model: { sources: 11, targets: 11, ...(size === 'small' ? tiny : { ...small, dropout: 0 }) },
      training: size === 'small' ? quick : { warmupSteps: 100, factor: 0.3, labelSmoothing: 0 },
      examples,
      batches: drawnBatches(steps, batch),
      tests: Array.from({ length: size === 'small' ? 4 : 300 }, draw),
    };
  },
});

/** Batches of all examples, epoch after epoch. */
function epochsOf<T>(examples: readonly T[], epochs: number, cut: () => readonly (readonly T[])[]): number[][] {
  const places = new Map(examples.map((each, i) => [each, i]));
  return Array.from({ length: epochs }, () => cut().map((batch) => batch.map((each) => places.get(each)!))).flat();
}

async function corpusOf(size: Size, folder: string | undefined): Promise<Corpus> {
  if (size === 'full') return readMulti30k(`${needFolder(folder)}/multi30k`);
  const pairs = drawPairs(420, new Generator(5));
  return { train: pairs.slice(20), validation: [], test: pairs.slice(0, 20) };
}

function needFolder(folder: string | undefined): string {
  if (folder === undefined)
    throw new Error('needs real data: set DL_DATA to a folder that has multi30k, sst2 and tinyshakespeare');
  return folder;
}

const translation = (name: string, kind: 'translate' | 'attend', factor: number): Task => ({
  name,
  figures: { BLEU: bleuOfTokens, 'loss of the test': testLoss },
  async plan(size, seed, folder) {
    const { train, test } = await corpusOf(size, folder);
    const leastCount = size === 'small' ? 1 : 5;
    const german = new Vocabulary(
      train.map(({ source }) => source),
      leastCount,
    );
    const english = new Vocabulary(
      train.map(({ target }) => target),
      leastCount,
    );
    const random = new Generator(seed);
    const examples = examplesOf(train, german, english);
    const [tokens, epochs] = size === 'small' ? [80, 1] : [1200, 2];
    const batches = epochsOf(examples, epochs, () => inBatches(examples, tokens, random));
    return {
      kind,
      model: { sources: german.size, targets: english.size, ...(size === 'small' ? tiny : { ...small, dropout: 0.1 }) },
      training:
        size === 'small' ? { ...quick, labelSmoothing: 0.1 } : { warmupSteps: 150, factor, labelSmoothing: 0.1 },
      examples,
      batches: size === 'small' ? batches.slice(0, 50) : batches,
      tests: examplesOf(test, german, english).slice(0, 200),
    };
  },
});

const sentiment: Task = {
  name: 'sentiment',
  figures: { accuracy: rightClasses, 'loss of the test': testLoss },
  async plan(size, seed, folder) {
    const [trainSet, testSet] = judgementsOf(size, folder);
    const vocabulary = vocabularyOf(trainSet, size === 'small' ? 1 : 2);
    const random = new Generator(seed);
    const tokens = judgementExamples(trainSet, vocabulary);
    const [batchSize, epochs] = size === 'small' ? [8, 1] : [50, 3];
    const batches = epochsOf(tokens, epochs, () => judgementBatches(tokens, batchSize, random));
    const plain = ({ tokens: source, label }: (typeof tokens)[number]): Example => ({ source, target: [label] });
    const sizes = size === 'small' ? tiny : { ...small, layers: 1, dropout: 0.4 };
    return {
      kind: 'classify',
      model: { sources: wordsOfVocabulary(vocabulary), targets: 2, ...sizes },
      training: size === 'small' ? quick : { warmupSteps: 100, factor: 0.16, labelSmoothing: 0 },
      examples: tokens.map(plain),
      batches,
      tests: judgementExamples(testSet, vocabulary).map(plain),
    };
  },
};

function judgementsOf(size: Size, folder: string | undefined): readonly [Judgement[], Judgement[]] {
  if (size === 'full') {
    const root = needFolder(folder);
    return [readSst2(`${root}/sst2`, 'train'), readSst2(`${root}/sst2`, 'test')];
  }
  const drawn = drawJudgements(410, new Generator(5));
  return [drawn.slice(10), drawn.slice(0, 10)];
}

/** Three of twenty tokens are to be found again: most are hidden, some are exchanged or stay (Devlin et al., "BERT", 2019). */
function hidden(tokens: readonly number[], mask: number, random: Generator): Example {
  const chosen = random.integer(0, tokens.length);
  const source = [...tokens];
  const target = tokens.map((token, i) => {
    if (i !== chosen && random.uniform() >= 0.15) return NOTHING;
    const way = random.uniform();
    if (way < 0.8) source[i] = mask;
    else if (way < 0.9) source[i] = random.integer(1, mask);
    return token;
  });
  return { source, target };
}

const masked: Task = {
  name: 'masked tokens',
  figures: { 'loss of the test': testLoss },
  async plan(size, seed, folder) {
    const { train, test } = await corpusOf(size, folder);
    const texts = (pairs: Corpus['train']): string[] => pairs.map(({ target }) => wordsOf(target).join(' '));
    const english = new Vocabulary(texts(train), size === 'small' ? 1 : 5);
    const random = new Generator(seed);
    // The token behind all others hides a word.
    const mask = english.size;
    const [epochs, batchSize] = size === 'small' ? [1, 8] : [1, 48];
    const examples = Array.from({ length: epochs }, () => {
      const order = random.permutation(train.length);
      return Array.from(order, (i) => hidden(english.tokens(train[i]!.target).slice(0, -1), mask, random));
    }).flat();
    const steps = Math.floor(examples.length / batchSize);
    return {
      kind: 'fill',
      model: { sources: mask + 1, targets: mask, ...(size === 'small' ? tiny : { ...small, dropout: 0.1 }) },
      training: size === 'small' ? quick : { warmupSteps: 100, factor: 0.2, labelSmoothing: 0 },
      examples,
      batches: drawnBatches(steps, batchSize),
      tests: texts(test).map((text) => hidden(english.tokens(text).slice(0, -1), mask, random)),
    };
  },
};

/** A text as so many parts side by side, cut into pieces: first the first one of each part. What is to come out is one character further. */
function piecesOf(tokens: Int32Array, parts: number, length: number): Example[] {
  const long = Math.floor((tokens.length - 1) / parts);
  return Array.from({ length: Math.floor(long / length) * parts }, (_, i) => {
    const from = (i % parts) * long + Math.floor(i / parts) * length;
    return {
      source: [...tokens.subarray(from, from + length)],
      target: [...tokens.subarray(from + 1, from + length + 1)],
    };
  });
}

function textOf(size: Size, folder: string | undefined): string {
  if (size === 'full') return readFileSync(`${needFolder(folder)}/tinyshakespeare/input.txt`, 'utf8');
  const pairs = drawPairs(420, new Generator(5));
  return pairs.map(({ target }) => target).join('\n');
}

/** A text whose last tenth is left for the end. In a short training each network learns best at a rate of its own. */
const characters = (kind: Plan['kind'], name: string, factor: number): Task => ({
  name: `characters by ${name}`,
  figures: { 'bits for a character': ({ testLoss }) => testLoss / Math.LN2 },
  async plan(size, _, folder) {
    const text = textOf(size, folder);
    const tokenizer = trainCharacters(text);
    const tokens = tokenizer.encode(text);
    const border = Math.floor(0.9 * tokens.length);
    const [steps, batch, length] = size === 'small' ? [50, 8, 16] : [980, 32, 64];
    const examples = piecesOf(tokens.subarray(0, border), batch, length);
    // In small they begin anew within the training.
    const pieces = size === 'small' ? 30 : examples.length / batch;
    const round = drawnBatches(pieces, batch);
    const tests = piecesOf(tokens.subarray(border), AT_ONCE, length);
    const width =
      size === 'small'
        ? tiny
        : { dModel: 128, heads: 4, layers: kind === 'gpt' ? 2 : 1, dimFeedforward: 512, dropout: 0 };
    return {
      kind,
      model: { sources: tokenizer.vocabularySize, targets: tokenizer.vocabularySize, ...width },
      training: size === 'small' ? quick : { warmupSteps: 100, factor, labelSmoothing: 0 },
      examples,
      batches: Array.from({ length: steps }, (_, step) => round[step % pieces]!),
      pieces,
      tests: size === 'small' ? tests.slice(0, 2 * AT_ONCE) : tests,
    };
  },
});

export const tasks: readonly Task[] = [
  digits('copy', (digits) => digits),
  digits('reverse', (digits) => digits.toReversed()),
  translation('translation', 'translate', 0.4),
  translation('translation by a recurrent network', 'attend', 0.8),
  sentiment,
  masked,
  characters('rnn', 'an RNN', 0.25),
  characters('lstm', 'an LSTM', 0.5),
  characters('gru', 'a GRU', 0.5),
  characters('gpt', 'a GPT', 0.25),
];
