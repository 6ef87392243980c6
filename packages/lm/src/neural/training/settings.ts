// What a training is told, what follows from it, and what of it its state has.

import { ArgumentError, checkInteger, FormatError, type Known, type Platform, shown } from '@dl/autograd';
import type { TokenizerOptions } from '../../tokens/train-tokenizer.js';
import type { NetworkModel } from '../models/network-model.js';
import { checkShare } from './corpus.js';
import type { NetworkFigures, NetworkTrainState } from './events.js';
import {
  completeSizes,
  isNetworkName,
  type NetworkName,
  type NetworkSizes,
  needNetwork,
  networkNames,
  sizeKinds,
} from './models.js';
import type { TrainingLimit } from './pace.js';

/** Options of `trainNetwork`. */
export interface TrainNetworkOptions extends TokenizerOptions, NetworkSizes {
  /** The network: by its name, or one that is there, with as many tokens as the tokenizer or more. Default `lstm`. */
  readonly model?: NetworkName | NetworkModel;
  /** How many steps to train. Default 2,000, and at most 40 passes over the text. */
  readonly steps?: number;
  /** In place of `steps`: how often to go over the text. */
  readonly epochs?: number;
  /** In place of `steps`: how many minutes to train, about. */
  readonly minutes?: number;
  /** How many pieces of text are learned from in a step. Default 32, of several texts 64. */
  readonly batch?: number;
  /** How many tokens a piece has: so far gradients go back. Default 64, of a GPT 128. */
  readonly length?: number;
  /** The highest learning rate: it rises to it in the first twentieth of the training, and falls along half a cosine. Default 0.003, of a GPT and an RNN 0.001. */
  readonly lr?: number;
  /** Of AdamW. Default 0.01. */
  readonly weightDecay?: number;
  /** The share of the text that is not learned from, but measured: its end, or of several texts one in so many. Default 0.1 where there are 1,000 characters or 20 texts, else 0. */
  readonly heldOut?: number;
  /** Steps between two evaluations. Default a twentieth of all. */
  readonly every?: number;
  /** What weights, batches and dropout are drawn from. Default 0. */
  readonly seed?: number;
  /** Stops after the step under way; the reason is then `aborted`. */
  readonly signal?: Platform<'AbortSignal'>;
  /** Where to go on: what `event.state()` gave. The text must be the same; the other options are those of the state, but for how long it trains, which may be said anew. */
  readonly state?: NetworkTrainState;
}

export const trainNetworkOptions: Known<TrainNetworkOptions> = {
  model: 'string or object',
  tokenizer: 'string or object',
  minCount: 'number',
  ...sizeKinds,
  steps: 'number',
  epochs: 'number',
  minutes: 'number',
  batch: 'number',
  length: 'number',
  lr: 'number',
  weightDecay: 'number',
  heldOut: 'number',
  every: 'number',
  seed: 'number',
  signal: 'object',
  state: 'object',
};

/** Numbers that a training keeps when it goes on. */
const kept = ['batch', 'length', 'lr', 'weightDecay', 'heldOut', 'every', 'seed'] as const;
type Kept = Partial<Record<(typeof kept)[number], number>>;

/** What a state has of its training; plain values. */
export interface SavedTraining {
  /** The name of a network that the training made, with its sizes. */
  readonly name: string | null;
  readonly sizes: NetworkSizes;
  readonly settings: Readonly<Kept>;
  readonly limit: TrainingLimit;
  /** JSON. */
  readonly tokenizer: string;
  /** Of the tokens of the text. */
  readonly checksum: number;
  readonly seconds: number;
  readonly history: readonly NetworkFigures[];
}

/** How long to train, as it was asked for. */
export type Length = { readonly steps: number } | { readonly minutes: number } | { readonly epochs: number };

/** A training as far as it is known without the text. */
export interface Plan {
  readonly model: { readonly name: NetworkName; readonly sizes: NetworkSizes } | NetworkModel;
  /** Those that were given, and those of a state. */
  readonly settings: Readonly<Kept>;
  /** Undefined where nothing was said. */
  readonly length: Length | undefined;
  readonly signal: Platform<'AbortSignal'> | undefined;
  readonly state: NetworkTrainState | undefined;
}

/** What is usual for a network. */
export const usual: Readonly<Record<NetworkName, { readonly length: number; readonly lr: number }>> = {
  lstm: { length: 64, lr: 0.003 },
  gru: { length: 64, lr: 0.003 },
  rnn: { length: 64, lr: 0.001 },
  window: { length: 64, lr: 0.003 },
  gpt: { length: 128, lr: 0.001 },
};

/** And for one that is there. */
export const usualOfOthers = { length: 64, lr: 0.001 };

