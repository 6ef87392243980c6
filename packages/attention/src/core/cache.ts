// Keys and values of the positions that a model has read, so that the next one costs one position and not all of them.

/// <reference lib="esnext.disposable" preserve="true" />

import {
  ArgumentError,
  checkCall,
  checkInteger,
  formatShape,
  GradientError,
  IndexError,
  indexSelect,
  type Known,
  keep,
  MemoryError,
  noGrad,
  ShapeError,
  scope,
  shown,
  type Tensor,
  tensor,
  writeSlice,
  zeros,
} from '@dl/autograd';

/** Options of {@link KeyValueCache}. */
export interface KeyValueCacheOptions {
  /** At most so many positions: one more is an error. Default: as many as there is memory for. */
  readonly limit?: number;
  /** Only the last so many positions matter, as for attention with that `window`: those before are given up. Default: all. */
  readonly window?: number;
}

const cacheOptions: Known<KeyValueCacheOptions> = { limit: 'number', window: 'number' };

/** What attention looks at after a piece was added: query i of the piece stands at key i + offset. Keys beyond are not filled yet. */
export interface CachedKeys {
  readonly k: Tensor;
  readonly v: Tensor;
  readonly offset: number;
}

const FIRST_CAPACITY = 64;

/** The cache of one attention: keys and values [batch, keyHeads, capacity, headDim], which grow in place. Part of a {@link KeyValueCache}. */
export class LayerCache {
  readonly #limit: number;
  readonly #window: number;
  #k: Tensor | undefined;
  #v: Tensor | undefined;
  #length = 0;
  #seen = 0;
  #owner: object | undefined;
  #isDisposed = false;

  /** @internal */
  constructor({ limit = Infinity, window = Infinity }: KeyValueCacheOptions) {
    this.#limit = limit;
    this.#window = window;
  }

  /** How many positions were read, those included that a window has given up. */
  get seen(): number {
    return this.#seen;
  }

  /** How many positions are kept. */
  get length(): number {
    return this.#length;
  }

  /** So many of the last positions are kept at least; Infinity for all. */
  get window(): number {
    return this.#window;
  }

