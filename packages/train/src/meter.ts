// The training loss and accuracy, summed where the model lives, so that the device is waited for only when asked.

import { equal, keep, noGrad, stack, sum, type Tensor, tensor, zeros } from '@dl/autograd';
import type { NdArray } from '@dl/data';
import { answersTo, countClasses, predict } from './batch.js';

/** What a meter has counted, and what it has not read yet; plain values. */
export interface MeterState {
  /** Sums that have been read: of the loss of each example, and of right answers. */
  readonly loss: number;
  readonly right: number;
  readonly examples: number;
  readonly answers: number;
  /** Since the last reading: the same sums as they lie on the device, and the counts. */
  readonly unread: NdArray | null;
  readonly unreadExamples: number;
  readonly unreadAnswers: number;
}

/** Means; the accuracy is undefined where there are no classes. */
export interface Means {
  readonly loss: number;
  readonly accuracy?: number;
}

export const emptyMeter: MeterState = {
  loss: 0,
  right: 0,
  examples: 0,
  answers: 0,
  unread: null,
  unreadExamples: 0,
  unreadAnswers: 0,
};

export class Meter {
  #counts: Omit<MeterState, 'unread'>;
  /** [sum of the loss over examples, right answers] since the last reading. */
  #sums: Tensor | undefined;

  constructor(state: MeterState) {
    const { unread, ...counts } = state;
    this.#counts = counts;
    this.#sums = unread === null ? undefined : keep(tensor(unread));
  }

  /** Counts a batch; its labels as a tensor, and as they were. Call it inside the scope of the step. */
  add(examples: number, loss: Tensor, output: Tensor, labels: Tensor | undefined, given: NdArray | undefined): void {
    noGrad(() => {
      const answered = answersTo(output, labels);
      const right =
        answered === undefined
          ? zeros([], { dtype: loss.dtype, backend: loss.backend })
          : sum(equal(predict(output), answered).cast(loss.dtype));
      const answers = answered === undefined || given === undefined ? 0 : countClasses(given);
      const batch = stack([loss.detach().reshape([]).mul(examples), right]); // [2]
      if (this.#sums === undefined) this.#sums = keep(batch);
      else this.#sums.assign(this.#sums.add(batch));
      const { unreadExamples, unreadAnswers } = this.#counts;
      this.#counts = {
        ...this.#counts,
        unreadExamples: unreadExamples + examples,
        unreadAnswers: unreadAnswers + answers,
      };
    });
  }

  /** Reads the sums; gives the means since the last reading. */
  async read(): Promise<Means | undefined> {
    if (this.#sums === undefined) return undefined;
    const [loss, right] = (await this.#sums.data()) as unknown as [number, number];
    this.dispose();
    const counts = this.#counts;
    this.#counts = {
      loss: counts.loss + loss,
      right: counts.right + right,
      examples: counts.examples + counts.unreadExamples,
      answers: counts.answers + counts.unreadAnswers,
      unreadExamples: 0,
      unreadAnswers: 0,
    };
    return means(loss, counts.unreadExamples, right, counts.unreadAnswers);
  }

  /** The means of all that was read. */
  get means(): Means {
    const { loss, examples, right, answers } = this.#counts;
    return means(loss, examples, right, answers);
  }

  async state(): Promise<MeterState> {
    const unread = this.#sums === undefined ? null : { data: await this.#sums.data(), shape: this.#sums.shape };
    return { ...this.#counts, unread };
  }

  /** Starts anew, for the next epoch. */
  reset(): void {
    this.dispose();
    const { unread: _, ...counts } = emptyMeter;
    this.#counts = counts;
  }

  dispose(): void {
    this.#sums?.dispose();
    this.#sums = undefined;
  }
}

function means(loss: number, examples: number, right: number, answers: number): Means {
  return { loss: loss / examples, ...(answers > 0 && { accuracy: right / answers }) };
}
