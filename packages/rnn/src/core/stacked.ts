// Layers above each other, each in one direction or in both, with weights named as PyTorch names them: what all networks here are.

import {
  ArgumentError,
  checkCall,
  checkInteger,
  concat,
  dropout,
  formatShape,
  type Known,
  permute,
  type Shape,
  ShapeError,
  stack,
  type Tensor,
  unbind,
} from '@dl/autograd';
import { formatArguments, Module, type ParameterOptions, parameterOptions, type Reach, tidied } from '@dl/layers';
import { checkProbability, dropSequences } from './dropout.js';
import { zeroState } from './initial-state.js';
import {
  checkState,
  checkSteps,
  type Kind,
  type LayerResult,
  type LayerWeights,
  makeWeights,
  productsOf,
  type States,
} from './kind.js';
import { checkLengths, withinLengths } from './lengths.js';

/** Options of every network. */
export interface StackOptions extends ParameterOptions {
  /** How many layers stand above each other. Default 1. */
  readonly numLayers?: number;
  /** Go through each sequence in both directions, and give out both states side by side. Default false. */
  readonly bidirectional?: boolean;
  /** Go through each sequence from its own end to its begin, in place of forward. Default false. */
  readonly reverse?: boolean;
  /** Add biases. Default true. */
  readonly bias?: boolean;
  /** The probability with which what a layer gives to the next one is dropped while training. Default 0. */
  readonly dropout?: number;
  /** Drop the same features at every step of a sequence, as {@link VariationalDropout} does. Default false: others at each step. */
  readonly variational?: boolean;
  /** From the second layer on, add what goes into a layer (before it is dropped) to what comes out of it. Default false. */
  readonly residual?: boolean;
  /** True for [batch, time, …], false for [time, batch, …]. Default true. */
  readonly batchFirst?: boolean;
}

export const stackOptions: Known<StackOptions> = {
  numLayers: 'number',
  bidirectional: 'boolean',
  reverse: 'boolean',
  bias: 'boolean',
  dropout: 'number',
  variational: 'boolean',
  residual: 'boolean',
  batchFirst: 'boolean',
  ...parameterOptions,
};

/** What goes with a batch of sequences. */
export interface SequenceInput<State> {
  /** What the sequences begin with, such as the `state` of a former call. Default zeros. */
  readonly state?: State;
  /** How many steps of each sequence count; beyond them outputs are 0. Default: all. */
  readonly lengths?: readonly number[];
}

export const sequenceInput: Known<SequenceInput<unknown>> = { state: 'object', lengths: 'numbers' };

/** What comes out. */
export interface SequenceOutput<State> {
  /** What the last layer gives out at each step, [batch, time, directions · size]. */
  readonly output: Tensor;
  /** The state of each layer and direction after its last step that counts: what the next piece of a stream begins with. */
  readonly state: State;
}

/** Runs a layer in place of its kind. */
export type LayerWatch = <State extends States, Weights extends object>(
  kind: Kind<State, Weights>,
  layer: number,
  ...given: Parameters<Kind<State, Weights>['run']>
) => LayerResult<State>;

/**
 * Base of the networks: layers of one kind above each other. `RNN`, `LSTM` and the others say of which kind; what they share, options, names of weights,
 * `weightsOf` and `forward`, is here.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { GRU, LSTM, RNN, Stacked } from '@dl/rnn';
 * await useBackend(cpu());
 * for (const network of [new RNN(3, 5), new LSTM(3, 5), new GRU(3, 5)]) {
 *   console.log(network instanceof Stacked, network.forward(randn([4, 7, 3])).output.shape); // true [4, 7, 5]
 * }
 * ```
 */
export abstract class Stacked<State extends States = States, Weights extends object = LayerWeights> extends Module<
  [x: Tensor, input?: SequenceInput<State>],
  SequenceOutput<State>
