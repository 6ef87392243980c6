// defineOp: everything that is true of an op on every backend, said once. Kernels are typed by what is said here.

import { checkCall, type Known, type KnownOptions, type Parameter } from '../arguments/check-call.js';
import type { Kind } from '../arguments/kinds.js';
import { copyMark, ownCopy, refuseOtherCopy } from '../copies.js';
import { ArgumentError } from '../errors.js';
import type { DType } from '../tensor/dtype.js';
import type { RowGradient } from '../tensor/row-gradient.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Unpacked } from './halves.js';
import { type Signature, signatureOf } from './op-signature.js';
import { runOp } from './run-op.js';

/** A shape and a dtype: what is known of a tensor without its values. Every tensor is one. */
export interface Spec {
  readonly shape: Shape;
  readonly dtype: DType;
}

// Inputs are declared by name: 'x' is one tensor, 'bias?' one that may be left out, '...xs' a list of them.
type SlotName<S extends string> = S extends `...${infer N}` ? N : S extends `${infer N}?` ? N : S;
export type Slots<I extends readonly string[], T> = {
  readonly [S in I[number] as SlotName<S>]: S extends `...${string}`
    ? readonly T[]
    : S extends `${string}?`
      ? T | undefined
      : T;
};
type Names<I extends readonly string[]> = SlotName<I[number]>;
// Outputs likewise: 'y' is returned, 'lse?' is made for the gradient alone.
type Returned<O extends readonly string[]> = string[] extends O
  ? O
  : O extends readonly [infer N extends string, ...infer Rest extends readonly string[]]
    ? N extends `${string}?`
      ? Returned<Rest>
      : readonly [N, ...Returned<Rest>]
    : O;
type AllNames<O extends readonly string[]> = { readonly [K in keyof O]: O[K] extends `${infer N}?` ? N : O[K] };
type Several<O extends readonly string[], T> = { readonly [N in O[number]]: T };

type ResultOf<O extends readonly string[], T> = O extends readonly [string]
  ? T
  : O extends readonly []
    ? // biome-ignore lint/suspicious/noConfusingVoidType: it is what functions return
      void
    : Several<O, T>;
/** What an op returns: a tensor, a record of them where it has several outputs, nothing where it only changes its inputs. */
export type OpResult<O extends readonly string[]> = ResultOf<Returned<O>, Tensor>;
export type InferResult<O extends readonly string[]> = ResultOf<AllNames<O>, Spec>;
/** What a decomposition returns: the outputs; of an op that changes inputs, a record of both by name, the changed ones as their new values. */
export type Composition<I extends readonly string[], O extends readonly string[], M extends string> = [M] extends [
  never,
]
  ? OpResult<O>
  : { readonly [N in Names<I> & M]: Slots<I, Tensor>[N] } & Several<Returned<O>, Tensor>;

/**
 * What a gradient formula is given: `dy` (and so on: "d" before each output's name), the tensors that the op
 * `saves`, and of everything else the shape and dtype alone, so that nothing is held in memory unnoticed.
 */
export type GradContext<I extends readonly string[], O extends readonly string[], S extends string> = {
  readonly [N in Returned<O>[number] as `d${N}`]: Tensor;
} & Slots<I, Spec> &
  Several<Returned<O>, Spec> & { readonly [N in Names<I> & S]: Slots<I, Tensor>[N] } & {
    readonly [N in O[number] & S]: Tensor;
  } & { readonly [N in O[number] as N extends `${infer R}?` ? R : never]: Tensor };

/** For each input the formula of its gradient, called only when that gradient is wanted; null where there is none. */
export type Gradients<I extends readonly string[]> = {
  readonly [S in I[number] as SlotName<S>]:
    | (S extends `...${string}` ? () => readonly Tensor[] : () => Tensor | RowGradient)
    | null;
};

/** A tensor as a kernel sees it. */
export interface KernelTensor extends Spec {
  readonly size: number;
  readonly handle: object;
}

/** The inputs and outputs of an op, by name, as its kernel sees them. */
export type KernelTensors<I extends readonly string[], O extends readonly string[]> = Slots<I, KernelTensor> & {
  readonly [N in O[number] as SlotName<N>]: N extends `${string}?` ? KernelTensor | undefined : KernelTensor;
};

/** Calls the op with named inputs and all its attributes. */
export type Run<I extends readonly string[], A, O extends readonly string[]> = (
  inputs: Slots<I, Tensor>,
  attrs: A,
) => OpResult<O>;

