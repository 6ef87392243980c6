// What models of tokens have in common.

import {
  ArgumentError,
  checkInteger,
  concat,
  formatShape,
  full,
  IndexError,
  isInteger,
  ShapeError,
  type Tensor,
  tensor,
} from '@dl/autograd';
import { needTensor } from '@dl/layers';

/** Throws unless a model is given a batch of tokens. */
export function checkTokens(model: string, name: string, tokens: Tensor): void {
  needTensor(model, tokens);
  if (!isInteger(tokens.dtype) || tokens.rank !== 2) {
    throw new ShapeError(
      `${model}: ${name} are ${formatShape(tokens.shape)} ${tokens.dtype}, needs int32 [batch, length], a batch of sequences`,
    );
  }
}

/** Throws unless a sequence, of which `from` tokens were read before, ends where a model's longest does. */
export function checkEnd(model: string, from: number, { shape }: Tensor, maxLength: number | undefined): void {
  const length = from + shape[1]!;
  if (maxLength !== undefined && length > maxLength) {
    throw new IndexError(
      `${model}: a sequence has ${length} tokens, but maxLength is ${maxLength}; cut it, or make the model with a larger maxLength`,
    );
  }
}

/** Throws unless a token that a model is told of, such as the one that begins, is one of the vocabulary. */
export function checkToken(model: string, name: string, token: number, vocabularySize: number): number {
  if (checkInteger(model, name, token, 0) >= vocabularySize) {
    throw new ArgumentError(
      `${model}: ${name} is ${token}, needs a token from 0 to ${vocabularySize - 1}; one that is never said needs a place too`,
    );
  }
  return token;
}

/** The same of the token that begins. */
export const checkBegin = (model: string, begin: number, vocabularySize: number): number =>
  checkToken(model, 'begin', begin, vocabularySize);

/** The begin token, and all tokens [batch, length] but the last: what goes in where the tokens are to come out. */
export function shiftedBy(begin: number, tokens: Tensor): Tensor {
  const [batch, length] = tokens.shape as readonly [number, number];
  if (length === 0) return tokens;
  const first = full([batch, 1], begin, { dtype: 'int32', backend: tokens.backend });
  return concat([first, tokens.slice([null, [0, length - 1]])], 1);
}

/** Rows of tokens, all of one length, as a tensor beside another one. */
export function tokensBeside(like: Tensor, rows: readonly ArrayLike<number>[]): Tensor {
  const data = Int32Array.from(rows.flatMap((row) => Array.from(row)));
  return tensor({ data, shape: [rows.length, rows[0]?.length ?? 1] }, { backend: like.backend });
}

/** What `body` gives; where it fails, the state that it was to begin with is freed. */
export function orFreed<T>(state: { dispose(): void }, body: () => T): T {
  try {
    return body();
  } catch (error) {
    state.dispose();
    throw error;
  }
}