> {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly bidirectional: boolean;
  readonly reverse: boolean;
  readonly bias: boolean;
  readonly dropout: number;
  readonly variational: boolean;
  readonly residual: boolean;
  readonly batchFirst: boolean;
  /** All weights in PyTorch's order: layer by layer, of each first those that go forward. {@link weightsOf} has them by name. */
  readonly weights: readonly Tensor[];
  readonly #kind: Kind<State, Weights>;
  readonly #keys: readonly string[];
  #watch: LayerWatch | undefined;

  protected constructor(
    inputSize: number,
    kind: Kind<State, Weights>,
    { dtype, backend, generator, ...options }: StackOptions,
  ) {
    super();
    const { name } = kind;
    this.inputSize = checkInteger(name, 'inputSize', inputSize, 1);
    this.hiddenSize = kind.hiddenSize;
    this.numLayers = checkInteger(name, 'numLayers', options.numLayers ?? 1, 1);
    this.bidirectional = options.bidirectional ?? false;
    this.reverse = options.reverse ?? false;
    this.bias = options.bias ?? true;
    this.dropout = checkProbability(name, 'dropout', options.dropout ?? 0);
    this.variational = options.variational ?? false;
    this.residual = options.residual ?? false;
    this.batchFirst = options.batchFirst ?? true;
    if (this.dropout > 0 && this.numLayers === 1) {
      throw new ArgumentError(
        `${name}: dropout is ${this.dropout}, but it is between layers and there is one; put a Dropout behind the network, or set numLayers`,
      );
    }
    if (this.reverse && this.bidirectional) {
      throw new ArgumentError(
        `${name}: reverse and bidirectional are both true, and both directions have the reverse one; leave reverse out`,
      );
    }
    this.#kind = kind;
    this.#keys = Object.keys(kind.weights(this.inputSize, this.bias));
    const made: ParameterOptions = {
      ...(dtype && { dtype }),
      ...(backend && { backend }),
      ...(generator && { generator }),
    };
    const above = this.#directions.length * kind.size;
    this.weights = Array.from({ length: this.numLayers }, (_, layer) =>
      this.#directions.map((_reverse, i) => {
        const suffix = `_l${layer}${i === 1 ? '_reverse' : ''}`;
        return makeWeights(kind, layer === 0 ? this.inputSize : above, this.bias, suffix, made);
      }),
    ).flat(2);
  }

  /** How many features it gives out at each step: directions · size. */
  get outFeatures(): number {
    return this.#directions.length * this.#kind.size;
  }

  /** The axis of a state along which the sequences of a batch stand. */
  get batchAxis(): number {
    return 1;
  }

  /**
   * The weights of a layer, by name; `reverse` for those that go from the end to the begin, where there are both.
   *
   * @throws ArgumentError for a layer or a direction that the network does not have.
   */
  weightsOf(layer: number, { reverse = false }: { readonly reverse?: boolean } = {}): Weights {
    const { name } = this.#kind;
    checkInteger(name, 'layer', layer, 0);
    if (layer >= this.numLayers || (reverse && !this.bidirectional)) {
      throw new ArgumentError(
        `${name}: there is no layer ${layer}${reverse ? ' in reverse' : ''}, the network has ${this.numLayers}, in ${this.bidirectional ? 'both directions' : 'one direction'}`,
      );
    }
    const first = (layer * this.#directions.length + Number(reverse)) * this.#keys.length;
    return Object.fromEntries(this.#keys.map((key, i) => [key, this.weights[first + i]!])) as Weights;
  }

  /** What so many sequences begin with where no state is given: zeros. Where states have the shape of images, `step` is that of one step of the input. */
  initialState(batch: number, step?: Shape): State {
    const before = [this.numLayers * this.#directions.length];
    const weight = this.weights[0]!;
    return zeroState(this.#kind.name, this.#kind, batch, { step, inputSize: this.inputSize, weight, before });
  }

  forward(x: Tensor, input: SequenceInput<State> = {}): SequenceOutput<State> {
    checkCall(this.#kind.name, arguments, ['x'], sequenceInput);
    this.#checkInput(x, input);
    return tidied(
      () => this.#throughLayers(x, input),
      ({ output, state }) => [output, ...Object.values(state)],
    );
  }

  /** @internal What its layers are. */
  get kind(): Kind<State, Weights> {
    return this.#kind;
  }

  /** @internal Has `watch` run every layer, until this is called with none. */
  watchLayers(watch: LayerWatch | undefined): void {
    this.#watch = watch;
  }

  /** Products of all layers at all steps. */
  override multiplyAdds(input: Shape): number {
    return input[0]! * input[1]! * productsOf(this.weights, input.slice(2));
  }

  /** Any step may see all others. */
  override reach(): Reach {
    return 'all';
  }

  override describe(): string {
    const { sizes = [], shown } = this.#kind;
    return formatArguments([this.inputSize, this.hiddenSize, ...sizes], {
      numLayers: [this.numLayers, 1],
      bidirectional: [this.bidirectional, false],
      reverse: [this.reverse, false],
      bias: [this.bias, true],
      dropout: [this.dropout, 0],
      variational: [this.variational, false],
      residual: [this.residual, false],
      batchFirst: [this.batchFirst, true],
      ...shown,
    });
  }

  get #directions(): readonly boolean[] {
    return this.bidirectional ? [false, true] : [this.reverse];
  }

  #throughLayers(x: Tensor, { state, lengths }: SequenceInput<State>): SequenceOutput<State> {
    const given = state && unbound(state, this.weights.length / this.#keys.length);
    const finals: State[] = [];
    let between = withinLengths(this.#turned(x), lengths); // [batch, time, …]
    for (let layer = 0; layer < this.numLayers; layer++) {
      const into = between;
      // What a layer makes on its way is freed before the next one begins.
      between = tidied(
        () => this.#throughLayer(layer, into, given?.slice(finals.length), lengths, finals),
        (out) => [out, ...finals.flatMap((each) => Object.values(each))],
      );
    }
    const last = Object.fromEntries(
      Object.keys(finals[0]!).map((name) => [name, stack(finals.map((each) => each[name]!))]),
    );
    return { output: this.#turned(between), state: last as State };
  }

  /** Adds the last state of each direction to `finals`. */
  #throughLayer(
    layer: number,
    into: Tensor,
    given: readonly State[] | undefined,
    lengths: readonly number[] | undefined,
    finals: State[],
  ): Tensor {
    const x = layer === 0 ? into : this.#dropped(into);
    const outputs = this.#directions.map((reverse, i) => {
      const order = { reverse, ...(lengths && { lengths }) };
      const inputs = [x, this.weightsOf(layer, { reverse: i === 1 }), given?.[i] ?? {}, order] as const;
      const { y, state } = this.#watch?.(this.#kind, layer, ...inputs) ?? this.#kind.run(...inputs);
      finals.push(state);
      return y;
    });
    const out = outputs.length === 1 ? outputs[0]! : concat(outputs, 2); // [batch, time, directions · size, …]
    return this.residual && layer > 0 ? out.add(into) : out;
  }

  /** [batch, time, …] of what users give, and the other way round. */
  #turned(x: Tensor): Tensor {
    return this.batchFirst ? x : permute(x, [1, 0, ...x.shape.keys()].toSpliced(2, 2));
  }

  #dropped(x: Tensor): Tensor {
    if (!this.training || this.dropout === 0) return x;
    return this.variational ? dropSequences(x, this.dropout) : dropout(x, this.dropout);
  }

  #checkInput(x: Tensor, { state, lengths }: SequenceInput<State>): void {
    const kind = this.#kind;
    const { name } = kind;
    const weight = this.weights[0]!;
    const otherwise = `whole sequences; one step at a time is what ${name}Cell takes, or a time of 1`;
    const before = this.batchFirst ? ['batch', 'time'] : ['time', 'batch'];
    checkSteps(name, kind, x, this.inputSize, { before, otherwise, weight });
    const [batch, time] = (this.batchFirst ? x.shape : [x.shape[1], x.shape[0]]) as readonly [number, number];
    if (time === 0) throw new ShapeError(`${name}: input is ${formatShape(x.shape)}, needs at least one step`);
    if (lengths !== undefined) checkLengths(name, lengths, batch, time);
    if (state === undefined) return;
    const count = this.numLayers * this.#directions.length;
    const shapes = Object.entries<Shape>(kind.states(x.shape.slice(2))).map(([key, shape]) => [
      key,
      [count, batch, ...shape],
    ]);
    checkState(name, state, Object.fromEntries(shapes), { weight, axes: '[layers · directions, batch, …]' });
  }
}

/** A state for each layer and direction. */
function unbound<State extends States>(state: State, count: number): State[] {
  const parts = Object.entries(state).map(([key, value]) => [key, unbind(value)] as const);
  return Array.from({ length: count }, (_, i) =>
    Object.fromEntries(parts.map(([key, values]) => [key, values[i]!])),
  ) as unknown as State[];
}
