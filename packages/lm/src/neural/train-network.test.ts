// Training a network: that it learns, what it is measured by, that it goes on to the same bits, and what it refuses.

import { defaultGenerator, manualSeed, memory, useBackend } from '@dl/autograd';
import { packState, unpackState } from '@dl/checkpoint';
import { cpu } from '@dl/kernels-cpu';
import { settledMemory } from '@dl/testing';
import { checkpoints, type TrainEvent } from '@dl/train';
import { progress } from '@dl/train/terminal';
import { beforeAll, describe, expect, test } from 'vitest';
import { LanguageModel, trainCharacters, trainWords, Vocabulary, WordTokenizer } from '../index.js';
import {
  type NetworkEpochEvent,
  type NetworkTrainEvent,
  type NetworkTrainState,
  RecurrentModel,
  type TrainNetworkOptions,
  trainNetwork,
} from '../neural.js';

beforeAll(() => useBackend(cpu()));

const shells = 'she sells sea shells by the sea shore; the shells she sells are sea shells, she is sure.\n'.repeat(14);
const names = Array.from(
  { length: 60 },
  (_, i) => ['anna', 'hannah', 'joanna', 'johanna', 'nan'][i % 5]! + ['', 'e', 'o'][(i * i) % 3]!,
);
const small: TrainNetworkOptions = { hiddenSize: 16, steps: 12, every: 4, batch: 4, length: 8, lr: 0.01 };
const gpt: TrainNetworkOptions = { ...small, model: 'gpt', numLayers: 2, nhead: 2 };
const kinds: readonly (readonly [string, string | readonly string[], TrainNetworkOptions])[] = [
  ['an lstm on one text', shells, { ...small, dropout: 0.2 }],
  ['a gru on one text', shells, { ...small, model: 'gru', numLayers: 2 }],
  ['an rnn on several texts', names, { ...small, model: 'rnn' }],
  ['a gpt on one text', shells, { ...gpt, dropout: 0.2 }],
  ['a gpt on several texts', names, gpt],
  ['a window on one text', shells, { ...small, model: 'window', window: 3 }],
  ['a window on several texts', names, { ...small, model: 'window', window: 3 }],
];

const weightsOf = ({ model }: LanguageModel): Record<string, readonly number[]> =>
  Object.fromEntries(
    Object.entries(
      (model as unknown as { stateDict(): Record<string, { dataSync(): ArrayLike<number> }> }).stateDict(),
    ).map(([name, value]) => [name, Array.from(value.dataSync())]),
  );

