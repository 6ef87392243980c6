// pretrainMasked: texts in, a model out that has learned to say what was left out of them.

import { BERT } from '@dl/attention';
import { ArgumentError, checkCall, checkInteger, EventRun, type Known, type Platform, shown } from '@dl/autograd';
import { AdamW, WarmupLR } from '@dl/optim';
import { type EndEvent, fit, type TrainEvent, type TrainResult, type TrainRun, type TrainState } from '@dl/train';
import { Tokenizer } from '../../tokens/tokenizer.js';
import { trainBpe } from '../../tokens/train-bpe.js';
import { trainWords } from '../../tokens/word-tokenizer.js';
import { MaskedLanguageModel } from '../masked-language-model.js';
import {
  cutToLength,
  eachDocument,
  type MaskedPlan,
  maskedLoader,
  type Piece,
  pairs,
  pieceOf,
  type Sequences,
  singles,
} from './masked-batches.js';

/** Options of {@link pretrainMasked}. */
export interface PretrainMaskedOptions {
  /** What a token is, learned from the texts: parts of words by `trainBpe` (default), or `words`; or a tokenizer that is there already, with a mask among its special tokens. */
  readonly tokenizer?: 'subwords' | 'words' | Tokenizer;
  /** At most so many tokens, where they are learned. Default 4000. */
  readonly vocabularySize?: number;
  /** The special token that stands for what is left out. Default `[MASK]`. */
  readonly mask?: string;
  /** The model that learns; then no sizes are given. Default: a new one of the following sizes. */
  readonly model?: BERT;
  /** Default 128. */
  readonly dModel?: number;
  /** Heads of each attention. Default 4. */
  readonly nhead?: number;
  /** Default 2. */
  readonly numLayers?: number;
  /** Default 4 · dModel. */
  readonly dimFeedforward?: number;
  /** Default 0.1. */
  readonly dropout?: number;
  /** The longest sequence, with what stands around a text. Longer texts are cut into pieces. Default 128. */
  readonly maxLength?: number;
  /** Which share of the tokens is left out. Default 0.15. */
  readonly share?: number;
  /** Leave the tokens of a word out together, or none of them. Default false. */
  readonly wholeWords?: boolean;
  /** Learn, too, whether a sentence follows on another: texts are documents then, lists of sentences. Default false. */
  readonly nextSentence?: boolean;
  /** How often to go through the texts, what a resumed run has done included. Default 10. */
  readonly epochs?: number;
  /** Sequences of a step. Default 32. */
  readonly batchSize?: number;
  /** The highest rate of learning. Default 1e-3. */
  readonly lr?: number;
  /** In which share of all steps the rate rises; then it falls along a line to 0. Default 0.1. */
  readonly warmUp?: number;
  /** Of weights, not of biases and norms. Default 0.01. */
  readonly weightDecay?: number;
  /** Which share of the texts (of pieces, where there are few texts), one in so many as is nearest to it, nothing is learned from, and the loss is measured on; 0 for none. Default 0.1, and none where there are fewer than ten. */
  readonly heldOut?: number;
  /** Stops after the step under way. */
  readonly signal?: Platform<'AbortSignal'>;
  /** Where to go on: what `event.state()` of an earlier run gave, with the same texts and options. */
  readonly state?: TrainState;
}

const pretrainMaskedOptions: Known<PretrainMaskedOptions> = {
  tokenizer: 'string or object',
  vocabularySize: 'number',
  mask: 'string',
  model: 'object',
  dModel: 'number',
  nhead: 'number',
  numLayers: 'number',
  dimFeedforward: 'number',
  dropout: 'number',
  maxLength: 'number',
  share: 'number',
  wholeWords: 'boolean',
  nextSentence: 'boolean',
  epochs: 'number',
  batchSize: 'number',
  lr: 'number',
  warmUp: 'number',
  weightDecay: 'number',
  heldOut: 'number',
  signal: 'object',
  state: 'object',
};

/** What a run of {@link pretrainMasked} tells: the events of `fit`, and the model with the last one. */
export type PretrainMaskedEvent =
  | Exclude<TrainEvent, EndEvent>
  | (EndEvent & { readonly model: MaskedLanguageModel<BERT> });

