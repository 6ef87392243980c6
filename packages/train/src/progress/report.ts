// What to say about a run at each of its events, in words and numbers.

import type { EndEvent, EpochEvent, StartEvent, StepEvent, TestEvent, TrainEvent } from '../events/events.js';
import type { Means } from '../loop/meter.js';
import { formatClock, formatLoss, formatPercent } from './format.js';

/** Lines that stay, and what goes on now. */
export interface Told {
  readonly stays: readonly string[];
  readonly now?: Now;
}

/** What goes on now, for a display to lay out. */
export interface Now {
  /** `epoch 2/5` */
  readonly name: string;
  /** Steps done of those of the epoch or its test; undefined before the first one, and where the loader does not know. */
  readonly step?: number;
  readonly steps?: number;
  /** The latest figures, the most important one first. */
  readonly figures: readonly string[];
}

// A step goes forward and twice as far back; a test only forward.
const TRAIN_WORK = 3;
const TEST_WORK = 1;

// How much of the former figure stays when a new one comes: one batch is no better than its luck.
const SMOOTHING = 0.8;

export class Report {
  readonly #unit: string;
  #start: StartEvent | undefined;
  readonly #started = performance.now();
  #means: Figures | undefined;
  /** Work of the run behind it, and how much of that was done in this call. */
  #behind = 0;
  #done = 0;

  constructor(unit: string) {
    this.#unit = unit;
  }

  tell(event: TrainEvent): Told {
    switch (event.type) {
      case 'start':
        return this.#begin(event);
      case 'step':
        return { stays: [], now: this.#step(event) };
      case 'test':
        return { stays: [], now: this.#test(event) };
      case 'epoch':
        return { stays: [this.#epoch(event)] };
      case 'end':
        return { stays: this.#end(event) };
    }
  }

  #begin(event: StartEvent): Told {
    this.#start = event;
    const { epoch, epochs, step, steps } = event;
    this.#behind = (epoch - 1) * this.#workPerEpoch + (steps ? (step / steps) * this.#trainWork : 0);
    if (epoch === 1 && step === 0) return { stays: [], now: { name: this.#epochName(event), figures: ['starting'] } };
    if (epoch > epochs) return { stays: [`nothing to train: all ${epochs} epochs are done`] };
    // Behind its last step an epoch still has its test before it.
    const place = steps !== undefined && step >= steps ? 'the end' : `step ${step + 1}`;
    return { stays: [`going on at ${step === 0 ? '' : `${place} of `}epoch ${epoch}`] };
  }

  #step(event: StepEvent): Now {
    const { step, steps, examples, loss, examplesPerSecond } = event;
    if (loss !== undefined) this.#means = smooth(this.#means, { loss, accuracy: event.accuracy });
    this.#work(examples * TRAIN_WORK);
    const rate = `${Math.round(examplesPerSecond)} ${this.#unit}/s`;
    const figures = [...meansOf(this.#means), rate, ...this.#timeLeft()];
    return { name: this.#epochName(event), step, ...(steps !== undefined && { steps }), figures };
  }

  #test(event: TestEvent): Now {
    const { testStep, testSteps } = event;
    if (testSteps) this.#work(((this.#start?.testExamples ?? 0) / testSteps) * TEST_WORK);
    const figures = ['testing', ...this.#timeLeft()];
    return {
      name: this.#epochName(event),
      step: testStep,
      ...(testSteps !== undefined && { steps: testSteps }),
      figures,
    };
  }

  #epoch(event: EpochEvent): string {
    const test = event.test === undefined ? [] : [...meansOf(event.test, 'test '), ...metricsOf(event.test.metrics)];
    return [this.#epochName(event), ...meansOf(event.train), ...test, `in ${formatClock(event.seconds)}`].join('  ');
  }

  #end({ reason, epoch, step, best, seconds }: EndEvent): string[] {
    if (reason === 'finished') return [];
    if (reason === 'stopped')
      return [`stopped early, because nothing got better: the best was epoch ${best?.epoch ?? 'none'}`];
    return [`stopped at step ${step} of epoch ${epoch}, after ${formatClock(seconds)}`];
  }

  #epochName({ epoch }: TrainEvent): string {
    const { epochs: all = epoch } = this.#start ?? {};
    if (all === Number.POSITIVE_INFINITY) return `epoch ${epoch}`;
    const epochs = String(all);
    return `epoch ${String(epoch).padStart(epochs.length)}/${epochs}`;
  }

  #work(amount: number): void {
    this.#behind += amount;
    this.#done += amount;
  }

  #timeLeft(): string[] {
    const elapsed = (performance.now() - this.#started) / 1000;
    const total = (this.#start?.epochs ?? 0) * this.#workPerEpoch;
    // The first steps, still to be compiled, would promise too much time.
    if (total === 0 || total === Number.POSITIVE_INFINITY || this.#done === 0 || elapsed < 1) return [];
    return [`${formatClock((elapsed * Math.max(0, total - this.#behind)) / this.#done)} left`];
  }

  get #trainWork(): number {
    return (this.#start?.examples ?? 0) * TRAIN_WORK;
  }

  get #workPerEpoch(): number {
    return this.#trainWork === 0 ? 0 : this.#trainWork + (this.#start?.testExamples ?? 0) * TEST_WORK;
  }
}

interface Figures {
  readonly loss: number;
  readonly accuracy: number | undefined;
}

function smooth(former: Figures | undefined, now: Figures): Figures {
  const mix = (a: number, b: number): number => SMOOTHING * a + (1 - SMOOTHING) * b;
  if (former === undefined) return now;
  const { loss, accuracy } = former;
  return {
    loss: mix(loss, now.loss),
    accuracy: accuracy === undefined || now.accuracy === undefined ? now.accuracy : mix(accuracy, now.accuracy),
  };
}

function meansOf({ loss, accuracy }: Partial<Means> | Partial<Figures> = {}, of = ''): string[] {
  return [
    ...(loss === undefined ? [] : [`${of}loss ${formatLoss(loss)}`]),
    ...(accuracy === undefined ? [] : [`${of}accuracy ${formatPercent(accuracy, 1)}`]),
  ];
}

const metricsOf = (metrics: Readonly<Record<string, number>> = {}): string[] =>
  Object.entries(metrics).map(([name, value]) => `${name} ${formatLoss(value)}`);
