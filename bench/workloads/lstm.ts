// Recurrent networks: one op for a whole sequence, where the others compose theirs of operations or have an operator of their own; and a language
// model of characters on one, trained with Adam. Batch comes first: [batch, time, features]. Who wants time first gets it turned round beforehand.

import * as dl from '@dl/autograd';
import { Adam } from '@dl/optim';
import type { Jax, JaxArray } from '../engines/jax-api.js';
import type { OnnxGraph, OnnxValue } from '../engines/onnx-graph.js';
import type { Tf, TfTensor } from '../engines/tfjs-api.js';
import { dlStep, jaxStep, tfLinear, tfStep } from './models.js';
import { floats, type Input, ints, type Workload, weights } from './workload.js';

const TIME = 64;
const BATCH = 32;
const FEATURES = 128;
const HIDDEN = 256;
const VOCABULARY = 96;
const EMBEDDING = 64;

type Kind = 'LSTM' | 'GRU' | 'RNN';
const gates: Readonly<Record<Kind, number>> = { LSTM: 4, GRU: 3, RNN: 1 };

/** Weights and biases in PyTorch's order; the gates of an LSTM are input, forget, cell, output. */
const cellInputs = (kind: Kind, features: number, hidden: number): readonly Input[] => [
  ...[weights([gates[kind] * hidden, features], 1 / 16), weights([gates[kind] * hidden, hidden], 1 / 16)],
  ...[weights([gates[kind] * hidden], 1 / 16), weights([gates[kind] * hidden], 1 / 16)],
];

/** What the cell gives out at each step, [batch, time, hidden]. */
function dlNetwork(kind: Kind, x: dl.Tensor, cell: readonly dl.Tensor[]): dl.Tensor {
  const [inputWeight, weight, inputBias, bias] = cell as readonly dl.Tensor[] & { length: 4 };
  if (kind === 'GRU') return dl.gruSequence(dl.linear(x, inputWeight!, inputBias!), weight!, { bias: bias! }).y;
  const all = dl.linear(x, inputWeight!, inputBias!.add(bias!));
  return (kind === 'LSTM' ? dl.lstmSequence(all, weight!) : dl.elmanSequence(all, weight!)).y;
}

function tfLstm(tf: Tf, x: TfTensor, cell: readonly TfTensor[]): TfTensor[] {
  const [inputWeight, hiddenWeight, inputBias, hiddenBias] = cell as readonly TfTensor[] & { length: 4 };
  const [time, batch, features] = x.shape as readonly number[] & { length: 3 };
  const hidden = hiddenWeight!.shape[1]!;
  const rows = tf.reshape(x, [time! * batch!, features!]);
  // Its fused product gives other numbers on its `wasm` backend here, unless it is recorded.
  const all = tf.add(tf.matMul(rows, inputWeight!, false, true), tf.add(inputBias!, hiddenBias!));
  let h = tf.zeros([batch!, hidden]);
  let c = h;
  return tf.unstack(tf.reshape(all, [time!, batch!, 4 * hidden]), 0).map((fromInput) => {
    const gates = tf.add(fromInput, tf.matMul(h, hiddenWeight!, false, true));
    const [i, f, g, o] = tf.split(gates, 4, 1);
    c = tf.add(tf.mul(tf.sigmoid(f!), c), tf.mul(tf.sigmoid(i!), tf.tanh(g!)));
    h = tf.mul(tf.sigmoid(o!), tf.tanh(c));
    return h;
  });
}

/** [time, batch, hidden] */
function jaxLstm(jax: Jax, x: JaxArray, cell: readonly JaxArray[]): JaxArray {
  const { numpy: np, nn } = jax;
  const [inputWeight, hiddenWeight, inputBias, hiddenBias] = cell as readonly JaxArray[] & { length: 4 };
  const all = np
    .matmul(x.ref.reshape([TIME * BATCH, FEATURES]), np.transpose(inputWeight!.ref))
    .add(inputBias!.ref.add(hiddenBias!.ref))
    .reshape([TIME, BATCH, 4 * HIDDEN]);
  const turned = np.transpose(hiddenWeight!.ref);
  let h = np.zeros([BATCH, HIDDEN]);
  let c = np.zeros([BATCH, HIDDEN]);
  const outputs: JaxArray[] = [];
  for (let t = 0; t < TIME; t++) {
    const gates = all.ref.slice(t).add(np.matmul(h, turned.ref));
    const gate = (k: number): JaxArray => gates.ref.slice([], [k * HIDDEN, (k + 1) * HIDDEN]);
    const [i, f, g, o] = [nn.sigmoid(gate(0)), nn.sigmoid(gate(1)), np.tanh(gate(2)), nn.sigmoid(gate(3))];
    gates.dispose();
    c = f.mul(c).add(i.mul(g));
    h = o.mul(np.tanh(c.ref));
    outputs.push(h.ref);
  }
  for (const x of [h, c, all, turned]) x.dispose();
  return np.stack(outputs);
}