describe.each(kinds)('%s', (_, text, options) => {
  test('learns: what is held out becomes likelier, and the model of the result is the best one', async () => {
    let best: unknown;
    const all: NetworkEpochEvent[] = [];
    for await (const event of trainNetwork(text, { ...options, steps: 60, every: 12 })) {
      if (event.type === 'epoch') {
        all.push(event);
        if (event.figures.isBest) best = weightsOf(event.model);
      }
      if (event.type !== 'end') continue;
      expect(event.reason).toBe('finished');
      expect(event.share).toBe(1);
      expect(weightsOf(event.model)).toEqual(best);
    }
    expect(all.map(({ figures }) => figures.step)).toEqual([12, 24, 36, 48, 60]);
    const bits = all.map(({ figures }) => figures.heldOut!.bitsPerCharacter);
    expect(Math.min(...bits)).toBeLessThan(bits[0]! - 0.3);
    expect(Math.min(...bits)).toBe(bits[all.findLastIndex(({ figures }) => figures.isBest)]);
  });

  test('goes on from any event to the same bits, also when it has drawn in between', async () => {
    const told = (event: NetworkTrainEvent): unknown[] => {
      if (event.type === 'step') return [event.totalSteps, event.loss, event.bitsPerCharacter];
      if (event.type === 'epoch') return [{ ...event.figures, seconds: 0 }];
      return event.type === 'end' ? [event.reason, event.history.length, event.best] : [];
    };
    const run = async (stop: number): Promise<unknown> => {
      const seen: unknown[] = [];
      let state: NetworkTrainState | undefined;
      let model: LanguageModel | undefined;
      let count = 0;
      for await (const event of trainNetwork(text, options)) {
        seen.push(told(event));
        model = event.model;
        if (++count !== stop) continue;
        await event.model.generate({ maxLength: 3, temperature: 1 });
        state = unpackState<NetworkTrainState>(packState(await event.state()));
        break;
      }
      if (state !== undefined) {
        // Nothing but the text is said again.
        for await (const event of trainNetwork(text, { state })) {
          if (event.type === 'start') expect(event.history).toHaveLength(state.network.history.length);
          else seen.push(told(event));
          model = event.model;
        }
      }
      return { seen: seen.flat(), weights: weightsOf(model!) };
    };
    const whole = await run(Number.POSITIVE_INFINITY);
    // Behind the start, in a stretch, at its last step, in an evaluation, behind one.
    for (const stop of [1, 3, 5, 6, 7, 12]) expect(await run(stop)).toEqual(whole);
  });

  test('says the same twice for a seed, and leaves the default generator alone', async () => {
    manualSeed(5);
    const before = defaultGenerator().state;
    const one = await trainNetwork(text, options);
    expect(defaultGenerator().state).toEqual(before);
    manualSeed(6);
    // Side by side with another training.
    const [again, other] = await Promise.all([
      trainNetwork(text, options),
      trainNetwork(text, { ...options, seed: 1 }),
    ]);
    expect(weightsOf(again.model)).toEqual(weightsOf(one.model));
    expect(weightsOf(other.model)).not.toEqual(weightsOf(one.model));
  });
});

describe('what it is measured by', () => {
  test('is the end of one text, whose tokens it does not know from there', async () => {
    const text = `${'ab'.repeat(450)}${'c'.repeat(100)}`;
    const { model, history } = await trainNetwork(text, { ...small, steps: 4 });
    expect(model.tokenizer.vocabulary.has('c')).toBe(false);
    expect(model.tokenizer.vocabulary.has('a')).toBe(true);
    expect(history.every(({ heldOut }) => heldOut !== undefined)).toBe(true);
  });

  test('is every tenth of several texts', async () => {
    const texts = Array.from({ length: 20 }, (_, i) => (i % 10 === 9 ? 'xyz' : 'abab'));
    for await (const event of trainNetwork(texts, { ...small, steps: 4 })) {
      if (event.type !== 'start') continue;
      expect(event.model.tokenizer.vocabulary.has('x')).toBe(false);
      // Each has an end, which counts as a character.
      expect([event.characters, event.heldOutCharacters]).toEqual([18 * 5, 2 * 4]);
    }
  });

  test('is nothing of a short text, or where that is asked for', async () => {
    for (const [text, options] of [
      ['a short text', small],
      [names.slice(0, 10), small],
      [shells, { ...small, heldOut: 0 }],
    ] as const) {
      const { history, best } = await trainNetwork(text, { ...options, steps: 2, every: 1, batch: 1 });
      expect(history.map(({ heldOut }) => heldOut)).toEqual([undefined, undefined]);
      expect(best).toBeDefined();
    }
  });

  test('is a share of its own', async () => {
    for await (const event of trainNetwork(shells, { ...small, steps: 1, heldOut: 0.25 })) {
      if (event.type !== 'start') continue;
      expect(event.heldOutCharacters).toBe(shells.length - Math.floor(0.75 * shells.length));
      expect(event.characters).toBe(Math.floor(0.75 * shells.length));
    }
  });

  test('is told in bits for a character, whatever the tokens are', async () => {
    const tokenizer = trainWords(shells, { unk: '<unk>' });
    const { history } = await trainNetwork(shells, { ...small, tokenizer });
    const at = Math.floor(0.9 * shells.length);
    const [learned, heldOut] = [shells.slice(0, at), shells.slice(at)];
    for (const figures of history) {
      for (const [loss, text] of [
        [figures.train, learned],
        [figures.heldOut!, heldOut],
      ] as const) {
        const tokens = tokenizer.encode(text).length;
        expect(loss.bitsPerCharacter).toBeCloseTo((Math.log2(Math.E) * loss.loss * tokens) / text.length, 10);
      }
    }
  });

  test('is what the model scores: the loss of a recurrent network on all that is held out', async () => {
    const at = Math.floor(0.9 * shells.length);
    // One stream, so that nothing of the text is without what stands before it; and a test of all that is held out.
    const { model, history } = await trainNetwork(shells, { ...small, batch: 1, length: 200, steps: 8 });
    const best = history.filter(({ isBest }) => isBest).at(-1)!;
    const { bitsPerCharacter } = await model.perplexity(shells.slice(at));
    expect(best.heldOut!.bitsPerCharacter).toBeCloseTo(bitsPerCharacter, 5);
  });

  test('of names with ends is what the model scores, too', async () => {
    const { model, history } = await trainNetwork(names, { ...small, every: 12 });
    const heldOut = names.filter((_, i) => i % 10 === 9);
    const { bitsPerCharacter } = await model.perplexity(heldOut);
    expect(history.at(-1)!.heldOut!.bitsPerCharacter).toBeCloseTo(bitsPerCharacter, 5);
  });
});

