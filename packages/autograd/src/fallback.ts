// Ops that a backend can neither run nor compose: they run on the backend that stands by, with a copy each way.

import { allocateTensor, tensorFrom } from './allocate.js';
import type { Backend } from './backend.js';
import type { AnyOp, Spec } from './define-op.js';
import { BackendError } from './errors.js';
import type { Outputs } from './run-op.js';
import { internalScope } from './scope.js';
import type { Tensor } from './tensor.js';

export function runOnFallback(
  op: AnyOp,
  inputs: Readonly<Record<string, Tensor | readonly Tensor[] | undefined>>,
  attrs: object,
  specs: Readonly<Record<string, Spec>>,
  backend: Backend,
): Outputs {
  const fallback = findFallback(op, backend);
  backend.warnOnce(op, fallback);
  const outputs: Outputs = {};
  for (const [name, { shape, dtype }] of Object.entries(specs)) {
    outputs[name] = allocateTensor(backend, shape, dtype, op.name);
  }
  using _ = internalScope();
  const move = (tensor: Tensor): Tensor =>
    tensorFrom(fallback, tensor.dataSync(), tensor.shape, tensor.dtype, op.name);
  const args: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(inputs)) {
    args[name] = Array.isArray(value) ? value.map(move) : value === undefined ? undefined : move(value as Tensor);
  }
  const results: Outputs = {};
  for (const [name, { shape, dtype }] of Object.entries(specs)) {
    args[name] = results[name] = allocateTensor(fallback, shape, dtype, op.name);
  }
  fallback.kernels.get(op)!(args, attrs);
  for (const [name, result] of Object.entries(results)) {
    backend.write(outputs[name]!.storage.handle, result.dataSync());
  }
  return outputs;
}

function findFallback(op: AnyOp, backend: Backend): Backend {
  const missing = `${op.name}: the ${backend.name} backend has no kernel for it`;
  if (backend.strict) {
    throw new BackendError(`${missing}, and it was chosen with { strict: true }; add the kernel, or leave strict out`);
  }
  const { fallback } = backend;
  if (fallback === undefined) {
    throw new BackendError(
      `${missing}, and no other backend stands by; name one after it: useBackend([${backend.name}(), cpu()])`,
    );
  }
  if (!fallback.kernels.has(op)) {
    throw new BackendError(`${missing}, and neither has the ${fallback.name} backend; register a kernel, or declare compose`);
  }
  return fallback;
}
