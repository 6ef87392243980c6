// generate: what it takes, where it ends, what it draws and tells, and how much memory it needs.

import { GPT } from '@dl/attention';
import { type EventRun, full, Generator, manualSeed, memory, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Decoding, functionModel, type NextToken, type StepModel } from '@dl/layers';
import { EncoderDecoder, GRU, LSTM, RNN, SequenceGenerator } from '@dl/rnn';
import { settledMemory } from '@dl/testing';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  bias,
  type Generated,
  type GenerateEvent,
  type GenerateOptions,
  type GrowthOptions,
  generate,
  generateText,
  trainCharacters,
} from '../index.js';

beforeAll(() => useBackend(cpu()));
beforeEach(() => void manualSeed(1));

const SIZE = 5;
const only = (token: number): number[] => Array.from({ length: SIZE }, (_, i) => (i === token ? 0 : -Infinity));
/** Counts on: after n comes n + 1, after 4 comes 0. */
const counting = functionModel(SIZE, ([last = 0]) => only((last + 1) % SIZE), { context: 1 });
const tokensOf = async (run: EventRun<GenerateEvent, Generated[]>): Promise<(readonly number[])[]> =>
  (await run).map(({ tokens }) => tokens);
const reasonsOf = async (run: EventRun<GenerateEvent, Generated[]>): Promise<string[]> =>
  (await run).map(({ reason }) => reason);

describe('where sequences end', () => {
  test('at the end token, which is not given out, each by itself', async () => {
    expect(await tokensOf(generate(counting, { end: 0 }))).toEqual([[1, 2, 3, 4]]);
    const run = generate(counting, { prompts: [[3], [1], [4]], end: 0 });
    expect(await tokensOf(run)).toEqual([[4], [2, 3, 4], []]);
    expect(await reasonsOf(run)).toEqual(['end', 'end', 'end']);
  });

  test('at one of several end tokens', async () => {
    const run = generate(counting, { prompts: [[3], [0]], end: [0, 2] });
    expect(await tokensOf(run)).toEqual([[4], [1]]);
    // Its probability is there, too.
    expect((await run)[0]!.logProbabilities).toEqual([0, 0]);
    const events = [];
    for await (const event of generate(counting, { end: [0, 2] })) if (event.type === 'end') events.push(event);
    expect(events).toEqual([
      { type: 'end', row: 0, reason: 'end', by: { token: 2, logProbability: 0, dieLogProbability: 0 } },
    ]);
  });

  test('at the largest length, of what comes behind the prompt', async () => {
    const run = generate(counting, { maxLength: 7 });
    expect(await tokensOf(run)).toEqual([[1, 2, 3, 4, 0, 1, 2]]);
    expect(await reasonsOf(run)).toEqual(['length']);
    expect(await tokensOf(generate(counting, { prompts: [[3, 3, 3], []], maxLength: 2 }))).toEqual([
      [4, 0],
      [1, 2],
    ]);
    const nothing = generate(counting, { maxLength: 0, batch: 2 });
    expect(await tokensOf(nothing)).toEqual([[], []]);
    expect(await reasonsOf(nothing)).toEqual(['length', 'length']);
    expect((await generate(counting))[0]!.tokens).toHaveLength(100);
  });

  test('at the end of the model', async () => {
    const model = { ...counting, maxTokens: 3 };
    const run = generate(model, { prompts: [[1], [], [1, 2, 3]] });
    expect(await tokensOf(run)).toEqual([[2, 3, 4], [1, 2, 3, 4], [4]]);
    expect(await reasonsOf(run)).toEqual(['length', 'length', 'length']);
  });

  test('where stop says so, with the token in it', async () => {
    const asked: number[][] = [];
    const stop = (token: number, row: number): boolean => {
      asked.push([token, row]);
      return token === 3;
    };
    const run = generate(counting, { prompts: [[0], [1]], stop, maxLength: 4 });
    expect(await tokensOf(run)).toEqual([
      [1, 2, 3],
      [2, 3],
    ]);
    expect(await reasonsOf(run)).toEqual(['stop', 'stop']);
    expect(asked).toEqual([
      [1, 0],
      [2, 1],
      [2, 0],
      [3, 1],
      [3, 0],
    ]);
  });

  test('not before minLength', async () => {
    const coin = functionModel(2, () => [Math.log(0.9), Math.log(0.1)], { context: 0 });
    const rows = await generate(coin, {
      batch: 100,
      end: 0,
      minLength: 3,
      temperature: 1,
      generator: new Generator(1),
    });
    expect(Math.min(...rows.map(({ tokens }) => tokens.length))).toBe(3);
    expect(new Set(rows.map(({ tokens }) => tokens.length)).size).toBeGreaterThan(1);
  });

  test('no sequences', async () => {
    expect(await generate(counting, { batch: 0 })).toEqual([]);
  });

  test('an end token in a prompt ends nothing', async () => {
    expect(await tokensOf(generate(counting, { prompts: [[0, 2]], end: 0 }))).toEqual([[3, 4]]);
  });
});

