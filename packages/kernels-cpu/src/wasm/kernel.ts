// How the WebAssembly kernels are written: each takes the cases that it is made for, and leaves the others to TypeScript.

import { defineKernel, type KernelEntry, type KernelTensors, MemoryError, type OpInfo } from '@dl/autograd';
import { typescriptKernels } from '../typescript/index.js';
import type { WasmEngine } from './engine.js';

/** Makes a kernel for an engine. */
export type WasmKernel = (engine: WasmEngine) => KernelEntry;

const readable = /* @__PURE__ */ new Map(typescriptKernels().map(({ op, run }) => [op, run]));

/** A kernel that returns false, before it has written into anything but its outputs, for what it does not do. */
export function wasmKernel<I extends readonly string[], A extends object, O extends readonly string[]>(
  op: OpInfo<I, A, O>,
  run: (engine: WasmEngine, tensors: KernelTensors<I, O>, attrs: A) => boolean,
): WasmKernel {
  const otherwise = readable.get(op)!;
  return (engine) =>
    defineKernel(op, (tensors, attrs) => {
      let isDone = false;
      try {
        isDone = run(engine, tensors, attrs);
      } catch (error) {
        // No room for scratch: the TypeScript kernel needs none in the heap.
        if (!(error instanceof MemoryError)) throw error;
      }
      if (isDone) return;
      engine.noteLeft(op.name);
      otherwise(tensors, attrs);
    });
}
