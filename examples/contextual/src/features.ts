// What learns from text alone, without a tag: vectors of words by their neighbours, a bidirectional language model, and a BERT. Each becomes an encoder of tokens.

import { type Generator, scope, type Tensor } from '@dl/autograd';
import type { TaggedSentence } from '@dl/data';
import type { Module } from '@dl/layers';
import { type Tokenizer, trainWords } from '@dl/lm';
import {
  BidirectionalModel,
  pretrainMasked,
  type TokenEncoder,
  trainWordVectors,
  type WordBatch,
  wordBatch,
  wordEmbedding,
} from '@dl/lm/neural';
import { Adam, CosineAnnealingLR, clipGradNorm } from '@dl/optim';
import { inBatches } from '../../tagging/src/batches.js';

export interface Sizes {
  /** Of vectors of words. */
  readonly word: number;
  /** Of each direction of the bidirectional model. */
  readonly state: number;
  readonly dModel: number;
  /** Of how many words a vocabulary is at most. */
  readonly vocabulary: number;
  /** How often each goes through the text. */
  readonly epochs: Readonly<Record<'vectors' | 'bidirectional', number>>;
  /** How the BERT learns. */
  readonly masked: { readonly epochs: number; readonly lr: number; readonly batchSize: number };
}

/** An encoder, and how sentences are laid out for it. */
export interface Features {
  readonly encoder: TokenEncoder | BidirectionalModel;
  batch(sentences: readonly TaggedSentence[], labels?: readonly (readonly number[])[]): WordBatch;
}

const formsOf = (sentences: readonly TaggedSentence[]): (readonly string[])[] => sentences.map(({ forms }) => forms);

/** Words that come twice or more, in lower case, one token each; all others are one. */
export function wordsOf(sentences: readonly TaggedSentence[], { vocabulary }: Sizes): Tokenizer {
  return trainWords(
    sentences.map(({ forms }) => forms.join(' ')),
    {
      ...{ split: 'whitespace', lowerCase: true, minCount: 2, maxSize: vocabulary },
      ...{ unk: '<unk>', bos: '<s>', eos: '</s>', pad: '<pad>', special: ['[MASK]'] },
    },
  );
}

/** A token for each word and nothing around: for vectors of words, and for the bidirectional model, which has bounds of its own. */
const plain =
  (words: Tokenizer): Features['batch'] =>
  (sentences, labels) =>
    wordBatch(words, formsOf(sentences), { ends: false, ...(labels && { labels }) });

/** Skip-gram: one vector for each word, wherever it stands. */
export async function staticVectors(
  text: readonly TaggedSentence[],
  words: Tokenizer,
  sizes: Sizes,
): Promise<Features> {
  const { vocabulary } = words;
  const known = text.map(({ forms }) => forms.map((form) => vocabulary.token(vocabulary.id(form.toLowerCase()))));
  const vectors = await trainWordVectors(known, {
    ...{ size: sizes.word, window: 2, subsample: 0, minCount: 1, epochs: sizes.epochs.vectors },
  });
  return { encoder: wordEmbedding(vectors, { tokens: vocabulary.tokens }), batch: plain(words) };
}

/** A bidirectional language model over words. */
export function bidirectional(
  text: readonly TaggedSentence[],
  words: Tokenizer,
  sizes: Sizes,
  random: Generator,
): Features {
  const { bos, eos } = words.vocabulary;
  const model = new BidirectionalModel({
    ...{ vocabularySize: words.vocabularySize, embeddingSize: sizes.state, begin: bos!, end: eos! },
  });
  const batch = plain(words);
  learn(model, text, sizes.epochs.bidirectional, random, (some) => {
    const { tokens, lengths } = batch(some);
    return model.loss(tokens, { lengths });
  });
  return { encoder: model, batch };
}

/** A small BERT that has said words that were left out. */
export async function masked(text: readonly TaggedSentence[], words: Tokenizer, sizes: Sizes): Promise<Features> {
  const longest = text.reduce((most, { forms }) => Math.max(most, forms.length), 0);
  const { model } = await pretrainMasked(
    text.map(({ forms }) => forms.join(' ')),
    {
      ...{ tokenizer: words, dModel: sizes.dModel, nhead: 4, numLayers: 2, dimFeedforward: 2 * sizes.dModel },
      ...{ maxLength: Math.max(longest + 2, 128), dropout: 0, heldOut: 0, ...sizes.masked },
    },
  );
  return {
    encoder: model.model,
    batch: (sentences, labels) => wordBatch(words, formsOf(sentences), labels && { labels }),
  };
}

/** Goes through sentences again and again, those of one length side by side. */
function learn(
  model: Module,
  text: readonly TaggedSentence[],
  epochs: number,
  random: Generator,
  lossOf: (some: readonly TaggedSentence[]) => Tensor,
): void {
  const size = 16;
  const optimizer = new Adam(model.parameters(), { lr: 0.01 });
  const schedule = new CosineAnnealingLR(optimizer, { tMax: epochs * Math.ceil(text.length / size) });
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const some of inBatches(text, size, random)) {
      scope(() => {
        lossOf(some).backward();
        clipGradNorm(model.parameters(), 5);
        optimizer.step();
        optimizer.zeroGrad();
        schedule.step();
      });
    }
  }
  optimizer.dispose();
}
