// All kernels of the WebAssembly engine. Pointers are addresses in the heap; lengths and strides count elements.

export { channelFactors, normalizeBatch, normalizeBatchGrad, scaleChannels } from './batch-norm';
export * from './binary';
export { cropPlanes, foldAdd, gridOffsets, padPlanes, turnFilters } from './conv';
export { dropElements } from './dropout';
export { gemm, gemmBytes, gemmIndexed } from './gemm';
export { gemmSmall } from './gemm-small';
export { normalizeRows, normalizeRowsGrad } from './group-norm';
export { copyRows, fill, transpose } from './move';
export { avgPool, avgPoolGrad, maxPool, scatterAddRows } from './pool';
export { maxColumns, maxRows, minColumns, minRows, sumColumns, sumRows } from './reduce';
export { crossEntropyRows, logSoftmaxRows, softmaxRows } from './softmax';
export * from './unary';
export { where4 } from './where';
