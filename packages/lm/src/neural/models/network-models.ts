// networkModels: what saved networks are made of again, by their kinds.

import { type GPT, gptFromConfig, type SavedGPTConfig } from '@dl/attention';
import type { NetworkKind } from '../../network-state.js';
import { type RecurrentConfig, RecurrentModel } from './recurrent-model.js';
import { type WindowConfig, WindowModel } from './window-model.js';

/** A function that makes networks, with what it says of their size. */
const kindOf = <Config, Model>(
  make: (config: Config) => Model,
  leastWeights: (config: Config) => number,
): ((config: Config) => Model) & Pick<NetworkKind, 'leastWeights'> => Object.assign(make, { leastWeights });

const gates: Readonly<Record<string, number>> = { rnn: 1, gru: 3, lstm: 4 };

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
  window: /* @__PURE__ */ kindOf(
    (config: WindowConfig): WindowModel => new WindowModel(config),
    ({ vocabularySize, window = 5, embeddingSize = 64, hiddenSize = 128, direct = false }) =>
      vocabularySize * (embeddingSize + hiddenSize) +
      window * embeddingSize * (hiddenSize + (direct ? vocabularySize : 0)),
  ),
  recurrent: /* @__PURE__ */ kindOf(
    (config: RecurrentConfig): RecurrentModel => new RecurrentModel(config),
    ({ vocabularySize, cell = 'lstm', hiddenSize = 256, numLayers = 1, embeddingSize = hiddenSize, tied = false }) =>
      vocabularySize * (embeddingSize + (tied ? 0 : hiddenSize)) +
      gates[cell]! * hiddenSize * (embeddingSize + hiddenSize + 2 * hiddenSize * (numLayers - 1)),
  ),
  gpt: /* @__PURE__ */ kindOf(
    (config: SavedGPTConfig): GPT => gptFromConfig(config),
    ({ vocabularySize, dModel, numLayers, maxLength, dimFeedforward = 4 * dModel, inputPositions }) =>
      dModel * (vocabularySize + numLayers * 2 * (dModel + dimFeedforward)) +
      (inputPositions === 'learned' ? maxLength! * dModel : 0),
  ),
});
