// What RNN, LSTM and GRU share: layers above each other, each in one direction or in both, with weights named as PyTorch names them.

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
  shown,
  stack,
  type Tensor,
  unbind,
  zeros,
} from '@dl/autograd';
import {
  fanInUniform,
  formatArguments,
  Module,
  needTensor,
  type ParameterOptions,
  parameter,
  parameterOptions,
} from '@dl/layers';
import { checkProbability, dropSequences } from './dropout.js';
import { withoutPadding } from './padding.js';

/** Options of every stack of recurrent layers. */
export interface StackOptions extends ParameterOptions {
  /** How many layers stand above each other. Default 1. */
  readonly numLayers?: number;
  /** Go through each sequence in both directions, and give out both states side by side. Default false. */
  readonly bidirectional?: boolean;
  /** Add biases. Default true. */
  readonly bias?: boolean;
  /** The probability with which what a layer gives to the next one is dropped while training. Default 0. */
  readonly dropout?: number;
  /** Drop the same features at every step of a sequence, as {@link VariationalDropout} does. Default false: others at each step. */
  readonly variational?: boolean;
  /** From the second layer on, add what goes into a layer to what comes out of it. Default false. */
  readonly residual?: boolean;
  /** True for [batch, time, features], false for [time, batch, features]. Default true. */
  readonly batchFirst?: boolean;
}

export const stackOptions: Known<StackOptions> = {
  numLayers: 'number',
  bidirectional: 'boolean',
  bias: 'boolean',
  dropout: 'number',
  variational: 'boolean',
  residual: 'boolean',
  batchFirst: 'boolean',
  ...parameterOptions,
};

/** States by name: `h`, and what else a network remembers. Each is [layers · directions, batch, size]. */
export type States = Readonly<Record<string, Tensor>>;

/** What goes with a batch of sequences. */
export interface SequenceInput<State> {
  /** What the sequences begin with, such as the `state` of a former call. Default zeros. */
  readonly state?: State;
  /** How many steps of each sequence count; beyond them outputs are 0. Default: all. */
  readonly lengths?: readonly number[];
}

const sequenceInput: Known<SequenceInput<unknown>> = { state: 'object', lengths: 'numbers' };

/** What comes out. */
export interface SequenceOutput<State> {
  /** The state of the last layer at each step, [batch, time, directions · size]. */
  readonly output: Tensor;
  /** The state of each layer and direction after its last step that counts: what the next piece of a stream begins with. */
  readonly state: State;
}

/** The weights of one layer in one direction. */
export interface LayerWeights {
  readonly weightIh: Tensor;
  readonly weightHh: Tensor;
  readonly biasIh?: Tensor;
  readonly biasHh?: Tensor;
  /** The projection of an LSTM. */
  readonly weightHr?: Tensor;
  /** The peepholes of an LSTM. */
  readonly peepholes?: Tensor;
}

const pytorchNames: Readonly<Record<keyof LayerWeights, string>> = {
  weightIh: 'weight_ih',
  weightHh: 'weight_hh',
  biasIh: 'bias_ih',
  biasHh: 'bias_hh',
  weightHr: 'weight_hr',
  peepholes: 'peepholes',
};

/** One layer in one direction over whole sequences. */
export interface LayerRun {
  readonly lengths?: readonly number[];
  readonly reverse: boolean;
}

/** Options as a network prints them: where they are not as by default. */
export type OptionsShown = Readonly<Record<string, readonly [value: unknown, standard: unknown]>>;

/** How many gates, and which other weights, a kind of network has. */
export interface StackKind {
  readonly name: string;
  readonly gates: number;
  /** The size of the state that is given out. */
  readonly size: number;
  /** Shapes of weights that not every kind has. */
  readonly extra?: Partial<Record<keyof LayerWeights, Shape>>;
}

/** Base of networks of recurrent layers that stand above each other. A subclass says what one layer computes. */
export abstract class Stacked<State extends States> extends Module<
  [x: Tensor, input?: SequenceInput<State>],
  SequenceOutput<State>
