// @dl/lm/neural: language models that learn: networks, word vectors, pre-training. They need @dl/rnn, @dl/attention, @dl/optim, @dl/data and @dl/train beside @dl/lm.

export {
  type BidirectionalCallOptions,
  type BidirectionalConfig,
  type BidirectionalLogits,
  type BidirectionalLossOptions,
  BidirectionalModel,
  type CharacterConfig,
} from './neural/contextual/bidirectional-model.js';
export {
  CharacterEmbedding,
  type CharacterEmbeddingOptions,
  type CharacterForm,
} from './neural/contextual/character-embedding.js';
export { ELMo, type ELMoOptions } from './neural/contextual/elmo.js';
export type { ClassifierOptions, EncoderCallOptions, TokenEncoder } from './neural/contextual/encoder.js';
export { LayerMix } from './neural/contextual/layer-mix.js';
export {
  type MaskedTraining,
  type PretrainMaskedEvent,
  type PretrainMaskedOptions,
  pretrainMasked,
} from './neural/contextual/pretrain-masked.js';
export { type NextSentencePair, type SentencePairsOptions, sentencePairs } from './neural/contextual/sentence-pairs.js';
export {
  SequenceClassifier,
  type SequenceClassifierOptions,
  type SequencePool,
} from './neural/contextual/sequence-classifier.js';
export {
  type ClassifyOptions,
  TokenClassifier,
  type TokenClassifierOptions,
} from './neural/contextual/token-classifier.js';
export { type WordBatch, type WordBatchOptions, wordBatch } from './neural/contextual/word-batch.js';
export {
  type FilledMask,
  type FilledText,
  type Filling,
  type FillOptions,
  MaskedLanguageModel,
  type MaskedLanguageModelOptions,
  type MaskedModel,
  type MaskedScoreOptions,
  type PseudoPerplexityReport,
} from './neural/masked-language-model.js';
export type { NetworkModel, TokenStream } from './neural/models/network-model.js';
export { networkModels } from './neural/models/network-models.js';
export {
  type RecurrentCellName,
  type RecurrentConfig,
  RecurrentModel,
  RecurrentStream,
} from './neural/models/recurrent-model.js';
export { type WindowConfig, WindowModel, type WindowState } from './neural/models/window-model.js';
export { trainNetwork } from './neural/train-network.js';
export type {
  NetworkEndEvent,
  NetworkEpochEvent,
  NetworkFigures,
  NetworkLoss,
  NetworkMoment,
  NetworkStartEvent,
  NetworkStepEvent,
  NetworkTestEvent,
  NetworkTrainEvent,
  NetworkTraining,
  NetworkTrainState,
} from './neural/training/events.js';
export type { NetworkName, NetworkSizes } from './neural/training/models.js';
export type { TrainingLimit } from './neural/training/pace.js';
export type { SavedTraining, TrainNetworkOptions } from './neural/training/settings.js';
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
