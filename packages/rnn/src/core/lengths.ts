// Lengths of sequences in a padded batch: their check, and masks of the steps that count.

import {
  type Backend,
  checkCall,
  checkInteger,
  type Known,
  type Shape,
  ShapeError,
  shown,
  type Tensor,
  tensor,
  where,
} from '@dl/autograd';

/**
 * Throws unless there is a length for each sequence, from 1 to the steps that there are: for models of your own that take lengths.
 *
 * @param name With which the error begins.
 *
 * @throws ShapeError that says what came, and what is needed.
 *
 * @example
 * ```ts
 * import { checkLengths } from '@dl/rnn';
 * checkLengths('Tagger', [4, 2], 2, 4);
 * try {
 *   checkLengths('Tagger', [5, 2], 2, 4);
 * } catch (error) {
 *   console.log((error as Error).message); // Tagger: a length is 5, needs a whole number from 1 to 4, the steps that the padding has room for
 * }
 * ```
 */
export function checkLengths(name: string, lengths: readonly number[], batch: number, time: number): void {
  if (lengths.length !== batch) {
    throw new ShapeError(
      `${name}: ${lengths.length === 1 ? '1 length comes' : `${lengths.length} lengths come`} with a batch of ${batch}, needs one for each sequence`,
    );
  }
  // A loop, since typed arrays have no entries that find() would leave alone.
  for (const length of lengths) {
    if (!Number.isInteger(length) || length < 1 || length > time) {
      throw new ShapeError(
        `${name}: a length is ${shown(length)}, needs a whole number from 1 to ${time}, the steps that the padding has room for`,
      );
    }
  }
}

/** Options of {@link lengthMask}. */
export interface LengthMaskOptions {
  /** Where the mask lives. Default: the backend in use. */
  readonly backend?: Backend;
}

const lengthMaskOptions: Known<LengthMaskOptions> = { backend: 'backend' };

/**
 * Which steps of a padded batch count: booleans [batch, time], true at the first `lengths[b]` steps of sequence b. For losses that leave the
 * padding out: select by it with `where`, since 0 times a loss that is NaN is NaN. Where what is compared may itself be NaN beyond the ends, `pack` it instead, or
 * select before the loss: its gradient is 0 times NaN there. What the networks of this package give out beyond the ends is 0.
 *
 * @throws ShapeError for a length below 1 or above `time`.
 *
 * @example
 * ```ts
 * import { crossEntropy, randint, randn, useBackend, where } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { lengthMask } from '@dl/rnn';
 * await useBackend(cpu());
 * const [batch, time, classes, lengths] = [2, 4, 3, [4, 1]];
 * const logits = randn([batch, time, classes], { requiresGrad: true });
 * const labels = randint(0, classes, [batch, time]); // those beyond the ends mean nothing
 * const losses = crossEntropy(logits.reshape([-1, classes]), labels.reshape([-1]), { reduction: 'none' });
 * const mask = lengthMask(lengths, time).reshape([-1]);
 * const loss = where(mask, losses, 0).sum().div(4 + 1); // the mean over the steps that count
 * loss.backward();
 * console.log(logits.grad?.slice([1, 3]).toArray()); // [0, 0, 0]
 * ```
 */
export function lengthMask(lengths: readonly number[], time: number, options: LengthMaskOptions = {}): Tensor {
  checkCall(
    'lengthMask',
    arguments,
    [
      ['lengths', 'numbers'],
      ['time', 'number'],
    ],
    lengthMaskOptions,
  );
  checkInteger('lengthMask', 'time', time, 1);
  checkLengths('lengthMask', lengths, lengths.length, time);
  return maskOf(lengths, [lengths.length, time], options.backend);
}

function maskOf(lengths: readonly number[], shape: Shape, backend: Backend | undefined): Tensor {
  const time = shape[1]!;
  const data = new Uint8Array(lengths.length * time);
  for (const [row, length] of lengths.entries()) data.fill(1, row * time, row * time + length);
  return tensor({ data, shape }, { dtype: 'bool', ...(backend && { backend }) });
}

/** x [batch, time, …] where a step counts, and 0 elsewhere, whatever stands there. */
export function withinLengths(x: Tensor, lengths: readonly number[] | undefined): Tensor {
  const [batch, time] = x.shape as readonly [number, number];
  if (lengths === undefined || lengths.every((length) => length === time)) return x;
  return where(maskOf(lengths, [batch, time, ...x.shape.slice(2).fill(1)], x.backend), x, 0);
}