/** The result of {@link pretrainMasked}. */
export interface MaskedTraining extends TrainResult {
  /** With the weights of the epoch that was best on what was held out, where that is measured. */
  readonly model: MaskedLanguageModel<BERT>;
}

const NAME = 'pretrainMasked';
/** Of what is held out the same tokens are left out after each epoch. */
const HELD_OUT_SEED = 1;
const SIZES = ['dModel', 'nhead', 'numLayers', 'dimFeedforward', 'dropout', 'maxLength'] as const;

/**
 * Trains a BERT on texts that nobody has labelled, by having it say the tokens that were left out, others in each epoch (Devlin et al., "BERT", 2019; dynamic masks: Liu et al., "RoBERTa", 2019). With
 * `nextSentence` it also learns whether a sentence follows on another. Iterate the events of the run, those of `fit` of @dl/train, or `await` the model and its history.
 *
 * The loss is the mean of -log p of the tokens that were left out, in nats, with that of the sentences added. `epoch.test.loss` is that of texts held out, whose masks stay the same from epoch to epoch; the
 * weights of the best epoch are what the run leaves in the model; where `signal` stops it, those of the last step. AdamW with a warm-up and a line to 0 changes them. Random numbers are those that `manualSeed` seeds: with the same seed, texts and
 * options a run gives the same numbers, and one that goes on from a `state` those of one that never stopped.
 *
 * @param texts Texts, each a sequence by itself, or documents as lists of sentences.
 *
 * @throws ArgumentError for texts of which nothing can be left out, and options that do not fit together.
 *
 * @example
 * ```ts
 * import { manualSeed, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { pretrainMasked } from '@dl/lm/neural';
 * await useBackend(cpu());
 * manualSeed(1);
 * const texts = ['the cat sat on the mat .', 'the dog sat on the rug .', 'a cat saw the dog .'].flatMap((text) => new Array(8).fill(text));
 * const sizes = { dModel: 16, nhead: 2, numLayers: 1, maxLength: 16 };
 * const { model, history } = await pretrainMasked(texts, { tokenizer: 'words', ...sizes, epochs: 12, batchSize: 8, lr: 0.01 });
 * console.log(history.map(({ test }) => test?.loss)); // less and less
 * console.log((await model.fill('the [MASK] sat on the mat .')).text); // the cat sat on the mat.
 * ```
 */
export function pretrainMasked(
  texts: string | Iterable<string | readonly string[]>,
  options: PretrainMaskedOptions = {},
): EventRun<PretrainMaskedEvent, MaskedTraining> {
  checkCall(NAME, arguments, ['texts'], pretrainMaskedOptions);
  const pretraining = new Pretraining(texts, options);
  return new EventRun(NAME, pretraining.events(), () => pretraining.finish());
}

class Pretraining {
  readonly #options: PretrainMaskedOptions;
  readonly #model: MaskedLanguageModel<BERT>;
  readonly #plan: MaskedPlan;
  readonly #training: Sequences;
  readonly #heldOut: Sequences | undefined;

  constructor(texts: unknown, options: PretrainMaskedOptions) {
    this.#options = options;
    const { share = 0.15, wholeWords = false, batchSize = 32, heldOut = 0.1, nextSentence = false } = options;
    checkNumbers(options);
    const documents = [...eachDocument(NAME, texts)];
    const tokenizer = tokenizerOf(documents, options);
    this.#model = modelOf(tokenizer, options);
    const { mask, begin, end, model } = this.#model;
    const { maxLength } = model;
    const around = begin.length + (nextSentence ? 2 : 1) * end.length;
    if (maxLength < around + 2) {
      throw new ArgumentError(
        `${NAME}: maxLength is ${maxLength}, of which ${around} stand around a text; needs ${around + 2} at least`,
      );
    }
    this.#plan = { tokenizer, mask, begin, end, maxLength, share, wholeWords, batchSize };
    const every = heldOut === 0 ? Infinity : Math.round(1 / heldOut);
    const [training, held] = nextSentence ? this.#pairs(documents, every) : this.#singles(documents, every);
    this.#training = training;
    this.#heldOut = held;
  }

