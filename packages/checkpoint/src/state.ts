// States: nested plain objects with tensors in them (a training run, an optimiser) ↔ bytes, and back exactly.

import { ArgumentError, type Bytes, checkCall, FormatError, printable } from '@dl/autograd';
import { fromSafetensors } from './read.js';
import type { SavedTensor, TensorSource } from './safetensors.js';
import { toSafetensors } from './write.js';

/** What {@link unpackState} gives. */
export type State =
  | SavedTensor
  | null
  | boolean
  | number
  | string
  | readonly State[]
  | { readonly [key: string]: State };

/** The metadata entry that holds everything but the values of tensors. */
const STATE = 'state';

// JSON has no NaN, no infinities, and forgets the sign of -0.
const specialNumbers: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
  '-0': -0,
};

/**
 * Packs a state (plain objects, arrays, numbers, texts, booleans, null, and tensors or `{ data, shape }`, nested in any
 * way) into bytes that are a safetensors file: the tensors in it under their paths (`model.conv1.weight`), where
 * any reader of the format finds them, the rest as JSON beside them. Every number comes back exactly. A key with the
 * value undefined is left out.
 *
 * @throws ArgumentError for what cannot come back: functions, dates, instances of classes, keys that begin with `$`.
 *
 * @example
 * ```ts
 * import { packState, unpackState } from '@dl/checkpoint';
 * const bytes = packState({ epoch: 3, model: { bias: { data: Float32Array.of(0.5), shape: [1] } } });
 * console.log(unpackState(bytes)); // { epoch: 3, model: { bias: { data: Float32Array [0.5], shape: [1], dtype: 'float32' } } }
 * ```
 */
export function packState(state: unknown): Bytes {
  checkCall('packState', arguments, ['state']);
  const tensors: Record<string, TensorSource> = {};
  const json = toJson(state, [], [], tensors);
  return toSafetensors(tensors, { metadata: { [STATE]: JSON.stringify(json) } });
}

/**
 * The state that {@link packState} made the bytes of. The type parameter says what the caller expects; whoever uses
 * the state must check it, for nothing here does.
 *
 * @throws FormatError, in one sentence, for bytes that are damaged or were not made by `packState`.
 */
export function unpackState<S = State>(bytes: Uint8Array): S {
  checkCall('unpackState', arguments, ['bytes']);
  const { tensors, metadata } = fromSafetensors(bytes);
  const json = Object.hasOwn(metadata, STATE) ? metadata[STATE] : undefined;
  if (json === undefined)
    throw new FormatError('unpackState: the file holds tensors but no state; read it with fromSafetensors');
  return fromJson(parse(json), tensors) as S;
}

/** How deep a state may be nested: far more than one is, far less than a reader's stack holds. */
const MOST_LEVELS = 500;

/** @param around The objects and arrays that the value lies in, the outermost first. */
function toJson(
  value: unknown,
  path: readonly string[],
  around: readonly object[],
  tensors: Record<string, TensorSource>,
): unknown {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return toJsonNumber(value);
  const level = around.indexOf(value as object);
  if (level >= 0) {
    const whole = level === 0 ? 'the state itself' : `'${path.slice(0, level).join('.')}', in which it lies`;
    throw cannot(path, `is ${whole}; a state has no cycles: leave it out, or save a name instead`);
  }
  if (around.length > MOST_LEVELS) throw cannot(path.slice(0, 5), `is nested more than ${MOST_LEVELS} levels deep`);
  const within = [...around, value as object];
  if (Array.isArray(value)) {
    return value.map((item: unknown, i) => toJson(item, [...path, String(i)], within, tensors));
  }
  if (isTensor(value)) {
    const name = path.join('.') || 'tensor';
    if (Object.hasOwn(tensors, name)) {
      throw new ArgumentError(
        `packState: two tensors have the path '${printable(name)}'; rename a key that has a dot in it`,
      );
    }
    tensors[name] = value;
    return { $tensor: name };
  }
  if (isPlain(value)) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    return Object.fromEntries(
      entries.map(([key, item]) => {
        if (key.startsWith('$')) throw cannot([...path, key], 'has a key that begins with $; rename it');
        return [key, toJson(item, [...path, key], within, tensors)];
      }),
    );
  }
  throw cannot(path, `is ${describe(value)}, needs plain objects, arrays, numbers, texts, booleans, null or tensors`);
}

function toJsonNumber(value: number): unknown {
  const name = Object.is(value, -0) ? '-0' : String(value);
  return Object.hasOwn(specialNumbers, name) ? { $number: name } : value;
}

function fromJson(json: unknown, tensors: Readonly<Record<string, SavedTensor>>, level = 0): State {
  if (typeof json !== 'object' || json === null) return json as State;
  if (level > MOST_LEVELS) {
    throw new FormatError(
      `unpackState: the state is nested more than ${MOST_LEVELS} levels deep; the file is damaged, or was not made by packState`,
    );
  }
  if (Array.isArray(json)) return json.map((item) => fromJson(item, tensors, level + 1));
  const { $tensor: name, $number: special } = json as { $tensor?: unknown; $number?: unknown };
  if (name !== undefined) {
    if (typeof name !== 'string' || !Object.hasOwn(tensors, name)) {
      throw new FormatError(
        `unpackState: the state refers to tensor ${quoted(name)}, which the file does not have; it is damaged`,
      );
    }
    return tensors[name]!;
  }
  if (special !== undefined) {
    if (typeof special !== 'string' || !Object.hasOwn(specialNumbers, special)) {
      throw new FormatError(
        `unpackState: the state has the number ${quoted(special)}, needs one of ${Object.keys(specialNumbers).join(', ')}; the file is damaged`,
      );
    }
    return specialNumbers[special]!;
  }
  return Object.fromEntries(Object.entries(json).map(([key, item]) => [key, fromJson(item, tensors, level + 1)]));
}

const quoted = (value: unknown): string =>
  typeof value === 'string' ? `'${printable(value)}'` : `of type ${typeof value}`;

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new FormatError('unpackState: the state is no JSON; the file is damaged, or was not made by packState', {
      cause,
    });
  }
}

function isTensor(value: unknown): value is TensorSource {
  return typeof value === 'object' && value !== null && 'shape' in value && ('dataSync' in value || 'data' in value);
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function cannot(path: readonly string[], words: string): ArgumentError {
  return new ArgumentError(`packState: ${path.length === 0 ? 'the state' : `'${printable(path.join('.'))}'`} ${words}`);
}

function describe(value: unknown): string {
  if (typeof value !== 'object') return `a ${typeof value}`;
  return `a ${value?.constructor?.name ?? 'object'}`;
}
