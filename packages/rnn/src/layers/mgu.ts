// MGU: the minimal gated unit.

import { checkCall, checkInteger, concat, gruSequence, type Known, linear, type Tensor } from '@dl/autograd';
import { Cell, type CellOptions, cellOptions } from '../core/cell.js';
import type { Kind } from '../core/kind.js';
import { Stacked, type StackOptions, stackOptions } from '../core/stacked.js';
import type { HiddenState } from './rnn.js';

/** The weights of a layer of a network that has one bias. */
export interface SingleBiasWeights {
  readonly weightIh: Tensor;
  readonly weightHh: Tensor;
  readonly bias?: Tensor;
}

/** Options of {@link MGU}. */
export interface MGUOptions extends StackOptions {}

/** Options of {@link MGUCell}. */
export interface MGUCellOptions extends CellOptions {}

const mguOptions: Known<MGUOptions> = stackOptions;
const mguCellOptions: Known<MGUCellOptions> = cellOptions;

function mguKind(name: string, hiddenSize: number): Kind<HiddenState, SingleBiasWeights> {
  checkInteger(name, 'hiddenSize', hiddenSize, 1);
  return {
    name: 'MGU',
    hiddenSize,
    size: hiddenSize,
    fanIn: hiddenSize,
    axes: ['features'],
    weights: (inputSize, bias) => ({
      weightIh: { shape: [2 * hiddenSize, inputSize] },
      weightHh: { shape: [2 * hiddenSize, hiddenSize] },
      ...(bias && { bias: { shape: [2 * hiddenSize] } }),
    }),
    states: () => ({ h: [hiddenSize] }),
    run: (x, { weightIh, weightHh, bias }, state, run) => {
      // A GRU whose reset and update gate are one: f stands for both.
      const forBoth = (w: Tensor): Tensor => concat([w.slice([[0, hiddenSize]]), w]);
      const { y, h } = gruSequence(linear(x, forBoth(weightIh), bias && forBoth(bias)), forBoth(weightHh), {
        ...run,
        reset: 'before',
        update: 'take',
        ...(state.h && { h0: state.h }),
      });
      return { y, state: { h } };
    },
  };
}

/**
 * The minimal gated unit, a GRU with one gate for both of its: f = σ(W_if x + W_hf h(t-1) + b_f), n = tanh(W_in x + W_hn (f ⊙ h(t-1)) + b_n),
 * h(t) = (1 - f) ⊙ h(t-1) + f ⊙ n, over sequences [batch, time, inputSize] (Zhou et al., "Minimal gated unit for recurrent neural networks", 2016). `output`
 * [batch, time, directions · hiddenSize] has the states of the last layer at each step, `state.h` [layers · directions, batch, hiddenSize] those of all layers
 * at the end. Weights `weight_ih_l0` [2 · hiddenSize, inputSize], `weight_hh_l0` and `bias_l0` have the rows f, n, and start uniform on ±1/√hiddenSize.
 *
 * @throws ShapeError when the input is no batch of sequences of inputSize features, or the state or lengths do not fit it.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { MGU } from '@dl/rnn';
 * await useBackend(cpu());
 * const { output, state } = new MGU(3, 5, { bidirectional: true }).forward(randn([4, 7, 3]), { lengths: [7, 1, 3, 7] });
 * console.log(output.shape, state.h.shape); // [4, 7, 10] [2, 4, 5]
 * ```
 */
export class MGU extends Stacked<HiddenState, SingleBiasWeights> {
  constructor(inputSize: number, hiddenSize: number, options: MGUOptions = {}) {
    checkCall('MGU', arguments, ['inputSize', 'hiddenSize'], mguOptions);
    super(inputSize, mguKind('MGU', hiddenSize), options);
  }
}

/**
 * One step of {@link MGU}: x [batch, inputSize] and a state { h }, [batch, hiddenSize], give the next state. Without a state it begins with zeros.
 *
 * @throws ShapeError when the input is no step of inputSize features, or the state does not fit it.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { MGUCell } from '@dl/rnn';
 * await useBackend(cpu());
 * const cell = new MGUCell(3, 5);
 * console.log(cell.forward(randn([4, 3]), cell.initialState(4)).h.shape); // [4, 5]
 * ```
 */
export class MGUCell extends Cell<HiddenState, SingleBiasWeights> {
  constructor(inputSize: number, hiddenSize: number, options: MGUCellOptions = {}) {
    checkCall('MGUCell', arguments, ['inputSize', 'hiddenSize'], mguCellOptions);
    super(inputSize, mguKind('MGUCell', hiddenSize), options);
  }
}
