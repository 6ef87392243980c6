// @dl/lm/neural: language models that learn: networks, word vectors, pre-training. They need @dl/rnn, @dl/attention, @dl/optim, @dl/data and @dl/train beside @dl/lm.

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
export type { NetworkModel } from './neural/models/network-model.js';
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
