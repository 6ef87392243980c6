// One run of the training loop: the order in which things happen, and where it stands.

import { scope } from '@dl/autograd';
import type { LoaderState } from '@dl/data';
import type { AnyModule } from '@dl/layers';
import { apply, type Batch, examplesOf, type FullTask, toTensors } from './batch.js';
import { DivergenceError, noBatch } from './checks.js';
import { type Evaluation, evaluating } from './evaluate.js';
import type { EndEvent, EpochEvent, StartEvent, StepEvent, TestEvent, TrainEvent } from './events.js';
import { emptyMeter, type Means, Meter } from './meter.js';
import { switchMode } from './mode.js';
import type { AnyOptimizer } from './optimizer.js';
import { Rate } from './rate.js';
import {
  type Position,
  restoreTrainState,
  type Sources,
  saveTrainState,
  sourcesOf,
  startPosition,
  type TrainState,
} from './state.js';
import { Turns } from './turns.js';

/** Data whose batches the task knows how to take. */
interface AnyData extends AsyncIterable<Batch> {
  readonly length?: number;
  readonly size?: number;
  state?: LoaderState;
}

/** What takes part in a run. */
export interface RunParts {
  readonly model: AnyModule;
  readonly optimizer: AnyOptimizer;
  readonly data: AnyData;
  readonly test: AnyData | undefined;
  readonly task: FullTask;
}

export interface RunOptions {
  readonly epochs: number;
  readonly lossEvery: number;
  readonly yieldEvery: number;
  readonly signal: AbortSignal | undefined;
  readonly state: TrainState | undefined;
}

export class Run {
  readonly #parts: RunParts;
  readonly #options: RunOptions;
  readonly #turns: Turns;
  readonly #rate = new Rate();
  readonly #meter: Meter;
  #position: Position;
  /** Where the random numbers came from when the test under way began: it draws the same ones when it is repeated. */
  #beforeTest: Sources | undefined;
  /** When the epoch under way began, moved back by the time that it had taken before it was resumed. */
  #epochStarted = 0;

  constructor(parts: RunParts, options: RunOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#turns = new Turns(options.yieldEvery);
    this.#position = options.state?.position ?? startPosition;
    this.#meter = new Meter(options.state?.meter ?? emptyMeter);
  }

