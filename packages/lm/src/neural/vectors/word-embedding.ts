// wordEmbedding: word vectors as the layer with which a network begins.

import { ArgumentError, checkCall, defaultGenerator, type Known, noGrad, scope, shown, tensor } from '@dl/autograd';
import { Embedding, type EmbeddingOptions } from '@dl/layers';
import { WordVectors } from '../../vectors/word-vectors.js';

/** Options of {@link wordEmbedding}. */
export interface WordEmbeddingOptions
  extends Pick<EmbeddingOptions, 'paddingIndex' | 'sparse' | 'backend' | 'dtype' | 'generator'> {
  /** The token of each row, such as `tokenizer.vocabulary.tokens`. Default: the words of the vectors. */
  readonly tokens?: readonly string[];
  /** The vectors stay as they are while the rest of the network learns; `unfreeze()` lets them learn later. Default false. */
  readonly frozen?: boolean;
}

const wordEmbeddingOptions: Known<WordEmbeddingOptions> = {
  tokens: 'list',
  frozen: 'boolean',
  paddingIndex: 'number',
  sparse: 'boolean',
  backend: 'backend',
  dtype: 'dtype',
  generator: 'generator',
};

/**
 * An `Embedding` whose rows are word vectors, [tokens, size]: row i has the vector of token i. A token without one, such as `<unk>`, starts normal with the variance that the numbers of all vectors have, so that it is as long as a word (Kim, "Convolutional Neural
 * Networks for Sentence Classification", 2014); that of the padding index is 0.
 *
 * @throws ArgumentError for tokens none of which has a vector: they are of another kind, such as pieces of words, or in other letters.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Vocabulary, WordTokenizer, WordVectors } from '@dl/lm';
 * import { wordEmbedding } from '@dl/lm/neural';
 * await useBackend(cpu());
 * const vectors = new WordVectors(['cat', 'dog'], Float32Array.of(0.9, 0.1, 1, 0.2));
 * const tokenizer = new WordTokenizer(new Vocabulary(['<unk>', 'dog', 'cat'], { unk: '<unk>' }));
 * const layer = wordEmbedding(vectors, { tokens: tokenizer.vocabulary.tokens, frozen: true });
 * const y = layer.forward(tensor(tokenizer.encode('cat dog'), { dtype: 'int32' }));
 * console.log(y.toArray(), layer.weight.requiresGrad); // 0.9, 0.1 and 1, 0.2; false
 * ```
 */
export function wordEmbedding(vectors: WordVectors, options: WordEmbeddingOptions = {}): Embedding {
  checkCall('wordEmbedding', arguments, ['vectors'], wordEmbeddingOptions);
  if (!(vectors instanceof WordVectors)) {
    throw new ArgumentError(
      `wordEmbedding: vectors is ${shown(vectors)}, needs WordVectors, such as loadWordVectors of @dl/lm/node gives`,
    );
  }
  const { tokens = vectors.words, frozen = false, ...made } = options;
  const { size } = vectors;
  const places = tokens.map((token) => vectors.place(token));
  if (places.every((place) => place === undefined)) {
    throw new ArgumentError(
      `wordEmbedding: none of the ${tokens.length} tokens, such as ${shown(tokens[0])}, is one of the ${vectors.words.length} words of the vectors; both need the same words, in the same letters`,
    );
  }
  const layer = new Embedding(tokens.length, size, made);
  const { generator = defaultGenerator() } = made;
  const deviation = deviationOf(vectors.vectors);
  const rows = new Float32Array(tokens.length * size);
  for (const [row, place] of places.entries()) {
    if (row === layer.paddingIndex) continue;
    if (place !== undefined) rows.set(vectors.vectors.subarray(place * size, (place + 1) * size), row * size);
    else for (let i = 0; i < size; i++) rows[row * size + i] = generator.normal(0, deviation);
  }
  const { weight } = layer;
  scope(() => {
    const start = tensor(
      { data: rows, shape: [tokens.length, size] },
      { dtype: weight.dtype, backend: weight.backend },
    );
    noGrad(() => weight.assign(start));
  });
  return frozen ? layer.freeze() : layer;
}

/** The standard deviation of numbers. */
function deviationOf(values: Float32Array): number {
  let [sum, squares] = [0, 0];
  for (const value of values) {
    sum += value;
    squares += value * value;
  }
  const mean = sum / values.length;
  return Math.sqrt(Math.max(0, squares / values.length - mean * mean));
}