> {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly bidirectional: boolean;
  readonly bias: boolean;
  readonly dropout: number;
  readonly variational: boolean;
  readonly residual: boolean;
  readonly batchFirst: boolean;
  /** All weights in PyTorch's order: layer by layer, of each first those that go forward. {@link weightsOf} has them by name. */
  readonly weights: readonly Tensor[];
  readonly #kind: StackKind;
  readonly #names: readonly (keyof LayerWeights)[];

  protected constructor(
    inputSize: number,
    hiddenSize: number,
    kind: StackKind,
    { dtype, backend, generator, ...options }: StackOptions,
  ) {
    super();
    const { name } = kind;
    this.inputSize = checkInteger(name, 'inputSize', inputSize, 1);
    this.hiddenSize = checkInteger(name, 'hiddenSize', hiddenSize, 1);
    this.numLayers = checkInteger(name, 'numLayers', options.numLayers ?? 1, 1);
    this.bidirectional = options.bidirectional ?? false;
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
    this.#kind = kind;
    this.#names = [
      ...(['weightIh', 'weightHh'] as const),
      ...(this.bias ? (['biasIh', 'biasHh'] as const) : []),
      ...(Object.keys(kind.extra ?? {}) as (keyof LayerWeights)[]),
    ];
    const made: ParameterOptions = {
      ...(dtype && { dtype }),
      ...(backend && { backend }),
      ...(generator && { generator }),
    };
    this.weights = this.#places().map(({ layer, reverse, key }) => {
      const name = `${pytorchNames[key]}_l${layer}${reverse ? '_reverse' : ''}`;
      return parameter(fanInUniform(this.#shapeOf(key, layer), hiddenSize, made), { name });
    });
  }

  /** What one layer computes in one direction: what it gives out at each step, and its final states by name. */
  protected abstract run(x: Tensor, weights: LayerWeights, state: Partial<State>, run: LayerRun): State & { y: Tensor };

  /** The sizes of the states, by name. */
  protected abstract get stateSizes(): Readonly<Record<keyof State & string, number>>;

  /** How many features `output` has at each step: directions · size. */
  get outputSize(): number {
    return this.#directions.length * this.#kind.size;
  }

  /** The axis of the states along which the sequences of a batch stand. */
  get batchAxis(): number {
    return 1;
  }

  /** What sequences begin with when nothing is said: zeros. */
  initialState(batch: number): State {
    const { dtype, backend } = this.weights[0]!;
    const count = this.numLayers * this.#directions.length;
    return Object.fromEntries(
      Object.entries(this.stateSizes).map(([key, size]) => [key, zeros([count, batch, size], { dtype, backend })]),
    ) as unknown as State;
  }

  /** The weights of a layer, by name; `reverse` for those that go from the end to the begin. */
  weightsOf(layer: number, { reverse = false }: { readonly reverse?: boolean } = {}): LayerWeights {
    const { name } = this.#kind;
    checkInteger(name, 'layer', layer, 0);
    if (layer >= this.numLayers || (reverse && !this.bidirectional)) {
      throw new ArgumentError(
        `${name}: there is no layer ${layer}${reverse ? ' in reverse' : ''}, the network has ${this.numLayers}, in ${this.bidirectional ? 'both directions' : 'one direction'}`,
      );
    }
    const first = (layer * this.#directions.length + Number(reverse)) * this.#names.length;
    return Object.fromEntries(this.#names.map((key, i) => [key, this.weights[first + i]!])) as unknown as LayerWeights;
  }

  forward(x: Tensor, input: SequenceInput<State> = {}): SequenceOutput<State> {
    checkCall(this.#kind.name, arguments, ['x'], sequenceInput);
    this.#checkInput(x);
    const { state, lengths } = input;
    const given = state && this.#unbound(state, x.shape[this.batchFirst ? 0 : 1]!);
    const finals: State[] = [];
    let between = withoutPadding(this.batchFirst ? x : permute(x, [1, 0, 2]), lengths); // [batch, time, features]
    for (let layer = 0; layer < this.numLayers; layer++) {
      const into = layer === 0 ? between : this.#dropped(between);
      const outputs = this.#directions.map((reverse) => {
        const run = { reverse, ...(lengths && { lengths }) };
        const { y, ...last } = this.run(into, this.weightsOf(layer, { reverse }), given?.[finals.length] ?? {}, run);
        finals.push(last as unknown as State);
        return y;
      });
      const out = outputs.length === 1 ? outputs[0]! : concat(outputs, 2); // [batch, time, directions · size]
      between = this.residual && layer > 0 ? out.add(into) : out;
    }
    const names = Object.keys(this.stateSizes);
    const last = Object.fromEntries(names.map((name) => [name, stack(finals.map((each) => each[name]!))]));
    return { output: this.batchFirst ? between : permute(between, [1, 0, 2]), state: last as unknown as State };
  }

  /** Products of all layers at all steps. */
  override multiplyAdds(input: Shape): number {
    const steps = input[0]! * input[1]!;
    return steps * this.weights.reduce((sum, { shape }) => sum + (shape.length === 2 ? shape[0]! * shape[1]! : 0), 0);
  }

  /** Options that other networks do not have, each with its default. */
  protected get ownOptions(): OptionsShown {
    return {};
  }

  override describe(): string {
    return formatArguments([this.inputSize, this.hiddenSize], {
      numLayers: [this.numLayers, 1],
      bidirectional: [this.bidirectional, false],
      bias: [this.bias, true],
      dropout: [this.dropout, 0],
      variational: [this.variational, false],
      residual: [this.residual, false],
      batchFirst: [this.batchFirst, true],
      ...this.ownOptions,
    });
  }

  get #directions(): readonly boolean[] {
    return this.bidirectional ? [false, true] : [false];
  }

  #places(): { readonly layer: number; readonly reverse: boolean; readonly key: keyof LayerWeights }[] {
    return Array.from({ length: this.numLayers }, (_, layer) =>
      this.#directions.flatMap((reverse) => this.#names.map((key) => ({ layer, reverse, key }))),
    ).flat();
  }

  #shapeOf(key: keyof LayerWeights, layer: number): Shape {
    const { gates, size, extra } = this.#kind;
    const rows = gates * this.hiddenSize;
    if (key === 'weightIh') return [rows, layer === 0 ? this.inputSize : this.#directions.length * size];
    if (key === 'weightHh') return [rows, size];
    return extra?.[key] ?? [rows];
  }

  #dropped(x: Tensor): Tensor {
    if (!this.training || this.dropout === 0) return x;
    return this.variational ? dropSequences(x, this.dropout) : dropout(x, this.dropout);
  }

  #checkInput(x: Tensor): void {
    const { name } = this.#kind;
    needTensor(name, x, this.weights[0]!);
    const layout = this.batchFirst ? '[batch, time, features]' : '[time, batch, features]';
    if (x.rank !== 3) {
      throw new ShapeError(
        `${name}: input is ${formatShape(x.shape)}, needs ${layout}, whole sequences; for one step at a time use ${name}Cell, or a time of 1`,
      );
    }
    if (x.shape[2] !== this.inputSize) {
      throw new ShapeError(
        `${name}: input has ${x.shape[2]} features (shape ${formatShape(x.shape)}) but the network expects ${this.inputSize}`,
      );
    }
  }

  /** A state for each layer and direction. */
  #unbound(state: State, batch: number): Partial<State>[] {
    const { name } = this.#kind;
    const count = this.numLayers * this.#directions.length;
    const sizes = this.stateSizes;
    const extra = Object.keys(state).find((key) => !(key in sizes));
    if (extra !== undefined) {
      throw new ArgumentError(`${name}: the state has ${shown(extra)}, needs { ${Object.keys(sizes).join(', ')} }`);
    }
    const parts = Object.entries(sizes).map(([key, size]) => {
      const value = state[key];
      needTensor(`${name}: the state's ${key}`, value, this.weights[0]!);
      const shape = [count, batch, size as number];
      if (`${value!.shape}` !== `${shape}`) {
        throw new ShapeError(
          `${name}: the state's ${key} is ${formatShape(value!.shape)}, needs ${formatShape(shape)}: [layers · directions, batch, size]`,
        );
      }
      return [key, unbind(value!)] as const;
    });
    return Array.from({ length: count }, (_, i) =>
      Object.fromEntries(parts.map(([key, values]) => [key, values[i]!])),
    ) as unknown as Partial<State>[];
  }
}

/** Two biases as one. */
export function sumOf(a: Tensor | undefined, b: Tensor | undefined): Tensor | undefined {
  return a === undefined || b === undefined ? (a ?? b) : a.add(b);
}
