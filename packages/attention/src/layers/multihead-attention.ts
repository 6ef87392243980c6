// MultiheadAttention: several attentions side by side, each on its own part of the features.

import {
  ArgumentError,
  checkCall,
  checkInteger,
  formatShape,
  isInstance,
  type Known,
  linear,
  permute,
  type Shape,
  ShapeError,
  shown,
  Tensor,
  zeros,
} from '@dl/autograd';
import {
  type AnyModule,
  formatArguments,
  isModule,
  Linear,
  Module,
  needTensor,
  type ParameterOptions,
  parameter,
  parameterOptions,
  RMSNorm,
  tidied,
  xavierUniform,
} from '@dl/layers';
import { attend } from '../core/attend.js';
import { LayerCache } from '../core/cache.js';
import { madeBy, named, startAtZero } from '../core/made.js';
import {
  type AttentionCallOptions,
  type AttentionOutput,
  attentionCallOptions,
  type ProjectedKeys,
  type VisibleKeys,
} from '../core/options.js';
import type { AttentionPositions } from '../core/positions.js';
import { checkVisible } from '../core/visible.js';

/** Options of {@link MultiheadAttention}. */
export interface MultiheadAttentionOptions extends ParameterOptions {
  /** Weights are left out with this probability while training. Default 0. */
  readonly dropout?: number;
  /** Add biases to the four maps. Default true. */
  readonly bias?: boolean;
  /** How many features keys have. Default embedDim. */
  readonly kdim?: number;
  /** How many features values have. Default embedDim. */
  readonly vdim?: number;
  /** How many heads keys and values have, by which numHeads can be divided: neighbours share one. Default numHeads; 1 is multi-query attention. */
  readonly keyHeads?: number;
  /** Features of a head. Default embedDim / numHeads. */
  readonly headDim?: number;
  /** Divide queries and keys by their root mean square before the scores, with a learned factor for each feature of a head. Default false. */
  readonly qkNorm?: boolean;
  /** Scores s become softcap · tanh(s / softcap). Default: as they are. */
  readonly softcap?: number;
  /** What scores are multiplied by. Default 1 / √headDim. */
  readonly scale?: number;
  /** How positions come in, such as `new RotaryPositions(headDim)`. Default: not at all. */
  readonly positions?: AttentionPositions;
}

export const multiheadAttentionOptions: Known<MultiheadAttentionOptions> = {
  dropout: 'number',
  bias: 'boolean',
  kdim: 'number',
  vdim: 'number',
  keyHeads: 'number',
  headDim: 'number',
  qkNorm: 'boolean',
  softcap: 'number',
  scale: 'finite',
  positions: 'object',
  ...parameterOptions,
};

/**
 * Attention of `numHeads` heads side by side: queries, keys and values are mapped to heads, each head gives softmax(q kᵀ / √headDim) v, and a last map takes all
 * heads together (Vaswani et al., Attention Is All You Need, 2017). Queries [batch, queries, embedDim], keys [batch, keys, kdim] and values
 * [batch, keys, vdim] → `output` [batch, queries, embedDim]; without keys and values the queries look at each other.
 *
 * Parameters are PyTorch's: `in_proj_weight` [3 · embedDim, embedDim] with the rows of queries, keys and values one below the other (or `q_proj_weight`,
 * `k_proj_weight`, `v_proj_weight` where kdim or vdim is another), `in_proj_bias`, `out_proj`. With `keyHeads` fewer heads of keys and values are
 * shared by neighbouring heads of queries (Shazeer, 2019; Ainslie et al., 2023), and there are fewer rows for them. `qkNorm` (Henry et al., 2020) keeps scores
 * in bounds.
 *
 * What a query may look at is said at the call: `mask`, `bias`, `lengths`, `causal`, `window`. A query that may look at nothing gets the bias of the last map alone,
 * and no NaN. With `returnWeights` the weights come too, before dropout; the output is the same.
 *
 * @throws ArgumentError where the heads do not divide the width, ShapeError for inputs that do not fit.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { MultiheadAttention } from '@dl/attention';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const attention = new MultiheadAttention(16, 4);
 * const x = randn([2, 5, 16]);
 * const { output, weights } = attention.forward(x, x, x, { causal: true, returnWeights: true });
 * console.log(output.shape, weights?.shape); // [2, 5, 16] [2, 4, 5, 5]
 * ```
 */
export class MultiheadAttention extends Module<
  [query: Tensor, key?: Tensor, value?: Tensor, options?: AttentionCallOptions],
  AttentionOutput
