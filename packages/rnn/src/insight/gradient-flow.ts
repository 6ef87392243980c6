// How far gradients reach back in time: their norm at each step.

import { ArgumentError, checkCall, gradients, isInstance, scope, shown, stack, Tensor, zerosLike } from '@dl/autograd';
import { type AnyModule, isModule } from '@dl/layers';
import { Stacked, type States } from '../core/stacked.js';
import { mapped, stepByStep } from './step-by-step.js';

/** The gradients of one layer in one direction, from {@link gradientFlow}. */
export interface GradientFlow {
  /** The name of the network in the model, as `namedModules()` has it; '' for the model itself. */
  readonly network: string;
  /** Which of its layers, from 0 on. */
  readonly layer: number;
  /** True for the direction from the end to the begin, in which gradients flow to later steps. */
  readonly reverse: boolean;
  /** ‖∂L/∂s(t)‖ for t = 0, 1, …: of all parts of the state together. */
  readonly norms: readonly number[];
  /** The same for each part of the state: `h`, and of an LSTM `c`. */
  readonly parts: Readonly<Record<string, readonly number[]>>;
}

/** What is collected of one layer in one direction: its states, in the order of the steps. */
interface Seen {
  readonly network: string;
  readonly layer: number;
  readonly reverse: boolean;
  readonly states: States[];
}

/**
 * The norm of the gradient at each time step, for each recurrent network in a model, layer by layer and direction by direction: whether
 * gradients vanish or explode on their way back.
 *
 * The state s(t) is what a layer hands from step t on to step t + 1: h(t), and of an {@link LSTM} h(t) and c(t), each a variable of its own. All that follows step t,
 * and what it gives out itself, is a function of s(t). Of the loss L as this function, ∂L/∂s(t) is the gradient, and by the chain rule
 *
 *     ∂L/∂s(t) = (∂s(t+1)/∂s(t))ᵀ ∂L/∂s(t+1) + (∂y(t)/∂s(t))ᵀ ∂L/∂y(t)
 *
 * with the output y(t) = h(t), whose own gradient comes from the loss or from the layer above. `norms[t]` is ‖∂L/∂s(t)‖₂ over all sequences of the batch and all
 * units. A product of many Jacobians shrinks or grows like a power of their norms (Bengio, Simard & Frasconi, "Learning long-term dependencies with
 * gradient descent is difficult", 1994; Pascanu, Mikolov & Bengio, 2013). After the end of a sequence, by `lengths`, its gradient is 0.
 *
 * `loss` computes the loss with the model; it is called once, and in it the networks run step by step, to the same results but for rounding. A
 * network that it calls several times has its steps one after the other. `.grad` of the parameters is left alone.
 *
 * @throws ArgumentError when the model has no recurrent network, when `loss` does not use one, does not return one number, or is
 * asynchronous.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { gradientFlow, RNN } from '@dl/rnn';
 * await useBackend(cpu());
 * const network = new RNN(2, 8);
 * const x = randn([1, 50, 2]);
 * const [flow] = await gradientFlow(network, () => network.forward(x).state.h.sum());
 * console.log(flow.norms.length, flow.norms[0] < flow.norms[49]); // 50 true
 * ```
 */
export async function gradientFlow(model: AnyModule, loss: () => Tensor): Promise<readonly GradientFlow[]> {
  checkCall('gradientFlow', arguments, ['model', 'loss']);
  if (!isModule(model)) throw new ArgumentError(`gradientFlow: the model is ${shown(model)}, needs a Module`);
  if (typeof loss !== 'function') {
    throw new ArgumentError(
      `gradientFlow: the loss is ${shown(loss)}, needs a function that computes it with the model: gradientFlow(model, () => mseLoss(model.forward(x).output, y))`,
    );
  }
  const found = scope(() => {
    const seen = new Map<string, Seen>();
    const value = whileWatching(model, seen, loss);
    return gradientsOf(model, [...seen.values()], value);
  });
  return Promise.all(
    found.map(async ({ parts, ...where }) => {
      const norms = await Promise.all(
        Object.entries(parts).map(async ([name, g]) => [name, await normsOf(g)] as const),
      );
      return { ...where, norms: together(norms.map(([, each]) => each)), parts: Object.fromEntries(norms) };
    }),
  );
}

