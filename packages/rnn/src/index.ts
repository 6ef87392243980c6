// @dl/rnn: recurrent networks.

export { AR, type AROptions } from './baselines/ar.js';
export { NARMA, type NARMAOptions } from './baselines/narma.js';
export {
  StateSpace,
  type StateSpaceInput,
  type StateSpaceOptions,
  type StateSpaceState,
} from './baselines/state-space.js';
export { GRUCell, type GRUCellOptions } from './cells/gru-cell.js';
export { LSTMCell, type LSTMCellOptions } from './cells/lstm-cell.js';
export { Recurrent, type RecurrentOptions } from './cells/recurrent.js';
export { RNNCell, type RNNCellOptions } from './cells/rnn-cell.js';
export { Cell, type CellOptions, type RecurrentCell } from './core/cell.js';
export { VariationalDropout } from './core/dropout.js';
export type { Kind, LayerResult, LayerRun, LayerWeights, OptionsShown, States, WeightSpec } from './core/kind.js';
export { checkLengths, type LengthMaskOptions, lengthMask } from './core/lengths.js';
export { type SequenceInput, type SequenceOutput, Stacked, type StackOptions } from './core/stacked.js';
export { type GradientFlow, gradientFlow } from './insight/gradient-flow.js';
export { unrolled } from './insight/unrolled.js';
export {
  ConvLSTM,
  ConvLSTMCell,
  type ConvLSTMCellOptions,
  type ConvLSTMOptions,
  type ConvLSTMState,
  type ConvLSTMWeights,
} from './layers/conv-lstm.js';
export { convertUpdate } from './layers/convert-update.js';
export { GRU, type GRUOptions } from './layers/gru.js';
export {
  JordanRNN,
  JordanRNNCell,
  type JordanRNNCellOptions,
  type JordanRNNOptions,
  type JordanState,
  type JordanWeights,
} from './layers/jordan.js';
export {
  LayerNormLSTM,
  LayerNormLSTMCell,
  type LayerNormLSTMCellOptions,
  type LayerNormLSTMOptions,
  type LayerNormLSTMWeights,
} from './layers/layer-norm-lstm.js';
export { LSTM, type LSTMForm, type LSTMOptions, type LSTMState, type LSTMWeights } from './layers/lstm.js';
export { MGU, MGUCell, type MGUCellOptions, type MGUOptions, type SingleBiasWeights } from './layers/mgu.js';
export { type HiddenState, RNN, type RNNForm, type RNNOptions } from './layers/rnn.js';
export { type PackedSequence, type PaddedSequences, pack, type UnpackOptions, unpack } from './sequences/packed.js';
export { type AllowedTransitions, bioTransitions, type FromTag, type ToTag } from './structured/allowed.js';
export { CRF, type CRFInput, type CRFLossOptions, type CRFOptions } from './structured/crf.js';
export type { TagPath } from './structured/viterbi.js';
export { Stateful, type StatefulOptions, type StreamNetwork } from './training/stateful.js';
export { Bridge } from './uses/bridge.js';
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
export { featuresOf, type InputOptions, needNetwork, type SequenceNetwork } from './uses/network.js';
export { SequenceEncoder, type SequenceEncoderOptions } from './uses/sequence-encoder.js';
export {
  type GeneratorLossOptions,
  SequenceGenerator,
  type SequenceGeneratorOptions,
} from './uses/sequence-generator.js';
export { type SequenceLossOptions, sequenceCrossEntropy } from './uses/sequence-loss.js';
export { SequenceTransducer, type SequenceTransducerOptions } from './uses/sequence-transducer.js';
