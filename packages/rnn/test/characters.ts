// A model of the next characters of parallel streams, and the text that it learns.

import { crossEntropy, type Tensor } from '@dl/autograd';
import { bpttLoader } from '@dl/data';
import { Embedding, Linear, Module } from '@dl/layers';
import { Stateful, type StreamNetwork } from '../src/training/stateful.js';

const text =
  'It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness. '.repeat(
    8,
  );
export const characters = { data: Int32Array.from(text, (c) => c.charCodeAt(0)), shape: [text.length] };
export const VOCABULARY = 128;

/** The next characters of streams, by the network that is given. */
export class Characters extends Module {
  readonly embedding = new Embedding(VOCABULARY, 6);
  readonly memory: Stateful;
  readonly head: Linear;

  constructor(network: StreamNetwork, size: number, streams = 4) {
    super();
    this.memory = new Stateful(network, streams);
    this.head = new Linear(size, VOCABULARY);
  }

  forward({ inputs, starts }: { readonly inputs: Tensor; readonly starts?: Tensor }): Tensor {
    return this.head.forward(this.memory.forward(this.embedding.forward(inputs), starts));
  }
}

export const lossOf = (output: Tensor, { targets }: { readonly targets: Tensor }): Tensor =>
  crossEntropy(output.reshape([-1, VOCABULARY]), targets.reshape([-1]));

export const rowOf = (x: Tensor, row: number): unknown => (x.toArray() as unknown[])[row];
export const weights = (model: Module) => Object.values(model.stateDict()).map((value) => value.dataSync());
export const pieces = (options = {}) => bpttLoader(characters, { streams: 4, steps: 16, ...options });