> {
  readonly embedDim: number;
  readonly numHeads: number;
  readonly keyHeads: number;
  readonly headDim: number;
  readonly kdim: number;
  readonly vdim: number;
  readonly dropout: number;
  readonly softcap: number | undefined;
  readonly scale: number | undefined;
  /** All three maps, one below the other; undefined where keys or values have another width. */
  readonly inProjWeight: Tensor | undefined;
  readonly qProjWeight: Tensor | undefined;
  readonly kProjWeight: Tensor | undefined;
  readonly vProjWeight: Tensor | undefined;
  readonly inProjBias: Tensor | undefined;
  readonly outProj: Linear;
  readonly qNorm: RMSNorm | undefined;
  readonly kNorm: RMSNorm | undefined;
  readonly positions: AttentionPositions | undefined;

  constructor(embedDim: number, numHeads: number, options: MultiheadAttentionOptions = {}) {
    checkCall(NAME, arguments, ['embedDim', 'numHeads'], multiheadAttentionOptions);
    super();
    checkInteger(NAME, 'embedDim', embedDim, 1);
    checkInteger(NAME, 'numHeads', numHeads, 1);
    const { dropout = 0, bias = true, qkNorm = false, softcap, scale, positions } = options;
    const { kdim = embedDim, vdim = embedDim, keyHeads = numHeads } = options;
    const made = madeBy(options);
    if (options.headDim === undefined && embedDim % numHeads !== 0) {
      throw new ArgumentError(
        `${NAME}: ${numHeads} heads do not divide embedDim ${embedDim}; needs a number of heads that does, or headDim`,
      );
    }
    const headDim = checkInteger(NAME, 'headDim', options.headDim ?? embedDim / numHeads, 1);
    checkInteger(NAME, 'kdim', kdim, 1);
    checkInteger(NAME, 'vdim', vdim, 1);
    if (checkInteger(NAME, 'keyHeads', keyHeads, 1) > numHeads || numHeads % keyHeads !== 0) {
      throw new ArgumentError(
        `${NAME}: keyHeads is ${keyHeads}, needs a number that divides the ${numHeads} heads, whose neighbours share keys`,
      );
    }
    if (!(dropout >= 0 && dropout <= 1)) {
      throw new ArgumentError(`${NAME}: dropout is ${shown(dropout)}, needs a probability from 0 to 1`);
    }
    if (softcap !== undefined && !(softcap > 0 && softcap < Infinity)) {
      throw new ArgumentError(`${NAME}: softcap is ${shown(softcap)}, needs a number above 0`);
    }
    if (positions !== undefined) checkPositions(positions);
    this.embedDim = embedDim;
    this.numHeads = numHeads;
    this.keyHeads = keyHeads;
    this.headDim = headDim;
    this.kdim = kdim;
    this.vdim = vdim;
    this.dropout = dropout;
    this.softcap = softcap;
    this.scale = scale;
    const [width, keyWidth] = [numHeads * headDim, keyHeads * headDim];
    const map = (name: string, rows: number, columns: number): Tensor =>
      parameter(xavierUniform([rows, columns], made), { name });
    const isOne = kdim === embedDim && vdim === embedDim;
    this.inProjWeight = isOne ? map('in_proj_weight', width + 2 * keyWidth, embedDim) : undefined;
    this.qProjWeight = isOne ? undefined : map('q_proj_weight', width, embedDim);
    this.kProjWeight = isOne ? undefined : map('k_proj_weight', keyWidth, kdim);
    this.vProjWeight = isOne ? undefined : map('v_proj_weight', keyWidth, vdim);
    const { generator: _, ...plain } = made;
    this.inProjBias = bias ? parameter(zeros([width + 2 * keyWidth], plain), { name: 'in_proj_bias' }) : undefined;
    this.outProj = new Linear(width, embedDim, { bias, ...made });
    // As PyTorch's: the bias of the last map starts at 0.
    if (this.outProj.bias) startAtZero(this.outProj.bias);
    this.qNorm = qkNorm ? new RMSNorm(headDim, plain) : undefined;
    this.kNorm = qkNorm ? new RMSNorm(headDim, plain) : undefined;
    this.positions = positions;
  }

  /** The features of the queries that were looked up, and, where asked, how they looked. */
  forward(
    query: Tensor,
    key: Tensor = query,
    value: Tensor = key,
    options: AttentionCallOptions = {},
  ): AttentionOutput {
    checkCall(NAME, arguments, ['query', 'key', 'value'], attentionCallOptions);
    const { cache, projected, returnWeights = false, ...asked } = options;
    if (cache !== undefined && (key !== query || value !== key || projected !== undefined)) {
      throw new ArgumentError(
        `${NAME}: a cache keeps the keys of queries, but key, value or projected came, too; give those of a source by projected alone, without a cache`,
      );
    }
    if (projected !== undefined && (key !== query || value !== key)) {
      throw new ArgumentError(`${NAME}: got projected beside key or value; give one of the two`);
    }
    this.#checkInput('query', query, this.embedDim);
    const visible = cache === undefined ? asked : withCache(cache, asked);
    return tidied(
      () => {
        const { q, k, v } = this.#heads(query, key, value, projected, cache?.seen);
        const [batch, , queries] = q.shape as readonly [number, number, number];
        const seen = (cache?.seen ?? 0) + k.shape[2]!;
        // Before anything is added to a cache.
        checkVisible(NAME, visible, [batch, this.numHeads, queries, seen], q);
        const all = cache?.append(k, v, this) ?? { k, v, offset: k.shape[2]! - queries };
        const filled = cache?.length ?? seen;
        const { output, weights } = attend(
          { q, ...all, filled, dropped: seen - filled },
          {
            ...visible,
            ...(this.scale !== undefined && { scale: this.scale }),
            ...(this.softcap !== undefined && { softcap: this.softcap }),
            dropoutP: this.training ? this.dropout : 0,
            positions: this.positions,
            returnWeights,
          },
        );
        return { output: this.outProj.forward(joined(output)), weights };
      },
      ({ output, weights }) => (weights === undefined ? [output] : [output, weights]),
    );
  }

  /** Keys and values as heads, to be given as `projected` to many calls: [batch, keyHeads, keys, headDim] each. */
  project(key: Tensor, value: Tensor = key): ProjectedKeys {
    checkCall(`${NAME}.project`, arguments, ['key', 'value']);
    return tidied(
      () => this.#projectKeys(key, value, 0),
      ({ k, v }) => [k, v],
    );
  }

  /** Queries, keys and values as heads, [batch, heads, length, headDim], turned by their positions; `seen` is how many positions a cache has. */
  #heads(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    projected: ProjectedKeys | undefined,
    seen: number | undefined,
  ): Triple {
    const { numHeads, keyHeads, headDim } = this;
    const from = seen ?? 0;
    const isSelf = query === key && key === value && projected === undefined;
    if (isSelf && this.inProjWeight !== undefined && numHeads === keyHeads) {
      const all = linear(query, this.inProjWeight, this.inProjBias); // [batch, length, 3 · heads · headDim]
      const [batch, length] = query.shape as readonly [number, number];
      const parts = permute(all.reshape([batch, length, 3, numHeads, headDim]), [2, 0, 3, 1, 4]).unbind(0);
      const [q, k, v] = parts as [Tensor, Tensor, Tensor];
      return { q: this.#turned(q, this.qNorm, from), k: this.#turned(k, this.kNorm, from), v };
    }
    const width = numHeads * headDim;
    const q = split(linear(query, this.#weight(0, width), this.#bias(0, width)), headDim);
    const { k, v } = projected === undefined ? this.#projectKeys(key, value, from) : this.#checkProjected(projected);
    if (q.shape[0] !== k.shape[0]) {
      throw new ShapeError(
        `${NAME}: there are ${q.shape[0]} sequences of queries and ${k.shape[0]} of keys; needs as many`,
      );
    }
    // As for causal order, the last query stands at the last key.
    return { q: this.#turned(q, this.qNorm, seen ?? k.shape[2]! - q.shape[2]!), k, v };
  }

  #checkProjected(projected: ProjectedKeys): ProjectedKeys {
    const { keyHeads, headDim } = this;
    const wanted = this.outProj.weight.dtype;
    const given = Object.entries({ k: projected.k, v: projected.v });
    if (!given.every(([name, each]) => isInstance(each, Tensor, NAME, name))) {
      throw new ArgumentError(`${NAME}: projected is ${shown(projected)}, needs { k, v }, as project() gives them`);
    }
    for (const [name, { rank, shape, dtype }] of given) {
      if (rank !== 4 || shape[1] !== keyHeads || shape[3] !== headDim || dtype !== wanted) {
        throw new ShapeError(
          `${NAME}: ${name} of projected is ${formatShape(shape)} ${dtype}, needs [batch, ${keyHeads}, length, ${headDim}] ${wanted}, as project() of this attention gives it`,
        );
      }
    }
    return projected;
  }

  #projectKeys(key: Tensor, value: Tensor, from: number): ProjectedKeys {
    this.#checkInput('key', key, this.kdim);
    this.#checkInput('value', value, this.vdim);
    if (key.shape[0] !== value.shape[0] || key.shape[1] !== value.shape[1]) {
      throw new ShapeError(
        `${NAME}: keys are ${formatShape(key.shape)} and values ${formatShape(value.shape)}; needs a value for each key`,
      );
    }
    const [width, keyWidth] = [this.numHeads * this.headDim, this.keyHeads * this.headDim];
    const [middle, end] = [width + keyWidth, width + 2 * keyWidth];
    const k = split(linear(key, this.#weight(width, middle), this.#bias(width, middle)), this.headDim);
    const v = split(linear(value, this.#weight(middle, end), this.#bias(middle, end)), this.headDim);
    return { k: this.#turned(k, this.kNorm, from), v };
  }

  #turned(x: Tensor, norm: RMSNorm | undefined, from: number): Tensor {
    const even = norm === undefined ? x : norm.forward(x);
    return this.positions?.rotate?.(even, from) ?? even;
  }

  /** Some rows of the map. */
  #weight(from: number, to: number): Tensor {
    if (this.inProjWeight !== undefined) return this.inProjWeight.slice([[from, to]]);
    if (from === 0) return this.qProjWeight!;
    return from === this.numHeads * this.headDim ? this.kProjWeight! : this.vProjWeight!;
  }

  #bias(from: number, to: number): Tensor | undefined {
    return this.inProjBias?.slice([[from, to]]);
  }

  #checkInput(name: string, x: Tensor, width: number): void {
    needTensor(NAME, x, this.outProj.weight);
    if (x.rank !== 3 || x.shape[2] !== width) {
      throw new ShapeError(`${NAME}: ${name} is ${formatShape(x.shape)}, needs [batch, length, ${width}]`);
    }
  }

  override namedChildren(): (readonly [name: string, module: AnyModule])[] {
    return named(super.namedChildren(), CHILDREN);
  }

  override multiplyAdds(input: Shape): number {
    const [batch, length] = input as readonly [number, number];
    const [width, keyWidth] = [this.numHeads * this.headDim, this.keyHeads * this.headDim];
    // The last map is a layer of its own.
    const maps = this.embedDim * width + (this.kdim + this.vdim) * keyWidth;
    return batch * length * (maps + 2 * length * width);
  }

  override describe(): string {
    return formatArguments([this.embedDim, this.numHeads], {
      keyHeads: [this.keyHeads, this.numHeads],
      headDim: [this.headDim, this.embedDim / this.numHeads],
      kdim: [this.kdim, this.embedDim],
      vdim: [this.vdim, this.embedDim],
      bias: [this.inProjBias !== undefined, true],
      dropout: [this.dropout, 0],
      qkNorm: [this.qNorm !== undefined, false],
    });
  }
}

const NAME = 'MultiheadAttention';
const CHILDREN = { outProj: 'out_proj', qNorm: 'q_norm', kNorm: 'k_norm' };

interface Triple extends ProjectedKeys {
  readonly q: Tensor;
}

/** Throws unless there is something that attention would call: what is added to an input has nothing of the kind. */
function checkPositions(positions: AttentionPositions): void {
  const methods = ['rotate', 'bias', 'values'] as const;
  if (isModule(positions) && methods.some((method) => typeof positions[method] === 'function')) return;
  throw new ArgumentError(
    `${NAME}: positions is ${shown(positions)}, needs a module with rotate(), bias() or values(); what is added to an input stands before the layers`,
  );
}

/** What a query may look at where keys come from a cache: up to its own position, unless the call says otherwise, and no further back than is kept. */
function withCache(cache: unknown, { causal = true, ...asked }: VisibleKeys): VisibleKeys {
  if (!(cache instanceof LayerCache)) {
    throw new ArgumentError(
      `${NAME}: cache is ${shown(cache)}, needs that of one layer: cache.layers[0] of a KeyValueCache`,
    );
  }
  if (cache.window === Infinity) return { ...asked, causal };
  const { window = cache.window } = asked;
  if (window > cache.window) {
    throw new ArgumentError(
      `${NAME}: window is ${window}, but the cache keeps ${cache.window} positions; make it with { window: ${window} }`,
    );
  }
  return { ...asked, causal, window };
}

/** [batch, length, heads · headDim] → [batch, heads, length, headDim]. */
function split(x: Tensor, headDim: number): Tensor {
  const [batch, length, width] = x.shape as readonly [number, number, number];
  return permute(x.reshape([batch, length, width / headDim, headDim]), [0, 2, 1, 3]);
}

/** [batch, heads, length, headDim] → [batch, length, heads · headDim]. */
function joined(x: Tensor): Tensor {
  const [batch, heads, length, headDim] = x.shape as readonly [number, number, number, number];
  return permute(x, [0, 2, 1, 3]).reshape([batch, length, heads * headDim]);
}