describe('how long it trains', () => {
  const lengthOf = async (
    text: string | readonly string[],
    options: TrainNetworkOptions,
  ): Promise<number | undefined> => {
    for await (const event of trainNetwork(text, options)) if (event.type === 'start') return event.totalSteps;
    return undefined;
  };
  const { steps: _, ...without } = small;

  test('is said in steps, or in passes over the text', async () => {
    const learned = Math.floor(0.9 * shells.length);
    expect(await lengthOf(shells, { ...without, steps: 7 })).toBe(7);
    // Streams of so many steps, cut by eight.
    expect(await lengthOf(shells, { ...without, epochs: 2 })).toBe(2 * Math.ceil(Math.floor(learned / 4) / 8));
    expect(await lengthOf(names, { ...without, length: 16, epochs: 0.5 })).toBe(Math.ceil(0.5 * Math.ceil(54 / 4)));
    expect(await lengthOf(shells, without)).toBe(40 * Math.ceil(Math.floor(learned / 4) / 8));
    expect(await lengthOf(shells.repeat(10), without)).toBe(2000);
  });

  test('is said in minutes: it evaluates as time goes on, ends when that is over, and a state knows how much there was', async () => {
    const seen: string[] = [];
    let state: NetworkTrainState | undefined;
    let last: NetworkTrainEvent | undefined;
    for await (const event of trainNetwork(shells, { ...without, minutes: 0.01 })) {
      if (event.type === 'epoch' && state === undefined) state = await event.state();
      seen.push(event.type);
      last = event;
    }
    expect(seen[0]).toBe('start');
    expect(seen).toContain('epoch');
    expect(last).toMatchObject({ type: 'end', reason: 'finished', share: 1, best: expect.anything() });
    expect(state!.network.seconds).toBeGreaterThan(0);
    expect(state!.network.limit).toEqual({ minutes: 0.01 });
    const rest = await trainNetwork(shells, { state: state! });
    expect(rest.reason).toBe('finished');
    expect(rest.history.length).toBeGreaterThan(state!.network.history.length);
    // More of it may be asked for.
    const more = await trainNetwork(shells, { state: state!, steps: state!.position.totalSteps + 3 });
    expect(more.history.at(-1)!.step).toBe(state!.position.totalSteps + 3);
  });

  test('may be longer when it goes on', async () => {
    let state: NetworkTrainState | undefined;
    for await (const event of trainNetwork(shells, small)) if (event.type === 'end') state = await event.state();
    const nothing = await trainNetwork(shells, { state: state! });
    expect(nothing.history).toHaveLength(3);
    const { history } = await trainNetwork(shells, { state: state!, steps: 22 });
    expect(history.map(({ step }) => step)).toEqual([4, 8, 12, 16, 20, 22]);
  });
});

