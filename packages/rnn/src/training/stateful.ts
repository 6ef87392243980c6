// Truncated backpropagation through time: a network whose state goes on from piece to piece of a stream, and gradients do not.

import {
  ArgumentError,
  type Carried,
  carried,
  checkCall,
  checkInteger,
  DTypeError,
  formatShape,
  internalScope,
  isBoolean,
  isInstance,
  type Known,
  noGrad,
  oncePerForward,
  type Shape,
  ShapeError,
  shown,
  Tensor,
  where,
} from '@dl/autograd';
import { type AnyModule, buffer, Module, needTensor, tidied } from '@dl/layers';
import type { States } from '../core/kind.js';
import type { SequenceOutput } from '../core/stacked.js';

/** A network that can go on where it ended: `RNN`, `LSTM` and the like, a cell in `Recurrent`, or one of your own that takes and gives a state. */
export interface StreamNetwork<State extends States = States> extends AnyModule {
  forward(x: Tensor, input?: { readonly state?: State }): SequenceOutput<State>;
  /** What so many sequences with steps of this shape begin with. */
  initialState(batch: number, step?: Shape): State;
}

/** Options of {@link Stateful}. */
export interface StatefulOptions {
  /** The shape of one step of the input, [channels, height, width], for a network whose state is an image, such as `ConvLSTM`. Default: not needed. */
  readonly step?: Shape;
}

const statefulOptions: Known<StatefulOptions> = { step: 'numbers' };

/**
 * Truncated backpropagation through time over streams that do not end: a recurrent network that begins each piece x [streams, time, features]
 * with the state in which it ended the former one, and gives its output at each step. Gradients stop at the begin of a piece, so that memory
 * and time of a step depend on the length of a piece alone.
 *
 * `starts`, booleans [streams], says which streams begin with this piece: those have the initial state of the network, zeros. `bpttLoader` of
 * @dl/data makes such pieces with their `starts`; `fit` of @dl/train needs nothing but a `forward` that hands both over. `reset()` has all begin anew. In
 * loops written by hand, `carried` of @dl/autograd does the same for a state of any form.
 *
 * The state is a buffer: it survives scopes, and a `stateDict()` has it, so that a run that goes on from saved weights, optimiser and loader is the
 * same to the last bit. In `eval()` another state is carried, of batches of any size, that is not saved: a test between two steps leaves the stream
 * of the training as it was. To use the weights elsewhere, or draw from the model, take `network`.
 *
 * Each forward while training is one step forward in the stream. So an optimiser that evaluates a batch several times, such as `LBFGS`, does not go with it; a
 * `checkpoint` around it does.
 *
 * @throws ArgumentError for a network that goes in both directions, or in reverse, ShapeError for a batch of other than `streams` rows while training.
 *
 * Source: R. Williams, J. Peng, "An efficient gradient-based algorithm for on-line training of recurrent network trajectories", 1990.
 *
 * @example
 * ```ts
 * import { manualSeed, type Tensor, useBackend } from '@dl/autograd';
 * import { bpttLoader } from '@dl/data';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Embedding, Linear, Module } from '@dl/layers';
 * import { Adam } from '@dl/optim';
 * import { LSTM, Stateful } from '@dl/rnn';
 * import { fit } from '@dl/train';
 * await useBackend(cpu());
 * manualSeed(1);
 *
 * class Characters extends Module {
 *   embedding = new Embedding(128, 8);
 *   memory = new Stateful(new LSTM(8, 16), 4);
 *   head = new Linear(16, 128);
 *
 *   forward({ inputs, starts }: { inputs: Tensor; starts: Tensor }): Tensor {
 *     return this.head.forward(this.memory.forward(this.embedding.forward(inputs), starts)); // [4, steps, 128]
 *   }
 * }
 *
 * const text = 'the same words again and again, '.repeat(60);
 * const data = bpttLoader({ data: Int32Array.from(text, (c) => c.charCodeAt(0)), shape: [text.length] }, { streams: 4, steps: 20 });
 * const model = new Characters();
 * const { history } = await fit(model, data, {
 *   forward: (batch) => model.forward(batch),
 *   loss: (output, { targets }) => output.reshape([-1, 128]).crossEntropy(targets.reshape([-1])),
 *   optimizer: new Adam(model.parameters(), { lr: 0.02 }),
 *   epochs: 2,
 * });
 * console.log(history[0]!.train.loss > history[1]!.train.loss); // true
 * ```
 */
export class Stateful<State extends States = States> extends Module<[x: Tensor, starts?: Tensor], Tensor> {
  /** The network itself, which takes and gives a state. */
  readonly network: StreamNetwork<State>;
  readonly streams: number;
  readonly #names: readonly string[];
  /** Which axis of each part of the state is that of the streams. */
  readonly #axes: readonly number[];
  /** The state of the training, part by part. */
  readonly state: readonly Tensor[];
  /** The state of an evaluation under way. */
  readonly #evaluating: Carried<readonly Tensor[] | undefined> = carried(undefined);
  readonly #step: Shape | undefined;

