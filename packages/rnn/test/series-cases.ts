// The lines of the test of every module: models of series, and what carries states along streams.

import { noGrad, scope, tensor } from '@dl/autograd';
import { filled, type ModuleCase } from '../../layers/test/module-case.js';
import * as rnn from '../src/index.js';

const perceptron = (from: number, hidden: number, to: number): string =>
  `Sequential(\n    (0): Linear(${from}, ${hidden})\n    (1): Tanh()\n    (2): Linear(${hidden}, ${to})\n  )`;

export const seriesCases: Readonly<Record<string, readonly ModuleCase[]>> = {
  NARMA: [
    {
      make: (o) => new rnn.NARMA(3, { outputTaps: 2, ...o }),
      input: [2, 4, 1],
      gives: [[2, 2, 1]],
      prints: `NARMA(\n  3, outputTaps=2\n  (network): ${perceptron(2, 3, 1)}\n)`,
    },
    {
      make: (o) => new rnn.NARMA(3, { outputTaps: 1, inputTaps: 2, inputSize: 2, outputSize: 2, ...o }),
      input: [2, 4, 2],
      gives: [[2, 2, 2]],
      more: (dtype) => [filled([2, 4, 2], dtype)],
      summarized: [
        [2, 4, 2],
        [2, 4, 2],
      ],
      prints: `NARMA(\n  3, inputTaps=2, outputSize=2, inputSize=2\n  (network): ${perceptron(6, 3, 2)}\n)`,
    },
  ],
  StateSpace: [
    {
      make: (o) => {
        const model = new rnn.StateSpace(2, { hiddenSize: 3, ...o });
        // Of zeros, nobody would see what they are multiplied by.
        scope(() => {
          noGrad(() => model.start.assign(filled([2], o.dtype)));
        });
        return model;
      },
      input: [2, 3, 1],
      gives: [
        [2, 3, 1],
        [2, 2],
      ],
      prints: `StateSpace(\n  2, hiddenSize=3\n  (transition): ${perceptron(3, 3, 2)}\n  (observation): ${perceptron(2, 3, 1)}\n)`,
    },
  ],
  Stateful: [
    {
      make: (o) => new rnn.Stateful(new rnn.RNN(2, 3, o), 2),
      input: [2, 3, 2],
      gives: [[2, 3, 3]],
      // All streams begin with each piece: the test asks for the same outputs of the same input.
      more: () => [tensor([true, true])],
      // What they begin with is 0, and NaN · 0 is NaN.
      reach: { spreads: (place) => place === 'network.weight_hh_l0' },
      // The state that it began with, which a checkpoint goes back to.
      leaves: 1,
      prints: 'Stateful(\n  streams=2\n  (network): RNN(2, 3)\n)',
    },
  ],
};