/** The recurrent networks of a model by name, each once. */
export function networksOf(model: AnyModule): (readonly [name: string, network: Stacked<States>])[] {
  const names = new Map<Stacked<States>, string>();
  for (const [name, module] of model.namedModules()) {
    if (module instanceof Stacked && !names.has(module)) names.set(module, name);
  }
  return [...names].map(([network, name]) => [name, network]);
}

function whileWatching(model: AnyModule, seen: Map<string, Seen>, loss: () => Tensor): Tensor {
  const networks = networksOf(model);
  if (networks.length === 0) {
    throw new ArgumentError(
      `gradientFlow: ${model.constructor.name} has no recurrent network; needs a model with an RNN, LSTM or GRU`,
    );
  }
  try {
    for (const [network, stacked] of networks) {
      stacked.watchLayers((layer, run, x, first, order) => {
        const { reverse } = order;
        const key = `${network} ${layer} ${reverse}`;
        const entry = seen.get(key) ?? { network, layer, reverse, states: [] };
        seen.set(key, entry);
        const start = entry.states.length;
        return stepByStep(run, x, first, order, (step, state) => {
          const tracked = mapped(state, trackedOf);
          entry.states[start + step] = tracked;
          return tracked;
        });
      });
    }
    return loss();
  } finally {
    for (const [, network] of networks) network.watchLayers(undefined);
  }
}

/** A tensor that gradients reach: also where all weights are frozen. */
function trackedOf(value: Tensor): Tensor {
  if (value.requiresGrad) return value;
  const leaf = value.detach();
  leaf.requiresGrad = true;
  return leaf;
}

/** For each layer the gradients of each part of its state, stacked: [time, batch, size]. */
function gradientsOf(
  model: AnyModule,
  seen: readonly Seen[],
  loss: Tensor,
): (Omit<Seen, 'states'> & { readonly parts: Readonly<Record<string, Tensor>> })[] {
  if (!isInstance(loss, Tensor, 'gradientFlow', 'the loss')) {
    throw new ArgumentError(
      `gradientFlow: the function of the loss returned ${shown(loss)}, needs a Tensor, at once: read data before the call`,
    );
  }
  if (seen.length === 0) {
    throw new ArgumentError(
      `gradientFlow: the function of the loss did not run the recurrent network of ${model.constructor.name}; needs one that computes the loss with model.forward(…)`,
    );
  }
  const states = seen.flatMap((each) => each.states.flatMap((state) => Object.values(state)));
  const found = gradients(loss, states, { allowUnused: true });
  if (found.every((g) => g === undefined)) {
    throw new ArgumentError(
      'gradientFlow: the loss does not depend on any state of the network; needs one that is computed from its output or state, outside noGrad and without detach()',
    );
  }
  const all = new Map(states.map((state, i) => [state, found[i] ?? zerosLike(state)]));
  return seen.map(({ states, ...where }) => {
    const names = Object.keys(states[0]!);
    const parts = names.map((name) => [name, stack(states.map((state) => all.get(state[name]!)!))] as const);
    return { ...where, parts: Object.fromEntries(parts) };
  });
}

/** The norm of each of the tensors that are stacked. On the host, in float64: squares of small gradients would be 0 in float32. */
async function normsOf(g: Tensor): Promise<number[]> {
  const steps = g.shape[0]!;
  const data = await g.data();
  g.dispose();
  const width = data.length / steps;
  return Array.from({ length: steps }, (_, t) => {
    let sum = 0;
    for (let i = t * width; i < (t + 1) * width; i++) sum += (data[i] as number) ** 2;
    return Math.sqrt(sum);
  });
}

/** What several norms are together. */
function together(norms: readonly (readonly number[])[]): number[] {
  return norms[0]!.map((_, t) => Math.hypot(...norms.map((each) => each[t]!)));
}
