// What a GPT is made of, as JSON, and a GPT made of that again.

import { ArgumentError, checkCall, shown } from '@dl/autograd';
import { defined, madeBy } from '../core/made.js';
import { positionsOf, type SavedPositions } from '../positions/saved.js';
import { GPT, type GPTConfig } from './gpt.js';

/** The config of a {@link GPT} as JSON: `model.config`. */
export interface SavedGPTConfig extends Omit<GPTConfig, 'positions' | 'backend' | 'generator'> {
  readonly positions?: SavedPositions;
}

/**
 * A {@link GPT} of a config as `model.config` has it, positions as a record: with weights of its own, as it starts. `networkModels` of @dl/lm makes saved models by it.
 *
 * @throws ArgumentError for a config that does not fit together, before anything is made.
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { GPT, gptFromConfig, RotaryPositions } from '@dl/attention';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const model = new GPT({ vocabularySize: 20, dModel: 16, nhead: 2, numLayers: 2, positions: new RotaryPositions(8) });
 * const json = JSON.stringify(model.config); // {"vocabularySize":20,…,"positions":{"type":"rotary","headDim":8,…}}
 * const again = gptFromConfig(JSON.parse(json)).loadStateDict(model.stateDict());
 * console.log(again.decoder.layers.length); // 2
 * ```
 */
export function gptFromConfig(config: SavedGPTConfig): GPT {
  checkCall('gptFromConfig', arguments, [['config', 'object']]);
  const { positions, ...rest } = defined(config);
  if (positions === undefined) return new GPT(rest);
  const { dModel, nhead } = config;
  const { headDim = dModel / nhead } = config;
  if (!(Number.isInteger(nhead) && nhead >= 1 && Number.isInteger(headDim) && headDim >= 1)) {
    throw new ArgumentError(
      `gptFromConfig: nhead is ${shown(nhead)} and dModel ${shown(dModel)}, needs whole numbers of which the first divides the second`,
    );
  }
  return new GPT({
    ...rest,
    positions: positionsOf('gptFromConfig', positions, { headDim, numHeads: nhead }, madeBy(rest)),
  });
}