test('the best token is taken, the first of equal ones', async () => {
  const rows = [
    [-3, -1, -1, -2],
    [-1, -9, -9, -9],
    [-9, -9, -9, -0.1],
  ];
  const model = functionModel(4, (tokens) => rows[tokens.length]!);
  const [row] = await generate(model, { maxLength: 3 });
  expect(row).toEqual({
    tokens: [1, 0, 3],
    logProbabilities: [-1, -1, -0.1],
    dieLogProbabilities: [0, 0, 0],
    reason: 'length',
  });
});

/** What goes in is seen by a model of tensors, a step at a time. */
const network = (): SequenceGenerator => new SequenceGenerator(new LSTM(4, 8, { numLayers: 2 }), 7, { begin: 1 });

test('prompts of different lengths in one batch give what each gives alone', async () => {
  const model = network();
  const prompts = [[2, 3, 4, 5], [6], [], [3, 3]];
  const together = await tokensOf(generate(model, { prompts, maxLength: 6 }));
  for (const [i, prompt] of prompts.entries()) {
    expect(together[i]).toEqual((await tokensOf(generate(model, { prompts: [prompt], maxLength: 6 })))[0]);
  }
  // By hand: the best token again and again.
  let next = model.start(1);
  for (const token of prompts[0]!) next = model.step([token], next.state);
  const byHand: number[] = [];
  for (let i = 0; i < 6; i++) {
    const scores = Array.from((next.logProbabilities as { dataSync(): ArrayLike<number> }).dataSync());
    byHand.push(scores.indexOf(Math.max(...scores)));
    next = model.step([byHand[i]!], next.state);
  }
  expect(together[0]).toEqual(byHand);
});

test('longer prompts are read on in one pass once the shorter ones have ended', async () => {
  const reads: number[][] = [];
  const model: StepModel = {
    ...counting,
    read(tokens, state) {
      reads.push(tokens.map(({ length }) => length));
      let next: NextToken<unknown> | undefined;
      for (let t = 0; t < tokens[0]!.length; t++)
        next = counting.step(
          tokens.map((row) => row[t]!),
          next?.state ?? state,
        );
      return next!;
    },
  };
  expect(await tokensOf(generate(model, { prompts: [[4], [1, 1, 1, 1, 1, 1, 2]], end: 0 }))).toEqual([[], [3, 4]]);
  expect(reads).toEqual([[1, 1], [5]]); // one of them in the step in which the other ended
});

