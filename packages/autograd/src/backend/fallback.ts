// Ops that a backend can neither run nor compose: they run on the fallback backend, with a copy each way.

import { currentContext } from '../context/context.js';
import type { AnyOp, Kernel, Spec } from '../dispatch/define-op.js';
import type { Inputs } from '../dispatch/run-op.js';
import { BackendError } from '../errors.js';
import { internalScope } from '../memory/scope.js';
import { allocateTensor, tensorFrom } from '../tensor/allocate.js';
import type { TypedArray } from '../tensor/dtype.js';
import type { Tensor } from '../tensor/tensor.js';
import { TensorBase } from '../tensor/tensor-base.js';
import type { Backend } from './backend.js';

export function runOnFallback(
  op: AnyOp,
  inputs: Inputs,
  attrs: object,
  specs: readonly Spec[],
  backend: Backend,
): Tensor[] {
  const { backend: fallback, kernel } = findFallback(op, backend);
  backend.warnOnce(op, fallback);
  return written(op, specs, runThere(op, inputs, attrs, specs, fallback, kernel).made, backend);
}

function written(op: AnyOp, specs: readonly Spec[], values: readonly TypedArray[], backend: Backend): Tensor[] {
  return specs.map(({ shape, dtype }, i) => tensorFrom(backend, values[i]!, shape, dtype, op.name));
}

/** The outputs of an op that changes inputs, and the new values of those, in order. */
export function changedOnFallback(
  op: AnyOp,
  inputs: Inputs,
  attrs: object,
  specs: readonly Spec[],
  backend: Backend,
): { readonly outputs: Tensor[]; readonly changed: readonly TypedArray[] } {
  const { backend: fallback, kernel } = findFallback(op, backend);
  backend.warnOnce(op, fallback);
  const { made, changed } = runThere(op, inputs, attrs, specs, fallback, kernel);
  return { outputs: written(op, specs, made, backend), changed };
}

/** The values of the outputs, and of the inputs that change, computed on the other backend, where nothing stays behind. */
function runThere(
  op: AnyOp,
  inputs: Inputs,
  attrs: object,
  specs: readonly Spec[],
  fallback: Backend,
  kernel: Kernel,
): { readonly made: readonly TypedArray[]; readonly changed: readonly TypedArray[] } {
  using _ = internalScope();
  const move = (tensor: Tensor): Tensor =>
    tensorFrom(fallback, readNow(op, tensor), tensor.shape, tensor.dtype, op.name);
  const args: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(inputs)) {
    args[name] = value instanceof TensorBase ? move(value) : value?.map(move);
  }
  const results = specs.map(({ shape, dtype }, i) => {
    const result = allocateTensor(fallback, shape, dtype, op.name);
    args[op.outputNames[i]!] = result;
    return result;
  });
  kernel(args, attrs);
  const changed = (op.mutates ?? []).flatMap((name) => (args[name] ?? []) as Tensor | Tensor[]);
  const read = (tensor: Tensor): TypedArray => tensor.dataSync();
  return { made: results.map(read), changed: changed.map(read) };
}

function readNow(op: AnyOp, { storage, dtype, size, backend }: Tensor): TypedArray {
  const values = backend.readSync(storage.handle, dtype, size);
  if (values !== undefined) return values;
  throw new BackendError(
    `${op.name}: the ${backend.name} backend has no kernel for it, and what is there cannot be read at once for another backend; ` +
      'add the kernel, or move the inputs first: await x.toAsync(backend)',
  );
}

function findFallback(op: AnyOp, backend: Backend): { backend: Backend; kernel: Kernel } {
  const missing = `${op.name}: the ${backend.name} backend has no kernel for it`;
  const { chosen } = currentContext();
  if (chosen.strict) {
    throw new BackendError(`${missing}, and it was chosen with { strict: true }; add the kernel, or leave strict out`);
  }
  const others = chosen.backends.filter((other) => other !== backend && other.started);
  for (const other of others) {
    const kernel = other.kernels.get(op);
    if (kernel !== undefined) return { backend: other, kernel };
  }
  if (others.length === 0) {
    throw new BackendError(
      `${missing}, and there is no fallback backend; name one after it: useBackend([${backend.name}(), cpu()])`,
    );
  }
  throw new BackendError(
    `${missing}, and neither has the ${others.map(({ name }) => name).join(', the ')} backend; register a kernel, or declare compose`,
  );
}
