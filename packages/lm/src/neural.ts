// @dl/lm/neural: language models that learn: networks, word vectors, pre-training. They need @dl/rnn, @dl/attention, @dl/optim, @dl/data and @dl/train beside @dl/lm.

export { GloVe, type GloVeBatch, type GloVeOptions, type GloVeWeights } from './neural/vectors/glove.js';
export {
  type GloVeCountedEvent,
  type GloVeEndEvent,
  type GloVeEvent,
  type GloVeStepEvent,
  type TrainGloVeOptions,
  trainGloVe,
} from './neural/vectors/train-glove.js';
export { type WordEmbeddingOptions, wordEmbedding } from './neural/vectors/word-embedding.js';
