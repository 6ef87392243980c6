// That nothing is exported without proof and documentation: a golden file of another program, or a test that computes it a second time.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { exampleTests } from '../../layers/test/documented.js';
import * as lm from './index.js';
import * as neural from './neural.js';
import * as node from './node.js';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

type Proof = readonly [file: string, title: string];
const bleu: Proof = ['evaluation/bleu.test.ts', 'up to order %i, smoothing %s (%s)'];
const characters: Proof = ['evaluation/characters.test.ts', '%j'];
const model: Proof = [
  'language-model.test.ts',
  'each token with its place, its text and its probability behind those before it',
];
const phrases: Proof = [
  'vectors/phrases.test.ts',
  'scores are (count(a b) - discount) N / (count(a) count(b)), of pairs that come often enough, above the threshold',
];
const files: Proof = ['node.test.ts', 'come back exactly, and nothing is left beside them'];

const knobs: Proof = ['decoding/die.test.ts', 'gives what its definition says, of any die, whatever the scores sum to'];
const penalties: Proof = ['decoding/adjustments.test.ts', 'penalties by their formulas'];
const single: Proof = [
  'decoding/adjustments.test.ts',
  'bias by an object or a Map, force at its places alone, minLength until there are enough',
];
const nltk: Proof = ['ngram/smoothing/nltk.test.ts', 'scores as NLTK: $corpus, order $order'];
const answers: Proof = ['ngram/model.test.ts', 'gives one answer: run, fill, logProbabilityIn and logProbability'];
const states: Proof = ['ngram/files/model-state.test.ts', 'comes back to the bit'];
const tokenizers: Proof = [
  'tokens/every-tokenizer.test.ts',
  'a stream gives what decode gives, and never a part of a character',
];
const kenlm: Proof = ['ngram/files/arpa.test.ts', '$words after $context'];
const vectorFiles: Proof = ['vectors/files/files.test.ts', 'comes back to the bit, found out by itself or said'];

/** Exports of the entry for networks. */
const network: Readonly<Record<string, Proof>> = {
  WindowModel: ['neural/models/golden.test.ts', '%s'],
  RecurrentModel: ['neural/models/golden.test.ts', '%s'],
  RecurrentStream: [
    'neural/models/recurrent-stream.test.ts',
    'pieces of streams are what the whole is, and starts begin anew: %s',
  ],
  trainNetwork: [
    'neural/train-network.test.ts',
    'is what the model scores: the loss of a recurrent network on all that is held out',
  ],
  MaskedLanguageModel: [
    'neural/masked-language-model.test.ts',
    'fills and scores by the model in evaluation mode, between begin and end, and leaves its mode and memory',
  ],
  networkModels: [
    'neural/models/every-model.test.ts',
    'comes back from a file to the bit, and nobody else draws other numbers for it',
  ],
};

