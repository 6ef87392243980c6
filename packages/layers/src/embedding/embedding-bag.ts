// EmbeddingBag: the sum, mean or maximum of the vectors of several words at once.

import {
  ArgumentError,
  checkCall,
  checkInteger,
  DTypeError,
  embedding,
  formatShape,
  indexSelect,
  isInteger,
  type Known,
  maxPool2d,
  notEqual,
  randn,
  reshape,
  type Shape,
  ShapeError,
  shown,
  sizeOf,
  sum,
  type Tensor,
  tensor,
  where,
  zeros,
} from '@dl/autograd';
import { formatArguments, needTensor } from '../core/checks.js';
import { Module } from '../core/module.js';
import { parameter } from '../core/parameter.js';
import type { EmbeddingOptions } from './embedding.js';
import { checkPaddingIndex, clearRow, embeddingOptions } from './embedding.js';
import { byFrequency } from './frequency.js';
import { checkMaxNorm, shortenRows } from './max-norm.js';

/** Options of {@link EmbeddingBag}. */
export interface EmbeddingBagOptions extends EmbeddingOptions {
  /** What becomes of the vectors of a bag. Default mean. */
  readonly mode?: 'sum' | 'mean' | 'max';
  /** Offsets end with the count of all words, which starts no bag. Default false. */
  readonly includeLastOffset?: boolean;
}

const embeddingBagOptions: Known<EmbeddingBagOptions> = {
  mode: ['sum', 'mean', 'max'],
  includeLastOffset: 'boolean',
  ...embeddingOptions,
};

/**
 * The sum, mean or maximum of rows of a learned table: indices [bags, length] (`int32`) → [bags, embeddingDim]. Bags of
 * different lengths come as one list [count] with `offsets`, where each bag starts, and with `includeLastOffset` the count at their end. A bag without words, or with none but the
 * padding index, gives zeros. With `perSampleWeights`, in the shape of the indices, a sum counts each vector that many times. The weight
 * [numEmbeddings, embeddingDim] starts normal, as {@link Embedding}'s does.
 *
 * @throws IndexError for an index outside 0 … numEmbeddings - 1.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { EmbeddingBag } from '@dl/layers';
 * await useBackend(cpu());
 * const layer = new EmbeddingBag(10, 4, { mode: 'sum' });
 * const words = tensor([3, 1, 0, 7, 7], { dtype: 'int32' });
 * console.log(layer.forward(words, [0, 2]).shape); // [2, 4]: of words 3 and 1, and of words 0, 7 and 7
 * ```
 */
export class EmbeddingBag extends Module<
  [indices: Tensor, offsets?: readonly number[] | undefined, perSampleWeights?: Tensor]
