// A long short-term memory, 128 → 256, over 64 steps of 32 sequences, unrolled from ops; and a language model of
// characters on one, trained with Adam. Time comes first: [time, batch, features].

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

/** Weights and biases in PyTorch's order; the gates are input, forget, cell, output. */
const cellInputs = (features: number): readonly Input[] => [
  ...[weights([4 * HIDDEN, features], 1 / 16), weights([4 * HIDDEN, HIDDEN], 1 / 16)],
  ...[weights([4 * HIDDEN], 1 / 16), weights([4 * HIDDEN], 1 / 16)],
];

/** What the cell gives out at each step, [batch, hidden]. */
function dlLstm(steps: readonly dl.Tensor[], cell: readonly dl.Tensor[]): dl.Tensor[] {
  const [inputWeight, hiddenWeight, inputBias, hiddenBias] = cell as readonly dl.Tensor[] & { length: 4 };
  const bias = inputBias!.add(hiddenBias!);
  let h = dl.zeros([BATCH, HIDDEN]);
  let c = h;
  return steps.map((x) => {
    const gates = dl.linear(h, hiddenWeight!, bias).add(dl.linear(x, inputWeight!));
    const [i, f, g, o] = dl.split(gates, HIDDEN, 1);
    c = f!.sigmoid().mul(c).add(i!.sigmoid().mul(g!.tanh()));
    h = o!.sigmoid().mul(c.tanh());
    return h;
  });
}

/** One tensor [batch, …] for each step. */
function dlSteps(x: dl.Tensor): dl.Tensor[] {
  return dl.unbind(x);
}

function tfLstm(tf: Tf, x: TfTensor, cell: readonly TfTensor[]): TfTensor[] {
  const [inputWeight, hiddenWeight, inputBias, hiddenBias] = cell as readonly TfTensor[] & { length: 4 };
  const features = x.shape[2]!;
  const all = tfLinear(tf, tf.reshape(x, [TIME * BATCH, features]), inputWeight!, tf.add(inputBias!, hiddenBias!));
  let h = tf.zeros([BATCH, HIDDEN]);
  let c = h;
  return tf.unstack(tf.reshape(all, [TIME, BATCH, 4 * HIDDEN]), 0).map((fromInput) => {
    const gates = tf.add(fromInput, tf.matMul(h, hiddenWeight!, false, true));
    const [i, f, g, o] = tf.split(gates, 4, 1);
    c = tf.add(tf.mul(tf.sigmoid(f!), c), tf.mul(tf.sigmoid(i!), tf.tanh(g!)));
    h = tf.mul(tf.sigmoid(o!), tf.tanh(c));
    return h;
  });
}

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

/** ONNX has an operator for all steps, with the gates in the order input, output, forget, cell. */
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
      x,
      g.constant(inputWeight!, [1, 4 * HIDDEN, FEATURES]),
      g.constant(hiddenWeight!, [1, 4 * HIDDEN, HIDDEN]),
      g.constant(bias, [1, 8 * HIDDEN]),
    ],
    { hidden_size: HIDDEN },
  ); // [time, 1, batch, hidden]
  return g.op('Squeeze', [y, g.integers([1])]);
}

const inputs: readonly Input[] = [floats([TIME, BATCH, FEATURES]), ...cellInputs(FEATURES)];
const torchLstm = `
def make(x, *values):
    model = nn.LSTM(${FEATURES}, ${HIDDEN})
    load(model, values)
`;
const size = `${FEATURES} to ${HIDDEN}, ${TIME} steps, batch ${BATCH}`;

const charInputs: readonly Input[] = [
  ints([TIME, BATCH], 0, VOCABULARY),
  ints([TIME * BATCH], 0, VOCABULARY),
  weights([VOCABULARY, EMBEDDING], 1),
  ...cellInputs(EMBEDDING),
  weights([VOCABULARY, HIDDEN], 1 / 16),
  weights([VOCABULARY], 1 / 16),
];