describe('drawing', () => {
  const model = functionModel(4, () => [0.5, 0.25, 0.2, 0.05].map(Math.log), { context: 0 });

  test('the seed says what comes, and a row does not depend on the others', async () => {
    const options = { maxLength: 50, temperature: 1.2, topK: 3, frequencyPenalty: 0.1 };
    const draw = (batch: number, seed: number) =>
      tokensOf(generate(model, { ...options, batch, generator: new Generator(seed) }));
    const three = await draw(3, 5);
    expect(await draw(3, 5)).toEqual(three);
    expect((await draw(2, 5))[1]).toEqual(three[1]);
    expect(await draw(3, 6)).not.toEqual(three);
    expect(three[0]).not.toEqual(three[1]);
    // Some end early.
    const ending = await tokensOf(generate(model, { ...options, batch: 3, end: 2, generator: new Generator(5) }));
    ending.forEach((row, i) => expect(row).toEqual(three[i]!.slice(0, row.length)));
    expect(new Set(ending.map(({ length }) => length)).size).toBeGreaterThan(1);
  });

  test('prompts of other rows, and how long they are, change nothing', async () => {
    const asked = network();
    const draw = async (prompts: number[][]) =>
      (await tokensOf(generate(asked, { prompts, maxLength: 12, temperature: 1, generator: new Generator(2) })))[1];
    const alone = await draw([[2], [3, 4, 5]]);
    expect(
      await draw([
        [2, 2, 2, 2, 2, 2],
        [3, 4, 5],
      ]),
    ).toEqual(alone);
    expect(await draw([[], [3, 4, 5], [6]])).toEqual(alone);
  });

  test('two calls draw differently, and by the seed of all', async () => {
    const draw = () => tokensOf(generate(model, { maxLength: 50, temperature: 1 }));
    manualSeed(3);
    const [first, second] = [await draw(), await draw()];
    expect(second).not.toEqual(first);
    manualSeed(3);
    expect(await draw()).toEqual(first);
  });
});

const models: readonly (readonly [string, () => StepModel<never>])[] = [
  [
    'a function',
    () =>
      functionModel(6, (tokens) =>
        [1, 2, 3, 4, 5, 6].map((n) => Math.log((n + (tokens.at(-1) ?? 0)) / 36)),
      ) as StepModel<never>,
  ],
  ['a SequenceGenerator', () => network() as unknown as StepModel<never>],
  [
    'a GPT',
    () =>
      new GPT({
        vocabularySize: 6,
        dModel: 8,
        nhead: 2,
        numLayers: 1,
        maxLength: 32,
        dropout: 0,
      }) as unknown as StepModel<never>,
  ],
  [
    'an EncoderDecoder',
    () => {
      const model = new EncoderDecoder(new GRU(3, 4), new SequenceGenerator(new LSTM(3, 4), 6), {});
      return model.from(full([3, 4, 3], 0.5)) as unknown as StepModel<never>;
    },
  ],
];

describe.each(models)('of %s', (_, make) => {
  test('log-probabilities are the model’s, and those of the die what a temperature makes of them', async () => {
    const model = make();
    const rows = await generate(model, {
      ...(model.batch === undefined && { batch: 3 }),
      ...{ maxLength: 8, temperature: 0.7, generator: new Generator(2), end: 1 },
    });
    expect(rows).toHaveLength(3);
    const decoding = new Decoding(model, { batch: 3 });
    const size = model.vocabularySize;
    for (let i = 0; i < 8; i++) {
      const all = await decoding.logProbabilities();
      rows.forEach(({ tokens, logProbabilities, dieLogProbabilities, reason }, row) => {
        if (i > tokens.length || (i === tokens.length && reason !== 'end')) return;
        const scores = Array.from({ length: size }, (_, token) => all[row * size + token]!);
        const token = tokens[i] ?? 1;
        const sum = scores.reduce((total, score) => total + Math.exp(score / 0.7), 0);
        expect(logProbabilities[i]).toBeCloseTo(scores[token]!, 5);
        expect(dieLogProbabilities[i]).toBeCloseTo(scores[token]! / 0.7 - Math.log(sum), 5);
      });
      decoding.step(rows.map(({ tokens }) => tokens[i] ?? 0));
    }
    decoding.dispose();
  });

  test('events are what is awaited, one by one', async () => {
    const model = make();
    const options: GenerateOptions = { maxLength: 6, topP: 0.9, end: 2, repetitionPenalty: 1.1 };
    const awaited = await generate(model, { ...options, generator: new Generator(8) });
    const seen = awaited.map((): { tokens: number[]; all: number[]; die: number[]; reason: string } => ({
      ...{ tokens: [], all: [], die: [], reason: '' },
    }));
    for await (const event of generate(model, { ...options, generator: new Generator(8) })) {
      const row = seen[event.row]!;
      if (event.type === 'end') row.reason = event.reason;
      else row.tokens.push(event.token);
      const of = event.type === 'end' ? event.by : event;
      if (of === undefined) continue;
      row.all.push(of.logProbability);
      row.die.push(of.dieLogProbability);
    }
    expect(seen).toEqual(
      awaited.map(({ tokens, logProbabilities: all, dieLogProbabilities: die, reason }) => ({
        tokens,
        all,
        die,
        reason,
      })),
    );
  });
});

