// @dl/data/node: what needs a file system.

export { type CachedFileOptions, cachedFile } from './node/cached-file.js';
export { type Cifar, type LoadCifarOptions, loadCifar } from './node/cifar.js';
export { type ImageFolder, type ImageFolderOptions, imageFolder, type LabelledImage } from './node/image-folder.js';
export { loadMnist, type Mnist } from './node/mnist.js';
export type { SourceOptions } from './node/source.js';
export { type FileLinesOptions, fileLines } from './node/text-file.js';
