// What the uses say about what does not fit.

import { randn, type Tensor, tensor, useBackend, zeros } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Embedding, Linear } from '@dl/layers';
import { beforeAll, expect, test } from 'vitest';
import {
  Bridge,
  checkLengths,
  EncoderDecoder,
  GRU,
  GRUCell,
  LSTM,
  needNetwork,
  Recurrent,
  RNN,
  SequenceEncoder,
  SequenceGenerator,
  SequenceTransducer,
  sequenceCrossEntropy,
} from '../index.js';

beforeAll(() => useBackend(cpu()));

const int32 = (values: number[][]): Tensor => tensor(values, { dtype: 'int32' });
const classes = (): Tensor =>
  int32([
    [0, 1, 1],
    [1, 0, 0],
  ]);
const generator = (): SequenceGenerator => new SequenceGenerator(new GRU(2, 3), 4);
const pair = (): EncoderDecoder => new EncoderDecoder(new GRU(2, 3), generator(), { input: new Embedding(5, 2) });

test.each<[() => unknown, string]>([
  [
    () => new SequenceEncoder({} as never),
    'SequenceEncoder: the network is an object of nothing, needs a recurrent network, such as new GRU(8, 16)',
  ],
  [
    () => new SequenceTransducer(new Linear(2, 3) as never, 2),
    'SequenceTransducer: the network is a Linear, needs a recurrent network',
  ],
  [
    () => new SequenceGenerator(undefined as never, 2),
    'SequenceGenerator: the network is undefined, needs a recurrent network',
  ],
  [
    () => new SequenceGenerator(new RNN(2, 3, { bidirectional: true }), 4),
    'SequenceGenerator: the network goes in both directions, so each step knows those that come after it, which are yet to be said; needs a network that goes forward',
  ],
  [
    () => new SequenceGenerator(new Recurrent(new GRUCell(2, 3), { reverse: true }), 4),
    'SequenceGenerator: the network goes from the end to the begin, so each step knows those that come after it',
  ],
  [
    () => new SequenceEncoder(new GRU(2, 3, { batchFirst: false })),
    'SequenceEncoder: the network has batchFirst: false; make it without, for [batch, time, features]',
  ],
  [
    () => new SequenceEncoder(new GRU(2, 3), { outFeatures: 0 }),
    'outFeatures is 0, needs a whole number of at least 1',
  ],
  [
    () => new SequenceEncoder(new GRU(2, 3), { pool: 'max' as never }),
    "SequenceEncoder: pool is 'max', needs 'last' or 'mean'",
  ],
  [
    () => new SequenceEncoder(new GRU(2, 3), { input: {} as never }),
    'SequenceEncoder: input is an object of nothing, needs a module, such as new Embedding(30, 8)',
  ],
  [
    () => new SequenceGenerator(new GRU(2, 3), 0),
    'SequenceGenerator: vocabularySize is 0, needs a whole number of at least 1',
  ],
  [
    () => new SequenceGenerator(new GRU(2, 3), 4, { begin: 4 }),
    'SequenceGenerator: begin is 4, needs a token from 0 to 3; one that is never said needs a place too',
  ],
  [
    () => new SequenceGenerator(new GRU(2, 3), 4, { begin: -1 }),
    'SequenceGenerator: begin is -1, needs a whole number of at least 0',
  ],
  [
    () => new EncoderDecoder(new GRU(2, 3), new GRU(2, 3) as never),
    'EncoderDecoder: the decoder is a GRU, needs a SequenceGenerator, such as new SequenceGenerator',
  ],
  [
    () => new EncoderDecoder({} as never, generator()),
    'EncoderDecoder: the encoder is an object of nothing, needs a recurrent network',
  ],

  [
    () => new SequenceEncoder(new GRU(2, 3)).forward(randn([2])),
    'SequenceEncoder: input is [2], needs [batch, time, ...], a batch of sequences',
  ],
  [() => new SequenceEncoder(new GRU(2, 3)).forward([[1]] as never), 'SequenceEncoder: input is [[…]], needs a Tensor'],
  [
    () => new SequenceEncoder(new GRU(2, 3)).forward(randn([2, 3, 2]), { lengths: [3, 4] }),
    'GRU: a length is 4, needs a whole number from 1 to 3',
  ],
  [
    () => new SequenceEncoder(new GRU(2, 3)).forward(randn([2, 3, 2]), { lengths: [3] }),
    'GRU: 1 length comes with a batch of 2, needs one for each sequence',
  ],
  [
    () => new SequenceTransducer(new GRU(2, 3), 2).loss(randn([2, 3, 2]), int32([[0, 1]])),
    'SequenceTransducer.loss: labels are [1, 2], needs [2, 3], one for each step',
  ],
  [
    () =>
      new SequenceTransducer(new GRU(2, 3), 2).loss(
        randn([2, 3, 2]),
        int32([
          [0, 1, 2],
          [0, 0, 0],
        ]),
      ),
    '2',
  ],

  [
    () => generator().loss(tensor([1, 2], { dtype: 'int32' })),
    'SequenceGenerator: tokens are [2], needs [batch, time], a batch of sequences',
  ],
  [() => generator().loss(int32([[1, 2]]), { lengths: [3] }), 'GRU: a length is 3, needs a whole number from 1 to 2'],
  [
    () => generator().from({}),
    'SequenceGenerator.from: the state is an object of nothing, needs one as the network gives it',
  ],
  [
    () =>
      generator()
        .from({ h: zeros([1, 2, 3]) })
        .start(3),
    'SequenceGenerator: 3 sequences are to begin with 2 states',
  ],

  [
    () => sequenceCrossEntropy(zeros([2, 3, 2]), classes(), { lengths: [3] }),
    'sequenceCrossEntropy: 1 length comes with a batch of 2, needs one for each sequence',
  ],
  [
    () => sequenceCrossEntropy(zeros([2, 3, 2]), classes(), { lengths: [3, 0] }),
    'sequenceCrossEntropy: a length is 0, needs a whole number from 1 to 3, the steps that the padding has room for',
  ],
  [
    () => sequenceCrossEntropy(zeros([2, 3, 2]), classes(), { lengths: [4, 1] }),
    'sequenceCrossEntropy: a length is 4, needs a whole number from 1 to 3',
  ],
  [
    () => sequenceCrossEntropy(zeros([2, 4, 2]), classes()),
    'sequenceCrossEntropy: labels are [2, 3], needs [2, 4], one for each step',
  ],

  [
    () => pair().loss(classes(), classes(), { teacherForcing: 1.5 }),
    'EncoderDecoder.loss: teacherForcing is 1.5, needs a probability from 0 to 1',
  ],
  [
    () => pair().forward(classes(), classes(), { teacherForcing: -0.1 }),
    'EncoderDecoder: teacherForcing is -0.1, needs a probability from 0 to 1',
  ],
  [
    () => pair().loss(classes(), int32([[1, 0]])),
    'EncoderDecoder.loss: targets are [1, 2], needs [2, 2], one for each step',
  ],
  [
    () => pair().loss(classes(), classes(), { sourceLengths: [3, 5] }),
    'EncoderDecoder.loss: sourceLengths: a length is 5, needs a whole number from 1 to 3',
  ],
  [
    () => pair().loss(classes(), classes(), { targetLengths: [0, 1] }),
    'EncoderDecoder.loss: targetLengths: a length is 0, needs a whole number from 1 to 3',
  ],
  [
    () => pair().from(classes(), { lengths: [1, 4] }),
    'EncoderDecoder.from: a length is 4, needs a whole number from 1 to 3',
  ],
])('%s', (run, message) => {
  expect(run).toThrow(message);
});

test('two networks of one model may differ in whatever they like, as long as each is one', () => {
  expect(() => new EncoderDecoder(new LSTM(2, 3, { bidirectional: true }), generator())).not.toThrow();
});

test('needNetwork and checkLengths name the model that was given something else', () => {
  expect(() => needNetwork('Own', 'the reader', new Linear(2, 3))).toThrow(
    'Own: the reader is a Linear, needs a recurrent network',
  );
  expect(() => needNetwork('Own', 'the reader', new GRU(2, 3))).not.toThrow();
  expect(() => checkLengths('Own', [3, 1], 2, 3)).not.toThrow();
  expect(() => checkLengths('Own', [3], 2, 3)).toThrow(
    'Own: 1 length comes with a batch of 2, needs one for each sequence',
  );
  expect(() => checkLengths('Own', [4, 1], 2, 3)).toThrow('Own: a length is 4, needs a whole number from 1 to 3');
  expect(() => new Bridge(new GRU(2, 3), new Linear(2, 3) as never)).toThrow('Bridge: the decoder is a Linear');
});