/** ONNX has an operator for all steps, with the gates in the order input, output, forget, cell. It wants time first. */
function onnxLstm(g: OnnxGraph, x: OnnxValue, cell: readonly OnnxValue[]): OnnxValue {
  const [inputWeight, hiddenWeight, inputBias, hiddenBias] = cell.map((value) => {
    const values = g.valuesOf(value);
    const size = values.length / 4;
    const moved = new Float32Array(values.length);
    for (const [to, from] of [0, 3, 1, 2].entries())
      moved.set(values.subarray(from * size, (from + 1) * size), to * size);
    return moved;
  });
  const bias = new Float32Array(8 * HIDDEN);
  bias.set(inputBias!);
  bias.set(hiddenBias!, 4 * HIDDEN);
  const y = g.op(
    'LSTM',
    [
      g.op('Transpose', [x], { perm: [1, 0, 2] }),
      g.constant(inputWeight!, [1, 4 * HIDDEN, FEATURES]),
      g.constant(hiddenWeight!, [1, 4 * HIDDEN, HIDDEN]),
      g.constant(bias, [1, 8 * HIDDEN]),
    ],
    { hidden_size: HIDDEN },
  ); // [time, 1, batch, hidden]
  return g.op('Transpose', [g.op('Squeeze', [y, g.integers([1])])], { perm: [1, 0, 2] });
}

const inputs: readonly Input[] = [floats([BATCH, TIME, FEATURES]), ...cellInputs('LSTM', FEATURES, HIDDEN)];

/** PyTorch is faster with time first. */
const torchNetwork = (kind: Kind, features: number, hidden: number): string => `
def make(x, *values):
    x = x.transpose(0, 1).contiguous()
    model = nn.${kind}(${features}, ${hidden})
    load(model, values)
`;
const sizeOf = (features: number, hidden: number, time: number, batch: number): string =>
  `${features} to ${hidden}, ${time} steps, batch ${batch}`;

/** A training step of a network, the loss the mean of the squares of what it gives out. */
function trainingStep(
  kind: Kind,
  [features, hidden, time, batch]: readonly [features: number, hidden: number, time: number, batch: number],
): Workload {
  return {
    name: `${kind === 'RNN' ? 'Elman network' : kind} training step, ${sizeOf(features, hidden, time, batch)}`,
    inputs: [floats([batch, time, features]), ...cellInputs(kind, features, hidden)],
    dl: (x, ...cell) => {
      for (const parameter of cell) dl.keep(parameter).requiresGrad = true;
      return dlStep(cell, () => dlNetwork(kind, x, cell).square().mean());
    },
    torch: `${torchNetwork(kind, features, hidden)}    return step(model.parameters(), lambda: (model(x)[0] ** 2).mean())`,
    isNetwork: true,
    compareAfter: 3,
    tolerance: 1e-4,
  };
}

const charInputs: readonly Input[] = [
  ints([BATCH, TIME], 0, VOCABULARY),
  ints([BATCH * TIME], 0, VOCABULARY),
  weights([VOCABULARY, EMBEDDING], 1),
  ...cellInputs('LSTM', EMBEDDING, HIDDEN),
  weights([VOCABULARY, HIDDEN], 1 / 16),
  weights([VOCABULARY], 1 / 16),
];