> {
  readonly numEmbeddings: number;
  readonly embeddingDim: number;
  readonly mode: 'sum' | 'mean' | 'max';
  readonly paddingIndex: number | undefined;
  readonly maxNorm: number | undefined;
  readonly normType: number;
  readonly scaleGradByFreq: boolean;
  readonly sparse: boolean;
  readonly includeLastOffset: boolean;
  readonly weight: Tensor;

  constructor(numEmbeddings: number, embeddingDim: number, given: EmbeddingBagOptions = {}) {
    checkCall('EmbeddingBag', arguments, ['numEmbeddings', 'embeddingDim'], embeddingBagOptions);
    super();
    const { mode = 'mean', paddingIndex, maxNorm, normType = 2, ...rest } = given;
    const { scaleGradByFreq = false, sparse = false, includeLastOffset = false, ...options } = rest;
    this.numEmbeddings = checkInteger('EmbeddingBag', 'numEmbeddings', numEmbeddings, 1);
    this.embeddingDim = checkInteger('EmbeddingBag', 'embeddingDim', embeddingDim, 1);
    if (mode !== 'sum' && mode !== 'mean' && mode !== 'max') {
      throw new ArgumentError(`EmbeddingBag: mode is ${shown(mode)}, needs 'sum', 'mean' or 'max'`);
    }
    checkMaxNorm('EmbeddingBag', given);
    if (scaleGradByFreq && mode === 'max') {
      throw new ArgumentError("EmbeddingBag: scaleGradByFreq is for the modes 'sum' and 'mean', and the mode is 'max'");
    }
    this.mode = mode;
    this.scaleGradByFreq = scaleGradByFreq;
    this.sparse = sparse;
    this.includeLastOffset = includeLastOffset;
    this.paddingIndex = checkPaddingIndex('EmbeddingBag', paddingIndex, numEmbeddings);
    this.maxNorm = maxNorm;
    this.normType = normType;
    const start = randn([numEmbeddings, embeddingDim], options);
    if (this.paddingIndex !== undefined) clearRow(start, this.paddingIndex);
    this.weight = parameter(start);
  }

  forward(indices: Tensor, offsets?: readonly number[], perSampleWeights?: Tensor): Tensor {
    needTensor('EmbeddingBag', indices);
    if (!isInteger(indices.dtype)) {
      throw new DTypeError(`EmbeddingBag: indices are ${indices.dtype}, needs int32; cast them with .cast('int32')`);
    }
    if (perSampleWeights !== undefined) this.#checkWeights(indices, perSampleWeights);
    const { words, kept, arranged } = this.#bags(indices, offsets);
    if (this.maxNorm !== undefined) shortenRows(this.weight, indices, this.maxNorm, this.normType);
    const [bags, length] = words.shape as readonly [number, number];
    const { dtype, backend } = this.weight;
    const nothing = zeros([bags, this.embeddingDim], { dtype, backend });
    if (length === 0) return nothing;
    const found = embedding(words, this.weight, this.#lookup); // [bags, length, embeddingDim]
    const vectors = this.scaleGradByFreq ? byFrequency(found, words, indices, this.numEmbeddings) : found;
    const weights = perSampleWeights && reshape(arranged(perSampleWeights), [bags, length, 1]);
    if (kept === undefined) return this.#reduce(weights === undefined ? vectors : vectors.mul(weights), length);
    const mask = reshape(kept, [bags, length, 1]);
    const counts = sum(mask.cast(dtype), 1);
    const isEmpty = counts.equal(0);
    if (this.mode !== 'max') {
      // Both are selected before they meet, so that neither reaches the other's gradient from where nothing counts.
      const rows = where(mask, vectors, 0);
      const total = sum(weights === undefined ? rows : rows.mul(where(mask, weights, 0)), 1);
      return this.mode === 'sum' ? total : total.div(where(isEmpty, counts.add(1), counts));
    }
    // Lower than anything, so that it is never the largest of a bag that has a word.
    return where(isEmpty, nothing, largest(where(mask, vectors, -Infinity)));
  }

  /** The rows of words that do not count get zeros by the mask; of a sparse gradient they are to be left out. */
  get #lookup(): { readonly sparse: boolean; readonly paddingIndex?: number } {
    const { sparse, paddingIndex } = this;
    return sparse && paddingIndex !== undefined ? { sparse, paddingIndex } : { sparse };
  }

  #checkWeights(indices: Tensor, weights: Tensor): void {
    needTensor('EmbeddingBag', weights, this.weight);
    if (this.mode !== 'sum') {
      throw new ArgumentError(`EmbeddingBag: perSampleWeights are for mode 'sum', and the mode is '${this.mode}'`);
    }
    if (`${weights.shape}` !== `${indices.shape}`) {
      throw new ShapeError(
        `EmbeddingBag: perSampleWeights are ${formatShape(weights.shape)} and indices ${formatShape(indices.shape)}; needs one for each index`,
      );
    }
  }

  #reduce(rows: Tensor, length: number): Tensor {
    if (this.mode === 'max') return largest(rows);
    const total = sum(rows, 1);
    return this.mode === 'sum' ? total : total.div(length);
  }

  #bags(indices: Tensor, offsets: readonly number[] | undefined): Bags {
    const { paddingIndex } = this;
    const realOf = (words: Tensor): Tensor | undefined =>
      paddingIndex === undefined ? undefined : notEqual(words, paddingIndex);
    if (offsets === undefined) {
      if (indices.rank !== 2) {
        throw new ShapeError(
          `EmbeddingBag: indices are ${formatShape(indices.shape)}, needs [bags, length], or [count] and offsets where bags start`,
        );
      }
      const kept = realOf(indices);
      return { words: indices, kept, arranged: (x) => x };
    }
    checkOffsets(indices.shape, offsets, this.includeLastOffset);
    const starts = this.includeLastOffset ? offsets.slice(0, -1) : offsets;
    const lengths = starts.map((start, i) => (offsets[i + 1] ?? indices.size) - start);
    const longest = Math.max(0, ...lengths);
    const shape = [starts.length, longest];
    const from = new Int32Array(sizeOf(shape));
    const inside = new Int32Array(sizeOf(shape));
    starts.forEach((start, bag) => {
      for (let i = 0; i < lengths[bag]!; i++) {
        from[bag * longest + i] = start + i;
        inside[bag * longest + i] = 1;
      }
    });
    const made = { backend: indices.backend };
    const places = tensor(from, made);
    const arranged = (x: Tensor): Tensor => reshape(indexSelect(x, 0, places), shape);
    const words = arranged(indices);
    const isInside = tensor({ data: inside, shape }, made).cast('bool');
    const real = realOf(words);
    return { words, kept: real === undefined ? isInside : isInside.logicalAnd(real), arranged };
  }

  /** A sum over words, which are indices. */
  override multiplyAdds(): number {
    return 0;
  }

  override describe(): string {
    return formatArguments([this.numEmbeddings, this.embeddingDim], {
      mode: [this.mode, 'mean'],
      paddingIndex: [this.paddingIndex, undefined],
      maxNorm: [this.maxNorm, undefined],
      normType: [this.normType, 2],
      scaleGradByFreq: [this.scaleGradByFreq, false],
      sparse: [this.sparse, false],
      includeLastOffset: [this.includeLastOffset, false],
    });
  }
}

