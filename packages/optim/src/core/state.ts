// The state of an optimiser: what is written down of it, and how that is checked before it is used again.

import {
  ArgumentError,
  checkCall,
  type DType,
  keep,
  noGrad,
  refuseOtherCopy,
  type Shape,
  sizeOf,
  Tensor,
  type TypedArray,
  tensor,
  zerosLike,
} from '@dl/autograd';

/** What an optimiser remembers of one parameter from step to step, by name. */
export type Memory = Readonly<Record<string, Tensor | number>>;

/** The same while it is being filled: nothing at first. */
export type Remembered<M extends Memory> = { -readonly [K in keyof M]?: M[K] };

/** Values with their shape, row by row: a tensor as it was written to a file. */
export interface StateValues {
  readonly data: TypedArray | readonly number[];
  readonly shape: Shape;
}

/** All that an optimiser needs to go on exactly from where it was, besides the parameters themselves. */
export interface OptimizerState<Values = Tensor> {
  /** Which optimiser it is of. */
  readonly optimizer: string;
  /** The options of each group, and the numbers of its parameters, counted through all groups. */
  readonly paramGroups: readonly { readonly params: readonly number[]; readonly [option: string]: unknown }[];
  /** What is remembered of each parameter, by its number; nothing of those that were never changed. */
  readonly state: readonly Readonly<Record<string, Values | number>>[];
}

/** The form of something remembered: a tensor of a shape, or a number where there is none. */
export interface Form {
  readonly shape?: Shape;
  /** It may be absent. Default false. */
  readonly optional?: boolean;
}

type State<Values> = Readonly<Record<string, Values | number>>;

/** Throws unless the state is of this optimiser, with as many parameters in each group. */
export function checkOutline(name: string, state: OptimizerState<unknown>, sizes: readonly number[]): void {
  const fail = (what: string): never => {
    throw new ArgumentError(`${name}: loadStateDict changed nothing: ${what}`);
  };
  if (typeof state !== 'object' || state === null || !Array.isArray(state.paramGroups) || !Array.isArray(state.state)) {
    fail('what it got is not a state; it needs what stateDict() gives');
  }
  if (state.optimizer !== name) fail(`the state is of ${state.optimizer}`);
  const given = state.paramGroups.map(({ params }) => params?.length);
  if (`${given}` !== `${sizes}`) {
    fail(
      `the state has groups of ${given.join(', ') || 'no'} parameters and the optimiser has groups of ${sizes.join(', ')}`,
    );
  }
  const count = sizes.reduce((sum, size) => sum + size, 0);
  if (state.state.length !== count)
    fail(`the state remembers ${state.state.length} parameters and the optimiser has ${count}`);
}

/** Throws unless what a state remembers of a parameter has the right names and forms; `where` begins the sentence. */
export function checkMemory(
  where: string,
  given: State<unknown> | undefined,
  forms: Readonly<Record<string, Form>>,
  { dtype }: Tensor,
): void {
  const fail = (what: string): never => {
    throw new ArgumentError(`${where} ${what}`);
  };
  const names = Object.keys(given ?? {});
  // Nothing is remembered of a parameter that was never changed.
  if (given === undefined || names.length === 0) return;
  for (const name of names) if (!Object.hasOwn(forms, name)) fail(`has ${name}, which this optimiser does not know`);
  for (const [name, { shape, optional = false }] of Object.entries(forms)) {
    const value = given[name];
    refuseOtherCopy(value, where, name);
    if (value === undefined) {
      if (!optional) fail(`lacks ${name}`);
    } else if (shape === undefined) {
      if (typeof value !== 'number' || !Number.isFinite(value)) fail(`has for ${name} something that is not a number`);
    } else if (!isValues(value)) {
      fail(`has for ${name} neither a Tensor nor { data, shape }`);
    } else if (`${value.shape}` !== `${shape}`) {
      fail(`has for ${name} the shape [${value.shape.join(', ')}] instead of [${shape.join(', ')}]`);
    } else if ((dtypeOf(value) ?? dtype) !== dtype) {
      fail(`has for ${name} the dtype ${dtypeOf(value)} instead of ${dtype}; cast it first`);
    }
  }
}

/** What a state remembers of a parameter, as tensors of our own that live where it does. */
export function copyMemory(given: State<Tensor | StateValues>, param: Tensor): Record<string, Tensor | number> {
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, typeof value === 'number' ? value : copyFor(param, value)]),
  );
}

/** What is remembered of each parameter under a name, and zeros where there is nothing yet; {@link remember} them when they hold something. */
export function recall<N extends string>(
  memories: readonly { readonly [K in N]?: Tensor }[],
  name: N,
  params: readonly Tensor[],
): Tensor[] {
  checkCall('recall', arguments, ['memories', 'name', 'params']);
  return memories.map((memory, i) => memory[name] ?? zerosLike(params[i]!));
}

/** Lets tensors out of the scope of the step, and remembers them under a name. */
export function remember<N extends string>(
  memories: readonly { [K in N]?: Tensor }[],
  name: N,
  tensors: readonly Tensor[],
): void {
  checkCall('remember', arguments, ['memories', 'name', 'tensors']);
  memories.forEach((memory, i) => {
    if (memory[name] !== tensors[i]) memory[name] = keep(tensors[i]!);
  });
}

/** Remembers values: a tensor is written over the one of that name, or copied where there is none yet. */
export function store(memory: Record<string, Tensor | number | undefined>, next: Memory): void {
  for (const [name, value] of Object.entries(next)) {
    const former = memory[name];
    if (!(value instanceof Tensor) || value === former) memory[name] = value;
    else if (former instanceof Tensor) former.assign(value);
    // A copy, because it may be the gradient itself, which zeroGrad() frees.
    else memory[name] = keep(value.clone());
  }
}

function isValues(value: unknown): value is Tensor | StateValues {
  if (value instanceof Tensor) return !value.isFreed;
  const { data, shape } = (value ?? {}) as Partial<StateValues>;
  if (!(Array.isArray(data) || ArrayBuffer.isView(data)) || !Array.isArray(shape)) return false;
  return data.length === sizeOf(shape);
}

/** A plain array has no dtype of its own. */
function dtypeOf(value: Tensor | StateValues): DType | undefined {
  if (value instanceof Tensor) return value.dtype;
  if (value.data instanceof Float32Array) return 'float32';
  return value.data instanceof Float64Array ? 'float64' : undefined;
}

function copyFor({ backend, dtype }: Tensor, value: Tensor | StateValues): Tensor {
  if (value instanceof Tensor)
    return keep(noGrad(() => (value.backend === backend ? value.clone() : value.to(backend))));
  return keep(tensor({ data: value.data, shape: value.shape }, { dtype, backend }));
}
