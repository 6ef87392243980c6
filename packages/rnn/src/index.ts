// @dl/rnn: recurrent networks.

export { VariationalDropout } from './core/dropout.js';
export {
  type LayerRun,
  type LayerWeights,
  type OptionsShown,
  type SequenceInput,
  type SequenceOutput,
  Stacked,
  type StackKind,
  type StackOptions,
  type States,
} from './core/stacked.js';
export { GRU, type GRUOptions } from './layers/gru.js';
export { LSTM, type LSTMOptions, type LSTMState } from './layers/lstm.js';
export { type HiddenState, RNN, type RNNOptions } from './layers/rnn.js';
export {
  EncoderDecoder,
  type EncoderDecoderLossOptions,
  type EncoderDecoderOptions,
  type TeachingOptions,
} from './uses/encoder-decoder.js';
export {
  constantForcing,
  exponentialForcing,
  type ForcingSchedule,
  inverseSigmoidForcing,
  type LinearForcingOptions,
  linearForcing,
} from './uses/forcing.js';
export { type GenerateOptions, generate } from './uses/generate.js';
export type { InputOptions, SequenceNetwork } from './uses/network.js';
export { SequenceEncoder, type SequenceEncoderOptions } from './uses/sequence-encoder.js';
export {
  type GeneratorLossOptions,
  SequenceGenerator,
  type SequenceGeneratorOptions,
} from './uses/sequence-generator.js';
export { type SequenceLossOptions, sequenceCrossEntropy } from './uses/sequence-loss.js';
export { SequenceTransducer, type SequenceTransducerOptions } from './uses/sequence-transducer.js';