type Options<A> = keyof A extends never ? [] : [options?: Partial<A>];
/** How an op is called unless its declaration says otherwise: inputs in order, then the attributes as options. */
export type DefaultCall<I extends readonly string[], A, O extends readonly string[]> = I extends readonly [string]
  ? (x: Tensor, ...options: Options<A>) => OpResult<O>
  : I extends readonly [string, string]
    ? (a: Tensor, b: Tensor, ...options: Options<A>) => OpResult<O>
    : (...args: never) => OpResult<O>;

export interface OpDeclaration<
  I extends readonly string[],
  A extends object,
  O extends readonly string[],
  S extends string,
  F,
  M extends string = never,
> {
  readonly name: string;
  /** Names of the inputs: `'x'`, `'bias?'` for one that may be absent, `'...xs'` for a list. */
  readonly inputs: I;
  /**
   * Names of the outputs; `['y']` when not given. Last may come such as `'lse?'`, in reserve for the gradient: the kernel is asked for it when a
   * gradient is recorded, and finds it undefined otherwise; `grad` is given it, and nobody else. Such an op has `grad` and
   * `compose`, by which it is differentiated where it has no kernel, and when gradients of gradients are wanted.
   */
  readonly outputs?: O;
  /** The attributes with their defaults, from which their types are inferred; `required as T` for those without one. */
  readonly attrs?: A;
  /** Inputs and outputs whose values the gradient needs: they stay in memory until backward has run. */
  readonly saves?: readonly S[];
  /**
   * For an op that need not copy. `true`: the output is the input in another shape, and a change in place is seen in both. A function:
   * where in the buffer of its first input the output lies in one piece, as the number of elements before it, or undefined where it does not.
   * The output's values are its own then: the buffer is shared until one of the two changes. Where the backend cannot
   * start inside a buffer, the kernel copies.
   */
  readonly view?: true | ((inputs: Slots<I, Spec>, attrs: A) => number | undefined);
  /**
   * Inputs that the op changes in place, as `assign` does; a tensor that it changes comes in once only. It may have outputs, too, or
   * `outputs: []`. Its gradient is a formula, which cannot save what is changed, or it is nondifferentiable.
   */
  readonly mutates?: readonly (M & Names<I>)[];
  /**
   * For an op that puts its second input in the place of a part of its first, and does nothing else: where in the first that part lies in one
   * piece, as the number of elements before it, or undefined where it does not. One piece is copied there by the backend; everything
   * else is left to the kernel.
   */
  overwrites?(inputs: Slots<I, Spec>, attrs: A): number | undefined;
  /** Shapes and dtypes of the outputs; throws when the inputs do not fit, naming what came and what is needed. */
  infer(inputs: Slots<I, Spec>, attrs: A): InferResult<O>;
  /** The gradient of each input, written in ops; left out when it follows from `compose`. */
  readonly grad?: 'nondifferentiable' | ((context: GradContext<I, O, S>, attrs: A) => Gradients<I>);
  /** The op in terms of other ops, for backends without a kernel for it. */
  compose?(inputs: Slots<I, Tensor>, attrs: A): Composition<I, O, NoInfer<M>>;
  /**
   * What comes of `float16` and `bfloat16`, which are refused where nothing is said. `true`: the op only moves elements, and its kernels take
   * them as they are stored. A list of inputs: those may be halves beside an input of floats, in whose dtype kernels, `infer` and
   * `compose` are given them; `grad` finds the halves.
   */
  readonly halves?: true | Unpacked<Names<I>>;
  /**
   * Decorates `run` where the op takes dtypes that its kernels, `compose` and `grad` do not know: booleans that are counted as integers.
   * `infer` says what comes of them.
   */
  adapt?(run: Run<I, A, O>): Run<I, A, O>;
  /** The public signature, where it is not the inputs in order followed by options. */
  call?(run: Run<I, A, O>): F;
  /** What `call` takes, by which each call is checked; without it, none is. */
  readonly takes?: Takes;
}

/** The names of what a function takes before its options, in order, and the options. */
export interface Takes {
  readonly parameters: readonly Parameter[];
  readonly options?: KnownOptions;
}

