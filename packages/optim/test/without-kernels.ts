// The CPU backend as one that lacks kernels for some ops, which then run by others.

import { type AnyOp, useBackend } from '@dl/autograd';
import { type CpuBackend, cpu } from '@dl/kernels-cpu';

export async function withoutKernels(ops: readonly AnyOp[]): Promise<CpuBackend> {
  const backend = cpu();
  await useBackend(backend);
  for (const op of ops) backend.kernels.delete(op);
  return backend;
}
