// constrain: only tokens that keep a pattern alive.

import { ArgumentError, checkCall, IndexError, isInstance, type Known, shown } from '@dl/autograd';
import { Tokenizer, type Writing } from '../../tokens/tokenizer.js';
import type { Adjustment } from '../adjustment.js';
import type { ByteState } from './byte-state.js';
import { type Pattern, patternOf } from './pattern.js';
import { add, emptySet, has, type TokenSet, TokenTrie } from './token-trie.js';

/** Options of {@link constrain}. */
export interface ConstrainOptions {
  /** The token that ends a text, or several of which each does. Default: `eos` of the tokenizer's vocabulary. */
  readonly end?: number | readonly number[];
}

const constrainOptions: Known<ConstrainOptions> = { end: 'number or list' };

/** Where a sequence stands: in the pattern, undefined where it does not fit any more, and in the text. */
interface ConstraintState {
  readonly at: ByteState | undefined;
  readonly writing: Writing;
}

/** So many bytes of sets are remembered. */
const MOST = 2 ** 25;

/**
 * Lets only those tokens come whose text keeps a pattern alive, and an end token only where the text fits: an {@link Adjustment} for `generate` and all searches. The text is that of the tokens behind the prompt, written as behind it, as
 * `generateText` gives it: tokens that are words begin with the blank that parts them from a prompt, so that the pattern needs it, as in `/ ?yes/`. What the prompt says does not count.
 *
 * Tokens may be characters, words with the blank that joins them, pieces of words, or bytes that are parts of characters: what counts is what each writes in its place. Special tokens, and those that write nothing, do not come. A
 * token costs one walk through the tree of all tokens' bytes, as far as the pattern lets it go; what was found is remembered for each state of the pattern, up to 32 MB.
 *
 * Give the decoder the same `end`, and a `maxLength` with room for the whole pattern: a sequence that ends for its length may be cut within it. A token behind which no other and no end may come is left out, too;
 * where the tokens lead to such a place further on, the decoder says so, and searches go round it.
 *
 * @param pattern A RegExp, which has to fit as a whole (see {@link regularExpression} for the syntax), or what `regularExpression` or {@link grammar} makes.
 *
 * @throws ArgumentError for what is no pattern or no tokenizer, and where no token could end a text; when decoding for a model with fewer tokens than the tokenizer has.
 *
 * @example
 * ```ts
 * import { functionModel } from '@dl/layers';
 * import { beamSearch, constrain, trainCharacters } from '@dl/lm';
 *
 * const tokenizer = trainCharacters('0123456789-abc', { eos: '</s>' });
 * const { size, eos: end } = tokenizer.vocabulary;
 * const model = functionModel(size, () => new Array<number>(size).fill(-Math.log(size))); // knows nothing
 * const date = constrain(/20\d\d-(0[1-9]|1[0-2])-([0-2]\d|3[01])/, tokenizer);
 * const [found] = await beamSearch(model, { end: end!, maxLength: 12, adjustments: [date] });
 * console.log(tokenizer.decode(found![0]!.tokens).length); // 10: a date, whatever the model knows
 * ```
 */
export function constrain(pattern: RegExp | Pattern, tokenizer: Tokenizer, options: ConstrainOptions = {}): Adjustment {
  checkCall('constrain', arguments, ['pattern', 'tokenizer'], constrainOptions);
  const made = patternOf('constrain', pattern);
  if (!isInstance(tokenizer, Tokenizer, 'constrain', 'tokenizer')) {
    throw new ArgumentError(
      `constrain: the tokenizer is ${shown(tokenizer)}, needs a Tokenizer, such as the one that made the prompts`,
    );
  }
  const { vocabulary } = tokenizer;
  const end = options.end ?? vocabulary.eos;
  const ends: readonly number[] = end === undefined ? [] : typeof end === 'number' ? [end] : Array.from(end);
  if (ends.length === 0) {
    throw new ArgumentError(
      'constrain: no token could end a text: the vocabulary has no eos; make it with eos, or give end, which the model has to know',
    );
  }
  const bad = ends.find((id) => !(Number.isInteger(id) && id >= 0 && id < vocabulary.size));
  if (bad !== undefined)
    throw new IndexError(`constrain: end is ${shown(bad)}, needs a token from 0 to ${vocabulary.size - 1}`);
  const filter = filterOf(tokenizer, ends);
  const constraint: Adjustment<ConstraintState> = {
    name: `constraint ${made.name}`,
    isBounded: true,
    readsTokens: false,
    begin: ({ prompt, tokens }) => {
      // Special tokens of a prompt write nothing, but that of unknown words.
      const writes = (token: number): boolean =>
        token < vocabulary.size && (token === vocabulary.unk || !vocabulary.isSpecial(token));
      const writing = prompt.filter(writes).reduce((now, token) => now.next(token), tokenizer.writing());
      return tokens.reduce<ConstraintState>((state, token) => filter.next(state, token), { at: made.bytes, writing });
    },
    apply: (scores, _, state) => filter.apply(scores, state),
    next: (state, token) => filter.next(state, token),
  };
  return constraint as Adjustment;
}

