// Positions inside attention as plain records, and made of such again: what the config of a model has of them.

import { ArgumentError, checkOptions, type Known, shown } from '@dl/autograd';
import type { ParameterOptions } from '@dl/layers';
import { ALiBiPositions } from './alibi.js';
import type { InAttention } from './in-attention.js';
import { RelativePositions, type RelativePositionsOptions } from './relative.js';
import { RelativeBias, type RelativeBiasOptions } from './relative-bias.js';
import { RotaryPositions, type RotaryPositionsOptions } from './rotary.js';

/** What `RotaryPositions` are made of. */
export interface SavedRotaryPositions extends RotaryPositionsOptions {
  readonly type: 'rotary';
  readonly headDim: number;
}

/** What `ALiBiPositions` are made of. */
export interface SavedALiBiPositions {
  readonly type: 'alibi';
  readonly numHeads: number;
}

/** What `RelativeBias` is made of. */
export interface SavedRelativeBias extends Pick<RelativeBiasOptions, 'bidirectional' | 'buckets' | 'maxDistance'> {
  readonly type: 'relativeBias';
  readonly numHeads: number;
}

/** What `RelativePositions` are made of. */
export interface SavedRelativePositions extends Pick<RelativePositionsOptions, 'onValues' | 'scale'> {
  readonly type: 'relative';
  readonly headDim: number;
  readonly maxDistance: number;
}

/** Positions inside attention as JSON. */
export type SavedPositions = SavedRotaryPositions | SavedALiBiPositions | SavedRelativeBias | SavedRelativePositions;

const known: { readonly [S in SavedPositions as S['type']]: Known<S> } = {
  rotary: { type: 'string', headDim: 'number', layout: 'string', rotated: 'number', base: 'number', scaling: 'object' },
  alibi: { type: 'string', numHeads: 'number' },
  relativeBias: {
    type: 'string',
    numHeads: 'number',
    bidirectional: 'boolean',
    buckets: 'number',
    maxDistance: 'number',
  },
  relative: { type: 'string', headDim: 'number', maxDistance: 'number', onValues: 'boolean', scale: 'finite' },
};

/** Positions of a record, for heads of a model that has so many, of so many features. */
export function positionsOf(
  where: string,
  saved: SavedPositions,
  heads: { readonly headDim: number; readonly numHeads: number },
  made: ParameterOptions,
): InAttention {
  const types = Object.keys(known).join(', ');
  if (typeof saved !== 'object' || saved === null) {
    throw new ArgumentError(`${where}: positions is ${shown(saved)}, needs a record with a type of ${types}`);
  }
  if (!Object.hasOwn(known, saved.type)) {
    throw new ArgumentError(`${where}: type of positions is ${shown(saved.type)}, needs one of ${types}`);
  }
  checkOptions(`${where}: positions`, saved, known[saved.type] as Known<SavedPositions>);
  for (const [name, value] of Object.entries(heads)) {
    const own = (saved as Partial<typeof heads>)[name as keyof typeof heads];
    if (name in saved && own !== value) {
      throw new ArgumentError(`${where}: ${name} of positions is ${shown(own)}, but that of the model is ${value}`);
    }
  }
  switch (saved.type) {
    case 'rotary': {
      const { type: _, headDim, ...options } = saved;
      return new RotaryPositions(headDim, options);
    }
    case 'alibi':
      return new ALiBiPositions(saved.numHeads);
    case 'relativeBias': {
      const { type: _, numHeads, ...options } = saved;
      return new RelativeBias(numHeads, { ...options, ...made });
    }
    case 'relative': {
      const { type: _, headDim, maxDistance, ...options } = saved;
      return new RelativePositions(headDim, maxDistance, { ...options, ...made });
    }
  }
}
