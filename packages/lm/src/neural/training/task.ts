// How a network learns from tokens: over streams if it carries a state on, over pieces if it does not, over rows of several texts.

import { crossEntropy, type Tensor } from '@dl/autograd';
import { type AnyModule, inMode } from '@dl/layers';
import type { Batch, Batches, BatchTensors } from '@dl/train';
import type { NetworkModel } from '../models/network-model.js';
import type { Corpus } from './corpus.js';
import { type Cutting, type Feed, streams, testStreams, testTexts, testWindows, texts, windows } from './feeds.js';

/** All that `fit` needs for it. */
export interface NetworkTask {
  /** The model, or what carries its state. */
  readonly module: AnyModule;
  readonly feed: Feed;
  /** Batches of about so many tokens that are held out. */
  test(most: number): Batches<Batch> | undefined;
  forward(batch: BatchTensors<Batch>): unknown;
  loss(output: unknown, batch: BatchTensors<Batch>): Tensor;
  /** Frees what it has made beside the model. */
  dispose(): void;
}

export function taskOf(model: NetworkModel, corpus: Corpus, cutting: Cutting): NetworkTask {
  const { isSeveral, train, heldOut } = corpus;
  if (!isSeveral && model.stream !== undefined) {
    // Refuses what does not fit before there are states.
    const feed = streams(train, cutting);
    const memory = model.stream(cutting.batch);
    return {
      module: memory,
      feed,
      test: (most) => heldOut && testStreams(heldOut, most, cutting),
      forward: ({ inputs, starts }) => memory.forward(inputs!, starts),
      loss: (logits, { targets }) =>
        crossEntropy((logits as Tensor).reshape([-1, model.vocabularySize]), targets!.reshape([-1])),
      dispose: () => {
        inMode(memory, 'eval', () => memory.reset());
        const own = new Set(model.buffers());
        for (const state of memory.buffers()) if (!own.has(state)) state.dispose();
      },
    };
  }
  // What fills up is a target that does not count.
  const options = isSeveral ? { ignoreIndex: cutting.begin } : {};
  return {
    module: model,
    feed: isSeveral ? texts(train, cutting) : windows(train, cutting),
    test: (most) => heldOut && (isSeveral ? testTexts : testWindows)(heldOut, most, cutting),
    forward: ({ tokens }) => ({ loss: model.loss(tokens!, options) }),
    loss: (output) => (output as { readonly loss: Tensor }).loss,
    dispose: () => {},
  };
}