export const lstm: readonly Workload[] = [
  {
    name: `LSTM forward, ${sizeOf(FEATURES, HIDDEN, TIME, BATCH)}`,
    inputs,
    dl:
      (x, ...cell) =>
      () =>
        dlNetwork('LSTM', x, cell),
    tfjs: (tf, x, ...cell) => {
      const turned = tf.transpose(x, [1, 0, 2]);
      return () => tf.stack(tfLstm(tf, turned, cell), 1);
    },
    jax: (jax, x, ...cell) => {
      const forward = jax.jit((...all: readonly JaxArray[]) =>
        jax.numpy.transpose(jaxLstm(jax, all[0]!, all.slice(1)), [1, 0, 2]),
      );
      const turned = jax.numpy.transpose(x, [1, 0, 2]);
      return () => forward(turned.ref, ...cell.map((value) => value.ref));
    },
    onnx: { graph: (g, x, ...cell) => onnxLstm(g, x!, cell) },
    torch: `${torchNetwork('LSTM', FEATURES, HIDDEN)}    return lambda: model(x)[0].transpose(0, 1)`,
    isNetwork: true,
    tolerance: 1e-4,
  },
  {
    ...trainingStep('LSTM', [FEATURES, HIDDEN, TIME, BATCH]),
    tfjs: (tf, x, ...cell) => {
      const turned = tf.transpose(x, [1, 0, 2]);
      const variables = cell.map((value) => tf.variable(value));
      return tfStep(tf, () => tf.mean(tf.square(tf.stack(tfLstm(tf, turned, variables), 0))));
    },
    jax: (jax, x, ...cell) => {
      const turned = jax.numpy.transpose(x, [1, 0, 2]);
      return jaxStep(jax, cell, (parameters) => {
        const y = jaxLstm(jax, turned, parameters);
        return y.ref.mul(y).mean();
      });
    },
  },
  trainingStep('GRU', [FEATURES, HIDDEN, TIME, BATCH]),
  trainingStep('RNN', [FEATURES, HIDDEN, TIME, BATCH]),
  // A stream, many short sequences, and one for two threads.
  trainingStep('LSTM', [64, 64, 256, 1]),
  trainingStep('LSTM', [64, 64, 16, 256]),
  trainingStep('LSTM', [512, 512, 64, 64]),
  {
    name: `character LSTM training step with Adam, embedding ${EMBEDDING}, hidden ${HIDDEN}, ${TIME} steps, batch ${BATCH}`,
    inputs: charInputs,
    dl: (x, labels, ...parameters) => {
      for (const parameter of parameters) dl.keep(parameter).requiresGrad = true;
      const [table, ...rest] = parameters;
      const [cell, [weight, bias]] = [rest.slice(0, 4), rest.slice(4)];
      const loss = (): dl.Tensor => {
        const h = dlNetwork('LSTM', dl.embedding(x, table!), cell).reshape([BATCH * TIME, HIDDEN]);
        return dl.crossEntropy(dl.linear(h, weight!, bias), labels);
      };
      return dlStep(parameters, loss, new Adam(parameters));
    },
    // With one-hot rows and a product: its `wasm` backend has no gradient for looking up.
    tfjs: (tf, x, labels, ...values) => {
      const [table, ...rest] = values.map((value) => tf.variable(value));
      const [cell, [weight, bias]] = [rest.slice(0, 4), rest.slice(4)];
      const turned = tf.transpose(x, [1, 0]);
      const characters = tf.reshape(tf.oneHot(turned, VOCABULARY), [TIME * BATCH, VOCABULARY]);
      const floatRows = tf.cast(characters, 'float32');
      const rows = tf.oneHot(labels, VOCABULARY);
      const loss = (): TfTensor => {
        const embedded = tf.reshape(tf.matMul(floatRows, table!), [TIME, BATCH, EMBEDDING]);
        const h = tf.reshape(tf.stack(tfLstm(tf, embedded, cell), 1), [BATCH * TIME, HIDDEN]);
        return tf.losses.softmaxCrossEntropy(rows, tfLinear(tf, h, weight!, bias!));
      };
      return tfStep(tf, loss, tf.train.adam(1e-3));
    },
    torch: `
def make(x, labels, *values):
    x = x.t().contiguous()
    labels = labels.reshape(${BATCH}, ${TIME}).t().reshape(-1)
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = nn.Embedding(${VOCABULARY}, ${EMBEDDING})
            self.cell = nn.LSTM(${EMBEDDING}, ${HIDDEN})
            self.head = nn.Linear(${HIDDEN}, ${VOCABULARY})
        def forward(self, x):
            return self.head(self.cell(self.table(x))[0].reshape(${TIME * BATCH}, ${HIDDEN}))
    model = Model()
    load(model, values)
    return step(model.parameters(), lambda: F.cross_entropy(model(x), labels), torch.optim.Adam(model.parameters()))`,
    tokens: BATCH * TIME,
    isNetwork: true,
    compareAfter: 3,
    tolerance: 1e-3,
  },
];
