// How far gradients reach back in time: their norm at each step.

import { ArgumentError, checkCall, gradients, isInstance, keep, scope, shown, Tensor } from '@dl/autograd';
import { type AnyModule, isModule } from '@dl/layers';
import { Recurrent } from '../cells/recurrent.js';
import { Cell } from '../core/cell.js';
import type { States } from '../core/kind.js';
import { Stacked } from '../core/stacked.js';
import { stepByStep } from './step-by-step.js';

/** The gradients of one layer in one direction, from {@link gradientFlow}. */
export interface GradientFlow {
  /** The name of the network or cell in the model, as `namedModules()` has it; '' for the model itself. */
  readonly network: string;
  /** Which of its layers, from 0 on; 0 for a cell. */
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
  readonly states: (States | undefined)[];
}

/**
 * The norm of the gradient at each time step, for each recurrent network and cell in a model, layer by layer and direction by direction: whether
 * gradients vanish or explode on their way back.
 *
 * The state s(t) is what a layer hands from step t on to step t + 1: h(t), of an LSTM h(t) and c(t), each a variable of its own. All that follows step t,
 * and what it gives out itself, is a function of s(t). Of the loss L as this function, ∂L/∂s(t) is the gradient, and by the chain rule
 *
 *     ∂L/∂s(t) = (∂s(t+1)/∂s(t))ᵀ ∂L/∂s(t+1) + (∂y(t)/∂s(t))ᵀ ∂L/∂y(t)
 *
 * with the output y(t), which is h(t), whose own gradient comes from the loss or from the layer above. `norms[t]` is ‖∂L/∂s(t)‖₂ over all sequences of the batch and all
 * units. A product of many Jacobians shrinks or grows like a power of their norms (Bengio, Simard & Frasconi, "Learning long-term dependencies with
 * gradient descent is difficult", 1994; Pascanu, Mikolov & Bengio, 2013). After the end of a sequence, by `lengths`, its gradient is 0.
 *
 * `loss` computes the loss with the model; it is called once, and in it the networks run step by step, to the same results but for rounding. A
 * network that it calls several times has its steps one after the other, a cell those of its calls. `.grad` of the parameters is left alone.
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
 * const flows = await gradientFlow(network, () => network.forward(x).state.h.sum());
 * for (const { norms } of flows) console.log(norms.length, norms.at(0), norms.at(-1)); // 50, next to nothing, √8
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
    try {
      const value = whileWatching(model, seen, loss);
      return gradientsOf(model, [...seen.values()], value);
    } finally {
      for (const { states } of seen.values()) for (const state of states) free(state);
    }
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
export function networksOf(model: AnyModule): (readonly [name: string, network: Stacked])[] {
  return modulesOf(model, (module) => module instanceof Stacked) as (readonly [string, Stacked])[];
}

function modulesOf(model: AnyModule, isOne: (module: AnyModule) => boolean): (readonly [string, AnyModule])[] {
  const names = new Map<AnyModule, string>();
  for (const [name, module] of model.namedModules()) {
    if (isOne(module) && !names.has(module)) names.set(module, name);
  }
  return [...names].map(([module, name]) => [name, module]);
}

function whileWatching(model: AnyModule, seen: Map<string, Seen>, loss: () => Tensor): Tensor {
  const networks = networksOf(model);
  const loops = modulesOf(model, (module) => module instanceof Recurrent) as (readonly [string, Recurrent<States>])[];
  const cells = modulesOf(model, (module) => module instanceof Cell || loops.some(([, { cell }]) => cell === module));
  if (networks.length + cells.length === 0) {
    throw new ArgumentError(
      `gradientFlow: ${model.constructor.name} has no recurrent network; needs a model with an RNN, LSTM or GRU, or with a cell`,
    );
  }
  const entryOf = (network: string, layer: number, reverse: boolean): Seen => {
    const key = `${network} ${layer} ${reverse}`;
    const entry = seen.get(key) ?? { network, layer, reverse, states: [] };
    seen.set(key, entry);
    return entry;
  };
  const hooks: { remove(): void }[] = [];
  try {
    for (const [name, network] of networks) {
      network.watchLayers((kind, layer, x, weights, first, order) => {
        const { states } = entryOf(name, layer, order.reverse);
        const made: (States | undefined)[] = [];
        const see = <State extends States>(state: State): State => {
          const tracked = trackedOf(state);
          made.push(tracked);
          return tracked;
        };
        const result = stepByStep(kind, see, x, weights, first, order);
        states.push(...inTime(made, x.shape[1]!, order.reverse));
        return result;
      });
    }
    for (const [name, cell] of cells) {
      hooks.push(
        cell.registerForwardHook((_inputs, state: States) => {
          const tracked = trackedOf(state);
          entryOf(
            name,
            0,
            loops.some(([, loop]) => loop.cell === cell && loop.reverse),
          ).states.push(tracked);
          return tracked;
        }),
      );
    }
    for (const [, loop] of loops) {
      const name = cells.find(([, cell]) => cell === loop.cell)![0];
      let start = 0;
      hooks.push(
        loop.registerForwardPreHook(() => {
          start = seen.get(`${name} 0 ${loop.reverse}`)?.states.length ?? 0;
        }),
        loop.registerForwardHook((inputs) => {
          const { states } = entryOf(name, 0, loop.reverse);
          states.push(...inTime(states.splice(start), (inputs[0] as Tensor).shape[1]!, loop.reverse));
        }),
      );
    }
    return loss();
  } finally {
    for (const [, network] of networks) network.watchLayers(undefined);
    for (const hook of hooks) hook.remove();
  }
}

/** States in the order of the steps, none where no sequence counts any more. */
function inTime(made: readonly (States | undefined)[], time: number, reverse: boolean): (States | undefined)[] {
  const inOrder = reverse ? made.toReversed() : made;
  return [...inOrder, ...Array.from({ length: time - made.length }, () => undefined)];
}

