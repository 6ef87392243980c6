// A folder of images, a subfolder for each class: the layout of ImageNet and of most collections of photographs.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  ArgumentError,
  checkCall,
  defaultGenerator,
  FormatError,
  type Generator,
  IndexError,
  type Known,
  printable,
} from '@dl/autograd';
import { type DecodeOptions, decodeOptions } from '../decode-image.js';
import type { Image } from '../transforms/transform.js';

/** Options of {@link imageFolder}. */
export interface ImageFolderOptions extends DecodeOptions {
  /** Go through the images in a new random order each time. Default: false, by class and name. */
  shuffle?: boolean;
  /** Where the orders come from. Default: `defaultGenerator()`. */
  generator?: Generator;
}

const imageFolderOptions: Known<ImageFolderOptions> = { shuffle: 'boolean', generator: 'generator', ...decodeOptions };

/** An image `[C, H, W]` with values from 0 to 1, and the index of its class. */
export type LabelledImage = { readonly image: Image; readonly label: number };

/** The images of a folder; see {@link imageFolder}. */
export interface ImageFolder extends AsyncIterable<LabelledImage> {
  /** Names of the subfolders, sorted. Class k is `classes[k]`. */
  readonly classes: readonly string[];
  /** The files, as paths below the folder, by class and name. */
  readonly files: readonly string[];
  /** The class of each file. */
  readonly labels: Int32Array;
  /** Reads and decodes one image. */
  read(index: number): Promise<LabelledImage>;
}

/**
 * The PNG and JPEG files in the subfolders of a folder, each subfolder a class. Only names are read at first; an
 * image is read and decoded when its turn comes. Hidden files and files of other kinds are left out.
 *
 * A `streamLoader` of a shuffled folder resumes exactly when both draw from one generator, as they do by default. It reads again
 * what is done; where that takes long, go through the indices of `files` instead, and call `read` in `collate`.
 *
 * @throws ArgumentError for a folder that is not there, has no subfolders or an empty class; FormatError, when it is
 * read, for a file that is damaged.
 *
 * @example
 * ```ts no-run
 * import { stack, streamLoader, compose, randomResizedCrop, randomHorizontalFlip } from '@dl/data';
 * import { imageFolder } from '@dl/data/node';
 * const folder = await imageFolder('photographs', { shuffle: true });
 * const augment = compose(randomResizedCrop(64), randomHorizontalFlip());
 * const batches = streamLoader(folder, {
 *   batchSize: 32,
 *   collate: (some, { generator }) => stack(some.map(({ image, label }) => ({ image: augment(image, generator), label }))),
 * });
 * for await (const { image, label } of batches) console.log(image.shape, label.shape); // [32, 3, 64, 64] and [32]
 * ```
 */
export async function imageFolder(folder: string, options: ImageFolderOptions = {}): Promise<ImageFolder> {
  checkCall('imageFolder', arguments, ['folder'], imageFolderOptions);
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new ArgumentError(`imageFolder: cannot read '${folder}', needs a folder with a subfolder for each class`, {
      cause,
    });
  });
  const classes = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name);
  classes.sort();
  if (classes.length === 0) {
    throw new ArgumentError(`imageFolder: '${folder}' has no subfolders, needs one for each class`);
  }
  const files: string[] = [];
  const labels: number[] = [];
  for (const [label, name] of classes.entries()) {
    const entriesOfIt = await readdir(join(folder, name)).catch((cause: unknown) => {
      throw new ArgumentError(`imageFolder: cannot read '${join(folder, name)}', needs a folder of images`, { cause });
    });
    const images = entriesOfIt.filter((file) => /^[^.].*\.(png|jpe?g)$/i.test(file)).sort();
    if (images.length === 0) {
      throw new ArgumentError(`imageFolder: '${join(folder, name)}' has no .png, .jpg or .jpeg, needs at least one`);
    }
    for (const file of images) {
      files.push(`${name}/${file}`);
      labels.push(label);
    }
  }
  const { shuffle = false, generator = defaultGenerator() } = options;
  const read = async (index: number): Promise<LabelledImage> => {
    const file = files[index];
    if (file === undefined) {
      throw new IndexError(`imageFolder: index ${index} is not a file, needs 0 to ${files.length - 1}`);
    }
    const bytes = await readFile(join(folder, file)).catch((cause: unknown) => {
      throw new FormatError(
        `imageFolder: cannot read '${printable(join(folder, file), 300)}'; is it a file, and still there?`,
        {
          cause,
        },
      );
    });
    const { decodeNamed } = await import('../decode-image.js');
    const { data, shape } = decodeNamed(bytes, options, `imageFolder: ${printable(file, 300)}`);
    return { image: { data: Float32Array.from(data, (byte) => byte / 255), shape }, label: labels[index]! };
  };
  return {
    classes,
    files,
    labels: Int32Array.from(labels),
    read,
    async *[Symbol.asyncIterator]() {
      const order = shuffle ? generator.permutation(files.length) : files.keys();
      for (const index of order) yield await read(index);
    },
  };
}
