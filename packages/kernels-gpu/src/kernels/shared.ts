// What kernels share: running a program for an output tensor, and how shapes become few numbers.

import type { KernelTensor, Shape } from '@dl/autograd';
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

export function product(lengths: readonly number[]): number {
  return lengths.reduce((all, length) => all * length, 1);
}

/** An axis seen as three: what is before it, it, and what is after it. */
export function aroundAxis(shape: Shape, axis: number): readonly [outer: number, length: number, inner: number] {
  return [product(shape.slice(0, axis)), shape[axis]!, product(shape.slice(axis + 1))];
}

/** A shape and, for each of several operands, how far apart in memory the elements along each axis are. */
export interface Walk {
  readonly shape: readonly number[];
  readonly strides: readonly (readonly number[])[];
}

/** The same walk over as few axes as possible: those of length 1 vanish, and neighbours that all operands step through evenly join. */
export function simplify({ shape, strides }: Walk): Walk {
  const lengths: number[] = [];
  const steps: number[][] = strides.map(() => []);
  for (let axis = 0; axis < shape.length; axis++) {
    const length = shape[axis]!;
    if (length === 1) continue;
    const last = lengths.length - 1;
    const joins = last >= 0 && strides.every((operand, i) => steps[i]![last] === operand[axis]! * length);
    if (joins) {
      lengths[last]! *= length;
      for (const [i, operand] of strides.entries()) steps[i]![last] = operand[axis]!;
    } else {
      lengths.push(length);
      for (const [i, operand] of strides.entries()) steps[i]!.push(operand[axis]!);
    }
  }
  if (lengths.length === 0) return { shape: [1], strides: strides.map(() => [0]) };
  return { shape: lengths, strides: steps };
}

/** The steps of an operand that broadcasts to a shape: 0 where it has but one element. */
export function broadcastStrides(from: Shape, to: Shape): number[] {
  const extra = to.length - from.length;
  const strides = new Array<number>(to.length).fill(0);
  let step = 1;
  for (let axis = from.length - 1; axis >= 0; axis--) {
    if (from[axis] !== 1) strides[axis + extra] = step;
    step *= from[axis]!;
  }
  return strides;
}

/** Names for the numbers of a walk over `rank` axes: d1 … are lengths, and s0 … (for operand `s`) steps. */
export function walkArguments(rank: number, operands: readonly string[]): string[] {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  return [
    ...axes.slice(1).map((axis) => `d${axis}`),
    ...operands.flatMap((operand) => axes.map((axis) => `${operand}${axis}`)),
  ];
}

export function walkNumbers({ shape, strides }: Walk): number[] {
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
