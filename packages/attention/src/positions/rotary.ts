// RotaryPositions: queries and keys turned by angles that grow with their positions.

import {
  ArgumentError,
  checkCall,
  checkInteger,
  checkOptions,
  formatShape,
  type Known,
  type RotaryLayout,
  rotary,
  ShapeError,
  shown,
  type Tensor,
  tensor,
} from '@dl/autograd';
import { formatArguments, needTensor } from '@dl/layers';
import { InAttention } from './in-attention.js';
import type { SavedRotaryPositions } from './saved.js';
import { checkBase } from './sinusoidal.js';

/** Longer sequences than a model was trained on: all angles smaller by one factor, so that positions lie closer (Chen et al., 2023). */
export interface LinearRotaryScaling {
  readonly type: 'linear';
  /** How many times as long the sequences may be. */
  readonly factor: number;
}

/**
 * Llama 3's way to longer sequences: waves that turn more than `highFreqFactor` times within `originalLength` positions stay as they are, those that turn fewer
 * than `lowFreqFactor` times become `factor` times as long, and those in between by a part of it (Grattafiori et al., "The Llama 3 herd of models", 2024).
 */
export interface Llama3RotaryScaling {
  readonly type: 'llama3';
  /** How many times as long the sequences may be. */
  readonly factor: number;
  /** How long they were in training, such as 8192. */
  readonly originalLength: number;
  /** Default 1. */
  readonly lowFreqFactor?: number;
  /** Default 4. */
  readonly highFreqFactor?: number;
}

/** How angles are made smaller, for lengths beyond those of the training. */
export type RotaryScaling = LinearRotaryScaling | Llama3RotaryScaling;

/** Options of {@link RotaryPositions}. */
export interface RotaryPositionsOptions {
  /**
   * Which features turn together: `halves` (default) feature i and i + rotated/2, as in weights in Hugging Face's layout; `pairs` feature 2i and 2i + 1,
   * as in the paper.
   */
  readonly layout?: RotaryLayout;
  /** How many features of a head turn, the first ones; the others stay as they are. Default all. */
  readonly rotated?: number;
  /** The longest wave is about 2π times this long. Default 10,000. */
  readonly base?: number;
  /** For sequences longer than those in training. Default: none. */
  readonly scaling?: RotaryScaling;
}

const rotaryOptions: Known<RotaryPositionsOptions> = {
  layout: ['halves', 'pairs'],
  rotated: 'number',
  base: 'number',
  scaling: 'object',
};

const scalings: { readonly [S in RotaryScaling as S['type']]: Known<S> } = {
  linear: { type: 'string', factor: 'number' },
  llama3: {
    type: 'string',
    factor: 'number',
    originalLength: 'number',
    lowFreqFactor: 'number',
    highFreqFactor: 'number',
  },
};

/**
 * Rotary positions (Su et al., "RoFormer: enhanced transformer with rotary position embedding", 2021): of queries and keys at position p, pair i of the features, seen as a
 * point of the plane, is turned by the angle p · base^(-2i / rotated),
 *
 *     (a, b) → (a cos - b sin, a sin + b cos)
 *
 * so that a score depends on the distance of query and key alone, and lengths stay as they are. There is nothing to learn. Angles are computed in double precision.
 *
 * @throws ArgumentError for an odd number of features to turn, or for more than there are.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { MultiheadAttention, RotaryPositions } from '@dl/attention';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const attention = new MultiheadAttention(32, 4, { positions: new RotaryPositions(8) }); // for heads of 8 features
 * console.log(attention.forward(randn([2, 5, 32])).output.shape); // [2, 5, 32]
 * ```
 */
export class RotaryPositions extends InAttention {
  readonly headDim: number;
  readonly layout: RotaryLayout;
  readonly rotated: number;
  readonly base: number;
  readonly scaling: RotaryScaling | undefined;
  /** By how much each pair of features turns from one position to the next. */
  readonly frequencies: readonly number[];
  #last: Tables | undefined;

