// @dl/lm/neural: language models that learn: networks, word vectors, pre-training. They need @dl/rnn, @dl/attention, @dl/optim, @dl/data and @dl/train beside @dl/lm.

export type { NetworkModel } from './neural/models/network-model.js';
export { networkModels } from './neural/models/network-models.js';
export {
  type RecurrentCellName,
  type RecurrentConfig,
  RecurrentModel,
  RecurrentStream,
} from './neural/models/recurrent-model.js';
export { type WindowConfig, WindowModel, type WindowState } from './neural/models/window-model.js';