describe('aborted', () => {
  test('sequences end where they are', async () => {
    const controller = new AbortController();
    const stop = (token: number): boolean => {
      if (token === 3) controller.abort();
      return false;
    };
    const run = generate(counting, { prompts: [[0], [1], []], stop, signal: controller.signal });
    // The one without a prompt goes first, and the others have not begun.
    expect(await tokensOf(run)).toEqual([[], [], [1, 2, 3]]);
    expect(await reasonsOf(run)).toEqual(['aborted', 'aborted', 'aborted']);
  });

  test('before it began, there is nothing', async () => {
    const run = generate(counting, { signal: AbortSignal.abort(), batch: 2 });
    expect(await tokensOf(run)).toEqual([[], []]);
    expect(await reasonsOf(run)).toEqual(['aborted', 'aborted']);
  });

  test('by a timer, however fast the model is', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 5);
    const [row] = await generate(counting, { maxLength: 1e9, signal: controller.signal });
    expect(row!.reason).toBe('aborted');
  });

  test('leaving the loop ends the run, and frees what it had', async () => {
    const model = network();
    const { buffers: before } = await settledMemory();
    let steps = 0;
    const step = (tokens: ArrayLike<number>, state: Parameters<typeof model.step>[1]) => {
      steps++;
      return model.step(tokens, state);
    };
    for await (const event of generate({ ...pick(model), step }, { maxLength: 50 })) if (event.type === 'token') break;
    expect([steps, memory().buffers]).toEqual([0, before]);
  });
});

/** The same model, with what is in memory at each step. */
function watched<State>(model: StepModel<State>): { readonly model: StepModel<State>; readonly seen: Set<string> } {
  const seen = new Set<string>();
  const step = (tokens: ArrayLike<number>, state: State): NextToken<State> => {
    seen.add(`${memory().buffers} ${memory().bytes}`);
    return model.step(tokens, state);
  };
  return { model: { ...pick(model), step }, seen };
}
const pick = <State>(model: StepModel<State>): StepModel<State> => ({
  vocabularySize: model.vocabularySize,
  start: (batch) => model.start(batch),
  step: (tokens, state) => model.step(tokens, state),
  select: (state, rows) => model.select(state, rows),
});

