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
import { internalScope, own } from '../memory/scope.js';
import { allocateTensor } from '../tensor/allocate.js';
import { isFloat } from '../tensor/dtype.js';
import { notATensor } from '../tensor/not-a-tensor.js';
import { formatShape, sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { newTensor, TensorBase } from '../tensor/tensor-base.js';
import type { AnyOp, Kernel, OpInfo, OpResult, Slot, Slots, Spec } from './define-op.js';
import { runInPlace } from './in-place.js';

export type Inputs = Readonly<Record<string, Tensor | readonly Tensor[] | undefined>>;

export function runOp<I extends readonly string[], A extends object, O extends readonly string[]>(
  op: OpInfo<I, A, O>,
  inputs: Slots<I, Tensor>,
  attrs: A,
): OpResult<O> {
  const { outputNames, declaration } = op;
  const list = op.form.list(inputs) as (Tensor | undefined)[];
  const backend = backendOf(op, inputs as Inputs, list);
  const inferred = declaration.infer(inputs, attrs);
  if (op.mutates !== undefined) return runInPlace(op, op.mutates, inputs as Inputs, attrs, backend) as OpResult<O>;
  const specs =
    outputNames.length === 1
      ? [inferred as Spec]
      : outputNames.map((name) => (inferred as Record<string, Spec>)[name]!);
  // Asked for once: where tasks are told apart, that takes as long as all that an op does with it.
  const context = currentContext();
  const records = context.recording && declaration.grad !== 'nondifferentiable' && needsGradient(list);

  let outputs: Tensor[];
  const kernel = backend.kernels.get(op);
  if (declaration.view === true) {
    outputs = [aliasOf(list[0]!, specs[0]!, context)];
  } else if (kernel !== undefined) {
    outputs = runKernel(op, kernel, inputs as Inputs, attrs, specs, backend, context);
  } else if (declaration.compose !== undefined) {
    // Without a gradient of its own, the op is differentiated through the ops that it is composed of.
    if (records && declaration.grad === undefined) return compose(op, inputs, attrs, specs) as OpResult<O>;
    outputs = toList(
      op,
      unrecorded(() => compose(op, inputs, attrs, specs)),
    ).map((output) => ownOutput(output, inputs as Inputs, context));
  } else {
    outputs = runOnFallback(op, inputs as Inputs, attrs, specs, backend);
  }

  if (context.anomaly) checkFinite(op, inputs as Inputs, outputs);
  if (records) record(op, inputs as Inputs, list, attrs, outputs, context);
  if (outputs.length === 1) return outputs[0] as OpResult<O>;
  return Object.fromEntries(outputs.map((output, i) => [outputNames[i], output])) as OpResult<O>;
}

function runKernel(
  op: AnyOp,
  kernel: Kernel,
  inputs: Inputs,
  attrs: object,
  specs: readonly Spec[],
  backend: Backend,
  context: Context,
): Tensor[] {
  const outputs: Tensor[] = [];
  try {
    for (let i = 0; i < specs.length; i++) {
      const { shape, dtype } = specs[i]!;
      outputs.push(allocateTensor(backend, shape, dtype, op.name, context));
    }
    kernel(op.form.tensors(inputs, outputs), attrs);
  } catch (error) {
    for (const output of outputs) output.dispose();
    throw error;
  }
  return outputs;
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
  for (let i = 0; i < outputs.length; i++) {
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
