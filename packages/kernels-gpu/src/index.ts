// @dl/kernels-gpu: the GPU backend, on gpu.js.

export { DeviceLostError, GpuBackend, type GpuOptions, gpu } from './backend.js';
export { GpuBuffer, gpuBuffer } from './buffer.js';
export {
  type BackendTiming,
  type CompareOptions,
  compareBackends,
  type Model,
  type MovableModel,
  useFastest,
  warmup,
} from './choose.js';
export type { GpuEngine } from './gpu-js.js';
export { type GpuJsSource, type GpuJsThread, gpuJsProgram, runGpuJs, seenAs } from './readable/program.js';
