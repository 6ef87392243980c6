// What networks say about what does not fit.

import { memory, tensor, useBackend, zeros } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, expect, test } from 'vitest';
import { RecurrentModel, WindowModel } from '../../neural.js';

beforeAll(() => useBackend(cpu()));

const recurrent = (config: object): unknown => new RecurrentModel({ vocabularySize: 5, hiddenSize: 4, ...config });
const windowed = (config: object): unknown => new WindowModel({ vocabularySize: 5, ...config });

test.each<[() => unknown, string]>([
  [() => recurrent({ cell: 'LSTM' }), "RecurrentModel: cell is 'LSTM', needs 'rnn', 'gru' or 'lstm'"],
  [() => recurrent({ vocabularySize: 0 }), 'RecurrentModel: vocabularySize is 0, needs a whole number of at least 1'],
  [() => recurrent({ embeddingSize: 2.5 }), 'RecurrentModel: embeddingSize is 2.5, needs a whole number'],
  [
    () => recurrent({ hidden: 4 }),
    'RecurrentModel: there is no option hidden; it has vocabularySize, cell, hiddenSize',
  ],
  [
    () => recurrent({ hiddenSize: -1, embeddingSize: 2 }),
    'RecurrentModel: hiddenSize is -1, needs a whole number of at least 1',
  ],
  [() => recurrent({ numLayers: 0 }), 'RecurrentModel: numLayers is 0, needs a whole number of at least 1'],
  [() => recurrent({ begin: 5 }), 'RecurrentModel: begin is 5, needs a token from 0 to 4'],
  [
    () => recurrent({ tied: true, embeddingSize: 3 }),
    'RecurrentModel: tied needs vectors as long as states, but embeddingSize is 3 and hiddenSize 4; leave embeddingSize out',
  ],
  [() => recurrent({ dropout: -0.5 }), 'RecurrentModel: dropout is -0.5, needs a probability from 0 to 1'],
  [() => windowed({ window: 0 }), 'WindowModel: window is 0, needs a whole number of at least 1'],
  [() => windowed({ hiddenSize: 1.5 }), 'WindowModel: hiddenSize is 1.5, needs a whole number of at least 1'],
  [
    () => windowed({ begin: 5 }),
    'WindowModel: begin is 5, needs a token from 0 to 4; one that is never said needs a place too',
  ],
  [() => windowed({ dropout: 2 }), 'p is 2'],
  [() => new WindowModel(undefined as never), 'WindowModel: config is undefined, needs a record with vocabularySize'],
  [() => new WindowModel({} as never), 'WindowModel: vocabularySize is undefined, needs a whole number of at least 1'],
])('%s', (make, words) => {
  const before = memory().buffers;
  expect(make).toThrow(words);
  expect(memory().buffers).toBe(before);
});

test('tokens that are none', () => {
  const model = new WindowModel({ vocabularySize: 5, window: 2, embeddingSize: 2, hiddenSize: 2 });
  expect(() => model.forward(zeros([2, 3]))).toThrow(
    'WindowModel: tokens are [2, 3] float32, needs int32 [batch, time], a batch of sequences',
  );
  expect(() => model.loss(tensor([1, 2], { dtype: 'int32' }))).toThrow('WindowModel: tokens are [2] int32, needs');
  expect(() => model.forward([[1]] as never)).toThrow('WindowModel: input is [[…]], needs a Tensor');
  const tokens = tensor([[1, 2, 3]], { dtype: 'int32' });
  expect(() => model.forward(tokens, tokens)).toThrow(
    'WindowModel: before is [1, 3], needs [1, 2], the tokens that stand before each sequence',
  );
  expect(() => model.forward(tensor([[7]], { dtype: 'int32' }))).toThrow(/7/);
});
