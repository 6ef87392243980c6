// Three models of a series that is scaled: AR by least squares, NARMA and an LSTM by gradients.

import { noGrad, scope, type Tensor, tensor } from '@dl/autograd';
import { bpttLoader, loader, windows } from '@dl/data';
import { Linear, Module } from '@dl/layers';
import { Adam } from '@dl/optim';
import { AR, LSTM, type LSTMState, NARMA, Stateful } from '@dl/rnn';
import { fit } from '@dl/train';

/** A model that has learned: of a past, it says the `steps` values that follow. */
export type Forecast = (past: Float64Array, steps: number) => number[];

const squared = (output: Tensor, { targets }: { readonly targets: Tensor }): Tensor =>
  output.sub(targets).square().mean();

const floats = (values: Float64Array): Tensor => tensor(Float32Array.from(values)).reshape([1, values.length, 1]); // [batch, time, features]

/** The last p values, weighted. */
export function ar(train: Float64Array, taps: number): Forecast {
  const model = new AR(taps).fit(train);
  return (past, steps) => Array.from(model.forecast(past, steps));
}

/** The last p values through a multilayer perceptron, which learns to say the next one. */
export async function narma(train: Float64Array, taps: number, epochs: number): Promise<Forecast> {
  const model = new NARMA(16, { outputTaps: taps });
  const series = { data: Float32Array.from(train), shape: [train.length, 1] };
  await fit(model, loader(windows(series, { taps }), { batchSize: 32, shuffle: true }), {
    forward: ({ inputs }) => model.forecast(inputs, 1),
    loss: squared,
    optimizer: new Adam(model.parameters(), { lr: 0.005 }),
    epochs,
  });
  return (past, steps) =>
    scope(() => noGrad(() => Array.from(model.forecast(floats(past.slice(-taps)), steps).dataSync(), Number)));
}

class NextValue extends Module {
  readonly memory = new Stateful(new LSTM(1, 24), 1);
  readonly head = new Linear(24, 1);

  forward({ inputs, starts }: { readonly inputs: Tensor; readonly starts: Tensor }): Tensor {
    return this.head.forward(this.memory.forward(inputs, starts));
  }

  /** Runs freely: each value that it says is what it sees next. */
  forecast(past: Tensor, steps: number): number[] {
    const said: number[] = [];
    let x = past;
    let state: LSTMState | undefined;
    for (let step = 0; step < steps; step++) {
      const run = this.memory.network.forward(x, state && { state });
      x = this.head.forward(run.output.slice([null, [-1]])); // [1, 1, 1]
      state = run.state as LSTMState;
      said.push(x.item());
    }
    return said;
  }
}

/** Sees one value at a time and remembers what it wants to; learns in pieces of 36 steps, its state going on from one to the next. */
export async function lstm(train: Float64Array, epochs: number): Promise<Forecast> {
  const model = new NextValue();
  const series = { data: Float32Array.from(train), shape: [train.length, 1] };
  await fit(model, bpttLoader(series, { streams: 1, steps: 36 }), {
    forward: (batch) => model.forward(batch),
    loss: squared,
    optimizer: new Adam(model.parameters(), { lr: 0.005 }),
    clipGradNorm: 1,
    epochs,
  });
  return (past, steps) => scope(() => noGrad(() => model.forecast(floats(past), steps)));
}
