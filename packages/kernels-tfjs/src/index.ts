// @dl/kernels-tfjs: a backend on TensorFlow.js.
export { TfjsBackend, type TfjsOptions, tfjs } from './backend.js';
export { type FromTfjsOptions, fromTfjs, toTfjs } from './convert.js';
export { type TfjsKernel, tfjsKernel } from './kernel.js';
export type { TfjsRun } from './run.js';
