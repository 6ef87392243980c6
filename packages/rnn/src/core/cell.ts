// Cells: one step of a kind of layer, for loops that are written by hand.

import { checkCall, checkInteger, type Known, type Shape, type Tensor, unsqueeze } from '@dl/autograd';
import { formatArguments, Module, type ParameterOptions, parameterOptions, tidied } from '@dl/layers';
import { zeroState } from './initial-state.js';
import { checkState, checkSteps, type Kind, type LayerWeights, makeWeights, productsOf, type States } from './kind.js';

/** Options of every cell. */
export interface CellOptions extends ParameterOptions {
  /** Add biases. Default true. */
  readonly bias?: boolean;
}

export const cellOptions: Known<CellOptions> = { bias: 'boolean', ...parameterOptions };

/** What `Recurrent` runs over sequences: a module of one step, that says what it begins with. */
export interface RecurrentCell<State extends States = States>
  extends Module<[x: Tensor, state?: NoInfer<State>], State> {
  /** The state before the first step, for so many sequences with steps of this shape. */
  initialState(batch: number, step?: Shape): State;
}

/**
 * Base of the cells: one step of a network, with its weights under PyTorch's names. `RNNCell`, `LSTMCell` and the others say of which kind; `forward(x, state)`
 * takes a step x [batch, features] and gives the next state as a record, `initialState(batch)` the first one, zeros.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Cell, GRUCell, LSTMCell } from '@dl/rnn';
 * await useBackend(cpu());
 * for (const cell of [new LSTMCell(3, 5), new GRUCell(3, 5)]) {
 *   console.log(cell instanceof Cell, cell.forward(randn([4, 3])).h.shape); // true [4, 5]
 * }
 * ```
 */
export abstract class Cell<State extends States = States, Weights extends object = LayerWeights>
  extends Module<[x: Tensor, state?: State], State>
  implements RecurrentCell<State>
{
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly bias: boolean;
  /** All weights in PyTorch's order. {@link weightsOf} has them by name. */
  readonly weights: readonly Tensor[];
  readonly #kind: Kind<State, Weights>;
  readonly #keys: readonly string[];

  protected constructor(inputSize: number, kind: Kind<State, Weights>, { bias = true, ...made }: CellOptions) {
    super();
    this.inputSize = checkInteger(`${kind.name}Cell`, 'inputSize', inputSize, 1);
    this.hiddenSize = kind.hiddenSize;
    this.bias = bias;
    this.#kind = kind;
    this.#keys = Object.keys(kind.weights(inputSize, bias));
    this.weights = makeWeights(kind, inputSize, bias, '', made);
  }

  /** The weights by name. */
  weightsOf(): Weights {
    return Object.fromEntries(this.#keys.map((key, i) => [key, this.weights[i]!])) as Weights;
  }

  /** Zeros, for so many sequences. Where states have the shape of images, `step` is that of the input, without the batch. */
  initialState(batch: number, step?: Shape): State {
    return zeroState(this.#name, this.#kind, batch, { step, inputSize: this.inputSize, weight: this.weights[0]! });
  }

  forward(x: Tensor, state?: State): State {
    const name = this.#name;
    checkCall(name, arguments, ['x', 'state']);
    const kind = this.#kind;
    const weight = this.weights[0]!;
    const otherwise = `one step; whole sequences are what ${kind.name} takes`;
    checkSteps(name, kind, x, this.inputSize, { before: ['batch'], otherwise, weight });
    if (state !== undefined) {
      const shapes = Object.entries<Shape>(kind.states(x.shape.slice(1))).map(([key, shape]) => [
        key,
        [x.shape[0]!, ...shape],
      ]);
      checkState(name, state, Object.fromEntries(shapes), { weight, axes: '[batch, …]' });
    }
    return tidied(
      () => kind.run(unsqueeze(x, 1), this.weightsOf(), state ?? {}, { reverse: false }).state,
      (next) => Object.values(next),
    );
  }

  override multiplyAdds(input: Shape): number {
    return input[0]! * productsOf(this.weights, input.slice(1));
  }

  override describe(): string {
    const { sizes = [], shown } = this.#kind;
    return formatArguments([this.inputSize, this.hiddenSize, ...sizes], { bias: [this.bias, true], ...shown });
  }

  get #name(): string {
    return `${this.#kind.name}Cell`;
  }
}
