// Loading a state: everything is checked first, so that a state that does not fit changes nothing.

import {
  ArgumentError,
  type DType,
  formatShape,
  type Shape,
  scope,
  Tensor,
  type TypedArray,
  tensor,
  typedArray,
} from '@dl/autograd';
import { describe } from './checks.js';
import type { AnyModule } from './module.js';
import { statePlaces } from './module-tree.js';

/** Parameters and buffers by name. */
export type StateDict = Readonly<Record<string, Tensor>>;

/** Values with their shape, row by row; a plain array has no dtype of its own and takes that of the parameter or buffer. */
export interface StateValues {
  readonly data: TypedArray | readonly number[];
  readonly shape: Shape;
}

/** What can be loaded. */
export type StateSource = Readonly<Record<string, Tensor | StateValues>>;

export function loadStateDict(module: AnyModule, state: StateSource): void {
  const places = statePlaces(module);
  const problems = compare(new Map(places.map(({ name, value }) => [name, value])), state);
  if (problems.length > 0) throw new ArgumentError(`loadStateDict: nothing was loaded. ${problems.join(' ')}`);
  const temporary = scope();
  try {
    // All values are brought to where they belong before the first of them changes anything.
    const values = places.map(({ name, value }) => valuesFor(value, state[name]!));
    places.forEach(({ value }, i) => {
      value.assign(values[i]!);
    });
  } finally {
    temporary.end();
  }
}

/** One sentence for each kind of mistake. */
function compare(parameters: ReadonlyMap<string, Tensor>, state: StateSource): string[] {
  const missing = [...parameters.keys()].filter((name) => !Object.hasOwn(state, name));
  const unexpected = Object.keys(state).filter((name) => !parameters.has(name));
  const malformed: string[] = [];
  const shapes: string[] = [];
  const dtypes: string[] = [];
  for (const [name, { shape, dtype }] of parameters) {
    if (!Object.hasOwn(state, name)) continue;
    const value = state[name]!;
    const fault = faultOf(value);
    const found = dtypeOf(value);
    if (fault !== undefined) malformed.push(`${name} ${fault}`);
    else if (`${value.shape}` !== `${shape}`)
      shapes.push(`${name} is ${formatShape(value.shape)} instead of ${formatShape(shape)}`);
    else if (found !== undefined && found !== dtype) dtypes.push(`${name} is ${found} instead of ${dtype}`);
  }
  const sentences: readonly (readonly [string, readonly string[]])[] = [
    ['Missing from the state:', missing],
    ['Unexpected in the state, the model has no such parameter or buffer:', unexpected],
    ['Misshapen:', shapes],
    ['Of another dtype (cast them first):', dtypes],
    ['Malformed:', malformed],
  ];
  return sentences.filter(([, names]) => names.length > 0).map(([start, names]) => `${start} ${names.join(', ')}.`);
}

function faultOf(value: unknown): string | undefined {
  if (value instanceof Tensor) return value.isFreed ? 'is a freed tensor' : undefined;
  const { data, shape } = (value ?? {}) as Partial<StateValues>;
  if (!(Array.isArray(data) || ArrayBuffer.isView(data)) || !Array.isArray(shape)) {
    return `is ${describe(value)}, not a Tensor or { data, shape }`;
  }
  const size = shape.reduce((product, length) => product * length, 1);
  return data.length === size
    ? undefined
    : `has ${data.length} values for the shape ${formatShape(shape)}, which needs ${size}`;
}

function dtypeOf(value: Tensor | StateValues): DType | undefined {
  if (value instanceof Tensor) return value.dtype;
  if (value?.data instanceof Float32Array) return 'float32';
  if (value?.data instanceof Float64Array) return 'float64';
  if (value?.data instanceof Int32Array) return 'int32';
  if (value?.data instanceof Uint8Array) return 'bool';
  return undefined;
}

function valuesFor(parameter: Tensor, value: Tensor | StateValues): Tensor {
  const { backend, dtype, shape } = parameter;
  if (value instanceof Tensor) return value.detach().to(backend);
  const data = typedArray(dtype, value.data.length);
  data.set(value.data);
  return tensor({ data, shape }, { backend });
}
