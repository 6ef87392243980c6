// What is true of every network: it says the same token by token, in one pass and in pieces, it learns, and it comes back from a file exactly.

import {
  defaultGenerator,
  Generator,
  manualSeed,
  memory,
  noGrad,
  randint,
  scope,
  type Tensor,
  tensor,
  useBackend,
} from '@dl/autograd';
import { packState, unpackState } from '@dl/checkpoint';
import { cpu } from '@dl/kernels-cpu';
import { Decoding } from '@dl/layers';
import { Adam } from '@dl/optim';
import { assertAllClose, settledMemory } from '@dl/testing';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { networks } from '../../../test/neural-models.js';
import { LanguageModel, languageModelFromState, mixture, scoreTokens, trainCharacters } from '../../index.js';
import { networkModels } from '../../neural.js';

beforeAll(() => useBackend(cpu({ threads: 1 })));
beforeEach(() => void manualSeed(4));

const tokenizer = trainCharacters('abcdef'); // six tokens; the models have one more
const int32 = (rows: readonly (readonly number[])[]): Tensor =>
  tensor(
    rows.map((row) => [...row]),
    { dtype: 'int32' },
  );
const drawn = (length: number, seed: number): number[] => {
  const generator = new Generator(seed);
  return Array.from({ length }, () => generator.integer(0, 7));
};

/** log p of each token, one step at a time. */
async function stepped(model: ConstructorParameters<typeof Decoding>[0], row: readonly number[]): Promise<number[]> {
  const decoding = new Decoding(model);
  const found: number[] = [];
  for (const token of row) {
    found.push((await decoding.logProbabilities())[token]!);
    decoding.step([token]);
  }
  decoding.dispose();
  return found;
}

