// The training loss and accuracy, kept where the model lives, so that the device is waited for only when asked.

import { concat, equal, keep, noGrad, sum, type Tensor } from '@dl/autograd';
import type { NdArray } from '@dl/data';
import { answersTo, countClasses, countOf, predict } from '../core/batch.js';

/** MeterSums over steps; plain values. */
export interface MeterSums {
  /** Of the losses of all that the loss counts, and how many of these there are, or the sum of their weights. */
  readonly loss: number;
  readonly count: number;
  /** Right answers, and labels that name a class. */
  readonly right: number;
  readonly answers: number;
}

/** MeterSums since the last reading, which the next one tells. */
export interface MeterSince extends MeterSums {
  readonly steps: number;
  /** The first loss that is not finite, and of which of these steps it is, from 1. */
  readonly bad: { readonly step: number; readonly loss: number } | null;
}

/** What a meter has counted; plain values. */
export interface MeterState {
  readonly told: MeterSums;
  readonly since: MeterSince;
}

/** Means; the accuracy is undefined where there are no classes. */
export interface Means {
  readonly loss: number;
  readonly accuracy?: number;
}

const none: MeterSums = { loss: 0, count: 0, right: 0, answers: 0 };
const noneSince: MeterSince = { ...none, steps: 0, bad: null };

export const emptyMeter: MeterState = { told: none, since: noneSince };

/** A batch of a step: what of it lies on the device, in this order, and what is known. */
interface Reading {
  readonly loss: Tensor;
  readonly right: Tensor | undefined;
  readonly count: number | Tensor;
  readonly answers: number;
  /** Whether it is the last one of its step. */
  isLast: boolean;
}

/** Readings whose numbers lie in one row. */
interface Row {
  readonly values: Tensor;
  readonly readings: readonly Reading[];
}

// So many readings become one tensor, and so many steps are read at once at most.
const ROW = 64;
const MOST_UNREAD = 4096;

export class Meter {
  #told: MeterSums;
  #since: MeterSince;
  #rows: Row[] = [];
  #readings: Reading[] = [];
  #unread = 0;

  constructor({ told, since }: MeterState) {
    this.#told = told;
    this.#since = since;
  }

  /** Counts a batch of a step; its labels as a tensor, and as they were. Call it inside the scope of the step. */
  add(
    examples: number,
    loss: Tensor,
    output: Tensor | undefined,
    labels: Tensor | undefined,
    given: NdArray | undefined,
  ): void {
    noGrad(() => {
      const answered = answersTo(output, labels);
      const count = countOf(loss, examples);
      // Copies: a loss may be a part of something that the step changes.
      const one = (x: Tensor): Tensor => keep(x.clone().reshape([1]));
      this.#readings.push({
        loss: one(loss),
        right: answered && one(sum(equal(predict(output!), answered).cast(loss.dtype))),
        count: typeof count === 'number' ? count : one(count.cast(loss.dtype)),
        answers: answered === undefined || given === undefined ? 0 : countClasses(given),
        isLast: false,
      });
    });
  }

  /** The batches that came since the last call are one step. */
  endStep(): void {
    const last = this.#readings.at(-1);
    if (last === undefined) return;
    last.isLast = true;
    this.#unread++;
    if (this.#readings.length >= ROW) this.#fold();
  }

  /** Whether so much has come in that it should be read, told or not. */
  get isFull(): boolean {
    return this.#unread >= MOST_UNREAD;
  }

  /** The means since they were told last, and where the first loss came that is not finite. */
  async tell(): Promise<{ readonly means: Means; readonly since: MeterSince } | undefined> {
    await this.read();
    const since = this.#since;
    if (since.steps === 0) return undefined;
    const told = this.#told;
    this.#told = {
      loss: told.loss + since.loss,
      count: told.count + since.count,
      right: told.right + since.right,
      answers: told.answers + since.answers,
    };
    this.#since = noneSince;
    return { means: meansOf(since), since };
  }

  /** Reads what lies on the device. */
  async read(): Promise<void> {
    this.#fold();
    const rows = this.#rows;
    this.#rows = [];
    this.#unread = 0;
    try {
      this.#since = await added(this.#since, rows);
    } finally {
      for (const { values } of rows) values.dispose();
    }
  }

  /** The means of all that was told. */
  get means(): Means {
    return meansOf(this.#told);
  }

  /** Read at the call, before anything is waited for. */
  async state(): Promise<MeterState> {
    this.#fold();
    return { told: this.#told, since: await added(this.#since, this.#rows) };
  }

  /** Starts anew, for the next epoch. */
  reset(): void {
    this.dispose();
    this.#told = none;
    this.#since = noneSince;
  }

  dispose(): void {
    for (const { values } of this.#rows) values.dispose();
    for (const reading of this.#readings) for (const value of valuesOf(reading)) value.dispose();
    this.#rows = [];
    this.#readings = [];
    this.#unread = 0;
  }

  /** Brings what lies in single numbers into one row. */
  #fold(): void {
    const readings = this.#readings;
    if (readings.length === 0) return;
    const values = readings.flatMap(valuesOf);
    this.#rows.push({ values: keep(noGrad(() => concat(values, 0))), readings });
    this.#readings = [];
    for (const value of values) value.dispose();
  }
}

function valuesOf({ loss, right, count }: Reading): Tensor[] {
  return [loss, ...(right === undefined ? [] : [right]), ...(typeof count === 'number' ? [] : [count])];
}

/** The sums with the steps of these rows, one after the other, so that it does not matter when they are read. */
async function added(since: MeterSince, rows: readonly Row[]): Promise<MeterSince> {
  const reads = rows.map(({ values }) => values.data());
  const sums = { ...since };
  let step: { loss: number; count: number; batches: number } = { loss: 0, count: 0, batches: 0 };
  for (const [i, numbers] of (await Promise.all(reads)).entries()) {
    let at = 0;
    const next = (): number => Number(numbers[at++]);
    for (const { right, count: known, answers, isLast } of rows[i]!.readings) {
      const loss = next();
      sums.right += right === undefined ? 0 : next();
      sums.answers += answers;
      const count = typeof known === 'number' ? known : next();
      // A mean over nothing is NaN. It is the loss of its step, but among other batches it has no part in it.
      const isAll = isLast && step.batches === 0;
      if (count !== 0) step.loss += loss * count;
      step = { ...step, count: step.count + count, batches: step.batches + 1 };
      if (!isLast) continue;
      const mean = isAll ? loss : step.loss / step.count;
      sums.loss += step.loss;
      sums.count += step.count;
      sums.steps++;
      if (sums.bad === null && !Number.isFinite(mean)) sums.bad = { step: sums.steps, loss: mean };
      step = { loss: 0, count: 0, batches: 0 };
    }
  }
  return sums;
}

function meansOf({ loss, count, right, answers }: MeterSums): Means {
  return { loss: loss / count, ...(answers > 0 && { accuracy: right / answers }) };
}
