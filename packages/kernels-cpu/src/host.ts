// What kernels of a user are given of the backend that they run in.

import {
  type AnyOp,
  BackendError,
  type Kernel,
  type KernelTensor,
  type KernelTensors,
  type OpInfo,
} from '@dl/autograd';
import { cpuBuffer } from './buffer.js';
import type { Heap } from './heap.js';

/** The backend as kernels of your own see it: `cpu({ kernels: (host) => […] })`. */
export interface CpuHost {
  /**
   * The kernel that runs when no other stands in its place, of the engine that was chosen: what to hand on to for shapes and dtypes that
   * your own is not made for.
   *
   * @throws BackendError for an op that this package has no kernel for.
   */
  otherwise<I extends readonly string[], A extends object, O extends readonly string[]>(
    op: OpInfo<I, A, O>,
  ): (tensors: KernelTensors<I, O>, attrs: A) => void;
  /** Where the first element of a tensor lies in the memory, in bytes. The rest follows, row by row. It holds while the kernel runs. */
  address(tensor: KernelTensor): number;
  /** The memory in which all tensors of the backend lie. It is another object once it has grown: ask in each call. */
  readonly memory: ArrayBufferLike;
}

export function hostOf(heap: Heap, kernels: ReadonlyMap<AnyOp, Kernel>): CpuHost {
  const before = new Map(kernels);
  return {
    otherwise(op) {
      const kernel = before.get(op);
      if (kernel !== undefined) return kernel;
      throw new BackendError(
        `cpu: host.otherwise(${op.name}): there is no kernel to hand on to; ${op.name} is an op of your own, or runs by other ops`,
      );
    },
    address: ({ handle }) => cpuBuffer(handle).pointer,
    get memory() {
      return heap.buffer;
    },
  };
}
