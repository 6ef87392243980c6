// The graph node of an op: keeps what the op's gradient formula needs, and calls it.

import type { AnyOp, Spec } from '../dispatch/define-op.js';
import type { Inputs } from '../dispatch/run-op.js';
import { GradientError } from '../errors.js';
import { internal } from '../memory/scope.js';
import { filledTensor } from '../tensor/allocate.js';
import { isFloat } from '../tensor/dtype.js';
import type { Tensor } from '../tensor/tensor.js';
import { TensorBase } from '../tensor/tensor-base.js';
import { gradientsOf } from './backward-pass.js';
import { isGradEnabled, withGradMode } from './grad-mode.js';
import { type Gradient, GraphNode, nextNodeId } from './tape.js';

type Formula = () => Gradient | readonly Tensor[];
/** A value that is saved, or the shape and dtype of one that is not. */
type Held = Tensor | Spec | undefined;

const none: readonly Tensor[] = [];

export class OpNode extends GraphNode {
  readonly #op: AnyOp;
  readonly #attrs: object;
  readonly #lengths: readonly number[] | undefined;
  #inputs: Held[] = [];
  #results: Held[] = [];
  /** Made for the gradient alone: nobody else has them. */
  #reserves: readonly Tensor[];

  /**
   * @param list The inputs in order, those of lists one by one.
   * @param outputs Those in reserve for the gradient at the end.
   */
  constructor(
    op: AnyOp,
    inputs: Inputs,
    list: readonly (Tensor | undefined)[],
    attrs: object,
    outputs: Tensor[],
    anomaly: boolean,
  ) {
    const returned = op.outputNames.length;
    super(op.name, list, specsOf(returned === outputs.length ? outputs : outputs.slice(0, returned)), anomaly);
    this.#reserves = returned === outputs.length ? none : outputs.slice(returned);
    this.#op = op;
    this.#attrs = attrs;
    this.#lengths = op.signature.lengths(inputs);
    // The former values of what the op changes are gone; by composition it is not differentiated.
    const composed = op.declaration.grad === undefined || (this.#reserves.length > 0 && op.mutates === undefined);
    const { slots, saves } = op;
    let next = 0;
    let lists = 0;
    for (let s = 0; s < slots.length; s++) {
      const { name, kind } = slots[s]!;
      const isSaved = composed || saves.has(name);
      const count = kind === 'list' ? this.#lengths![lists++]! : 1;
      for (let i = 0; i < count; i++) {
        const tensor = list[next++];
        this.#inputs.push(tensor === undefined ? undefined : isSaved ? this.save(name, tensor) : specOf(tensor));
      }
    }
    for (let i = 0; i < returned; i++) {
      const name = op.outputNames[i]!;
      this.#results.push(saves.has(name) ? this.save(name, outputs[i]!) : this.outputs[i]);
    }
    for (let i = 0; i < this.#reserves.length; i++) {
      this.#results.push(this.save(op.reserveNames[i]!, this.#reserves[i]!));
    }
  }

  override gradients(dys: readonly (Tensor | undefined)[], wanted: readonly boolean[]): (Gradient | undefined)[] {
    const { signature, declaration, slots } = this.#op;
    if (declaration.grad === undefined) return this.#gradientsByComposition(dys, wanted);
    // What is in reserve depends on the inputs, and has no gradient of its own.
    if (this.#reserves.length > 0 && isGradEnabled()) {
      if (this.#op.mutates === undefined) return this.#gradientsByComposition(dys, wanted);
      throw new GradientError(
        `${this.name}: it changes inputs, and its gradient cannot be differentiated again; leave createGraph out, or use the ops that it is made of`,
      );
    }
    const context = signature.context(this.#inputs, this.#lengths, this.#results, this.#withZeros(dys));
    const grad = declaration.grad as (context: object, attrs: object) => Record<string, Formula | null>;
    const formulas = grad(context, this.#attrs);
    const results: (Gradient | undefined)[] = [];
    let lists = 0;
    for (let s = 0; s < slots.length; s++) {
      const { name, kind } = slots[s]!;
      const formula = formulas[name] ?? undefined;
      if (kind === 'list') {
        const count = this.#lengths![lists++]!;
        const any = wanted.slice(results.length, results.length + count).includes(true);
        const gradients = any ? (formula?.() as readonly Tensor[] | undefined) : undefined;
        for (let i = 0; i < count; i++) results.push(gradients?.[i]);
      } else {
        results.push(wanted[results.length] ? (formula?.() as Gradient | undefined) : undefined);
      }
    }
    return results;
  }

  /** Zeros for outputs without a gradient, where they can have one. */
  #withZeros(dys: readonly (Tensor | undefined)[]): readonly (Tensor | undefined)[] {
    if (dys.length === 1) return dys;
    return this.outputs.map((spec, i) => (isFloat(spec.dtype) ? (dys[i] ?? zerosOf(spec, dys)) : undefined));
  }

  /**
   * The gradient of an op that has only a decomposition: run that again, recorded, and go back through it. What is
   * differentiated are aliases of the inputs, not the inputs: one input may be computed from another, or come in
   * twice, and then the way through the other is not this op's.
   */
  #gradientsByComposition(dys: readonly (Tensor | undefined)[], wanted: readonly boolean[]): (Tensor | undefined)[] {
    const keepsGraph = isGradEnabled();
    const before = nextNodeId();
    const handles = this.#inputs.map((held, i) => {
      if (!(held instanceof TensorBase)) return held;
      const tensor = held as Tensor;
      if (!wanted[i]) return keepsGraph ? tensor : tensor.detach();
      const handle = keepsGraph ? tensor.alias() : tensor.detach();
      if (!keepsGraph) handle.requiresGrad = true;
      return handle;
    });
    const inputs = this.#op.signature.context(handles, this.#lengths, [], []);
    const result = withGradMode(true, () => this.#op.declaration.compose!(inputs as never, this.#attrs)) as
      | Tensor
      | Record<string, Tensor>;
    const outputs = this.#op.outputNames.map((name) =>
      result instanceof TensorBase ? (result as Tensor) : result[name]!,
    );
    const chosen = handles.filter((_, i) => wanted[i]) as Tensor[];
    const known = outputs.flatMap((output: Tensor, i: number) => (dys[i] === undefined ? [] : [output]));
    const seeds = dys.filter((dy) => dy !== undefined);
    const found = gradientsOf(known, chosen, seeds, { createGraph: keepsGraph, retainGraph: keepsGraph, before });
    let next = 0;
    return handles.map((_, i) => (wanted[i] ? found[next++] : undefined));
  }

  override release(): void {
    super.release();
    this.#inputs = [];
    this.#results = [];
    for (const tensor of this.#reserves) tensor.free(internal);
    this.#reserves = none;
  }
}

function zerosOf({ shape, dtype }: Spec, dys: readonly (Tensor | undefined)[]): Tensor {
  return filledTensor(dys.find((dy) => dy !== undefined)!.backend, 0, shape, dtype, 'zeros');
}

function specsOf(tensors: readonly Tensor[]): Spec[] {
  const specs: Spec[] = [];
  for (let i = 0; i < tensors.length; i++) specs.push(specOf(tensors[i]!));
  return specs;
}

/** The shape and dtype without the tensor, so that a graph does not hold what it has no need of. */
function specOf(tensor: Tensor): Spec {
  const { source } = tensor;
  return source?.node.outputs[source.index] ?? { shape: tensor.shape, dtype: tensor.dtype };
}
