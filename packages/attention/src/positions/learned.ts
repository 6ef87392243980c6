// LearnedPositions: a table with a row for each position, added to the input.

import { checkCall, checkInteger, IndexError, type Known, randn, type Shape, type Tensor } from '@dl/autograd';
import { Module, type ParameterOptions, parameter, parameterOptions, tidied } from '@dl/layers';
import { checkSteps, type InputPlace, inputPlace } from './sinusoidal.js';

/** Options of {@link LearnedPositions}. */
export interface LearnedPositionsOptions extends ParameterOptions {
  /** The standard deviation that the table starts with, normal with mean 0. Default 0.02, as BERT and GPT-2 have it. */
  readonly std?: number;
}

const learnedPositionsOptions: Known<LearnedPositionsOptions> = { std: 'finite', ...parameterOptions };

/**
 * y = x + weight[from … from + length - 1], for inputs [..., length, features] and a learned table `weight` [maxLength, features] (Gehring et al.,
 * "Convolutional sequence to sequence learning", 2017; BERT and GPT-2 have it). The table has an end, and so have the sequences.
 *
 * @throws IndexError for positions beyond the table.
 * @throws ShapeError for an input of another width.
 *
 * @example
 * ```ts
 * import { useBackend, zeros } from '@dl/autograd';
 * import { LearnedPositions } from '@dl/attention';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const positions = new LearnedPositions(512, 16);
 * console.log(positions.forward(zeros([2, 10, 16])).shape); // [2, 10, 16]
 * console.log(positions.forward(zeros([2, 1, 16]), { from: 10 }).shape); // [2, 1, 16]: the row of position 10 is added
 * ```
 */
export class LearnedPositions extends Module<readonly [x: Tensor, place?: InputPlace], Tensor> {
  readonly maxLength: number;
  readonly features: number;
  /** [maxLength, features]. */
  readonly weight: Tensor;

  constructor(maxLength: number, features: number, options: LearnedPositionsOptions = {}) {
    checkCall('LearnedPositions', arguments, ['maxLength', 'features'], learnedPositionsOptions);
    super();
    const { std = 0.02, ...made } = options;
    this.maxLength = checkInteger('LearnedPositions', 'maxLength', maxLength, 1);
    this.features = checkInteger('LearnedPositions', 'features', features, 1);
    this.weight = parameter(randn([maxLength, features], { std, ...made }));
  }

  forward(x: Tensor, place: InputPlace = {}): Tensor {
    checkCall('LearnedPositions.forward', arguments, ['x'], inputPlace);
    const { length, from } = checkSteps('LearnedPositions', x, this.features, place, this.weight);
    if (from + length > this.maxLength) {
      throw new IndexError(
        `LearnedPositions: the input has positions ${from} to ${from + length - 1} but the table ends at ${this.maxLength - 1}; cut the sequences to ${this.maxLength} steps, or make the table longer`,
      );
    }
    return tidied(
      () => x.add(this.weight.slice([[from, from + length]])),
      (y) => [y],
    );
  }

  override multiplyAdds(_input: Shape, _output: Shape): number {
    return 0;
  }

  override describe(): string {
    return `${this.maxLength}, ${this.features}`;
  }
}
