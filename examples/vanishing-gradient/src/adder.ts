// A recurrent network that answers with one number at the end, and the adding task to train it on.

import { manualSeed, type Tensor, tensor } from '@dl/autograd';
import { addingTask, loader } from '@dl/data';
import { Linear, Module, mseLoss } from '@dl/layers';
import { Adam } from '@dl/optim';
import { GRU, gradientFlow, LSTM, RNN } from '@dl/rnn';
import { evaluate, fit } from '@dl/train';

const HIDDEN = 32;

export const networks = {
  tanh: () => new RNN(2, HIDDEN),
  LSTM: () => new LSTM(2, HIDDEN, { forgetBias: 1 }),
  GRU: () => new GRU(2, HIDDEN),
};
export type Kind = keyof typeof networks;
export const kinds = Object.keys(networks) as Kind[];

export class Adder extends Module {
  readonly network: RNN | LSTM | GRU;
  readonly out = new Linear(HIDDEN, 1);

  constructor(kind: Kind) {
    super();
    this.network = networks[kind]();
  }

  forward(x: Tensor): Tensor {
    const { h } = this.network.forward(x).state; // [1, batch, hidden]
    return this.out.forward(h.squeeze(0)); // [batch, 1]
  }
}

export interface Setting {
  /** Steps of a sequence. */
  readonly length: number;
  /** Training steps, of 32 sequences each. */
  readonly steps: number;
  readonly seed: number;
}

const BATCH = 32;

export function newAdder(kind: Kind, seed: number): Adder {
  manualSeed(seed);
  return new Adder(kind);
}

/** Trains a network on the adding task; its mean squared error on 500 other sequences, each time so many steps have gone by. */
export async function train(model: Adder, { length, steps, seed }: Setting, every = steps): Promise<number[]> {
  const optimizer = new Adam(model.parameters(), { lr: 0.01 });
  const task = {
    forward: ({ inputs }: { inputs: Tensor }) => model.forward(inputs),
    loss: (output: Tensor, { targets }: { targets: Tensor }) => mseLoss(output, targets),
  };
  const test = loader(addingTask(500, length, { seed: 1000 + seed }), { batchSize: 100 });
  const errors: number[] = [];
  for (let done = 0; done < steps; done += every) {
    // Sequences that were not seen before.
    const data = loader(addingTask(every * BATCH, length, { seed: seed + 10_000 * done }), { batchSize: BATCH });
    await fit(model, data, { optimizer, clipGradNorm: 1, ...task });
    errors.push((await evaluate(model, test, task)).loss);
  }
  optimizer.dispose();
  return errors;
}

/** The norm of the gradient at each of so many steps, as a share of that at the last one. */
export async function flowOver(model: Adder, length: number): Promise<number[]> {
  const { inputs, targets } = addingTask(32, length, { seed: 1 });
  const [x, y] = [tensor(inputs), tensor(targets)];
  const [flow] = await gradientFlow(model, () => mseLoss(model.forward(x), y));
  x.dispose();
  y.dispose();
  return flow!.norms.map((norm) => norm / flow!.norms.at(-1)!);
}
