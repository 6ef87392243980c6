// Models of several kinds with probabilities by chance, and every sequence that they can say.

import { Generator, noGrad } from '@dl/autograd';
import { Decoding, functionModel, type StepModel } from '@dl/layers';
import { GRU, LSTM, SequenceGenerator } from '@dl/rnn';
import { lidstone, NgramCounts } from '../src/index.js';

export const logSoftmax = (logits: readonly number[]): number[] => {
  const sum = Math.log(logits.reduce((total, each) => total + Math.exp(each), 0));
  return logits.map((each) => each - sum);
};

/** Another distribution behind every beginning, by the seed. */
export function randomFunction(size: number, seed: number): StepModel {
  return functionModel(size, (tokens) => {
    const generator = new Generator(tokens.reduce((hash, token) => (hash * 31 + token + 1) % 1_000_003, seed));
    return logSoftmax(Array.from({ length: size }, () => 1.5 * generator.normal()));
  });
}

/** Bigrams of a text by chance, with half a count more for each. */
export function randomBigrams(size: number, seed: number): StepModel {
  const generator = new Generator(seed);
  const counts = new NgramCounts(size, { order: 2 });
  counts.add(Array.from({ length: 60 }, () => Math.floor(size * generator.uniform() ** 2)));
  return lidstone(counts, { gamma: 0.5 }) as unknown as StepModel;
}

/** A recurrent network as it begins, with weights large enough for what came before to show. */
export function randomNetwork(size: number, kind: 'LSTM' | 'GRU' = 'GRU'): StepModel {
  const network = kind === 'GRU' ? new GRU(4, 6) : new LSTM(4, 6);
  const model = new SequenceGenerator(network, size);
  noGrad(() => {
    for (const parameter of model.parameters()) parameter.assign(parameter.mul(4));
  });
  return model as unknown as StepModel;
}

export interface Whole {
  readonly tokens: readonly number[];
  readonly end: number | undefined;
  readonly logProbabilities: readonly number[];
}

/** All sequences that end by a token or by their length, with the log-probability of each token and of the end. */
export async function allSequences(
  model: StepModel,
  ends: readonly number[],
  maxLength: number,
  prompt: readonly number[] = [],
): Promise<Whole[]> {
  const size = model.vocabularySize;
  const all: Whole[] = [];
  let open: Whole[] = [{ tokens: [], end: undefined, logProbabilities: [] }];
  for (let length = 0; length < maxLength && open.length > 0; length++) {
    const decoding = new Decoding(model, { batch: open.length });
    const read = open.map(({ tokens }) => [...prompt, ...tokens]);
    if (read[0]!.length > 0) decoding.read(read);
    const scores = await decoding.logProbabilities();
    decoding.dispose();
    open = open.flatMap(({ tokens, logProbabilities }, row) =>
      Array.from({ length: size }, (_, token) => token).flatMap((token): Whole[] => {
        const score = scores[row * size + token]!;
        if (score === -Infinity) return [];
        const sums = [...logProbabilities, score];
        if (ends.includes(token)) {
          all.push({ tokens, end: token, logProbabilities: sums });
          return [];
        }
        return [{ tokens: [...tokens, token], end: undefined, logProbabilities: sums }];
      }),
    );
  }
  return [...all, ...open];
}

export const sum = (numbers: ArrayLike<number>): number => Array.from(numbers).reduce((total, each) => total + each, 0);
