// Dropout between the layers of a recurrent network, with a mask for each step or one for a whole sequence.

import {
  ArgumentError,
  checkCall,
  dropout,
  formatShape,
  ones,
  ShapeError,
  shown,
  type Tensor,
  where,
} from '@dl/autograd';
import { formatArguments, Module, needTensor, tidied } from '@dl/layers';

export function checkProbability(layer: string, name: string, p: number): number {
  if (!(p >= 0 && p <= 1)) throw new ArgumentError(`${layer}: ${name} is ${shown(p)}, needs a probability from 0 to 1`);
  return p;
}

/** Drops features of whole sequences x [batch, time, …]: where one is dropped, it is at every step. */
export function dropSequences(x: Tensor, p: number): Tensor {
  return tidied(
    () => {
      const mask = dropout(ones(x.shape.with(1, 1), { dtype: x.dtype, backend: x.backend }), p);
      // Selected: what is dropped may be NaN, which 0 times it would stay.
      return where(mask.equal(0), 0, x.mul(mask));
    },
    (dropped) => [dropped],
  );
}

/**
 * While training, drops features of whole sequences: [batch, time, features] → the same shape, where each feature of each sequence is 0 at
 * all steps with probability p, and divided by 1 - p otherwise; in `eval()` it passes everything through. A mask that changes at
 * each step would shake the memory of a recurrent network (Gal & Ghahramani, "A theoretically grounded application of dropout in recurrent
 * neural networks", 2016).
 *
 * @throws ArgumentError for a p outside 0 … 1.
 * @throws ShapeError for what is no batch of sequences.
 *
 * @example
 * ```ts
 * import { manualSeed, ones, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { VariationalDropout } from '@dl/rnn';
 * await useBackend(cpu());
 * manualSeed(1);
 * console.log(new VariationalDropout(0.5).forward(ones([1, 2, 4])).toArray()); // both steps have the same zeros and twos
 * ```
 */
export class VariationalDropout extends Module {
  readonly p: number;

  constructor(p = 0.5) {
    checkCall('VariationalDropout', arguments, [['p', 'number']]);
    super();
    this.p = checkProbability('VariationalDropout', 'p', p);
  }

  forward(x: Tensor): Tensor {
    needTensor('VariationalDropout', x);
    if (x.rank < 3) {
      throw new ShapeError(
        `VariationalDropout: input is ${formatShape(x.shape)}, needs [batch, time, features], whole sequences; for other shapes there is Dropout`,
      );
    }
    return this.training ? dropSequences(x, this.p) : x.alias();
  }

  override describe(): string {
    return formatArguments([], { p: [this.p, undefined] });
  }
}
