// A state as it comes back from a file.

import { Tensor } from '@dl/autograd';
import type { OptimizerState, StateValues } from '@dl/optim';

/** The state written as JSON and read again: its tensors are plain values then. */
export function written(state: OptimizerState): OptimizerState<StateValues> {
  return JSON.parse(
    JSON.stringify(state, (_, value: unknown) =>
      value instanceof Tensor ? { shape: value.shape, data: Array.from(value.dataSync()) } : value,
    ),
  );
}
