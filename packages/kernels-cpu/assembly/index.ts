// All kernels of the WebAssembly engine. Pointers are addresses in the heap; lengths and strides count elements.

export * from './activations';
export { channelFactors, normalizeBatch, normalizeBatchGrad, scaleChannels } from './batch-norm';
export * from './binary';
export { copyBytes, copyLines, copyPlane, fillValue, padWith, triangle } from './blocks';
export { cropPlanes, foldAdd, gridOffsets, padPlanes, flipFilters } from './conv';
export { directConv, directFilterBytes, directFilters, directTaps, directTiles } from './conv-direct';
export { directGrad } from './conv-direct-grad';
export { attention, attentionBytes } from './attention';
export { attentionBiasGrad, attentionGrad, attentionGradBytes } from './attention-grad';
export { ctcBytes, ctcLoss, ctcLossGrad } from './ctc';
export { dropElements } from './dropout';
export { addSelected, gatherAt, indicesInRange, scatterAddAt, selectRows } from './gather';
export { elmanBackward, elmanBytes, elmanForward } from './elman';
export { gemm, gemmBytes, gemmIndexed, gemmLinear } from './gemm';
export { elementRoom, updateElements } from './elements';
export * from './gradients';
export { gruBackward, gruBytes, gruForward } from './gru';
export { bfloat16ToFloat, float16ToFloat, floatToBfloat16, floatToFloat16 } from './half';
export { normalizeRows, normalizeRowsGrad } from './group-norm';
export * from './lines';
export * from './logic';
export { lstmBackward, lstmBytes, lstmForward } from './lstm';
export { copyRows, fill, transpose } from './move';
export { adam, sgd } from './optim';
export { order, orderBytes } from './order';
export { packMatrix, packedBytes } from './packed';
export { avgPool, avgPoolGrad, maxPool, maxPoolGrad } from './pool';
export { binaryMod, binaryPow } from './power';
export { maxColumns, maxRows, minColumns, minRows, sumChunks, sumColumns, sumDoubles, sumRows } from './reduce';
export * from './rounding';
export { maxColumns, maxRows, minColumns, minRows, sumColumns, sumRows } from './reduce';
export { rotateRows } from './rotary';
export { crossEntropyRows, logSoftmaxRows, softmaxRows } from './softmax';
export * from './unary';
export { where4 } from './where';
export { largestIndex, word2vec, word2vecBytes } from './word2vec';
export { isEven, winogradBytes, winogradFilterBytes, winogradFilters, winogradTiles } from './winograd';
export {
  winogradGradBlockBytes, winogradGradBytes, winogradGradImage, winogradGradMultiply, winogradGradPanels,
  winogradGradResult, winogradGradSumBytes, winogradGradTaps,
} from './winograd-grad';
