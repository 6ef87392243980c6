// Sums, differences and products of tensors that broadcast.

import {
  add,
  broadcastStrides,
  defineKernel,
  type KernelEntry,
  type KernelTensor,
  mergeAxes,
  mul,
  type OpInfo,
  sub,
} from '@dl/autograd';
import { bufferOf } from '../buffer.js';
import { walk } from '../kernels/walk.js';
import type { Program } from '../program.js';
import { Workspace } from '../workspace.js';
import { gpuJsProgram, runGpuJs, seenAs } from './program.js';

const steps = ['aZ', 'aY', 'aX', 'bZ', 'bY', 'bX'];

/** Along each axis an operand steps by 1, or by 0 where it has but one element for all. */
const arithmeticProgram = (name: string, operator: string): Program =>
  gpuJsProgram(
    `${name} in gpu.js`,
    { textures: ['a', 'b'], ints: steps },
    `function (a, b, ${steps.join(', ')}) {
      const left = a[this.thread.z * aZ][this.thread.y * aY][this.thread.x * aX];
      const right = b[this.thread.z * bZ][this.thread.y * bY][this.thread.x * bX];
      return left ${operator} right;
    }`,
  );

function combine(what: Program, a: KernelTensor, b: KernelTensor, y: KernelTensor): void {
  const { shape, strides } = mergeAxes(
    y.shape,
    [a, b].map((operand) => broadcastStrides(operand.shape, y.shape)),
  );
  using work = new Workspace(bufferOf(y).backend);
  if (shape.length > 3) {
    // In more than three axes that do not join: with operands written out.
    const whole = [a, b].map((operand) => written(operand, y, work));
    runGpuJs(what, seenAs(y, [y.size]), whole, [0, 0, 1, 0, 0, 1]);
    return;
  }
  const three = (values: readonly number[], fill: number): number[] => [
    ...new Array<number>(3 - values.length).fill(fill),
    ...values,
  ];
  const lengths = three(shape, 1);
  const moves = strides.map((operand) =>
    three(
      operand.map((stride) => (stride === 0 ? 0 : 1)),
      0,
    ),
  );
  const seen = [a, b].map((operand, i) =>
    seenAs(
      operand,
      lengths.map((length, axis) => length ** moves[i]![axis]!),
    ),
  );
  runGpuJs(what, seenAs(y, lengths), seen, moves.flat());
}

/** An operand with as many elements as the result, in a row. */
function written(operand: KernelTensor, y: KernelTensor, work: Workspace): KernelTensor {
  if (operand.size === y.size) return seenAs(operand, [y.size]);
  const whole = { dtype: operand.dtype, shape: y.shape, size: y.size, handle: work.take(y.size) };
  walk(operand, whole, broadcastStrides(operand.shape, y.shape));
  return seenAs(whole, [y.size]);
}

function binary(op: OpInfo<readonly ['a', 'b'], object, readonly ['y']>, operator: string): KernelEntry {
  const what = arithmeticProgram(op.name, operator);
  return defineKernel(op, ({ a, b, y }) => combine(what, a, b, y));
}

export const arithmeticKernels: readonly KernelEntry[] = [binary(add, '+'), binary(sub, '-'), binary(mul, '*')];
