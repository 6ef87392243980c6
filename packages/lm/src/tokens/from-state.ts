// tokenizerFromState: the tokenizer of a saved state, of whatever kind.

import { ArgumentError, checkCall, FormatError, type Known, shown } from '@dl/autograd';
import { ByteTokenizer } from './byte-tokenizer.js';
import { CharacterTokenizer } from './character-tokenizer.js';
import { savedFile } from './read-tokenizer.js';
import { savedObject } from './saved.js';
import type { Tokenizer, TokenizerState } from './tokenizer.js';
import { WordTokenizer } from './word-tokenizer.js';

/** What makes tokenizers of the states of one kind, such as the class {@link CharacterTokenizer}. */
export interface TokenizerKind {
  fromState(state: TokenizerState): Tokenizer;
}

/** Options of {@link tokenizerFromState}. */
export interface TokenizerFromStateOptions {
  /** Further kinds, by the name in their states; they come before those of this package. */
  readonly kinds?: Readonly<Record<string, TokenizerKind>>;
}

const fromStateOptions: Known<TokenizerFromStateOptions> = { kinds: 'object' };

/** All kinds of this package. */
const ownKinds: Readonly<Record<string, TokenizerKind>> = {
  bytes: ByteTokenizer,
  characters: CharacterTokenizer,
  'tokenizer.json': savedFile,
  words: WordTokenizer,
};

/**
 * The tokenizer that a state was taken of by `tokenizer.state()`. It brings the code of all kinds along; where the kind is known, `fromState` of its class does not.
 *
 * @throws FormatError for what is no state, one of a kind that there is not, and one that does not fit together; nothing is made of it then.
 *
 * @example
 * ```ts
 * import { tokenizerFromState, trainCharacters } from '@dl/lm';
 * const state = JSON.parse(JSON.stringify(trainCharacters('abracadabra').state()));
 * console.log(tokenizerFromState(state).encode('abba')); // 0, 1, 1, 0
 * ```
 */
export function tokenizerFromState(state: TokenizerState, options: TokenizerFromStateOptions = {}): Tokenizer {
  checkCall('tokenizerFromState', arguments, ['state'], fromStateOptions);
  const { kind } = savedObject('tokenizerFromState', 'the state', state);
  const { kinds = {} } = options;
  const known = [kinds, ownKinds].find((each) => typeof kind === 'string' && Object.hasOwn(each, kind));
  if (known === undefined) {
    const names = Object.keys({ ...ownKinds, ...kinds }).map(shown);
    throw new FormatError(
      `tokenizerFromState: there is no kind of tokenizer ${shown(kind)}, only ${names.join(', ')}; give others as kinds`,
    );
  }
  const maker: unknown = known[kind as string];
  if (!canMake(maker)) {
    throw new ArgumentError(
      `tokenizerFromState: kinds.${String(kind)} is ${shown(maker)}, needs fromState, a function of a state`,
    );
  }
  return maker.fromState(state);
}

const canMake = (value: unknown): value is TokenizerKind =>
  (typeof value === 'object' || typeof value === 'function') &&
  value !== null &&
  typeof (value as Partial<TokenizerKind>).fromState === 'function';
