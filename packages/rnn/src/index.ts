// @dl/rnn: recurrent networks.

export { AR, type AROptions } from './baselines/ar.js';
export { NARMA, type NARMAOptions } from './baselines/narma.js';
export {
  StateSpace,
  type StateSpaceInput,
  type StateSpaceOptions,
  type StateSpaceState,
} from './baselines/state-space.js';
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
export { Stateful, type StreamNetwork } from './training/stateful.js';
