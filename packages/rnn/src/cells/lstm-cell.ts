// LSTMCell: one step of long short-term memory.

import { checkCall, type Known } from '@dl/autograd';
import { Cell, type CellOptions, cellOptions } from '../core/cell.js';
import {
  checkForgetBias,
  type LSTMForm,
  type LSTMState,
  type LSTMWeights,
  lstmForm,
  lstmKind,
  startForgetting,
} from '../layers/lstm.js';

/** Options of {@link LSTMCell}. */
export interface LSTMCellOptions extends CellOptions, LSTMForm {}

const lstmCellOptions: Known<LSTMCellOptions> = { ...cellOptions, ...lstmForm };

/**
 * One step of {@link LSTM}, with peepholes or coupled gates if wanted: x [batch, inputSize] and a state { h, c }, each [batch, hiddenSize], give the next
 * state. Without a state it begins with zeros. The names of weights are PyTorch's, the gates in the order i, f, g, o.
 *
 * @throws ShapeError when the input is no step of inputSize features, or the state does not fit it.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { LSTMCell } from '@dl/rnn';
 * await useBackend(cpu());
 * const cell = new LSTMCell(3, 5, { forgetBias: 1 });
 * let state = cell.initialState(4);
 * for (let t = 0; t < 7; t++) state = cell.forward(randn([4, 3]), state);
 * console.log(state.h.shape, state.c.shape); // [4, 5] [4, 5]
 * ```
 */
export class LSTMCell extends Cell<LSTMState, LSTMWeights> {
  readonly peepholes: boolean;
  readonly coupled: boolean;

  constructor(inputSize: number, hiddenSize: number, options: LSTMCellOptions = {}) {
    checkCall('LSTMCell', arguments, ['inputSize', 'hiddenSize'], lstmCellOptions);
    const { peepholes = false, coupled = false, forgetBias, ...rest } = options;
    checkForgetBias('LSTMCell', forgetBias, rest.bias);
    super(inputSize, lstmKind('LSTMCell', { hiddenSize, projSize: 0 }, { peepholes, coupled }), rest);
    this.peepholes = peepholes;
    this.coupled = coupled;
    startForgetting(this, forgetBias);
  }
}
