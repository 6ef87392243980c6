// @dl/testing: the conformance suite for backends, gradient check, leak check and allClose.
export { allClose, assertAllClose, type CloseOptions, type Comparable, NotCloseError } from './all-close.js';
export {
  type Check,
  type ConformanceOptions,
  conformance,
  type GradientCheckOptions,
  gradientChecks,
} from './conformance.js';
export { displaced } from './displaced.js';
export { type GradCheckOptions, gradCheck } from './grad-check.js';
export { leakCheck } from './leak-check.js';
export { runSample, type SampleTensors, sampleTensors, sampleValues } from './sample-inputs.js';
export { settledMemory } from './settled-memory.js';
export { type SpecialValueException, specialValueExceptions } from './special-value-exceptions.js';
export { type SpecialValueOptions, specialValueChecks } from './special-values.js';