  /**
   * Adds the keys and values of the next positions, [batch, keyHeads, length, headDim], and gives what attention is to look at. `owner` is the attention
   * that made them: a cache is for one.
   *
   * @throws ShapeError for a piece of another batch, ArgumentError for one of another attention and where the limit is passed, GradientError outside `noGrad`.
   */
  append(k: Tensor, v: Tensor, owner?: object): CachedKeys {
    if (k.requiresGrad || v.requiresGrad) {
      throw new GradientError('KeyValueCache: a cache has no gradients; call the model inside noGrad');
    }
    if (this.#owner !== undefined && owner !== this.#owner) {
      throw new ArgumentError(
        'KeyValueCache: it has keys of another attention; a cache is for one model, which makes it by newCache()',
      );
    }
    this.#checkAlive();
    const count = k.shape[2]!;
    this.#check(k, v);
    if (this.#seen + count > this.#limit) {
      throw new ArgumentError(
        `KeyValueCache: it is full: ${this.#seen} of ${this.#limit} positions are taken, and ${count} more come; begin anew by reset(), or make the model with a larger maxLength, of which this is the limit`,
      );
    }
    if (this.#length + count > (this.#k?.shape[2] ?? 0)) {
      scope(() => {
        noGrad(() => this.#makeRoom(count, k, v));
      });
    }
    const place = [null, null, [this.#length, this.#length + count]] as const;
    writeSlice(this.#k!, place, k);
    writeSlice(this.#v!, place, v);
    const offset = this.#length;
    this.#owner = owner;
    this.#length += count;
    this.#seen += count;
    return { k: this.#k!, v: this.#v!, offset };
  }

  /**
   * The cache of some of the sequences.
   *
   * @throws IndexError for a row that there is not.
   */
  select(rows: readonly number[]): LayerCache {
    this.#checkAlive();
    const next = new LayerCache({ limit: this.#limit, window: this.#window });
    if (this.#k !== undefined && this.#v !== undefined) {
      const [k, v] = [this.#k, this.#v];
      const batch = k.shape[0]!;
      const bad = Array.from(rows).find((row) => !(Number.isInteger(row) && row >= 0 && row < batch));
      if (bad !== undefined) {
        throw new IndexError(`KeyValueCache.select: there is no sequence ${shown(bad)}, there are ${batch}`);
      }
      scope(() =>
        noGrad(() => {
          const index = tensor(Int32Array.from(rows), { backend: k.backend });
          const both = [indexSelect(k, 0, index), indexSelect(v, 0, index)] as const;
          next.#k = keep(both[0]);
          next.#v = keep(both[1]);
        }),
      );
    }
    next.#owner = this.#owner;
    next.#length = this.#length;
    next.#seen = this.#seen;
    return next;
  }

  /** Forgets all positions, to begin anew. */
  reset(): void {
    this.#checkAlive();
    this.#empty();
  }

  /** Frees the buffers, for good. */
  dispose(): void {
    this.#empty();
    this.#isDisposed = true;
  }

  #empty(): void {
    this.#k?.dispose();
    this.#v?.dispose();
    this.#k = undefined;
    this.#v = undefined;
    this.#owner = undefined;
    this.#length = 0;
    this.#seen = 0;
  }

  #checkAlive(): void {
    if (this.#isDisposed) throw new MemoryError('KeyValueCache: it was disposed of; make another one by newCache()');
  }

  #check(k: Tensor, v: Tensor): void {
    for (const [name, held, given] of [['keys', this.#k, k] as const, ['values', this.#v, v] as const]) {
      if (held === undefined) continue;
      const fits = held.shape.every((length, axis) => axis === 2 || length === given.shape[axis]);
      if (!fits || held.dtype !== given.dtype) {
        const [batch, heads, , size] = held.shape;
        throw new ShapeError(
          `KeyValueCache: ${name} are ${formatShape(given.shape)} ${given.dtype}, but the cache is of ${batch} sequences, ${heads} heads and ${size} features, ${held.dtype}; a cache is for one model and one batch`,
        );
      }
    }
  }

  /** Buffers with room for `count` more positions behind those that are kept. */
  #makeRoom(count: number, k: Tensor, v: Tensor): void {
    const capacity = this.#k?.shape[2] ?? 0;
    // A window slides on by moving what is still seen to the front, at most every `window` positions.
    const kept = Math.min(this.#length, this.#window - 1);
    const from = this.#length - kept;
    const wanted = kept + count;
    const enough = this.#window === Infinity ? wanted : Math.max(wanted, 2 * this.#window);
    let next = Math.max(capacity, FIRST_CAPACITY);
    while (next < enough) next *= 2;
    // No more than the limit will ever need.
    next = Math.max(wanted, Math.min(next, this.#limit));
    // Both are made before either takes its place: a cache that there is no room for stays what it is.
    const both = [moved(this.#k, k, from, kept, next), moved(this.#v, v, from, kept, next)] as const;
    this.#k?.dispose();
    this.#v?.dispose();
    this.#k = keep(both[0]);
    this.#v = keep(both[1]);
    this.#length = kept;
  }
}

/** A buffer of another capacity, with what was kept of the former one at its front. */
function moved(former: Tensor | undefined, like: Tensor, from: number, kept: number, capacity: number): Tensor {
  const [batch, heads, , size] = like.shape as readonly [number, number, number, number];
  const next = zeros([batch, heads, capacity, size], { dtype: like.dtype, backend: like.backend });
  if (former !== undefined && kept > 0) {
    writeSlice(next, [null, null, [0, kept]], former.slice([null, null, [from, from + kept]]));
  }
  return next;
}

/**
 * The keys and values that the attentions of a model have made of the positions read so far, for generation: with it the next position costs one position,
 * not all of them. A model makes one by `newCache()` and takes it as the option `cache` of `forward`; it grows in place, is made anew for other rows of the batch by
 * `select`, as a beam search does, and keeps a `window` of the last positions where that is all that attention looks at. Its memory is free after `dispose()`.
 *
 * @param layers How many attentions there are.
 *
 * @throws ArgumentError for a number of layers, a limit or a window that is none.
 *
 * @example
 * ```ts
 * import { noGrad, tensor, useBackend } from '@dl/autograd';
 * import { GPT, KeyValueCache } from '@dl/attention';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const model = new GPT({ vocabularySize: 20, dModel: 16, nhead: 2, numLayers: 2, maxLength: 32 }).eval();
 * const cache = new KeyValueCache(2, { limit: 32 }); // as model.newCache() makes it
 * noGrad(() => {
 *   model.forward(tensor([[3, 1, 4]], { dtype: 'int32' }), { cache }); // the prompt in one pass
 *   const logits = model.forward(tensor([[1]], { dtype: 'int32' }), { cache }); // and one token more
 *   console.log(logits.shape, cache.length); // [1, 1, 20] 4
 * });
 * cache.dispose();
 * ```
 */
export class KeyValueCache {
  readonly layers: readonly LayerCache[];

  constructor(layers: number, options: KeyValueCacheOptions = {}) {
    checkCall('KeyValueCache', arguments, [['layers', 'number']], cacheOptions);
    checkInteger('KeyValueCache', 'layers', layers, 1);
    for (const name of ['limit', 'window'] as const) {
      const value = options[name];
      if (value !== undefined) checkInteger('KeyValueCache', name, value, 1);
    }
    this.layers = Array.from({ length: layers }, () => new LayerCache(options));
  }

  /** How many positions were read. */
  get length(): number {
    return this.layers[0]!.seen;
  }

  /**
   * The cache of some of the sequences: in another order, once, several times or not at all. This one stays as it is.
   *
   * @throws IndexError for a row that there is not.
   */
  select(rows: readonly number[]): KeyValueCache {
    checkCall('KeyValueCache.select', arguments, [['rows', 'numbers']]);
    const next = new KeyValueCache(this.layers.length);
    const layers = next.layers as LayerCache[];
    try {
      for (const [i, layer] of this.layers.entries()) layers[i] = layer.select(rows);
    } catch (error) {
      next.dispose();
      throw error;
    }
    return next;
  }

  /** Forgets what was read, to begin anew. */
  reset(): void {
    for (const layer of this.layers) layer.reset();
  }

  /** Frees the memory, for good. */
  dispose(): void {
    for (const layer of this.layers) layer.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Throws unless a model is given a cache that was made for as many layers. */
export function checkCache(name: string, cache: unknown, layers: number): void {
  if (cache === undefined) return;
  if (!(cache instanceof KeyValueCache)) {
    throw new ArgumentError(`${name}: cache is ${shown(cache)}, needs a KeyValueCache, as newCache() makes it`);
  }
  if (cache.layers.length !== layers) {
    throw new ArgumentError(
      `${name}: cache is of ${cache.layers.length} layers, but the model has ${layers}; make it by newCache() of this model`,
    );
  }
  if (cache.layers.some(({ seen }) => seen !== cache.length)) {
    throw new ArgumentError(
      `${name}: a call before this one failed half-way, and left the cache so; begin anew by reset()`,
    );
  }
}
