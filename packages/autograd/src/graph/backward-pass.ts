// One walk back through the graph: gradients flow from the results to the leaves, each node once, newest first.

import { DTypeError, GradientError, ShapeError } from '../errors.js';
import { type FreeRecord, internal, internalScope, own, type Scope } from '../memory/scope.js';
import { filledTensor } from '../tensor/allocate.js';
import { formatShape, sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { newTensor, TensorBase } from '../tensor/tensor-base.js';
import { whileDifferentiating } from './anomaly.js';
import { withGradMode } from './grad-mode.js';
import type { Gradient, GraphNode, Source, Visit } from './tape.js';

export interface PassOptions {
  /** Record the gradient's own computation, so that it can be differentiated again. */
  readonly createGraph: boolean;
  /** Keep what the forward pass saved, so that another backward can follow. */
  readonly retainGraph: boolean;
  /** Nodes with a lower id are not gone through. */
  readonly before?: number;
}

const accumulated: FreeRecord = {
  how: 'backward() replaced it by a new sum of gradients',
  where: undefined,
};

export class BackwardPass {
  readonly options: PassOptions;
  /** For a walk inside another: that one, to which nodes below `before` belong. */
  readonly #outside: BackwardPass | undefined;
  readonly #before: number;
  /** Gradients asked for by name, by where they appear in the graph. */
  readonly #targets: readonly Tensor[];
  readonly #found: (Tensor | undefined)[];
  readonly #everyLeaf: boolean;
  /** The nodes that were met, each with what this pass knows of it in its `visit`. */
  readonly #met: GraphNode[] = [];
  /** The useful nodes that are still to be visited, the newest last. */
  #waiting: GraphNode[] = [];
  // Everything made on the way is freed on the way, unless it is to be differentiated again.
  readonly #scope: Scope | undefined;
  // What one formula makes, and nobody asked for.
  #temporary: Scope | undefined;

  private constructor(options: PassOptions, targets: readonly Tensor[] | undefined, outside: BackwardPass | undefined) {
    this.options = options;
    this.#outside = outside;
    this.#before = options.before ?? 0;
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
    outside?: BackwardPass,
  ): (Tensor | undefined)[] {
    const pass = new BackwardPass(options, targets, outside);
    try {
      withGradMode(options.createGraph, () => pass.#walk(roots, seeds));
      return pass.#found;
    } finally {
      for (const node of pass.#met) node.visit = node.visit!.outer;
      pass.#temporary?.end();
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
    return BackwardPass.run(roots, seeds, { createGraph: false, retainGraph: false, before }, targets, this);
  }

  #walk(roots: readonly Tensor[], seeds: readonly (Tensor | undefined)[]): void {
    this.#enlist(roots.map((root) => root.source?.node));
    roots.forEach((root, i) => {
      this.#deliver(root.source ?? root, seedFor(root, seeds[i]));
    });
    for (let node = this.#waiting.pop(); node !== undefined; node = this.#waiting.pop()) {
      const visit = this.#visitOf(node)!;
      const dys = visit.pending;
      if (dys === undefined) continue;
      visit.pending = undefined;
      this.#visit(node, dys);
      if (!this.options.retainGraph) node.release();
    }
  }

  #visit(node: GraphNode, dys: readonly (Tensor | undefined)[]): void {
    const { sources } = node;
    const wanted: boolean[] = [];
    let isWanted = node.capturesLeaves;
    for (let i = 0; i < sources.length; i++) {
      wanted.push(this.#wants(sources[i]));
      if (wanted[i]) isWanted = true;
    }
    if (!isWanted) return;
    node.checkSaved();
    // Without anomaly mode nobody asks what is being differentiated, and a function to call costs more than a small op.
    const results =
      node.site === undefined
        ? this.#differentiate(node, dys, wanted)
        : whileDifferentiating(node.name, node.site, () => this.#differentiate(node, dys, wanted));
    for (let i = 0; i < dys.length; i++) {
      const dy = dys[i];
      if (dy !== undefined && !results.includes(dy)) this.#drop(dy);
    }
    for (let i = 0; i < results.length; i++) {
      const gradient = results[i];
      if (gradient !== undefined) this.#deliver(sources[i], gradient);
    }
  }

  /** The gradients that are wanted, each a tensor of its own, out of the scope of what is temporary. */
  #differentiate(
    node: GraphNode,
    dys: readonly (Tensor | undefined)[],
    wanted: readonly boolean[],
  ): (Tensor | undefined)[] {
    if (this.#scope !== undefined) {
      if (this.#temporary === undefined) this.#temporary = internalScope();
      else this.#temporary.reopen();
    }
    try {
      const gradients = node.gradients(dys, wanted, this);
      const results: (Tensor | undefined)[] = [];
      for (let i = 0; i < node.sources.length; i++) {
        const gradient = gradients[i];
        const source = node.sources[i];
        if (gradient === undefined || source === undefined || !wanted[i]) {
          results.push(undefined);
          continue;
        }
        checkGradient(node, source, gradient);
        if (gradient instanceof TensorBase) results.push(this.#claim(gradient, dys, results));
        else if (source instanceof TensorBase && this.#takesRows(source)) {
          this.#accumulate(source, gradient, this.#temporary);
          results.push(undefined);
        } else results.push(this.#claim(gradient.toDense(), dys, results));
      }
      return results;
    } finally {
      this.#temporary?.end();
    }
  }

  /** Gives each pending gradient a tensor of its own, that can be freed once used. */
  #claim(gradient: Tensor, dys: readonly (Tensor | undefined)[], others: readonly (Tensor | undefined)[]): Tensor {
    const scope = this.#scope;
    if (scope === undefined) return gradient;
    if (gradient.owner === this.#temporary) {
      scope.adopt(gradient);
      return gradient;
    }
    // What came in goes on as it is, once.
    if (gradient.owner === scope && dys.includes(gradient) && !others.includes(gradient)) return gradient;
    const alias = newTensor(gradient.storage.retain(), gradient.shape, gradient.dtype);
    own(alias, scope);
    return alias;
  }

  #visitOf(node: GraphNode): Visit | undefined {
    let { visit } = node;
    while (visit !== undefined && visit.pass !== this) visit = visit.outer;
    return visit;
  }

  #wants(source: Source): boolean {
    if (source === undefined) return false;
    if (source instanceof TensorBase) return this.#everyLeaf || this.#targets.includes(source);
    const { node, index } = source;
    return this.#isOutside(node) || this.#visitOf(node)?.isUseful === true || this.#targetAt(node, index) >= 0;
  }

  #targetAt(node: GraphNode, index: number): number {
    const targets = this.#targets;
    for (let i = 0; i < targets.length; i++) {
      const { source } = targets[i]!;
      if (source?.node === node && source.index === index) return i;
    }
    return -1;
  }

  #deliver(source: Source, gradient: Tensor): void {
    if (source === undefined) return;
    if (source instanceof TensorBase) {
      this.#deliverToLeaf(source, gradient);
      return;
    }
    const { node, index } = source;
    if (this.#isOutside(node)) {
      const handed = this.#handOver(gradient);
      this.#outside!.#enlist([node]);
      this.#outside!.#deliver(source, handed);
      return;
    }
    const target = this.#targetAt(node, index);
    if (target >= 0) this.#found[target] = this.#sum(this.#found[target], this.#share(gradient));
    const visit = this.#visitOf(node);
    if (visit?.isUseful !== true) return;
    visit.pending ??= new Array<Tensor | undefined>(node.outputs.length).fill(undefined);
    visit.pending[index] = this.#sum(visit.pending[index], gradient);
  }

  #deliverToLeaf(leaf: Tensor, gradient: Tensor): void {
    const target = this.#targets.indexOf(leaf);
    if (target >= 0) this.#found[target] = this.#sum(this.#found[target], this.#share(gradient));
    else if (this.#outside !== undefined) this.#outside.#deliverToLeaf(leaf, this.#handOver(gradient));
    else if (this.#everyLeaf) this.#accumulate(leaf, gradient);
  }

  #isOutside(node: GraphNode): boolean {
    return this.#outside !== undefined && node.id < this.#before;
  }

  /** A gradient for a tensor from before this walk: it is the outer walk's from now on. */
  #handOver(gradient: Tensor): Tensor {
    const handed = this.#outside!.#share(gradient);
    this.#drop(gradient);
    return handed;
  }

  /** An alias that outlives the pending gradient which it shares the buffer of. */
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

  /** Adds to the gradient that a leaf has; `scope` owns the new one, if it is the pass's own. */
  #accumulate(leaf: Tensor, gradient: Gradient, scope = this.#scope): void {
    const former = leaf.rowGrad ?? leaf.grad;
    if (former === undefined) {
      const separate = (tensor: Tensor): Tensor => this.#separate(tensor, scope);
      leaf.replaceGrad(gradient instanceof TensorBase ? separate(gradient) : gradient.map(separate));
      return;
    }
    // Some rows can be added to all, but not the other way round.
    if (!(gradient instanceof TensorBase)) leaf.replaceGrad(gradient.add(former));
    else {
      leaf.replaceGrad(former instanceof TensorBase ? former.add(gradient) : former.addTo(gradient));
      this.#drop(gradient);
    }
    // With a graph of its own, the former sum is still needed.
    if (this.#scope !== undefined) former.free(accumulated);
  }

  /** Whether a gradient for some rows may stay one: where it ends at a parameter, and is not to be differentiated itself. */
  #takesRows(leaf: Tensor): boolean {
    if (this.options.createGraph || this.#targets.includes(leaf)) return false;
    return this.#outside === undefined ? this.#everyLeaf : this.#outside.#takesRows(leaf);
  }

  /** The gradient in a buffer that is nobody else's: the user may change a `.grad` in place. */
  #separate(gradient: Tensor, scope: Scope | undefined): Tensor {
    if (scope !== undefined && gradient.owner === scope && !gradient.storage.isShared) return gradient;
    const copy = gradient.clone();
    this.#drop(gradient);
    return copy;
  }

  /** Adds the nodes that lead from these to a gradient that is asked for to those that wait to be visited. */
  #enlist(starts: readonly (GraphNode | undefined)[]): void {
    const met = this.#met;
    const first = met.length;
    for (const start of starts) this.#meet(start);
    for (let next = first; next < met.length; next++) {
      for (const source of met[next]!.sources) {
        if (source !== undefined && !(source instanceof TensorBase)) this.#meet(source.node);
      }
    }
    const found = sortByAge(met.slice(first));
    const useful: GraphNode[] = [];
    for (const node of found) {
      if (!node.capturesLeaves && !this.#wantsAny(node.sources)) continue;
      this.#visitOf(node)!.isUseful = true;
      useful.push(node);
    }
    this.#waiting = this.#waiting.length === 0 ? useful : sortByAge(this.#waiting.concat(useful));
  }

  #meet(node: GraphNode | undefined): void {
    if (node === undefined || node.id < this.#before || this.#visitOf(node) !== undefined) return;
    node.visit = { pass: this, isUseful: false, pending: undefined, outer: node.visit };
    this.#met.push(node);
  }

  #wantsAny(sources: readonly Source[]): boolean {
    for (let i = 0; i < sources.length; i++) if (this.#wants(sources[i])) return true;
    return false;
  }
}

/** The oldest first. Most graphs are chains, which are met in just the other order. */
function sortByAge(nodes: GraphNode[]): GraphNode[] {
  nodes.reverse();
  for (let i = 1; i < nodes.length; i++) if (nodes[i - 1]!.id > nodes[i]!.id) return nodes.sort((a, b) => a.id - b.id);
  return nodes;
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
    return filledTensor(root.backend, 1, root.shape, root.dtype, 'backward');
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

function checkGradient(node: GraphNode, source: NonNullable<Source>, gradient: Gradient): void {
  const { shape, dtype } = source instanceof TensorBase ? source : source.node.outputs[source.index]!;
  if (!sameShape(gradient.shape, shape) || gradient.dtype !== dtype) {
    throw new GradientError(
      `backward: the gradient formula of ${node.name} gave ${gradient.dtype} ${formatShape(gradient.shape)} ` +
        `for an input that is ${dtype} ${formatShape(shape)}; correct the formula`,
    );
  }
}
