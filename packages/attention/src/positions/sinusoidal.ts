// SinusoidalPositions: waves of many lengths, added to the input.

import {
  ArgumentError,
  checkCall,
  checkInteger,
  DTypeError,
  formatShape,
  isFloat,
  type Known,
  type Shape,
  ShapeError,
  shown,
  type Tensor,
  tensor,
} from '@dl/autograd';
import { formatArguments, Module, needTensor, tidied } from '@dl/layers';

/** Options of {@link SinusoidalPositions}. */
export interface SinusoidalOptions {
  /** The longest wave is about 2π times this long. Default 10,000. */
  readonly base?: number;
}

const sinusoidalOptions: Known<SinusoidalOptions> = { base: 'number' };

/** Where an input of positions stands. */
export interface InputPlace {
  /** The position of the first step of the input, such as how many steps a cache has. Default 0. */
  readonly from?: number;
}

export const inputPlace: Known<InputPlace> = { from: 'number' };

/**
 * y = x + PE, for inputs [..., length, features], with waves whose lengths grow from 2π to base · 2π (Vaswani et al., "Attention is all you
 * need", 2017, section 3.5):
 *
 *     PE[p, 2i] = sin(p / base^(2i / features))
 *     PE[p, 2i + 1] = cos(p / base^(2i / features))
 *
 * There is no end to the positions, and nothing to learn. An odd width ends with a sine. Angles are computed in double precision, so that far positions are as
 * exact as near ones.
 *
 * @throws ShapeError for an input of another width.
 *
 * @example
 * ```ts
 * import { useBackend, zeros } from '@dl/autograd';
 * import { SinusoidalPositions } from '@dl/attention';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const positions = new SinusoidalPositions(4);
 * console.log(positions.forward(zeros([1, 2, 4])).toArray()); // [[[0, 1, 0, 1], [0.84, 0.54, 0.01, 1.00]]]
 * console.log(positions.forward(zeros([1, 1, 4]), { from: 1 }).toArray()); // [[[0.84, 0.54, 0.01, 1.00]]]
 * ```
 */
export class SinusoidalPositions extends Module<readonly [x: Tensor, place?: InputPlace], Tensor> {
  readonly features: number;
  readonly base: number;

  constructor(features: number, options: SinusoidalOptions = {}) {
    checkCall('SinusoidalPositions', arguments, ['features'], sinusoidalOptions);
    super();
    const { base = 10_000 } = options;
    this.features = checkInteger('SinusoidalPositions', 'features', features, 1);
    this.base = checkBase('SinusoidalPositions', base);
  }

  forward(x: Tensor, place: InputPlace = {}): Tensor {
    checkCall('SinusoidalPositions.forward', arguments, ['x'], inputPlace);
    const { length, from } = checkSteps('SinusoidalPositions', x, this.features, place);
    const { features } = this;
    const data = new Float64Array(length * features);
    for (let i = 0; i < features; i += 2) {
      const frequency = this.base ** (-i / features);
      for (let t = 0; t < length; t++) {
        const angle = (from + t) * frequency;
        data[t * features + i] = Math.sin(angle);
        if (i + 1 < features) data[t * features + i + 1] = Math.cos(angle);
      }
    }
    return tidied(
      () => x.add(tensor({ data, shape: [length, features] }, { dtype: x.dtype, backend: x.backend })),
      (y) => [y],
    );
  }

  override multiplyAdds(_input: Shape, _output: Shape): number {
    return 0;
  }

  override describe(): string {
    return formatArguments([this.features], { base: [this.base, 10_000] });
  }
}

/** Throws unless a base of wave lengths is a number above 1. */
export function checkBase(name: string, base: number): number {
  if (!(base > 1 && base < Infinity)) {
    throw new ArgumentError(`${name}: base is ${shown(base)}, needs a number above 1, such as 10000`);
  }
  return base;
}

/** Checks an input [..., length, features], and gives its length and the position of its first step. */
export function checkSteps(
  name: string,
  x: Tensor,
  features: number,
  { from = 0 }: InputPlace,
  weight?: Tensor,
): { readonly length: number; readonly from: number } {
  needTensor(name, x, weight);
  if (!isFloat(x.dtype)) {
    throw new DTypeError(
      `${name}: input is ${x.dtype}, needs float32 or float64: the features of each step, such as an Embedding gives`,
    );
  }
  if (x.rank < 2 || x.shape.at(-1) !== features) {
    throw new ShapeError(
      `${name}: input is ${formatShape(x.shape)}, needs [..., length, ${features}], for positions of ${features} features`,
    );
  }
  return { length: x.shape.at(-2)!, from: checkInteger(name, 'from', from, 0) };
}
