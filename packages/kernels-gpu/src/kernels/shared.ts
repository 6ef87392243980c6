// What kernels share: running a program for an output tensor, and how shapes become few numbers.

import type { KernelTensor, StridedWalk } from '@dl/autograd';
import { bufferOf, type GpuBuffer } from '../buffer.js';
import { glslProgram, type Program } from '../program.js';

export const copyProgram = glslProgram('copy', { textures: ['x'] }, 'vec4 texel(int t) { return x_here(); }');

/** The elements of x from `start` on. */
export const partProgram = glslProgram(
  'part',
  { textures: ['x'], ints: ['start'] },
  'float element(int i) { return x_at($start + i); }',
);

/** x with `size` elements of `part`, those from `start` on, in the place of those from `at` on. */
export const putProgram = glslProgram(
  'put',
  { textures: ['x', 'part'], ints: ['at', 'size', 'start'] },
  `float element(int i) {
    int k = i - $at;
    return k >= 0 && k < $size ? part_at($start + k) : x_at(i);
  }`,
);

/** Runs a program that fills the output from the inputs. */
export function run(
  what: Program,
  out: KernelTensor,
  inputs: readonly (KernelTensor | GpuBuffer)[],
  ints: readonly number[] = [],
  floats: readonly number[] = [],
): void {
  const buffer = bufferOf(out);
  buffer.backend.run(what, buffer, inputs.map(toBuffer), ints, floats);
}

/** For results of which nothing is computed. */
export function fillZeros(y: KernelTensor): void {
  const out = bufferOf(y);
  out.backend.write(out, new Float32Array(y.size));
}

export function toBuffer(input: KernelTensor | GpuBuffer): GpuBuffer {
  return 'handle' in input ? bufferOf(input) : input;
}

/** A family of programs, one for each static variant, made when first asked for. */
export function variants<K extends string | number, P = Program>(make: (key: K) => P): (key: K) => P {
  const made = new Map<K, P>();
  return (key) => {
    let found = made.get(key);
    if (found === undefined) {
      found = make(key);
      made.set(key, found);
    }
    return found;
  };
}

/** Names for the numbers of a walk over `rank` axes: d1 … are lengths, and s0 … (for operand `s`) steps. */
export function walkArguments(rank: number, operands: readonly string[]): string[] {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  return [
    ...axes.slice(1).map((axis) => `d${axis}`),
    ...operands.flatMap((operand) => axes.map((axis) => `${operand}${axis}`)),
  ];
}

export function walkNumbers({ shape, strides }: StridedWalk): number[] {
  return [...shape.slice(1), ...strides.flat()];
}

/** GLSL for where each operand stands for element i of the walk: `int at_s = …` for operand `s`. */
export function walkGlsl(rank: number, operands: readonly string[]): string {
  const lines = ['int rest = i; int q;', ...operands.map((operand) => `int at_${operand} = 0;`)];
  for (let axis = rank - 1; axis > 0; axis--) {
    lines.push(`q = rest / $d${axis};`);
    for (const operand of operands) lines.push(`at_${operand} += (rest - q * $d${axis}) * $${operand}${axis};`);
    lines.push('rest = q;');
  }
  for (const operand of operands) lines.push(`at_${operand} += rest * $${operand}0;`);
  return lines.join('\n');
}
