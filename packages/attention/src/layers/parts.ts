// What layers of transformers are made of, besides attention.

import { gelu, type Known, mul, relu, type Shape, silu, slice, type Tensor } from '@dl/autograd';
import { Dropout, LayerNorm, type Linear, RMSNorm } from '@dl/layers';
import { madeBy } from '../core/made.js';
import { type MultiheadAttentionOptions, multiheadAttentionOptions } from './multihead-attention.js';

/** What stands between the two maps of a feed-forward part. The last two multiply one half of the features with an activation of the other (Shazeer, 2020). */
export type FeedForwardActivation = 'relu' | 'gelu' | 'geluTanh' | 'silu' | 'geglu' | 'swiglu';

const activations: readonly FeedForwardActivation[] = ['relu', 'gelu', 'geluTanh', 'silu', 'geglu', 'swiglu'];

/** Options of layers of transformers, and of all that is made of them. */
export interface TransformerLayerOptions extends Omit<MultiheadAttentionOptions, 'kdim' | 'vdim'> {
  /** Features between the two maps of the feed-forward part. Default 2048. */
  readonly dimFeedforward?: number;
  /** Leaves out weights of attention, what each part adds, and features of the feed-forward part, with this probability while training. Default 0.1. */
  readonly dropout?: number;
  /**
   * Between the two maps: `relu` (default), `gelu`, `geluTanh` (its approximation by tanh), `silu`; or `geglu` and `swiglu`, for which the first map has twice as
   * many features, the half that goes through the activation first.
   */
  readonly activation?: FeedForwardActivation;
  /** Normalise by LayerNorm (default), or by RMSNorm. */
  readonly norm?: 'layer' | 'rms';
  /** Added to the variance. Default 1e-5. */
  readonly layerNormEps?: number;
  /** Normalise before attention and feed-forward part, rather than behind their sums. Default false. */
  readonly normFirst?: boolean;
}

const { kdim: _, vdim: __, ...attentionOptions } = multiheadAttentionOptions;

export const transformerLayerOptions: Known<TransformerLayerOptions> = {
  // First, since qkNorm is what a slip makes of qNorm, and not norm.
  ...attentionOptions,
  dimFeedforward: 'number',
  activation: activations,
  norm: ['layer', 'rms'],
  layerNormEps: 'number',
  normFirst: 'boolean',
};

/** Those options that the attention of a layer takes. */
export function attentionPart(options: TransformerLayerOptions): MultiheadAttentionOptions {
  const { dimFeedforward: _f, activation: _a, norm: _n, layerNormEps: _e, normFirst: _b, ...rest } = options;
  return { ...rest, dropout: options.dropout ?? DROPOUT };
}

export const DROPOUT = 0.1;

/** Those options by which a layer normalises. */
export function makeNorm(size: Shape | number, options: TransformerLayerOptions): LayerNorm | RMSNorm {
  const { norm = 'layer', layerNormEps: eps = 1e-5 } = options;
  const { generator: _, ...plain } = madeBy(options);
  const { bias = true } = options;
  return norm === 'layer' ? new LayerNorm(size, { eps, bias, ...plain }) : new RMSNorm(size, { eps, ...plain });
}

export const makeDropout = ({ dropout = DROPOUT }: TransformerLayerOptions): Dropout => new Dropout(dropout);

/** How many features the first map of a feed-forward part gives. */
export function firstFeatures(dimFeedforward: number, activation: FeedForwardActivation): number {
  return isGated(activation) ? 2 * dimFeedforward : dimFeedforward;
}

const isGated = (activation: FeedForwardActivation): boolean => activation === 'geglu' || activation === 'swiglu';

/** The two maps of a feed-forward part, and what is between them. */
export interface FeedForward {
  readonly linear1: Linear;
  readonly activation: FeedForwardActivation;
  readonly dropout: Dropout;
  readonly linear2: Linear;
}

export function feedForward({ linear1, activation, dropout, linear2 }: FeedForward, x: Tensor): Tensor {
  return linear2.forward(dropout.forward(activated(linear1.forward(x), activation)));
}

export function activated(x: Tensor, activation: FeedForwardActivation): Tensor {
  if (isGated(activation)) {
    const [width, half] = [x.shape.at(-1)!, x.shape.at(-1)! / 2];
    const part = (from: number, to: number): Tensor => slice(x, [...x.shape.slice(1).map(() => null), [from, to]]);
    const gate = part(0, half);
    return mul(activation === 'geglu' ? gelu(gate) : silu(gate), part(half, width));
  }
  if (activation === 'relu') return relu(x);
  if (activation === 'silu') return silu(x);
  return activation === 'gelu' ? gelu(x) : gelu(x, { approximate: 'tanh' });
}
