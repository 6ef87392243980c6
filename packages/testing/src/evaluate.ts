// An op as a function of numbers: from those of its inputs and of the upstream gradients to those of its results and of the
// gradients of its inputs.

import {
  type AnyOp,
  type Backend,
  type DType,
  gradients,
  type Shape,
  scope,
  type Tensor,
  tensor,
  typedArray,
  withBackend,
} from '@dl/autograd';
import type { SampleCase } from '@dl/autograd/samples';
import { hasGradient, isList, runSample, type SampleTensors, sampleTensors } from './sample-inputs.js';

/** Numbers with a shape and a name, such as `x`, `xs[1]` or `dy`. */
export interface Numbers {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly values: Float64Array;
}

/** Everything that a call depends on. */
export interface Setting {
  readonly inputs: readonly Numbers[];
  /** One for each result that has a gradient. */
  readonly upstream: readonly Numbers[];
}

/** One element of a setting: of the inputs, and after them of the upstream gradients. */
export interface Place {
  readonly at: number;
  readonly element: number;
}

/** What came: results, then gradients. */
export type Evaluation = readonly { readonly name: string; readonly values: Float64Array; readonly isFloat: boolean }[];

/** The names of what can hold a special value: float inputs, lists as one, and upstream gradients. */
export function slotsOf(op: AnyOp, sample: SampleCase): string[] {
  const isFloat = (input: unknown): boolean => {
    if (Array.isArray(input)) return input.length > 0 && isFloat(input[0]);
    if (typeof input !== 'object' || input === null) return typeof input === 'number';
    const { dtype = 'float32' } = input as { dtype?: DType };
    return dtype === 'float32';
  };
  const inputs = Object.entries(sample.inputs)
    .filter(([, input]) => isFloat(input))
    .map(([name]) => name);
  if (op.declaration.grad === 'nondifferentiable' || inputs.length === 0) return inputs;
  const isUpstream = op.outputNames.filter((name: string) => name !== 'indices');
  return [...inputs, ...isUpstream.map((name: string) => `d${name}`)];
}

/** The setting of a sample: its own inputs, and upstream gradients that are all different and none of them 0. */
export async function base(op: AnyOp, sample: SampleCase, reference: Backend): Promise<Setting> {
  using _ = scope();
  const tensors = sampleTensors(sample, 'float64', reference);
  const inputs: Numbers[] = [];
  for (const [name, tensor] of named(tensors)) inputs.push(await numbers(name, tensor));
  const outputs = withBackend(reference, () =>
    runSample(op, sampleTensors(sample, 'float64', reference), sample.attrs),
  );
  const hasUpstream = op.declaration.grad !== 'nondifferentiable' && inputs.some(({ dtype }) => dtype === 'float64');
  const upstream = Object.entries(outputs)
    .filter(([name, { dtype }]) => hasUpstream && dtype === 'float64' && op.outputNames.includes(name))
    .map(([name, { shape, dtype, size }], k) => {
      const values = Float64Array.from({ length: size }, (_, i) => (((5 * i + 3 * k) % 16) - 7.5) / 8);
      return { name: `d${name}`, shape, dtype, values };
    });
  return { inputs, upstream };
}

async function numbers(name: string, tensor: Tensor): Promise<Numbers> {
  return { name, shape: tensor.shape, dtype: tensor.dtype, values: Float64Array.from(await tensor.data()) };
}

function named(tensors: SampleTensors): [string, Tensor][] {
  return Object.entries(tensors).flatMap(([name, value]): [string, Tensor][] => {
    if (value === undefined) return [];
    return Array.isArray(value) ? value.map((each, i) => [`${name}[${i}]`, each]) : [[name, value as Tensor]];
  });
}

export function numbersAt({ inputs, upstream }: Setting, { at }: Place): Numbers {
  return at < inputs.length ? inputs[at]! : upstream[at - inputs.length]!;
}

/** The setting with another number at one place. */
export function withValue({ inputs, upstream }: Setting, { at, element }: Place, value: number): Setting {
  const change = (numbers: Numbers, i: number): Numbers =>
    i === at ? { ...numbers, values: numbers.values.with(element, value) } : numbers;
  return { inputs: inputs.map(change), upstream: upstream.map((numbers, i) => change(numbers, inputs.length + i)) };
}

/** Calls the op, and goes back through it, on a backend in a dtype. */
export async function evaluate(
  op: AnyOp,
  sample: SampleCase,
  { inputs, upstream }: Setting,
  float: 'float32' | 'float64',
  backend: Backend,
): Promise<Evaluation> {
  using _ = scope();
  const made = inputs.map((each) => make(each, float, backend));
  const canHave = ({ name }: Numbers): boolean => hasGradient(op, name.replace(/\[\d+\]$/, ''));
  const leaves = made.filter(({ dtype }, i) => dtype === float && canHave(inputs[i]!));
  const outputs = withBackend(backend, () => {
    if (upstream.length > 0) for (const leaf of leaves) leaf.requiresGrad = true;
    return runSample(op, asSample(sample, made), sample.attrs);
  });
  const found = withBackend(backend, () => {
    const roots = upstream.filter(({ name }) => outputs[name.slice(1)]!.requiresGrad);
    if (roots.length === 0) return [];
    const total = roots
      .map((each) => outputs[each.name.slice(1)]!.mul(make(each, float, backend)).sum())
      .reduce((sum, term) => sum.add(term));
    return gradients(total, leaves, { allowUnused: true });
  });
  const read = async (tensor: Tensor): Promise<Float64Array> => Float64Array.from(await tensor.data());
  // All at once: a device is then waited for but once.
  return Promise.all([
    ...Object.entries(outputs).map(async ([name, y]) => ({ name, values: await read(y), isFloat: y.dtype === float })),
    ...found.map(async (gradient, i) => {
      const { name } = inputs[made.indexOf(leaves[i]!)]!;
      const values = gradient === undefined ? new Float64Array(leaves[i]!.size) : await read(gradient);
      return { name: `the gradient of ${name}`, values, isFloat: true };
    }),
  ]);
}

function make({ shape, dtype, values }: Numbers, float: 'float32' | 'float64', backend: Backend): Tensor {
  const kind = dtype === 'float64' ? float : dtype;
  const data = typedArray(kind, values.length);
  data.set(values);
  return tensor({ data, shape }, { dtype: kind, backend });
}

/** The tensors, which stand in the order of the sample's inputs, by name and as lists again. */
function asSample(sample: SampleCase, made: readonly Tensor[]): SampleTensors {
  let next = 0;
  const byName: Record<string, Tensor | readonly Tensor[] | undefined> = {};
  for (const [name, input] of Object.entries(sample.inputs)) {
    if (input === undefined) continue;
    byName[name] = isList(input) ? input.map(() => made[next++]!) : made[next++]!;
  }
  return byName;
}
