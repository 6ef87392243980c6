// MaskedLanguageModel: an encoder that says what was left out, with the tokenizer that makes its tokens.

import {
  ArgumentError,
  checkCall,
  checkInteger,
  type Known,
  noGrad,
  printable,
  shown,
  type Tensor,
  tensor,
} from '@dl/autograd';
import { type AnyModule, inMode, tidied } from '@dl/layers';
import type { ScoredText, ScoredToken } from '../language-model.js';
import { SubwordTokenizer } from '../tokens/subword.js';
import { Tokenizer } from '../tokens/tokenizer.js';

/** What a {@link MaskedLanguageModel} asks of its model; `BERT` of @dl/attention has it. */
export interface MaskedModel extends AnyModule {
  /** How many tokens there are. */
  readonly vocabularySize: number;
  /** The longest sequence. */
  readonly maxLength: number;
  /** The vectors of the tokens, which live where the model does. */
  readonly embedding: { readonly weight: Tensor };
  /** What says tokens; undefined in a model that was made without. */
  readonly tokenHead: object | undefined;
  /** Tokens `int32` [batch, length] → a vector for each, [batch, length, features]. */
  forward(tokens: Tensor): Tensor;
  /** Vectors [count, features] → logits [count, vocabularySize]. */
  tokenLogits(hidden: Tensor): Tensor;
}

/** Options of {@link MaskedLanguageModel}'s constructor. */
export interface MaskedLanguageModelOptions {
  /** The special token that stands for what is left out, as it is written in texts. Default `[MASK]`. */
  readonly mask?: string;
  /** Tokens before each text, as the model learned it. Default: those of the tokenizer's file, where it has one, else `bos` of the vocabulary. */
  readonly begin?: readonly string[];
  /** Tokens behind each text. Default: those of the tokenizer's file, where it has one, else `eos` of the vocabulary. */
  readonly end?: readonly string[];
}

/** Options of {@link MaskedLanguageModel.fill}. */
export interface FillOptions {
  /** How many tokens are told of for each mask, from the likeliest on. Default 5. */
  readonly count?: number;
}

/** Options of {@link MaskedLanguageModel.score} and {@link MaskedLanguageModel.pseudoPerplexity}. */
export interface MaskedScoreOptions {
  /** How many copies of a text, each with another token left out, are read at a time. Default 32. */
  readonly batch?: number;
}

/** A token that may stand where one was left out. */
export interface Filling {
  readonly id: number;
  /** As the vocabulary has it. */
  readonly token: string;
  readonly probability: number;
}

/** A mask of a text, and what may stand there. */
export interface FilledMask {
  /** Where the mask stands in the text. */
  readonly start: number;
  readonly end: number;
  /** From the likeliest on. */
  readonly fillings: readonly Filling[];
}

/** What {@link MaskedLanguageModel.fill} finds. */
export interface FilledText {
  /** The text with the likeliest token in place of each mask, as the tokenizer writes it. */
  readonly text: string;
  /** In the order of the text. Each is filled as if the others stayed masks. */
  readonly masks: readonly FilledMask[];
}

/** What {@link MaskedLanguageModel.pseudoPerplexity} finds. */
export interface PseudoPerplexityReport {
  readonly texts: number;
  readonly tokens: number;
  /** The sum over all tokens of all texts of ln p(token | all others of its text). */
  readonly pseudoLogLikelihood: number;
  /** exp(-pseudoLogLikelihood / tokens). */
  readonly pseudoPerplexity: number;
}

const modelOptions: Known<MaskedLanguageModelOptions> = { mask: 'string', begin: 'list', end: 'list' };
const fillOptions: Known<FillOptions> = { count: 'number' };
const scoreOptions: Known<MaskedScoreOptions> = { batch: 'number' };

const NAME = 'MaskedLanguageModel';