describe.each(networks)('%s', (_, make) => {
  test('has seven tokens, and probabilities that sum to 1', async () => {
    using model = make();
    expect(model.vocabularySize).toBe(7);
    const decoding = new Decoding(model, { batch: 2 });
    for (let t = 0; t < 4; t++) {
      const p = Array.from(await decoding.logProbabilities(), Math.exp);
      expect(p.slice(0, 7).reduce((sum, each) => sum + each)).toBeCloseTo(1, 5);
      decoding.step([t, 6 - t]);
    }
    decoding.dispose();
  });

  test('rows of any lengths are scored in pieces as they are token by token', async () => {
    using model = make();
    const rows = [drawn(5, 1), [], drawn(700, 2), drawn(1, 3), drawn(300, 4)];
    const before = (await settledMemory()).buffers;
    const scores = await model.scoreRows!(rows);
    expect(memory().buffers).toBe(before);
    for (const [i, row] of rows.entries()) assertAllClose(scores[i]!, await stepped(model, row), { atol: 1e-4 });
    expect(await scoreTokens(model, rows)).toEqual(scores);
    await expect(scoreTokens(model, [[7]])).rejects.toThrow('scoreTokens: token 7 is outside 0 … 6');
    await expect(model.scoreRows!([[1, 7]])).rejects.toThrow(/7/);
    expect(memory().buffers).toBe(before);
  });

  test('its loss is the mean of -log p of the tokens that count, each behind those before it', async () => {
    using model = make();
    model.eval();
    const rows = [drawn(6, 5), [...drawn(2, 6), 0, 0, 0, 0]];
    const lengths = [6, 2];
    const all = (await Promise.all(rows.map((row, i) => stepped(model, row.slice(0, lengths[i]))))).flat();
    const mean = -all.reduce((sum, each) => sum + each, 0) / all.length;
    expect(model.loss(int32(rows), { lengths }).item()).toBeCloseTo(mean, 4);
    const sum = model.loss(int32(rows), { lengths, reduction: 'sum' }).item();
    expect(sum).toBeCloseTo(mean * 8, 3);
  });

  test('reads a prompt at once, and goes on with some of the rows', async () => {
    using model = make();
    const rows = [drawn(9, 7), drawn(9, 8), drawn(9, 9)];
    const decoding = new Decoding(model, { batch: 3 });
    decoding.read(rows.map((row) => row.slice(0, 3)));
    decoding.select([2, 0, 2]);
    decoding.read([2, 0, 2].map((i) => rows[i]!.slice(3, 8)));
    const found = await decoding.logProbabilities();
    decoding.dispose();
    for (const [place, i] of [2, 0, 2].entries()) {
      const one = new Decoding(model);
      for (const token of rows[i]!.slice(0, 8)) one.step([token]);
      const alone = await one.logProbabilities();
      one.dispose();
      assertAllClose(Array.from(found).slice(7 * place, 7 * place + 7), Array.from(alone), { atol: 1e-4 });
    }
  });

  test('comes back from a file to the bit, and nobody else draws other numbers for it', async () => {
    using model = make();
    const lm = new LanguageModel(model, tokenizer);
    const bytes = packState(lm.state());
    // It is a copy: training goes on without it.
    const state = lm.state();
    noGrad(() => {
      for (const each of model.parameters()) each.assign(each.add(0));
    });
    const generator = defaultGenerator().state;
    for (const saved of [unpackState(bytes), state]) {
      const again = languageModelFromState(saved, { networks: networkModels });
      const { config, kind, vocabularySize } = again.model as typeof model;
      expect([kind, config]).toEqual([model.kind, model.config]);
      expect(JSON.parse(JSON.stringify(config))).toEqual(config);
      expect(vocabularySize).toBe(7);
      const weights = (again.model as typeof model).stateDict();
      expect(Object.keys(weights)).toEqual(Object.keys(model.stateDict()));
      for (const [name, value] of Object.entries(model.stateDict())) {
        expect([name, weights[name]!.dataSync()]).toEqual([name, value.dataSync()]);
      }
      const text = 'abcfed'.repeat(4);
      expect(await again.score(text)).toEqual(await lm.score(text));
      (again.model as typeof model).dispose();
    }
    expect(defaultGenerator().state).toEqual(generator);
  });

  test('a mixture with it comes back, too', async () => {
    using model = make();
    const mixed = new LanguageModel(mixture([model, make()], { weights: [0.25, 0.75] }), tokenizer);
    const again = languageModelFromState(unpackState(packState(mixed.state())), { networks: networkModels });
    expect((await again.score('fade')).logProbability).toBe((await mixed.score('fade')).logProbability);
  });

  test('learns, and what it says does not depend on the mode that it is in', async () => {
    using model = make();
    const text = int32([drawn(40, 10)]);
    const optimizer = new Adam(model.parameters(), { lr: 0.02 });
    const loss = (): number => scope(() => noGrad(() => model.eval().loss(text).item()));
    const before = loss();
    model.train();
    for (let step = 0; step < 60; step++) {
      scope(() => {
        model.loss(text).backward();
        optimizer.step();
        optimizer.zeroGrad();
      });
    }
    const [training] = await model.scoreRows!([drawn(9, 1)]);
    expect(model.training).toBe(true);
    expect(loss()).toBeLessThan(before - 0.3);
    expect((await model.scoreRows!([drawn(9, 1)]))[0]).toEqual(training);
    optimizer.dispose();
  });

  test('steps of training and 400 generated tokens leave memory as it was', async () => {
    using model = make();
    const optimizer = new Adam(model.parameters(), { lr: 0.001 });
    const seen: number[] = [];
    for (let round = 0; round < 3; round++) {
      for (let step = 0; step < 20; step++) {
        scope(() => {
          model.loss(randint(0, 7, [2, 9])).backward();
          optimizer.step();
          optimizer.zeroGrad();
        });
      }
      const decoding = new Decoding(model);
      for (let t = 0; t < 130; t++) decoding.step([t % 7]);
      decoding.dispose();
      seen.push(memory().bytes);
    }
    expect(seen).toEqual([seen[0], seen[0], seen[0]]);
    optimizer.dispose();
  });
});
