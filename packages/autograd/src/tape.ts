// The graph that recording builds: a node for each op that ran, pointing back to where its inputs came from.

import { isDetectingAnomaly } from './anomaly.js';
import type { BackwardPass } from './backward-pass.js';
import type { Spec } from './define-op.js';
import { GradientError } from './errors.js';
import { captureSite, describeSite } from './site.js';
import type { Tensor } from './tensor.js';

/** Where a gradient goes next: to an output of the node that made the input, or to a leaf; nowhere when undefined. */
export type Source = NodeOutput | Tensor | undefined;

export interface NodeOutput {
  readonly node: GraphNode;
  readonly index: number;
}

let nextId = 0;

export abstract class GraphNode {
  /** Grows with time, so that descending ids are a valid order for backward. */
  readonly id = nextId++;
  readonly name: string;
  /** One for each input, in order. */
  readonly sources: readonly Source[];
  /** Shapes and dtypes of the outputs. */
  readonly outputs: readonly Spec[];
  /** True when the gradient may reach leaves that are not among the inputs. */
  get capturesLeaves(): boolean {
    return false;
  }
  /** Where the op was called, in anomaly mode. */
  readonly site: Error | undefined = isDetectingAnomaly() ? captureSite(100) : undefined;
  #saved: Tensor[] | undefined = undefined;
  #savedNames: string[] | undefined = undefined;
  #versions: number[] | undefined = undefined;
  #isReleased = false;

  constructor(name: string, inputs: readonly (Tensor | undefined)[], outputs: readonly Spec[]) {
    this.name = name;
    this.sources = inputs.map(sourceOf);
    this.outputs = outputs;
  }

  /**
   * The gradient for each input, from those for the outputs (zeros where undefined). `wanted` says which
   * inputs need one; the others may be undefined.
   */
  abstract gradients(
    dys: readonly (Tensor | undefined)[],
    wanted: readonly boolean[],
    pass: BackwardPass,
  ): readonly (Tensor | undefined)[];

  /** Holds a value for the gradient formula, and remembers what it was. */
  protected save(name: string, tensor: Tensor): Tensor {
    tensor.savedBy++;
    tensor.storage.savedBy++;
    if (this.#saved === undefined) {
      this.#saved = [tensor];
      this.#savedNames = [name];
      this.#versions = [tensor.storage.version];
    } else {
      this.#saved.push(tensor);
      this.#savedNames!.push(name);
      this.#versions!.push(tensor.storage.version);
    }
    return tensor;
  }

  /** Throws when what was saved is gone or no longer what it was. */
  checkSaved(): void {
    if (this.#isReleased) {
      throw new GradientError(
        `backward: the graph of ${this.name} was freed by an earlier backward(); ` +
          'call that one with { retainGraph: true } to go through it twice',
      );
    }
    for (let i = 0; i < (this.#saved?.length ?? 0); i++) {
      const tensor = this.#saved![i]!;
      if (tensor.storage.version !== this.#versions![i]) {
        const name = this.#savedNames![i];
        const { changedBy, changedAt } = tensor.storage;
        throw new GradientError(
          `backward: ${this.name} saved ${name} for its gradient, but ${changedBy}() changed it in place${describeSite(changedAt)} ` +
            `afterwards${describeSite(this.site)}; change it after backward(), or give ${this.name} a copy (${name}.clone())`,
        );
      }
    }
  }

  /** Lets go of what was saved. The gradient can then not be computed again. */
  release(): void {
    for (const tensor of this.#saved ?? []) {
      tensor.savedBy--;
      if (!tensor.isFreed) tensor.storage.savedBy--;
    }
    this.#saved = undefined;
    this.#isReleased = true;
  }
}

function sourceOf(tensor: Tensor | undefined): Source {
  if (tensor === undefined) return undefined;
  return tensor.source ?? (tensor.requiresGrad ? tensor : undefined);
}
