// What networks are saved as, and made of again: a kind, a config in JSON, and weights. Nothing in a state is trusted.

import {
  ArgumentError,
  BackendError,
  DlError,
  FormatError,
  Generator,
  MemoryError,
  printable,
  shown,
  type Tensor,
  type TypedArray,
  withGenerator,
} from '@dl/autograd';
import type { StateSource, StepModel } from '@dl/layers';

/** A network that can be saved: a model that says of what kind it is, with a config in JSON that makes its like. */
export interface SavableNetwork extends StepModel {
  /** What the table of networks calls it. */
  readonly kind: string;
  /** What the function in that table makes one of: a value of JSON. */
  readonly config: object;
  stateDict(): Readonly<Record<string, Tensor>>;
  loadStateDict(state: StateSource): unknown;
  dispose(): void;
}

/** Makes networks of one kind. */
export interface NetworkKind {
  // biome-ignore lint/suspicious/noExplicitAny: each kind has a config of its own
  (config: any): SavableNetwork;
  /** How many weights a network of this config has at least: files with fewer are refused before anything is made. Default: not known. */
  // biome-ignore lint/suspicious/noExplicitAny: each kind has a config of its own
  readonly leastWeights?: (config: any) => number;
}

/** Kinds of networks by name. */
export type NetworkKinds = Readonly<Record<string, NetworkKind>>;

/** A tensor of a saved network. */
export interface SavedWeights {
  readonly data: TypedArray;
  readonly shape: readonly number[];
  readonly dtype: Tensor['dtype'];
}

/** What a network is saved as. */
export interface NetworkState {
  readonly format: 'dl-network';
  readonly version: 1;
  readonly kind: string;
  readonly config: object;
  /** Parameters and buffers by name; one that is shared comes once, under the first of its names. */
  readonly weights: Readonly<Record<string, SavedWeights>>;
}

const FORMAT = 'dl-network';
const VERSION = 1;

/** Whether a model can be saved as a network. */
export function isNetwork(model: unknown): model is SavableNetwork {
  const given = (model ?? {}) as Partial<SavableNetwork>;
  return typeof given.kind === 'string' && isRecord(given.config) && typeof given.stateDict === 'function';
}

/** Whether a state is that of a network. */
export const isNetworkState = (state: unknown): boolean => (state as Partial<NetworkState> | null)?.format === FORMAT;

/** The state of a network whose values `read` gives. */
export function networkState(model: SavableNetwork, read: (tensor: Tensor) => TypedArray): NetworkState {
  const weights = onceEach(model).map(([name, tensor]) => {
    const { shape, dtype } = tensor;
    return [name, { data: read(tensor), shape, dtype }] as const;
  });
  return {
    format: FORMAT,
    version: VERSION,
    kind: model.kind,
    config: asJson(model.kind, 'config', model.config) as object,
    weights: Object.fromEntries(weights),
  };
}

/** The tensors of a network, each under the first of its names. */
export function onceEach(model: SavableNetwork): (readonly [name: string, tensor: Tensor])[] {
  return [...firstNames(model)].map(([tensor, name]) => [name, tensor]);
}

function firstNames(model: SavableNetwork): Map<Tensor, string> {
  const names = new Map<Tensor, string>();
  for (const [name, tensor] of Object.entries(model.stateDict())) if (!names.has(tensor)) names.set(tensor, name);
  return names;
}

/** The same value, all of it what JSON holds. */
function asJson(kind: string, path: string, value: unknown): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) return value;
  if (Array.isArray(value)) return value.map((each, i) => asJson(kind, `${path}.${i}`, each));
  const prototype: unknown = typeof value === 'object' ? Object.getPrototypeOf(value) : undefined;
  if (prototype === Object.prototype || prototype === null) {
    const entries = Object.entries(value as object).filter(([, each]) => each !== undefined);
    return Object.fromEntries(entries.map(([key, each]) => [key, asJson(kind, `${path}.${key}`, each)]));
  }
  throw new ArgumentError(
    `LanguageModel.state: ${path} of the network of kind '${printable(kind)}' is ${shown(value)}, which no file holds; needs numbers, texts, lists and plain objects`,
  );
}

