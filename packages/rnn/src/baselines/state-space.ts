// A nonlinear state-space model: how a hidden state moves, and what is seen of it, each a small network.

import {
  ArgumentError,
  checkCall,
  checkInteger,
  concat,
  formatShape,
  type Known,
  ShapeError,
  type Tensor,
  zeros,
} from '@dl/autograd';
import {
  formatArguments,
  Linear,
  Module,
  needTensor,
  type ParameterOptions,
  parameter,
  parameterOptions,
  Sequential,
  Tanh,
  tidied,
} from '@dl/layers';
import type { SequenceOutput } from '../core/stacked.js';

/** Options of {@link StateSpace}. */
export interface StateSpaceOptions extends ParameterOptions {
  /** Numbers of an input; 0 for a process without inputs. Default 1. */
  readonly inputSize?: number;
  /** Numbers of an output. Default 1. */
  readonly outputSize?: number;
  /** Hidden units of each of the two networks. Default 16. */
  readonly hiddenSize?: number;
}

const stateSpaceOptions: Known<StateSpaceOptions> = {
  inputSize: 'number',
  outputSize: 'number',
  hiddenSize: 'number',
  ...parameterOptions,
};

/** The state of a {@link StateSpace}. */
export type StateSpaceState = {
  /** [batch, stateSize] */
  readonly z: Tensor;
};

/** What goes with the inputs of a {@link StateSpace}. */
export interface StateSpaceInput {
  /** What the sequences begin with, such as the `state` of a former call. Default: the learned one. */
  readonly state?: StateSpaceState;
}

const stateSpaceInput: Known<StateSpaceInput> = { state: 'object' };

/**
 * A nonlinear state-space model: z(t) = f(z(t-1), u(t)) and y(t) = g(z(t)), where the transition f and the observation g are learned, each with a layer
 * of tanh: f(z, u) = z + W₂ tanh(W₁ [z u] + b₁) + b₂, g(z) = V₂ tanh(V₁ z + c₁) + c₂. A state that moves by differences stays for long, and
 * so do its gradients. What it begins with is learned, too. It is trained by unrolling: outputs are compared at each step, and gradients go back through
 * all of them.
 *
 * `forward(inputs)` takes inputs [batch, time, inputSize] and gives `output` [batch, time, outputSize] and the last `state`, which the next call may
 * begin with; so it stands in `Stateful`, where a signal does not end. A process without inputs (`inputSize: 0`) is given the number of steps instead:
 * `forward(20)`.
 *
 * @throws ShapeError for inputs or a state of other sizes; ArgumentError for inputs of a process without any, or steps of one with.
 *
 * Source: K. Narendra, K. Parthasarathy, "Identification and control of dynamical systems using neural networks", 1990; S. Haykin, "Neural networks and
 * learning machines", 2009, chapter 15.
 *
 * @example
 * ```ts
 * import { manualSeed, scope, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Adam } from '@dl/optim';
 * import { StateSpace } from '@dl/rnn';
 * await useBackend(cpu());
 * manualSeed(1);
 * const wave = tensor(Float32Array.from({ length: 30 }, (_, t) => Math.sin(t / 3))).reshape([1, 30, 1]);
 * const model = new StateSpace(2, { inputSize: 0 }); // a pendulum: position and velocity
 * const optimizer = new Adam(model.parameters(), { lr: 0.01 });
 * const errors: number[] = [];
 * for (let step = 0; step < 200; step++) {
 *   scope(() => {
 *     const loss = model.forward(30).output.sub(wave).square().mean();
 *     loss.backward();
 *     optimizer.step();
 *     optimizer.zeroGrad();
 *     errors.push(loss.item());
 *   });
 * }
 * console.log(errors[0]! > errors[199]!); // true
 * const { state } = model.forward(30);
 * console.log(model.forward(10, { state }).output.shape); // [1, 10, 1]: what it expects next
 * ```
 */
export class StateSpace extends Module<
  [inputs: Tensor | number, input?: StateSpaceInput],
  SequenceOutput<StateSpaceState>
