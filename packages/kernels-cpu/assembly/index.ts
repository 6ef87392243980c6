// All kernels of the WebAssembly engine. Pointers are addresses in the heap; lengths and strides count elements.

export * from './activations';
export { channelFactors, normalizeBatch, normalizeBatchGrad, scaleChannels } from './batch-norm';
export * from './binary';
export { copyBytes, copyPlane, fillValue, padWith, triangle } from './blocks';
export { cropPlanes, foldAdd, gridOffsets, padPlanes, turnFilters } from './conv';
export { addSelected, gatherAt, indicesInRange, scatterAddAt, selectRows } from './gather';
export { gemm, gemmBytes, gemmIndexed, gemmLinear } from './gemm';
export * from './gradients';
export * from './lines';
export * from './logic';
export { dropElements } from './dropout';
export { normalizeRows, normalizeRowsGrad } from './group-norm';
export { copyRows, fill, transpose } from './move';
export { adam, sgd } from './optim';
export { avgPool, avgPoolGrad, maxPool } from './pool';
export { binaryMod, binaryPow } from './power';
export { maxColumns, maxRows, minColumns, minRows, sumChunks, sumColumns, sumDoubles, sumRows } from './reduce';
export * from './rounding';
export { crossEntropyRows, logSoftmaxRows, softmaxRows } from './softmax';
export * from './unary';
export { where4 } from './where';
