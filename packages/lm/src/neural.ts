// @dl/lm/neural: language models that learn: networks, word vectors, pre-training. They need @dl/rnn, @dl/attention, @dl/optim, @dl/data and @dl/train beside @dl/lm.

export {
  type FilledMask,
  type FilledText,
  type Filling,
  type FillOptions,
  type MaskedLanguageModelOptions,
  MaskedLanguageModel,
  type MaskedModel,
  type MaskedScoreOptions,
  type PseudoPerplexityReport,
} from './neural/masked-language-model.js';