/**
 * An encoder that looks to both sides, such as BERT, with its tokenizer: it fills masks, and scores texts token by token, each from all others of its text. It says no text on, since it never learned
 * to: what generates is a `LanguageModel`.
 *
 * Texts stand between the tokens that the model learned to have there, such as `[CLS]` and `[SEP]`.
 *
 * @param model `BERT` of @dl/attention, with its head for tokens.
 * @param tokenizer Its vocabulary has the mask as a special token.
 *
 * @throws ArgumentError for a model that says no tokens, a tokenizer of more tokens than the model, and a mask that is no special token.
 *
 * @example
 * ```ts
 * import { manualSeed, useBackend } from '@dl/autograd';
 * import { BERT } from '@dl/attention';
 * import { cpu } from '@dl/kernels-cpu';
 * import { trainWords } from '@dl/lm';
 * import { MaskedLanguageModel } from '@dl/lm/neural';
 * await useBackend(cpu());
 * manualSeed(1);
 * const tokenizer = trainWords('the cat sat on the mat', { special: ['[MASK]'] });
 * const model = new BERT({ vocabularySize: tokenizer.vocabularySize, dModel: 16, nhead: 2, numLayers: 1, maxLength: 8 });
 * const bert = new MaskedLanguageModel(model, tokenizer);
 * const { text, masks } = await bert.fill('the [MASK] sat', { count: 2 });
 * console.log(text, masks[0]?.fillings); // it has learned nothing yet, so any word
 * console.log((await bert.score('the cat sat')).logProbability);
 * ```
 */
export class MaskedLanguageModel<M extends MaskedModel = MaskedModel> {
  readonly model: M;
  readonly tokenizer: Tokenizer;
  /** The token that stands for what is left out. */
  readonly mask: number;
  /** Tokens before each text, and behind it. */
  readonly begin: readonly number[];
  readonly end: readonly number[];
  readonly #maskText: string;

  constructor(model: M, tokenizer: Tokenizer, options: MaskedLanguageModelOptions = {}) {
    checkCall(NAME, arguments, ['model', 'tokenizer'], modelOptions);
    checkModel(model);
    if (!(tokenizer instanceof Tokenizer)) {
      throw new ArgumentError(
        `${NAME}: tokenizer is ${shown(tokenizer)}, needs a Tokenizer, such as a WordPieceTokenizer`,
      );
    }
    const { vocabulary } = tokenizer;
    if (model.vocabularySize < vocabulary.size) {
      throw new ArgumentError(
        `${NAME}: the model has ${model.vocabularySize} tokens, but the tokenizer makes ${vocabulary.size}; they must be made for each other`,
      );
    }
    const { mask = '[MASK]' } = options;
    const id = vocabulary.find(mask);
    if (id === undefined || !vocabulary.isSpecial(id)) {
      throw new ArgumentError(
        `${NAME}: mask is ${shown(mask)}, which is no special token of the vocabulary; say which one is, or make the vocabulary with special: ['${printable(mask, 40)}']`,
      );
    }
    const idsOf = (name: string, tokens: readonly string[] | undefined, otherwise: ArrayLike<number>): number[] =>
      tokens === undefined
        ? Array.from(otherwise)
        : tokens.map((token) => {
            const found = typeof token === 'string' ? vocabulary.find(token) : undefined;
            if (found !== undefined) return found;
            throw new ArgumentError(
              `${NAME}: ${name} has ${shown(token)}, which is not one of the ${vocabulary.size} tokens`,
            );
          });
    const ofFile = tokenizer instanceof SubwordTokenizer ? tokenizer : undefined;
    this.model = model;
    this.tokenizer = tokenizer;
    this.mask = id;
    this.begin = idsOf('begin', options.begin, ofFile?.begin ?? some(vocabulary.bos));
    this.end = idsOf('end', options.end, ofFile?.end ?? some(vocabulary.eos));
    this.#maskText = mask;
  }

