// @dl/autograd: tensors, ops with gradients, the kernel registry, memory scopes, seeded randomness.

export { detectAnomaly } from './anomaly.js';
export {
  Backend,
  type BackendInfo,
  type BufferHandle,
  currentBackend,
  type UseBackendOptions,
  useBackend,
  withBackend,
} from './backend.js';
export { type CoverageRow, coverage } from './coverage.js';
export { type CustomGradient, checkpoint, customGrad } from './custom-grad.js';
export {
  type AnyOp,
  defineKernel,
  defineOp,
  isOp,
  type Kernel,
  type KernelEntry,
  type KernelTensor,
  type KernelTensors,
  type Op,
  type OpDeclaration,
  type OpInfo,
  required,
  type Spec,
} from './define-op.js';
export { bytesPerElement, type DType, dtypes, type TypedArray, type TypedArrayOf, typedArray } from './dtype.js';
export {
  argumentsOf,
  Element,
  type ElementFormula,
  type ElementOp,
  type ElementStep,
  elementFormula,
} from './element-formula.js';
export * from './errors.js';
export { noGrad } from './grad-mode.js';
export {
  type BackwardOptions,
  backward,
  type GradientsOptions,
  grad,
  gradients,
  valueAndGrad,
} from './gradients.js';
export { type GraphVertex, graph, graphToDot, printGraph } from './graph.js';
export { madeBy } from './made-by.js';
export {
  type ArrayWithShape,
  arange,
  eye,
  full,
  fullLike,
  linspace,
  type MakeOptions,
  oneHot,
  ones,
  onesLike,
  tensor,
  zeros,
  zerosLike,
} from './make.js';
export {
  bernoulli,
  bernoulliLike,
  categorical,
  permutation,
  type RandomOptions,
  rand,
  randint,
  randintLike,
  randLike,
  randn,
  randnLike,
} from './make-random.js';
export * from './ops/index.js';
export { defaultGenerator, Generator, type GeneratorState, manualSeed } from './random.js';
export { internalScope, keep, Scope, scope, setMemoryWarning } from './scope.js';
export {
  broadcastShapes,
  checkInteger,
  formatShape,
  type Pair,
  type Shape,
  sizeOf,
  stridesOf,
  toPair,
} from './shape.js';
export { type MemoryReport, memory, resetPeakMemory } from './storage.js';
export { Tensor } from './tensor.js';
export type { NestedArray } from './tensor-base.js';
export { version } from './version.js';
