// @dl/data: data sets, readers, loaders and toy data, as plain arrays and async iterables.

export { type Expected, type FetchOptions, fetchBytes } from './checked.js';
export { type Example, type PaddedBatch, type PadOptions, padSequences, type Stacked, stack } from './collate.js';
export { type Dataset, type DigitDataset, datasetSize, subset, take } from './dataset.js';
export { type DrawnDigitsOptions, drawnDigits } from './digits/drawn-digits.js';
export { type GunzipOptions, gunzip } from './gzip.js';
export { parseIdx, parseIdxGz } from './idx.js';
export { type BatchContext, type Loader, type LoaderOptions, type LoaderState, loader } from './loader.js';
export type { NdArray, NdData } from './nd-array.js';
export { type CifarDataset, type CifarOptions, parseCifar } from './readers/cifar.js';
export {
  type EmptyNode,
  type MultiwordToken,
  parseConllu,
  parseTagged,
  type Sentence,
  type TaggedSentence,
  type Word,
} from './readers/conllu.js';
export { type CategoryColumn, type CsvOptions, type MatrixOptions, parseCsv, Table } from './readers/csv.js';
export { decodeText, parseLines, parseParallel, type SentencePair } from './readers/text.js';
export { type BpttBatch, type BpttOptions, bpttLoader } from './series/bptt-loader.js';
export { Scaler, type ScalerMethod, type ScalerOptions, type ScalerState } from './series/scaler.js';
export { type WindowDataset, type WindowsOptions, windows } from './series/windows.js';
export {
  type BootstrapOptions,
  bootstrap,
  type Fold,
  type KFoldOptions,
  kFold,
  type SplitOptions,
  type Splittable,
  split,
} from './splits.js';
export { type Source, type StreamLoader, type StreamOptions, type StreamState, streamLoader } from './stream.js';
export {
  type ClassDataset,
  type ClassesOptions,
  moons,
  type PointsOptions,
  rings,
  type SpiralsOptions,
  spirals,
} from './toy/points.js';
export { addingTask, parity, type RegressionDataset, type SineOptions, sine, type TaskOptions } from './toy/tasks.js';
export {
  adjustBrightness,
  adjustContrast,
  adjustHue,
  adjustSaturation,
  type ColorJitterOptions,
  type CutoutOptions,
  colorJitter,
  cutout,
  grayscale,
  normalize,
} from './transforms/color.js';
export {
  centerCrop,
  crop,
  horizontalFlip,
  type RandomCropOptions,
  type RandomResizedCropOptions,
  type RotateOptions,
  randomCrop,
  randomHorizontalFlip,
  randomResizedCrop,
  randomRotation,
  randomVerticalFlip,
  rotate,
  verticalFlip,
} from './transforms/geometry.js';
export { cutmix, type LabelledImages, type MixedImages, mixup } from './transforms/mix.js';
export { type ResizeOptions, resize } from './transforms/resize.js';
export { compose, type EachImage, eachImage, type Image, type Transform } from './transforms/transform.js';