/** Checks the options, and brings those of a state in. */
export function planOf(where: string, options: TrainNetworkOptions): Plan {
  const { model: asked, state, signal } = options;
  const saved = state === undefined ? undefined : savedIn(where, state);
  if (asked !== undefined) needNetwork(where, asked);
  for (const name of ['batch', 'length', 'every'] as const) {
    if (options[name] !== undefined) checkInteger(where, name, options[name], 1);
  }
  if (options.seed !== undefined) checkInteger(where, 'seed', options.seed, 0);
  if (options.lr !== undefined && !(options.lr > 0 && options.lr < Infinity)) {
    throw new ArgumentError(`${where}: lr is ${shown(options.lr)}, needs a number above 0`);
  }
  checkShare(where, options.heldOut);
  const settings: Kept = { ...saved?.settings };
  for (const name of kept) {
    const given = options[name];
    if (given === undefined) continue;
    const former = saved === undefined ? undefined : settings[name];
    if (former !== undefined && former !== given) throw changed(where, name, former, given);
    settings[name] = given;
  }
  const length = lengthOf(where, options) ?? saved?.limit;
  return { model: modelIn(where, options, saved), settings, length, signal, state };
}

const lengths = ['steps', 'epochs', 'minutes'] as const;

function lengthOf(where: string, options: TrainNetworkOptions): Length | undefined {
  const given = lengths.filter((name) => options[name] !== undefined);
  if (given.length > 1) {
    throw new ArgumentError(
      `${where}: there are ${given.join(' and ')}, but each says how long to train; give one of them`,
    );
  }
  const { steps, epochs, minutes } = options;
  if (steps !== undefined) return { steps: checkInteger(where, 'steps', steps, 1) };
  for (const [name, value] of Object.entries({ epochs, minutes })) {
    if (value !== undefined && !(value > 0 && value < Infinity)) {
      throw new ArgumentError(`${where}: ${name} is ${shown(value)}, needs a number above 0`);
    }
  }
  return epochs !== undefined ? { epochs } : minutes !== undefined ? { minutes } : undefined;
}

function modelIn(where: string, options: TrainNetworkOptions, saved: SavedTraining | undefined): Plan['model'] {
  const { model = 'lstm' } = options;
  const sizesGiven = Object.entries(options).filter(([key, value]) => key in sizeKinds && value !== undefined);
  const given = Object.fromEntries(sizesGiven) as NetworkSizes;
  const [first] = Object.keys(given);
  if (saved === undefined) {
    if (isNetworkName(model)) return { name: model, sizes: completeSizes(where, model, given) };
    if (first === undefined) return model;
    throw new ArgumentError(`${where}: there is ${first}, but the model is there already; leave it out`);
  }
  const { name } = saved;
  if (name === null) {
    if (options.model !== undefined && !isNetworkName(model)) return model;
    throw new ArgumentError(`${where}: the state is of a model that the training was given; give one like it as model`);
  }
  if (!isNetworkName(name)) throw noState(where);
  if (options.model !== undefined && model !== name) {
    throw changed(where, 'model', name, isNetworkName(model) ? model : 'one that is there');
  }
  const sizes = completeSizes(where, name, saved.sizes);
  for (const [key, value] of Object.entries(given)) {
    const former = sizes[key as keyof NetworkSizes];
    if (former !== value) throw changed(where, key, former, value);
  }
  return { name, sizes };
}

const changed = (where: string, name: string, former: unknown, now: unknown): ArgumentError =>
  new ArgumentError(
    `${where}: ${name} is ${shown(now)}, but the state is of a training with ${shown(former)}; leave it out, or train anew`,
  );

const noState = (where: string): FormatError =>
  new FormatError(`${where}: the state is none of a training of a network; pass what event.state() gave`);

const isNumber = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value);
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a state says of its training. It may come from a file that was damaged, or made by somebody else. */
function savedIn(where: string, state: NetworkTrainState): SavedTraining {
  const { network, position } = state as Partial<NetworkTrainState>;
  const { name, sizes, settings, limit, tokenizer, checksum, seconds, history } = (
    isRecord(network) ? network : {}
  ) as Partial<SavedTraining>;
  const isFine =
    isRecord(position) &&
    ['epoch', 'step', 'totalSteps'].every((count) => Number.isSafeInteger(position[count])) &&
    (name === null || networkNames.includes(name as NetworkName)) &&
    isRecord(sizes) &&
    Object.entries(sizes).every(([key, value]) => key in sizeKinds && isNumber(value)) &&
    isRecord(settings) &&
    Object.entries(settings).every(([key, value]) => (kept as readonly string[]).includes(key) && isNumber(value)) &&
    isLimit(limit) &&
    typeof tokenizer === 'string' &&
    isNumber(checksum) &&
    isNumber(seconds) &&
    seconds! >= 0 &&
    Array.isArray(history) &&
    history.every(areFigures);
  if (!isFine) throw noState(where);
  return network as SavedTraining;
}

function isLimit(limit: unknown): boolean {
  if (!isRecord(limit)) return false;
  const [[name, value] = [], ...others] = Object.entries(limit);
  if (others.length > 0 || !isNumber(value) || (value as number) <= 0) return false;
  return name === 'minutes' || (name === 'steps' && Number.isSafeInteger(value));
}

const isLoss = (value: unknown): boolean =>
  isRecord(value) && typeof value['loss'] === 'number' && typeof value['bitsPerCharacter'] === 'number';

const areFigures = (value: unknown): boolean =>
  isRecord(value) &&
  ['step', 'lr', 'seconds'].every((name) => isNumber(value[name])) &&
  typeof value['isBest'] === 'boolean' &&
  isLoss(value['train']) &&
  (value['heldOut'] === undefined || isLoss(value['heldOut']));