export const lstm: readonly Workload[] = [
  {
    name: `LSTM forward, ${size}`,
    inputs,
    dl: (x, ...cell) => {
      const steps = dlSteps(x);
      return () => dl.stack(dlLstm(steps, cell));
    },
    tfjs:
      (tf, x, ...cell) =>
      () =>
        tf.stack(tfLstm(tf, x, cell), 0),
    jax: (jax, x, ...cell) => {
      const forward = jax.jit((...all: readonly JaxArray[]) => jaxLstm(jax, all[0]!, all.slice(1)));
      return () => forward(x.ref, ...cell.map((value) => value.ref));
    },
    onnx: { graph: (g, x, ...cell) => onnxLstm(g, x!, cell) },
    torch: `${torchLstm}    return lambda: model(x)[0]`,
    isNetwork: true,
    tolerance: 1e-4,
  },
  {
    name: `LSTM training step, ${size}`,
    inputs,
    dl: (x, ...cell) => {
      const steps = dlSteps(x);
      for (const parameter of cell) dl.keep(parameter).requiresGrad = true;
      return dlStep(cell, () => dl.stack(dlLstm(steps, cell)).square().mean());
    },
    tfjs: (tf, x, ...cell) => {
      const variables = cell.map((value) => tf.variable(value));
      return tfStep(tf, () => tf.mean(tf.square(tf.stack(tfLstm(tf, x, variables), 0))));
    },
    jax: (jax, x, ...cell) =>
      jaxStep(jax, cell, (parameters) => {
        const y = jaxLstm(jax, x, parameters);
        return y.ref.mul(y).mean();
      }),
    torch: `${torchLstm}    return step(model.parameters(), lambda: (model(x)[0] ** 2).mean())`,
    isNetwork: true,
    compareAfter: 3,
    tolerance: 1e-4,
  },
  {
    name: `character LSTM training step with Adam, embedding ${EMBEDDING}, hidden ${HIDDEN}, ${TIME} steps, batch ${BATCH}`,
    inputs: charInputs,
    dl: (x, labels, ...parameters) => {
      for (const parameter of parameters) dl.keep(parameter).requiresGrad = true;
      const [table, ...rest] = parameters;
      const [cell, [weight, bias]] = [rest.slice(0, 4), rest.slice(4)];
      const steps = dlSteps(x);
      const loss = (): dl.Tensor => {
        const embedded = steps.map((characters) => dl.embedding(characters, table!));
        const h = dl.concat(dlLstm(embedded, cell));
        return dl.crossEntropy(dl.linear(h, weight!, bias), labels);
      };
      return dlStep(parameters, loss, new Adam(parameters));
    },
    // With one-hot rows and a product: its `wasm` backend has no gradient for looking up.
    tfjs: (tf, x, labels, ...values) => {
      const [table, ...rest] = values.map((value) => tf.variable(value));
      const [cell, [weight, bias]] = [rest.slice(0, 4), rest.slice(4)];
      const characters = tf.reshape(tf.oneHot(x, VOCABULARY), [TIME * BATCH, VOCABULARY]);
      const floatRows = tf.cast(characters, 'float32');
      const rows = tf.oneHot(labels, VOCABULARY);
      const loss = (): TfTensor => {
        const embedded = tf.reshape(tf.matMul(floatRows, table!), [TIME, BATCH, EMBEDDING]);
        const h = tf.reshape(tf.stack(tfLstm(tf, embedded, cell), 0), [TIME * BATCH, HIDDEN]);
        return tf.losses.softmaxCrossEntropy(rows, tfLinear(tf, h, weight!, bias!));
      };
      return tfStep(tf, loss, tf.train.adam(1e-3));
    },
    torch: `
def make(x, labels, *values):
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
    isNetwork: true,
    compareAfter: 3,
    tolerance: 1e-3,
  },
];
