// Whether an encoder, a score and a decoder fit together, and what is made to fit.

import { ArgumentError, noGrad, scope, shown, tensor } from '@dl/autograd';
import { Embedding, inMode, type ParameterOptions, type TensorModule } from '@dl/layers';
import { needNetwork, type SequenceNetwork } from '@dl/rnn';
import { AttentionScore } from '../scores/score.js';
import { lastOf } from './decoded.js';

/** Throws unless they are networks and a score, and the decoder goes forward. */
export function checkParts(model: string, encoder: unknown, score: unknown, decoder: unknown): void {
  needNetwork(model, 'the encoder', encoder);
  needNetwork(model, 'the decoder', decoder);
  if (decoder.bidirectional || decoder.reverse) {
    throw new ArgumentError(
      `${model}: the decoder goes ${decoder.bidirectional ? 'in both directions' : 'from the end to the begin'}, and what comes is yet to be said; needs a network that goes forward`,
    );
  }
  if (!(score instanceof AttentionScore)) {
    throw new ArgumentError(
      `${model}: the score is ${shown(score)}, needs one of this package, such as new AdditiveAttention(16, 24, 10)`,
    );
  }
}

/** Throws unless a score takes the queries of a decoder and the outputs of an encoder. */
export function checkScore(model: string, { queryDim, keyDim }: AttentionScore, query: number, keys: number): void {
  for (const [what, has, gives, of] of [
    ['queries', queryDim, query, 'decoder'],
    ['keys', keyDim, keys, 'encoder'],
  ] as const) {
    if (has === gives) continue;
    throw new ArgumentError(
      `${model}: the score takes ${what} of ${has} features, and the ${of} gives ${gives}; needs as many`,
    );
  }
}

/** Features of what a network remembers in its last layer. */
export const stateSize = (network: SequenceNetwork): number =>
  scope(() => lastOf(network.initialState(1), network.batchAxis).shape[1]!);

/** Dtype and backend of what is to work together with a network. */
export function madeLike(network: SequenceNetwork): ParameterOptions {
  const { dtype, backend } = network.parameters()[0] ?? {};
  return { ...(dtype && { dtype }), ...(backend && { backend }) };
}

/** A vector for each token, of the features that the decoder has room for. */
export function tableFor(
  { inputSize }: SequenceNetwork,
  fed: number,
  count: number,
  made: ParameterOptions,
): Embedding {
  if (inputSize === undefined) {
    throw new ArgumentError(
      `AttentionSeq2Seq: the decoder does not say how many features it takes, by inputSize; give targetInput, such as new Embedding(${count}, 8)`,
    );
  }
  if (inputSize <= fed) {
    throw new ArgumentError(
      `AttentionSeq2Seq: the decoder takes ${inputSize} features, of which ${fed} are what it has looked at, and none are left for the token; make its inputSize ${fed} + the features of a token`,
    );
  }
  return new Embedding(count, inputSize - fed, made);
}

/** How many features a module makes of a token. */
export function widthOf(input: TensorModule, begin: number): number {
  return scope(() =>
    noGrad(() =>
      inMode(input, 'eval', () => {
        const { backend } = input.parameters()[0] ?? {};
        const y = input.forward(tensor(Int32Array.of(begin), { ...(backend && { backend }) }));
        return y.shape.at(-1)!;
      }),
    ),
  );
}