/** One filter for each tokenizer and its ends: the tree is the same for all patterns. */
const filters = new WeakMap<Tokenizer, Map<string, TokenFilter>>();

function filterOf(tokenizer: Tokenizer, ends: readonly number[]): TokenFilter {
  let own = filters.get(tokenizer);
  if (own === undefined) filters.set(tokenizer, (own = new Map()));
  const key = `${[...ends].sort((a, b) => a - b)}`;
  let filter = own.get(key);
  if (filter === undefined) own.set(key, (filter = new TokenFilter(tokenizer, ends)));
  return filter;
}

/** Which tokens may come in a state of a pattern. */
class TokenFilter {
  readonly #size: number;
  readonly #ends: ReadonlySet<number>;
  /** What each token writes, in its two ways, and the trees of both. */
  readonly #texts: readonly [readonly Uint8Array[], readonly Uint8Array[]];
  readonly #tries: readonly [TokenTrie, TokenTrie];
  /** The sets found, by states that live and by what stands before. */
  #known = new WeakMap<ByteState, Map<string | number, TokenSet>>();
  #bytes = 0;
  readonly #alive = new WeakMap<ByteState, Map<string, boolean>>();

  constructor(tokenizer: Tokenizer, ends: readonly number[]) {
    const { vocabulary } = tokenizer;
    this.#size = vocabulary.size;
    this.#ends = new Set(ends);
    const none = new Uint8Array();
    const both = Array.from({ length: vocabulary.size }, (_, id) =>
      vocabulary.isSpecial(id) || this.#ends.has(id) ? ([none, none] as const) : tokenizer.bytesOf(id),
    );
    const [first, later] = [both.map((each) => each[0]), both.map((each) => each[1])];
    const isSame = first.every(
      (bytes, id) => bytes.length === later[id]!.length && bytes.every((b, i) => b === later[id]![i]),
    );
    this.#texts = [first, later];
    const trie = new TokenTrie(first);
    this.#tries = [trie, isSame ? trie : new TokenTrie(later)];
  }

  apply(scores: Float64Array, state: ConstraintState): void {
    if (scores.length < this.#size) {
      throw new ArgumentError(
        `constrain: the model has ${scores.length} tokens, but the tokenizer ${this.#size}; needs the tokenizer of the model`,
      );
    }
    const set = state.at && this.#allowed(state.at, state.writing);
    for (let id = 0; id < scores.length; id++) {
      if (set === undefined || id >= this.#size || !has(set, id)) scores[id] = -Infinity;
    }
  }

  next(state: ConstraintState, token: number): ConstraintState {
    const { at, writing } = state;
    const [first, later] = [this.#texts[0][token], this.#texts[1][token]];
    // Special tokens write nothing.
    if (at === undefined || first === undefined || later === undefined || first.length + later.length === 0)
      return state;
    let next: ByteState | undefined = at;
    for (const byte of writing.way(token) === 0 ? first : later) next = next?.step(byte);
    return { at: next, writing: writing.next(token) };
  }

  /** The tokens that may come, and the ends where the text fits. */
  #allowed(at: ByteState, writing: Writing): TokenSet {
    return this.#remembered(at, writing.key, () => {
      const [bare, parted] = [this.#walked(at, 0), this.#walked(at, 1)];
      const set = emptySet(this.#size);
      for (let id = 0; id < this.#size; id++) {
        const inBare = has(bare, id);
        const isIn = inBare === has(parted, id) ? inBare : has(writing.way(id) === 0 ? bare : parted, id);
        if (!isIn) continue;
        const next = this.next({ at, writing }, id);
        if (this.#goesOn(next.at!, next.writing)) add(set, id);
      }
      if (at.isComplete) for (const id of this.#ends) add(set, id);
      return set;
    });
  }

  /** Whether the text fits here, or some token may come: what leads to an end that no token leaves is not begun. */
  #goesOn(at: ByteState, writing: Writing): boolean {
    if (at.isComplete) return true;
    let own = this.#alive.get(at);
    if (own === undefined) this.#alive.set(at, (own = new Map()));
    let goesOn = own.get(writing.key);
    if (goesOn === undefined) {
      const [bare, parted] = this.#tries;
      goesOn =
        parted.some(at, (id) => parted === bare || writing.way(id) === 1) ||
        (parted !== bare && bare.some(at, (id) => writing.way(id) === 0));
      own.set(writing.key, goesOn);
    }
    return goesOn;
  }

  #walked(at: ByteState, way: 0 | 1): TokenSet {
    const trie = this.#tries[way];
    return this.#remembered(at, trie === this.#tries[0] ? 0 : 1, () => trie.allowed(at));
  }

  #remembered(at: ByteState, key: string | number, find: () => TokenSet): TokenSet {
    const former = this.#known.get(at)?.get(key);
    if (former !== undefined) return former;
    const set = find();
    this.#bytes += set.byteLength;
    if (this.#bytes > MOST) {
      this.#known = new WeakMap();
      this.#bytes = set.byteLength;
    }
    const known = this.#known.get(at) ?? new Map<string | number, TokenSet>();
    this.#known.set(at, known.set(key, set));
    return set;
  }
}
