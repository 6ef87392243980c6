// trainWordVectors: text in, word vectors out, by skip-gram or the continuous bag of words.

import {
  ArgumentError,
  checkCall,
  checkInteger,
  defaultGenerator,
  EventRun,
  Generator,
  type Known,
  type Platform,
  scope,
  shown,
  type Tensor,
  Turns,
  tensor,
  word2vecUpdate,
} from '@dl/autograd';
import { checkSignal } from '../../decoding/signal.js';
import {
  type EncodedTexts,
  encodeTexts,
  type WordCountOptions,
  type WordTexts,
  wordTextOptions,
} from '../../vectors/encoded-texts.js';
import { WordVectors } from '../../vectors/word-vectors.js';
import { AliasTable } from './alias-table.js';
import { ExampleMaker, type Examples, longestOf } from './examples.js';
import { HuffmanTree } from './huffman.js';
import { CBOW, SkipGram } from './models.js';

const models = ['skipGram', 'cbow'] as const;
const losses = ['negativeSampling', 'hierarchicalSoftmax'] as const;

/** Options of {@link trainWordVectors}. */
export interface TrainWordVectorsOptions extends WordCountOptions {
  /** A word tells those near it (`skipGram`), or the words near it tell a word (`cbow`, several times as fast, and better for frequent words). Default `skipGram`. */
  readonly model?: (typeof models)[number];
  /** Whether a word is told from some that are drawn, or by a path in a tree of all words. Default `negativeSampling`. */
  readonly loss?: (typeof losses)[number];
  /** How many numbers a vector has. Default 100. */
  readonly size?: number;
  /** How far away a word may be and still be near: from 1 to so many words, with equal chances for each place in the text. Default 5. */
  readonly window?: number;
  /** How many words are drawn for each that is told, by count^0.75; for `negativeSampling` alone. Default 5. */
  readonly negatives?: number;
  /**
   * The share t of all words above which frequent ones are left out by chance, anew in each epoch: one with the share f stays with the probability √(t/f) + t/f. 0 leaves out none, as is good for texts of less than a million words. Default 1e-3.
   */
  readonly subsample?: number;
  /** How often the text is gone through. Default 5. */
  readonly epochs?: number;
  /** The learning rate at the start, from which it falls in a straight line to a ten-thousandth of it. Default 0.025, for `cbow` 0.05. */
  readonly lr?: number;
  /** Of the start and of all that is drawn: the same seed, texts and options give the same vectors. Default: the generator that `manualSeed` seeds. */
  readonly seed?: number;
  /** Ends the training after the step under way, with the vectors as they are. */
  readonly signal?: Platform<'AbortSignal', { readonly aborted: boolean }>;
}

const trainOptions: Known<TrainWordVectorsOptions> = {
  model: models,
  loss: losses,
  size: 'number',
  window: 'number',
  negatives: 'number',
  subsample: 'finite',
  minCount: 'number',
  maxWords: 'number',
  epochs: 'number',
  lr: 'finite',
  seed: 'number',
  signal: 'object',
  ...wordTextOptions,
};

/** How far a training of word vectors is: `progress` every ten thousand words or so, `epoch` behind each epoch. */
export interface WordVectorsProgress<T extends 'progress' | 'epoch' = 'progress' | 'epoch'> {
  readonly type: T;
  /** The epoch under way or, of `epoch`, just ended, from 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** How much of all is done, 0 to 1. */
  readonly share: number;
  /** Words of the text that were gone through, in all epochs, and how many that were in a second. */
  readonly words: number;
  readonly wordsPerSecond: number;
  /** The mean loss of an example since the last event of this type. */
  readonly loss: number;
  readonly lr: number;
}

/** Comes last, unless an error ended the training. */
export interface WordVectorsEnd {
  readonly type: 'end';
  /** All epochs are done, or the signal was aborted. */
  readonly reason: 'finished' | 'aborted';
  readonly vectors: WordVectors;
}

/** What {@link trainWordVectors} tells: `progress` every ten thousand words or so, `epoch` behind each epoch, `end`. */
export type WordVectorsEvent = WordVectorsProgress<'progress'> | WordVectorsProgress<'epoch'> | WordVectorsEnd;

