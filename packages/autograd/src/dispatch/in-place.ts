// Ops that change inputs in place: what may be changed, how, and how the graph hears of it.

import type { Backend } from '../backend/backend.js';
import { changedOnFallback } from '../backend/fallback.js';
import type { Context } from '../context/context.js';
import { ArgumentError, GradientError, ShapeError } from '../errors.js';
import { areFinite, checkFinite, isDetectingAnomaly } from '../graph/anomaly.js';
import { isGradEnabled, withGradMode } from '../graph/grad-mode.js';
import { internalScope } from '../memory/scope.js';
import { formatShape, sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { TensorBase } from '../tensor/tensor-base.js';
import type { AnyOp, Spec } from './define-op.js';
import { runKernel } from './run-kernel.js';
import type { Inputs } from './run-op.js';

/** Throws where a change in place would lose a gradient. Leaves may change: that is how parameters are trained. */
export function needChangeable(op: string, what: string, x: Tensor): void {
  if (x.source !== undefined && isGradEnabled()) {
    throw new GradientError(
      `${op}: ${x.source.node.name} made ${what}, and its gradient would be lost; change a detach() of it, or inside noGrad`,
    );
  }
}

interface How {
  /** Those of the outputs. */
  readonly specs: readonly Spec[];
  readonly backend: Backend;
  readonly context: Context;
  readonly records: boolean;
}

/** Runs an op that changes its inputs: a kernel in their buffers, otherwise new values that are copied there. Gives its outputs. */
export function runInPlace(op: AnyOp, mutates: readonly string[], inputs: Inputs, attrs: object, how: How): Tensor[] {
  const { specs, backend, context, records } = how;
  const targets = targetsOf(op, mutates, inputs);
  if (records) needNoGradient(op, targets);
  const fromFinite = isDetectingAnomaly() && areFinite(inputs);
  const kernel = backend.kernels.get(op);
  const start = op.declaration.overwrites?.(inputs as never, attrs);
  let outputs: Tensor[];
  if (start !== undefined) {
    overwrite(op, inputs, start);
    outputs = [];
  } else if (kernel !== undefined) {
    // Before the kernel runs, because one that fails may have written already.
    for (const { storage } of targets) storage.change(op.name);
    outputs = runKernel(op, kernel, inputs, attrs, specs, backend, context);
  } else if (op.declaration.compose !== undefined) {
    // What a formula would need in reserve is not there: the gradient goes through the composition.
    const isRecorded = records && op.reserveNames.length > 0;
    outputs = withGradMode(isRecorded, () => assignComposed(op, mutates, inputs, attrs, targets, specs));
  } else {
    const { outputs: made, changed } = changedOnFallback(op, inputs, attrs, specs, backend);
    outputs = made;
    for (const [i, { storage }] of targets.entries()) {
      storage.change(op.name);
      backend.write(storage.handle, changed[i]!);
    }
  }
  if (fromFinite) checkFinite(op, inputs, [...targets, ...outputs], fromFinite);
  return outputs;
}

/** Copies the second input over a part of the first. */
function overwrite({ name, slots }: AnyOp, inputs: Inputs, start: number): void {
  const [target, source] = slots.map((slot) => inputs[slot.name] as Tensor) as [Tensor, Tensor];
  const { storage, dtype } = target;
  storage.change(name);
  // The source may have been a part of the target, and has a buffer of its own now.
  storage.backend.copy(source.storage.handle, storage.handle, dtype, source.size, 0, start);
}

/** A tensor that changes on the way has no gradient by a formula. */
function needNoGradient(op: AnyOp, targets: readonly Tensor[]): void {
  if (targets.some(({ requiresGrad }) => requiresGrad)) {
    throw new GradientError(
      `${op.name}: one of the tensors that it changes requires a gradient, which would be lost; change a detach() of it, or inside noGrad`,
    );
  }
}

let changes = 0;

/** The tensors that change, in order. Each may come in once only, so that what happens does not depend on the kernel. */
function targetsOf(op: AnyOp, mutates: readonly string[], inputs: Inputs): Tensor[] {
  const targets: Tensor[] = [];
  const number = ++changes;
  const need = (tensor: Tensor, name: string): void => {
    if (tensor.storage.changeNumber === number) {
      throw new ArgumentError(
        `${op.name}: a tensor of ${name} is among the tensors to change already; give it a copy, with clone()`,
      );
    }
  };
  for (const name of mutates) {
    const value = inputs[name];
    for (const tensor of listOf(value)) {
      if (tensor.source !== undefined) needChangeable(op.name, `a tensor of ${name}`, tensor);
      need(tensor, name);
      tensor.storage.changeNumber = number;
      targets.push(tensor);
    }
  }
  for (const { name } of op.slots) {
    if (!mutates.includes(name)) for (const tensor of listOf(inputs[name])) need(tensor, name);
  }
  return targets;
}

/** Computes all new values, then copies them where they belong. */
function assignComposed(
  op: AnyOp,
  mutates: readonly string[],
  inputs: Inputs,
  attrs: object,
  targets: readonly Tensor[],
  specs: readonly Spec[],
): Tensor[] {
  const scope = internalScope();
  let outputs: Tensor[] = [];
  try {
    const composed = op.declaration.compose!(inputs as never, attrs) as Inputs;
    const values = mutates.flatMap((name) => listOf(composed[name]));
    if (values.length !== targets.length) throw wrongValues(op, `${values.length} new values for ${targets.length}`);
    const number = targets[0]?.storage.changeNumber;
    for (const [i, target] of targets.entries()) {
      const value = values[i]!;
      if (!sameShape(value.shape, target.shape) || value.dtype !== target.dtype) {
        throw wrongValues(op, `${specOf(value)} for ${specOf(target)}`);
      }
      // Another tensor that changes may do so before its former value is copied from.
      if (value.storage !== target.storage && value.storage.changeNumber === number) values[i] = value.clone();
    }
    outputs = outputsOf(op, composed, specs, inputs, number);
    for (const [i, { storage, dtype, size }] of targets.entries()) {
      const from = values[i]!.storage;
      if (from === storage) continue;
      storage.change(op.name);
      storage.backend.copy(from.handle, storage.handle, dtype, size);
    }
    return outputs;
  } finally {
    scope.endWith(outputs);
  }
}

/** The outputs of a composition, as they are before the inputs change. */
function outputsOf(
  op: AnyOp,
  composed: Inputs,
  specs: readonly Spec[],
  inputs: Inputs,
  changeNumber: number | undefined,
): Tensor[] {
  const given = new Set(Object.values(inputs).flatMap(listOf));
  return op.outputNames.map((name, i) => {
    const output = composed[name];
    const spec = specs[i]!;
    if (!(output instanceof TensorBase)) throw wrongValues(op, `no ${name} and other`);
    if (!sameShape(output.shape, spec.shape) || output.dtype !== spec.dtype) {
      throw wrongValues(op, `${name} ${specOf(output)} for ${specOf(spec)}, and`);
    }
    const tensor = output as Tensor;
    if (tensor.storage.changeNumber === changeNumber) return tensor.clone();
    return given.has(tensor) ? tensor.alias() : tensor;
  });
}

function wrongValues(op: AnyOp, what: string): Error {
  return new ShapeError(
    `${op.name}: its decomposition made ${what} tensors to change; return one of the same shape and dtype for each`,
  );
}

function specOf({ dtype, shape }: Spec): string {
  return `${dtype} ${formatShape(shape)}`;
}

const none: readonly Tensor[] = [];

function listOf(value: Inputs[string]): readonly Tensor[] {
  if (value === undefined) return none;
  return value instanceof TensorBase ? [value as Tensor] : (value as readonly Tensor[]);
}
