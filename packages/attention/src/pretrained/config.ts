// The config.json of a model of others, read entry by entry. Nothing in it is trusted.

import { ArgumentError, printable } from '@dl/autograd';
import type { FeedForwardActivation } from '../layers/parts.js';

/** A config.json, as `JSON.parse` gives it. */
export type PretrainedConfig = Readonly<Record<string, unknown>>;

/** What is wrong with a config or its weights, in one sentence. */
export function refused(words: string): ArgumentError {
  return new ArgumentError(`fromPretrained: ${words}`);
}

/** A value of a config in a sentence. */
export function quoted(value: unknown): string {
  if (value === undefined) return 'missing';
  try {
    return printable(JSON.stringify(value));
  } catch {
    return 'no value of JSON';
  }
}

/** The entry of a name, or of the first of several names that is there; undefined for null, too. */
function entryOf(config: PretrainedConfig, names: readonly string[]): readonly [name: string, value: unknown] {
  for (const name of names) {
    const value = Object.hasOwn(config, name) ? config[name] : undefined;
    if (value !== undefined && value !== null) return [name, value];
  }
  return [names[0]!, undefined];
}

/** The most that a length in a config may be: more than any model has, and little enough for products of two of them. */
const MOST = 2 ** 26;
/** The most layers: something is made for each of them before weights are looked at. */
const MOST_LAYERS = 2 ** 12;

/** A whole number above 0, by the first of its names that is there. */
export function count(
  config: PretrainedConfig,
  names: string | readonly string[],
  fallback?: number,
  most = MOST,
): number {
  const [name, value] = entryOf(config, [names].flat());
  if (value === undefined && fallback !== undefined) return fallback;
  if (Number.isInteger(value) && (value as number) > 0 && (value as number) <= most) return value as number;
  throw refused(`${name} of the config is ${quoted(value)}, needs a whole number from 1 to ${most}`);
}

/** The number of layers. */
export const layerCount = (config: PretrainedConfig, name: string, fallback: number): number =>
  count(config, name, fallback, MOST_LAYERS);

/** A finite number of at least 0. */
export function number(config: PretrainedConfig, name: string, fallback?: number): number {
  const [, value = fallback] = entryOf(config, [name]);
  if (Number.isFinite(value) && (value as number) >= 0) return value as number;
  throw refused(`${name} of the config is ${quoted(value)}, needs a number of at least 0`);
}

/** The token that begins sequences; the first one where a config names none of the vocabulary, as those do that kept another vocabulary's. */
export function beginOf(config: PretrainedConfig, vocabularySize: number, fallback: number): number {
  const [, value = fallback] = entryOf(config, ['bos_token_id']);
  if (Number.isInteger(value) && (value as number) >= 0)
    return (value as number) < vocabularySize ? (value as number) : 0;
  throw refused(`bos_token_id of the config is ${quoted(value)}, needs a whole number of at least 0`);
}

/** True or false. */
export function flag(config: PretrainedConfig, name: string, fallback: boolean): boolean {
  const [, value = fallback] = entryOf(config, [name]);
  if (typeof value === 'boolean') return value;
  throw refused(`${name} of the config is ${quoted(value)}, needs true or false`);
}

/** Throws where heads do not divide a width. */
export function needHeads(name: string, heads: number, width: number): void {
  if (width % heads !== 0) throw refused(`${name} of the config is ${heads}, needs a number that divides ${width}`);
}

/** A probability of dropout, of at most 1. */
export function dropoutOf(config: PretrainedConfig, name: string, fallback: number): number {
  const p = number(config, name, fallback);
  if (p <= 1) return p;
  throw refused(`${name} of the config is ${quoted(p)}, needs a probability from 0 to 1`);
}

/** Throws where an entry has another value than the one that models here have. */
export function needOnly(config: PretrainedConfig, name: string, only: unknown, fallback: unknown = only): void {
  const [, value = fallback] = entryOf(config, [name]);
  if (value !== only)
    throw refused(`${name} of the config is ${quoted(value)}, and only ${quoted(only)} is known here`);
}

/** Throws where the config names architectures, and the first is none of these. */
export function needArchitecture(config: PretrainedConfig, known: readonly string[]): void {
  const { architectures } = config;
  if (architectures === undefined || architectures === null) return;
  const first: unknown = Array.isArray(architectures) ? architectures[0] : architectures;
  if (first !== undefined && !known.includes(first as string)) {
    throw refused(`the architecture is ${quoted(first)}, needs one of ${known.join(', ')}`);
  }
}

/** The activation of an entry, by what it is called in configs. */
export function activationOf(
  config: PretrainedConfig,
  name: string,
  known: Readonly<Record<string, FeedForwardActivation>>,
  fallback: string,
): FeedForwardActivation {
  const [, value = fallback] = entryOf(config, [name]);
  if (typeof value === 'string' && Object.hasOwn(known, value)) return known[value]!;
  throw refused(`${name} of the config is ${quoted(value)}, needs one of ${Object.keys(known).join(', ')}`);
}

/** Activations of feed-forward parts without a gate, by what they are called in configs. */
export const plainActivations: Readonly<Record<string, FeedForwardActivation>> = {
  gelu: 'gelu',
  gelu_new: 'geluTanh',
  gelu_pytorch_tanh: 'geluTanh',
  gelu_fast: 'geluTanh',
  relu: 'relu',
  silu: 'silu',
  swish: 'silu',
};