/** What the dispatcher needs of a declaration. */
export interface Declared<I extends readonly string[], A extends object, O extends readonly string[]> {
  readonly view?: true | ((inputs: Slots<I, Spec>, attrs: A) => number | undefined);
  overwrites?(inputs: Slots<I, Spec>, attrs: A): number | undefined;
  infer(inputs: Slots<I, Spec>, attrs: A): InferResult<O>;
  readonly grad?: 'nondifferentiable' | ((context: never, attrs: A) => object);
  readonly halves?: true | Unpacked;
  compose?(inputs: Slots<I, Tensor>, attrs: A): unknown;
}

/** An op: the key under which backends register their kernels. It is also a function on tensors, see {@link Op}. */
export interface OpInfo<I extends readonly string[], A extends object, O extends readonly string[]> {
  readonly name: string;
  readonly slots: readonly Slot[];
  /** As declared. */
  readonly outputs: O;
  /** Those that it returns. */
  readonly outputNames: readonly string[];
  /** Those that only the gradient needs. */
  readonly reserveNames: readonly string[];
  readonly defaults: A;
  readonly saves: ReadonlySet<string>;
  /** The inputs that it changes in place; undefined for an op that changes none. */
  readonly mutates: readonly string[] | undefined;
  readonly declaration: Declared<I, A, O>;
  /** @internal How its records are read and made. */
  readonly signature: Signature;
  /** Calls the op with named inputs and every attribute. */
  readonly run: Run<I, A, O>;
}

/** An op as users have it: the function that they call, and what is known of the op. */
export type Op<I extends readonly string[], A extends object, O extends readonly string[], F> = F & OpInfo<I, A, O>;

/** Any op, where its inputs and attributes do not matter. */
// biome-ignore lint/suspicious/noExplicitAny: the one place where ops of all types meet; kernels are typed where they are made
export type AnyOp = OpInfo<any, any, any>;

/** An input as the dispatcher sees it. */
export interface Slot {
  readonly name: string;
  readonly kind: 'one' | 'optional' | 'list';
}

/** Marks an attribute that has no default: `attrs: { shape: required<Shape>() }`. */
export function required<T>(): T {
  return undefined as T;
}

/**
 * Declares an op. The result is a function on tensors, and the key under which backends register kernels for it.
 *
 * @example
 * ```ts
 * import { defineOp, exp, mul, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 *
 * // e^(-x²), from other ops: it runs on every backend, and its gradient follows.
 * const gaussian = defineOp({
 *   name: 'gaussian',
 *   inputs: ['x'],
 *   infer: ({ x }) => ({ shape: x.shape, dtype: x.dtype }),
 *   compose: ({ x }) => exp(mul(mul(x, x), -1)),
 * });
 *
 * await useBackend(cpu());
 * console.log(gaussian(tensor([0, 1])).toArray()); // [1, 0.3678…]
 * ```
 */
export function defineOp<
  const I extends readonly string[],
  A extends object = Record<never, never>,
  const O extends readonly string[] = readonly ['y'],
  const S extends string = never,
  F = DefaultCall<I, A, O>,
  const M extends string = never,
>(declaration: OpDeclaration<I, A, O, S, F, M>): Op<I, A, O, F> {
  const { mutates } = declaration;
  const outputs = (declaration.outputs ?? ['y']) as O;
  const reserveNames = outputs.filter((name) => name.endsWith('?')).map((name) => name.slice(0, -1));
  const outputNames = outputs.filter((name) => !name.endsWith('?'));
  checkDeclaration(declaration, outputs, reserveNames);
  const slots = declaration.inputs.map(parseSlot);
  const defaults = (declaration.attrs ?? {}) as A;
  const dispatch: Run<I, A, O> = (inputs, attrs) => runOp(op, inputs, attrs);
  const run = declaration.adapt?.(dispatch) ?? dispatch;
  const takes = declaration.call === undefined ? defaultTakes(slots, defaults) : declaration.takes;
  const call = checked(
    declaration.name,
    (declaration.call?.(run) ?? defaultCall(slots, defaults, run)) as (...args: unknown[]) => unknown,
    takes,
  ) as F & { readonly name: string };
  const op: Op<I, A, O, F> = Object.assign(call, {
    slots,
    outputs,
    outputNames,
    reserveNames,
    defaults,
    saves: new Set<string>(declaration.saves),
    mutates,
    declaration,
    signature: signatureOf(declaration.name, slots, [...outputNames, ...reserveNames]),
    run,
    [copyMark]: ownCopy,
  });
  Object.defineProperty(op, 'name', { value: declaration.name });
  return op;
}

interface Checked {
  readonly name: string;
  readonly mutates?: readonly string[];
  readonly saves?: readonly string[];
  readonly grad?: unknown;
  readonly compose?: unknown;
}

