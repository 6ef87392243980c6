// One walk back through the graph: gradients flow from the results to the leaves, each node once, newest first.

import { tensorFrom } from './allocate.js';
import { whileDifferentiating } from './anomaly.js';
import { typedArray } from './dtype.js';
import { DTypeError, GradientError, ShapeError } from './errors.js';
import { withGradMode } from './grad-mode.js';
import { type FreeRecord, internal, internalScope, own, ownLike, type Scope } from './scope.js';
import { formatShape, sameShape } from './shape.js';
import type { GraphNode, NodeOutput, Source } from './tape.js';
import type { Tensor } from './tensor.js';
import { newTensor, TensorBase } from './tensor-base.js';

export interface PassOptions {
  /** Record the gradient's own computation, so that it can be differentiated again. */
  readonly createGraph: boolean;
  /** Keep what the forward pass saved, so that another backward can follow. */
  readonly retainGraph: boolean;
}

const accumulated: FreeRecord = {
  how: 'backward() replaced it by a new sum of gradients',
  where: undefined,
};

/** For a walk inside another: that one, and the id from which on nodes belong to the inner graph. */
interface Outside {
  readonly pass: BackwardPass;
  readonly before: number;
}

export class BackwardPass {
  readonly options: PassOptions;
  readonly #outside: Outside | undefined;
  readonly #pending = new Map<GraphNode, (Tensor | undefined)[]>();
  /** Gradients asked for by name, by where they appear in the graph. */
  readonly #targets: readonly Tensor[];
  readonly #found: (Tensor | undefined)[];
  readonly #everyLeaf: boolean;
  /** The nodes that lead to a gradient that is asked for. */
  readonly #useful = new Set<GraphNode>();
  readonly #seen = new Set<GraphNode>();
  /** The useful nodes that are still to be visited, the newest last. */
  #waiting: GraphNode[] = [];
  // Everything made on the way is freed on the way, unless it is to be differentiated again.
  readonly #scope: Scope | undefined;

  private constructor(options: PassOptions, targets: readonly Tensor[] | undefined, outside: Outside | undefined) {
    this.options = options;
    this.#outside = outside;
    this.#targets = targets ?? [];
    this.#found = this.#targets.map(() => undefined);
    this.#everyLeaf = targets === undefined || outside !== undefined;
    this.#scope = options.createGraph ? undefined : internalScope();
  }

  /**
   * Walks back from `roots`, whose gradients are `seeds` (ones for a scalar, when undefined). With `targets`
   * it returns their gradients and touches no `.grad`.
   */
  static run(
    roots: readonly Tensor[],
    seeds: readonly (Tensor | undefined)[],
    options: PassOptions,
    targets?: readonly Tensor[],
    outside?: Outside,
  ): (Tensor | undefined)[] {
    const pass = new BackwardPass(options, targets, outside);
    try {
      withGradMode(options.createGraph, () => pass.#walk(roots, seeds));
      return pass.#found;
    } finally {
      pass.#scope?.endWith(pass.#found.filter((tensor) => tensor !== undefined));
    }
  }

  /**
   * A walk inside this one, through a graph that was rebuilt. What it reaches beyond, leaves and nodes older than
   * `before`, gets its gradient from this walk.
   */
  nested(
    roots: readonly Tensor[],
    seeds: readonly (Tensor | undefined)[],
    targets: readonly Tensor[],
    before: number,
  ): (Tensor | undefined)[] {
    const options = { createGraph: false, retainGraph: false };
    return BackwardPass.run(roots, seeds, options, targets, { pass: this, before });
  }

  #walk(roots: readonly Tensor[], seeds: readonly (Tensor | undefined)[]): void {
    this.#enlist(roots.map((root) => root.source?.node));
    roots.forEach((root, i) => {
      this.#deliver(root.source ?? root, seedFor(root, seeds[i]));
    });
    for (let node = this.#waiting.pop(); node !== undefined; node = this.#waiting.pop()) {
      const dys = this.#pending.get(node);
      if (dys === undefined) continue;
      this.#pending.delete(node);
      this.#visit(node, dys);
      if (!this.options.retainGraph) node.release();
    }
  }

