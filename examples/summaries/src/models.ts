// What sums records up: attention that copies what it looks at, and the same without copying.

import { AdditiveAttention, AttentionSeq2Seq, CoverageAttention, PointerGenerator } from '@dl/attention';
import type { Tensor } from '@dl/autograd';
import { Embedding, type Module, type StepModel } from '@dl/layers';
import { GRU } from '@dl/rnn';

export interface PairLengths {
  readonly sourceLengths: number[];
  readonly targetLengths: number[];
}

/** Sources and summaries are tokens [batch, time]; those from the size of the vocabulary on are words of one source alone. */
export interface Summarizer {
  readonly model: Module;
  /** The mean of -log p; with `coverageWeight`, for a pointer-generator, and what it costs to look twice. */
  loss(source: Tensor, target: Tensor, lengths: PairLengths, coverageWeight: number): Tensor;
  /** What is said to these sources, of `extendedSize` tokens at most. */
  from(source: Tensor, options: { readonly lengths: number[]; readonly extendedSize: number }): StepModel;
}

export interface Sizes {
  readonly features: number;
  readonly hidden: number;
}

/** Sequence to sequence with attention: it can say the words of its vocabulary, and of all others that there is one. */
export function withoutCopying(vocabulary: number, unknown: number, { features, hidden }: Sizes): Summarizer {
  const model = new AttentionSeq2Seq(
    new GRU(features, hidden, { bidirectional: true }),
    new AdditiveAttention(hidden, 2 * hidden, hidden),
    new GRU(features, hidden),
    vocabulary,
    { input: new Embedding(vocabulary, features), order: 'luong' },
  );
  const known = (tokens: Tensor): Tensor => tokens.maskedFill(tokens.greaterEqual(vocabulary), unknown);
  return {
    model,
    loss: (source, target, lengths) => model.loss(known(source), known(target), lengths),
    from: (source, { lengths }) => model.from(known(source), { lengths }),
  };
}

/** The pointer-generator: of the same sizes, and it can say any word of its source. */
export function withCopying(
  vocabulary: number,
  unknown: number,
  { features, hidden }: Sizes,
  score: 'additive' | 'coverage',
): Summarizer & { readonly model: PointerGenerator } {
  const Score = score === 'additive' ? AdditiveAttention : CoverageAttention;
  const model = new PointerGenerator(
    new GRU(features, hidden, { bidirectional: true }),
    new Score(hidden, 2 * hidden, hidden),
    new GRU(features, hidden),
    vocabulary,
    { unknown },
  );
  return {
    model,
    loss: (source, target, lengths, coverageWeight) => model.loss(source, target, { ...lengths, coverageWeight }),
    from: (source, options) => model.from(source, options),
  };
}