  /**
   * Says what may stand where a text has the mask: probabilities over all tokens, each mask as if all others stayed.
   *
   * @throws ArgumentError for a text without a mask, and for one of more tokens than the model reads.
   */
  async fill(text: string, options: FillOptions = {}): Promise<FilledText> {
    checkCall('fill', arguments, [['text', 'string']], fillOptions);
    const { count = 5 } = options;
    const size = this.model.vocabularySize;
    checkInteger('fill', 'count', count, 1);
    const { vocabulary } = this.tokenizer;
    const { ids, starts, ends } = this.tokenizer.encodeWithOffsets(text, { allowSpecial: [this.#maskText] });
    const row = this.#around('fill', ids);
    const places = Array.from(ids.keys()).filter((place) => ids[place] === this.mask);
    if (places.length === 0) {
      throw new ArgumentError(
        `fill: the text has no mask; write ${printable(this.#maskText, 40)} where something is to be said`,
      );
    }
    const from = this.begin.length;
    const all = await this.#logProbabilities(
      'fill',
      [row],
      places.map((place) => from + place),
    );
    const filled = [...ids];
    const masks = places.map((place, i): FilledMask => {
      // Tables of weights are often longer than the vocabulary: what is beyond it is no token.
      const scores = all.subarray(i * size, i * size + vocabulary.size);
      const best = likeliest(scores, count);
      filled[place] = best[0]!;
      return {
        start: starts[place]!,
        end: ends[place]!,
        fillings: best.map((id) => ({ id, token: vocabulary.token(id), probability: Math.exp(scores[id]!) })),
      };
    });
    return { text: this.tokenizer.decode(filled), masks };
  }

  /**
   * The probability of each token of a text from all others, left and right: each is left out once. The sum is the pseudo-log-likelihood of Salazar et al., "Masked language model scoring", 2020,
   *
   *     PLL(w) = Σ ln p(wₜ | w₁ … wₜ₋₁ [MASK] wₜ₊₁ … wₙ)
   *
   * no logarithm of a probability of the text, but a score by which texts are compared. It costs a pass over the text for each token.
   *
   * @throws ArgumentError for a text of more tokens than the model reads.
   */
  async score(text: string, options: MaskedScoreOptions = {}): Promise<ScoredText> {
    checkCall('score', arguments, [['text', 'string']], scoreOptions);
    return this.#score('score', text, options);
  }

  /**
   * exp(-Σ PLL / tokens) over texts: as perplexity, of what a model that reads both sides makes of each token. To be compared with that of models of the same tokens alone, and with no perplexity.
   *
   * @throws ArgumentError for texts without a token, what is none, and a text of more tokens than the model reads.
   */
  async pseudoPerplexity(
    texts: string | Iterable<string> | AsyncIterable<string>,
    options: MaskedScoreOptions = {},
  ): Promise<PseudoPerplexityReport> {
    const where = 'pseudoPerplexity';
    checkCall(where, arguments, ['texts'], scoreOptions);
    const given = texts as Partial<Iterable<unknown> & AsyncIterable<unknown>> | null | undefined;
    if (typeof texts !== 'string' && !given?.[Symbol.iterator] && !given?.[Symbol.asyncIterator]) {
      throw new ArgumentError(`${where}: texts is ${shown(texts)}, needs a text, or an iterable of texts`);
    }
    let [count, tokens, sum] = [0, 0, 0];
    for await (const text of typeof texts === 'string' ? [texts] : texts) {
      if (typeof text !== 'string')
        throw new ArgumentError(`${where}: text ${count} is ${shown(text)}, needs a string`);
      const scored = await this.#score(where, text, options);
      count++;
      tokens += scored.tokens.length;
      sum += scored.logProbability;
    }
    if (tokens === 0) throw new ArgumentError(`${where}: the texts have no tokens, needs at least 1`);
    return { texts: count, tokens, pseudoLogLikelihood: sum, pseudoPerplexity: Math.exp((0 - sum) / tokens) };
  }

  async #score(where: string, text: string, { batch = 32 }: MaskedScoreOptions): Promise<ScoredText> {
    checkInteger(where, 'batch', batch, 1);
    const { ids, starts, ends } = this.tokenizer.encodeWithOffsets(text);
    const row = this.#around(where, ids);
    const size = this.model.vocabularySize;
    const from = this.begin.length;
    const tokens: ScoredToken[] = [];
    for (let first = 0; first < ids.length; first += batch) {
      const places = Array.from({ length: Math.min(batch, ids.length - first) }, (_, i) => first + i);
      const rows = places.map((place) => {
        const masked = [...row];
        masked[from + place] = this.mask;
        return masked;
      });
      const all = await this.#logProbabilities(
        where,
        rows,
        places.map((place, i) => i * row.length + from + place),
      );
      for (const [i, place] of places.entries()) {
        const id = ids[place]!;
        tokens.push({
          id,
          token: this.tokenizer.vocabulary.token(id),
          start: starts[place]!,
          end: ends[place]!,
          logProbability: all[i * size + id]!,
        });
      }
    }
    return { tokens, logProbability: tokens.reduce((sum, each) => sum + each.logProbability, 0) };
  }

