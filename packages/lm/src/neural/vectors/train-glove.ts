// trainGloVe: texts in, word vectors out, by how often words stand near one another.

import {
  ArgumentError,
  checkCall,
  checkInteger,
  defaultGenerator,
  EventRun,
  Generator,
  type Known,
  keep,
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
  /** Of the start and of the order of pairs. Default: the generator that `manualSeed` seeds. */
  readonly seed?: number;
}

/** Pairs are counted. */
export interface GloVeCountedEvent {
  readonly type: 'counted';
  readonly words: number;
  readonly pairs: number;
}

/** Comes now and then, and at the end of each epoch. */
export interface GloVeStepEvent {
  readonly type: 'step';
  /** From 1. */
  readonly epoch: number;
  /** Steps that were made, and how many there will be, of all epochs. */
  readonly step: number;
  readonly steps: number;
  /** J of the paper for each pair, since the event before. */
  readonly loss: number;
}

/** Comes last. */
export interface GloVeEndEvent {
  readonly type: 'end';
  readonly vectors: WordVectors;
}

/** What {@link trainGloVe} yields; its `type` says which. */
export type GloVeEvent = GloVeCountedEvent | GloVeStepEvent | GloVeEndEvent;

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
const STEPS = 100;

/**
 * Learns word vectors by GloVe: counts how often words stand near one another (`countCooccurrences`), and fits the model {@link GloVe} to that with Adagrad, on the rows of each batch alone. A word's vector is the sum of both that it has. `await` gives the
 * vectors, `for await` events, with the vectors in the last one. In place of texts it takes what `countCooccurrences` gave, so that several trainings count once; `window`, `minCount` and `maxWords` are its then.
 *
 * @throws ArgumentError for no words, options out of range, and a learning rate by which the loss grows beyond all numbers; the reason of the signal when that stops it.
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
 * const vectors = await trainGloVe(texts, { size: 8, minCount: 1, xMax: 4, epochs: 100, lr: 0.1, seed: 1 });
 * console.log(vectors.nearest('cat', { count: 1 })[0]!.word); // dog
 * ```
 */
export function trainGloVe(
  texts: WordTexts | Cooccurrences,
  options: TrainGloVeOptions = {},
): EventRun<GloVeEvent, WordVectors> {
  const where = 'trainGloVe';
  checkCall(where, arguments, ['texts'], trainOptions);
  const { size = 100, epochs = 25, batch = 512, lr = 0.05, seed, signal } = options;
  for (const [name, value] of Object.entries({ size, epochs, batch })) checkInteger(where, name, value, 1);
  if (!(lr > 0 && lr < Infinity)) throw new ArgumentError(`${where}: lr is ${lr}, needs a number above 0`);
  checkWeights(where, options);
  checkSignal(where, signal);
  if (isCounted(texts)) {
    for (const name of ['window', 'minCount', 'maxWords'] as const) {
      if (options[name] !== undefined) {
        throw new ArgumentError(
          `${where}: ${name} is given, but the pairs are counted already; give it to countCooccurrences`,
        );
      }
    }
  }
  const generator = seed === undefined ? defaultGenerator() : new Generator(seed);
  let vectors: WordVectors | undefined;
  return new EventRun<GloVeEvent, WordVectors>(
    where,
    training(texts, { ...options, size, epochs, batch, lr }, generator),
    {
      take: (event) => {
        if (event.type === 'end') vectors = event.vectors;
      },
      result: () => vectors,
    },
  );
}

const isCounted = (texts: unknown): texts is Cooccurrences =>
  typeof texts === 'object' && texts !== null && 'counts' in texts;

type Settings = TrainGloVeOptions & Required<Pick<TrainGloVeOptions, 'size' | 'epochs' | 'batch' | 'lr'>>;

async function* training(
  texts: WordTexts | Cooccurrences,
  settings: Settings,
  generator: Generator,
): AsyncGenerator<GloVeEvent, void, undefined> {
  const { size, epochs, batch, lr, signal, xMax = 100, alpha = 0.75 } = settings;
  const pairs = isCounted(texts) ? checked(texts) : await cooccurrences('trainGloVe', texts, counting(settings));
  const { words, rows, columns, counts } = pairs;
  yield { type: 'counted', words: words.length, pairs: counts.length };
  const model = new GloVe(words.length, size, { xMax, alpha, generator });
  const sum = keep(zeros([]));
  const { dtype, backend } = model.words;
  const optimizer = new Adagrad(model.parameters(), { lr, initialAccumulatorValue: 1 });
  try {
    const turns = new Turns(20);
    const stepsOfEpoch = Math.ceil(counts.length / batch);
    const steps = epochs * stepsOfEpoch;
    let step = 0;
    let since = 0;
    for (let epoch = 1; epoch <= epochs; epoch++) {
      const order = generator.permutation(counts.length);
      for (let from = 0; from < order.length; from += batch) {
        signal?.throwIfAborted();
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
        step++;
        since += some.length;
        if (step % STEPS === 0 || step % stepsOfEpoch === 0) {
          const [total] = await sum.data();
          const loss = total! / since;
          if (!Number.isFinite(loss)) {
            throw new ArgumentError(
              `trainGloVe: the loss is ${loss} after ${step} steps with a learning rate of ${lr}; take a smaller lr`,
            );
          }
          yield { type: 'step', epoch, step, steps, loss };
          scope(() => sum.assign(zeros([])));
          since = 0;
        }
        await turns.take();
      }
    }
    yield { type: 'end', vectors: await model.vectors(words) };
  } finally {
    optimizer.dispose();
    sum.dispose();
    model.dispose();
  }
}

function counting({ window, minCount, maxWords, signal }: Settings): CooccurrenceOptions {
  return {
    ...(window !== undefined && { window }),
    ...(minCount !== undefined && { minCount }),
    ...(maxWords !== undefined && { maxWords }),
    ...(signal !== undefined && { signal }),
  };
}

/** Counts that may be made by hand. */
function checked(pairs: Cooccurrences): Cooccurrences {
  const { words, rows, columns, counts } = pairs;
  const lengths = [words?.length, rows?.length, columns?.length, counts.length];
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
