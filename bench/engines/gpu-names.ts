// The names of the engines that draw, apart from them, because they run in a page alone.

export const oursOnGpu = 'dl webgl2';
export const readableOnGpu = 'dl webgl2, gpu.js';
export const peerOnGpu = 'tfjs webgl';