  /** Tokens between those that stand around a text. */
  #around(where: string, ids: Int32Array): number[] {
    const row = [...this.begin, ...ids, ...this.end];
    const { maxLength } = this.model;
    if (row.length <= maxLength) return row;
    const around = this.begin.length + this.end.length;
    throw new ArgumentError(
      `${where}: the text has ${ids.length} tokens${around > 0 ? `, and ${around} around it` : ''}, but the model reads at most ${maxLength}; cut the text`,
    );
  }

  /** Of the tokens at some places of rows laid one behind the other: vocabularySize numbers for each place. */
  async #logProbabilities(
    where: string,
    rows: readonly (readonly number[])[],
    places: readonly number[],
  ): Promise<Float64Array> {
    const { model } = this;
    const { backend } = model.embedding.weight;
    const logits = tidied(
      () =>
        noGrad(() =>
          inMode(model, 'eval', () => {
            const shape = [rows.length, rows[0]!.length];
            const hidden = model.forward(tensor({ data: Int32Array.from(rows.flat()), shape }, { backend }));
            const flat = hidden.reshape([-1, hidden.shape[2]!]);
            return model.tokenLogits(flat.indexSelect(0, tensor(Int32Array.from(places), { backend })));
          }),
        ),
      (result) => [result],
    ); // [places, vocabularySize]
    try {
      const all = logSoftmaxRows(await logits.data(), model.vocabularySize);
      if (!all.some(Number.isNaN)) return all;
      throw new ArgumentError(`${where}: the model says NaN; its weights are damaged, or were never finite`);
    } finally {
      logits.dispose();
    }
  }
}

const some = (id: number | undefined): number[] => (id === undefined ? [] : [id]);

function checkModel(model: unknown): void {
  const given = (typeof model === 'object' && model !== null ? model : {}) as Partial<MaskedModel>;
  if (typeof given.tokenLogits !== 'function' || typeof given.forward !== 'function') {
    throw new ArgumentError(
      `${NAME}: the model is ${shown(model)}, which says no tokens that were left out; needs a BERT, and what generates goes into a LanguageModel`,
    );
  }
  if (given.tokenHead === undefined) {
    throw new ArgumentError(
      `${NAME}: the model was made without the head that says tokens, or its weights had none; needs one with it, such as a folder of BertForMaskedLM`,
    );
  }
}

/** ln softmax of each row, in float64. */
function logSoftmaxRows(logits: ArrayLike<number>, size: number): Float64Array {
  const all = Float64Array.from(logits);
  for (let from = 0; from < all.length; from += size) {
    const row = all.subarray(from, from + size);
    const most = row.reduce((a, b) => Math.max(a, b), -Infinity);
    const sum = row.reduce((total, x) => total + Math.exp(x - most), 0);
    const log = most + Math.log(sum);
    for (let i = 0; i < size; i++) row[i] = row[i]! - log;
  }
  return all;
}

/** The places of the largest numbers, from the largest on; of equal ones the first is first. */
function likeliest(scores: Float64Array, count: number): number[] {
  const order = Array.from(scores.keys());
  return order.sort((a, b) => scores[b]! - scores[a]! || a - b).slice(0, count);
}
