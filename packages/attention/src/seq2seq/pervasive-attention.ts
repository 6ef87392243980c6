// PervasiveAttention: a convolution over the grid of source and target, in place of a recurrent network that looks at the source.

import {
  ArgumentError,
  checkCall,
  checkInteger,
  concat,
  crossEntropy,
  indexSelect,
  type Known,
  permute,
  ShapeError,
  type Tensor,
  tensor,
  where,
  zeros,
} from '@dl/autograd';
import {
  Conv2d,
  Dropout,
  Embedding,
  formatArguments,
  inMode,
  LayerNorm,
  Linear,
  Module,
  ModuleList,
  type NextToken,
  type ParameterOptions,
  parameterOptions,
  type StepModel,
  tidied,
} from '@dl/layers';
import { checkLengths, lengthMask } from '@dl/rnn';
import { madeBy } from '../core/made.js';
import { checkBegin, checkTokens, shiftedBy, tokensBeside } from '../models/tokens.js';
import { type PairLossOptions, pairLossOptions, stepsThatCount } from './taught.js';

/** Options of {@link PervasiveAttention}. */
export interface PervasiveAttentionOptions extends ParameterOptions {
  /** Features of a word of the source, and of one of the target. Default 128. */
  readonly embedDim?: number;
  /** How many layers the convolution has. Default 20. */
  readonly numLayers?: number;
  /** How many features each layer adds. Default 32. */
  readonly growthRate?: number;
  /** Side of the filters, an odd number from 3. Default 3. */
  readonly kernelSize?: number;
  /** How the source is left: the `max` over its words (default), their `average`, or `both`, one behind the other. */
  readonly pool?: 'max' | 'average' | 'both';
  /** What a layer adds is dropped with this probability while training. Default 0. */
  readonly dropout?: number;
  /** The token that stands before the first one of every target. It may be the one that ends them. Default 0. */
  readonly begin?: number;
}

const pervasiveOptions: Known<PervasiveAttentionOptions> = {
  embedDim: 'number',
  numLayers: 'number',
  growthRate: 'number',
  kernelSize: 'number',
  pool: ['max', 'average', 'both'],
  dropout: 'number',
  begin: 'number',
  ...parameterOptions,
};

/** Options of a call of {@link PervasiveAttention}. */
export interface PervasiveAttentionCallOptions {
  /** How many words of each source count. Default: all. */
  readonly sourceLengths?: readonly number[];
}

const callOptions: Known<PervasiveAttentionCallOptions> = { sourceLengths: 'numbers' };

/** Options of the loss of a {@link PervasiveAttention}. */
export interface PervasiveAttentionLossOptions extends PervasiveAttentionCallOptions, PairLossOptions {}

const lossOptions: Known<PervasiveAttentionLossOptions> = { ...callOptions, ...pairLossOptions };

/** What a {@link PervasiveAttention} goes on from: the source, and of each layer the last rows that its filters reach back to. */
export interface PervasiveAttentionState {
  /** Vectors of the source, [batch, sources, embedDim]. */
  readonly source: Tensor;
  /** Where the source counts, bool [batch, 1, sources, 1]. */
  readonly mask: Tensor | undefined;
  /** One for each layer, [batch, channels, kernelSize - 1, sources]. */
  readonly rows: readonly Tensor[];
}

/** How many features a layer's filters see, for each that it adds. */
const BOTTLENECK = 4;

/** A layer of the dense convolution: what it adds to a grid [batch, targets, sources, features]. */
class DenseLayer extends Module<[x: Tensor, before: Tensor, mask: Tensor | undefined], Added> {
  readonly norm1: LayerNorm;
  readonly reduce: Linear;
  readonly norm2: LayerNorm;
  readonly filters: Conv2d;
  readonly dropout: Dropout;

