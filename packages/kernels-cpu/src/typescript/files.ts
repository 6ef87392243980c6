// Every file of kernels: a new one needs a line here. Whatever they export belongs to the backend's table.

export * as arithmetic from './arithmetic.js';
export * as batchNorm from './batch-norm.js';
export * as conv2d from './conv2d.js';
export * as ctc from './ctc.js';
export * as dropout from './dropout.js';
export * as elements from './elements.js';
export * as elementwise from './elementwise.js';
export * as elman from './elman.js';
export * as gradients from './gradients.js';
export * as groupNorm from './group-norm.js';
export * as gru from './gru.js';
export * as indexing from './indexing.js';
export * as linear from './linear.js';
export * as lstm from './lstm.js';
export * as matmul from './matmul.js';
export * as move from './move.js';
export * as optim from './optim.js';
export * as order from './order.js';
export * as pool2d from './pool2d.js';
export * as reduce from './reduce.js';
export * as softmax from './softmax.js';
