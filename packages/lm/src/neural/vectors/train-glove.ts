// trainGloVe: texts in, word vectors out, by how often words stand near one another.

import {
  ArgumentError,
  checkCall,
  checkInteger,
  EventRun,
  Generator,
  type Known,
  keep,
  type Platform,
  scope,
  shown,
  Turns,
  tensor,
  zeros,
} from '@dl/autograd';
import { Adagrad } from '@dl/optim';
import { checkSignal } from '../../decoding/signal.js';
import {
  type CooccurrenceOptions,
  type Cooccurrences,
  cooccurrenceOptions,
  cooccurrences,
} from '../../vectors/cooccurrences.js';
import type { WordTexts } from '../../vectors/encoded-texts.js';
import type { WordVectors } from '../../vectors/word-vectors.js';
import { checkWeights, GloVe, type GloVeWeights } from './glove.js';

/** Options of {@link trainGloVe}. */
export interface TrainGloVeOptions extends CooccurrenceOptions, GloVeWeights {
  /** How many numbers a vector has. Default 100. */
  readonly size?: number;
  /** How often each pair comes. Default 25. */
  readonly epochs?: number;
  /** How many pairs a step takes. Default 512. */
  readonly batch?: number;
  /** The learning rate of Adagrad, whose sums of squares begin with 1. Default 0.05. */
  readonly lr?: number;
  /** The same seed, text and options give the same vectors. Default 0. */
  readonly seed?: number;
  /** Ends the training after the step under way, with the vectors as they are; stops counting, too, which then throws its reason. */
  readonly signal?: Platform<'AbortSignal'>;
}

/** How far a training of GloVe is. */
export interface GloVeProgress {
  readonly type: 'progress' | 'epoch';
  /** The epoch under way or, of `epoch`, just ended, from 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** How much of all is done, 0 to 1. */
  readonly share: number;
  /** Different pairs of words that stand near one another: so many are gone through in each epoch. */
  readonly pairs: number;
  readonly pairsPerSecond: number;
  /** The mean loss of a pair since the last event. */
  readonly loss: number;
}

/** Comes last, unless an error ended the training. */
export interface GloVeEnd {
  readonly type: 'end';
  /** All epochs are done, or the signal was aborted. */
  readonly reason: 'finished' | 'aborted';
  readonly vectors: WordVectors;
}

/** What {@link trainGloVe} tells: `progress` every hundred steps, `epoch` behind each epoch, `end`. */
export type GloVeEvent = GloVeProgress | GloVeEnd;

const trainOptions: Known<TrainGloVeOptions> = {
  ...cooccurrenceOptions,
  size: 'number',
  epochs: 'number',
  batch: 'number',
  lr: 'number',
  seed: 'number',
  xMax: 'number',
  alpha: 'number',
};

/** So many steps between two events. */
const EVERY = 100;

/**
 * Learns word vectors by GloVe: counts how often words stand near one another (`countCooccurrences`), and fits the model {@link GloVe} to that with Adagrad, on the rows of each batch alone. A word's vector is the sum of both that it has. `await` gives the
 * {@link WordVectors}, the most frequent word first, `for await` gives events with the loss and the speed, and the vectors at the end.
 *
 * In place of texts it takes what `countCooccurrences` gave, so that several trainings count once; the options of counting are its then. The weights' `xMax` is for large texts: for a small one, in which no pair comes a hundred times, take as often as the frequent pairs come.
 *
 * @throws ArgumentError for no words, options out of range, and a learning rate at which numbers grow beyond all bounds.
 *
 * Source: Pennington, Socher & Manning, "GloVe: Global Vectors for Word Representation", 2014.
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { trainGloVe } from '@dl/lm/neural';
 * await useBackend(cpu());
 * const texts = ['the cat sat', 'the dog sat', 'the cat ran', 'the dog ran', 'a car stood', 'a bus stood'];
 * const vectors = await trainGloVe(texts, { size: 8, minCount: 1, xMax: 4, epochs: 100, lr: 0.1 });
 * console.log(vectors.nearest('cat', { count: 1 })[0]!.word); // dog
 * ```
 */
export function trainGloVe(
  texts: WordTexts | Cooccurrences,
  options: TrainGloVeOptions = {},
): EventRun<GloVeEvent, WordVectors> {
  const where = 'trainGloVe';
  checkCall(where, arguments, ['texts'], trainOptions);
  const { size = 100, epochs = 25, batch = 512, lr = 0.05, seed = 0, signal } = options;
  for (const [name, value] of Object.entries({ size, epochs, batch })) checkInteger(where, name, value, 1);
  checkInteger(where, 'seed', seed, 0);
  if (!(lr > 0 && lr < Infinity)) throw new ArgumentError(`${where}: lr is ${lr}, needs a number above 0`);
  checkWeights(where, options);
  checkSignal(where, signal);
  if (isCounted(texts)) {
    for (const name of ['window', 'minCount', 'maxWords', 'split', 'lowerCase'] as const) {
      if (options[name] === undefined) continue;
      throw new ArgumentError(
        `${where}: ${name} is given, but the pairs are counted already; give it to countCooccurrences`,
      );
    }
  }
  let vectors: WordVectors | undefined;
  return new EventRun<GloVeEvent, WordVectors>(where, training(texts, { ...options, size, epochs, batch, lr, seed }), {
    take: (event) => {
      if (event.type === 'end') vectors = event.vectors;
    },
    result: () => vectors,
  });
}

