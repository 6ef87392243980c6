// Small networks of each kind, and all that a training step of them gives: for backends, engines and numbers of threads.

import { type DType, manualSeed, randn, scope, type Tensor } from '@dl/autograd';
import { GRU, LSTM, RNN } from '@dl/rnn';

type Options = Readonly<{ dtype: DType }>;
type Network = RNN | LSTM | GRU;
export interface Sizes {
  readonly batch: number;
  readonly time: number;
  readonly input: number;
  readonly hidden: number;
}

const twice = { numLayers: 2, bidirectional: true } as const;

export const kinds: Readonly<Record<string, (input: number, hidden: number, options: Options) => Network>> = {
  RNN: (input, hidden, options) => new RNN(input, hidden, { ...twice, ...options }),
  'RNN with ReLU': (input, hidden, options) => new RNN(input, hidden, { ...twice, nonlinearity: 'relu', ...options }),
  LSTM: (input, hidden, options) => new LSTM(input, hidden, { ...twice, ...options }),
  'LSTM with peepholes': (input, hidden, options) => new LSTM(input, hidden, { ...twice, peepholes: true, ...options }),
  'LSTM with a projection': (input, hidden, options) =>
    new LSTM(input, hidden, { ...twice, projSize: Math.ceil(hidden / 2), ...options }),
  GRU: (input, hidden, options) => new GRU(input, hidden, { ...twice, ...options }),
  'GRU of Cho et al.': (input, hidden, options) =>
    new GRU(input, hidden, { ...twice, reset: 'before', update: 'take', ...options }),
};

/**
 * On the backend that is in use, with sequences of their own lengths that begin with a state: outputs, final states, and the gradients of the input, the
 * states and all weights, by name. The numbers are the same for each backend and dtype.
 */
export function trainingStep(
  kind: string,
  { batch, time, input, hidden }: Sizes,
  dtype: DType,
): Record<string, Tensor> {
  return scope(() => {
    manualSeed(1);
    const network = kinds[kind]!(input, hidden, { dtype });
    const drawn = (shape: readonly number[]): Tensor => randn(shape).cast(dtype).detach();
    const leaf = (shape: readonly number[]): Tensor => {
      const value = drawn(shape);
      value.requiresGrad = true;
      return value;
    };
    const lengths = Array.from({ length: batch }, (_, i) => 1 + ((time - 1 + i * 5) % time));
    const x = leaf([batch, time, input]);
    const state = Object.fromEntries(
      Object.entries(network.kind.states([input])).map(([name, shape]) => [name, leaf([4, batch, ...shape])]),
    );
    const forward = network.forward.bind(network) as (x: Tensor, input: object) => { output: Tensor; state: object };
    const { output, state: last } = forward(x, { state, lengths });
    const results = [output, ...(Object.values(last) as Tensor[])];
    results
      .map((y) => y.mul(drawn(y.shape)).sum())
      .reduce((sum, term) => sum.add(term))
      .backward();
    const gradients = [['x', x], ...Object.entries(state), ...network.namedParameters()] as const;
    return {
      output,
      ...Object.fromEntries(Object.entries(last).map(([name, value]) => [`last ${name}`, value as Tensor])),
      ...Object.fromEntries(gradients.map(([name, { grad }]) => [`gradient of ${name}`, grad!.detach()])),
    };
  });
}
