// The knobs of generate: options that become adjustments, in one fixed order.

import type { Kind } from '@dl/autograd';
import { type Adjustment, checkAdjustments } from './adjustment.js';
import { minP, topK, topP } from './adjustments/cuts.js';
import { eta, typical } from './adjustments/entropy.js';
import { type MirostatOptions, mirostat } from './adjustments/mirostat.js';
import { noRepeatNgram } from './adjustments/no-repeat.js';
import { frequencyPenalty, presencePenalty, repetitionPenalty } from './adjustments/penalties.js';
import { temperature } from './adjustments/temperature.js';
import { ban, bias, force, minLength, type NumberMap } from './adjustments/tokens.js';

/** What turns the die, in the order in which it is done. Each is the adjustment of the same name. */
export interface Knobs {
  /** Is added to the scores of tokens: {@link bias}. */
  readonly bias?: NumberMap;
  /** Above 1 makes all that came before less likely: {@link repetitionPenalty}. */
  readonly repetitionPenalty?: number;
  /** Makes tokens less likely the more often they were chosen: {@link frequencyPenalty}. */
  readonly frequencyPenalty?: number;
  /** Makes tokens that were chosen less likely: {@link presencePenalty}. */
  readonly presencePenalty?: number;
  /** No n-gram of this length comes twice: {@link noRepeatNgram}. */
  readonly noRepeatNgram?: number;
  /** Tokens, and sequences of them, that never come: {@link ban}. */
  readonly ban?: readonly (number | readonly number[])[];
  /** Nothing ends by a token before it has so many others: {@link minLength}. Needs an end token. */
  readonly minLength?: number;
  /** Which token comes at a place: {@link force}. */
  readonly force?: NumberMap;
  /** Others, such as constraints and your own, in their order. */
  readonly adjustments?: readonly Adjustment[];
  /** 0 takes the best token, 1 draws as the model says: {@link temperature}. Default 0, or 1 where one of those below, or of the adjustments, says how to draw. */
  readonly temperature?: number;
  /** Draws from the k likeliest: {@link topK}. */
  readonly topK?: number;
  /** Draws from the likeliest that come to p: {@link topP}. */
  readonly topP?: number;
  /** Draws from those that have a share of the likeliest's probability: {@link minP}. */
  readonly minP?: number;
  /** Draws from those that are as surprising as is expected: {@link typical}. */
  readonly typical?: number;
  /** Draws from those above a border that follows the entropy: {@link eta}. */
  readonly eta?: number;
  /** Holds the surprise near a target: {@link mirostat}. */
  readonly mirostat?: MirostatOptions;
}

/** The kinds of the knobs. */
export const knobKinds = {
  bias: 'object',
  repetitionPenalty: 'number',
  frequencyPenalty: 'number',
  presencePenalty: 'number',
  noRepeatNgram: 'number',
  ban: 'list',
  minLength: 'number',
  force: 'object or list',
  adjustments: 'list',
  temperature: 'number',
  topK: 'number',
  topP: 'number',
  minP: 'number',
  typical: 'number',
  eta: 'number',
  mirostat: 'object',
} as const satisfies { readonly [K in keyof Knobs]-?: Kind };

/** The adjustments of the knobs, and whether the best token is taken, so that no die is thrown. */
export interface Turned {
  readonly adjustments: readonly Adjustment[];
  readonly isGreedy: boolean;
}

/**
 * What the knobs come to.
 *
 * @param where what was called, for messages
 * @param ends the tokens that end a sequence
 */
export function turned(where: string, knobs: Knobs, ends: readonly number[]): Turned {
  const { adjustments = [] } = knobs;
  checkAdjustments(where, adjustments);
  const all: Adjustment[] = [];
  const add = <T>(value: T | undefined, make: (value: T) => Adjustment): void => {
    if (value !== undefined) all.push(make(value));
  };
  add(knobs.bias, bias);
  add(knobs.repetitionPenalty, repetitionPenalty);
  add(knobs.frequencyPenalty, frequencyPenalty);
  add(knobs.presencePenalty, presencePenalty);
  add(knobs.noRepeatNgram, noRepeatNgram);
  add(knobs.ban, ban);
  add(knobs.minLength || undefined, (length) => minLength(length, ends));
  add(knobs.force, force);
  all.push(...adjustments);

  const before = all.length;
  const { temperature: t } = knobs;
  add(t === 1 ? undefined : t, temperature);
  add(knobs.topK, topK);
  add(knobs.topP, topP);
  add(knobs.minP, minP);
  add(knobs.typical, typical);
  add(knobs.eta, eta);
  add(knobs.mirostat, mirostat);
  const isGreedy = t === 0 || (t === undefined && !all.some(({ draws }) => draws));
  // The best token is in no danger of being cut.
  return { adjustments: isGreedy ? all.slice(0, before) : all, isGreedy };
}