  constructor(features: number, growthRate: number, kernelSize: number, p: number, made: ParameterOptions) {
    super();
    const { generator: _, ...plain } = made;
    this.norm1 = new LayerNorm(features, plain);
    this.reduce = new Linear(features, BOTTLENECK * growthRate, made);
    this.norm2 = new LayerNorm(BOTTLENECK * growthRate, plain);
    // The rows of targets that came before stand above the grid, and below it there is nothing: no filter sees a target that is yet to come.
    this.filters = new Conv2d(BOTTLENECK * growthRate, growthRate, kernelSize, {
      padding: [0, (kernelSize - 1) / 2],
      ...made,
    });
    this.dropout = new Dropout(p);
  }

  forward(x: Tensor, before: Tensor, mask: Tensor | undefined): Added {
    const narrow = this.norm2.forward(this.reduce.forward(this.norm1.forward(x).relu())).relu();
    // Behind a source is what is around the grid: zeros.
    const clean = mask === undefined ? narrow : where(mask, narrow, 0);
    const all = concat([before, permute(clean, [0, 3, 1, 2])], 2); // [batch, channels, kernelSize - 1 + targets, sources]
    const y = permute(this.filters.forward(all), [0, 2, 3, 1]); // [batch, targets, sources, growthRate]
    return { y: this.dropout.forward(y), rows: all.slice([null, null, [x.shape[1]!, null]]) };
  }
}

interface Added {
  readonly y: Tensor;
  /** The last rows that went into the filters. */
  readonly rows: Tensor;
}

const NAME = 'PervasiveAttention';

/**
 * Pervasive attention (Elbayad et al., "Pervasive attention: 2D convolutional neural networks for sequence-to-sequence prediction", 2018): the vectors of all words of the source and of
 * all tokens of the target stand in a grid [targets, sources], a densely connected convolution goes over it, and the maximum (or mean) over the source at each target gives the
 * logits of its next token. Every layer looks at both sequences anew; there is no encoder that is read once.
 *
 * A layer takes all that the ones before it made: LayerNorm, ReLU, a linear map to 4 · growthRate features at each place, LayerNorm, ReLU, and filters kernelSize × kernelSize that see the
 * targets so far alone; growthRate features are added. (The paper has batch normalisation, whose statistics would see what comes in the target.)
 *
 * Sources and targets are tokens (`int32`); logits are [batch, targets, vocabularySize]. Targets have what ends them, and not the begin token. `from` a source it is a `StepModel`, which
 * keeps the rows that filters reach back to, so that a token costs one row of the grid.
 *
 * @throws ArgumentError for sizes below 1, and an even kernelSize or one below 3.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { PervasiveAttention } from '@dl/attention';
 * import { cpu } from '@dl/kernels-cpu';
 * import { generate } from '@dl/lm';
 * await useBackend(cpu());
 * const model = new PervasiveAttention(30, 12, { embedDim: 8, numLayers: 3, growthRate: 4 });
 * const sources = tensor([[3, 14, 15, 9], [26, 5, 0, 0]], { dtype: 'int32' });
 * const targets = tensor([[1, 2, 0], [3, 0, 0]], { dtype: 'int32' }); // 0 begins and ends a target
 * model.loss(sources, targets, { sourceLengths: [4, 2], targetLengths: [3, 2] }).backward();
 * const said = await generate(model.from(sources, { lengths: [4, 2] }), { end: 0, maxLength: 5 });
 * console.log(said.map(({ tokens }) => tokens)); // a list of tokens for each source
 * ```
 */
export class PervasiveAttention extends Module<
  [source: Tensor, target: Tensor, options?: PervasiveAttentionCallOptions],
  Tensor
