// One run of the training loop: the order in which things happen, and where it stands.

import { type Platform, type Tensor, Turns } from '@dl/autograd';
import type { AnyModule } from '@dl/layers';
import type { Batch, FullTask } from '../core/batch.js';
import { DivergenceError, noBatch } from '../core/checks.js';
import type { AnyOptimizer } from '../core/optimizer.js';
import type { Schedule } from '../core/schedule.js';
import { type Evaluation, type Examination, evaluating } from '../evaluate/evaluate.js';
import type { EndEvent, EpochEvent, StartEvent, StepEvent, TestEvent, TrainEvent } from '../events/events.js';
import {
  type Position,
  readWeights,
  restoreTrainState,
  type Sources,
  saveTrainState,
  sourcesOf,
  startPosition,
  type TrainState,
} from '../state/state.js';
import { Averages, type Averaging } from './averaging.js';
import { Learner } from './learn.js';
import { emptyMeter, type Means, Meter } from './meter.js';
import { Rate } from './rate.js';
import { emptyWatch, type FitEarlyStopping, Watch } from './watch.js';

/** Data whose batches the task knows how to take. */
interface AnyData extends AsyncIterable<Batch> {
  readonly length?: number;
  readonly size?: number;
  state?: object;
}

/** What a run is made of. */
export interface RunSetup {
  readonly model: AnyModule;
  readonly optimizer: AnyOptimizer;
  readonly schedule: Schedule | undefined;
  readonly data: AnyData;
  readonly test: AnyData | undefined;
  readonly task: FullTask;
  readonly measure: Examination['measure'];
}

export interface RunOptions {
  readonly epochs: number;
  readonly accumulate: number;
  readonly scheduleEvery: 'step' | 'epoch';
  readonly gradients: ((parameters: readonly Tensor[]) => unknown) | undefined;
  readonly clipGradNorm: number | undefined;
  readonly clipGradValue: number | undefined;
  readonly averaging: Averaging | undefined;
  readonly anomaly: boolean;
  readonly monitor: string;
  readonly earlyStopping: FitEarlyStopping | undefined;
  readonly lossEvery: number;
  readonly yieldEvery: number;
  readonly signal: Platform<'AbortSignal'> | undefined;
  readonly state: TrainState | undefined;
}

export class Run {
  readonly #setup: RunSetup;
  readonly #options: RunOptions;
  readonly #turns: Turns;
  readonly #rate = new Rate();
  readonly #meter: Meter;
  readonly #learner: Learner;
  readonly #watch: Watch;
  readonly #averages: Averages | undefined;
  #position: Position;
  /** Where the random numbers came from when the test under way began: it draws the same ones when it is repeated. */
  #beforeTest: Sources | undefined;
  /** Whether the run was aborted while the model was to get its means. */
  #isCutShort = false;
  /** When the epoch under way began, moved back by the time that it had taken before it was resumed. */
  #epochStarted = 0;

  constructor(setup: RunSetup, options: RunOptions) {
    this.#setup = setup;
    this.#options = options;
    this.#turns = new Turns(options.yieldEvery);
    this.#position = options.state?.position ?? startPosition;
    this.#meter = new Meter(options.state?.meter ?? emptyMeter);
    this.#learner = new Learner(setup, options, { meter: this.#meter, turns: this.#turns });
    const { monitor, earlyStopping: stopping, averaging, signal, state } = options;
    const metrics = setup.measure.metrics ?? {};
    this.#watch = new Watch({ monitor, metrics, stopping }, state?.watch ?? emptyWatch);
    this.#averages = averaging && new Averages({ ...setup, signal }, averaging, this.#turns);
  }

