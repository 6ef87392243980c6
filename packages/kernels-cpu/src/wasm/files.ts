// Every file of WebAssembly kernels: a new one needs a line here. Whatever they export belongs to the engine's table.

export * as conv2d from './conv2d.js';
export * as matmul from './matmul.js';