/**
 * Learns a vector for each word of a text, so that words with like neighbours have like vectors. `await` gives the {@link WordVectors}, the most frequent word first; `for await` gives events with the loss and the speed, and the vectors at the end.
 *
 * It is the training of the program word2vec: {@link SkipGram} or {@link CBOW}, stochastic gradient descent with one example after the other, a learning rate that falls in a straight line. A step changes the rows of its example alone
 * (`word2vecUpdate` of @dl/autograd), so that it costs as much for any vocabulary. The backend of the CPU has a kernel for that; on others each example is composed of many ops, which is slow: train on the CPU.
 *
 * A text, or a list of them, is cut into words by the rule of `WordTokenizer`, marks among them, unless `split` says otherwise; lists of words are taken as they are, such as those that `findPhrases` made. Words near each other are of one text.
 *
 * Sources: Mikolov et al., "Efficient Estimation of Word Representations in Vector Space" and "Distributed Representations of Words and Phrases and their Compositionality", 2013.
 *
 * @throws ArgumentError for no words, none that comes `minCount` times, none with another beside it, `negatives` with a tree, and a learning rate at which numbers grow beyond all bounds.
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { trainWordVectors } from '@dl/lm/neural';
 * await useBackend(cpu());
 * const texts: string[] = [];
 * for (let i = 0; i < 300; i++) {
 *   const [noun, verb] = [['cat', 'dog'], ['car', 'bus']][i % 2]!;
 *   texts.push(`the ${i % 3 ? noun : verb} ${i % 2 ? 'drives' : 'sleeps'} in the ${i % 2 ? 'street' : 'house'}`);
 * }
 * const vectors = await trainWordVectors(texts, { size: 8, window: 2, subsample: 0, epochs: 20 });
 * console.log(vectors.nearest('cat', { count: 1 })[0]!.word); // dog, which sleeps in houses, too
 * ```
 */
export function trainWordVectors(
  texts: WordTexts,
  options: TrainWordVectorsOptions = {},
): EventRun<WordVectorsEvent, WordVectors> {
  checkCall('trainWordVectors', arguments, ['texts'], trainOptions);
  const settings = checked(options);
  const generator = settings.seed === undefined ? defaultGenerator() : new Generator(settings.seed);
  let vectors: WordVectors | undefined;
  return new EventRun('trainWordVectors', train(texts, settings, generator), {
    take: (event) => {
      if (event.type === 'end') vectors = event.vectors;
    },
    result: () => vectors,
  });
}

type Given = 'size' | 'window' | 'negatives' | 'subsample' | 'minCount' | 'epochs' | 'lr' | 'model' | 'loss';
type Settings = TrainWordVectorsOptions & Required<Pick<TrainWordVectorsOptions, Given>>;

function checked(options: TrainWordVectorsOptions): Settings {
  const where = 'trainWordVectors';
  const { model = 'skipGram', loss = 'negativeSampling', negatives = 5 } = options;
  const settings: Settings = {
    size: 100,
    window: 5,
    subsample: 1e-3,
    minCount: 5,
    epochs: 5,
    lr: model === 'cbow' ? 0.05 : 0.025,
    ...(Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as typeof options),
    model,
    loss,
    negatives,
  };
  for (const name of ['size', 'window', 'negatives', 'minCount', 'epochs'] as const) {
    checkInteger(where, name, settings[name], 1);
  }
  for (const name of ['seed', 'maxWords'] as const) {
    if (settings[name] !== undefined) checkInteger(where, name, settings[name], name === 'seed' ? 0 : 1);
  }
  if (settings.subsample < 0) {
    throw new ArgumentError(`${where}: subsample is ${shown(settings.subsample)}, needs a share of at least 0`);
  }
  if (settings.lr <= 0) throw new ArgumentError(`${where}: lr is ${shown(settings.lr)}, needs to be above 0`);
  if (options.negatives !== undefined && loss === 'hierarchicalSoftmax') {
    throw new ArgumentError(
      `${where}: negatives is ${negatives}, but with loss 'hierarchicalSoftmax' no words are drawn; leave it out`,
    );
  }
  checkSignal(where, settings.signal);
  return settings;
}

/** Examples of a step: enough that what is around its kernel does not count, and few enough that a page stays alive. */
const BATCH = 2048;
/** An event comes every so many words. */
const EVERY = 10_000;
/** What is left of the learning rate at the end. */
const LEAST = 1e-4;
/** Milliseconds without a turn of the event loop. */
const TURN = 16;