  async *events(): AsyncGenerator<TrainEvent, void, undefined> {
    const { optimizer } = this.#setup;
    const started = performance.now();
    if (this.#options.state !== undefined) {
      await restoreTrainState(this.#options.state, { ...this.#setup, averages: this.#averages });
    }
    try {
      // Gradients that others left must not count for the first step.
      optimizer.zeroGrad();
      yield this.#start();
      while (!this.#isFinished && !this.#watch.isOver && !this.#isAborted) yield* this.#epoch();
      await this.#settle();
      yield this.#end((performance.now() - started) / 1000);
    } finally {
      this.#meter.dispose();
      this.#averages?.dispose();
      optimizer.zeroGrad();
    }
  }

  /** One epoch, or what is left of it; returns early when the signal is aborted. */
  async *#epoch(): AsyncGenerator<TrainEvent, void, undefined> {
    this.#epochStarted = performance.now() - 1000 * this.#position.seconds;
    if (!this.#position.isTesting) {
      yield* this.#train();
      if (this.#isAborted) return;
      if (this.#position.step === 0) throw noBatch('fit', `epoch ${this.#position.epoch + 1} of the data`);
      this.#move({ isTesting: true });
    }
    this.#beforeTest = sourcesOf(this.#setup.data, this.#setup.test);
    await this.#readLoss();
    this.#averages?.take('epoch', this.#position.epoch + 1);
    const event = yield* this.#examine();
    if (event !== undefined) yield event;
  }

  /** Tests, and completes the epoch; the model has its means meanwhile, where there are any. Undefined when aborted. */
  async *#examine(): AsyncGenerator<TestEvent, EpochEvent | undefined, undefined> {
    try {
      if (this.#setup.test !== undefined) await this.#averages?.enter();
      const test = this.#isAborted ? 'aborted' : yield* this.#test();
      return test === 'aborted' ? undefined : await this.#completeEpoch(test);
    } finally {
      this.#averages?.leave();
    }
  }

  async *#train(): AsyncGenerator<StepEvent, void, undefined> {
    this.#rate.pause();
    let group: Batch[] = [];
    for await (const batch of this.#setup.data) {
      group.push(batch);
      if (group.length < this.#options.accumulate) continue;
      yield await this.#step(group);
      if (this.#isAborted) return;
      await this.#turns.take();
      group = [];
    }
    if (group.length === 0) return;
    const event = await this.#step(group);
    // The loader is at its end here: a run that goes on must not begin it anew.
    this.#move({ isTesting: true });
    yield event;
  }

  async #step(group: readonly Batch[]): Promise<StepEvent> {
    const { step, totalSteps, epoch } = this.#position;
    const examples = await this.#learner.step(group, { epoch: epoch + 1, step: step + 1 });
    if (this.#options.scheduleEvery === 'step') this.#setup.schedule?.step();
    this.#averages?.take('step', epoch + 1);
    this.#move({ step: step + 1, totalSteps: totalSteps + 1 });
    const read = this.#position.step % this.#options.lossEvery === 0 ? await this.#readLoss() : undefined;
    if (this.#meter.isFull) await this.#meter.read();
    return {
      ...this.#moment('step'),
      ...this.#totals(),
      examples,
      ...read,
      examplesPerSecond: this.#rate.add(examples),
    };
  }

  async #readLoss(): Promise<Means | undefined> {
    const { means, since } = (await this.#meter.tell()) ?? {};
    if (since?.bad) {
      const { step: after, loss } = since.bad;
      const step = this.#position.step - since.steps + after;
      const epoch = this.#position.epoch + 1;
      throw new DivergenceError(
        `fit: the loss is ${loss} at step ${step} of epoch ${epoch}; lower the learning rate, check the data for such values, or find the op with anomaly: true`,
        { epoch, step },
      );
    }
    return means;
  }

  async *#test(): AsyncGenerator<TestEvent, Evaluation | 'aborted' | undefined, undefined> {
    const { model, test, task, measure } = this.#setup;
    if (test === undefined) return undefined;
    const running = evaluating('fit', { model, data: test, task, measure }, this.#turns);
    try {
      for (;;) {
        const { done, value } = await running.next();
        if (done) return value;
        this.#move({});
        yield {
          ...this.#moment('test'),
          testStep: value.testStep,
          ...(test.length !== undefined && { testSteps: test.length }),
        };
        if (this.#isAborted) return 'aborted';
      }
    } finally {
      await running.return(undefined as never);
    }
  }

  async #completeEpoch(test: Evaluation | undefined): Promise<EpochEvent> {
    const { model, optimizer, schedule } = this.#setup;
    this.#move({});
    const moment = this.#moment('epoch');
    const { seconds, epoch, totalSteps } = this.#position;
    const train = this.#meter.means;
    const seen = this.#watch.look(epoch + 1, test ?? train);
    if (seen.isBest && this.#watch.wantsWeights) this.#watch.keepWeights(await readWeights(model));
    const lr = optimizer.paramGroups[0]?.lr;
    if (this.#options.scheduleEvery === 'epoch')
      schedule?.step(schedule.stepTakes === 'epoch' ? undefined : seen.score);
    this.#meter.reset();
    this.#beforeTest = undefined;
    this.#position = { ...startPosition, epoch: epoch + 1, totalSteps };
    return { ...moment, train, ...(test && { test }), ...seen, ...(lr !== undefined && { lr }), seconds };
  }

  /** Leaves the model with the best weights, or with the means, where that was asked for. */
  async #settle(): Promise<void> {
    if (!this.#isFinished && !this.#watch.isOver) return;
    const { model, data, test } = this.#setup;
    const { weights } = this.#watch.state;
    if (weights !== null && this.#watch.wantsWeights) {
      model.loadStateDict(weights);
      return;
    }
    const before = sourcesOf(data, test);
    if (this.#averages === undefined || (await this.#averages.finish())) return;
    this.#isCutShort = true;
    // The pass over the data is done again, from its beginning.
    this.#beforeTest = before;
  }

  #start(): StartEvent {
    const { data, test } = this.#setup;
    return {
      ...this.#moment('start'),
      epochs: this.#options.epochs,
      ...this.#stepsPerEpoch,
      ...(data.size !== undefined && { examples: data.size }),
      ...(test?.length !== undefined && { testSteps: test.length }),
      ...(test?.size !== undefined && { testExamples: test.size }),
    };
  }

  #end(seconds: number): EndEvent {
    const outcome = this.#isFinished ? 'finished' : this.#watch.isOver ? 'stopped' : 'aborted';
    const reason = this.#isCutShort ? 'aborted' : outcome;
    const { best } = this.#watch.state;
    return { ...this.#moment('end'), reason, ...(best !== null && { best }), seconds };
  }

  #totals(): Pick<StepEvent, 'totalSteps' | 'steps'> {
    return { totalSteps: this.#position.totalSteps, ...this.#stepsPerEpoch };
  }

  #moment<T extends TrainEvent['type']>(
    type: T,
  ): { type: T; epoch: number; step: number; state(): Promise<TrainState> } {
    const { epoch, step } = this.#position;
    // At the end there is no next epoch to name.
    const named = type === 'end' ? Math.min(epoch + 1, this.#options.epochs) : epoch + 1;
    return { type, epoch: named, step, state: () => this.#state() };
  }

  async #state(): Promise<TrainState> {
    const { data, test } = this.#setup;
    const counts = {
      position: this.#position,
      sources: this.#beforeTest ?? sourcesOf(data, test),
      watch: this.#watch.state,
    };
    const isTesting = this.#beforeTest !== undefined;
    const read = (): Promise<TrainState> =>
      saveTrainState({ ...this.#setup, meter: this.#meter, averages: this.#averages }, { ...counts, isTesting });
    return this.#averages === undefined ? read() : this.#averages.aside(read);
  }

  #move(change: Partial<Position>): void {
    this.#position = { ...this.#position, ...change, seconds: (performance.now() - this.#epochStarted) / 1000 };
  }

  get #stepsPerEpoch(): { readonly steps?: number } {
    const { length } = this.#setup.data;
    return length === undefined ? {} : { steps: Math.ceil(length / this.#options.accumulate) };
  }

  get #isFinished(): boolean {
    return this.#position.epoch >= this.#options.epochs;
  }

  get #isAborted(): boolean {
    return this.#options.signal?.aborted === true;
  }
}