  constructor(network: StreamNetwork<State>, streams: number, options: StatefulOptions = {}) {
    checkCall('Stateful', arguments, ['network', 'streams'], statefulOptions);
    super();
    if (!isInstance(network, Module, 'Stateful', 'the network') || typeof network.initialState !== 'function') {
      throw new ArgumentError(
        `Stateful: the network is ${shown(network)}, needs a Module with forward(x, { state }) and initialState(batch), such as an LSTM`,
      );
    }
    const { bidirectional, reverse } = network as { readonly bidirectional?: boolean; readonly reverse?: boolean };
    if (bidirectional === true || reverse === true) {
      throw new ArgumentError(
        `Stateful: the network goes ${reverse === true ? 'in reverse' : 'in both directions'}, and a stream has no end to begin at; leave ${reverse === true ? 'reverse' : 'bidirectional'} out`,
      );
    }
    this.#step = options.step;
    this.network = network;
    this.streams = checkInteger('Stateful', 'streams', streams, 1);
    const temporary = internalScope();
    try {
      const [one, two, initial] = noGrad(() => [1, 2, streams].map((batch) => this.#initial(batch))) as [
        State,
        State,
        State,
      ];
      this.#names = Object.keys(one);
      this.#axes = this.#names.map((name) =>
        one[name]!.shape.findIndex((size, axis) => size !== two[name]!.shape[axis]),
      );
      this.state = this.#names.map((name) =>
        buffer(
          noGrad(() => initial[name]!.clone()),
          { name },
        ),
      );
    } finally {
      temporary.end();
    }
  }

  forward(x: Tensor, starts?: Tensor): Tensor {
    checkCall('Stateful', arguments, ['x', 'starts']);
    needTensor('Stateful', x);
    const rows = x.shape[(this.network as { readonly batchFirst?: boolean }).batchFirst === false ? 1 : 0] ?? 0;
    if (this.training && rows !== this.streams) {
      throw new ShapeError(
        `Stateful: the input ${formatShape(x.shape)} has ${rows} rows, but ${this.streams} streams are carried; ` +
          `give pieces of ${this.streams} streams, or use eval() or the network itself for others`,
      );
    }
    if (starts !== undefined) checkStarts(starts, rows);
    // Outside of what is tidied: where a checkpoint computes this a second time, it begins with them again.
    const former = oncePerForward(() => this.#former(rows, starts !== undefined));
    return tidied(
      () => {
        const { output, state } = this.network.forward(x, { state: this.#begin(former, rows, starts) });
        oncePerForward(() => this.#follow(this.#names.map((name) => state[name]!.detach())));
        return output;
      },
      (output) => [output],
    );
  }

  /** All streams begin anew; in `eval()` those of the evaluation. */
  reset(): void {
    if (this.training) this.#follow(noGrad(() => this.#parts(this.#initial(this.streams))));
    else this.#evaluating.set(undefined);
  }

  override dispose(): void {
    super.dispose();
    this.#evaluating.dispose();
  }

  override describe(): string {
    return `streams=${this.streams}`;
  }

  /** Copies of what was carried: the state itself changes before gradients go back. */
  #former(rows: number, begins: boolean): Tensor[] {
    if (this.training) return noGrad(() => this.state.map((part) => part.clone()));
    const carriedOn = this.#evaluating.get();
    const width = carriedOn?.[0]?.shape[this.#axes[0]!] ?? rows;
    if (width !== rows && !begins) {
      throw new ShapeError(
        `Stateful: the input has ${rows} rows, but the one before had ${width}; call reset() first, or say by starts which streams begin`,
      );
    }
    return width === rows && carriedOn !== undefined ? [...carriedOn] : noGrad(() => this.#parts(this.#initial(rows)));
  }

  /** What the piece begins with. */
  #begin(former: readonly Tensor[], rows: number, starts: Tensor | undefined): State {
    const fresh = starts && this.#initial(rows);
    const parts = former.map((part, i) => {
      if (starts === undefined) return part;
      const axis = this.#axes[i]!;
      const alongStreams = part.shape.map((size, k) => (k === axis ? size : 1));
      return where(starts.reshape(alongStreams), fresh![this.#names[i]!]!, part);
    });
    return Object.fromEntries(this.#names.map((name, i) => [name, parts[i]!])) as State;
  }

  #follow(next: readonly Tensor[]): void {
    if (this.training) {
      noGrad(() => {
        this.state.forEach((part, i) => {
          part.assign(next[i]!);
        });
      });
    } else {
      this.#evaluating.set(next);
    }
  }

  #initial(batch: number): State {
    return this.network.initialState(batch, this.#step);
  }

  #parts(state: State): Tensor[] {
    return this.#names.map((name) => state[name]!);
  }
}

function checkStarts(starts: unknown, rows: number): asserts starts is Tensor {
  if (!isInstance(starts, Tensor, 'Stateful', 'starts')) {
    throw new DTypeError(`Stateful: starts is ${shown(starts)}, needs a Tensor of booleans, one for each stream`);
  }
  if (!isBoolean(starts.dtype) || `${starts.shape}` !== `${[rows]}`) {
    throw new ShapeError(
      `Stateful: starts is ${starts.dtype} ${formatShape(starts.shape)}, needs bool [${rows}]: for each stream whether it begins with this piece`,
    );
  }
}
