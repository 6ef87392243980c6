// Decoding: sequences that are being generated or searched, with the states of their model.

/// <reference lib="esnext.disposable" preserve="true" />

import {
  ArgumentError,
  type Carried,
  carried,
  checkCall,
  checkInteger,
  formatShape,
  IndexError,
  indexSelect,
  isInstance,
  type Known,
  noGrad,
  ShapeError,
  scope,
  shown,
  Tensor,
  tensor,
} from '@dl/autograd';
import type { NextToken, StepModel } from './step-model.js';

/** Options of {@link Decoding}. */
export interface DecodingOptions {
  /** How many sequences. Default 1, or as many as the source of the model has. */
  readonly batch?: number;
  /** Whether what the model makes of each sequence is kept, too, for {@link Decoding.representation}. Default false. */
  readonly representation?: boolean;
}

const decodingOptions: Known<DecodingOptions> = { batch: 'number', representation: 'boolean' };

/** A row for each sequence. */
type Rows = NextToken<unknown>['logProbabilities'];

/**
 * Sequences that grow token by token by a {@link StepModel}: what decoders are made of. It owns the states, so that memory stays flat, and
 * what a step made before is freed; it records no gradients.
 *
 * @throws ArgumentError for what is no StepModel, and for another batch than the model's source has.
 *
 * @example
 * ```ts
 * import { Decoding, functionModel } from '@dl/layers';
 *
 * // After an even number of tokens comes 0, after an odd one 1.
 * const model = functionModel(2, (tokens) => (tokens.length % 2 === 0 ? [0, -Infinity] : [-Infinity, 0]));
 * const decoding = new Decoding(model, { batch: 2 });
 * console.log(await decoding.logProbabilities()); // 0, -Infinity, 0, -Infinity: a row for each sequence
 * decoding.step([0, 0]);
 * decoding.select([1]); // goes on with the second sequence alone
 * console.log(decoding.batch, await decoding.logProbabilities()); // 1, and -Infinity, 0
 * decoding.dispose();
 * ```
 */
export class Decoding<State> {
  readonly #model: StepModel<State>;
  #batch: number;
  readonly #scores: Carried<Rows | undefined> = carried<Rows | undefined>(undefined);
  readonly #representation: Carried<Rows | undefined> = carried<Rows | undefined>(undefined);
  readonly #isRepresented: boolean;
  readonly #state: Carried<State | undefined> = carried<State | undefined>(undefined);

  constructor(model: StepModel<State>, options: DecodingOptions = {}) {
    checkCall('Decoding', arguments, ['model'], decodingOptions);
    checkModel(model);
    const { batch = model.batch ?? 1, representation = false } = options;
    checkInteger('Decoding', 'batch', batch, 0);
    if (model.batch !== undefined && model.batch !== batch) {
      throw new ArgumentError(
        `Decoding: batch is ${batch}, but the model stands on a source of ${model.batch} sequences; leave batch out`,
      );
    }
    this.#model = model;
    this.#batch = batch;
    this.#isRepresented = representation;
    this.#go(() => model.start(batch));
  }

  /** How many sequences there are now. */
  get batch(): number {
    return this.#batch;
  }

  get vocabularySize(): number {
    return this.#model.vocabularySize;
  }

