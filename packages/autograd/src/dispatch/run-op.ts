// Running an op: check its inputs, infer its outputs, find the kernel, and record it for the gradient.

import { apart } from '../backend/apart.js';
import type { Backend } from '../backend/backend.js';
import { currentBackend } from '../backend/backend.js';
import { runOnFallback } from '../backend/fallback.js';
import { type Context, currentContext } from '../context/context.js';
import { BackendError, ShapeError } from '../errors.js';
import { checkFinite } from '../graph/anomaly.js';
import { unrecorded } from '../graph/grad-mode.js';
import { OpNode } from '../graph/op-node.js';
import { traced } from '../graph/trace.js';
import { internalScope, own } from '../memory/scope.js';
import { isFloat } from '../tensor/dtype.js';
import { notATensor } from '../tensor/not-a-tensor.js';
import { formatShape, sameShape, sizeOf } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { newTensor, TensorBase } from '../tensor/tensor-base.js';
import type { AnyOp, OpInfo, OpResult, Slot, Slots, Spec } from './define-op.js';
import { hasHalf, runUnpacked } from './halves.js';
import { runInPlace } from './in-place.js';
import { runKernel } from './run-kernel.js';

export type Inputs = Readonly<Record<string, Tensor | readonly Tensor[] | undefined>>;

export function runOp<I extends readonly string[], A extends object, O extends readonly string[]>(
  op: OpInfo<I, A, O>,
  inputs: Slots<I, Tensor>,
  attrs: A,
): OpResult<O> {
  // Asked for once: where tasks are told apart, that takes as long as all that an op does with it.
  const context = currentContext();
  const { tracer } = context;
  if (tracer !== undefined) return traced(tracer, op, inputs as Inputs, attrs, () => runOp(op, inputs, attrs));
  const { declaration } = op;
  const list = op.signature.list(inputs) as (Tensor | undefined)[];
  const backend = backendOf(op, inputs as Inputs, list);
  if (declaration.halves !== true && hasHalf(list)) {
    const result = runUnpacked(op, inputs as Inputs, list, (floats) => runOp(op, floats as typeof inputs, attrs));
    if (context.recording && declaration.grad !== 'nondifferentiable' && needsGradient(list)) {
      record(op, inputs as Inputs, list, attrs, toList(op, result as Composed), context);
    }
    return result;
  }
  const inferred = declaration.infer(inputs, attrs);
  const records = context.recording && declaration.grad !== 'nondifferentiable' && needsGradient(list);
  const kernel = backend.kernels.get(op);
  // What only the gradient needs is made by a kernel, and only then.
  const isReserved = records && kernel !== undefined;
  const specs = specsOf(op, inferred, isReserved);

  let outputs: Tensor[];
  const view = declaration.view === undefined ? undefined : viewOf(op, inputs, list[0]!, attrs, specs[0]!, context);
  if (op.mutates !== undefined) {
    const how = { specs, backend, context, records };
    outputs = runInPlace(op, op.mutates, inputs as Inputs, attrs, how);
    if (records && !isReserved && op.reserveNames.length > 0) return resultOf(op, outputs) as OpResult<O>;
  } else if (view !== undefined) {
    outputs = [view];
  } else if (kernel !== undefined) {
    outputs = runKernel(op, kernel, inputs as Inputs, attrs, specs, backend, context);
  } else if (declaration.compose !== undefined) {
    // Without a gradient of its own, or without what that needs, the op is differentiated through the ops that it is composed of.
    if (records && (declaration.grad === undefined || op.reserveNames.length > 0)) {
      return compose(op, inputs, attrs, specs) as OpResult<O>;
    }
    outputs = toList(
      op,
      unrecorded(() => compose(op, inputs, attrs, specs)),
    ).map((output) => ownOutput(output, inputs as Inputs, context));
  } else {
    outputs = runOnFallback(op, inputs as Inputs, attrs, specs, backend);
  }

  if (context.anomaly && op.mutates === undefined) checkFinite(op, inputs as Inputs, outputs);
  if (records) record(op, inputs as Inputs, list, attrs, outputs, context);
  return resultOf(op, outputs) as OpResult<O>;
}

/** Shapes and dtypes of the outputs, those in reserve for the gradient at the end where they are wanted. */
function specsOf(op: AnyOp, inferred: unknown, isReserved: boolean): readonly Spec[] {
  const { outputNames, reserveNames } = op;
  if (outputNames.length === 1 && reserveNames.length === 0) return [inferred as Spec];
  const names = isReserved ? [...outputNames, ...reserveNames] : outputNames;
  return names.map((name) => (inferred as Record<string, Spec>)[name]!);
}

