// What classifiers of tokens and of sequences have in common: an encoder, frozen or not.

import { ArgumentError, checkInteger, formatShape, isInteger, ShapeError, shown, type Tensor } from '@dl/autograd';
import { Embedding, inMode, isModule, type Module, needTensor, type ParameterOptions, Sequential } from '@dl/layers';
import { BidirectionalModel } from './bidirectional-model.js';
import { ELMo } from './elmo.js';

/** Options of a call of an encoder: how many tokens of each sequence count, and what else it takes, such as `segments` of a BERT. */
export interface EncoderCallOptions {
  /** How many tokens of each sequence count. Default: all. */
  readonly lengths?: readonly number[];
  readonly [option: string]: unknown;
}

/**
 * What makes a vector of each token, `int32` [batch, time] → [batch, time, features]: a `BERT`, an {@link ELMo}, vectors that know no neighbours (an `Embedding`, or a `Sequential` that begins
 * with one), or a module of one's own that takes `{ lengths }` behind the tokens.
 */
// biome-ignore lint/suspicious/noExplicitAny: each encoder has options of its own beside `lengths`
export type TokenEncoder = Module<[tokens: Tensor, options?: any], Tensor>;

/** Options that the classifiers share. */
export interface ClassifierOptions {
  /** Leave the encoder as it is: its parameters are frozen, and it drops nothing. Of a {@link BidirectionalModel} the weights of its layers learn all the same. Default false: what was frozen before stays so until `encoder.unfreeze()`. */
  readonly frozen?: boolean;
  /** The probability with which features are dropped before the map, while training. Default 0.1. */
  readonly dropout?: number;
  /** How many features the encoder makes. Default: what it says by `outFeatures`, `dModel` or `embeddingDim`. */
  readonly features?: number;
}

/** The encoder that a classifier keeps: a bidirectional model becomes an ELMo, and a frozen one is frozen. */
export function encoderOf(name: string, encoder: unknown, frozen: boolean): TokenEncoder {
  if (!isModule(encoder)) {
    throw new ArgumentError(
      `${name}: the encoder is ${shown(encoder)}, needs a module that makes a vector of each token, such as a BERT, an ELMo or an Embedding`,
    );
  }
  if (encoder instanceof BidirectionalModel) return new ELMo(encoder, { frozen });
  return frozen ? encoder.freeze() : encoder;
}

/** How many features an encoder makes. */
export function widthOf(name: string, encoder: TokenEncoder, features: number | undefined): number {
  const { outFeatures, dModel, embeddingDim } = encoder as unknown as Partial<Record<string, unknown>>;
  const width = features ?? outFeatures ?? dModel ?? embeddingDim;
  if (width === undefined) {
    throw new ArgumentError(
      `${name}: the encoder does not say how many features it makes, by outFeatures; give features, such as 128`,
    );
  }
  return checkInteger(name, 'features', width as number, 1);
}

/** What an encoder makes of tokens, [batch, time, features]; a frozen one drops nothing. */
export function encoded(
  name: string,
  encoder: TokenEncoder,
  tokens: Tensor,
  options: EncoderCallOptions,
  { frozen, features }: { readonly frozen: boolean; readonly features: number },
): Tensor {
  needTensor(name, tokens);
  if (!isInteger(tokens.dtype) || tokens.rank < 2 || tokens.shape[1] === 0) {
    throw new ShapeError(
      `${name}: tokens are ${formatShape(tokens.shape)} ${tokens.dtype}, needs int32 [batch, time], a batch of sequences`,
    );
  }
  // Vectors of single tokens know no lengths.
  const isStatic = encoder instanceof Embedding || encoder instanceof Sequential;
  const run = (): Tensor => (isStatic ? encoder.forward(tokens) : encoder.forward(tokens, options));
  const hidden = frozen ? inMode(encoder, 'eval', run) : run();
  const needs = [tokens.shape[0], tokens.shape[1], features];
  if (`${hidden?.shape}` === `${needs}`) return hidden;
  throw new ShapeError(
    `${name}: the encoder made ${hidden?.shape === undefined ? shown(hidden) : formatShape(hidden.shape)} of ${formatShape(tokens.shape)} tokens, needs ${formatShape(needs as number[])}, a vector for each`,
  );
}

/** Dtype and backend of what is to work together with an encoder. */
export function madeLike(encoder: TokenEncoder): ParameterOptions {
  const { dtype, backend } = encoder.parameters()[0] ?? encoder.buffers()[0] ?? {};
  return { ...(dtype && { dtype }), ...(backend && { backend }) };
}