describe('a signal', () => {
  test('ends it behind the step under way, with the weights of that, and it goes on from there', async () => {
    const stop = new AbortController();
    let state: NetworkTrainState | undefined;
    let reason = '';
    for await (const event of trainNetwork(shells, { ...small, signal: stop.signal })) {
      if (event.type === 'step' && event.totalSteps === 6) stop.abort();
      if (event.type !== 'end') continue;
      reason = event.reason;
      state = await event.state();
    }
    expect([reason, state!.position.totalSteps]).toEqual(['aborted', 6]);
    const whole = await trainNetwork(shells, small);
    const rest = await trainNetwork(shells, { state: state! });
    expect(weightsOf(rest.model)).toEqual(weightsOf(whole.model));
    const figures = ({ history }: typeof rest) => history.map((each) => ({ ...each, seconds: 0 }));
    expect(figures(rest)).toEqual(figures(whole));
  });

  test('that is there before it begins leaves it as it is', async () => {
    const { reason, history } = await trainNetwork(shells, { ...small, signal: AbortSignal.abort() });
    expect([reason, history]).toEqual(['aborted', []]);
  });
});

test('events are those of fit: checkpoints saves them, progress shows them', async () => {
  const saved: string[] = [];
  const states: NetworkTrainState[] = [];
  let shown = '';
  const stream = { write: (text: string) => (shown += text) !== '' };
  const run = progress(
    checkpoints(trainNetwork(shells, small), {
      save: (state, name) => {
        saved.push(name);
        states.push(state as NetworkTrainState);
      },
    }),
    { stream, unit: 'pieces', every: 0 },
  );
  const types: TrainEvent['type'][] = [];
  for await (const event of run) {
    types.push(event.type);
    if (event.type === 'end') expect(event.model).toBeInstanceOf(LanguageModel);
  }
  expect(saved.filter((name) => name === 'last')).toHaveLength(3);
  expect(states[0]!.network.history).toHaveLength(1);
  expect(shown).toMatch(/^epoch 3\/3 {2}loss \d\.\d{4} {2}test loss \d\.\d{4} {2}in 0:\d\d$/m);
  expect(new Set(types)).toEqual(new Set(['start', 'step', 'test', 'epoch', 'end']));
});

test('a network that is there is trained as it is', async () => {
  const tokenizer = trainCharacters(shells, { unk: '<unk>', bos: '<s>' });
  const { vocabularySize, vocabulary } = tokenizer;
  const model = new RecurrentModel({ vocabularySize, cell: 'gru', hiddenSize: 8, begin: vocabulary.bos! });
  const options: TrainNetworkOptions = { model, tokenizer, steps: 8, every: 4, batch: 4, length: 8 };
  let state: NetworkTrainState | undefined;
  for await (const event of trainNetwork(shells, options)) {
    expect(event.model.model).toBe(model);
    if (event.type === 'epoch') state ??= await event.state();
  }
  const whole = weightsOf({ model } as never);
  expect(() => trainNetwork(shells, { state: state! })).toThrow(
    'trainNetwork: the state is of a model that the training was given; give one like it as model',
  );
  const other = new RecurrentModel({ vocabularySize, cell: 'gru', hiddenSize: 8, begin: vocabulary.bos! });
  await trainNetwork(shells, { model: other, tokenizer, state: state! });
  expect(weightsOf({ model: other } as never)).toEqual(whole);
});

test('a tokenizer of a class that no state makes again is given anew', async () => {
  const vocabulary = new Vocabulary(['<unk>', 'she', 'sells', 'sea', 'shells'], { unk: '<unk>' });
  const tokenizer = new WordTokenizer(vocabulary, { split: (text) => text.match(/\w+/g) ?? [] });
  const { model } = await trainNetwork(shells, { ...small, tokenizer, steps: 2 });
  expect(model.tokenizer).toBe(tokenizer);
});

test('what cannot begin leaves nothing in memory', async () => {
  const { buffers } = await settledMemory();
  await expect(trainNetwork('abcdef', { ...small, batch: 7 })).rejects.toThrow(/trainNetwork: /);
  expect(memory().buffers).toBe(buffers);
});