function resultOf({ outputNames }: AnyOp, outputs: readonly Tensor[]): unknown {
  if (outputNames.length === 1) return outputs[0];
  if (outputNames.length === 0) return undefined;
  return Object.fromEntries(outputNames.map((name, i) => [name, outputs[i]]));
}

function record(
  op: AnyOp,
  inputs: Inputs,
  list: readonly (Tensor | undefined)[],
  attrs: object,
  outputs: Tensor[],
  context: Context,
): void {
  let node: OpNode | undefined;
  for (let i = 0; i < op.outputNames.length; i++) {
    const output = outputs[i]!;
    if (!isFloat(output.dtype)) continue;
    node ??= new OpNode(op, inputs, list, attrs, outputs, context.anomaly);
    output.setNode(node, i);
  }
}

/** Checks that every input is a living tensor, all of one backend, and returns that. */
function backendOf(op: AnyOp, inputs: Inputs, list: readonly (Tensor | undefined)[]): Backend {
  let first: Tensor | undefined;
  let backend: Backend | undefined;
  for (let i = 0; i < list.length; i++) {
    const tensor = list[i];
    if (!(tensor instanceof TensorBase)) {
      if (tensor === undefined && slotAt(op, inputs, i).kind === 'optional') continue;
      throw notATensor(op.name, slotAt(op, inputs, i).name, tensor);
    }
    const own = tensor.storage.backend;
    if (backend === undefined) {
      first = tensor;
      backend = own;
    } else if (own !== backend) {
      throw mixedBackends(op, inputs, first!, tensor);
    }
  }
  return backend ?? currentBackend();
}

/** The slot of input i, where those of lists are counted one by one. */
function slotAt(op: AnyOp, inputs: Inputs, i: number): Slot {
  let end = 0;
  return op.slots.find(({ name, kind }) => {
    end += kind === 'list' ? (inputs[name] as readonly Tensor[]).length : 1;
    return i < end;
  })!;
}

function needsGradient(list: readonly (Tensor | undefined)[]): boolean {
  for (let i = 0; i < list.length; i++) if (list[i]?.requiresGrad) return true;
  return false;
}

/** The output as a view of the first input, where it can be one. */
function viewOf(
  op: AnyOp,
  inputs: unknown,
  x: Tensor,
  attrs: object,
  spec: Spec,
  context: Context,
): Tensor | undefined {
  const { view } = op.declaration;
  if (typeof view !== 'function') return aliasOf(x, spec, context);
  const { storage } = x;
  if (storage.backend.part === undefined) return undefined;
  const start = view(inputs as never, attrs);
  if (start === undefined) return undefined;
  const { shape, dtype } = spec;
  const part = newTensor(storage.part(dtype, start, sizeOf(shape), op.name), shape, dtype);
  own(part, context.scope);
  return part;
}

function aliasOf(tensor: Tensor, { shape, dtype }: Spec, context: Context): Tensor {
  const alias = newTensor(tensor.storage.retain(), shape, dtype);
  own(alias, context.scope);
  return alias;
}

type Composed = Tensor | Readonly<Record<string, Tensor>>;

function compose(op: AnyOp, inputs: unknown, attrs: object, specs: readonly Spec[]): Composed {
  const scope = internalScope();
  let result: Composed | undefined;
  try {
    result = op.declaration.compose!(inputs as never, attrs) as Composed;
    for (const [i, output] of toList(op, result).entries()) {
      const { shape, dtype } = specs[i]!;
      if (!sameShape(output.shape, shape) || output.dtype !== dtype) {
        throw new ShapeError(
          `${op.name}: its decomposition made ${op.outputNames[i]} ${output.dtype} ${formatShape(output.shape)}, ` +
            `its infer says ${dtype} ${formatShape(shape)}; correct one of them`,
        );
      }
    }
    return result;
  } finally {
    scope.endWith(result === undefined ? [] : toList(op, result));
  }
}

function toList(op: AnyOp, result: Composed): Tensor[] {
  return result instanceof TensorBase ? [result] : op.outputNames.map((name: string) => result[name]!);
}

/** An output that is one of the inputs gets a tensor of its own, because it will have its own place in the graph. */
function ownOutput(output: Tensor, inputs: Inputs, context: Context): Tensor {
  return Object.values(inputs).flat().includes(output) ? aliasOf(output, output, context) : output;
}

function mixedBackends(op: AnyOp, inputs: Inputs, a: Tensor, b: Tensor): Error {
  const nameOf = (tensor: Tensor): string =>
    op.slots.find(
      ({ name }) => inputs[name] === tensor || (Array.isArray(inputs[name]) && inputs[name].includes(tensor)),
    )?.name ?? 'one input';
  const [here, there] = apart(a.backend, b.backend);
  return new BackendError(
    `${op.name}: ${nameOf(a)} lives on ${here} and ${nameOf(b)} on ${there}; move one with tensor.to(backend)`,
  );
}
