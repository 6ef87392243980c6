// updateElements: a formula becomes programs in GLSL, the same for all formulas that differ in their constants alone.

import {
  defineKernel,
  type ElementFormula,
  type ElementOp,
  type KernelEntry,
  type KernelTensor,
  updateElements,
} from '@dl/autograd';
import { bufferOf, type GpuBuffer } from '../buffer.js';
import { type MultiOutputProgram, multiOutputProgram, OUTPUTS } from '../multi-output.js';
import { glslProgram, MOST_TEXTURES, type Program } from '../program.js';
import { Workspace } from '../workspace.js';
import { HUGE, specialsIn, withSpecials } from './functions.js';

type Glsl = (a: string, b: string, c: string) => string;

/** Four elements of a texel, each by the same expression. */
const lanes =
  (one: Glsl): Glsl =>
  (a, b, c) =>
    `vec4(${['x', 'y', 'z', 'w'].map((lane) => one(`${a}.${lane}`, `${b}.${lane}`, `${c}.${lane}`)).join(', ')})`;

/** What each step is in GLSL, of texels. NaN and infinities come out as from the ops of these names. */
const glslOf: Readonly<Record<ElementOp, Glsl>> = {
  add: (a, b) => `${a} + ${b}`,
  sub: (a, b) => `${a} - ${b}`,
  mul: (a, b) => `${a} * ${b}`,
  div: (a, b) => `${a} / ${b}`,
  maximum: lanes((a, b) => `${a} > ${b} || ${a} != ${a} ? ${a} : ${b}`),
  minimum: lanes((a, b) => `${a} < ${b} || ${a} != ${a} ? ${a} : ${b}`),
  less: lanes((a, b) => `${a} < ${b} ? 1.0 : 0.0`),
  lessEqual: lanes((a, b) => `${a} <= ${b} ? 1.0 : 0.0`),
  equal: lanes((a, b) => `${a} == ${b} ? 1.0 : 0.0`),
  neg: (x) => `-${x}`,
  abs: (x) => `abs(${x})`,
  sign: lanes((x) => `${x} > 0.0 ? 1.0 : (${x} < 0.0 ? -1.0 : ${x})`),
  square: (x) => `${x} * ${x}`,
  sqrt: lanes((x) => `${x} > 0.0 ? (${x} > ${HUGE} ? ${x} : sqrt(${x})) : (${x} == 0.0 ? ${x} : $nan)`),
  where: lanes((condition, a, b) => `${condition} == 0.0 ? ${b} : ${a}`),
};

/** A program for some of a formula's targets. */
interface Pass {
  readonly program: Program | MultiOutputProgram;
  /** Which targets it computes, of which tensors, and from which steps' constants. */
  readonly writes: readonly number[];
  readonly reads: readonly number[];
  readonly constants: readonly number[];
}

const known = new Map<string, readonly Pass[]>();

/** The passes of a formula, made once for all that are written alike. */
function passesOf(formula: ElementFormula, hasMultiOutput: boolean): readonly Pass[] {
  const { targets, operands, results, steps } = formula;
  const text = steps.map((step) => (typeof step === 'number' ? 'constant' : step.join(' '))).join(', ');
  const key = `${targets} ${operands}: ${text}: ${results.join(' ')}${hasMultiOutput ? '' : ' one by one'}`;
  let passes = known.get(key);
  if (passes === undefined) {
    passes = makePasses(formula, hasMultiOutput ? OUTPUTS : 1);
    known.set(key, passes);
  }
  return passes;
}

function makePasses(formula: ElementFormula, outputs: number): Pass[] {
  const passes: number[][] = [];
  for (const [target, value] of formula.results.entries()) {
    if (value === target) continue;
    const last = passes.at(-1);
    const joins =
      last !== undefined && last.length < outputs && needsOf(formula, [...last, target]).reads.length <= MOST_TEXTURES;
    if (joins) last.push(target);
    else passes.push([target]);
  }
  return passes.map((writes) => makePass(formula, writes));
}

/** The tensors and the steps that some targets are computed from. */
function needsOf(
  { targets, operands, steps, results }: ElementFormula,
  writes: readonly number[],
): { readonly reads: readonly number[]; readonly used: readonly number[] } {
  const given = targets + operands;
  const needed = new Set(writes.map((target) => results[target]!));
  for (let s = steps.length - 1; s >= 0; s--) {
    const step = steps[s]!;
    if (typeof step === 'number' || !needed.has(given + s)) continue;
    const [, ...from] = step;
    for (const value of from) needed.add(value);
  }
  const sorted = [...needed].sort((a, b) => a - b);
  return {
    reads: sorted.filter((value) => value < given),
    used: sorted.filter((value) => value >= given).map((value) => value - given),
  };
}

function makePass(formula: ElementFormula, writes: readonly number[]): Pass {
  const { steps, results, targets, operands } = formula;
  const { reads, used } = needsOf(formula, writes);
  const constants = used.filter((s) => typeof steps[s] === 'number');
  const lines = [
    ...reads.map((value) => `vec4 v${value} = t${value}_here();`),
    ...used.map((s) => {
      const step = steps[s]!;
      const value = targets + operands + s;
      if (typeof step === 'number') return `vec4 v${value} = vec4($c${s});`;
      const [op, ...from] = step;
      const [a = '', b = '', c = ''] = from.map((of) => `v${of}`);
      return `vec4 v${value} = ${glslOf[op](a, b, c)};`;
    }),
  ].join('\n');
  const args = {
    textures: reads.map((value) => `t${value}`),
    floats: [...constants.map((s) => `c${s}`), ...specialsIn(lines)],
  };
  const found = writes.map((target) => `v${results[target]}`);
  const program =
    writes.length === 1
      ? glslProgram('updateElements', args, `vec4 texel(int t) {\n${lines}\nreturn ${found[0]};\n}`)
      : multiOutputProgram(
          'updateElements',
          args,
          `void texels(int t) {\n${lines}\n${found.map((value, i) => `y${i} = ${value};`).join('\n')}\n}`,
          { outputs: writes.length },
        );
  return { program, writes, reads, constants };
}

/** Changes targets in place. New values are computed beside the old ones; then the two exchange their textures. */
export function applyFormula(formula: ElementFormula, tensors: readonly KernelTensor[]): void {
  const buffers = tensors.map(bufferOf);
  const [{ backend, size }] = buffers as [GpuBuffer];
  if (size === 0) return;
  using work = new Workspace(backend);
  const changed: (readonly [GpuBuffer, GpuBuffer])[] = [];
  for (const { program, writes, reads, constants } of passesOf(formula, backend.device.hasMultiOutput)) {
    const outs = writes.map(() => work.take(size));
    const inputs = reads.map((i) => buffers[i]!);
    const floats = withSpecials(
      program,
      constants.map((s) => formula.steps[s] as number),
    );
    if ('outputs' in program) backend.runMultiOutput(program, outs, inputs, [], floats);
    else backend.run(program, outs[0]!, inputs, [], floats);
    writes.forEach((target, i) => {
      changed.push([buffers[target]!, outs[i]!]);
    });
  }
  for (const [target, next] of changed) backend.exchange(target, next);
}

export const updateElementsKernels: readonly KernelEntry[] = [
  defineKernel(updateElements, ({ targets, operands }, { formula }) => {
    const count = targets.length / formula.targets;
    for (let k = 0; k < count; k++) {
      applyFormula(
        formula,
        [...targets, ...operands].filter((_, i) => i % count === k),
      );
    }
  }),
];
