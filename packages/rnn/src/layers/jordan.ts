// Jordan's network, which is given back what it gave out.

import { checkCall, checkInteger, type Known, linear, type Tensor, zeros } from '@dl/autograd';
import { Cell, type CellOptions, cellOptions } from '../core/cell.js';
import type { Kind } from '../core/kind.js';
import { Stacked, type StackOptions, stackOptions } from '../core/stacked.js';
import { overSteps } from '../core/steps.js';

/** What a {@link JordanRNN} remembers: what it gave out last. */
export type JordanState = {
  /** [layers · directions, batch, outputSize]; of a cell [batch, outputSize]. */
  readonly y: Tensor;
};

/** The weights of a layer of a {@link JordanRNN}. */
export interface JordanWeights {
  readonly weightIh: Tensor;
  /** From the former output to the hidden units. */
  readonly weightYh: Tensor;
  readonly bias?: Tensor;
  readonly weightHy: Tensor;
  readonly biasY?: Tensor;
}

const activations = {
  linear: (x: Tensor): Tensor => x,
  tanh: (x: Tensor): Tensor => x.tanh(),
  sigmoid: (x: Tensor): Tensor => x.sigmoid(),
  relu: (x: Tensor): Tensor => x.relu(),
};

interface JordanForm {
  /** What follows the sum of a hidden unit. Default `tanh`. */
  readonly nonlinearity?: 'tanh' | 'sigmoid' | 'relu';
  /** What follows the sum of an output. Default `linear`: nothing. */
  readonly outputNonlinearity?: 'linear' | 'tanh' | 'sigmoid';
}

/** Options of {@link JordanRNN}. */
export interface JordanRNNOptions extends StackOptions, JordanForm {}

/** Options of {@link JordanRNNCell}. */
export interface JordanRNNCellOptions extends CellOptions, JordanForm {}

const jordanForm: Known<JordanForm> = {
  nonlinearity: ['tanh', 'sigmoid', 'relu'],
  outputNonlinearity: ['linear', 'tanh', 'sigmoid'],
};
const jordanOptions: Known<JordanRNNOptions> = { ...stackOptions, ...jordanForm };
const jordanCellOptions: Known<JordanRNNCellOptions> = { ...cellOptions, ...jordanForm };

function jordanKind(
  name: string,
  hiddenSize: number,
  outputSize: number,
  { nonlinearity, outputNonlinearity }: Required<JordanForm>,
): Kind<JordanState, JordanWeights> {
  checkInteger(name, 'hiddenSize', hiddenSize, 1);
  checkInteger(name, 'outputSize', outputSize, 1);
  const [f, g] = [activations[nonlinearity], activations[outputNonlinearity]];
  return {
    name: 'JordanRNN',
    hiddenSize,
    size: outputSize,
    fanIn: hiddenSize,
    axes: ['features'],
    weights: (inputSize, bias) => ({
      weightIh: { shape: [hiddenSize, inputSize] },
      weightYh: { shape: [hiddenSize, outputSize] },
      ...(bias && { bias: { shape: [hiddenSize] } }),
      weightHy: { shape: [outputSize, hiddenSize] },
      ...(bias && { biasY: { shape: [outputSize] } }),
    }),
    states: () => ({ y: [outputSize] }),
    run: (x, w, { y }, run) => {
      const sums = linear(x, w.weightIh, w.bias); // [batch, time, hiddenSize]
      const first = y ?? zeros([x.shape[0]!, outputSize], { dtype: x.dtype, backend: x.backend });
      return overSteps<JordanState>(sums, { y: first }, run, (fromInput, former) => {
        const hidden = f(fromInput.add(linear(former.y, w.weightYh)));
        return { y: g(linear(hidden, w.weightHy, w.biasY)) };
      });
    },
    shown: { nonlinearity: [nonlinearity, 'tanh'], outputNonlinearity: [outputNonlinearity, 'linear'] },
    sizes: [outputSize],
  };
}

/**
 * Jordan's network, whose outputs are what it remembers: h(t) = f(W_ih x(t) + W_yh y(t-1) + b), y(t) = g(W_hy h(t) + b_y), over sequences
 * [batch, time, inputSize] (Jordan, "Serial order: a parallel distributed processing approach", 1986). `output` [batch, time, directions · outputSize] has y of the last
 * layer at each step, `state.y` [layers · directions, batch, outputSize] that of all layers at the end. To force a teacher, give its outputs as `state`, a step at a
 * time. All weights start uniform on ±1/√hiddenSize. It runs step by step, which takes more time than {@link RNN}.
 *
 * @throws ShapeError when the input is no batch of sequences of inputSize features, or the state or lengths do not fit it.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { JordanRNN } from '@dl/rnn';
 * await useBackend(cpu());
 * const network = new JordanRNN(3, 16, 2, { outputNonlinearity: 'sigmoid' });
 * const { output, state } = network.forward(randn([4, 7, 3]));
 * console.log(output.shape, state.y.shape); // [4, 7, 2] [1, 4, 2]
 * ```
 */
export class JordanRNN extends Stacked<JordanState, JordanWeights> {
  readonly outputSize: number;

  constructor(inputSize: number, hiddenSize: number, outputSize: number, options: JordanRNNOptions = {}) {
    checkCall('JordanRNN', arguments, ['inputSize', 'hiddenSize', 'outputSize'], jordanOptions);
    const { nonlinearity = 'tanh', outputNonlinearity = 'linear', ...rest } = options;
    super(inputSize, jordanKind('JordanRNN', hiddenSize, outputSize, { nonlinearity, outputNonlinearity }), rest);
    this.outputSize = outputSize;
  }
}

/**
 * One step of {@link JordanRNN}: x [batch, inputSize] and a state { y }, [batch, outputSize], give the next state. Without a state it begins with zeros.
 *
 * @throws ShapeError when the input is no step of inputSize features, or the state does not fit it.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { JordanRNNCell } from '@dl/rnn';
 * await useBackend(cpu());
 * const cell = new JordanRNNCell(3, 16, 2);
 * console.log(cell.forward(randn([4, 3]), cell.initialState(4)).y.shape); // [4, 2]
 * ```
 */
export class JordanRNNCell extends Cell<JordanState, JordanWeights> {
  readonly outputSize: number;

  constructor(inputSize: number, hiddenSize: number, outputSize: number, options: JordanRNNCellOptions = {}) {
    checkCall('JordanRNNCell', arguments, ['inputSize', 'hiddenSize', 'outputSize'], jordanCellOptions);
    const { nonlinearity = 'tanh', outputNonlinearity = 'linear', ...rest } = options;
    super(inputSize, jordanKind('JordanRNNCell', hiddenSize, outputSize, { nonlinearity, outputNonlinearity }), rest);
    this.outputSize = outputSize;
  }
}
