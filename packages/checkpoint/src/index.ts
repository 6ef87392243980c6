// @dl/checkpoint: weights and training states as bytes in the safetensors format.

export { fromSafetensors, type SafetensorsContent } from './read.js';
export type { LoadOptions, SavedTensor, SaveOptions, TensorSource } from './safetensors.js';
export { packState, type State, unpackState } from './state.js';
export { toSafetensors } from './write.js';