/** Bags as rows of words, and which of these count, where not all do. */
interface Bags {
  readonly words: Tensor;
  readonly kept: Tensor | undefined;
  /** What came with the words, in their places. */
  arranged(x: Tensor): Tensor;
}

/** [bags, length, features] → [bags, features]; of equals, the first gets the gradient, as in PyTorch. */
function largest(rows: Tensor): Tensor {
  const [bags, length, features] = rows.shape as readonly [number, number, number];
  return reshape(maxPool2d(reshape(rows, [1, bags, length, features]), [length, 1]), [bags, features]);
}

function checkOffsets(shape: Shape, offsets: readonly number[], includeLast: boolean): void {
  if (shape.length !== 1) {
    throw new ShapeError(`EmbeddingBag: indices are ${formatShape(shape)}, needs [count] beside offsets`);
  }
  const isRising = offsets.every((start, i) => Number.isInteger(start) && start >= (offsets[i - 1] ?? 0));
  if (offsets.length === 0 || offsets[0] !== 0 || !isRising || offsets.at(-1)! > shape[0]!) {
    throw new ArgumentError(
      `EmbeddingBag: offsets are ${formatShape(offsets)}, needs whole numbers from 0 that do not fall, up to ${shape[0]}`,
    );
  }
  if (includeLast && offsets.at(-1) !== shape[0]) {
    throw new ArgumentError(
      `EmbeddingBag: offsets are ${formatShape(offsets)}, needs the count of all indices, ${shape[0]}, at their end, as includeLastOffset says`,
    );
  }
}