  /** Logarithms of the probabilities of what comes next: vocabularySize numbers for each sequence, row after row. */
  logProbabilities(): Promise<ArrayLike<number>> {
    return numbersOf(this.#scores);
  }

  /**
   * What the model makes of each sequence, its last token included: as many numbers for each, row after row.
   *
   * @throws ArgumentError for a Decoding that was made without `representation: true`.
   */
  async representation(): Promise<ArrayLike<number>> {
    if (!this.#isRepresented) {
      throw new ArgumentError('Decoding.representation: it was not kept; make the Decoding with representation: true');
    }
    return numbersOf(this.#representation);
  }

  /** As {@link logProbabilities}, at once, where the model gives numbers on the host; undefined for a tensor, which has to be read. */
  get hostLogProbabilities(): Float32Array | Float64Array | undefined {
    const scores = scope(() => this.#scores.get())!;
    if (!(scores instanceof Tensor)) return scores;
    scores.dispose();
    return undefined;
  }

  /**
   * Goes on by a token for each sequence.
   *
   * @throws IndexError for a token outside 0 … vocabularySize - 1.
   */
  step(tokens: ArrayLike<number>): void {
    this.#check('step', tokens, this.#batch, 'sequence');
    this.#go(() => this.#model.step(tokens, this.#given()));
  }

  /** Goes on by several tokens, as many for each sequence, such as what prompts begin with: in one pass where the model has that. */
  read(tokens: readonly ArrayLike<number>[]): void {
    const length = tokens[0]?.length ?? 0;
    if (tokens.length !== this.#batch || tokens.some((row) => row.length !== length)) {
      throw new ShapeError(
        `Decoding.read: got rows of ${shown(tokens.map((row) => row.length))} tokens, needs ${this.#batch} rows, one for each sequence, of one length`,
      );
    }
    for (const row of tokens) this.#check('read', row, length, 'place');
    if (length === 0) return;
    const model = this.#model;
    if (model.read) {
      this.#go(() => model.read!(tokens, this.#given()));
      return;
    }
    for (let t = 0; t < length; t++) this.step(tokens.map((row) => row[t]!));
  }

  /**
   * Goes on with some of the sequences: in another order, once, several times or not at all.
   *
   * @throws IndexError for a row that there is not.
   */
  select(rows: readonly number[]): void {
    const bad = rows.find((row) => !(Number.isInteger(row) && row >= 0 && row < this.#batch));
    if (bad !== undefined) {
      throw new IndexError(`Decoding.select: there is no sequence ${shown(bad)}, there are ${this.#batch}`);
    }
    scope(() =>
      noGrad(() => {
        const state = this.#given();
        const next = this.#model.select(state, rows);
        const scores = selectRows(this.#scores.get()!, rows, this.#batch);
        const before = this.#representation.get();
        const representation = before && selectRows(before, rows, this.#batch);
        this.#state.set(next);
        this.#scores.set(scores);
        this.#representation.set(representation);
        this.#batch = rows.length;
        if (next !== state) this.#model.release?.(state);
      }),
    );
  }

  /** Frees the states. */
  dispose(): void {
    scope(() => this.#model.release?.(this.#given()));
    this.#state.dispose();
    this.#scores.dispose();
    this.#representation.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #given(): State {
    return this.#state.get() as State;
  }

  #go(next: () => NextToken<State>): void {
    scope(() =>
      noGrad(() => {
        const { logProbabilities, representation, state } = next();
        try {
          checkScores(logProbabilities, this.#batch, this.vocabularySize);
          if (this.#isRepresented) checkRepresentation(representation, this.#batch);
        } catch (error) {
          // Nobody else has the state that a model began with.
          if (this.#given() === undefined) this.#model.release?.(state);
          throw error;
        }
        this.#state.set(state);
        this.#scores.set(logProbabilities);
        if (this.#isRepresented) this.#representation.set(representation);
      }),
    );
  }

  #check(method: string, tokens: ArrayLike<number>, count: number, each: string): void {
    if (tokens.length !== count) {
      throw new ShapeError(`Decoding.${method}: got ${tokens.length} tokens, needs ${count}, one for each ${each}`);
    }
    const size = this.vocabularySize;
    for (let i = 0; i < count; i++) {
      const token = tokens[i]!;
      if (!(Number.isInteger(token) && token >= 0 && token < size)) {
        throw new IndexError(`Decoding.${method}: token ${shown(token)} is outside 0 … ${size - 1}`);
      }
    }
  }
}

function checkModel(model: unknown): void {
  const given = (typeof model === 'object' && model !== null ? model : {}) as Readonly<Record<string, unknown>>;
  const lacks = (['start', 'step', 'select'] as const).find((name) => typeof given[name] !== 'function');
  if (lacks !== undefined) {
    throw new ArgumentError(
      `Decoding: the model is ${shown(model)}, which has no ${lacks}(); needs a StepModel, such as a SequenceGenerator or what functionModel makes`,
    );
  }
  checkInteger('Decoding', 'vocabularySize of the model', given['vocabularySize'] as number, 1);
}

function checkScores(scores: unknown, batch: number, size: number): void {
  const needs = `${formatShape([batch, size])}: a row for each sequence, a number for each token`;
  if (scores instanceof Float32Array || scores instanceof Float64Array) {
    if (scores.length !== batch * size) {
      throw new ShapeError(`Decoding: the model gave ${scores.length} log-probabilities, needs ${needs}`);
    }
    return;
  }
  if (!isInstance(scores, Tensor, 'Decoding', 'logProbabilities')) {
    throw new ArgumentError(
      `Decoding: the model gave ${shown(scores)} as logProbabilities, needs a Tensor, Float32Array or Float64Array of ${needs}`,
    );
  }
  if (`${scores.shape}` !== `${[batch, size]}`) {
    throw new ShapeError(`Decoding: the model gave log-probabilities of ${formatShape(scores.shape)}, needs ${needs}`);
  }
}

function checkRepresentation(rows: unknown, batch: number): void {
  const needs = `[${batch}, size]: a row for each sequence`;
  if (rows instanceof Float32Array || rows instanceof Float64Array) {
    if (batch === 0 || (rows.length > 0 && rows.length % batch === 0)) return;
    throw new ShapeError(`Decoding: the model gave ${rows.length} numbers as representation, needs ${needs}`);
  }
  if (!isInstance(rows, Tensor, 'Decoding', 'representation')) {
    throw new ArgumentError(
      `Decoding: the model gave ${shown(rows)} as representation, needs a Tensor, Float32Array or Float64Array of ${needs}; SequenceGenerator and GPT give one`,
    );
  }
  if (rows.rank !== 2 || rows.shape[0] !== batch) {
    throw new ShapeError(`Decoding: the model gave a representation of ${formatShape(rows.shape)}, needs ${needs}`);
  }
}

async function numbersOf(rows: Carried<Rows | undefined>): Promise<ArrayLike<number>> {
  const all = scope(() => rows.get())!;
  if (!(all instanceof Tensor)) return all;
  try {
    return await all.data();
  } finally {
    all.dispose();
  }
}

function selectRows(all: Rows, rows: readonly number[], batch: number): Rows {
  if (all instanceof Tensor) return indexSelect(all, 0, tensor(Int32Array.from(rows), { backend: all.backend }));
  const size = batch === 0 ? 0 : all.length / batch;
  const Kind = all.constructor as Float64ArrayConstructor;
  const picked = new Kind(rows.length * size);
  rows.forEach((row, i) => picked.set(all.subarray(row * size, (row + 1) * size) as Float64Array, i * size));
  return picked;
}