function checkDeclaration(
  { name, mutates = [], saves = [], grad, compose }: Checked,
  outputs: readonly string[],
  reserve: readonly string[],
): void {
  const refuse = (why: string): never => {
    throw new ArgumentError(`${name}: ${why}`);
  };
  if (mutates.length > 0) {
    if (grad === undefined || (outputs.length === 0 && grad !== 'nondifferentiable')) {
      refuse(
        outputs.length === 0
          ? "an op that only changes its inputs needs grad: 'nondifferentiable'"
          : "an op that changes inputs needs a formula as grad, or 'nondifferentiable'; what it is composed of is gone when the gradient is computed",
      );
    }
    const both = mutates.find((each) => saves.includes(each));
    if (both !== undefined)
      refuse(`it changes ${both}, and its gradient needs what that was; give it another name for the former value`);
  }
  if (reserve.length === 0) return;
  if (!outputs.slice(-reserve.length).every((each) => each.endsWith('?'))) {
    refuse(`the outputs are ${outputs.join(', ')}; those in reserve for the gradient, with a '?', come last`);
  }
  if (typeof grad !== 'function' || compose === undefined) {
    refuse(
      `${reserve[0]} is in reserve for the gradient, which needs grad, a formula with it, and compose, for backends without the kernel`,
    );
  }
}

function parseSlot(input: string): Slot {
  if (input.startsWith('...')) return { name: input.slice(3), kind: 'list' };
  if (input.endsWith('?')) return { name: input.slice(0, -1), kind: 'optional' };
  return { name: input, kind: 'one' };
}

function defaultCall<A extends object>(
  slots: readonly Slot[],
  defaults: A,
  run: (inputs: never, attrs: A) => unknown,
): (...args: unknown[]) => unknown {
  return (...args) => {
    const inputs: Record<string, unknown> = {};
    for (let i = 0; i < slots.length; i++) inputs[slots[i]!.name] = args[i];
    const options = args[slots.length] as Partial<A> | undefined;
    return run(inputs as never, options === undefined ? defaults : { ...defaults, ...options });
  };
}

/** Inputs in order, then the attributes: what their defaults show, and of one without a default the op itself knows. */
function defaultTakes(slots: readonly Slot[], defaults: object): Takes {
  const entries = Object.entries(defaults).map(([name, value]) => [name, kinds[typeof value] ?? 'any'] as const);
  return {
    parameters: slots.map(({ name }) => name),
    ...(entries.length > 0 && { options: Object.fromEntries(entries) }),
  };
}

const kinds: Readonly<Record<string, Kind>> = { number: 'number', boolean: 'boolean', string: 'string' };

/** The call behind the check of what it is given. */
function checked(
  name: string,
  call: (...args: unknown[]) => unknown,
  takes: Takes | undefined,
): (...args: unknown[]) => unknown {
  // A function of its own either way, since it becomes the op.
  if (takes === undefined) return (...args) => call(...args);
  const { parameters, options } = takes;
  return (...args) => {
    checkCall(name, args, parameters, options);
    return call(...args);
  };
}

/** One backend's implementation of an op: reads its inputs, fills its outputs, knows nothing of gradients. */
// biome-ignore lint/suspicious/noExplicitAny: see AnyOp
export type Kernel = (tensors: any, attrs: any) => void;

/** A kernel and the op that it is for: what a backend's table is made of. */
export interface KernelEntry {
  readonly op: AnyOp;
  readonly run: Kernel;
  /** Who computes, for `info().engine`: the name of a library. */
  readonly by?: string | undefined;
}

export interface KernelOptions {
  /** The library that the kernel calls: `info().engine` of a backend that was given the kernel names it. */
  readonly by?: string;
}

const kernelOptions: Known<KernelOptions> = { by: 'string' };

/** Ties a kernel to its op: names and types come from the op, and a misspelt one does not compile. */
export function defineKernel<I extends readonly string[], A extends object, O extends readonly string[]>(
  op: OpInfo<I, A, O>,
  run: (tensors: KernelTensors<I, O>, attrs: A) => void,
  options: KernelOptions = {},
): KernelEntry {
  checkCall('defineKernel', arguments, ['op', 'run'], kernelOptions);
  const { by } = options;
  refuseOtherCopy(op, 'defineKernel', 'the op');
  return by === undefined ? { op, run } : { op, run, by };
}