async function* train(
  texts: WordTexts,
  settings: Settings,
  generator: Generator,
): AsyncGenerator<WordVectorsEvent, void, undefined> {
  const { size, epochs, lr: start, signal } = settings;
  const encoded = await encodeTexts('trainWordVectors', texts, settings, signal?.aborted ? undefined : signal);
  if (longestOf(encoded) < 2 || encoded.words.length < 2) {
    throw new ArgumentError(
      `trainWordVectors: no word stands near another one, of those that come ${settings.minCount} times or more; give texts of several words, or lower minCount`,
    );
  }
  const tree = settings.loss === 'hierarchicalSoftmax' ? new HuffmanTree(encoded.often) : undefined;
  const made = { generator, ...(tree !== undefined && { tree }) };
  const model = new (settings.model === 'cbow' ? CBOW : SkipGram)(encoded.words.length, size, made);
  const examples = new ExampleMaker(encoded, exampleOptions(encoded, settings, tree), generator);
  const turns = new Turns(TURN);
  const total = epochs * encoded.ids.length;
  const begin = performance.now();
  const [sinceEvent, sinceEpoch] = [new Mean(), new Mean()];
  let [epoch, words, told, lr] = [1, 0, 0, start];
  const event = <T extends 'progress' | 'epoch'>(type: T, loss: number): WordVectorsProgress<T> => {
    const wordsPerSecond = (1000 * words) / Math.max(1e-3, performance.now() - begin);
    return { type, epoch, epochs, share: words / total, words, wordsPerSecond, loss, lr };
  };
  const ended = (): boolean => signal?.aborted === true;
  try {
    for (; epoch <= epochs && !ended(); epoch++) {
      const before = words;
      for (const batch of examples.epoch()) {
        if (ended()) break;
        lr = start * Math.max(LEAST, 1 - words / total);
        words = before + batch.words;
        if (batch.count > 0) {
          const of = await step(model, batch, lr);
          checkLoss(of, words, start);
          sinceEvent.add(of);
          sinceEpoch.add(of);
        }
        await turns.take();
        if (words - told < EVERY) continue;
        told = words;
        yield event('progress', sinceEvent.take());
      }
      if (!ended()) yield event('epoch', sinceEpoch.take());
    }
    const reason = ended() ? 'aborted' : 'finished';
    yield { type: 'end', reason, vectors: new WordVectors(encoded.words, (await model.input.data()) as Float32Array) };
  } finally {
    model.dispose();
  }
}

function exampleOptions(
  { often }: EncodedTexts,
  { model, window, subsample, negatives }: Settings,
  tree: HuffmanTree | undefined,
): ConstructorParameters<typeof ExampleMaker>[1] {
  const isBag = model === 'cbow';
  const how = tree === undefined ? { noise: new AliasTable(often.map((count) => count ** 0.75)) } : { tree };
  return { isBag, window, subsample, negatives, batch: BATCH, ...how };
}

/** A step for each example of a batch. Gives their losses. */
async function step(model: SkipGram | CBOW, batch: Examples, lr: number): Promise<ArrayLike<number>> {
  const { count, width, told, bags, targets, labels } = batch;
  const { input, output } = model;
  const { backend } = input;
  const made = (data: Int32Array | Float32Array, row: number): Tensor =>
    tensor({ data, shape: [count, row] }, { backend });
  const found = scope(() =>
    word2vecUpdate(input, output, made(bags, width), made(targets, told), made(labels, told), { lr }),
  );
  const each = await found.data();
  found.dispose();
  return each as Float32Array;
}

function checkLoss(found: ArrayLike<number>, words: number, lr: number): void {
  for (let i = 0; i < found.length; i++) {
    if (Number.isFinite(found[i]!)) continue;
    throw new ArgumentError(
      `trainWordVectors: a loss is ${found[i]} after ${words} words; lower lr, which was ${lr} at the start`,
    );
  }
}

/** The mean of what came since it was asked for last; NaN where nothing did. */
class Mean {
  #sum = 0;
  #count = 0;

  add(values: ArrayLike<number>): void {
    for (let i = 0; i < values.length; i++) this.#sum += values[i]!;
    this.#count += values.length;
  }

  take(): number {
    const mean = this.#sum / this.#count;
    this.#sum = 0;
    this.#count = 0;
    return mean;
  }
}
