// What the generators know of the repository's ops, and whether a formula is that of one of them.

import * as autograd from '@dl/autograd';
import { type AnyOp, coverage, DlError, isOp, scope, type Tensor, tensor, useBackend } from '@dl/autograd';
import { allSamples } from '@dl/autograd/samples';
import { cpu } from '@dl/kernels-cpu';
import { needOneOf } from './names.js';
import { Refusal } from './plan.js';

/** Every name that `@dl/autograd` exports, and every property of a tensor: what an op cannot be called. */
export async function takenByAutograd(): Promise<Readonly<Record<'exports' | 'properties', readonly string[]>>> {
  await useBackend(cpu({ engine: 'typescript' }));
  const properties = new Set<string>();
  for (let from: object | null = tensor(0); from !== null; from = Object.getPrototypeOf(from))
    for (const name of Object.getOwnPropertyNames(from)) properties.add(name);
  return { exports: Object.keys(autograd), properties: [...properties] };
}

const opsByName = (): Map<string, AnyOp> =>
  new Map(Object.values(autograd).flatMap((value): [string, AnyOp][] => (isOp(value) ? [[value.name, value]] : [])));

const BY_HAND = 'write its kernel by hand, as docs/recipes/kernel.md says';

/** The op, if it is of one x and has no kernel on the CPU yet; throws what is the matter with it otherwise. */
export async function opForKernel(name: string): Promise<AnyOp> {
  const ops = opsByName();
  needOneOf('op', name, [...ops.keys()]);
  const op = ops.get(name)!;
  const backend = await useBackend(cpu({ engine: 'typescript' }));
  const [row] = coverage({ backends: [backend], ops: [op] });
  if (row!.forward === 'kernel') throw new Refusal(`${name} has a kernel on the CPU already; change that one`);
  const inputs = op.slots.map(({ name }) => name).join(', ');
  if (inputs !== 'x' || op.outputNames.length !== 1)
    throw new Refusal(`${name} takes ${inputs}, and this command writes kernels of one x only; ${BY_HAND}`);
  return op;
}

type Element = (x: number, ...attrs: unknown[]) => number;

/** Throws unless the formula, such as `x * Math.tanh(x)`, gives what the op does on its samples, far out, and for NaN. */
export async function needFormulaOf(op: AnyOp, formula: string): Promise<void> {
  const names = Object.keys(op.defaults);
  let f: Element;
  try {
    f = new Function('x', ...names, `'use strict'; return (${formula});`) as Element;
  } catch (error) {
    throw new Refusal(
      `'${formula}' is no expression of x (${(error as Error).message}); write it as in 'x * Math.tanh(x)'`,
    );
  }
  await useBackend(cpu({ engine: 'typescript' }));
  const { cases } = allSamples().find((samples) => samples.op === op)!;
  for (const { attrs = {} } of cases) compare(op, f, formula, { ...op.defaults, ...attrs });
}

/** Small and large numbers of both signs, and those that are none. */
const places = [...[0, 0.1, 0.5, 1, 2, 3, 6, 20, 90, 800].flatMap((x) => [x, -x]), Number.NaN, Infinity, -Infinity];

function compare(op: AnyOp, f: Element, formula: string, attrs: object): void {
  using _ = scope();
  const wanted = valuesOf(op, attrs);
  for (const [i, x] of places.entries()) {
    const target = wanted[i]!;
    let got: unknown;
    try {
      got = f(x, ...Object.values(attrs));
    } catch (error) {
      throw new Refusal(
        `'${formula}' cannot be computed (${(error as Error).message}); write it as in 'x * Math.tanh(x)'`,
      );
    }
    if (isSame(got, target, x)) continue;
    throw new Refusal(`'${formula}' is not ${op.name}: at x = ${x} it is ${String(got)}, and ${op.name} is ${target}`);
  }
}

/** What the op makes of the places, each by itself. */
function valuesOf(op: AnyOp, attrs: object): ArrayLike<number> {
  const x = tensor(places, { dtype: 'float64' });
  let y: Tensor | undefined;
  try {
    y = op.run({ x }, attrs) as Tensor;
  } catch (error) {
    // One that wants another number of axes, say.
    if (!(error instanceof DlError)) throw error;
  }
  if (y === undefined || `${y.shape}` !== `${x.shape}`)
    throw new Refusal(`${op.name} is not computed element by element; ${BY_HAND}`);
  return Array.from(y.dataSync(), Number);
}

function isSame(got: unknown, wanted: number, x: number): boolean {
  if (typeof got !== 'number') return false;
  // A kernel may know the limit where the ops that it takes the place of do not.
  if (Number.isNaN(wanted)) return Number.isNaN(got) || Math.abs(x) === Infinity;
  return got === wanted || Math.abs(got - wanted) <= 1e-9 * Math.max(Math.abs(wanted), 1e-300) + 1e-12;
}
