// Lookahead: an optimiser that goes ahead, and slow weights that follow it a part of the way.

/// <reference lib="esnext.disposable" preserve="true" />

import { ArgumentError, checkCall, elementFormula, type Known, keep, noGrad, shown, type Tensor } from '@dl/autograd';
import { updateEverywhere } from '../core/elementwise.js';
import type { Optimizer } from '../core/optimizer.js';
import { checkMemory, copyMemory, type OptimizerState, type StateValues } from '../core/state.js';

export interface LookaheadOptions {
  /** How many steps the optimiser goes ahead. Default 5. */
  readonly k?: number;
  /** How far the slow weights follow, from 0 to 1. Default 0.5. */
  readonly alpha?: number;
}

const lookaheadOptions: Known<LookaheadOptions> = { k: 'number', alpha: 'number' };

/** The state of the optimiser inside, the slow weights, and how many steps were made. */
export interface LookaheadState<Values = Tensor> {
  readonly optimizer: 'Lookahead';
  readonly inner: OptimizerState<Values>;
  readonly slow: readonly Values[];
  readonly steps: number;
}

/**
 * Lookahead (Zhang et al., "Lookahead Optimizer: k steps forward, 1 step back", 2019), around any optimiser. After every k
 * of its steps:
 *
 *     slow ← slow + alpha (param - slow),  param ← slow
 *
 * Schedules take it as they take the optimiser inside, whose groups it shows.
 *
 * @throws ArgumentError for a k that is no whole number above 0, or an alpha that is not above 0 and up to 1.
 *
 * @example
 * ```ts
 * import { scope, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Lookahead, SGD } from '@dl/optim';
 * await useBackend(cpu());
 * const x = tensor([4, -3], { requiresGrad: true });
 * const optimizer = new Lookahead(new SGD([x], { lr: 0.1 }));
 * for (let i = 0; i < 200; i++) {
 *   scope(() => {
 *     x.sub(1).square().sum().backward();
 *     optimizer.step();
 *     optimizer.zeroGrad();
 *   });
 * }
 * console.log(x.toArray()); // [1, 1], nearly
 * ```
 */
export class Lookahead<O extends Optimizer<never> | Optimizer = Optimizer> {
  readonly name = 'Lookahead';
  readonly inner: O;
  readonly #k: number;
  readonly #alpha: number;
  #slow: Tensor[] = [];
  #steps = 0;

  constructor(inner: O, options: LookaheadOptions = {}) {
    checkCall('Lookahead', arguments, ['inner'], lookaheadOptions);
    const { k = 5, alpha = 0.5 } = options;
    if (!Number.isSafeInteger(k) || k < 1) {
      throw new ArgumentError(`Lookahead: k is ${shown(k)}, needs a whole number of at least 1`);
    }
    if (!(alpha > 0 && alpha <= 1)) {
      throw new ArgumentError(`Lookahead: alpha is ${shown(alpha)}, needs a number above 0 and up to 1`);
    }
    this.inner = inner;
    this.#k = k;
    this.#alpha = alpha;
    this.#join();
  }

  get paramGroups(): O['paramGroups'] {
    return this.inner.paramGroups;
  }

  /** A step of the optimiser; after every k-th the parameters go back to the slow weights. */
  step(): void {
    this.#join();
    this.inner.step();
    this.#steps++;
    if (this.#steps % this.#k !== 0) return;
    const follow = elementFormula(2, 0, ([slow, param]) => {
      const next = slow!.add(param!.sub(slow!).mul(this.#alpha));
      return [next, next];
    });
    updateEverywhere([this.#slow, this.#params()], [], follow);
  }

  /** Frees the gradients of all parameters. */
  zeroGrad(): void {
    this.inner.zeroGrad();
  }

  /** All that is needed to go on exactly; its tensors are those in use. */
  stateDict(): LookaheadState {
    this.#join();
    return { optimizer: 'Lookahead', inner: this.inner.stateDict(), slow: [...this.#slow], steps: this.#steps };
  }

  /** Goes on from a state; nothing is changed when it does not fit. */
  loadStateDict(state: LookaheadState<Tensor | StateValues>): void {
    const params = this.#params();
    const isWhole = Number.isSafeInteger(state?.steps) && state.steps >= 0;
    if (state?.optimizer !== 'Lookahead' || state.slow?.length !== params.length || !isWhole) {
      throw new ArgumentError(
        `Lookahead: loadStateDict changed nothing: it needs the state of a Lookahead with ${params.length} parameters`,
      );
    }
    params.forEach((param, i) => {
      const where = `Lookahead: loadStateDict changed nothing: parameter ${i}`;
      checkMemory(where, { slow: state.slow[i] as Tensor }, { slow: { shape: param.shape } }, param);
    });
    this.inner.loadStateDict(state.inner);
    const former = this.#slow;
    this.#slow = params.map((param, i) => copyMemory({ slow: state.slow[i]! }, param)['slow'] as Tensor);
    for (const slow of former) slow.dispose();
    this.#steps = state.steps;
  }

  /** Frees what is remembered, the optimiser's too. It can be used on, as one that is new. */
  dispose(): void {
    this.inner.dispose();
    for (const slow of this.#slow) slow.dispose();
    this.#slow = [];
    this.#steps = 0;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
  #params(): readonly Tensor[] {
    return this.inner.paramGroups.flatMap(({ params }) => params);
  }

  /** Slow weights for parameters that have none yet: groups that join later come last. */
  #join(): void {
    const joining = this.#params().slice(this.#slow.length);
    noGrad(() => this.#slow.push(...joining.map((param) => keep(param.clone()))));
  }
}