test('a tokenizer of another kind is refused where the state has one, and so is a begin token that texts have', async () => {
  let state: NetworkTrainState | undefined;
  for await (const event of trainNetwork(shells, { ...small, steps: 2 })) {
    if (event.type === 'epoch') state ??= await event.state();
  }
  const again = trainNetwork(shells, { state: state!, tokenizer: 'bytes' });
  await expect(again).rejects.toThrow('trainNetwork: got tokenizer, but the state has the tokenizer of its training');
  const tokenizer = trainCharacters(names, { eos: '</s>' });
  const model = new RecurrentModel({ vocabularySize: tokenizer.vocabularySize, hiddenSize: 4, begin: 1 });
  await expect(trainNetwork(names, { model, tokenizer, steps: 2 })).rejects.toThrow(
    'trainNetwork: begin of the model is 1, which is a token of the texts, too',
  );
});

describe('refuses, in a sentence,', () => {
  test.each<[string, () => unknown, string]>([
    [
      'no text',
      () => trainNetwork(undefined as never),
      'trainNetwork: text is undefined, needs a string or an iterable of strings',
    ],
    ['a number', () => trainNetwork(3 as never), 'trainNetwork: text is 3, needs a string or an iterable of strings'],
    [
      'an option that there is not',
      () => trainNetwork('ab', { hidden: 3 } as never),
      'trainNetwork: there is no option hidden',
    ],
    [
      'a network that there is not',
      () => trainNetwork('ab', { model: 'lstn' as never }),
      "trainNetwork: model is 'lstn', needs 'lstm', 'gru', 'rnn', 'window', 'gpt' or a network of tokens",
    ],
    ['what is no network', () => trainNetwork('ab', { model: {} as never }), 'trainNetwork: model is an object'],
    [
      'a size of another network',
      () => trainNetwork('ab', { nhead: 2 }),
      "trainNetwork: nhead is for gpt, but model is 'lstm'; leave it out",
    ],
    [
      'layers of a window',
      () => trainNetwork('ab', { model: 'window', numLayers: 2 }),
      "trainNetwork: numLayers is for lstm, gru, rnn, gpt, but model is 'window'; leave it out",
    ],
    ['half a feature', () => trainNetwork('ab', { hiddenSize: 2.5 }), 'trainNetwork: hiddenSize is 2.5'],
    [
      'no steps',
      () => trainNetwork('ab', { steps: 0 }),
      'trainNetwork: steps is 0, needs a whole number of at least 1',
    ],
    ['no time', () => trainNetwork('ab', { minutes: 0 }), 'trainNetwork: minutes is 0, needs a number above 0'],
    [
      'endless passes',
      () => trainNetwork('ab', { epochs: Infinity }),
      'trainNetwork: epochs is Infinity, needs a number above 0',
    ],
    [
      'two lengths',
      () => trainNetwork('ab', { steps: 3, minutes: 1 }),
      'trainNetwork: there are steps and minutes, but each says how long to train; give one of them',
    ],
    ['a rate of 0', () => trainNetwork('ab', { lr: 0 }), 'trainNetwork: lr is 0, needs a number above 0'],
    [
      'all held out',
      () => trainNetwork('ab', { heldOut: 1 }),
      'trainNetwork: heldOut is 1, needs a share of the text, from 0 to below 1',
    ],
    ['a batch of nothing', () => trainNetwork('ab', { batch: 0 }), 'trainNetwork: batch is 0'],
    ['a seed below 0', () => trainNetwork('ab', { seed: -1 }), 'trainNetwork: seed is -1'],
    [
      'a kind of tokens that there is not',
      () => trainNetwork('ab', { tokenizer: 'letters' as never }),
      "trainNetwork: tokenizer is 'letters', needs 'characters', 'words', 'bytes' or a Tokenizer",
    ],
    [
      'a state that is none',
      () => trainNetwork('ab', { state: {} as never }),
      'trainNetwork: the state is none of a training of a network; pass what event.state() gave',
    ],
  ])('%s', (_, act, message) => {
    expect(act).toThrow(message);
  });

  test.each<[string, string | readonly string[], TrainNetworkOptions, string]>([
    ['an empty text', '', {}, 'trainNetwork: the text is empty; give some'],
    ['no texts', [], {}, 'trainNetwork: the text is empty; give some'],
    ['a text in a list that is none', [3 as never], {}, 'trainNetwork: text[0] is 3, needs a string'],
    ['a text of one letter', 'a', {}, 'trainNetwork: the text is one token, needs at least 2 to learn from; give more'],
    [
      'more streams than tokens',
      'abcdef',
      { batch: 7 },
      'trainNetwork: batch is 7, but the text has 6 tokens to learn from, which is less than one for each stream',
    ],
    [
      'a piece longer than the text',
      'abcdef',
      { model: 'gpt', length: 7 },
      'trainNetwork: length is 7, but the text has 6 tokens to learn from; take a smaller length, or give more text',
    ],
    [
      'nothing to hold out',
      ['ab', 'cd'],
      { heldOut: 0.1 },
      'trainNetwork: heldOut is 0.1 of 2 texts, which leaves a part without any',
    ],
    [
      'several texts that nothing ends',
      ['ab', 'cd'],
      { tokenizer: trainCharacters('abcd') },
      'trainNetwork: there are several texts, but the vocabulary of the tokenizer has no token that ends them',
    ],
    [
      'heads that do not fit',
      'ababab',
      { model: 'gpt', hiddenSize: 10, nhead: 4 },
      'trainNetwork: hiddenSize is 10 and nhead 4, needs an even number of features for each head; take 16 features',
    ],
  ])('%s', async (_, text, options, message) => {
    await expect(trainNetwork(text, options)).rejects.toThrow(message);
  });

  test('a state that does not fit, or was damaged', async () => {
    let state: NetworkTrainState | undefined;
    for await (const event of trainNetwork(shells, small)) if (event.type === 'epoch') state ??= await event.state();
    const on = (change: object, options: TrainNetworkOptions = {}, text = shells) =>
      (async () => trainNetwork(text, { ...options, state: { ...state!, ...change } }).then(() => 'went on'))();
    await expect(on({}, {}, `${shells}.`)).rejects.toThrow(
      'trainNetwork: the state is of a training on another text; go on with the same one, or train anew',
    );
    for (const [options, message] of [
      [{ batch: 5 }, 'trainNetwork: batch is 5, but the state is of a training with 4; leave it out, or train anew'],
      [{ model: 'gru' }, "trainNetwork: model is 'gru', but the state is of a training with 'lstm'"],
      [{ hiddenSize: 17 }, 'trainNetwork: hiddenSize is 17, but the state is of a training with 16'],
      [{ heldOut: 0.2 }, 'trainNetwork: heldOut is 0.2, but the state is of a training with 0.1'],
    ] as const) {
      await expect(on({}, options)).rejects.toThrow(message);
    }
    expect(await on({}, { batch: 4, model: 'lstm', hiddenSize: 16, steps: 5 })).toBe('went on');
    const { network } = state!;
    for (const change of [
      { name: 'lstn' },
      { sizes: { hiddenSize: 'large' } },
      { sizes: null },
      { settings: { batch: 4, other: 3 } },
      { limit: { steps: 1.5 } },
      { limit: { hours: 2 } },
      { tokenizer: 3 },
      { seconds: -1 },
      { history: [{}] },
      { checksum: '1' },
    ]) {
      await expect(on({ network: { ...network, ...change } })).rejects.toThrow(
        'trainNetwork: the state is none of a training of a network',
      );
    }
    await expect(on({ network: { ...network, tokenizer: '{' } })).rejects.toThrow(
      'trainNetwork: the state has no tokenizer',
    );
    for (const change of [{ position: null }, { position: {} }]) {
      await expect(on(change)).rejects.toThrow('trainNetwork: the state is none of a training of a network');
    }
    for (const change of [{ model: {} }, { optimizer: 3 }, { sources: { ...state!.sources, data: { done: 1 } } }]) {
      await expect(on(change)).rejects.toThrow(/state|model|missing/);
    }
  });
});
