// From the states of an encoder to those that a decoder begins with, whatever the two are.

import { checkCall, permute, type Shape, scope, type Tensor } from '@dl/autograd';
import { Linear, ModuleDict } from '@dl/layers';
import type { States } from '../core/kind.js';
import { madeLike, needNetwork, type SequenceNetwork } from './network.js';

/**
 * From the last states of one network to those that another begins with. For each state of the decoder that the encoder does not have, or has with another number of
 * numbers, it has a linear map from all layers and directions of the one to all layers of the other, tanh(W h + b) for h and W h + b for the rest; equal ones need none. Part
 * of {@link EncoderDecoder}, and for models of your own.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Bridge, GRU, LSTM } from '@dl/rnn';
 * await useBackend(cpu());
 * const [encoder, decoder] = [new GRU(3, 4, { bidirectional: true }), new LSTM(3, 5)];
 * const bridge = new Bridge(encoder, decoder);
 * const begin = bridge.cross(encoder.forward(randn([2, 7, 3])).state);
 * console.log(begin.h?.shape, begin.c?.shape); // [1, 2, 5] [1, 2, 5]
 * ```
 */
export class Bridge extends ModuleDict<Linear> {
  readonly #axes: { readonly from: number; readonly to: number };
  /** Shapes of the decoder's states, the batch first. */
  readonly #shapes: Readonly<Record<string, Shape>>;

  constructor(encoder: SequenceNetwork, decoder: SequenceNetwork) {
    checkCall('Bridge', arguments, ['encoder', 'decoder']);
    super();
    needNetwork('Bridge', 'the encoder', encoder);
    needNetwork('Bridge', 'the decoder', decoder);
    this.#axes = { from: encoder.batchAxis, to: decoder.batchAxis };
    this.#shapes = stateShapes(decoder);
    const given = stateShapes(encoder);
    for (const [name, shape] of Object.entries(this.#shapes)) {
      const source = sourceOf(name, Object.keys(given));
      const [from, to] = [numbersOf(given[source]!), numbersOf(shape)];
      if (source !== name || from !== to) this.set(name, new Linear(from, to, madeLike(decoder)));
    }
  }

  /** The states that the decoder begins with. */
  cross(states: States): States {
    const names = Object.keys(states);
    const crossed = Object.entries(this.#shapes).map(([name, shape]) => {
      const source = batchFirst(states[sourceOf(name, names)]!, this.#axes.from);
      const batch = source.shape[0]!;
      const numbers = source.reshape([batch, numbersOf(source.shape)]);
      const begin = this.has(name) ? this.#mapped(name, numbers) : numbers;
      return [name, batchBack(begin.reshape([batch, ...shape.slice(1)]), this.#axes.to)];
    });
    return Object.fromEntries(crossed);
  }

  /** An h is bounded by ±1, which what an LSTM keeps in its cells is not. */
  #mapped(name: string, numbers: Tensor): Tensor {
    const y = this.get(name).forward(numbers);
    return name === 'h' ? y.tanh() : y;
  }
}

/** Shapes of the states of a network, by name, the batch first: [1, ...]. */
function stateShapes(network: SequenceNetwork): Readonly<Record<string, Shape>> {
  return scope(() => {
    const states = Object.entries(network.initialState(1));
    return Object.fromEntries(states.map(([name, value]) => [name, batchFirst(value, network.batchAxis).shape]));
  });
}

/** How many numbers a state [batch, ...] has for each sequence. */
const numbersOf = (shape: Shape): number => shape.slice(1).reduce((product, length) => product * length, 1);

/** Which state of the encoder one of the decoder is made of: that of the same name, else h. */
const sourceOf = (name: string, names: readonly string[]): string =>
  [name, 'h'].find((each) => names.includes(each)) ?? names[0]!;

/** [..., batch, ...] → [batch, ...] */
function batchFirst(value: Tensor, axis: number): Tensor {
  if (axis === 0) return value;
  const others = value.shape.map((_, i) => i).filter((i) => i !== axis);
  return permute(value, [axis, ...others]);
}

/** [batch, ...] → [..., batch, ...] */
function batchBack(value: Tensor, axis: number): Tensor {
  if (axis === 0) return value;
  const others = value.shape.map((_, i) => i).slice(1);
  return permute(value, [...others.slice(0, axis), 0, ...others.slice(axis)]);
}
