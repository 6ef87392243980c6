// CharacterEmbedding: the vector of a word, made of its characters.

import {
  ArgumentError,
  checkCall,
  checkInteger,
  concat,
  formatShape,
  isInteger,
  type Known,
  ShapeError,
  shown,
  type Tensor,
  where,
  zeros,
} from '@dl/autograd';
import {
  Conv1d,
  Embedding,
  formatArguments,
  Linear,
  Module,
  ModuleList,
  needTensor,
  type ParameterOptions,
  parameterOptions,
  tidied,
} from '@dl/layers';

/** The form of a {@link CharacterEmbedding}. */
export interface CharacterForm {
  /** How many numbers the vector of a character has. Default 16. */
  readonly characterSize?: number;
  /** Filters by the characters that they see: how many of each width. Default { 1: 16, 2: 32, 3: 64 }. */
  readonly filters?: Readonly<Record<number, number>>;
  /** How many highway layers follow. Default 1. */
  readonly highways?: number;
}

/** Options of {@link CharacterEmbedding}. */
export interface CharacterEmbeddingOptions extends CharacterForm, ParameterOptions {}

export const characterForm: Known<CharacterForm> = { characterSize: 'number', filters: 'object', highways: 'number' };
const characterOptions: Known<CharacterEmbeddingOptions> = { ...characterForm, ...parameterOptions };

const NAME = 'CharacterEmbedding';

/** σ(T x + b) chooses between ReLU(H x + c) and x itself. */
class Highway extends Module<[x: Tensor], Tensor> {
  readonly transform: Linear;
  readonly gate: Linear;

  constructor(size: number, made: ParameterOptions) {
    super();
    this.transform = new Linear(size, size, made);
    this.gate = new Linear(size, size, made);
  }

  forward(x: Tensor): Tensor {
    const gate = this.gate.forward(x).sigmoid();
    return this.transform.forward(x).relu().sub(x).mul(gate).add(x);
  }
}

/**
 * Words as what they look like: each word is its characters, `int32` [words, length] of numbers from 1, filled up with 0, and becomes a vector [words, size]. Filters go over
 * the vectors of its characters, of each the largest value counts, ReLU(maxₜ (W c(t … t + width - 1) + b)); highway layers g ⊙ ReLU(H x + c) + (1 - g) ⊙ x with g = σ(T x + b)
 * and a linear map follow (Kim et al., "Character-aware neural language models", 2016; the words of ELMo). Words that nobody has seen get a vector, too.
 *
 * Filters begin at each character; behind the last one stand zeros. Marks for the begin and the end of a word are characters that whoever spells it adds.
 *
 * @throws ArgumentError for sizes below 1, and no filters.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { padSequences } from '@dl/data';
 * import { cpu } from '@dl/kernels-cpu';
 * import { CharacterEmbedding } from '@dl/lm/neural';
 * await useBackend(cpu());
 * const spelt = ['the', 'cat'].map((word) => [...word].map((letter) => letter.charCodeAt(0) - 96)); // a is 1
 * const words = new CharacterEmbedding(27, 32);
 * console.log(words.forward(tensor(padSequences(spelt, { length: 8 }).values)).shape); // [2, 32]
 * ```
 */
export class CharacterEmbedding extends Module<[characters: Tensor], Tensor> {
  readonly numCharacters: number;
  readonly size: number;
  readonly widths: readonly number[];
  readonly characters: Embedding;
  readonly convolutions: ModuleList<Conv1d>;
  readonly highways: ModuleList<Highway>;
  readonly output: Linear;

  /** @param numCharacters How many characters there are, 0 for none included. */
  constructor(numCharacters: number, size: number, options: CharacterEmbeddingOptions = {}) {
    checkCall(NAME, arguments, ['numCharacters', 'size'], characterOptions);
    const { characterSize = 16, filters = { 1: 16, 2: 32, 3: 64 }, highways = 1, ...made } = options;
    super();
    this.numCharacters = checkInteger(NAME, 'numCharacters', numCharacters, 2);
    this.size = checkInteger(NAME, 'size', size, 1);
    checkInteger(NAME, 'characterSize', characterSize, 1);
    checkInteger(NAME, 'highways', highways, 0);
    const kinds = Object.entries(filters).map(([width, count]) => [Number(width), count] as const);
    if (kinds.length === 0)
      throw new ArgumentError(`${NAME}: filters are ${shown(filters)}, needs some, such as { 3: 64 }`);
    for (const [width, count] of kinds) {
      checkInteger(NAME, 'a width of filters', width, 1);
      checkInteger(NAME, `filters of width ${width}`, count, 1);
    }
    this.widths = kinds.map(([width]) => width);
    this.characters = new Embedding(numCharacters, characterSize, made);
    this.convolutions = new ModuleList(kinds.map(([width, count]) => new Conv1d(characterSize, count, width, made)));
    const found = kinds.reduce((sum, [, count]) => sum + count, 0);
    this.highways = new ModuleList(Array.from({ length: highways }, () => new Highway(found, made)));
    this.output = new Linear(found, size, made);
  }

  forward(characters: Tensor): Tensor {
    checkCall(NAME, arguments, ['characters']);
    needTensor(NAME, characters);
    const { shape } = characters;
    if (!isInteger(characters.dtype) || characters.rank !== 2 || shape[1] === 0) {
      throw new ShapeError(
        `${NAME}: characters are ${formatShape(shape)} ${characters.dtype}, needs int32 [words, length], a row for each word`,
      );
    }
    return tidied(
      () => {
        const [words, length] = shape as readonly [number, number];
        const behind = Math.max(...this.widths) - 1;
        const none = zeros([words, behind], { dtype: 'int32', backend: characters.backend });
        const all = behind > 0 ? concat([characters, none], 1) : characters;
        const vectors = where(all.notEqual(0).unsqueeze(2), this.characters.forward(all), 0);
        const x = vectors.transpose(1, 2); // [words, features, length + behind]
        const counts = characters.notEqual(0).unsqueeze(1); // [words, 1, length]
        const maxima = Array.from(this.convolutions, (convolution) => {
          const found = convolution
            .forward(x)
            .slice([null, null, [0, length]])
            .relu(); // [words, filters, length]
          return where(counts, found, 0).max(2);
        });
        let y = concat(maxima, 1);
        for (const highway of this.highways) y = highway.forward(y);
        return this.output.forward(y);
      },
      (vectors) => [vectors],
    );
  }

  override describe(): string {
    return formatArguments([this.numCharacters, this.size]);
  }
}
