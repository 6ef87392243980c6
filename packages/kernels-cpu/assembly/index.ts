// All kernels of the WebAssembly engine. Pointers are addresses in the heap; lengths and strides count elements.

export * from './binary';
export { cropPlanes, foldAdd, gridOffsets, padPlanes, turnFilters } from './conv';
export { gemm, gemmBytes, gemmIndexed } from './gemm';
export { gemmSmall } from './gemm-small';
export { copyRows, fill, transpose } from './move';
export { avgPool, avgPoolGrad, maxPool, scatterAddRows } from './pool';
export { maxColumns, maxRows, minColumns, minRows, sumColumns, sumRows } from './reduce';
export { crossEntropyRows, logSoftmaxRows, softmaxRows } from './softmax';
export * from './unary';
export { where4 } from './where';
export { winogradBytes, winogradFilterBytes, winogradFilters, winogradTiles } from './winograd';
export {
  winogradGradBlockBytes, winogradGradBytes, winogradGradImage, winogradGradMultiply, winogradGradPanels,
  winogradGradResult, winogradGradSumBytes, winogradGradTaps,
} from './winograd-grad';
export { directConv, directFilterBytes, directFilters, directTaps, directTiles } from './conv-direct';
export { directGrad } from './conv-direct-grad';