  async *events(): AsyncGenerator<PretrainMaskedEvent, void, undefined> {
    const { run, optimizer } = this.#run();
    try {
      for await (const event of run) yield event.type === 'end' ? { ...event, model: this.#model } : event;
    } finally {
      optimizer.dispose();
    }
  }

  async finish(): Promise<MaskedTraining> {
    const { run, optimizer } = this.#run();
    try {
      return { ...(await run), model: this.#model };
    } finally {
      optimizer.dispose();
    }
  }

  // In an object, since a promise that is returned by itself would be waited for.
  #run(): { readonly run: TrainRun; readonly optimizer: AdamW } {
    const { epochs = 10, lr = 1e-3, weightDecay = 0.01, warmUp = 0.1, signal, state } = this.#options;
    const { model } = this.#model;
    const data = maskedLoader(this.#training, this.#plan);
    const test = this.#heldOut && maskedLoader(this.#heldOut, this.#plan, HELD_OUT_SEED);
    const parameters = model.parameters();
    const optimizer = new AdamW(
      [
        { params: parameters.filter(({ rank }) => rank > 1), weightDecay },
        { params: parameters.filter(({ rank }) => rank <= 1), weightDecay: 0 },
      ],
      { lr },
    );
    const steps = data.length * epochs;
    const schedule = new WarmupLR(optimizer, {
      steps: Math.max(1, Math.round(warmUp * steps)),
      decay: 'linear',
      totalSteps: steps + 1,
    });
    const run = fit(model, data, {
      optimizer,
      schedule,
      scheduleEvery: 'step',
      epochs,
      clipGradNorm: 1,
      forward: ({ tokens, places, labels, counting, segments, sentenceLabels }) =>
        model.loss(
          { tokens, places, labels },
          { mask: counting, ...(segments && { segments }), ...(sentenceLabels && { sentenceLabels }) },
        ),
      loss: (loss) => loss,
      ...(test && { test, earlyStopping: { patience: Number.POSITIVE_INFINITY, restoreBest: true } }),
      ...(signal && { signal }),
      ...(state && { state }),
    });
    return { run, optimizer };
  }

  /** Every so manieth text is held out; where there are fewer texts, every so manieth piece. */
  #singles(
    documents: readonly (string | readonly string[])[],
    every: number,
  ): readonly [Sequences, Sequences | undefined] {
    const plan = this.#plan;
    const pieces = documents.flat().map((text) => {
      const piece = pieceOf(text, plan);
      return piece === undefined ? [] : cutToLength(piece, plan);
    });
    const texts = pieces.filter(({ length }) => length > 0);
    const units = texts.length >= every ? texts : texts.flat().map((piece) => [piece]);
    if (units.length === 0)
      throw new ArgumentError(`${NAME}: texts have no word that could be left out, needs some text`);
    const [training, held] = parted(units, every);
    return [singles(training.flat(), plan), held.length === 0 ? undefined : singles(held.flat(), plan)];
  }

  /** Every so manieth document is held out. */
  #pairs(
    documents: readonly (string | readonly string[])[],
    every: number,
  ): readonly [Sequences, Sequences | undefined] {
    const plan = this.#plan;
    const sentences = documents.map((document, i) => {
      if (typeof document === 'string') {
        throw new ArgumentError(
          `${NAME}: texts[${i}] is ${shown(document)}, and for nextSentence needs a document: a list of its sentences`,
        );
      }
      return document.map((text) => pieceOf(text, plan)).filter((piece): piece is Piece => piece !== undefined);
    });
    const [training, held] = parted(sentences, every);
    const canPair = held.some(({ length }) => length > 1) && (held.length > 1 || held[0]!.length > 2);
    return [pairs(training, NAME, plan), canPair ? pairs(held, NAME, plan) : undefined];
  }
}

/** All but every so manieth, beginning with the second; and those. Of fewer all are the first. */
function parted<T>(units: readonly T[], every: number): readonly [T[], T[]] {
  const isHeld = (_: T, i: number): boolean => units.length >= every && i % every === 1;
  return [units.filter((each, i) => !isHeld(each, i)), units.filter(isHeld)];
}

