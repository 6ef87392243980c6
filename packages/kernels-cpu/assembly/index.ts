// All kernels of the WebAssembly engine. Pointers are addresses in the heap; lengths and strides count elements.

export * from './binary';
export { cropPlanes, foldAdd, gridOffsets, padPlanes, turnFilters } from './conv';
export { gemm, gemmBytes, gemmIndexed, gemmLinear } from './gemm';
export * from './gradients';
export { copyRows, fill, transpose } from './move';
export { adam, sgd } from './optim';
export { avgPool, avgPoolGrad, maxPool, scatterAddRows } from './pool';
export { maxColumns, maxRows, minColumns, minRows, sumChunks, sumColumns, sumDoubles, sumRows } from './reduce';
export { crossEntropyRows, logSoftmaxRows, softmaxRows } from './softmax';
export * from './unary';
export { where4 } from './where';
