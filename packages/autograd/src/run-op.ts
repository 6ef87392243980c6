// Running an op: check its inputs, infer its outputs, find the kernel, and record it for the gradient.

import { checkFinite, isDetectingAnomaly } from './anomaly.js';
import { allocateTensor } from './allocate.js';
import type { Backend } from './backend.js';
import type { AnyOp, KernelTensors, OpInfo, OpResult, Slot, Slots, Spec } from './define-op.js';
import { isFloat } from './dtype.js';
import { ArgumentError, BackendError, DTypeError, ShapeError } from './errors.js';
import { currentBackend } from './backend.js';
import { isGradEnabled, noGrad } from './grad-mode.js';
import { runOnFallback } from './fallback.js';
import { OpNode } from './op-node.js';
import { internalScope, own } from './scope.js';
import { formatShape, sameShape } from './shape.js';
import { isForeignTensor, newTensor, TensorBase } from './tensor-base.js';
import type { Tensor } from './tensor.js';

type Inputs = Readonly<Record<string, Tensor | readonly Tensor[] | undefined>>;
export type Outputs = Record<string, Tensor>;

export function runOp<I extends readonly string[], A extends object, O extends readonly string[]>(
  op: OpInfo<I, A, O>,
  inputs: Slots<I, Tensor>,
  attrs: A,
): OpResult<O> {
  const { slots, outputNames, declaration } = op;
  const { backend, tracked } = examine(op, slots, inputs as Inputs);
  const inferred = declaration.infer(inputs, attrs);
  const specs = (outputNames.length === 1 ? { [outputNames[0]!]: inferred } : inferred) as Record<string, Spec>;
  const records = tracked && isGradEnabled() && declaration.grad !== 'nondifferentiable';

  let outputs: Outputs;
  const kernel = backend.kernels.get(op);
  if (declaration.view === true) {
    const input = (inputs as Inputs)[slots[0]!.name] as Tensor;
    const spec = specs[outputNames[0]!]!;
    const alias = newTensor(input.storage.retain(), spec.shape, spec.dtype);
    own(alias);
    outputs = { [outputNames[0]!]: alias };
  } else if (kernel !== undefined) {
    outputs = {};
    const args: Record<string, unknown> = { ...inputs };
    try {
      for (const name of outputNames) {
        const { shape, dtype } = specs[name]!;
        args[name] = outputs[name] = allocateTensor(backend, shape, dtype, op.name);
      }
      kernel(args as KernelTensors<I, O>, attrs);
    } catch (error) {
      for (const output of Object.values(outputs)) output.dispose();
      throw error;
    }
  } else if (declaration.compose !== undefined) {
    // Without a gradient of its own, the op is differentiated through the ops that it is composed of.
    if (records && declaration.grad === undefined) return compose(op, inputs, attrs, specs) as OpResult<O>;
    outputs = toOutputs(op, noGrad(() => compose(op, inputs, attrs, specs)));
    for (const name of outputNames) outputs[name] = ownOutput(outputs[name]!, inputs as Inputs);
  } else {
    outputs = runOnFallback(op, inputs as Inputs, attrs, specs, backend);
  }

  if (isDetectingAnomaly()) checkFinite(op, inputs as Inputs, outputs);
  if (records) record(op, inputs as Inputs, attrs, outputs);
  return (outputNames.length === 1 ? outputs[outputNames[0]!] : outputs) as OpResult<O>;
}

function record(op: AnyOp, inputs: Inputs, attrs: object, outputs: Outputs): void {
  let node: OpNode | undefined;
  for (let i = 0; i < op.outputNames.length; i++) {
    const output = outputs[op.outputNames[i]]!;
    if (!isFloat(output.dtype)) continue;
    node ??= new OpNode(op, inputs, attrs, outputs);
    output.node = node;
    output.outputIndex = i;
  }
}

/** Checks that every input is a living tensor of one backend, and tells which, and whether a gradient is wanted. */
function examine(op: AnyOp, slots: readonly Slot[], inputs: Inputs): { backend: Backend; tracked: boolean } {
  let first: Tensor | undefined;
  let backend: Backend | undefined;
  let tracked = false;
  const see = (tensor: Tensor, name: string): void => {
    if (!(tensor instanceof TensorBase)) throw notATensor(op, name, tensor);
    const own = tensor.storage.backend;
    if (backend === undefined) {
      backend = own;
      first = tensor;
    } else if (own !== backend) {
      throw mixedBackends(op, inputs, first!, tensor);
    }
    tracked ||= tensor.requiresGrad;
  };
  for (let i = 0; i < slots.length; i++) {
    const { name, kind } = slots[i]!;
    const value = inputs[name];
    if (kind === 'list') {
      if (!Array.isArray(value)) throw new ArgumentError(`${op.name}: ${name} is ${describe(value)}, needs an array of tensors`);
      for (const tensor of value) see(tensor, name);
    } else if (value !== undefined || kind === 'one') {
      see(value as Tensor, name);
    }
  }
  return { backend: backend ?? currentBackend(), tracked };
}

function compose(op: AnyOp, inputs: unknown, attrs: object, specs: Record<string, Spec>): Tensor | Outputs {
  const scope = internalScope();
  let result: Tensor | Outputs | undefined;
  try {
    result = op.declaration.compose!(inputs as never, attrs) as Tensor | Outputs;
    for (const [name, output] of Object.entries(toOutputs(op, result))) {
      const { shape, dtype } = specs[name]!;
      if (!sameShape(output.shape, shape) || output.dtype !== dtype) {
        throw new ShapeError(
          `${op.name}: its decomposition made ${name} ${output.dtype} ${formatShape(output.shape)}, ` +
            `its infer says ${dtype} ${formatShape(shape)}; correct one of them`,
        );
      }
    }
    return result;
  } finally {
    scope.endWith(result === undefined ? [] : Object.values(toOutputs(op, result)));
  }
}

function toOutputs(op: AnyOp, result: Tensor | Outputs): Outputs {
  return result instanceof TensorBase ? { [op.outputNames[0]]: result } : { ...result };
}

/** An output that is one of the inputs gets a tensor of its own, because it will have its own place in the graph. */
function ownOutput(output: Tensor, inputs: Inputs): Tensor {
  if (!Object.values(inputs).flat().includes(output)) return output;
  const alias = newTensor(output.storage.retain(), output.shape, output.dtype);
  own(alias);
  return alias;
}

function notATensor(op: AnyOp, name: string, value: unknown): Error {
  if (isForeignTensor(value)) {
    return new BackendError(
      `${op.name}: ${name} is a tensor of another copy of @dl/autograd; make every package depend on one version (npm ls @dl/autograd)`,
    );
  }
  return new DTypeError(`${op.name}: ${name} is ${describe(value)}, needs a Tensor; make one with tensor(...)`);
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return `a ${value.constructor?.name ?? 'plain object'}`;
  return `the ${typeof value} ${String(value)}`;
}

function mixedBackends(op: AnyOp, inputs: Inputs, a: Tensor, b: Tensor): Error {
  const nameOf = (tensor: Tensor): string =>
    op.slots.find(({ name }) => inputs[name] === tensor || (Array.isArray(inputs[name]) && inputs[name].includes(tensor)))
      ?.name ?? 'one input';
  return new BackendError(
    `${op.name}: ${nameOf(a)} lives on the ${a.backend.name} backend and ${nameOf(b)} on the ${b.backend.name} backend; ` +
      'move one with tensor.to(backend)',
  );
}
