// What the uses need of a recurrent network, and the steps that they have in common.

import { ArgumentError, concat, formatShape, isFloat, type Shape, ShapeError, shown, type Tensor } from '@dl/autograd';
import { isModule, Linear, type Module, needTensor, type ParameterOptions, type TensorModule } from '@dl/layers';
import type { States } from '../core/kind.js';
import { checkLengths, withinLengths } from '../core/lengths.js';
import type { SequenceInput, SequenceOutput } from '../core/stacked.js';
import { rowsAt } from '../core/steps.js';

/** What the four uses take: an `RNN`, `LSTM` or `GRU`, a `Recurrent` of any cell, or a network of your own that has this. */
export interface SequenceNetwork<State extends States = States>
  extends Module<[x: Tensor, input?: SequenceInput<State>], SequenceOutput<State>> {
  /** How many features it takes at each step, where it says so. */
  readonly inputSize?: number | undefined;
  /** How many features it gives out at each step. */
  readonly outFeatures: number;
  /** Gives out both directions side by side. Default false. */
  readonly bidirectional?: boolean;
  /** Goes from the end of each sequence to its begin. Default false. */
  readonly reverse?: boolean;
  /** The axis of the states along which the sequences of a batch stand. */
  readonly batchAxis: number;
  /** What sequences begin with when nothing is said. */
  initialState(batch: number, step?: Shape): State;
}

/** What stands before a network: a table of words, a network for each frame of a video. */
export interface InputOptions {
  /**
   * Makes the features of each step: an `Embedding` for tokens [batch, time], a `Linear`, a network for frames [batch, time, ...frame]. It is given
   * the steps of all sequences as one batch. Default: the input is features already, [batch, time, inputSize].
   */
  readonly input?: TensorModule;
}

/**
 * Throws unless it is a recurrent network over batches of sequences, for models of your own that are given one.
 *
 * @param use The model, with whose name the error begins.
 * @param what The argument, such as `the encoder`.
 *
 * @throws ArgumentError that says what came, and what is needed.
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Linear } from '@dl/layers';
 * import { GRU, needNetwork } from '@dl/rnn';
 * await useBackend(cpu());
 * needNetwork('Tagger', 'the network', new GRU(8, 16));
 * try {
 *   needNetwork('Tagger', 'the network', new Linear(8, 16));
 * } catch (error) {
 *   console.log((error as Error).message); // Tagger: the network is a Linear, needs a recurrent network, such as …
 * }
 * ```
 */
export function needNetwork(use: string, what: string, network: unknown): asserts network is SequenceNetwork {
  const given = network as Partial<SequenceNetwork & { readonly batchFirst: boolean }>;
  if (!isModule(network) || typeof given.initialState !== 'function' || given.batchAxis === undefined) {
    throw new ArgumentError(
      `${use}: ${what} is ${shown(network)}, needs a recurrent network, such as new GRU(8, 16), or new Recurrent(cell)`,
    );
  }
  if (given.batchFirst === false) {
    throw new ArgumentError(`${use}: ${what} has batchFirst: false; make it without, for [batch, time, features]`);
  }
}

/** Dtype and backend of what is to work together with a network. */
export function madeLike(network: SequenceNetwork): ParameterOptions {
  const { dtype, backend } = network.parameters()[0] ?? {};
  return { ...(dtype && { dtype }), ...(backend && { backend }) };
}

/** The output map, y = W_hy h + b. */
export function outputMap(network: SequenceNetwork, outFeatures: number): Linear {
  return new Linear(network.outFeatures, outFeatures, madeLike(network));
}

/** Throws for a network that reads ahead, where it is to say what comes. */
export function needForwards(use: string, what: string, { bidirectional, reverse }: SequenceNetwork): void {
  if (bidirectional || reverse) {
    throw new ArgumentError(
      `${use}: ${what} goes ${bidirectional ? 'in both directions' : 'from the end to the begin'}, so each step knows those that come after it, which are yet to be said; needs a network that goes forward`,
    );
  }
}

/** Throws unless an option is a module. */
export function needModule(use: string, name: string, module: unknown): void {
  if (module !== undefined && !isModule(module)) {
    throw new ArgumentError(`${use}: ${name} is ${shown(module)}, needs a module, such as new Embedding(30, 8)`);
  }
}

/**
 * The features of each step, [batch, time, features], for models of your own that take an `input` module as {@link InputOptions} says: it is given the steps
 * of all sequences as one batch. Features beyond the end of a sequence go in as 0, whatever they are.
 *
 * @param use The model, with whose name errors begin.
 *
 * @throws ShapeError for what is no batch of sequences.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Embedding } from '@dl/layers';
 * import { featuresOf } from '@dl/rnn';
 * await useBackend(cpu());
 * const tokens = tensor([[3, 1], [2, 0]], { dtype: 'int32' });
 * console.log(featuresOf('Tagger', new Embedding(5, 8), tokens).shape); // [2, 2, 8]
 * ```
 */
export function featuresOf(
  use: string,
  input: TensorModule | undefined,
  x: Tensor,
  lengths?: readonly number[],
): Tensor {
  needTensor(use, x);
  if (x.rank < 2) {
    throw new ShapeError(`${use}: input is ${formatShape(x.shape)}, needs [batch, time, ...], a batch of sequences`);
  }
  if (input === undefined) return x;
  const [batch, time, ...rest] = x.shape as readonly [number, number, ...number[]];
  let counting = x;
  if (lengths !== undefined && isFloat(x.dtype)) {
    checkLengths(use, lengths, batch, time);
    counting = withinLengths(x, lengths);
  }
  const y = input.forward(counting.reshape([batch * time, ...rest]));
  return y.reshape([batch, time, ...y.shape.slice(1)]);
}

/** All steps that count, one after the other: [batch, time, ...] → [steps, ...]. */
export function realSteps(x: Tensor, lengths: readonly number[] | undefined): Tensor {
  const [batch, time, ...rest] = x.shape as readonly [number, number, ...number[]];
  const steps = x.reshape([batch * time, ...rest]);
  if (lengths === undefined) return steps;
  return rowsAt(
    steps,
    lengths.flatMap((length, i) => Array.from({ length }, (_, t) => i * time + t)),
  );
}

/** What stands at the end of each sequence, in each direction: [batch, time, ...] → [batch, ...]. */
export function lastSteps(output: Tensor, lengths: readonly number[] | undefined, network: SequenceNetwork): Tensor {
  const [batch, time, ...rest] = output.shape as readonly [number, number, ...number[]];
  const steps = output.reshape([batch * time, ...rest]);
  const begins = Array.from({ length: batch }, (_, i) => i * time);
  if (network.reverse) return rowsAt(steps, begins);
  const ends = begins.map((begin, i) => begin + (lengths?.[i] ?? time) - 1);
  if (!network.bidirectional) return rowsAt(steps, ends);
  const half = network.outFeatures / 2;
  const [forward, backward] = [rowsAt(steps, ends), rowsAt(steps, begins)]; // [batch, 2 · half]
  return concat([forward.slice([null, [0, half]]), backward.slice([null, [half, 2 * half]])], 1);
}

/** How many sequences of how many steps [batch, time, ...] there are. */
export const stepsOf = (x: Tensor): readonly [batch: number, time: number] => [x.shape[0]!, x.shape[1]!];
