// Gradients written by the user, and recomputing instead of remembering.

import { checkCall, type KnownOptions } from '../arguments/check-call.js';
import { isInstance } from '../copies.js';
import { ArgumentError, GradientError } from '../errors.js';
import { internalScope } from '../memory/scope.js';
import { needTensor } from '../ops/checks.js';
import { defaultGenerator, type GeneratorState } from '../tensor/random.js';
import type { RowGradient } from '../tensor/row-gradient.js';
import type { Tensor } from '../tensor/tensor.js';
import { TensorBase } from '../tensor/tensor-base.js';
import type { BackwardPass } from './backward-pass.js';
import { isGradEnabled, unrecorded, withGradMode } from './grad-mode.js';
import { type Deeds, firstRun, secondRun } from './once-per-forward.js';
import { GraphNode } from './tape.js';

/** A value, and how a gradient for it becomes gradients for the inputs. */
export interface CustomGradient {
  readonly value: Tensor;
  /** One gradient for each input, in order; undefined where there is none. That of a table may be a `rowGradient`. */
  readonly gradient: (dy: Tensor) => readonly (Tensor | RowGradient | undefined)[];
}

class CustomNode extends GraphNode {
  #gradient: CustomGradient['gradient'] | undefined;

  constructor(name: string, inputs: readonly Tensor[], { value, gradient }: CustomGradient) {
    super(name, inputs, [{ shape: value.shape, dtype: value.dtype }]);
    this.#gradient = gradient;
  }

  override gradients(dys: readonly (Tensor | undefined)[]): readonly (Tensor | RowGradient | undefined)[] {
    const result = this.#gradient!(dys[0]!);
    if (result.length !== this.sources.length) {
      throw new GradientError(
        `${this.name}: its gradient gave ${result.length} values, needs ${this.sources.length}, one for each input`,
      );
    }
    return result;
  }

  override release(): void {
    super.release();
    this.#gradient = undefined;
  }
}

const customGradOptions: KnownOptions = { name: 'string' };

/**
 * A function on tensors with a gradient of your own: `f` returns the value and the formula to go back with.
 *
 * @example
 * ```ts
 * import { customGrad, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * // Rounds on the way forward, and lets the gradient through unchanged (a straight-through estimator).
 * const roundThrough = customGrad((x) => ({ value: x.round(), gradient: (dy) => [dy] }));
 * const x = tensor([0.4, 1.6], { requiresGrad: true });
 * roundThrough(x).sum().backward();
 * console.log(x.grad?.toArray()); // [1, 1]
 * ```
 */
export function customGrad<A extends readonly Tensor[]>(
  f: (...inputs: A) => CustomGradient,
  options: { readonly name?: string } = {},
): (...inputs: A) => Tensor {
  checkCall('customGrad', arguments, ['f'], customGradOptions);
  const { name = 'customGrad' } = options;
  return (...inputs) => {
    for (let i = 0; i < inputs.length; i++) needTensor(name, `tensor ${i}`, inputs[i]!);
    const custom = unrecorded(() => f(...inputs));
    if (!isGradEnabled() || !inputs.some((input) => input.requiresGrad)) return custom.value;
    // A tensor of its own, because the value may be an input, or one that others use.
    const value = custom.value.detach();
    value.setNode(new CustomNode(name, inputs, custom), 0);
    return value;
  };
}

/** What the second run of a checkpoint needs of the first. */
interface FirstRun {
  readonly random: GeneratorState;
  readonly deeds: Deeds;
}

class CheckpointNode extends GraphNode {
  #recompute: ((...inputs: Tensor[]) => Tensor) | undefined;
  readonly #inputs: readonly Tensor[];
  readonly #random: GeneratorState;
  readonly #deeds: Deeds;

  constructor(f: (...inputs: Tensor[]) => Tensor, inputs: readonly Tensor[], output: Tensor, first: FirstRun) {
    super('checkpoint', inputs, [{ shape: output.shape, dtype: output.dtype }]);
    this.#recompute = f;
    this.#random = first.random;
    this.#deeds = first.deeds;
    this.#inputs = inputs.map((input, i) => this.save(`input ${i}`, input));
    first.deeds.tensors.forEach((result, i) => {
      this.save(`result ${i} of oncePerForward`, result);
    });
  }

  override get capturesLeaves(): boolean {
    return true;
  }

  override gradients(
    dys: readonly (Tensor | undefined)[],
    wanted: readonly boolean[],
    pass: BackwardPass,
  ): (Tensor | undefined)[] {
    if (pass.options.createGraph) {
      throw new GradientError(
        'checkpoint: it cannot be differentiated twice; compute second derivatives without checkpoint',
      );
    }
    const generator = defaultGenerator();
    const now = generator.state;
    const inputs = this.#inputs.map((input, i) => {
      const leaf = input.detach();
      if (wanted[i]) leaf.requiresGrad = true;
      return leaf;
    });
    let output: Tensor;
    try {
      // Dropout inside must fall on the same elements as it did the first time.
      generator.state = this.#random;
      output = secondRun(this.#deeds, () => withGradMode(true, () => this.#recompute!(...inputs)));
    } finally {
      generator.state = now;
    }
    if (!output.requiresGrad) return inputs.map(() => undefined);
    return pass.nested([output], dys, inputs, this.id);
  }

  override release(): void {
    super.release();
    this.#recompute = undefined;
  }
}

/**
 * Computes `f(...inputs)` without keeping what happens inside, and computes it again when the gradient is
 * needed: less memory for more time. `f` must give the same result each time; the default generator is put
 * back to where it was, so dropout does. What layers change on the way, such as the running statistics of a batch norm, they change
 * once; a function or layer of your own that changes something says so by {@link oncePerForward}. Forward hooks run both times.
 *
 * @example
 * ```ts
 * import { checkpoint, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const x = tensor([1, 2], { requiresGrad: true });
 * checkpoint((x) => x.exp().sin().sum(), x).backward();
 * console.log(x.grad?.shape); // [2]
 * ```
 */
export function checkpoint<A extends readonly Tensor[]>(f: (...inputs: A) => Tensor, ...inputs: A): Tensor {
  for (const [i, input] of inputs.entries()) {
    if (!isInstance(input, TensorBase, 'checkpoint', `tensor ${i}`))
      throw new ArgumentError(
        'checkpoint: after the function come tensors only; capture everything else in the function',
      );
  }
  if (!isGradEnabled()) return f(...inputs);
  const random = defaultGenerator().state;
  const scope = internalScope();
  let output: Tensor | undefined;
  let deeds: Deeds | undefined;
  try {
    const first = firstRun(() => unrecorded(() => f(...inputs)));
    deeds = first.deeds;
    // A tensor of its own, because the result may be an input, or one that others use.
    output = first.value.detach();
  } finally {
    scope.endWith(output === undefined ? [] : [output, ...(deeds?.tensors ?? [])]);
  }
  const again = (...given: Tensor[]): Tensor => f(...(given as unknown as A));
  output.setNode(new CheckpointNode(again, inputs, output, { random, deeds }), 0);
  return output;
}
