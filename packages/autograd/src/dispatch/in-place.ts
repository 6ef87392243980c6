// Ops that change inputs in place: what may be changed, how, and how the graph hears of it.

import type { Backend } from '../backend/backend.js';
import { changedOnFallback } from '../backend/fallback.js';
import { ArgumentError, GradientError, ShapeError } from '../errors.js';
import { areFinite, checkFinite, isDetectingAnomaly } from '../graph/anomaly.js';
import { isGradEnabled, unrecorded } from '../graph/grad-mode.js';
import { internalScope } from '../memory/scope.js';
import { formatShape, sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { TensorBase } from '../tensor/tensor-base.js';
import type { AnyOp } from './define-op.js';
import type { Inputs } from './run-op.js';

/** Throws where a change in place would lose a gradient. Leaves may change: that is how parameters are trained. */
export function needChangeable(op: string, what: string, x: Tensor): void {
  if (x.source !== undefined && isGradEnabled()) {
    throw new GradientError(
      `${op}: ${x.source.node.name} made ${what}, and its gradient would be lost; change a detach() of it, or inside noGrad`,
    );
  }
}

/** Runs an op that changes its inputs: a kernel in their buffers, otherwise new values that are copied there. */
export function runInPlace(
  op: AnyOp,
  mutates: readonly string[],
  inputs: Inputs,
  attrs: object,
  backend: Backend,
): void {
  const targets = targetsOf(op, mutates, inputs);
  const fromFinite = isDetectingAnomaly() && areFinite(inputs);
  const kernel = backend.kernels.get(op);
  if (kernel !== undefined) {
    // Before the kernel runs, because one that fails may have written already.
    for (const { storage } of targets) storage.change(op.name);
    kernel(inputs, attrs);
  } else if (op.declaration.compose !== undefined) {
    unrecorded(() => assignComposed(op, mutates, inputs, attrs, targets));
  } else {
    const values = changedOnFallback(op, inputs, attrs, backend);
    for (const [i, { storage }] of targets.entries()) {
      storage.change(op.name);
      backend.write(storage.handle, values[i]!);
    }
  }
  if (fromFinite) checkFinite(op, inputs, targets, fromFinite);
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
): void {
  const scope = internalScope();
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
    for (const [i, { storage, dtype, size }] of targets.entries()) {
      const from = values[i]!.storage;
      if (from === storage) continue;
      storage.change(op.name);
      storage.backend.copy(from.handle, storage.handle, dtype, size);
    }
  } finally {
    scope.end();
  }
}

function wrongValues(op: AnyOp, what: string): Error {
  return new ShapeError(
    `${op.name}: its decomposition made ${what} tensors to change; return one of the same shape and dtype for each`,
  );
}

function specOf({ dtype, shape }: Tensor): string {
  return `${dtype} ${formatShape(shape)}`;
}

const none: readonly Tensor[] = [];

function listOf(value: Inputs[string]): readonly Tensor[] {
  if (value === undefined) return none;
  return value instanceof TensorBase ? [value as Tensor] : (value as readonly Tensor[]);
}