  #visit(node: GraphNode, dys: readonly (Tensor | undefined)[]): void {
    const wanted = node.sources.map((source) => this.#wants(source));
    if (!node.capturesLeaves && !wanted.includes(true)) return;
    node.checkSaved();
    const scope = this.options.createGraph ? undefined : internalScope();
    const results = whileDifferentiating(node.name, node.site, () => {
      try {
        const gradients = node.gradients(dys, wanted, this);
        return node.sources.map((source, i) => {
          const gradient = gradients[i];
          if (gradient === undefined || source === undefined || !wanted[i]) return undefined;
          checkGradient(node, source, gradient);
          return this.#claim(gradient, scope);
        });
      } finally {
        scope?.end();
      }
    });
    for (const dy of dys) if (dy !== undefined) this.#drop(dy);
    results.forEach((gradient, i) => {
      if (gradient !== undefined) this.#deliver(node.sources[i], gradient);
    });
  }

  /** Gives each pending gradient a tensor of its own, out of the node's scope, so that it can be freed once used. */
  #claim(gradient: Tensor, scope: Scope | undefined): Tensor {
    if (this.#scope === undefined) return gradient;
    if (gradient.owner === scope) {
      this.#scope.adopt(gradient);
      return gradient;
    }
    const alias = newTensor(gradient.storage.retain(), gradient.shape, gradient.dtype);
    own(alias, this.#scope);
    return alias;
  }

  #wants(source: Source): boolean {
    if (source === undefined) return false;
    if (source instanceof TensorBase) return this.#everyLeaf || this.#targets.includes(source);
    return (
      this.#isOutside(source.node) || this.#useful.has(source.node) || this.#targetAt(source.node, source.index) >= 0
    );
  }