function checkNumbers(options: PretrainMaskedOptions): void {
  const {
    share = 0.15,
    heldOut = 0.1,
    lr = 1e-3,
    warmUp = 0.1,
    weightDecay = 0.01,
    epochs = 10,
    batchSize = 32,
  } = options;
  const need = (holds: boolean, name: string, value: number, needs: string): void => {
    if (!holds) throw new ArgumentError(`${NAME}: ${name} is ${value}, needs ${needs}`);
  };
  need(share > 0 && share <= 1, 'share', share, 'a number above 0, and 1 at most');
  need(heldOut >= 0 && heldOut <= 0.5, 'heldOut', heldOut, 'a share from 0 to 0.5');
  need(lr > 0 && lr < Infinity, 'lr', lr, 'a number above 0');
  need(warmUp >= 0 && warmUp < 1, 'warmUp', warmUp, 'a share from 0, below 1');
  need(weightDecay >= 0, 'weightDecay', weightDecay, 'a number of at least 0');
  checkInteger(NAME, 'epochs', epochs, 1);
  checkInteger(NAME, 'batchSize', batchSize, 1);
}

function tokenizerOf(
  documents: readonly (string | readonly string[])[],
  { tokenizer = 'subwords', vocabularySize, mask = '[MASK]' }: PretrainMaskedOptions,
): Tokenizer {
  if (tokenizer instanceof Tokenizer) {
    if (vocabularySize === undefined) return tokenizer;
    throw new ArgumentError(
      `${NAME}: vocabularySize is ${vocabularySize}, but the tokenizer is there already; leave it out`,
    );
  }
  if (tokenizer !== 'subwords' && tokenizer !== 'words') {
    throw new ArgumentError(
      `${NAME}: tokenizer is ${shown(tokenizer)}, needs 'subwords', 'words' or a Tokenizer, such as trainBpe makes`,
    );
  }
  const texts = documents.flat();
  if (!texts.some((text) => /\S/.test(text))) throw new ArgumentError(`${NAME}: texts are empty, needs some text`);
  const [bos, eos] = ['[CLS]', '[SEP]'];
  const options = { bos, eos, pad: '[PAD]', special: [mask], maxSize: vocabularySize ?? 4000 };
  return tokenizer === 'words'
    ? trainWords(texts, { unk: '[UNK]', ...options })
    : trainBpe(texts, { ...options, begin: [bos], end: [eos] });
}

function modelOf(tokenizer: Tokenizer, options: PretrainMaskedOptions): MaskedLanguageModel<BERT> {
  const { model, nextSentence = false, mask = '[MASK]' } = options;
  if (model === undefined) {
    const { dModel = 128, nhead = 4, numLayers = 2, maxLength = 128, dimFeedforward, dropout = 0.1 } = options;
    const made = new BERT({
      vocabularySize: tokenizer.vocabularySize,
      ...{ dModel, nhead, numLayers, maxLength, dropout, pooler: nextSentence },
      ...(dimFeedforward !== undefined && { dimFeedforward }),
      ...(nextSentence && { sentenceClasses: 2 }),
    });
    return new MaskedLanguageModel(made, tokenizer, { mask });
  }
  if (!(model instanceof BERT))
    throw new ArgumentError(`${NAME}: model is ${shown(model)}, needs a BERT; leave it out for a new one`);
  const given = SIZES.find((name) => options[name] !== undefined);
  if (given !== undefined) {
    throw new ArgumentError(
      `${NAME}: ${given} is ${shown(options[given])}, but the model is there already; leave one of the two out`,
    );
  }
  if (nextSentence && (model.sentenceHead?.outFeatures !== 2 || model.segmentEmbedding === undefined)) {
    throw new ArgumentError(
      `${NAME}: nextSentence needs a BERT that tells two segments and two classes of sequences apart; make it with sentenceClasses: 2`,
    );
  }
  return new MaskedLanguageModel(model, tokenizer, { mask });
}
