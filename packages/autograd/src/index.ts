// @dl/autograd: tensors, ops with gradients, the kernel registry, memory scopes, seeded randomness.

export { checkCall, checkOptions, type Known, type KnownOptions, type Parameter } from './arguments/check-call.js';
export type { Check, Kind } from './arguments/kinds.js';
export { printable, shown } from './arguments/shown.js';
export {
  Backend,
  type BackendInfo,
  type BufferHandle,
  currentBackend,
  currentBackends,
  type UseBackendOptions,
  useBackend,
  withBackend,
} from './backend/backend.js';
export { type CoverageRow, coverage } from './backend/coverage.js';
export { checkKernels } from './backend/own-kernels.js';
export { needRange } from './backend/range.js';
export { type Copy, copyMark, isInstance, packageCopy, refuseOtherCopy } from './copies.js';
export {
  type AnyOp,
  defineKernel,
  defineOp,
  type Kernel,
  type KernelEntry,
  type KernelOptions,
  type KernelTensor,
  type KernelTensors,
  type Op,
  type OpDeclaration,
  type OpInfo,
  required,
  type Spec,
} from './dispatch/define-op.js';
export {
  type Element,
  type ElementFormula,
  type ElementOp,
  type ElementStep,
  elementFormula,
} from './dispatch/element-formula.js';
export { isOp } from './dispatch/is-op.js';
export * from './errors.js';
export { detectAnomaly } from './graph/anomaly.js';
export { type CustomGradient, checkpoint, customGrad } from './graph/custom-grad.js';
export { type Diagram, type DiagramArrow, type DiagramVertex, diagramToDot } from './graph/diagram.js';
export { noGrad } from './graph/grad-mode.js';
export {
  type BackwardOptions,
  backward,
  type GradientsOptions,
  grad,
  gradients,
  valueAndGrad,
} from './graph/gradients.js';
export { type GraphVertex, graph, graphToDot, printGraph } from './graph/graph.js';
export { madeBy } from './graph/made-by.js';
export { oncePerForward } from './graph/once-per-forward.js';
export { type OpCall, type TracedValue, type TracedValues, trace } from './graph/trace.js';
export { type Carried, carried } from './memory/carried.js';
export { setMemoryWarning } from './memory/loose.js';
export { internalScope, keep, Scope, scope } from './memory/scope.js';
export { type MemoryReport, memory, resetPeakMemory } from './memory/storage.js';
export * from './ops/index.js';
export type { Bytes, Platform } from './platform.js';
export { expectBegin } from './runs/begun.js';
export { type Collector, EventRun } from './runs/event-run.js';
export { Turns } from './runs/turns.js';
export {
  type AroundAxis,
  aroundAxis,
  broadcastStrides,
  mergeAxes,
  reductionSteps,
  type StridedWalk,
} from './tensor/axes.js';
export { categorical } from './tensor/categorical.js';
export {
  bytesPerElement,
  type DType,
  type DTypeInfo,
  dtypeInfo,
  dtypes,
  type HalfDType,
  isBoolean,
  isFloat,
  isHalf,
  isInteger,
  type TypedArray,
  type TypedArrayOf,
  typedArray,
} from './tensor/dtype.js';
export { halfBits, halfValues } from './tensor/half.js';
export type { ArrayWithShape, NestedValues, NumberArray } from './tensor/host-values.js';
export {
  arange,
  eye,
  full,
  fullLike,
  linspace,
  ones,
  onesLike,
  tensor,
  zeros,
  zerosLike,
} from './tensor/make.js';
export type { MakeOptions } from './tensor/make-like.js';
export {
  bernoulli,
  bernoulliLike,
  permutation,
  type RandomOptions,
  rand,
  randint,
  randintLike,
  randLike,
  randn,
  randnLike,
} from './tensor/make-random.js';
export { oneHot } from './tensor/one-hot.js';
export { defaultGenerator, Generator, type GeneratorState, manualSeed, withGenerator } from './tensor/random.js';
export { type RotaryTableOptions, rotaryTables } from './tensor/rotary-tables.js';
export { RowGradient } from './tensor/row-gradient.js';
export {
  broadcastShapes,
  checkInteger,
  formatShape,
  type Pair,
  type Shape,
  sizeOf,
  stridesOf,
  toPair,
} from './tensor/shape.js';
export { Tensor } from './tensor/tensor.js';
export type { ElementRange, NestedArray, NotFinite, WrittenTensor } from './tensor/tensor-base.js';
export { version } from './version.js';
