// The graph that recording builds: a node for each op that ran, pointing back to where its inputs came from.

import type { Spec } from '../dispatch/define-op.js';
import { GradientError } from '../errors.js';
import { captureSite, describeSite } from '../memory/site.js';
import type { RowGradient } from '../tensor/row-gradient.js';
import type { Tensor } from '../tensor/tensor.js';
import type { TensorBase } from '../tensor/tensor-base.js';
import { isDetectingAnomaly } from './anomaly.js';
import type { BackwardPass } from './backward-pass.js';

/** Where a gradient goes next: to an output of the node that made the input, or to a leaf; nowhere when undefined. */
export type Source = NodeOutput | Tensor | undefined;

/** The gradient of an input: a tensor, or of a table some rows. */
export type Gradient = Tensor | RowGradient;

export interface NodeOutput {
  readonly node: GraphNode;
  readonly index: number;
}

/** A value that the gradient needs, and what it was. The saved ones of a node are a chain. */
interface Saved {
  readonly name: string;
  readonly tensor: Tensor;
  readonly version: number;
  readonly before: Saved | undefined;
}

/** What a backward pass knows of a node. Passes nest, and an inner one may meet nodes of an outer one. */
export interface Visit {
  readonly pass: BackwardPass;
  /** Whether the node leads to a gradient that is asked for. */
  isUseful: boolean;
  /** The gradients of its outputs, as far as they have come in. */
  pending: (Tensor | undefined)[] | undefined;
  readonly outer: Visit | undefined;
}

let nextId = 0;

/** The id that the next node will have: all nodes of now are below it. */
export function nextNodeId(): number {
  return nextId;
}

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
  readonly site: Error | undefined;
  /** What the innermost backward pass that has met it knows of it. */
  visit: Visit | undefined = undefined;
  #saved: Saved | undefined = undefined;
  #isReleased = false;

  constructor(
    name: string,
    inputs: readonly (Tensor | undefined)[],
    outputs: readonly Spec[],
    anomaly: boolean = isDetectingAnomaly(),
  ) {
    this.name = name;
    this.site = anomaly ? captureSite(100) : undefined;
    const sources: Source[] = [];
    for (let i = 0; i < inputs.length; i++) sources.push(sourceOf(inputs[i]));
    this.sources = sources;
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
  ): readonly (Gradient | undefined)[];

  /** Holds a value for the gradient formula, and remembers what it was. */
  protected save(name: string, tensor: Tensor): Tensor {
    const { storage } = tensor;
    tensor.savedBy++;
    storage.savedBy++;
    this.#saved = { name, tensor, version: storage.version, before: this.#saved };
    return tensor;
  }

  /** Adds to `found` what it holds for the gradient formula. */
  collectSaved(found: Set<TensorBase>): void {
    for (let saved = this.#saved; saved !== undefined; saved = saved.before) found.add(saved.tensor);
  }

  /** Throws when what was saved is gone or no longer what it was. */
  checkSaved(): void {
    if (this.#isReleased) {
      throw new GradientError(
        `backward: the graph of ${this.name} was freed by an earlier backward(); ` +
          'call that one with { retainGraph: true } to go through it twice',
      );
    }
    let changed: Saved | undefined;
    for (let saved = this.#saved; saved !== undefined; saved = saved.before) {
      if (saved.tensor.storage.version !== saved.version) changed = saved;
    }
    if (changed !== undefined) {
      const { name, tensor } = changed;
      const { changedBy, changedAt } = tensor.storage;
      throw new GradientError(
        `backward: ${this.name} saved ${name} for its gradient, but ${changedBy}() changed it in place${describeSite(changedAt)} ` +
          `afterwards${describeSite(this.site)}; change it after backward(), or give ${this.name} a copy (${name}.clone())`,
      );
    }
  }

  /** Lets go of what was saved. The gradient can then not be computed again. */
  release(): void {
    for (let saved = this.#saved; saved !== undefined; saved = saved.before) {
      const { tensor } = saved;
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
