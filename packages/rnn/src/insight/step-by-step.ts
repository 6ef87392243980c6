// One layer in one direction, a step at a time, so that the state after each step is a tensor that gradients can be asked for.

import { unsqueeze, zeros } from '@dl/autograd';
import type { Kind, LayerResult, States } from '../core/kind.js';
import { overSteps } from '../core/steps.js';

/**
 * Gives what `kind.run` gives. `seen` is called with the state after each step, in the order in which they are computed, of the sequences that
 * count there; what it gives back takes the state's place.
 */
export function stepByStep<State extends States, Weights extends object>(
  kind: Kind<State, Weights>,
  seen: (state: State) => State,
  ...[x, weights, given, order]: Parameters<Kind<State, Weights>['run']>
): LayerResult<State> {
  const { dtype, backend } = x;
  const shapes = Object.entries<readonly number[]>(kind.states(x.shape.slice(2)));
  const first = shapes.map(([name, shape]) => [
    name,
    given[name] ?? zeros([x.shape[0]!, ...shape], { dtype, backend }),
  ]);
  return overSteps<State>(x, Object.fromEntries(first) as State, order, (at, former) =>
    seen(kind.run(unsqueeze(at, 1), weights, former, { reverse: false }).state),
  );
}
