// Loading a state: everything is checked first, so that a state that does not fit changes nothing.

import {
  ArgumentError,
  type DType,
  dtypeInfo,
  dtypes,
  formatShape,
  isFloat,
  isHalf,
  refuseOtherCopy,
  type Shape,
  scope,
  shown,
  Tensor,
  type TypedArray,
  tensor,
} from '@dl/autograd';

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

/** Options of `loadStateDict`. */
export interface LoadOptions {
  /** Everything must be there, and nothing else. Default true. */
  readonly strict?: true;
  /**
   * What names of the state are called in the model: by a function, or a map from names, or starts of names up to a dot,
   * to what takes their place. `{ encoder: 'features' }` makes `features.0.weight` of `encoder.0.weight`.
   */
  readonly rename?: Readonly<Record<string, string>> | ((name: string) => string);
}

/** Options of `loadStateDict` that takes what is there. */
export interface PartialLoadOptions extends Omit<LoadOptions, 'strict'> {
  /** Load what is there and fits a name, and report the rest. */
  readonly strict: false;
}

/** What a partial load did, by the names of the model. */
export interface LoadReport {
  /** What was overwritten. */
  readonly loaded: readonly string[];
  /** What the model has and the state has not. */
  readonly missing: readonly string[];
  /** What the state has and the model has not. */
  readonly unexpected: readonly string[];
}

export function loadStateDict(
  module: AnyModule,
  source: StateSource,
  { strict = true, rename }: LoadOptions | PartialLoadOptions,
): LoadReport {
  const state = rename === undefined ? source : renamed(source, rename);
  const all = statePlaces(module);
  const names = new Set(all.map(({ name }) => name));
  const places = strict ? all : all.filter(({ name }) => Object.hasOwn(state, name));
  const report = {
    loaded: places.map(({ name }) => name),
    missing: all.map(({ name }) => name).filter((name) => !Object.hasOwn(state, name)),
    unexpected: Object.keys(state).filter((name) => !names.has(name)),
  };
  const problems = compare(new Map(places.map(({ name, value }) => [name, value])), state, strict);
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
  return report;
}

function renamed(state: StateSource, rename: NonNullable<LoadOptions['rename']>): StateSource {
  const change = typeof rename === 'function' ? rename : renamer(state, rename);
  const found = new Map<string, string>();
  const entries = Object.entries(state).map(([name, value]) => {
    const to = change(name);
    const other = found.get(to);
    if (other !== undefined) {
      throw new ArgumentError(
        `loadStateDict: rename makes ${to} of both ${other} and ${name}; each needs a name of its own`,
      );
    }
    found.set(to, name);
    return [to, value] as const;
  });
  return Object.fromEntries(entries);
}

function renamer(state: StateSource, map: Readonly<Record<string, string>>): (name: string) => string {
  const starts = Object.keys(map).sort((a, b) => b.length - a.length);
  const fits = (name: string, start: string): boolean => name === start || name.startsWith(`${start}.`);
  const idle = starts.filter((start) => !Object.keys(state).some((name) => fits(name, start)));
  if (idle.length > 0) {
    throw new ArgumentError(
      `loadStateDict: nothing in the state is called ${idle.join(', ')}, as rename has it; it has ${Object.keys(state).join(', ')}`,
    );
  }
  return (name) => {
    const start = starts.find((each) => fits(name, each));
    return start === undefined ? name : map[start]! + name.slice(start.length);
  };
}

/** One sentence for each kind of mistake. */
function compare(parameters: ReadonlyMap<string, Tensor>, state: StateSource, strict: boolean): string[] {
  const missing = [...parameters.keys()].filter((name) => !Object.hasOwn(state, name));
  const unexpected = strict ? Object.keys(state).filter((name) => !parameters.has(name)) : [];
  const malformed: string[] = [];
  const shapes: string[] = [];
  const dtypes: string[] = [];
  for (const [name, { shape, dtype }] of parameters) {
    if (!Object.hasOwn(state, name)) continue;
    const value = state[name]!;
    refuseOtherCopy(value, 'loadStateDict', name);
    const fault = faultOf(value);
    const found = dtypeOf(value);
    if (fault !== undefined) malformed.push(`${name} ${fault}`);
    else if (`${value.shape}` !== `${shape}`)
      shapes.push(`${name} is ${formatShape(value.shape)} instead of ${formatShape(shape)}`);
    else if (found !== undefined && !goesInto(found, dtype)) dtypes.push(`${name} is ${found} instead of ${dtype}`);
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
    return `is ${shown(value)}, not a Tensor or { data, shape }`;
  }
  const size = shape.reduce((product, length) => product * length, 1);
  return data.length === size
    ? undefined
    : `has ${data.length} values for the shape ${formatShape(shape)}, which needs ${size}`;
}

/** That of values which do not say it is the first of such arrays. */
function dtypeOf(value: Tensor | StateValues): DType | undefined {
  if (value instanceof Tensor) return value.dtype;
  return dtypes.find((each) => value?.data instanceof dtypeInfo(each).array);
}

/** Nothing is lost: floats of any size hold what is stored in halves. */
function goesInto(found: DType, dtype: DType): boolean {
  return found === dtype || (isHalf(found) && isFloat(dtype));
}

function valuesFor(parameter: Tensor, value: Tensor | StateValues): Tensor {
  const { backend, dtype, shape } = parameter;
  if (value instanceof Tensor) return (value.dtype === dtype ? value.detach() : value.cast(dtype)).to(backend);
  return tensor({ data: value.data, shape }, { dtype, backend });
}