/**
 * A state that gradients reach, also where all weights are frozen; it lives until they are there. Its tensors are others than those that the step made, of which
 * one may be computed from another: only what comes after the step is a function of them.
 */
function trackedOf<State extends States>(state: State): State {
  const tracked = Object.entries(state).map(([name, value]) => {
    const next = value.requiresGrad ? value.alias() : value.detach();
    if (!value.requiresGrad) next.requiresGrad = true;
    return [name, keep(next)] as const;
  });
  return Object.fromEntries(tracked) as State;
}

/** For each layer the gradients of each part of its state, stacked: [time, batch, size]. */
function gradientsOf(
  model: AnyModule,
  seen: readonly Seen[],
  loss: Tensor,
): (Omit<Seen, 'states'> & { readonly parts: Readonly<Record<string, readonly (Tensor | undefined)[]>> })[] {
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
  const states = seen.flatMap((each) => each.states.flatMap((state) => Object.values(state ?? {})));
  const found = gradients(loss, states, { allowUnused: true });
  if (found.every((g) => g === undefined)) {
    throw new ArgumentError(
      'gradientFlow: the loss does not depend on any state of the network; needs one that is computed from its output or state, outside noGrad and without detach()',
    );
  }
  const all = new Map(states.map((state, i) => [state, found[i]]));
  return seen.map(({ states, ...where }) => {
    const names = Object.keys(states.find((state) => state !== undefined)!);
    const parts = names.map((name) => [name, states.map((state) => state && all.get(state[name]!))] as const);
    return { ...where, parts: Object.fromEntries(parts) };
  });
}

/** The norms of gradients, 0 where there is none. On the host, in float64: squares of small gradients would be 0 in float32. */
async function normsOf(gradients: readonly (Tensor | undefined)[]): Promise<number[]> {
  return Promise.all(
    gradients.map(async (g) => {
      if (g === undefined) return 0;
      const data = await g.data();
      g.dispose();
      return Math.sqrt(sumOfSquares(data));
    }),
  );
}

function sumOfSquares(data: ArrayLike<number | bigint>): number {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += Number(data[i]) ** 2;
  return sum;
}

function free(state: States | undefined): void {
  for (const value of Object.values(state ?? {})) value.dispose();
}

/** What several norms are together. */
function together(norms: readonly (readonly number[])[]): number[] {
  return norms[0]!.map((_, t) => Math.hypot(...norms.map((each) => each[t]!)));
}
