// A kind of recurrent layer: its weights, its states, and what it computes. Networks of several layers and cells are made of the same kinds.

import {
  ArgumentError,
  DTypeError,
  formatShape,
  full,
  isInstance,
  type Shape,
  ShapeError,
  shown,
  Tensor,
} from '@dl/autograd';
import { fanInUniform, needTensor, type ParameterOptions, parameter } from '@dl/layers';

/** States by name: `h`, and what else a network remembers. */
export type States = Readonly<Record<string, Tensor>>;

/** In which order a layer goes through the steps, and how many of them count. */
export interface LayerRun {
  /** How many steps of each sequence count. Default: all. */
  readonly lengths?: readonly number[];
  /** Go from each sequence's own end to its begin. */
  readonly reverse: boolean;
}

/** What a layer gives. */
export interface LayerResult<State extends States> {
  /** What it gives out at each step, [batch, time, size, …], 0 where no step counts. */
  readonly y: Tensor;
  /** The states after the last step that counts, each [batch, …]. */
  readonly state: State;
}

/** The weights of a layer as most have them, W_ih, W_hh and their biases. */
export interface LayerWeights {
  readonly weightIh: Tensor;
  readonly weightHh: Tensor;
  readonly biasIh?: Tensor;
  readonly biasHh?: Tensor;
}

/** A weight before it is made. */
export interface WeightSpec {
  readonly shape: Shape;
  /** The number that it is filled with. Default: drawn from ±1/√fanIn. */
  readonly start?: number;
}

/** Options as a network prints them: where they are not as by default. */
export type OptionsShown = Readonly<Record<string, readonly [value: unknown, standard: unknown]>>;

/** What one layer is, in one direction. */
export interface Kind<State extends States, Weights extends object> {
  /** The name of its network, such as `LSTM`; its cell is called `LSTMCell`. */
  readonly name: string;
  /** The size of what it remembers. */
  readonly hiddenSize: number;
  /** The size of what it gives out. */
  readonly size: number;
  /** Weights start uniform on ±1/√fanIn. */
  readonly fanIn: number;
  /** The axes of one step of one sequence, such as `features`. The first of them is what sizes count. */
  readonly axes: readonly string[];
  /** The weights of a layer that takes steps of `inputSize`, by name, in the order of a state dict: `weightIh` is called `weight_ih` there. */
  weights(inputSize: number, bias: boolean): { readonly [K in keyof Weights]: WeightSpec };
  /** The shapes of states for one sequence with steps of this shape. */
  states(step: Shape): { readonly [K in keyof State]: Shape };
  /** Throws where steps of this shape do not fit, beyond their size. */
  check?(name: string, step: Shape): void;
  /** Goes through sequences x [batch, time, …], in which all that does not count is 0; a state that is not given is 0. */
  run(x: Tensor, weights: Weights, state: Partial<State>, run: LayerRun): LayerResult<State>;
  /** Options that it prints. */
  readonly shown?: OptionsShown;
  /** Sizes that it prints behind inputSize and hiddenSize. */
  readonly sizes?: readonly number[];
}

/** `weight_ih` of `weightIh`. */
const inSnakeCase = (key: string): string => key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Makes the weights of a layer as parameters, with `suffix` behind their names. */
export function makeWeights<Weights extends object>(
  kind: Pick<Kind<States, Weights>, 'weights' | 'fanIn'>,
  inputSize: number,
  bias: boolean,
  suffix: string,
  { dtype, backend, generator }: ParameterOptions,
): Tensor[] {
  const made = { ...(dtype && { dtype }), ...(backend && { backend }) };
  return Object.entries<WeightSpec>(kind.weights(inputSize, bias) as Readonly<Record<string, WeightSpec>>).map(
    ([key, { shape, start }]) => {
      const value =
        start === undefined
          ? fanInUniform(shape, kind.fanIn, { ...made, ...(generator && { generator }) })
          : full(shape, start, { dtype: 'float32', ...made });
      return parameter(value, { name: inSnakeCase(key) + suffix });
    },
  );
}

/** How many products one step of one sequence takes: a filter is used at each place. */
export function productsOf(weights: readonly Tensor[], step: Shape): number {
  const places = step.slice(1).reduce((product, length) => product * length, 1);
  return weights.reduce((sum, { size, rank }) => sum + (rank < 2 ? 0 : size * (rank === 4 ? places : 1)), 0);
}

/** Throws unless x is made of so many axes before those of a step, of the size that a network takes, and of its dtype. */
export function checkSteps(
  name: string,
  kind: Pick<Kind<States, object>, 'axes' | 'check'>,
  x: Tensor,
  inputSize: number,
  { before, otherwise, weight }: { before: readonly string[]; otherwise: string; weight: Tensor },
): void {
  needTensor(name, x, weight);
  const axes = [...before, ...kind.axes];
  if (x.rank !== axes.length) {
    throw new ShapeError(`${name}: input is ${formatShape(x.shape)}, needs [${axes.join(', ')}]; ${otherwise}`);
  }
  const step = x.shape.slice(before.length);
  if (step[0] !== inputSize) {
    throw new ShapeError(
      `${name}: input has ${step[0]} ${kind.axes[0]} (shape ${formatShape(x.shape)}) but the network expects ${inputSize}`,
    );
  }
  kind.check?.(name, step);
}

/** Throws unless a state has what a kind of network remembers, in these shapes. */
export function checkState(
  name: string,
  state: States,
  shapes: Readonly<Record<string, Shape>>,
  { weight, axes }: { readonly weight: Tensor; readonly axes: string },
): void {
  const known = Object.keys(shapes);
  const needs = `needs { ${known.join(', ')} }`;
  if (typeof state !== 'object' || state === null || state instanceof Tensor || Array.isArray(state)) {
    throw new ArgumentError(
      `${name}: the state is ${shown(state)}, ${needs}, such as the state that a former call gave`,
    );
  }
  const given = Object.keys(state);
  if (given.length !== known.length || given.some((key) => !Object.hasOwn(shapes, key))) {
    throw new ArgumentError(
      `${name}: the state has { ${given.join(', ')} }, ${needs}; it belongs to another kind of network`,
    );
  }
  for (const [key, shape] of Object.entries(shapes)) {
    const value: unknown = state[key];
    if (!isInstance(value, Tensor, name, `the state's ${key}`)) {
      throw new DTypeError(`${name}: the state's ${key} is ${shown(value)}, needs a Tensor`);
    }
    if (value.dtype !== weight.dtype) {
      throw new DTypeError(
        `${name}: the state's ${key} is ${value.dtype} and the network ${weight.dtype}; cast it with .cast('${weight.dtype}')`,
      );
    }
    if (`${value.shape}` !== `${shape}`) {
      throw new ShapeError(
        `${name}: the state's ${key} is ${formatShape(value.shape)}, needs ${formatShape(shape)}, ${axes}`,
      );
    }
  }
}

/** Two biases as one. */
export function sumOf(a: Tensor | undefined, b: Tensor | undefined): Tensor | undefined {
  return a === undefined || b === undefined ? (a ?? b) : a.add(b);
}