/** The file and the title of the test. */
const proofs: Readonly<Record<string, Proof>> = {
  bleu,
  tokenize13a: ['evaluation/bleu.test.ts', 'the words of %j'],
  selfBleu: ['evaluation/bleu.test.ts', 'is the mean of each text with all others, smoothing %s'],
  bitsPerCharacter: characters,
  bitsPerByte: characters,
  chrf: [
    'evaluation/chrf.test.ts',
    'characters $charOrder, words $wordOrder, beta $beta, blanks $whitespace, lower $lowercase',
  ],
  distinctN: ['evaluation/distinct.test.ts', '%j, n %i'],
  perplexity: ['evaluation/perplexity.test.ts', 'the figures, with unknown words and without'],
  scoreTokens: ['evaluation/perplexity.test.ts', 'the scores of each token'],
  findPhrases: phrases,
  Phrases: phrases,
  LanguageModel: model,
  languageModelFromState: ['language-model.test.ts', '%s: a state comes back exactly'],
  trainNgram: ['train-ngram.test.ts', 'one text: characters, without ends'],
  generate: ['decoding/generate.test.ts', 'the seed says what comes, and a row does not depend on the others'],
  generateText: [
    'decoding/generate-text.test.ts',
    'samples of one prompt are streams of their own, each the same among more or fewer',
  ],
  Die: knobs,
  temperature: knobs,
  topK: knobs,
  topP: knobs,
  minP: knobs,
  typical: knobs,
  eta: knobs,
  mirostat: [
    'decoding/die.test.ts',
    'follows the surprise of what was chosen, on the die before its cut, and comes to it',
  ],
  repetitionPenalty: penalties,
  frequencyPenalty: penalties,
  presencePenalty: penalties,
  noRepeatNgram: [
    'decoding/adjustments.test.ts',
    'noRepeatNgram(%i): what would say an n-gram again is out, nothing else',
  ],
  ban: ['decoding/adjustments.test.ts', 'ban: tokens always, sequences where they would end'],
  bias: single,
  force: single,
  minLength: single,
  NgramCounts: ['ngram/counts.test.ts', 'order %i: every run as often as one finds it by looking, and no other'],
  NgramTrie: ['ngram/trie.test.ts', 'a suffix is the longest end that is there'],
  NgramModel: answers,
  BackoffModel: answers,
  StupidBackoffModel: answers,
  FloorModel: [
    'ngram/floor-model.test.ts',
    'order %i: the definition, in contexts of any length, also those that never came',
  ],
  maximumLikelihood: nltk,
  laplace: nltk,
  lidstone: nltk,
  absoluteDiscounting: nltk,
  wittenBell: nltk,
  kneserNey: nltk,
  stupidBackoff: nltk,
  goodTuring: ['ngram/smoothing/good-turing.test.ts', 'the example of the paper'],
  jelinekMercer: ['ngram/smoothing/jelinek-mercer.test.ts', 'the weight of a coin has a closed form'],
  katz: ['ngram/smoothing/katz.test.ts', 'order %i, k %i: the definition'],
  modifiedKneserNey: ['ngram/smoothing/kneser-ney.test.ts', 'is its definition: $name'],
  readArpa: kenlm,
  writeArpa: ['ngram/files/arpa.test.ts', 'gives the same bits where it is to be exact, $order-grams'],
  modelState: states,
  modelFromState: states,
  prune: ['ngram/prune.test.ts', 'n-grams stay that the definition keeps at %s'],
  mixture: ['ngram/mixtures/mixture.test.ts', 'of n-grams has the weighted sum of their probabilities, on the host'],
  fitMixture: ['ngram/mixtures/mixture.test.ts', 'finds the weights of the highest likelihood'],
  cacheModel: ['ngram/mixtures/cache-model.test.ts', 'has the probabilities of its definition, which sum to 1'],
  classModel: [
    'ngram/mixtures/class-model.test.ts',
    'has the probability of the class times that in it, with %s added',
  ],
  brownClasses: ['ngram/mixtures/brown-classes.test.ts', 'no token gains by moving, in text %i'],
  Tokenizer: tokenizers,
  trainCharacters: tokenizers,
  trainWords: tokenizers,
  ByteTokenizer: ['tokens/byte-tokenizer.test.ts', 'bytes are those of UTF-8, halves of surrogate pairs as U+FFFD'],
  CharacterTokenizer: ['tokens/character-tokenizer.test.ts', '%s'],
  WordTokenizer: ['tokens/word-tokenizer.test.ts', '%s'],
  BpeTokenizer: [
    'tokens/bpe.test.ts',
    'is what searching for the lowest rank again and again gives, for short words and long ones',
  ],
  encodeWords: ['tokens/encode-words.test.ts', '%s: words have the tokens of the whole text, each its own'],
  CBOW: ['neural/vectors/models.test.ts', '%s: loss and gradients are those of PyTorch'],
  SkipGram: ['neural/vectors/models.test.ts', '%s: loss and gradients are those of PyTorch'],
  HuffmanTree: ['neural/vectors/models.test.ts', 'a Huffman tree is that of heapq'],
  GloVe: ['neural/vectors/glove.test.ts', 'losses and tables of GloVe, %s'],
  trainGloVe: [
    'neural/vectors/glove.test.ts',
    'finds the structure that was planted: all analogies, and each word beside its kin',
  ],
  trainWordVectors: [
    'neural/vectors/train-word-vectors.test.ts',
    'tells epochs and their losses, which fall, and ends with the vectors',
  ],
  wordEmbedding: [
    'neural/vectors/word-embedding.test.ts',
    'rows of wordEmbedding are those of the words, by default in their order',
  ],
  BidirectionalModel: [
    'neural/contextual/golden.test.ts',
    'BidirectionalModel, %s: layers, loss and every gradient are PyTorch’s',
  ],
  LayerMix: ['neural/contextual/golden.test.ts', 'LayerMix: the mix and every gradient are PyTorch’s'],
  CharacterEmbedding: [
    'neural/contextual/bidirectional-model.test.ts',
    'padding and the place in a batch make no difference, characters and their order do',
  ],
  ELMo: [
    'neural/contextual/bidirectional-model.test.ts',
    'the mean of the layers at first, and the layer of the highest score in the end',
  ],
  pretrainMasked: [
    'neural/contextual/pretrain-masked.test.ts',
    'words that their neighbours tell, and the loss of texts held out is what is open',
  ],
  sentencePairs: [
    'neural/contextual/sentence-pairs.test.ts',
    'each sentence that has one behind it comes once, with that one or with one of another document',
  ],
  TokenClassifier: [
    'neural/contextual/classifiers.test.ts',
    'the loss of tokens is the mean of -log p of those with a label',
  ],
  SequenceClassifier: ['neural/contextual/classifiers.test.ts', 'a sequence by %s of what counts'],
  wordBatch: ['neural/contextual/classifiers.test.ts', 'without ends, and without labels'],
  trainBpe: ['tokens/read-tokenizer.golden.test.ts', '%s'],
  WordPieceTokenizer: ['tokens/word-piece.test.ts', 'the longest token each time, or the word is unknown'],
  readTokenizer: ['tokens/read-tokenizer.golden.test.ts', '%j'],
  writeTokenizer: ['tokens/read-tokenizer.golden.test.ts', '%j'],
  tokenizerFromState: ['tokens/every-tokenizer.test.ts', 'its state makes it again'],
  Vocabulary: ['tokens/vocabulary.test.ts', 'numbers are those of the order given'],
  countVocabulary: [
    'tokens/vocabulary.test.ts',
    'the most frequent first, of equal counts by code units; special ones before all',
  ],
  countCooccurrences: [
    'vectors/cooccurrences.test.ts',
    'countCooccurrences is the sum of 1 / distance over all pairs of places',
  ],
  principalComponents: [
    'vectors/principal-components.test.ts',
    'coordinates are uncorrelated, with the largest variance first, and their shares of it are 1 in all',
  ],
  readWordVectors: vectorFiles,
  writeWordVectors: vectorFiles,
  loadWordVectors: ['node/word-vectors.test.ts', 'all formats come back to the bit, and nothing is left beside them'],
  saveWordVectors: ['node/word-vectors.test.ts', 'all formats come back to the bit, and nothing is left beside them'],
  WordVectors: ['vectors/word-vectors.test.ts', 'the %i nearest are those of all cosines, sorted'],
  saveModel: files,
  loadModel: files,
  loadMaskedModel: ['node/folder.test.ts', 'fills $text'],
  readText: ['node.test.ts', 'pieces are the text, and are cut before white space, never in it or in a word'],
  beamSearch: ['decoding/search/beam-search.test.ts', 'the exact best, %s'],
  contrastiveSearch: ['decoding/search/contrastive-search.test.ts', '%s: the formula, prompts of any lengths at once'],
  sampleSequences: [
    'decoding/search/sample-sequences.test.ts',
    'the order of what is drawn has the distribution of drawing one after the other',
  ],
  constrain: ['decoding/constraints/constrain.test.ts', '%s: as by trying them all'],
  regularExpression: ['decoding/constraints/regular-expression.test.ts', '%s, as RegExp has it'],
  grammar: [
    'decoding/constraints/grammar.test.ts',
    'grammars by chance: every text up to 7 characters, every beginning',
  ],
  trainNgramFile: ['node.test.ts', 'is trainNgram of the text, though it comes in pieces'],
  ...network,
};

const exported = [lm, neural, node].flatMap((entry) => Object.keys(entry));

test('every export is proved', () => {
  expect([...exported].sort()).toEqual(Object.keys(proofs).sort());
});

test.each(Object.entries(proofs))('%s: its test is there, and names it', (name, [file, title]) => {
  const source = read(`./${file}`);
  expect(source).toContain(`'${title}'`);
  expect(source).toMatch(new RegExp(`\\b${name}\\b`));
});

describe('documentation', () => {
  exampleTests(import.meta.url, exported);

  test('README.md names everything, types too', () => {
    const named = new Set([...read('../README.md').matchAll(/`(\w+)/g)].map(([, name]) => name));
    const all = ['./index.ts', './neural.ts', './node.ts'].flatMap((file) => [
      ...read(file).matchAll(/export (?:type )?\{([^}]*)\}/g),
    ]);
    const names = all.flatMap(([, list]) => list!.split(',').map((name) => name.replace(/\btype\b/, '').trim()));
    expect(names.filter((name) => name !== '' && !named.has(name))).toEqual([]);
  });
});
