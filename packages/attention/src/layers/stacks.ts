// Layers of transformers, one behind the other.

import { ArgumentError, checkCall, checkInteger, type Known, type Tensor } from '@dl/autograd';
import { formatArguments, type LayerNorm, Module, ModuleList, type RMSNorm, tidied } from '@dl/layers';
import { checkCache, type KeyValueCache } from '../core/cache.js';
import { type ProjectedKeys, type VisibleKeys, visibleKeys } from '../core/options.js';
import { type MemoryOptions, memoryOptions, TransformerDecoderLayer } from './decoder-layer.js';
import { TransformerEncoderLayer } from './encoder-layer.js';
import { makeNorm, type TransformerLayerOptions, transformerLayerOptions } from './parts.js';

/** Options of {@link TransformerEncoder} and {@link TransformerDecoder}. */
export interface TransformerStackOptions extends TransformerLayerOptions {
  /** Normalise behind the last layer. Default: where `normFirst` is, which leaves the last sum as it is. */
  readonly finalNorm?: boolean;
}

export const transformerStackOptions: Known<TransformerStackOptions> = {
  finalNorm: 'boolean',
  ...transformerLayerOptions,
};

/** Options of a call of {@link TransformerEncoder}. */
export interface EncoderCallOptions extends VisibleKeys {
  /** Where the keys and values of former positions are, for generation: those of this call are added. */
  readonly cache?: KeyValueCache;
}

export const encoderCallOptions: Known<EncoderCallOptions> = { ...visibleKeys, cache: 'any' };

/** Options of a call of {@link TransformerDecoder}. */
export interface DecoderCallOptions extends EncoderCallOptions, MemoryOptions {
  /** Keys and values of the source for each layer, as `project` gave them, instead of `memory`. */
  readonly projected?: readonly ProjectedKeys[];
}

const decoderCallOptions: Known<DecoderCallOptions> = {
  ...encoderCallOptions,
  ...memoryOptions,
  projected: 'list',
};

/**
 * Layers that look at themselves, one behind the other, [batch, length, dModel] → the same shape. `layers.0`, `layers.1`, … are
 * {@link TransformerEncoderLayer}, `norm` is what stands behind the last. With `causal` it is a decoder without a source.
 *
 * @throws ArgumentError for a cache of another model.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { TransformerEncoder } from '@dl/attention';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const encoder = new TransformerEncoder(16, 4, 2, { dimFeedforward: 32, normFirst: true });
 * console.log(encoder.forward(randn([2, 5, 16]), { lengths: [5, 3] }).shape); // [2, 5, 16]
 * ```
 */
export class TransformerEncoder extends Module<[x: Tensor, options?: EncoderCallOptions], Tensor> {
  readonly layers: ModuleList<TransformerEncoderLayer>;
  readonly norm: LayerNorm | RMSNorm | undefined;

  constructor(dModel: number, nhead: number, numLayers: number, options: TransformerStackOptions = {}) {
    checkCall('TransformerEncoder', arguments, ['dModel', 'nhead', 'numLayers'], transformerStackOptions);
    super();
    checkInteger('TransformerEncoder', 'numLayers', numLayers, 1);
    const { finalNorm = options.normFirst ?? false, ...rest } = options;
    this.layers = new ModuleList(
      Array.from({ length: numLayers }, () => new TransformerEncoderLayer(dModel, nhead, rest)),
    );
    this.norm = finalNorm ? makeNorm(dModel, rest) : undefined;
  }

  forward(x: Tensor, options: EncoderCallOptions = {}): Tensor {
    checkCall('TransformerEncoder', arguments, ['x'], encoderCallOptions);
    const { cache, ...visible } = options;
    checkCache('TransformerEncoder', cache, this.layers.length);
    return tidied(
      () => {
        let y = x;
        let place = 0;
        for (const layer of this.layers) {
          const own = cache?.layers[place++];
          y = layer.forward(y, own === undefined ? visible : { ...visible, cache: own });
        }
        return this.norm?.forward(y) ?? y;
      },
      (y) => [y],
    );
  }

  override describe(): string {
    return formatArguments([this.layers.length]);
  }
}

/**
 * Layers that look at themselves and at a source, one behind the other: targets [batch, targets, dModel] and `memory` [batch, sources, dModel] → [batch, targets,
 * dModel]. `layers.0`, … are {@link TransformerDecoderLayer}, `norm` is what stands behind the last.
 *
 * @throws ArgumentError for a cache of another model.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { TransformerDecoder } from '@dl/attention';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const decoder = new TransformerDecoder(16, 4, 2, { dimFeedforward: 32 });
 * console.log(decoder.forward(randn([2, 5, 16]), randn([2, 7, 16]), { causal: true }).shape); // [2, 5, 16]
 * ```
 */
export class TransformerDecoder extends Module<
  [x: Tensor, memory: Tensor | undefined, options?: DecoderCallOptions],
  Tensor
> {
  readonly layers: ModuleList<TransformerDecoderLayer>;
  readonly norm: LayerNorm | RMSNorm | undefined;

  constructor(dModel: number, nhead: number, numLayers: number, options: TransformerStackOptions = {}) {
    checkCall('TransformerDecoder', arguments, ['dModel', 'nhead', 'numLayers'], transformerStackOptions);
    super();
    checkInteger('TransformerDecoder', 'numLayers', numLayers, 1);
    const { finalNorm = options.normFirst ?? false, ...rest } = options;
    this.layers = new ModuleList(
      Array.from({ length: numLayers }, () => new TransformerDecoderLayer(dModel, nhead, rest)),
    );
    this.norm = finalNorm ? makeNorm(dModel, rest) : undefined;
  }

  forward(x: Tensor, memory: Tensor | undefined, options: DecoderCallOptions = {}): Tensor {
    checkCall('TransformerDecoder', arguments, ['x', 'memory'], decoderCallOptions);
    const { cache, projected, ...visible } = options;
    checkCache('TransformerDecoder', cache, this.layers.length);
    if (memory !== undefined && projected !== undefined) {
      throw new ArgumentError('TransformerDecoder: got memory and projected, which stands for it; give one of the two');
    }
    if (memory === undefined && projected?.length !== this.layers.length) {
      throw new ArgumentError(
        `TransformerDecoder: got no memory, and projected for ${projected?.length ?? 0} of ${this.layers.length} layers; needs what the encoder gives, or what project() made of it`,
      );
    }
    return tidied(
      () => {
        let y = x;
        let place = 0;
        for (const layer of this.layers) {
          const [own, source] = [cache?.layers[place], projected?.[place]];
          place++;
          y = layer.forward(y, memory, {
            ...visible,
            ...(own && { cache: own }),
            ...(source && { projected: source }),
          });
        }
        return this.norm?.forward(y) ?? y;
      },
      (y) => [y],
    );
  }

  /** Keys and values of a source for each layer, to be given as `projected` to many calls. */
  project(memory: Tensor): ProjectedKeys[] {
    return Array.from(this.layers, (layer) => layer.crossAttention.project(memory));
  }

  override describe(): string {
    return formatArguments([this.layers.length]);
  }
}
