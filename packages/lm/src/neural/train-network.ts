// trainNetwork: text in, a language model that has learned from it out.

import { ArgumentError, checkCall, EventRun, Generator, shown, withGenerator } from '@dl/autograd';
import { AdamW, LambdaLR } from '@dl/optim';
import { type EndEvent, fit, type TrainEvent, type TrainRun } from '@dl/train';
import { LanguageModel } from '../language-model.js';
import { TokenizerTraining } from '../tokens/train-tokenizer.js';
import type { NetworkModel } from './models/network-model.js';
import { type Corpus, type CorpusPart, corpusOf } from './training/corpus.js';
import type {
  NetworkFigures,
  NetworkLoss,
  NetworkMoment,
  NetworkTrainEvent,
  NetworkTraining,
  NetworkTrainState,
} from './training/events.js';
import { networkOf } from './training/models.js';
import { Pace, rateAt, type TrainingLimit } from './training/pace.js';
import { Rounds } from './training/rounds.js';
import {
  type Plan,
  planOf,
  type TrainNetworkOptions,
  trainNetworkOptions,
  usual,
  usualOfOthers,
} from './training/settings.js';
import { type NetworkTask, taskOf } from './training/task.js';

const WHERE = 'trainNetwork';

/**
 * Trains a network on text: iterate the events with `for await`, or `await` the {@link NetworkTraining}, whose model has the weights that did best on text that was held out. A string is one text that
 * stands for more of its kind, without a begin and an end; several texts, such as names or sentences, are learned with both.
 *
 * Recurrent networks read one text as parallel streams, and carry their states on from piece to piece; a GPT and a network over windows read pieces from anywhere in it. The begin token stands
 * before each piece, be it in the midst of the text. Several texts make batches of like lengths. AdamW (Loshchilov & Hutter, 2019) takes gradients of a norm of at most 1, at a rate that
 * rises and falls again.
 *
 * The events are those of `fit` of @dl/train with more in them: `checkpoints` saves what a training goes on from, `logCsv` writes it down, and each has the `model` of the moment to draw from. From a state it goes on to the
 * same bits as without an interruption, unless its length is in `minutes`. A backend has to be in use.
 *
 * @throws ArgumentError for options that do not fit together or with the text, FormatError for a state that is none, DivergenceError when the loss is no longer finite.
 *
 * @example
 * ```ts
 * import { Generator, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { trainNetwork } from '@dl/lm/neural';
 * await useBackend(cpu());
 * const text = 'she sells sea shells by the sea shore; the shells she sells are sea shells. '.repeat(20);
 * const { model, history } = await trainNetwork(text, { model: 'gru', hiddenSize: 32, steps: 60, batch: 8, length: 16, lr: 0.02 });
 * console.log(history.at(-1)?.heldOut?.bitsPerCharacter); // less than 1
 * console.log((await model.generate({ prompt: 'she ', maxLength: 30, temperature: 0.5, generator: new Generator(1) })).text); // sells sea shells, and so on
 * ```
 */
export function trainNetwork(
  text: string | Iterable<string>,
  options: TrainNetworkOptions = {},
): EventRun<NetworkTrainEvent, NetworkTraining> {
  checkCall(WHERE, arguments, ['text'], trainNetworkOptions);
  const isText = typeof text === 'string' || (typeof text === 'object' && text !== null && Symbol.iterator in text);
  if (!isText) throw new ArgumentError(`${WHERE}: text is ${shown(text)}, needs a string or an iterable of strings`);
  // Refuses a tokenizer that cannot be before anything is done.
  new TokenizerTraining(WHERE, typeof text !== 'string', options);
  const plan = planOf(WHERE, options);
  let result: NetworkTraining | undefined;
  return new EventRun<NetworkTrainEvent, NetworkTraining>(WHERE, new Training(text, options, plan).events(), {
    take: (event) => {
      if (event.type !== 'end') return;
      const { model, history, reason, best, seconds } = event;
      result = { model, history, reason, ...(best !== undefined && { best }), seconds };
    },
    result: () => result,
  });
}