  constructor(headDim: number, options: RotaryPositionsOptions = {}) {
    checkCall('RotaryPositions', arguments, ['headDim'], rotaryOptions);
    super();
    const { layout = 'halves', rotated = headDim, base = 10_000, scaling } = options;
    this.headDim = checkInteger('RotaryPositions', 'headDim', headDim, 1);
    if (!(Number.isInteger(rotated) && rotated > 0 && rotated <= headDim && rotated % 2 === 0)) {
      throw new ArgumentError(
        options.rotated === undefined
          ? `RotaryPositions: headDim is ${headDim}, but features turn in pairs; needs an even number${headDim > 2 ? `, or fewer features to turn: { rotated: ${headDim - 1} }` : ''}`
          : `RotaryPositions: rotated is ${shown(rotated)}, needs an even number from 2 to ${headDim}, the features of a head, which turn in pairs`,
      );
    }
    this.layout = layout;
    this.rotated = rotated;
    this.base = checkBase('RotaryPositions', base);
    this.scaling = checkScaling(scaling);
    this.frequencies = Array.from({ length: rotated / 2 }, (_, i) => scaled(base ** ((-2 * i) / rotated), scaling));
  }

  /** x [batch, heads, length, headDim], turned by the positions from `from` on. */
  rotate(x: Tensor, from: number): Tensor {
    needTensor('RotaryPositions', x);
    if (x.rank !== 4 || x.shape[3] !== this.headDim) {
      throw new ShapeError(
        `RotaryPositions: heads are ${formatShape(x.shape)}, needs [batch, heads, length, ${this.headDim}]`,
      );
    }
    const { frequencies, layout } = this;
    const [length, pairs] = [x.shape[2]!, frequencies.length];
    const { cos, sin } = this.#tables(from, length);
    const table = (data: Float64Array): Tensor =>
      tensor({ data, shape: [length, pairs] }, { dtype: x.dtype, backend: x.backend });
    return rotary(x, table(cos), table(sin), { layout });
  }

  /** Cosines and sines for some positions, [length, rotated / 2]. Queries and keys of all layers ask for the same ones. */
  #tables(from: number, length: number): Tables {
    if (this.#last?.from === from && this.#last.length === length) return this.#last;
    const pairs = this.frequencies.length;
    const [cos, sin] = [new Float64Array(length * pairs), new Float64Array(length * pairs)];
    for (let t = 0; t < length; t++) {
      for (let i = 0; i < pairs; i++) {
        const angle = (from + t) * this.frequencies[i]!;
        cos[t * pairs + i] = Math.cos(angle);
        sin[t * pairs + i] = Math.sin(angle);
      }
    }
    this.#last = { from, length, cos, sin };
    return this.#last;
  }

  /** What it is made of, as JSON. */
  get config(): SavedRotaryPositions {
    const { headDim, layout, rotated, base, scaling } = this;
    return { type: 'rotary', headDim, layout, rotated, base, ...(scaling && { scaling }) };
  }

  override describe(): string {
    return formatArguments([this.headDim], {
      layout: [this.layout, 'halves'],
      rotated: [this.rotated, this.headDim],
      base: [this.base, 10_000],
      scaling: [this.scaling?.type, undefined],
    });
  }
}

interface Tables {
  readonly from: number;
  readonly length: number;
  readonly cos: Float64Array;
  readonly sin: Float64Array;
}

function checkScaling(scaling: RotaryScaling | undefined): RotaryScaling | undefined {
  if (scaling === undefined) return undefined;
  const refuse = (name: string, value: unknown, needs: string): never => {
    throw new ArgumentError(`RotaryPositions: ${name} of scaling is ${shown(value)}, needs ${needs}`);
  };
  if (!Object.hasOwn(scalings, scaling.type)) refuse('type', scaling.type, "'linear' or 'llama3'");
  checkOptions('RotaryPositions: scaling', scaling, scalings[scaling.type]);
  const above = (name: string, value: unknown, least: number): void => {
    if (!((value as number) > least && (value as number) < Infinity)) refuse(name, value, `a number above ${least}`);
  };
  above('factor', scaling.factor, 0);
  if (scaling.type === 'llama3') {
    const { originalLength, lowFreqFactor = 1, highFreqFactor = 4 } = scaling;
    above('originalLength', originalLength, 0);
    above('lowFreqFactor', lowFreqFactor, 0);
    above('highFreqFactor', highFreqFactor, lowFreqFactor);
  }
  return scaling;
}

function scaled(frequency: number, scaling: RotaryScaling | undefined): number {
  if (scaling === undefined) return frequency;
  if (scaling.type === 'linear') return frequency / scaling.factor;
  const { factor, originalLength, lowFreqFactor = 1, highFreqFactor = 4 } = scaling;
  const turns = (originalLength * frequency) / (2 * Math.PI);
  const share = (turns - lowFreqFactor) / (highFreqFactor - lowFreqFactor);
  const kept = Math.min(Math.max(share, 0), 1);
  return (1 - kept) * (frequency / factor) + kept * frequency;
}