const isCounted = (texts: unknown): texts is Cooccurrences =>
  typeof texts === 'object' && texts !== null && 'counts' in texts;

type Settings = TrainGloVeOptions & Required<Pick<TrainGloVeOptions, 'size' | 'epochs' | 'batch' | 'lr' | 'seed'>>;

async function* training(
  texts: WordTexts | Cooccurrences,
  settings: Settings,
): AsyncGenerator<GloVeEvent, void, undefined> {
  const { size, epochs, batch, lr, seed, signal, xMax = 100, alpha = 0.75 } = settings;
  const counted = isCounted(texts) ? checked(texts) : await cooccurrences('trainGloVe', texts, counting(settings));
  const { words, rows, columns, counts } = counted;
  const pairs = counts.length;
  const generator = new Generator(seed);
  const model = new GloVe(words.length, size, { xMax, alpha, generator });
  const optimizer = new Adagrad(model.parameters(), { lr, initialAccumulatorValue: 1 });
  const sum = keep(zeros([]));
  const { dtype, backend } = model.words;
  const turns = new Turns(20);
  const begin = performance.now();
  const ended = (): boolean => signal?.aborted === true;
  let [steps, done, told] = [0, 0, 0];
  try {
    for (let epoch = 1; epoch <= epochs && !ended(); epoch++) {
      const order = generator.permutation(pairs);
      for (let from = 0; from < pairs && !ended(); from += batch) {
        const some = order.subarray(from, from + batch);
        const numbers = (list: Int32Array): Int32Array => some.map((pair) => list[pair]!);
        scope(() => {
          const loss = model.loss({
            words: tensor(numbers(rows), { dtype: 'int32', backend }),
            contexts: tensor(numbers(columns), { dtype: 'int32', backend }),
            counts: tensor(
              Float64Array.from(some, (pair) => counts[pair]!),
              { dtype, backend },
            ),
          });
          loss.backward();
          optimizer.step();
          optimizer.zeroGrad();
          sum.assign(sum.add(loss.detach()));
        });
        done += some.length;
        const isEpoch = from + batch >= pairs;
        if (++steps % EVERY === 0 || isEpoch) {
          const [total] = await sum.data();
          const loss = total! / (done - told);
          if (!Number.isFinite(loss)) {
            throw new ArgumentError(`trainGloVe: the loss is ${loss} after ${steps} steps; lower lr, which was ${lr}`);
          }
          const pairsPerSecond = (1000 * done) / Math.max(1e-3, performance.now() - begin);
          const type = isEpoch ? 'epoch' : 'progress';
          yield { type, epoch, epochs, share: done / (epochs * pairs), pairs, pairsPerSecond, loss };
          scope(() => sum.assign(zeros([], { backend })));
          told = done;
        }
        await turns.take();
      }
    }
    yield { type: 'end', reason: ended() ? 'aborted' : 'finished', vectors: await model.vectors(words) };
  } finally {
    optimizer.dispose();
    sum.dispose();
    model.dispose();
  }
}

function counting({ window, minCount, maxWords, split, lowerCase, signal }: Settings): CooccurrenceOptions {
  const all = { window, minCount, maxWords, split, lowerCase, signal };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as CooccurrenceOptions;
}

/** Counts that may be made by hand. */
function checked(pairs: Cooccurrences): Cooccurrences {
  const { words, rows, columns, counts } = pairs;
  const lengths = [words?.length, rows?.length, columns?.length, counts?.length];
  const isWhole = lengths.every((length) => Number.isInteger(length) && length! > 0) && rows.length === counts.length;
  if (!isWhole || columns.length !== counts.length) {
    throw new ArgumentError(
      `trainGloVe: there are ${lengths.map(shown).join(', ')} words, rows, columns and counts, needs as many of the last three, at least 1`,
    );
  }
  for (let i = 0; i < counts.length; i++) {
    const [row, column, count] = [rows[i]!, columns[i]!, counts[i]!];
    const isWord = [row, column].every((id) => Number.isInteger(id) && id >= 0 && id < words.length);
    if (isWord && count > 0 && count < Infinity) continue;
    throw new ArgumentError(
      `trainGloVe: pair ${i} has the words ${row} and ${column} and the count ${count}, needs words from 0 to ${words.length - 1} and a count above 0`,
    );
  }
  return pairs;
}
