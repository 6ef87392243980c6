// What networks and cells begin with: zeros.

import { checkInteger, formatShape, type Shape, ShapeError, type Tensor, zeros } from '@dl/autograd';
import type { Kind, States } from './kind.js';

/**
 * States of zeros, each [...before, batch, …]. Where they have the shape of images, `step` is that of the input, without batch and time.
 *
 * @throws ShapeError where a step is needed and none is given, or one of other axes.
 */
export function zeroState<State extends States>(
  name: string,
  kind: Pick<Kind<State, object>, 'axes' | 'states'>,
  batch: number,
  {
    step,
    inputSize,
    weight: { dtype, backend },
    before = [],
  }: {
    readonly step: Shape | undefined;
    readonly inputSize: number;
    readonly weight: Tensor;
    readonly before?: Shape;
  },
): State {
  checkInteger(name, 'batch', batch, 0);
  const { axes } = kind;
  if (step === undefined ? axes.length > 1 : step.length !== axes.length) {
    throw new ShapeError(
      `${name}: initialState got ${step === undefined ? 'no step' : `the step ${formatShape(step)}`}, needs the shape of one, [${axes.join(', ')}]`,
    );
  }
  const shapes = Object.entries<Shape>(kind.states(step ?? [inputSize]));
  return Object.fromEntries(
    shapes.map(([key, shape]) => [key, zeros([...before, batch, ...shape], { dtype, backend })]),
  ) as State;
}
