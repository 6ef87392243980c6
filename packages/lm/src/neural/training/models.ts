// The networks that a training makes by their names.

import { GPT, RotaryPositions } from '@dl/attention';
import { ArgumentError, checkInteger, type Known, shown } from '@dl/autograd';
import { isModule } from '@dl/layers';
import type { NetworkModel } from '../models/network-model.js';
import { RecurrentModel } from '../models/recurrent-model.js';
import { WindowModel } from '../models/window-model.js';

/** What a training makes a network by. */
export type NetworkName = 'lstm' | 'gru' | 'rnn' | 'window' | 'gpt';

/** Sizes of a network that a training makes. */
export interface NetworkSizes {
  /** Features of each layer. Default 256, of a GPT 128. */
  readonly hiddenSize?: number;
  /** Default 1, of a GPT 4; not for `window`. */
  readonly numLayers?: number;
  /** Features of a token; not for `gpt`. Default: as many as `hiddenSize`, of `window` 32. */
  readonly embeddingSize?: number;
  /** Heads of each attention of a GPT. Default 4. */
  readonly nhead?: number;
  /** How many tokens a window has. Default 8. */
  readonly window?: number;
  /** The share of features that is left out while it learns. Default 0. */
  readonly dropout?: number;
}

export const sizeKinds: Known<NetworkSizes> = {
  hiddenSize: 'number',
  numLayers: 'number',
  embeddingSize: 'number',
  nhead: 'number',
  window: 'number',
  dropout: 'number',
};

const recurrent = { hiddenSize: 256, numLayers: 1, embeddingSize: undefined, dropout: 0 };

/** The sizes that each takes, with their defaults. */
const sizesOf: Readonly<Record<NetworkName, NetworkSizes | typeof recurrent>> = {
  lstm: recurrent,
  gru: recurrent,
  rnn: recurrent,
  window: { hiddenSize: 256, embeddingSize: 32, window: 8, dropout: 0 },
  gpt: { hiddenSize: 128, numLayers: 4, nhead: 4, dropout: 0 },
};

export const networkNames = Object.keys(sizesOf) as readonly NetworkName[];

export const isNetworkName = (name: unknown): name is NetworkName => networkNames.includes(name as NetworkName);

/** All sizes of a network; refuses those that it has not. */
export function completeSizes(where: string, name: NetworkName, given: NetworkSizes): NetworkSizes {
  const all = Object.entries({ ...sizesOf[name], ...given }).filter(([, value]) => value !== undefined);
  const own = Object.fromEntries(all) as NetworkSizes;
  for (const [key, value] of Object.entries(own)) {
    if (!(key in sizesOf[name])) {
      const takers = networkNames.filter((each) => key in sizesOf[each]);
      throw new ArgumentError(`${where}: ${key} is for ${takers.join(', ')}, but model is '${name}'; leave it out`);
    }
    if (key !== 'dropout') checkInteger(where, key, value, 1);
  }
  return own;
}

/** What a network has to know of the tokens. */
export interface TokenFacts {
  readonly vocabularySize: number;
  readonly begin: number;
}

/**
 * Makes one. A GPT looks back half as far as the pieces are long that it learns from, by positions that are told apart by their distance: so it knows places without the begin in sight, and generates as long as is wanted.
 */
export function networkOf(name: NetworkName, sizes: NetworkSizes, facts: TokenFacts, length: number): NetworkModel {
  const { hiddenSize, numLayers, embeddingSize, nhead, window, dropout } = sizes as Required<NetworkSizes>;
  if (name === 'window') return new WindowModel({ ...facts, window, embeddingSize, hiddenSize, dropout });
  if (name === 'gpt') {
    const [dModel, headDim] = [hiddenSize, hiddenSize / nhead];
    if (!Number.isInteger(headDim / 2)) {
      throw new ArgumentError(
        `trainNetwork: hiddenSize is ${hiddenSize} and nhead ${nhead}, needs an even number of features for each head; take ${2 * nhead * Math.ceil(hiddenSize / (2 * nhead))} features`,
      );
    }
    const positions = new RotaryPositions(headDim);
    return new GPT({ ...facts, dModel, nhead, numLayers, dropout, positions, window: Math.ceil(length / 2) });
  }
  const features = embeddingSize === undefined ? {} : { embeddingSize };
  return new RecurrentModel({ ...facts, cell: name, hiddenSize, numLayers, dropout, ...features });
}

/** Throws for what no training can take as a model. */
export function needNetwork(where: string, model: unknown): asserts model is NetworkName | NetworkModel {
  if (isNetworkName(model)) return;
  const given = (model ?? {}) as Partial<NetworkModel>;
  if (isModule(model) && typeof given.loss === 'function' && typeof given.start === 'function') return;
  throw new ArgumentError(
    `${where}: model is ${shown(model)}, needs ${networkNames.map((name) => `'${name}'`).join(', ')} or a network of tokens, such as new RecurrentModel({ … })`,
  );
}
