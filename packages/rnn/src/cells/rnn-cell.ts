// RNNCell: one step of Elman's network.

import { checkCall, type Known } from '@dl/autograd';
import { Cell, type CellOptions, cellOptions } from '../core/cell.js';
import { type HiddenState, type RNNForm, rnnForm, rnnKind } from '../layers/rnn.js';

/** Options of {@link RNNCell}. */
export interface RNNCellOptions extends CellOptions, RNNForm {}

const rnnCellOptions: Known<RNNCellOptions> = { ...cellOptions, ...rnnForm };

/**
 * One step of {@link RNN}: x [batch, inputSize] and a state { h }, [batch, hiddenSize], give the next state. Without a state it begins with zeros. The names
 * of weights are PyTorch's, `weight_ih`, `weight_hh`, `bias_ih`, `bias_hh`.
 *
 * @throws ShapeError when the input is no step of inputSize features, or the state does not fit it.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { RNNCell } from '@dl/rnn';
 * await useBackend(cpu());
 * const cell = new RNNCell(3, 5);
 * let state = cell.initialState(4);
 * for (let t = 0; t < 7; t++) state = cell.forward(randn([4, 3]), state);
 * console.log(state.h.shape); // [4, 5]
 * ```
 */
export class RNNCell extends Cell<HiddenState> {
  readonly nonlinearity: 'tanh' | 'relu';

  constructor(inputSize: number, hiddenSize: number, options: RNNCellOptions = {}) {
    checkCall('RNNCell', arguments, ['inputSize', 'hiddenSize'], rnnCellOptions);
    const { nonlinearity = 'tanh', ...rest } = options;
    super(inputSize, rnnKind('RNNCell', hiddenSize, { nonlinearity }), rest);
    this.nonlinearity = nonlinearity;
  }
}
