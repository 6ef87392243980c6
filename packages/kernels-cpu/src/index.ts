// @dl/kernels-cpu: the CPU backend.
export { type CpuBackend, type CpuOptions, cpu } from './backend.js';
export { type CpuBuffer, cpuBuffer } from './buffer.js';
export type { CpuHost } from './host.js';
