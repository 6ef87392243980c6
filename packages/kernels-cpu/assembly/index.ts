// All kernels of the WebAssembly engine. Pointers are addresses in the heap; lengths and strides count elements.

export { gemm, gemmBytes, gemmIndexed } from './gemm';
export { gemmSmall } from './gemm-small';
export { copyRows, fill } from './move';
export { cropPlanes, foldAdd, gridOffsets, padPlanes, turnFilters } from './conv';