  #targetAt(node: GraphNode, index: number): number {
    return this.#targets.findIndex((target) => target.source?.node === node && target.source.index === index);
  }

  #deliver(source: Source, gradient: Tensor): void {
    if (source === undefined) return;
    if (source instanceof TensorBase) {
      this.#deliverToLeaf(source, gradient);
      return;
    }
    const { node, index } = source;
    if (this.#isOutside(node)) {
      this.#outside!.pass.#receive(source, gradient);
      this.#drop(gradient);
      return;
    }
    const target = this.#targetAt(node, index);
    if (target >= 0) this.#found[target] = this.#sum(this.#found[target], this.#share(gradient));
    if (!this.#useful.has(node)) return;
    let waiting = this.#pending.get(node);
    if (waiting === undefined) {
      waiting = node.outputs.map(() => undefined);
      this.#pending.set(node, waiting);
    }
    waiting[index] = this.#sum(waiting[index], gradient);
  }

  #deliverToLeaf(leaf: Tensor, gradient: Tensor): void {
    const target = this.#targets.indexOf(leaf);
    if (target >= 0) this.#found[target] = this.#sum(this.#found[target], this.#share(gradient));
    else if (this.#outside !== undefined) this.#outside.pass.#deliverToLeaf(leaf, gradient);
    else if (this.#everyLeaf) this.#accumulate(leaf, gradient);
  }

  #isOutside(node: GraphNode): boolean {
    return this.#outside !== undefined && node.id < this.#outside.before;
  }

  /** A gradient that a walk inside this one found for a tensor from before it. */
  #receive(source: NodeOutput, gradient: Tensor): void {
    this.#enlist([source.node]);
    this.#deliver(source, this.#share(gradient));
  }

  /** A handle that outlives the pending gradient which it shares the buffer of. */
  #share(gradient: Tensor): Tensor {
    if (this.#scope === undefined) return gradient;
    const alias = newTensor(gradient.storage.retain(), gradient.shape, gradient.dtype);
    own(alias, this.#scope);
    return alias;
  }

  #sum(former: Tensor | undefined, gradient: Tensor): Tensor {
    if (former === undefined) return gradient;
    const sum = former.add(gradient);
    // Inside a nested walk, another scope is open, which ends first.
    if (this.#scope !== undefined && sum.owner !== this.#scope) this.#scope.adopt(sum);
    this.#drop(former);
    this.#drop(gradient);
    return sum;
  }

  /** Frees a gradient that has been passed on, if it is the pass's own. */
  #drop(gradient: Tensor): void {
    if (this.#scope !== undefined && gradient.owner === this.#scope) gradient.free(internal);
  }

  #accumulate(leaf: Tensor, gradient: Tensor): void {
    const former = leaf.grad;
    if (former !== undefined) {
      leaf.grad = former.add(gradient);
      // With a graph of its own, the former sum is still needed.
      if (this.#scope !== undefined) former.free(accumulated);
    } else {
      // A handle of its own: one gradient may go to several leaves, and each must be free to drop its own.
      leaf.grad = this.#scope === undefined ? gradient.reshape(gradient.shape) : this.#share(gradient);
    }
    this.#drop(gradient);
    ownLike(leaf.grad, leaf);
  }

  /** Adds the nodes that lead from these to a gradient that is asked for to those that wait to be visited. */
  #enlist(starts: readonly (GraphNode | undefined)[]): void {
    const found: GraphNode[] = [];
    const stack: GraphNode[] = [];
    const push = (node: GraphNode | undefined): void => {
      if (node === undefined || this.#seen.has(node) || this.#isOutside(node)) return;
      this.#seen.add(node);
      found.push(node);
      stack.push(node);
    };
    for (const start of starts) push(start);
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      for (const source of node.sources) if (source !== undefined && !(source instanceof TensorBase)) push(source.node);
    }
    const byAge = (a: GraphNode, b: GraphNode): number => a.id - b.id;
    const useful = found.sort(byAge).filter((node) => {
      const leads = node.capturesLeaves || node.sources.some((source) => this.#wants(source));
      if (leads) this.#useful.add(node);
      return leads;
    });
    this.#waiting = this.#waiting.length === 0 ? useful : this.#waiting.concat(useful).sort(byAge);
  }
}

/** Gradients of `ys` for `xs`; undefined for an x that no y depends on. Leaves `.grad` alone. */
export function gradientsOf(
  ys: readonly Tensor[],
  xs: readonly Tensor[],
  seeds: readonly (Tensor | undefined)[],
  options: PassOptions,
): (Tensor | undefined)[] {
  return BackwardPass.run(ys, seeds, options, xs);
}

function seedFor(root: Tensor, seed: Tensor | undefined): Tensor {
  if (seed === undefined) {
    if (root.size !== 1) {
      throw new GradientError(
        `backward: the tensor is ${formatShape(root.shape)}, needs one element; reduce it first (sum or mean), ` +
          'or say what to go back with: backward({ gradient })',
      );
    }
    return tensorFrom(root.backend, typedArray(root.dtype, 1).fill(1), root.shape, root.dtype, 'backward');
  }
  if (!sameShape(seed.shape, root.shape)) {
    throw new ShapeError(
      `backward: gradient is ${formatShape(seed.shape)}, needs the shape of the tensor, ${formatShape(root.shape)}`,
    );
  }
  if (seed.dtype !== root.dtype) {
    throw new DTypeError(`backward: gradient is ${seed.dtype}, needs the dtype of the tensor, ${root.dtype}`);
  }
  return seed;
}

function checkGradient(node: GraphNode, source: NonNullable<Source>, gradient: Tensor): void {
  const { shape, dtype } = source instanceof TensorBase ? source : source.node.outputs[source.index]!;
  if (!sameShape(gradient.shape, shape) || gradient.dtype !== dtype) {
    throw new GradientError(
      `backward: the gradient formula of ${node.name} gave ${gradient.dtype} ${formatShape(gradient.shape)} ` +
        `for an input that is ${dtype} ${formatShape(shape)}; correct the formula`,
    );
  }
}
