// Small models, and all that a training step of them gives: for backends, engines and numbers of threads.

import { GPT, MultiheadAttention, Transformer, TransformerEncoderLayer } from '@dl/attention';
import { type DType, manualSeed, randn, scope, type Tensor } from '@dl/autograd';
import { type Kind, lengthsOf, type Sizes, tokens, VOCABULARY } from './kinds.js';
import { pairKinds } from './pair-networks.js';

export type { Sizes } from './kinds.js';

const input = ({ batch, length, width }: Sizes, dtype: DType): Tensor =>
  randn([batch, length, width]).cast(dtype).detach();

export const kinds: Readonly<Record<string, Kind>> = {
  'attention with lengths, causal order and its weights': {
    make: ({ width }, dtype) => new MultiheadAttention(width, 2, { dtype }),
    loss: (model, sizes, dtype) => {
      const x = input(sizes, dtype);
      const given = { causal: true, lengths: lengthsOf(sizes), returnWeights: true };
      const { output, weights } = (model as MultiheadAttention).forward(x, x, x, given);
      return output.square().sum().add(weights!.square().sum());
    },
  },
  'an encoder layer of Llama’s kind': {
    make: ({ width }, dtype) =>
      new TransformerEncoderLayer(width, 4, {
        ...{ dimFeedforward: width + 3, dropout: 0, activation: 'swiglu', norm: 'rms', normFirst: true, bias: false },
        ...{ keyHeads: 2, qkNorm: true, softcap: 3, dtype },
      }),
    loss: (model, sizes, dtype) =>
      (model as TransformerEncoderLayer).forward(input(sizes, dtype), { causal: true, window: 3 }).square().mean(),
  },
  GPT: {
    make: ({ length, width }, dtype) =>
      new GPT({
        vocabularySize: VOCABULARY,
        dModel: width,
        nhead: 2,
        numLayers: 2,
        maxLength: length,
        dropout: 0,
        dtype,
      }),
    loss: (model, sizes) => (model as GPT).loss(tokens(sizes), { lengths: lengthsOf(sizes) }),
  },
  Transformer: {
    make: ({ width }, dtype) =>
      new Transformer({
        ...{ sourceVocabulary: VOCABULARY, dModel: width, nhead: 2, numEncoderLayers: 1, numDecoderLayers: 1 },
        ...{ dimFeedforward: width, dropout: 0, dtype },
      }),
    loss: (model, sizes) =>
      (model as Transformer).loss(tokens(sizes), tokens(sizes), {
        sourceLengths: lengthsOf(sizes),
        targetLengths: lengthsOf(sizes),
        labelSmoothing: 0.1,
      }),
  },
  ...pairKinds,
};

/** On the backend that is in use: the loss, and the gradient of every parameter, by name. */
export function trainingStep(kind: string, sizes: Sizes, dtype: DType): Record<string, Tensor> {
  return scope(() => {
    manualSeed(1);
    const { make, loss } = kinds[kind]!;
    const model = make(sizes, dtype);
    // Those that the seed gives in float32, whatever the dtype.
    for (const each of model.parameters()) each.assign(randn(each.shape, { std: 0.4 }).cast(dtype));
    const total = loss(model, sizes, dtype);
    total.backward();
    const gradients = model
      .namedParameters()
      .map(([name, { grad }]) => [`gradient of ${name}`, grad!.detach()] as const);
    return { loss: total, ...Object.fromEntries(gradients) };
  });
}