/** The network of a state, once its config, names, shapes and sizes are known to fit. */
export function networkFromState(where: string, state: unknown, networks: NetworkKinds | undefined): SavableNetwork {
  const { version, kind, config, weights } = state as Partial<NetworkState>;
  const damaged = (words: string, cause?: unknown): FormatError =>
    new FormatError(`${where}: ${words}; the file is damaged`, cause === undefined ? {} : { cause });
  if (version !== VERSION) {
    throw new FormatError(
      `${where}: the network was saved in version ${shown(version)}, needs ${VERSION}; save it again with this version of @dl/lm`,
    );
  }
  if (typeof kind !== 'string') throw damaged(`the kind of the network is ${shown(kind)}, needs a text`);
  const name = printable(kind);
  if (networks === undefined) {
    throw new ArgumentError(
      `${where}: the model is a network of kind '${name}', and nothing here makes one; give { networks: networkModels } with networkModels of @dl/lm/neural`,
    );
  }
  const make = Object.hasOwn(networks, kind) ? networks[kind] : undefined;
  if (typeof make !== 'function') {
    throw new ArgumentError(
      `${where}: the model is a network of kind '${name}', and networks has ${Object.keys(networks).join(', ') || 'none'}; add what makes it: { ...networkModels, '${name}': (config) => … }`,
    );
  }
  if (!isRecord(config)) throw damaged(`the config of the network is ${shown(config)}, needs a record`);
  const total = sizeOfAll(weights, damaged);
  if (make.leastWeights !== undefined) {
    const least = make.leastWeights(config);
    if (!(least <= total)) {
      throw damaged(
        Number.isNaN(least)
          ? `the sizes in the config of the network are ${printable(JSON.stringify(config), 200)}, needs whole numbers of at least 1`
          : `the config of the network asks for at least ${least} weights, but there are ${total}`,
      );
    }
  }
  let model: SavableNetwork;
  try {
    // What it starts with is overwritten, and nobody else is to draw other numbers for it.
    model = withGenerator(new Generator(0), () => make(config));
  } catch (cause) {
    needOwn(cause);
    throw cause instanceof DlError ? damaged(`there is no network of this config: ${cause.message}`, cause) : cause;
  }
  try {
    model.loadStateDict(withAllNames(model, weights as NetworkState['weights']));
    return model;
  } catch (cause) {
    model.dispose();
    needOwn(cause);
    throw cause instanceof DlError ? damaged(`the weights do not fit the config: ${cause.message}`, cause) : cause;
  }
}

/** Throws again what is no fault of the state: that there is no backend, or no memory. */
export function needOwn(cause: unknown): void {
  if (cause instanceof BackendError || cause instanceof MemoryError) throw cause;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);

/** How many numbers there are in all weights, each of which has what its shape says. */
function sizeOfAll(weights: unknown, damaged: (words: string) => FormatError): number {
  if (!isRecord(weights)) throw damaged(`the weights are ${shown(weights)}, needs a record of tensors`);
  let total = 0;
  for (const [name, value] of Object.entries(weights)) {
    const { data, shape } = (value ?? {}) as Partial<SavedWeights>;
    const isShape = Array.isArray(shape) && shape.every((length) => Number.isSafeInteger(length) && length >= 0);
    const size = isShape ? shape.reduce((product, length) => product * length, 1) : Number.NaN;
    if (!ArrayBuffer.isView(data) || data.length !== size) {
      throw damaged(`the weights '${printable(name)}' are ${shown(value)}, needs values with their shape`);
    }
    total += size;
  }
  return total;
}

/** Weights under each of the names that they have in a model. */
function withAllNames(model: SavableNetwork, weights: NetworkState['weights']): StateSource {
  const first = firstNames(model);
  const all: Record<string, SavedWeights> = { ...weights };
  for (const [name, tensor] of Object.entries(model.stateDict())) {
    const from = first.get(tensor)!;
    if (from !== name && !Object.hasOwn(weights, name) && Object.hasOwn(weights, from)) all[name] = weights[from]!;
  }
  return all;
}