> {
  readonly stateSize: number;
  readonly inputSize: number;
  readonly outputSize: number;
  readonly hiddenSize: number;
  /** What sequences begin with, [stateSize]. */
  readonly start: Tensor;
  /** By how much the state moves, of [batch, stateSize + inputSize]. */
  readonly transition: Sequential;
  /** What is seen of the state. */
  readonly observation: Sequential;

  constructor(stateSize: number, options: StateSpaceOptions = {}) {
    checkCall('StateSpace', arguments, ['stateSize'], stateSpaceOptions);
    super();
    const { inputSize = 1, outputSize = 1, hiddenSize = 16, ...made } = options;
    this.stateSize = checkInteger('StateSpace', 'stateSize', stateSize, 1);
    this.inputSize = checkInteger('StateSpace', 'inputSize', inputSize, 0);
    this.outputSize = checkInteger('StateSpace', 'outputSize', outputSize, 1);
    this.hiddenSize = checkInteger('StateSpace', 'hiddenSize', hiddenSize, 1);
    const network = (from: number, to: number): Sequential =>
      new Sequential(new Linear(from, hiddenSize, made), new Tanh(), new Linear(hiddenSize, to, made));
    const { dtype, backend } = made;
    this.start = parameter(zeros([stateSize], { ...(dtype && { dtype }), ...(backend && { backend }) }));
    this.transition = network(stateSize + inputSize, stateSize);
    this.observation = network(stateSize, outputSize);
  }

  /** What so many sequences begin with: the learned state. */
  initialState(batch: number): StateSpaceState {
    checkInteger('StateSpace', 'batch', batch, 0);
    return { z: this.start.expand([batch, this.stateSize]) };
  }

  forward(inputs: Tensor | number, input: StateSpaceInput = {}): SequenceOutput<StateSpaceState> {
    checkCall('StateSpace', arguments, ['inputs'], stateSpaceInput);
    const { batch, steps } = this.#sizesOf(inputs, input.state);
    return tidied(
      () => {
        let { z } = input.state ?? this.initialState(batch);
        const states: Tensor[] = [];
        for (let t = 0; t < steps; t++) {
          const seen = typeof inputs === 'number' ? z : concat([z, inputs.slice([null, t])], 1); // [batch, stateSize + inputSize]
          z = z.add(this.transition.forward(seen));
          states.push(z.reshape([batch, 1, this.stateSize]));
        }
        return { output: this.observation.forward(concat(states, 1)), state: { z } };
      },
      ({ output, state }) => [output, state.z],
    );
  }

  /** All products are those of its parts. */
  override multiplyAdds(): number {
    return 0;
  }

  override describe(): string {
    return formatArguments([this.stateSize], {
      inputSize: [this.inputSize, 1],
      outputSize: [this.outputSize, 1],
      hiddenSize: [this.hiddenSize, 16],
    });
  }

  #sizesOf(
    inputs: Tensor | number,
    state: StateSpaceState | undefined,
  ): { readonly batch: number; readonly steps: number } {
    const found = typeof inputs === 'number' ? this.#ofSteps(inputs, state) : this.#ofInputs(inputs);
    if (state === undefined) return found;
    needTensor("StateSpace: the state's z", state.z, this.start);
    if (`${state.z.shape}` !== `${[found.batch, this.stateSize]}`) {
      throw new ShapeError(
        `StateSpace: the state's z is ${formatShape(state.z.shape)}, needs [${found.batch}, ${this.stateSize}]: [batch, stateSize]`,
      );
    }
    return found;
  }

  #ofSteps(steps: number, state: StateSpaceState | undefined): { readonly batch: number; readonly steps: number } {
    if (this.inputSize > 0) {
      throw new ArgumentError(
        `StateSpace: got ${steps} steps, but the process has inputs; give them, [batch, time, ${this.inputSize}], or make it with inputSize: 0`,
      );
    }
    return { batch: state?.z?.shape?.[0] ?? 1, steps: checkInteger('StateSpace', 'steps', steps, 1) };
  }

  #ofInputs(inputs: Tensor): { readonly batch: number; readonly steps: number } {
    needTensor('StateSpace', inputs, this.start);
    if (this.inputSize === 0) {
      throw new ArgumentError('StateSpace: the process has no inputs; give the number of steps, as in forward(20)');
    }
    const [batch, steps, size] = inputs.shape;
    if (inputs.rank !== 3 || size !== this.inputSize || steps === 0) {
      throw new ShapeError(
        `StateSpace: inputs are ${formatShape(inputs.shape)}, needs [batch, time, ${this.inputSize}] with a time of at least 1`,
      );
    }
    return { batch: batch!, steps: steps! };
  }
}
