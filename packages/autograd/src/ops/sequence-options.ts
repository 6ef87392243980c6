// What every op over whole sequences takes. Apart from the code that they share, since ops that import each other need it first.

import type { Known } from '../arguments/check-call.js';
import type { Tensor } from '../tensor/tensor.js';

export interface SequenceOptions {
  /** What each sequence begins with, [batch, size]. Default zeros. */
  readonly h0?: Tensor;
  /**
   * How many steps of each sequence count, from 1 to `time`. Beyond them outputs are 0, and the final state is that of the last step that counts.
   * Default: all.
   */
  readonly lengths?: readonly number[];
  /** Go from each sequence's own end to its begin. Default false. */
  readonly reverse?: boolean;
}

export const sequenceOptions: Known<SequenceOptions> = { h0: 'tensor', lengths: 'numbers', reverse: 'boolean' };

/** The attributes of every op over a sequence. */
export interface Order {
  readonly lengths: readonly number[] | undefined;
  readonly reverse: boolean;
}

export const orderAttrs: Order = { lengths: undefined, reverse: false };
