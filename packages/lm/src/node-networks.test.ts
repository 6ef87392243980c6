// Networks in files: loadModel brings them back by itself, and says what it needs for that.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArgumentError, BackendError, type Tensor, useBackend, zeros } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Module, type NextToken, parameter } from '@dl/layers';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { LanguageModel, trainCharacters } from './index.js';
import { WindowModel } from './neural.js';
import { loadModel, saveModel } from './node.js';

let folder = '';
beforeAll(async () => {
  await useBackend(cpu());
  folder = mkdtempSync(join(tmpdir(), 'dl-lm-networks-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const tokenizer = trainCharacters('abc');

class Unigrams extends Module<readonly [], Tensor> {
  readonly kind = 'unigrams';
  readonly config = { vocabularySize: 3 };
  readonly vocabularySize = 3;
  readonly logits = parameter(zeros([3]));

  forward(): Tensor {
    return this.logits.logSoftmax(0);
  }

  start(batch: number): NextToken<null> {
    return {
      logProbabilities: this.forward()
        .reshape([1, 3])
        .add(zeros([batch, 1])),
      state: null,
    };
  }

  step(tokens: ArrayLike<number>): NextToken<null> {
    return this.start(tokens.length);
  }

  select(): null {
    return null;
  }
}

// First, since what is imported once is there.
test('where the packages of networks are not installed, one sentence says which they are', async () => {
  const path = join(folder, 'own.lm');
  await saveModel(path, new LanguageModel(new Unigrams(), tokenizer));
  vi.doMock('./neural.js', () => {
    throw new Error("Cannot find package '@dl/rnn'");
  });
  await expect(loadModel(path)).rejects.toThrow(ArgumentError);
  await expect(loadModel(path)).rejects.toThrow(
    'loadModel: the model is a network, which needs @dl/rnn, @dl/attention, @dl/optim, @dl/data and @dl/train; install them beside @dl/lm',
  );
  // A table of one's own needs none of them.
  const own = await loadModel(path, { networks: { unigrams: () => new Unigrams() } });
  expect((await own.score('ab')).logProbability).toBeCloseTo(2 * Math.log(1 / 3), 5);
  vi.doUnmock('./neural.js');
});

test('networks come back exactly, and nothing is left beside them', async () => {
  const { RecurrentModel, WindowModel } = await import('./neural.js');
  for (const model of [
    new WindowModel({ vocabularySize: 3, window: 2, embeddingSize: 4, hiddenSize: 5 }),
    new RecurrentModel({ vocabularySize: 3, hiddenSize: 5, tied: true }),
  ]) {
    const path = join(folder, `${model.kind}.lm`);
    const saved = new LanguageModel(model, tokenizer);
    await saveModel(path, saved);
    const loaded = await loadModel(path);
    expect(loaded.model).toBeInstanceOf(model.constructor);
    expect(await loaded.score('abcabba')).toEqual(await saved.score('abcabba'));
  }
  expect(readdirSync(folder).sort()).toEqual(['own.lm', 'recurrent.lm', 'window.lm']);
  await expect(loadModel(join(folder, 'own.lm'))).rejects.toThrow(
    /^loadModel: '.*own\.lm': languageModelFromState: the model is a network of kind 'unigrams', and networks has window, recurrent, gpt/,
  );
});

test('that there is no backend is told as that, not as a fault of the file', async () => {
  const path = join(folder, 'backend.lm');
  await saveModel(path, new LanguageModel(new WindowModel({ vocabularySize: 3 }), tokenizer));
  const stopped = cpu();
  await useBackend(stopped);
  stopped.stop();
  await expect(loadModel(path)).rejects.toThrow(BackendError);
  await expect(loadModel(path)).rejects.not.toThrow(/damaged/);
  await useBackend(cpu());
  expect((await loadModel(path)).model).toBeInstanceOf(WindowModel);
});
