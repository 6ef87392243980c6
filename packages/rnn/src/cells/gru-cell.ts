// GRUCell: one step of a gated recurrent unit.

import { checkCall, type GruForm, type Known } from '@dl/autograd';
import { Cell, type CellOptions, cellOptions } from '../core/cell.js';
import { gruForm, gruKind } from '../layers/gru.js';
import type { HiddenState } from '../layers/rnn.js';

/** Options of {@link GRUCell}. */
export interface GRUCellOptions extends CellOptions, GruForm {}

const gruCellOptions: Known<GRUCellOptions> = { ...cellOptions, ...gruForm };

/**
 * One step of {@link GRU}, in any of its forms: x [batch, inputSize] and a state { h }, [batch, hiddenSize], give the next state. Without a state it begins
 * with zeros. The names of weights are PyTorch's, the gates in the order r, z, n.
 *
 * @throws ShapeError when the input is no step of inputSize features, or the state does not fit it.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { GRUCell } from '@dl/rnn';
 * await useBackend(cpu());
 * const cell = new GRUCell(3, 5, { reset: 'before', update: 'take' });
 * const first = cell.forward(randn([4, 3]));
 * console.log(cell.forward(randn([4, 3]), first).h.shape); // [4, 5]
 * ```
 */
export class GRUCell extends Cell<HiddenState> {
  readonly reset: 'after' | 'before';
  readonly update: 'keep' | 'take';

  constructor(inputSize: number, hiddenSize: number, options: GRUCellOptions = {}) {
    checkCall('GRUCell', arguments, ['inputSize', 'hiddenSize'], gruCellOptions);
    const { reset = 'after', update = 'keep', ...rest } = options;
    super(inputSize, gruKind('GRUCell', hiddenSize, { reset, update }), rest);
    this.reset = reset;
    this.update = update;
  }
}