/** Steps of a training of which nothing is said, and how often these may go over the text. */
const STEPS = 2000;
const PASSES = 40;
/** So many evaluations has a training whose length is in steps. */
const EVALUATIONS = 20;
/** Tokens of an evaluation: at most so many, and at most this share of those that are learned from between two of them. */
const MOST_TESTED = 2 ** 15;
/** The same where the length of the training is a time. */
const MOST_TESTED_IN_TIME = 2 ** 13;
const TESTED = 0.25;
/** Steps between two readings of the loss. */
const LOSS_EVERY = 10;

/** Numbers of a training. */
interface Settings {
  readonly batch: number;
  readonly length: number;
  readonly lr: number;
  readonly weightDecay: number;
  readonly seed: number;
}

class Training {
  readonly #text: string | Iterable<string>;
  readonly #options: TrainNetworkOptions;
  readonly #plan: Plan;

  constructor(text: string | Iterable<string>, options: TrainNetworkOptions, plan: Plan) {
    this.#text = text;
    this.#options = options;
    this.#plan = plan;
  }

  async *events(): AsyncGenerator<NetworkTrainEvent, void, undefined> {
    const { settings: given, state } = this.#plan;
    const saved = state?.network;
    const corpus = corpusOf(WHERE, this.#text, this.#options, { saved: saved?.tokenizer, share: given.heldOut });
    if (saved !== undefined && saved.checksum !== corpus.checksum) {
      throw new ArgumentError(
        `${WHERE}: the state is of a training on another text; go on with the same one, or train anew`,
      );
    }
    const settings = settingsOf(this.#plan, corpus);
    const generator = new Generator(settings.seed);
    const { model, isMade } = withGenerator(generator, () => modelFor(this.#plan, corpus, settings));
    const languageModel = new LanguageModel(model, corpus.tokenizer);
    const begin = beginOf(model);
    if (begin === corpus.tokenizer.vocabulary.eos && corpus.isSeveral) {
      throw new ArgumentError(
        `${WHERE}: begin of the model is ${begin}, which is the token that ends texts, too; give it one of its own, such as bos`,
      );
    }
    if (
      corpus.isSeveral &&
      [corpus.train, corpus.heldOut].some((part) => part?.rows.some((row) => row.includes(begin)))
    ) {
      throw new ArgumentError(
        `${WHERE}: begin of the model is ${begin}, which is a token of the texts, too (${shown(corpus.tokenizer.vocabulary.token(begin))}); give it one of its own, such as bos`,
      );
    }
    let task: NetworkTask | undefined;
    let running: Running;
    try {
      task = taskOf(model, corpus, { ...settings, begin });
      const limit = limitOf(this.#plan, task);
      running = new Running(this.#plan, corpus, { settings, limit, task, languageModel, generator });
    } catch (error) {
      task?.dispose();
      if (isMade) model.dispose();
      throw error;
    }
    try {
      yield* running.events();
    } finally {
      await running.dispose();
      if (isMade) model.eval();
    }
  }
}

/** What a run is made of. */
interface Parts {
  readonly settings: Settings;
  readonly limit: TrainingLimit;
  readonly task: NetworkTask;
  readonly languageModel: LanguageModel<NetworkModel>;
  readonly generator: Generator;
}

/** One run of `fit`, and what is told of it. */
class Running {
  readonly #plan: Plan;
  readonly #corpus: Corpus;
  readonly #parts: Parts;
  readonly #pace: Pace;
  readonly #every: number | undefined;
  readonly #rounds: Rounds;
  readonly #optimizer: AdamW;
  readonly #run: TrainRun;
  readonly #history: NetworkFigures[];
  #steps: number;

  constructor(plan: Plan, corpus: Corpus, parts: Parts) {
    const { settings, limit, task, generator } = parts;
    const { state, signal } = plan;
    this.#plan = plan;
    this.#corpus = corpus;
    this.#parts = parts;
    this.#history = [...(state?.network.history ?? [])];
    this.#steps = state?.position.totalSteps ?? 0;
    const pace = new Pace(limit, state?.network.seconds ?? 0);
    this.#pace = pace;
    const steps = 'steps' in limit ? limit.steps : undefined;
    const every = plan.settings.every ?? (steps && Math.max(1, Math.round(steps / EVALUATIONS)));
    this.#every = every;
    this.#rounds = new Rounds(
      task.feed.batches,
      () => {
        const mark = pace.nextMark;
        return (done, all) => pace.share(all) >= 1 || (every === undefined ? pace.share(all) >= mark : done >= every);
      },
      every,
    );
    this.#optimizer = new AdamW(task.module.parameters(), {
      lr: settings.lr,
      weightDecay: settings.weightDecay,
      betas: [0.9, 0.99],
    });
    const schedule = new LambdaLR(this.#optimizer, (step) => rateAt(pace.share(step)));
    const perStep = Math.min(settings.batch * settings.length, corpus.train.tokens);
    const most = every === undefined ? MOST_TESTED_IN_TIME : Math.min(MOST_TESTED, TESTED * every * perStep);
    const test = task.test(Math.max(perStep, most));
    const epochs = steps === undefined || every === undefined ? Number.POSITIVE_INFINITY : this.#epochs(steps, every);
    this.#run = withGenerator(generator, () =>
      fit(task.module, this.#rounds, {
        optimizer: this.#optimizer,
        schedule,
        scheduleEvery: 'step',
        clipGradNorm: 1,
        lossEvery: Math.min(LOSS_EVERY, every ?? LOSS_EVERY),
        epochs,
        forward: (batch) => task.forward(batch),
        loss: (output, batch) => task.loss(output, batch),
        ...(test !== undefined && {
          test,
          // The weights of the best evaluation are what is left in the end.
          earlyStopping: { patience: Number.POSITIVE_INFINITY, restoreBest: true },
        }),
        ...(signal !== undefined && { signal }),
        ...(state !== undefined && { state }),
      }),
    );
  }

  /** How many rounds there are, those of a state included. */
  #epochs(steps: number, every: number): number {
    const { epoch = 0, step = 0 } = this.#plan.state?.position ?? {};
    return epoch + Math.max(step > 0 ? 1 : 0, Math.ceil((steps - (this.#steps - step)) / every));
  }

  async *events(): AsyncGenerator<NetworkTrainEvent, void, undefined> {
    const begun = performance.now();
    for (;;) {
      const { done, value: event } = await withGenerator(this.#parts.generator, () => this.#run.next());
      if (done) return;
      yield this.#told(event);
      // A training whose length is a time has no last epoch for `fit`.
      if (event.type !== 'epoch' || !this.#pace.isTimed || this.#pace.share(0) < 1) continue;
      const { watch, position } = await this.#stateOf(event);
      if (watch.weights !== null) this.#parts.task.module.loadStateDict(watch.weights);
      const seconds = (performance.now() - begun) / 1000;
      const end: EndEvent = {
        type: 'end',
        reason: 'finished',
        epoch: position.epoch,
        step: 0,
        seconds,
        state: event.state,
        ...(watch.best !== null && { best: watch.best }),
      };
      yield this.#told(end);
      return;
    }
  }

  async dispose(): Promise<void> {
    await this.#run.return();
    await this.#rounds.close();
    this.#optimizer.dispose();
    this.#parts.task.dispose();
  }

  #told(event: TrainEvent): NetworkTrainEvent {
    if (event.type === 'step') this.#steps = event.totalSteps;
    const { train, heldOut } = this.#corpus;
    if (event.type === 'epoch') {
      const { test, isBest, lr = 0 } = event;
      this.#history.push({
        step: this.#steps,
        train: lossOf(event.train.loss, train),
        ...(test !== undefined && { heldOut: lossOf(test.loss, heldOut!) }),
        isBest,
        lr,
        seconds: this.#pace.seconds,
      });
    }
    const moment: NetworkMoment = {
      model: this.#parts.languageModel,
      share: this.#pace.share(this.#steps),
      history: [...this.#history],
      state: () => this.#stateOf(event),
    };
    switch (event.type) {
      case 'start': {
        const { settings, limit, languageModel } = this.#parts;
        return {
          ...event,
          ...moment,
          parameters: languageModel.model.parameters().reduce((sum, { size }) => sum + size, 0),
          ...('steps' in limit && { totalSteps: limit.steps }),
          batch: settings.batch,
          length: settings.length,
          characters: train.characters,
          heldOutCharacters: heldOut?.characters ?? 0,
        };
      }
      case 'step': {
        const tokensPerSecond = (event.examplesPerSecond * this.#rounds.tokens) / event.examples;
        const { loss } = event;
        return {
          ...event,
          ...moment,
          tokensPerSecond,
          ...(loss !== undefined && { bitsPerCharacter: lossOf(loss, train).bitsPerCharacter }),
        };
      }
      case 'epoch':
        return { ...event, ...moment, figures: this.#history.at(-1)! };
      default:
        return { ...event, ...moment };
    }
  }

  /** Read where the generator is that of the training. */
  async #stateOf(event: TrainEvent): Promise<NetworkTrainState> {
    const { model } = this.#plan;
    const { settings, limit, languageModel, generator } = this.#parts;
    const isNamed = 'sizes' in model;
    const network: NetworkTrainState['network'] = {
      name: isNamed ? model.name : null,
      sizes: isNamed ? model.sizes : {},
      settings: {
        ...settings,
        heldOut: this.#corpus.share,
        ...(this.#every !== undefined && { every: this.#every }),
      },
      limit,
      tokenizer: JSON.stringify(languageModel.tokenizer.state()),
      checksum: this.#corpus.checksum,
      seconds: this.#pace.seconds,
      history: [...this.#history],
    };
    return { ...(await withGenerator(generator, () => event.state())), network };
  }
}

function lossOf(loss: number, { tokens, characters }: CorpusPart): NetworkLoss {
  return { loss, bitsPerCharacter: (loss / Math.LN2) * (tokens / characters) };
}

/** The token that stands before the first one of a text. */
function beginOf(model: NetworkModel): number {
  const { begin } = model as { readonly begin?: unknown };
  if (Number.isInteger(begin)) return begin as number;
  throw new ArgumentError(
    `${WHERE}: begin of the model is ${shown(begin)}, needs the number of the token that it takes to stand before a text`,
  );
}

function modelFor(
  { model }: Plan,
  { tokenizer }: Corpus,
  { length }: Settings,
): { readonly model: NetworkModel; readonly isMade: boolean } {
  if (!('sizes' in model)) return { model, isMade: false };
  const { vocabularySize, vocabulary } = tokenizer;
  // A text is never begun by a token of its own; where there is none for it, one more has its place.
  const begin = vocabulary.bos ?? vocabularySize;
  const facts = { begin, vocabularySize: Math.max(vocabularySize, begin + 1) };
  return { model: networkOf(model.name, model.sizes, facts, length), isMade: true };
}

/** What is not said follows from the model, and from how much text there is. */
function settingsOf({ model, settings: given }: Plan, { isSeveral, train }: Corpus): Settings {
  const own = 'sizes' in model ? usual[model.name] : usualOfOthers;
  const { lr = own.lr, weightDecay = 0.01, seed = 0 } = given;
  const longest = train.rows.reduce((most, row) => Math.max(most, row.length), 1);
  // One more than a model may be given: the last is only said.
  const most = ('sizes' in model ? undefined : model.maxTokens) ?? Number.POSITIVE_INFINITY;
  const length = given.length ?? Math.min(own.length, longest, most + 1);
  const batch = given.batch ?? (isSeveral ? 64 : Math.max(1, Math.min(32, Math.floor(train.tokens / length))));
  return { batch, length, lr, weightDecay, seed };
}

function limitOf({ length }: Plan, { feed: { perPass } }: NetworkTask): TrainingLimit {
  if (length === undefined) return { steps: Math.min(STEPS, PASSES * perPass) };
  return 'epochs' in length ? { steps: Math.max(1, Math.ceil(length.epochs * perPass)) } : length;
}
