// Programs in gpu.js's own language, a subset of JavaScript: a function that every thread runs, and that returns the element
// at the thread's place.
//
// gpu.js reads a function's text and translates it. A bundler that shortens the text may leave none that gpu.js understands, so
// the programs here are texts from the start.

import { ArgumentError, BackendError, checkCall, type KernelTensor, type Shape } from '@dl/autograd';
import { bufferOf } from '../buffer.js';
import type { Extent } from '../device.js';
import { type Arguments, type Program, program } from '../program.js';

/** What `this` is in a kernel in gpu.js's language. */
export interface GpuJsThread {
  /** The place of the element that this thread computes. */
  readonly thread: { readonly x: number; readonly y: number; readonly z: number };
  /** How many there are along each axis. */
  readonly output: { readonly x: number; readonly y: number; readonly z: number };
  readonly constants: Readonly<Record<string, number>>;
}

/** A kernel in gpu.js's language, as a function or as its text. */
export type GpuJsSource = string | ((this: GpuJsThread, ...args: never[]) => number);

/**
 * A program in gpu.js's own language: `function (a, b, n) { … }`, which returns the element at `this.thread.x`, `.y`, `.z`.
 * Tensors are arrays of up to three axes: `a[z][y][x]`. Nothing is compiled before {@link runGpuJs} needs it, and then once for
 * all shapes.
 *
 * @param args Names of the parameters, in this order: `textures` (tensors), `ints` (whole numbers), `floats`.
 * @param source A function, not an arrow, or its text. Give the text where a bundler shortens code or a test tool counts lines:
 *   gpu.js reads what they leave.
 * @param constants Numbers that are compiled in, read as `this.constants.name`.
 *
 * @example
 * ```ts
 * import { relu, defineKernel, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { gpu, gpuJsProgram, runGpuJs } from '@dl/kernels-gpu';
 *
 * const positive = gpuJsProgram('positive', { textures: ['x'] }, `function (x) {
 *   const value = x[this.thread.x];
 *   return value > 0 ? value : 0;
 * }`);
 * const mine = defineKernel(relu, ({ x, y }) => runGpuJs(positive, y, [x]));
 * await useBackend([gpu({ kernels: [mine] }), cpu()]);
 * console.log(tensor([-1, 2]).relu().toArray()); // [0, 2]
 * ```
 */
export function gpuJsProgram(
  name: string,
  args: Arguments,
  source: GpuJsSource,
  constants: Readonly<Record<string, number>> = {},
): Program {
  checkCall('gpuJsProgram', arguments, ['name', 'args', 'source', 'constants']);
  const text = String(source).trim();
  const head = /^function\s*\w*\s*\(([^)]*)\)\s*\{/.exec(text);
  if (head === null) {
    throw new ArgumentError(
      `gpu: the kernel ${name} is ${text.slice(0, 40)}…, needs function (…) { … }: gpu.js reads no arrows and no methods`,
    );
  }
  const named = head[1]!.split(',').map((parameter) => parameter.trim());
  const { textures = [], ints = [], floats = [] } = args;
  const wanted = [...textures, ...ints, ...floats];
  if (named.filter((parameter) => parameter !== '').join() !== wanted.join()) {
    throw new ArgumentError(
      `gpu: the kernel ${name} is a function of (${named.join(', ')}), needs (${wanted.join(', ')}): textures, then ints, then floats. A bundler may have shortened the names: give the function as a text`,
    );
  }
  return { ...program(name, args, ''), source: text, constants, unit: 'element' };
}

/**
 * Runs a program of {@link gpuJsProgram}, which fills `out`: a thread for each of its elements. Of tensors with more than three axes
 * the first ones are seen as one: [2, 3, 4, 5] as [6, 4, 5]. {@link seenAs} gives other axes.
 */
export function runGpuJs(
  what: Program,
  out: KernelTensor,
  inputs: readonly KernelTensor[],
  ints: readonly number[] = [],
  floats: readonly number[] = [],
): void {
  checkCall('runGpuJs', arguments, ['program', 'out', 'inputs', 'ints', 'floats']);
  if (
    inputs.length !== what.textures.length ||
    ints.length !== what.ints.length ||
    floats.length !== what.floats.length
  ) {
    throw new BackendError(
      `gpu: the kernel ${what.name} takes ${what.textures.length} tensors, ${what.ints.length} whole numbers and ${what.floats.length} ` +
        `floats, got ${inputs.length}, ${ints.length} and ${floats.length}`,
    );
  }
  const views = { out: extentOf(out.shape), inputs: inputs.map(({ shape }) => extentOf(shape)) };
  const buffer = bufferOf(out);
  buffer.backend.run(what, buffer, inputs.map(bufferOf), ints, floats, views);
}

/** A tensor with the same elements along other axes. */
export function seenAs(x: KernelTensor, shape: Shape): KernelTensor {
  checkCall('seenAs', arguments, ['x', 'shape']);
  const { dtype, size, handle } = x;
  return { dtype, size, handle, shape };
}

function extentOf(shape: Shape): Extent {
  const [y = 1, x = 1] = shape.length === 1 ? [1, shape[0]!] : shape.slice(-2);
  return [x, y, shape.slice(0, -2).reduce((all, length) => all * length, 1)];
}
