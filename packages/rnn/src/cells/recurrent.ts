// Recurrent: any cell over whole sequences.

import {
  ArgumentError,
  checkCall,
  formatShape,
  type Known,
  type Shape,
  ShapeError,
  scope,
  shown,
  type Tensor,
} from '@dl/autograd';
import { formatArguments, isModule, Module, needTensor, type Reach, tidied } from '@dl/layers';
import type { RecurrentCell } from '../core/cell.js';
import type { States } from '../core/kind.js';
import { checkLengths } from '../core/lengths.js';
import { type SequenceInput, type SequenceOutput, Stacked, sequenceInput } from '../core/stacked.js';
import { overSteps } from '../core/steps.js';

/** Options of {@link Recurrent}. */
export interface RecurrentOptions {
  /** Go from each sequence's own end to its begin. Default false. */
  readonly reverse?: boolean;
}

const recurrentOptions: Known<RecurrentOptions> = { reverse: 'boolean' };

/**
 * Runs a cell over sequences [batch, time, …], one of this package or one of your own: a module whose `forward(x, state)` takes one step and gives the next state, a
 * record of tensors [batch, …], and whose `initialState(batch, step)` gives the first one. `output` [batch, time, …] has the first tensor of the record at each
 * step, `state` is the last one, without an axis for layers. With `lengths`, outputs beyond the end of a sequence are 0, its state is that of its own last step, and a step
 * gets only the rows that count there, the longest sequence first.
 *
 * Step by step is slower than the networks of this package, which are one op for a whole sequence.
 *
 * @throws ShapeError when the input is no batch of sequences, or lengths do not fit it.
 * @throws ArgumentError for what is no cell.
 *
 * @example
 * ```ts
 * import { randn, type Tensor, useBackend, zeros } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Linear, Module } from '@dl/layers';
 * import { Recurrent } from '@dl/rnn';
 * await useBackend(cpu());
 *
 * class LeakyCell extends Module {
 *   readonly from = new Linear(3, 5);
 *
 *   forward(x: Tensor, state = this.initialState(x.shape[0]!)) {
 *     return { h: state.h.mul(0.9).add(this.from.forward(x).tanh()) };
 *   }
 *
 *   initialState(batch: number) {
 *     return { h: zeros([batch, 5]) };
 *   }
 * }
 *
 * const { output, state } = new Recurrent(new LeakyCell(), { reverse: true }).forward(randn([2, 7, 3]), { lengths: [7, 4] });
 * console.log(output.shape, state.h.shape); // [2, 7, 5] [2, 5]
 * ```
 */
export class Recurrent<State extends States> extends Module<
  [x: Tensor, input?: SequenceInput<State>],
  SequenceOutput<State>
> {
  readonly cell: RecurrentCell<State>;
  readonly reverse: boolean;

  constructor(cell: RecurrentCell<State>, options: RecurrentOptions = {}) {
    checkCall('Recurrent', arguments, ['cell'], recurrentOptions);
    super();
    const isCell = isModule(cell) && typeof (cell as Partial<RecurrentCell>).initialState === 'function';
    if (!isCell || cell instanceof Stacked || cell instanceof Recurrent) {
      throw new ArgumentError(
        `Recurrent: the cell is ${isModule(cell) ? `a ${(cell as object).constructor.name}` : shown(cell)}, needs a module of one step with initialState(batch), such as new GRUCell(3, 5)`,
      );
    }
    this.cell = cell;
    this.reverse = options.reverse ?? false;
  }

  /** How many features the cell takes at each step, where it says so. */
  get inputSize(): number | undefined {
    return (this.cell as { readonly inputSize?: number }).inputSize;
  }

  /** How many features it gives out at each step. */
  get outFeatures(): number {
    return scope(() => Object.values(this.initialState(1))[0]!.shape[1]!);
  }

  /** The axis of a state along which the sequences of a batch stand. */
  get batchAxis(): number {
    return 0;
  }

  /** What the cell begins with, for so many sequences with steps of this shape. */
  initialState(batch: number, step?: Shape): State {
    return this.cell.initialState(batch, step);
  }

  forward(x: Tensor, input: SequenceInput<State> = {}): SequenceOutput<State> {
    checkCall('Recurrent', arguments, ['x'], sequenceInput);
    needTensor('Recurrent', x);
    if (x.rank < 3) {
      throw new ShapeError(
        `Recurrent: input is ${formatShape(x.shape)}, needs [batch, time, …], whole sequences; one step is what its cell takes`,
      );
    }
    const [batch, time, ...step] = x.shape as readonly [number, number, ...Shape];
    if (time === 0) throw new ShapeError(`Recurrent: input is ${formatShape(x.shape)}, needs at least one step`);
    const { state, lengths } = input;
    if (lengths !== undefined) checkLengths('Recurrent', lengths, batch, time);
    for (const [key, value] of Object.entries(state ?? {})) {
      needTensor(`Recurrent: the state's ${key}`, value);
      if (value.shape[0] === batch) continue;
      throw new ShapeError(
        `Recurrent: the state's ${key} is ${formatShape(value.shape)}, needs [${batch}, …], a row for each sequence`,
      );
    }
    return tidied(
      () => {
        const order = { reverse: this.reverse, ...(lengths && { lengths }) };
        const first = state ?? this.cell.initialState(batch, step);
        const { y, state: last } = overSteps<State>(x, first, order, (at, before) => this.cell.forward(at, before));
        return { output: y, state: last };
      },
      ({ output, state }) => [output, ...Object.values(state)],
    );
  }

  /** Any step may see all others. */
  override reach(): Reach {
    return 'all';
  }

  override describe(): string {
    return formatArguments([], { reverse: [this.reverse, false] });
  }
}
