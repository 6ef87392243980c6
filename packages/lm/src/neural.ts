// @dl/lm/neural: language models that learn: networks, word vectors, pre-training. They need @dl/rnn, @dl/attention, @dl/optim, @dl/data and @dl/train beside @dl/lm.

export { GloVe, type GloVeBatch, type GloVeOptions, type GloVeWeights } from './neural/vectors/glove.js';
export { HuffmanTree, type TreePath } from './neural/vectors/huffman.js';
export { CBOW, type CBOWBatch, SkipGram, type SkipGramBatch, type WordModelOptions } from './neural/vectors/models.js';
export {
  type GloVeEnd,
  type GloVeEvent,
  type GloVeProgress,
  type TrainGloVeOptions,
  trainGloVe,
} from './neural/vectors/train-glove.js';
export {
  type TrainWordVectorsOptions,
  trainWordVectors,
  type WordVectorsEnd,
  type WordVectorsEvent,
  type WordVectorsProgress,
} from './neural/vectors/train-word-vectors.js';
export { type WordEmbeddingOptions, wordEmbedding } from './neural/vectors/word-embedding.js';
