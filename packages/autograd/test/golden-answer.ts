// Our answer to a question that PyTorch was asked, on the backend in use.

import { builtInOps } from '../src/backend/coverage.js';
import type { AnyOp } from '../src/dispatch/define-op.js';
import { gradients, sizeOf, type Tensor, tensor, typedArray, zerosLike } from '../src/index.js';
import type { GoldenCase, GoldenTensor } from './golden-cases.js';
import { publicFunctions } from './golden-functions.js';

export interface Answer {
  readonly outputs: readonly (readonly number[])[];
  /** One for each float input, in order; none where the op has no gradient. */
  readonly gradients: readonly (readonly number[])[];
}
/** A case with PyTorch's answer to it in float64, and in float32. */
export type Golden = GoldenCase &
  Answer & { readonly shapes: readonly (readonly number[])[]; readonly float32: Answer };
type Inputs = Readonly<Record<string, Tensor | readonly Tensor[]>>;

const byName = new Map<string, AnyOp>(builtInOps().map((op) => [op.name, op]));

export function callOp({ name, attrs }: GoldenCase, inputs: Inputs): Tensor[] {
  const op = byName.get(name)!;
  const result = op.run(inputs, attrs);
  const changed = (op.mutates ?? []).flatMap((name) => inputs[name]!).map((input) => input.detach());
  if (op.outputNames.length === 0) return changed;
  const made = op.outputNames.length === 1 ? [result as Tensor] : Object.values(result as Record<string, Tensor>);
  return [...made, ...changed];
}

export function callFunction({ name, attrs }: GoldenCase, inputs: Inputs): readonly Tensor[] {
  const result = publicFunctions[name]!(inputs as never, attrs);
  return Array.isArray(result) ? result : [result as Tensor];
}

export type Float = 'float32' | 'float64';

function tensorOf({ shape, dtype, data }: GoldenTensor, float: Float): Tensor {
  const kind = dtype === 'float32' ? float : dtype;
  const values = typedArray(kind, data.length);
  values.set(data);
  return tensor({ data: values, shape }, { dtype: kind, requiresGrad: dtype === 'float32' });
}

/** What the gradient goes back from, as in make-golden.py. */
function upstream({ shape, dtype }: Tensor, seed?: readonly [element: number, value: number]): Tensor {
  const values = typedArray(dtype, sizeOf(shape));
  for (let i = 0; i < values.length; i++) values[i] = (((5 * i) % 16) - 7.5) / 8;
  if (seed !== undefined && seed[0] < values.length) values[seed[0]] = seed[1];
  return tensor({ data: values, shape });
}

/** Our answer to a case. */
export function answer(
  golden: GoldenCase,
  call: typeof callFunction,
  float: Float,
  seed?: readonly [element: number, value: number],
): { outputs: readonly Tensor[]; gradients: Tensor[] } {
  const inputs: Record<string, Tensor | readonly Tensor[]> = {};
  for (const [name, given] of Object.entries(golden.inputs)) {
    inputs[name] = Array.isArray(given)
      ? given.map((one) => tensorOf(one, float))
      : tensorOf(given as GoldenTensor, float);
  }
  const outputs = call(golden, inputs);
  const leaves = Object.values(inputs)
    .flat()
    .filter(({ requiresGrad }) => requiresGrad);
  const roots = outputs.filter(({ requiresGrad }) => requiresGrad);
  if (leaves.length === 0 || roots.length === 0) return { outputs, gradients: [] };
  const total = roots.map((y) => y.mul(upstream(y, seed)).sum()).reduce((sum, term) => sum.add(term));
  const found = gradients(total, leaves, { allowUnused: true });
  // As in make-golden.py: no gradient is one of zeros.
  return { outputs, gradients: leaves.map((leaf, i) => found[i] ?? zerosLike(leaf)) };
}
