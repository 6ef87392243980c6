// tfjsKernel: an op in terms of kernels of TensorFlow.js.

import { type AnyOp, checkCall, type Kernel, type KernelTensor, type KernelTensors, type OpInfo } from '@dl/autograd';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Device } from './device.js';
import { TfjsRun } from './run.js';

/** How an op is computed, and which kernels of TensorFlow.js that takes; it is in use where the backend has them all. */
export interface TfjsKernel {
  readonly op: AnyOp;
  readonly needs: readonly string[];
  /** The outputs, in the op's order. */
  // biome-ignore lint/suspicious/noExplicitAny: as in @dl/autograd, kernels are typed where they are made
  readonly run: (tensors: any, attrs: any, tf: TfjsRun) => TensorInfo | readonly TensorInfo[];
}

/**
 * A kernel for `tfjs({ kernels })`. `needs` names the kernels of TensorFlow.js that it calls; where the backend lacks one
 * of them, the op runs by its decomposition, or on the fallback backend. It returns the output, or a list of them.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { mish, tensor, useBackend } from '@dl/autograd';
 * import { tfjs, tfjsKernel } from '@dl/kernels-tfjs';
 *
 * const mishKernel = tfjsKernel(mish, ['Softplus', 'Tanh', 'Multiply'], ({ x }, _, tf) =>
 *   tf.call('Multiply', { a: x, b: tf.call('Tanh', { x: tf.call('Softplus', { x }) }) }),
 * );
 * await useBackend(tfjs({ kernels: [mishKernel] }));
 * console.log(mish(tensor([1])).item()); // 0.8650…
 * ```
 */
export function tfjsKernel<I extends readonly string[], A extends object, O extends readonly string[]>(
  op: OpInfo<I, A, O>,
  needs: readonly string[],
  run: (tensors: KernelTensors<I, O>, attrs: A, tf: TfjsRun) => TensorInfo | readonly TensorInfo[],
): TfjsKernel {
  checkCall('tfjsKernel', arguments, ['op', 'needs', 'run']);
  return { op, needs, run };
}

/** The kernel as a backend's table has it. */
export function bind({ op, run }: TfjsKernel, device: Device): Kernel {
  const names: readonly string[] = [...op.outputNames, ...op.reserveNames];
  return (tensors: Readonly<Record<string, KernelTensor>>, attrs: object) => {
    const outputs = names.flatMap((name) => tensors[name] ?? []);
    // A buffer that was never written reads as zeros, and of no elements there are none to compute.
    if (outputs.every(({ size }) => size === 0)) return;
    const work = new TfjsRun(device);
    try {
      const results = run(tensors, attrs, work);
      for (const [i, output] of outputs.entries()) work.give(Array.isArray(results) ? results[i] : results, output);
    } finally {
      work.end();
    }
  };
}
