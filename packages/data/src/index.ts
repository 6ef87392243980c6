// @dl/data: data sets, loaders and drawn digits, as plain arrays and async iterables.

export { type Dataset, type DigitDataset, datasetSize, type SplitOptions, split, subset, take } from './dataset.js';
export { type DrawnDigitsOptions, drawnDigits } from './digits/drawn-digits.js';
export { parseIdx, parseIdxGz } from './idx.js';
export { type BatchContext, type Loader, type LoaderOptions, type LoaderState, loader } from './loader.js';
export type { NdArray, NdData } from './nd-array.js';
