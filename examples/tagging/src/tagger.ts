// The network: what a word is (an embedding, and a convolution over its characters), what stands around it (an LSTM in both directions), and which
// tags go together (a conditional random field).

import { concat, embedding, type Tensor, where } from '@dl/autograd';
import { Conv1d, Dropout, Embedding, Linear, Module } from '@dl/layers';
import { CRF, LSTM } from '@dl/rnn';
import type { Batch, Vocabulary } from './batches.js';

export interface Sizes {
  readonly word: number;
  readonly character: number;
  readonly filters: number;
  readonly hidden: number;
  readonly dropout: number;
}

export class Tagger extends Module<[batch: Batch], Tensor> {
  readonly words: Embedding;
  readonly characters: Embedding;
  readonly spelling: Conv1d;
  readonly around: LSTM;
  readonly scores: Linear;
  readonly crf: CRF;
  readonly dropout: Dropout;

  constructor({ words, characters, tags }: Vocabulary, { word, character, filters, hidden, dropout }: Sizes) {
    super();
    this.words = new Embedding(words.size + 2, word, { paddingIndex: 0 });
    this.characters = new Embedding(characters.size + 2, character, { paddingIndex: 0 });
    this.spelling = new Conv1d(character, filters, 3, { padding: 1 });
    this.around = new LSTM(word + filters, hidden, { bidirectional: true });
    this.scores = new Linear(2 * hidden, tags.length);
    this.crf = new CRF(tags.length);
    this.dropout = new Dropout(dropout);
  }

  /** The scores of each tag for each word by itself, [batch, time, tags]. */
  forward({ words, characters, forms, lengths }: Batch): Tensor {
    const known = concat([this.words.forward(words), embedding(forms, this.spelt(characters))], 2);
    const { output } = this.around.forward(this.dropout.forward(known), { lengths });
    return this.scores.forward(this.dropout.forward(output));
  }

  /** What the characters of each form say: the strongest that each filter finds in it, [forms, filters]. */
  spelt(characters: Tensor): Tensor {
    const found = this.spelling.forward(this.characters.forward(characters).permute([0, 2, 1])).relu(); // [forms, filters, length]
    return where(characters.equal(0).unsqueeze(1), 0, found).max(2);
  }

  loss(batch: Batch): Tensor {
    return this.crf.loss(this.forward(batch), batch.tags, { lengths: batch.lengths });
  }

  /** The numbers of the best tags. */
  tag(batch: Batch): readonly (readonly number[])[] {
    return this.crf.decode(this.forward(batch), { lengths: batch.lengths }).map(({ tags }) => tags);
  }
}
