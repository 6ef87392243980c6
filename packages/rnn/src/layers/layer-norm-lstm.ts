// LayerNormLSTM: long short-term memory, normalised within each step.

import { checkCall, checkInteger, type Known, layerNorm, linear, split, type Tensor, zeros } from '@dl/autograd';
import { Cell, type CellOptions, cellOptions } from '../core/cell.js';
import type { Kind } from '../core/kind.js';
import { Stacked, type StackOptions, stackOptions } from '../core/stacked.js';
import { overSteps } from '../core/steps.js';
import type { LSTMState } from './lstm.js';

/** The weights of a layer of a {@link LayerNormLSTM}. */
export interface LayerNormLSTMWeights {
  readonly weightIh: Tensor;
  readonly weightHh: Tensor;
  readonly gainIh: Tensor;
  readonly gainHh: Tensor;
  readonly gainC: Tensor;
  readonly bias?: Tensor;
  readonly biasC?: Tensor;
}

interface NormForm {
  /** What is added to a variance before its root is taken. Default 1e-5. */
  readonly eps?: number;
}

/** Options of {@link LayerNormLSTM}. */
export interface LayerNormLSTMOptions extends StackOptions, NormForm {}

/** Options of {@link LayerNormLSTMCell}. */
export interface LayerNormLSTMCellOptions extends CellOptions, NormForm {}

const normForm: Known<NormForm> = { eps: 'number' };
const layerNormOptions: Known<LayerNormLSTMOptions> = { ...stackOptions, ...normForm };
const layerNormCellOptions: Known<LayerNormLSTMCellOptions> = { ...cellOptions, ...normForm };

function layerNormKind(
  name: string,
  hiddenSize: number,
  { eps = 1e-5 }: NormForm,
): Kind<LSTMState, LayerNormLSTMWeights> {
  checkInteger(name, 'hiddenSize', hiddenSize, 1);
  const rows = 4 * hiddenSize;
  return {
    name: 'LayerNormLSTM',
    hiddenSize,
    size: hiddenSize,
    fanIn: hiddenSize,
    axes: ['features'],
    weights: (inputSize, bias) => ({
      weightIh: { shape: [rows, inputSize] },
      weightHh: { shape: [rows, hiddenSize] },
      gainIh: { shape: [rows], start: 1 },
      gainHh: { shape: [rows], start: 1 },
      gainC: { shape: [hiddenSize], start: 1 },
      ...(bias && { bias: { shape: [rows], start: 0 }, biasC: { shape: [hiddenSize], start: 0 } }),
    }),
    states: () => ({ h: [hiddenSize], c: [hiddenSize] }),
    run: (x, w, { h, c }, run) => {
      const norm = (z: Tensor, weight: Tensor, bias?: Tensor): Tensor =>
        layerNorm(z, weight.shape, { weight, eps, ...(bias && { bias }) });
      const gates = norm(linear(x, w.weightIh), w.gainIh, w.bias); // [batch, time, 4 · hiddenSize]
      const first = (): Tensor => zeros([x.shape[0]!, hiddenSize], { dtype: x.dtype, backend: x.backend });
      return overSteps<LSTMState>(gates, { h: h ?? first(), c: c ?? first() }, run, (fromInput, former) => {
        const all = fromInput.add(norm(linear(former.h, w.weightHh), w.gainHh));
        const [i, f, g, o] = split(all, hiddenSize, 1) as [Tensor, Tensor, Tensor, Tensor];
        const cell = f.sigmoid().mul(former.c).add(i.sigmoid().mul(g.tanh()));
        return { h: o.sigmoid().mul(norm(cell, w.gainC, w.biasC).tanh()), c: cell };
      });
    },
    shown: { eps: [eps, 1e-5] },
  };
}

/**
 * Long short-term memory with layer normalisation: [i f g o] = LN(W_ih x(t)) ⊙ α_ih + LN(W_hh h(t-1)) ⊙ α_hh + b,
 * c(t) = σ(f) ⊙ c(t-1) + σ(i) ⊙ tanh(g) and h(t) = σ(o) ⊙ tanh(LN(c(t)) ⊙ α_c + b_c), over sequences [batch, time, inputSize], where LN takes the mean off and
 * divides by the standard deviation, over all four gates together (Ba et al., "Layer normalization", 2016; its two biases within the sum are one here, b). `output`
 * has h of the last layer at each step, `state` h and c of all layers at the end. Weights `weight_ih_l0` and `weight_hh_l0` have the rows i, f, g, o and start uniform on
 * ±1/√hiddenSize, `gain_ih_l0`, `gain_hh_l0` and `gain_c_l0` with 1, `bias_l0` and `bias_c_l0` with 0. It runs step by step, which takes more time than {@link LSTM}.
 *
 * @throws ShapeError when the input is no batch of sequences of inputSize features, or the state or lengths do not fit it.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { LayerNormLSTM } from '@dl/rnn';
 * await useBackend(cpu());
 * const { output, state } = new LayerNormLSTM(3, 5, { numLayers: 2 }).forward(randn([4, 7, 3]));
 * console.log(output.shape, state.c.shape); // [4, 7, 5] [2, 4, 5]
 * ```
 */
export class LayerNormLSTM extends Stacked<LSTMState, LayerNormLSTMWeights> {
  readonly eps: number;

  constructor(inputSize: number, hiddenSize: number, options: LayerNormLSTMOptions = {}) {
    checkCall('LayerNormLSTM', arguments, ['inputSize', 'hiddenSize'], layerNormOptions);
    const { eps = 1e-5, ...rest } = options;
    super(inputSize, layerNormKind('LayerNormLSTM', hiddenSize, { eps }), rest);
    this.eps = eps;
  }
}

/**
 * One step of {@link LayerNormLSTM}: x [batch, inputSize] and a state { h, c }, each [batch, hiddenSize], give the next state. Without a state it begins with zeros.
 *
 * @throws ShapeError when the input is no step of inputSize features, or the state does not fit it.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { LayerNormLSTMCell } from '@dl/rnn';
 * await useBackend(cpu());
 * const cell = new LayerNormLSTMCell(3, 5);
 * console.log(cell.forward(randn([4, 3]), cell.initialState(4)).c.shape); // [4, 5]
 * ```
 */
export class LayerNormLSTMCell extends Cell<LSTMState, LayerNormLSTMWeights> {
  readonly eps: number;

  constructor(inputSize: number, hiddenSize: number, options: LayerNormLSTMCellOptions = {}) {
    checkCall('LayerNormLSTMCell', arguments, ['inputSize', 'hiddenSize'], layerNormCellOptions);
    const { eps = 1e-5, ...rest } = options;
    super(inputSize, layerNormKind('LayerNormLSTMCell', hiddenSize, { eps }), rest);
    this.eps = eps;
  }
}
