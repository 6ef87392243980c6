// One layer in one direction, a step at a time, so that the state after each step is a tensor that gradients can be asked for.

import { stack, type Tensor, tensor, unbind, unsqueeze, where, zerosLike } from '@dl/autograd';
import type { LayerRun, LayerRunner, States } from '../core/stacked.js';

/**
 * Gives what `run` gives, and has `seen` called with the state after each step. There the rows of sequences that have ended hold what means
 * nothing, and has a gradient of 0.
 */
export function stepByStep<State extends States & { readonly h: Tensor }>(
  run: LayerRunner<State>,
  x: Tensor,
  first: Partial<State>,
  order: LayerRun,
  seen: (step: number, state: State) => State,
): State & { y: Tensor } {
  const { lengths, reverse } = order;
  const [batch, time] = x.shape as readonly [number, number];
  // What is wrong with lengths, the network itself says.
  if (lengths?.length !== batch || lengths.some((length) => !(length >= 1 && length <= time))) {
    if (lengths !== undefined) return run(x, first, order);
  }
  const inputs = unbind(x, 1);
  const outputs: Tensor[] = new Array(time);
  let state: Partial<State> = first;
  for (let i = 0; i < time; i++) {
    const step = reverse ? time - 1 - i : i;
    const counts = lengths?.some((length) => step >= length)
      ? tensor(
          lengths.map((length) => step < length),
          { backend: x.backend },
        ).reshape([batch, 1])
      : undefined;
    // 0 where no step counts: what stands there, NaN even, must reach nothing on the way back.
    const select = (value: Tensor, otherwise: Tensor | number): Tensor =>
      counts === undefined ? value : where(counts, value, otherwise);
    const input = unsqueeze(select(inputs[step]!, 0), 1); // [batch, 1, features]
    const given = mapped(state, (value) => select(value, 0));
    const { y: _, ...made } = run(input, given, { reverse: false });
    const next = seen(step, made as unknown as State);
    const former = state;
    state = mapped(next, (value, name) => select(value, former[name] ?? zerosLike(value)));
    // What a layer gives out is h: from here its gradient goes the same way as that of the next step.
    outputs[step] = select(next.h, 0);
  }
  return { ...(state as State), y: stack(outputs, 1) };
}

/** A state with each of its tensors changed. */
export function mapped<State extends Partial<States>>(
  state: State,
  change: (value: Tensor, name: string) => Tensor,
): State {
  return Object.fromEntries(Object.entries(state).map(([name, value]) => [name, change(value!, name)])) as State;
}
