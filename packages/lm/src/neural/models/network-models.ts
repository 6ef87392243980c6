// networkModels: what saved networks are made of again, by their kinds.

import { type GPT, gptFromConfig, type SavedGPTConfig, type SavedPositions } from '@dl/attention';
import type { NetworkKind } from '../../network-state.js';
import { type RecurrentConfig, RecurrentModel } from './recurrent-model.js';
import { type WindowConfig, WindowModel } from './window-model.js';

/** A function that makes networks, with what it says of their size. */
const kindOf = <Config, Model>(
  make: (config: Config) => Model,
  leastWeights: (config: Config) => number,
): ((config: Config) => Model) & Pick<NetworkKind, 'leastWeights'> => Object.assign(make, { leastWeights });

/** A size of a config that nobody has checked; NaN for what is none. */
const size = (value: unknown): number =>
  Number.isSafeInteger(value) && (value as number) >= 1 ? (value as number) : Number.NaN;

const gates: Readonly<Record<string, number>> = { rnn: 1, gru: 3, lstm: 4 };

function leastOfWindow(config: WindowConfig): number {
  const { window = 5, embeddingSize = 64, hiddenSize = 128, direct = false } = config;
  const [vocabulary, features, hidden] = [size(config.vocabularySize), size(embeddingSize), size(hiddenSize)];
  return vocabulary * (features + hidden) + size(window) * features * (hidden + (direct ? vocabulary : 0));
}

function leastOfRecurrent(config: RecurrentConfig): number {
  const { cell = 'lstm', hiddenSize = 256, numLayers = 1, embeddingSize = hiddenSize, tied = false } = config;
  const [vocabulary, features, hidden] = [size(config.vocabularySize), size(embeddingSize), size(hiddenSize)];
  const inLayers = features + hidden + 2 * hidden * (size(numLayers) - 1);
  return vocabulary * (features + (tied ? 0 : hidden)) + size(gates[cell]) * hidden * inLayers;
}

function leastOfGpt(config: SavedGPTConfig): number {
  const { nhead, numLayers, dimFeedforward = 4 * config.dModel, maxLength = 1, tied = true, positions } = config;
  const { headDim = config.dModel / nhead, inputPositions = positions ? 'none' : 'learned' } = config;
  const [vocabulary, features] = [size(config.vocabularySize), size(config.dModel)];
  const inLayer = 2 * features * (size(nhead) * size(headDim) + size(dimFeedforward));
  const inTables = vocabulary * (tied ? 1 : 2) + (inputPositions === 'learned' ? size(maxLength) : 0);
  return features * inTables + size(numLayers) * inLayer + leastOfPositions(positions);
}

function leastOfPositions(positions: SavedPositions | undefined): number {
  if (positions?.type === 'relative') return 2 * size(positions.maxDistance) * size(positions.headDim);
  if (positions?.type === 'relativeBias') return size(positions.buckets ?? 32) * size(positions.numHeads);
  return 0;
}

/**
 * What makes the networks of this package of their configs, by kind: for `languageModelFromState` and `loadModel`. A table with models of your own as well is `{ ...networkModels, mine: (config) => new Mine(config) }`.
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { packState, unpackState } from '@dl/checkpoint';
 * import { cpu } from '@dl/kernels-cpu';
 * import { LanguageModel, languageModelFromState, trainCharacters } from '@dl/lm';
 * import { networkModels, WindowModel } from '@dl/lm/neural';
 * await useBackend(cpu());
 * const tokenizer = trainCharacters('she sells sea shells');
 * const model = new WindowModel({ vocabularySize: tokenizer.vocabularySize, window: 3 });
 * const bytes = packState(new LanguageModel(model, tokenizer).state());
 * const again = languageModelFromState(unpackState(bytes), { networks: networkModels });
 * console.log(again.model instanceof WindowModel); // true
 * ```
 */
export const networkModels = /* @__PURE__ */ Object.freeze({
  window: /* @__PURE__ */ kindOf((config: WindowConfig): WindowModel => new WindowModel(config), leastOfWindow),
  recurrent: /* @__PURE__ */ kindOf(
    (config: RecurrentConfig): RecurrentModel => new RecurrentModel(config),
    leastOfRecurrent,
  ),
  gpt: /* @__PURE__ */ kindOf((config: SavedGPTConfig): GPT => gptFromConfig(config), leastOfGpt),
});