> {
  readonly vocabularySize: number;
  readonly begin: number;
  readonly kernelSize: number;
  readonly growthRate: number;
  readonly pool: 'max' | 'average' | 'both';
  readonly sourceInput: Embedding;
  readonly targetInput: Embedding;
  /** What each adds to the grid [batch, targets, sources, features], and the last rows that its filters saw. */
  readonly layers: ModuleList<
    Module<[x: Tensor, before: Tensor, mask: Tensor | undefined], { readonly y: Tensor; readonly rows: Tensor }>
  >;
  readonly norm: LayerNorm;
  readonly output: Linear;

  constructor(sourceVocabulary: number, vocabularySize: number, options: PervasiveAttentionOptions = {}) {
    checkCall(NAME, arguments, ['sourceVocabulary', 'vocabularySize'], pervasiveOptions);
    const { embedDim = 128, numLayers = 20, growthRate = 32, kernelSize = 3, pool = 'max' } = options;
    const { dropout = 0, begin = 0 } = options;
    super();
    checkInteger(NAME, 'sourceVocabulary', sourceVocabulary, 1);
    this.vocabularySize = checkInteger(NAME, 'vocabularySize', vocabularySize, 1);
    checkInteger(NAME, 'embedDim', embedDim, 1);
    checkInteger(NAME, 'numLayers', numLayers, 1);
    this.growthRate = checkInteger(NAME, 'growthRate', growthRate, 1);
    if (checkInteger(NAME, 'kernelSize', kernelSize, 3) % 2 === 0) {
      throw new ArgumentError(`${NAME}: kernelSize is ${kernelSize}, needs an odd number, with a word in the middle`);
    }
    this.kernelSize = kernelSize;
    this.begin = checkBegin(NAME, begin, vocabularySize);
    this.pool = pool;
    const made = madeBy(options);
    const { generator: _, ...plain } = made;
    this.sourceInput = new Embedding(sourceVocabulary, embedDim, made);
    this.targetInput = new Embedding(vocabularySize, embedDim, made);
    this.layers = new ModuleList(
      Array.from(
        { length: numLayers },
        (_, i) => new DenseLayer(2 * embedDim + i * growthRate, growthRate, kernelSize, dropout, made),
      ),
    );
    const features = 2 * embedDim + numLayers * growthRate;
    this.norm = new LayerNorm(features, plain);
    this.output = new Linear(pool === 'both' ? 2 * features : features, vocabularySize, made);
  }

  /** The logits of each token of the target, from those before it, [batch, targets, vocabularySize]. */
  forward(source: Tensor, target: Tensor, options: PervasiveAttentionCallOptions = {}): Tensor {
    checkCall(NAME, arguments, ['source', 'target'], callOptions);
    return tidied(
      () => this.output.forward(this.#taught(NAME, source, target, options.sourceLengths)),
      (logits) => [logits],
    );
  }

  /** The mean of -log p of all tokens of the targets [batch, time] that count. */
  loss(source: Tensor, target: Tensor, options: PervasiveAttentionLossOptions = {}): Tensor {
    checkCall(`${NAME}.loss`, arguments, ['source', 'target'], lossOptions);
    const { sourceLengths, targetLengths, ...rest } = options;
    return tidied(
      () => {
        const pooled = this.#taught(`${NAME}.loss`, source, target, sourceLengths);
        if (targetLengths !== undefined) {
          checkLengths(`${NAME}.loss: targetLengths`, targetLengths, target.shape[0]!, target.shape[1]!);
        }
        const logits = this.output.forward(stepsThatCount(pooled, targetLengths));
        return crossEntropy(logits, stepsThatCount(target, targetLengths), rest);
      },
      (loss) => [loss],
    );
  }

  /** What is said to these sources [batch, sources]: a `StepModel` for decoders. It reads them when a decoder begins. */
  from(source: Tensor, options: { readonly lengths?: readonly number[] } = {}): StepModel<PervasiveAttentionState> {
    checkCall(`${NAME}.from`, arguments, ['source'], { lengths: 'numbers' });
    checkTokens(`${NAME}.from`, 'sources', source);
    const { lengths } = options;
    const [batch, time] = source.shape as readonly [number, number];
    if (lengths !== undefined) checkLengths(`${NAME}.from`, lengths, batch, time);
    const after = (
      tokens: readonly ArrayLike<number>[],
      state: PervasiveAttentionState,
    ): NextToken<PervasiveAttentionState> =>
      inMode(this, 'eval', () => {
        const { pooled, next } = this.#through(tokensBeside(this.output.weight, tokens), state, lengthsOf(state));
        const last = pooled.slice([null, -1]); // [batch, features]
        return { logProbabilities: this.output.forward(last).logSoftmax(1), representation: last, state: next };
      });
    return {
      vocabularySize: this.vocabularySize,
      batch,
      start: (asked) => {
        if (asked !== batch) {
          throw new ArgumentError(`${NAME}: ${asked} sequences are to begin with ${batch} sources`);
        }
        return after(new Array<number[]>(batch).fill([this.begin]), this.#read(source, lengths));
      },
      step: (tokens, state) =>
        after(
          Array.from(tokens, (token) => [token]),
          state,
        ),
      read: after,
      select: ({ source, mask, rows: before }, rows) => {
        const index = tensor(Int32Array.from(rows), { backend: source.backend });
        const of = (x: Tensor): Tensor => indexSelect(x, 0, index);
        return { source: of(source), mask: mask && of(mask), rows: before.map(of) };
      },
    };
  }

  #taught(use: string, source: Tensor, target: Tensor, lengths: readonly number[] | undefined): Tensor {
    checkTokens(use, 'sources', source);
    checkTokens(use, 'targets', target);
    if (target.shape[0] !== source.shape[0] || target.shape[1] === 0 || source.shape[1] === 0) {
      throw new ShapeError(
        `${use}: targets are [${target.shape.join(', ')}] and sources [${source.shape.join(', ')}]; needs as many sequences, of at least one token`,
      );
    }
    if (lengths !== undefined) checkLengths(`${use}: sourceLengths`, lengths, source.shape[0]!, source.shape[1]!);
    const state = this.#read(source, lengths);
    return this.#through(shiftedBy(this.begin, target), state, lengthsOf(state)).pooled;
  }

  /** Reads a source, before which there is no target. */
  #read(source: Tensor, lengths: readonly number[] | undefined): PervasiveAttentionState {
    const vectors = this.sourceInput.forward(source); // [batch, sources, embedDim]
    const [batch, time] = source.shape as readonly [number, number];
    const mask = lengths && lengthMask(lengths, time, { backend: source.backend }).reshape([batch, 1, time, 1]);
    const nothing = [batch, BOTTLENECK * this.growthRate, this.kernelSize - 1, time];
    const made = { dtype: vectors.dtype, backend: vectors.backend };
    return { source: vectors, mask, rows: Array.from(this.layers, () => zeros(nothing, made)) };
  }

  /** Goes on by tokens [batch, time]: what goes into the output map, [batch, time, features]. */
  #through(tokens: Tensor, { source, mask, rows }: PervasiveAttentionState, counts: Tensor | number): Through {
    const [batch, targets] = tokens.shape as readonly [number, number];
    const [, sources, features] = source.shape as readonly [number, number, number];
    const places = [batch, targets, sources, features];
    let grid = concat(
      [source.unsqueeze(1).expand(places), this.targetInput.forward(tokens).unsqueeze(2).expand(places)],
      3,
    );
    const last: Tensor[] = [];
    for (const [i, layer] of [...this.layers].entries()) {
      const added = layer.forward(grid, rows[i]!, mask);
      grid = concat([grid, added.y], 3);
      last.push(added.rows);
    }
    const seen = this.norm.forward(grid).relu();
    return { pooled: this.#pooled(seen, mask, counts), next: { source, mask, rows: last } };
  }

  /** [batch, targets, sources, features] → [batch, targets, features] */
  #pooled(x: Tensor, mask: Tensor | undefined, counts: Tensor | number): Tensor {
    const within = (filler: number): Tensor => (mask === undefined ? x : where(mask, x, filler));
    const largest = (): Tensor => within(-Infinity).max(2);
    const mean = (): Tensor => within(0).sum(2).div(counts);
    if (this.pool === 'both') return concat([largest(), mean()], 2);
    return this.pool === 'max' ? largest() : mean();
  }

  override describe(): string {
    return formatArguments([], {
      vocabularySize: [this.vocabularySize, undefined],
      pool: [this.pool, 'max'],
      begin: [this.begin, 0],
    });
  }
}

interface Through {
  readonly pooled: Tensor;
  readonly next: PervasiveAttentionState;
}

/** How many words of each source count, [batch, 1, 1]. */
function lengthsOf({ source, mask }: PervasiveAttentionState): Tensor | number {
  return mask === undefined ? source.shape[1]! : mask.cast(source.dtype).sum(2);
}
