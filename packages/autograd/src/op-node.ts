// The graph node of an op: keeps what the op's gradient formula needs, and calls it.

import { tensorFrom } from './allocate.js';
import { gradientsOf } from './backward-pass.js';
import type { AnyOp, Spec } from './define-op.js';
import { isFloat, typedArray } from './dtype.js';
import { isGradEnabled, withGradMode } from './grad-mode.js';
import type { Inputs } from './run-op.js';
import { sizeOf } from './shape.js';
import { GraphNode } from './tape.js';
import type { Tensor } from './tensor.js';
import { TensorBase } from './tensor-base.js';

type Formula = () => Tensor | readonly Tensor[];

export class OpNode extends GraphNode {
  readonly #op: AnyOp;
  readonly #attrs: object;
  /** By name: the tensors that are saved, and shape and dtype of the rest. */
  #context: Record<string, unknown> | undefined = {};

  constructor(op: AnyOp, inputs: Inputs, attrs: object, outputs: readonly Tensor[]) {
    super(op.name, flatten(op, inputs), outputs.map(specOf));
    this.#op = op;
    this.#attrs = attrs;
    const composed = op.declaration.grad === undefined;
    const hold = (name: string, tensor: Tensor): unknown =>
      composed || op.saves.has(name) ? this.save(name, tensor) : specOf(tensor);
    const context = this.#context!;
    for (const { name } of op.slots) {
      const value = inputs[name];
      context[name] = value instanceof TensorBase ? hold(name, value) : value?.map((tensor) => hold(name, tensor));
    }
    for (let i = 0; i < outputs.length; i++) {
      const name: string = op.outputNames[i];
      context[name] = op.saves.has(name) ? this.save(name, outputs[i]!) : this.outputs[i]!;
    }
  }

  override gradients(dys: readonly (Tensor | undefined)[], wanted: readonly boolean[]): (Tensor | undefined)[] {
    const { grad } = this.#op.declaration;
    if (grad === undefined) return this.#gradientsByComposition(dys, wanted);
    const context = this.#context!;
    for (let i = 0; i < this.outputs.length; i++) {
      const spec = this.outputs[i]!;
      if (!isFloat(spec.dtype)) continue;
      context[`d${this.#op.outputNames[i]}`] = dys[i] ?? zerosOf(spec, dys);
    }
    const formulas = (grad as (context: object, attrs: object) => Record<string, Formula | null>)(context, this.#attrs);
    const results: (Tensor | undefined)[] = [];
    for (const { name, kind } of this.#op.slots) {
      const formula = formulas[name] ?? undefined;
      if (kind === 'list') {
        const count = (context[name] as readonly unknown[]).length;
        const any = wanted.slice(results.length, results.length + count).includes(true);
        const gradients = any ? (formula?.() as readonly Tensor[] | undefined) : undefined;
        for (let i = 0; i < count; i++) results.push(gradients?.[i]);
      } else {
        results.push(wanted[results.length] ? (formula?.() as Tensor | undefined) : undefined);
      }
    }
    for (let i = 0; i < this.outputs.length; i++) delete context[`d${this.#op.outputNames[i]}`];
    return results;
  }

  /** The gradient of an op that has only a decomposition: run that again, recorded, and go back through it. */
  #gradientsByComposition(dys: readonly (Tensor | undefined)[], wanted: readonly boolean[]): (Tensor | undefined)[] {
    const keepsGraph = isGradEnabled();
    const copy = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(copy);
      if (!(value instanceof TensorBase) || keepsGraph) return value;
      const leaf = (value as Tensor).detach();
      leaf.requiresGrad = isFloat(leaf.dtype);
      return leaf;
    };
    const inputs: Record<string, unknown> = {};
    for (const { name } of this.#op.slots) inputs[name] = copy(this.#context![name]);
    const result = withGradMode(true, () => this.#op.declaration.compose!(inputs as never, this.#attrs)) as
      | Tensor
      | Record<string, Tensor>;
    const outputs = this.#op.outputNames.map((name: string) => (result instanceof TensorBase ? result : result[name]!));
    const targets = flatten(this.#op, inputs as Inputs);
    const chosen = targets.filter((tensor, i) => wanted[i] && tensor !== undefined) as Tensor[];
    const known = outputs.flatMap((output: Tensor, i: number) => (dys[i] === undefined ? [] : [output]));
    const seeds = dys.filter((dy) => dy !== undefined);
    const found = gradientsOf(known, chosen, seeds, { createGraph: keepsGraph, retainGraph: keepsGraph });
    let next = 0;
    return targets.map((tensor, i) => (wanted[i] && tensor !== undefined ? found[next++] : undefined));
  }

  override release(): void {
    super.release();
    this.#context = undefined;
  }
}

function zerosOf({ shape, dtype }: Spec, dys: readonly (Tensor | undefined)[]): Tensor {
  const { backend } = dys.find((dy) => dy !== undefined)!;
  return tensorFrom(backend, typedArray(dtype, sizeOf(shape)), shape, dtype, 'zeros');
}

function flatten(op: AnyOp, inputs: Inputs): (Tensor | undefined)[] {
  const flat: (Tensor | undefined)[] = [];
  for (const { name, kind } of op.slots) {
    if (kind === 'list') flat.push(...(inputs[name] as readonly Tensor[]));
    else flat.push(inputs[name] as Tensor | undefined);
  }
  return flat;
}

function specOf(tensor: Tensor): Spec {
  return { shape: tensor.shape, dtype: tensor.dtype };
}
