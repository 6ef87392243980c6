// Which token ends the texts of a model: one rule for what is generated and for what is scored.

import { Mixture } from '../ngram/mixtures/mixture.js';
import { NgramModel } from '../ngram/model.js';
import type { Vocabulary } from '../tokens/vocabulary.js';

/** The n-gram models that a model is or mixes. */
export function ngramsOf(model: unknown): readonly NgramModel[] {
  if (model instanceof Mixture) return model.models.flatMap(ngramsOf);
  return model instanceof NgramModel ? [model] : [];
}

/** The token behind each text of a model; undefined where a text just stops. */
export function endOfText(model: unknown, vocabulary: Vocabulary): number | undefined {
  const counted = ngramsOf(model);
  // Without padding the end was never counted; its probability is that of any unseen token.
  if (counted.length > 0 && counted.every(({ info }) => info.padding === 'none')) return undefined;
  return model instanceof NgramModel ? model.info.vocabulary!.eos : vocabulary.eos;
}