describe('memory over 100,000 tokens is flat, and nothing is left', () => {
  /** What is alive on the heap, in MB. */
  const alive = (): number => {
    (globalThis as { gc?: () => void }).gc!();
    return process.memoryUsage().heapUsed / 2 ** 20;
  };

  /** What is alive at some tokens of the first 20,000, and of the last. */
  class Watch {
    readonly #first: number[] = [];
    readonly #last: number[] = [];
    count = 0;

    token(): void {
      this.count++;
      if (this.count % 5000 !== 0) return;
      if (this.count >= 10_000 && this.count <= 20_000) this.#first.push(alive());
      // At 100,000 the sequence has ended, and what it had is gone.
      if (this.count >= 80_000 && this.count < 100_000) this.#last.push(alive());
    }

    /** The growth from the first on, whatever else the process had for a moment: a number of eight bytes for each token would be 0.4. */
    get growth(): number {
      return Math.min(...this.#last) - Math.max(...this.#first);
    }
  }

  const characters = Array.from({ length: 30 }, (_, i) => String.fromCodePoint(97 + i));
  const trigrams = (): StepModel => {
    const table = new Map<string, number[]>();
    return functionModel(
      30,
      (tokens) => {
        const key = tokens.join();
        const row =
          table.get(key) ??
          Array.from(
            { length: 30 },
            (_, i) => -Math.log(30) + Math.sin(i * (tokens.length + (tokens[0] ?? 0) * 7)) / 9,
          );
        table.set(key, row);
        return row;
      },
      { context: 2 },
    );
  };
  const knobs: readonly (readonly [string, GrowthOptions])[] = [
    ['a temperature', { temperature: 1 }],
    ['a cut', { topK: 20 }],
    [
      'all that looks back, but for n-grams',
      {
        ...{ topP: 0.9, repetitionPenalty: 1.1, frequencyPenalty: 1e-6, presencePenalty: 0.1, ban: [[1, 2, 3]] },
        ...{ force: { 5: 1 }, mirostat: {} },
      },
    ],
  ];

  test.each(knobs)('of trigrams, with %s', async (_, options) => {
    const watch = new Watch();
    for await (const event of generate(trigrams(), { maxLength: 1e5, ...options })) {
      if (event.type === 'token') watch.token();
    }
    expect(watch.count).toBe(1e5);
    expect(watch.growth).toBeLessThan(0.3);
  });

  test('of text', async () => {
    const tokenizer = trainCharacters(characters.join(''), { eos: '</s>' });
    const { size, eos } = tokenizer.vocabulary;
    const row = Array.from({ length: size }, (_, i) => (i === eos ? -Infinity : -Math.log(size - 1)));
    const model = functionModel(size, () => row, { context: 0 });
    const watch = new Watch();
    const options = { maxLength: 1e5, topK: 20, stop: 'abcabcabc' };
    for await (const { text } of generateText({ model, tokenizer }, options)) if (text !== '') watch.token();
    expect(watch.count).toBeGreaterThan(9e4);
    expect(watch.growth).toBeLessThan(0.3);
  });

  test('of a recurrent network', async () => {
    const { model, seen } = watched(new SequenceGenerator(new RNN(2, 3), 4));
    const before = await settledMemory();
    await generate(model, { batch: 10, maxLength: 1e4, temperature: 1 });
    // The first step has what start made; all others have the same.
    expect(seen.size).toBeLessThanOrEqual(2);
    expect([memory().buffers, memory().bytes]).toEqual([before.buffers, before.bytes]);
  });
});

test('nothing is left after an error, either', async () => {
  const model = new SequenceGenerator(new GRU(2, 3), 4);
  const { buffers: before } = await settledMemory();
  await expect(generate(model, { prompts: [[1, 9]] })).rejects.toThrow('token 9 is outside 0 … 3');
  const throwing = {
    name: 'mine',
    apply: () => {
      throw new RangeError('as planned');
    },
  };
  await expect(generate(model, { adjustments: [throwing] })).rejects.toThrow('as planned');
  expect(memory().buffers).toBe(before);
});

test('a batch so large that its rows are no arguments of a call', async () => {
  const prompts = new Array<number[]>(200_000).fill([1]);
  expect(await generate(counting, { prompts, maxLength: 0 })).toHaveLength(200_000);
});

test.each<[string, () => Promise<unknown>]>([
  ['generate: maxLength is -1, needs a whole number of at least 0', () => generate(counting, { maxLength: -1 })],
  ['generate: batch is -1, needs a whole number of at least 0', () => generate(counting, { batch: -1 })],
  [
    'temperature: temperature is -1, needs a finite number of at least 0; 0 takes the best token',
    () => generate(counting, { temperature: -1 }),
  ],
  ['topP: p is 0, needs a number above 0 and at most 1', () => generate(counting, { topP: 0 })],
  [
    'generate: end is 5, needs a token from 0 to 4; leave it out if none ends a sequence',
    () => generate(counting, { end: 5 }),
  ],
  ['generate: end is -1, needs a token from 0 to 4', () => generate(counting, { end: [1, -1] })],
  [
    'generate: got 1 prompts for a batch of 2; needs one for each',
    () => generate(counting, { prompts: [[1]], batch: 2 }),
  ],
  [
    "generate: prompts[0] is 'abc', needs an array of tokens; a tokenizer makes one of text",
    () => generate(counting, { prompts: ['abc' as never] }),
  ],
  [
    'generate: a prompt has 4 tokens, but the model takes at most 3; cut the prompt, or make the model for longer sequences',
    () => generate({ ...counting, maxTokens: 3 }, { prompts: [[1, 1, 1, 1]] }),
  ],
  ['Decoding.read: token 7 is outside 0 … 4', () => generate(counting, { prompts: [[7]] })],
  ['Decoding: the model is an object of nothing, which has no start()', () => generate({} as never)],
  ['generate: adjustments[0] is 3, needs an Adjustment', () => generate(counting, { adjustments: [3 as never] })],
  [
    'generate: the model gives NaN as log-probability of token 1, at token 1',
    () => generate(functionModel(2, () => [0, Number.NaN])),
  ],
  ...[
    { topK: 1 },
    { topK: 2 },
    { typical: 0.5 },
    { ban: [1] },
    { force: { 0: 0 } },
    { adjustments: [bias({ 1: -Infinity })] },
  ].map((options): [string, () => Promise<unknown>] => [
    'generate: the model gives NaN as log-probability of token 1, at token 1',
    () =>
      generate(
        functionModel(3, () => [-1, Number.NaN, -1]),
        options,
      ),
  ]),
  [
    'generate: the largest log-probability that the model gives is Infinity, needs a finite one, so that there is a token to say, at token 1',
    () =>
      generate(
        functionModel(3, () => [-1, Infinity, -1]),
        { ban: [1] },
      ),
  ],
  [
    'generate: signal is an AbortController, needs an AbortSignal, such as controller.signal',
    () => generate(counting, { signal: new AbortController() as never }),
  ],
  [
    'minLength: no token ends a sequence, so that none of 3 tokens can be asked for; give end, or leave minLength out',
    () => generate(counting, { minLength: 3 }),
  ],
  [
    'generate: the model gives NaN as log-probability of token 0, at token 3 of sequence 1',
    () =>
      generate(
        functionModel(2, (tokens) => (tokens.length === 3 && tokens[0] === 1 ? [Number.NaN, 0] : [0, -1])),
        { prompts: [[0], [1]], temperature: 1 },
      ),
  ],
  [
    'generate: the largest log-probability that the model gives is -Infinity, needs a finite one, so that there is a token to say, at token 1',
    () =>
      generate(
        functionModel(2, () => [-Infinity, -Infinity]),
        { temperature: 1 },
      ),
  ],
  [
    'generate: nothing is left to choose from: ban of 1, then no repeat of 1 tokens took all tokens out; loosen one of them, at token 2',
    () =>
      generate(
        functionModel(2, () => [-1, -1]),
        {
          ban: [0],
          adjustments: [
            {
              name: 'no repeat of 1 tokens',
              apply: (scores, { tokens }) => tokens.forEach((token) => void (scores[token] = -Infinity)),
            },
          ],
        },
      ),
  ],
])('%s', async (message, run) => {
  await expect((async () => run())()).rejects.toThrow(message);
});
