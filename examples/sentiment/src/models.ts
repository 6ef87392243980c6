// What reads a sentence and says what is thought in it: a bag of its words, and attention between them.

import { SinusoidalPositions, TransformerEncoder } from '@dl/attention';
import { noGrad, scope, type Tensor, tensor, where } from '@dl/autograd';
import { Dropout, Embedding, Linear, Module } from '@dl/layers';
import { lengthMask } from '@dl/rnn';

export interface Counted {
  /** How many tokens of each sentence count. */
  readonly lengths: readonly number[];
}

/** Sentences as tokens [batch, time], filled up with 0 → a score for each class, [batch, classes]. */
export type Classifier = Module<[tokens: Tensor, counted: Counted], Tensor>;

/** The mean over the steps that count, [batch, time, features] → [batch, features]. */
export function meanOver(x: Tensor, lengths: readonly number[]): Tensor {
  const [batch, time] = x.shape as readonly [number, number];
  const counted = where(lengthMask(lengths, time).reshape([batch, time, 1]), x, 0).sum(1);
  return counted.div(tensor(lengths.map((length) => [length])));
}

/** A table of vectors that start normal, with a standard deviation. */
function smallTable(words: number, features: number, std: number): Embedding {
  const table = new Embedding(words, features);
  scope(() => noGrad(() => table.weight.assign(table.weight.mul(std))));
  return table;
}

export interface BagSizes {
  readonly dModel: number;
  readonly dropout: number;
}

/** The mean of the words' vectors, whatever their order. */
export class BagOfWords extends Module<[tokens: Tensor, counted: Counted], Tensor> {
  readonly embedding: Embedding;
  readonly dropout: Dropout;
  readonly output: Linear;

  constructor(words: number, classes: number, { dModel, dropout }: BagSizes) {
    super();
    this.embedding = new Embedding(words, dModel);
    this.dropout = new Dropout(dropout);
    this.output = new Linear(dModel, classes);
  }

  forward(tokens: Tensor, { lengths }: Counted): Tensor {
    return this.output.forward(this.dropout.forward(meanOver(this.embedding.forward(tokens), lengths)));
  }
}

export interface EncoderSizes extends BagSizes {
  readonly heads: number;
  readonly layers: number;
  readonly dimFeedforward: number;
}

/** The mean of what a small encoder makes of the words, each of which has looked at all others. */
export class SentenceEncoder extends Module<[tokens: Tensor, counted: Counted], Tensor> {
  readonly embedding: Embedding;
  readonly positions: SinusoidalPositions;
  readonly dropout: Dropout;
  readonly encoder: TransformerEncoder;
  readonly output: Linear;

  constructor(words: number, classes: number, { dModel, heads, layers, dimFeedforward, dropout }: EncoderSizes) {
    super();
    this.embedding = smallTable(words, dModel, dModel ** -0.5);
    this.positions = new SinusoidalPositions(dModel);
    this.dropout = new Dropout(dropout);
    this.encoder = new TransformerEncoder(dModel, heads, layers, { dimFeedforward, dropout });
    this.output = new Linear(dModel, classes);
  }

  forward(tokens: Tensor, { lengths }: Counted): Tensor {
    // As in the paper of 2017: vectors are small as parameters, so that a step changes them much, and as large as the positions where they are added.
    const vectors = this.embedding.forward(tokens).mul(Math.sqrt(this.embedding.embeddingDim));
    const x = this.dropout.forward(this.positions.forward(vectors));
    return this.output.forward(meanOver(this.encoder.forward(x, { lengths }), lengths));
  }
}
