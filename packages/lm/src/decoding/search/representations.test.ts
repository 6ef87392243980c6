// What models give as representation: the vectors that their map to the logits makes the log-probabilities of, after each token and in any order.

import { AdditiveAttention, AttentionSeq2Seq, GPT, PervasiveAttention, Transformer } from '@dl/attention';
import { linear, manualSeed, noGrad, scope, type Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Decoding, Embedding, type StepModel } from '@dl/layers';
import { EncoderDecoder, GRU, LSTM, SequenceGenerator } from '@dl/rnn';
import { assertAllClose } from '@dl/testing';
import { beforeAll, beforeEach, test } from 'vitest';

beforeAll(() => useBackend(cpu()));
beforeEach(() => void manualSeed(2));

const SIZE = 6;
const source = (): Tensor =>
  tensor(
    [
      [1, 2, 3],
      [4, 5, 0],
    ],
    { dtype: 'int32' },
  );
const small = { dModel: 8, nhead: 2, dimFeedforward: 8 };

/** A model, and its map to the logits. */
type Made = readonly [StepModel, (hidden: Tensor) => Tensor];
const step = (model: unknown): StepModel => model as StepModel;
const kinds: Readonly<Record<string, () => Made>> = {
  SequenceGenerator: () => {
    const model = new SequenceGenerator(new LSTM(4, 5), SIZE);
    return [step(model), (hidden) => model.output.forward(hidden)];
  },
  EncoderDecoder: () => {
    const decoder = new SequenceGenerator(new GRU(4, 5), SIZE);
    const model = new EncoderDecoder(new GRU(4, 5), decoder, { input: new Embedding(SIZE, 4) });
    return [step(model.from(source(), { lengths: [3, 2] })), (hidden) => decoder.output.forward(hidden)];
  },
  'GPT, tied': () => {
    const model = new GPT({ ...small, vocabularySize: SIZE, numLayers: 1, maxLength: 8 });
    return [step(model), (hidden) => linear(hidden, model.embedding.weight)];
  },
  'GPT, untied': () => {
    const model = new GPT({ ...small, vocabularySize: SIZE, numLayers: 1, maxLength: 8, tied: false });
    return [step(model), (hidden) => model.output!.forward(hidden)];
  },
  Transformer: () => {
    const model = new Transformer({ ...small, sourceVocabulary: SIZE, numEncoderLayers: 1, numDecoderLayers: 1 });
    return [step(model.from(source(), { lengths: [3, 2] })), (hidden) => linear(hidden, model.targetEmbedding.weight)];
  },
  AttentionSeq2Seq: () => {
    const encoder = new GRU(4, 5);
    const decoder = new GRU(9, 5);
    const model = new AttentionSeq2Seq(encoder, new AdditiveAttention(5, 5, 4), decoder, SIZE, {
      input: new Embedding(SIZE, 4),
    });
    return [step(model.from(source(), { lengths: [3, 2] })), (hidden) => model.output.forward(hidden)];
  },
  PervasiveAttention: () => {
    const model = new PervasiveAttention(SIZE, SIZE, { embedDim: 4, numLayers: 2, growthRate: 4 });
    return [step(model.from(source(), { lengths: [3, 2] })), (hidden) => model.output.forward(hidden)];
  },
};

test.each(Object.entries(kinds))('%s', async (_, make) => {
  const [model, logits] = make();
  const decoding = new Decoding(model, { batch: 2, representation: true });
  const check = async (): Promise<void> => {
    const hidden = await decoding.representation();
    const wanted = scope(() =>
      noGrad(() => {
        const shape = [decoding.batch, hidden.length / decoding.batch];
        return logits(tensor({ data: Float32Array.from(hidden), shape }))
          .logSoftmax(1)
          .dataSync();
      }),
    );
    assertAllClose(await decoding.logProbabilities(), Array.from(wanted), { atol: 1e-5 });
  };
  await check();
  decoding.read([
    [1, 2],
    [3, 0],
  ]);
  await check();
  decoding.select([1, 0, 1]);
  await check();
  decoding.step([4, 1, 2]);
  await check();
  decoding.dispose();
});