  async *events(): AsyncGenerator<TrainEvent, void, undefined> {
    const { model, optimizer } = this.#parts;
    const started = performance.now();
    if (this.#options.state !== undefined) await restoreTrainState(this.#options.state, this.#parts);
    const mode = switchMode(model, 'train');
    try {
      // Gradients that others left must not count for the first step.
      optimizer.zeroGrad();
      yield this.#start();
      while (this.#position.epoch < this.#options.epochs && !this.#isAborted) yield* this.#epoch();
      yield this.#end((performance.now() - started) / 1000);
    } finally {
      this.#meter.dispose();
      optimizer.zeroGrad();
      mode.restore();
    }
  }

  /** One epoch, or what is left of it; returns early when the signal is aborted. */
  async *#epoch(): AsyncGenerator<TrainEvent, void, undefined> {
    this.#epochStarted = performance.now() - 1000 * this.#position.seconds;
    if (!this.#position.isTesting) {
      yield* this.#train();
      if (this.#isAborted) return;
      if (this.#position.step === 0) throw noBatch('fit', `epoch ${this.#position.epoch + 1} of the data`);
      this.#beforeTest = sourcesOf(this.#parts.data, this.#parts.test);
      this.#move({ isTesting: true });
    }
    await this.#readLoss();
    const test = yield* this.#test();
    if (test === 'aborted') return;
    yield this.#completeEpoch(test);
  }

  async *#train(): AsyncGenerator<StepEvent, void, undefined> {
    this.#rate.pause();
    for await (const batch of this.#parts.data) {
      const examples = examplesOf('fit', batch);
      this.#step(batch, examples);
      const { step, totalSteps } = this.#position;
      this.#move({ step: step + 1, totalSteps: totalSteps + 1 });
      const read = this.#position.step % this.#options.lossEvery === 0 ? await this.#readLoss() : undefined;
      yield {
        ...this.#moment('step'),
        ...this.#totals(),
        examples,
        ...read,
        examplesPerSecond: this.#rate.add(examples),
      };
      if (this.#isAborted) return;
      await this.#turns.take();
    }
  }

  /** One step of learning. What it makes is freed at its end, also when it fails. */
  #step(arrays: Batch, examples: number): void {
    using _ = scope();
    const { optimizer, task } = this.#parts;
    try {
      const batch = toTensors(arrays);
      const { output, loss } = apply('fit', task, batch);
      loss.backward();
      optimizer.step();
      this.#meter.add(examples, loss, output, batch['labels']);
    } finally {
      optimizer.zeroGrad();
    }
  }

  async #readLoss(): Promise<Means | undefined> {
    const since = await this.#meter.read();
    if (since !== undefined && !Number.isFinite(since.loss)) {
      const { step } = this.#position;
      const epoch = this.#position.epoch + 1;
      throw new DivergenceError(
        `fit: the loss is ${since.loss} at step ${step} of epoch ${epoch}; lower the learning rate, check the data for such values, or find the op with detectAnomaly`,
        { epoch, step },
      );
    }
    return since;
  }

  async *#test(): AsyncGenerator<TestEvent, Evaluation | 'aborted' | undefined, undefined> {
    const { model, test, task } = this.#parts;
    if (test === undefined) return undefined;
    const running = evaluating('fit', model, test, task, this.#turns);
    try {
      for (;;) {
        const { done, value } = await running.next();
        if (done) return value;
        this.#move({});
        yield {
          ...this.#moment('test'),
          testStep: value,
          ...(test.length !== undefined && { testSteps: test.length }),
        };
        if (this.#isAborted) return 'aborted';
      }
    } finally {
      await running.return(undefined as never);
    }
  }

  #completeEpoch(test: Evaluation | undefined): EpochEvent {
    this.#move({});
    const moment = this.#moment('epoch');
    const { seconds, epoch, totalSteps } = this.#position;
    const train = this.#meter.means;
    this.#meter.reset();
    this.#beforeTest = undefined;
    this.#position = { ...startPosition, epoch: epoch + 1, totalSteps };
    return { ...moment, train, ...(test !== undefined && { test }), seconds };
  }

  #start(): StartEvent {
    const { data, test } = this.#parts;
    return {
      ...this.#moment('start'),
      epochs: this.#options.epochs,
      ...(data.length !== undefined && { steps: data.length }),
      ...(data.size !== undefined && { examples: data.size }),
      ...(test?.length !== undefined && { testSteps: test.length }),
      ...(test?.size !== undefined && { testExamples: test.size }),
    };
  }

  #end(seconds: number): EndEvent {
    const isFinished = this.#position.epoch >= this.#options.epochs;
    return { ...this.#moment('end'), reason: isFinished ? 'finished' : 'aborted', seconds };
  }

  #totals(): Pick<StepEvent, 'totalSteps' | 'steps'> {
    const { length } = this.#parts.data;
    return { totalSteps: this.#position.totalSteps, ...(length !== undefined && { steps: length }) };
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
    const { model, optimizer, data, test } = this.#parts;
    return saveTrainState(
      { model, optimizer },
      {
        position: this.#position,
        sources: this.#beforeTest ?? sourcesOf(data, test),
        meter: await this.#meter.state(),
      },
    );
  }

  #move(change: Partial<Position>): void {
    this.#position = { ...this.#position, ...change, seconds: (performance.now() - this.#epochStarted) / 1000 };
  }

  get #isAborted(): boolean {
    return this.#options.signal?.aborted === true;
  }
}
