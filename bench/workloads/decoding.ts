// Decoding: what generate costs around a model, beside the model alone, which is asked for the same tokens. The second is the column `dl, less`.

import { GPT } from '@dl/attention';
import * as dl from '@dl/autograd';
import { Decoding, type StepModel } from '@dl/layers';
import { BackoffModel, generate, type Knobs, NgramCounts } from '@dl/lm';
import { ints, type Workload } from './workload.js';

const TOKENS = 100_000;

/** Trigrams that were counted, with plain numbers in the place of smoothed ones: what is timed is the same. */
function trigrams(tokens: ArrayLike<number>, size: number): StepModel<never> {
  const { trie } = new NgramCounts(size, { order: 3 }).add(tokens).trie();
  const logProbabilities = Float64Array.from({ length: trie.size }, (_, i) => -Math.log(size) + Math.sin(i));
  const info = {
    smoothing: 'none',
    isDistribution: false,
    padding: 'none',
    vocabulary: undefined,
    details: {},
  } as const;
  const model = new BackoffModel(trie, { logProbabilities, backoffs: new Float64Array(trie.contexts) }, info);
  return model as unknown as StepModel<never>;
}

const gpt = (): StepModel<never> => {
  const model = new GPT({ vocabularySize: 65, dModel: 128, nhead: 4, numLayers: 4, maxLength: 128, dropout: 0 }).eval();
  return model as unknown as StepModel<never>;
};

type Made = (...inputs: dl.Tensor[]) => StepModel<never>;

function around(what: string, inputs: Workload['inputs'], make: Made, knobs: Knobs, length: number): Workload {
  const how = knobs.temperature === 0 ? 'greedy' : 'drawn';
  return {
    name: `generating ${length} tokens, ${how}, by ${what}`,
    inputs,
    dl: (...given) => {
      const model = make(...given);
      return async () =>
        (await generate(model, { ...knobs, maxLength: length, generator: new dl.Generator(1) }))[0]!.tokens;
    },
    smaller: {
      inputs,
      dl: (...given) => {
        const model = make(...given);
        let said: readonly number[] | undefined;
        return async () => {
          said ??= (await generate(model, { ...knobs, maxLength: length, generator: new dl.Generator(1) }))[0]!.tokens;
          using decoding = new Decoding(model);
          for (let t = 0; t < length; t++) {
            if (t > 0) decoding.step([said[t - 1]!]);
            await decoding.logProbabilities();
          }
          return said;
        };
      },
    },
    isAsync: true,
    tokens: length,
    isPlain: true,
    isNetwork: true,
  };
}

export const decoding: readonly Workload[] = ([{ temperature: 0 }, { temperature: 1 }] as const).flatMap((knobs) => [
  ...[65, 10_000].map((size) =>
    around(`trigrams of ${size} tokens`, [ints([TOKENS], 0, size)], (x) => trigrams(x!.dataSync(), size), knobs, 500),
  ),
  around('a small GPT, 4 layers, features 128', [], gpt, knobs, 100),
]);
