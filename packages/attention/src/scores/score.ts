// AttentionScore: what all scores share. Queries look at a source with weights that are a softmax of how well they fit its keys.

import {
  ArgumentError,
  any,
  checkCall,
  checkInteger,
  DTypeError,
  dropout,
  formatShape,
  isBoolean,
  isInstance,
  type Known,
  matmul,
  type Shape,
  ShapeError,
  shown,
  softmax,
  Tensor,
  where,
  zeros,
} from '@dl/autograd';
import { Module, needTensor, tidied } from '@dl/layers';
import { lengthMask, type States } from '@dl/rnn';
import { both } from '../core/masks.js';
import { ProjectedSource } from './projected-source.js';

/** What a source is, beside its keys. */
export interface SourceOptions {
  /** What is looked up, a row for each key: [batch, length, valueDim]. Default: the keys themselves. */
  readonly values?: Tensor;
  /** How many positions of each source count; those behind have weight 0, and nothing that stands there reaches anything. Default: all. */
  readonly lengths?: readonly number[];
}

export const sourceOptions: Known<SourceOptions> = { values: 'tensor', lengths: 'numbers' };

/** Options of a call of a score. */
export interface ScoreCallOptions extends SourceOptions {
  /** Where a query may look: bool, of a shape that broadcasts to [batch, queries, length]. */
  readonly mask?: Tensor;
  /** What the former call handed on as `state`, for scores that go on from it. Default: a first call. */
  readonly state?: States;
  /** Give the weights, too. Default false. */
  readonly returnWeights?: boolean;
}

export const scoreCallOptions: Known<ScoreCallOptions> = {
  ...sourceOptions,
  mask: 'tensor',
  state: 'object',
  returnWeights: 'boolean',
};

/** What a score gives. */
export interface ScoreOutput {
  /** The weighted sum of values for each query, [batch, queries, valueDim]. */
  readonly output: Tensor;
  /** How much each query looked at each position, where that was asked for: before dropout, [batch, queries, length]. */
  readonly weights: Tensor | undefined;
  /** What the next call goes on from: a record of tensors [batch, …], empty for scores that go by query and keys alone. */
  readonly state: States;
}

/** Weights [batch, queries, length], and what goes on to the next call. */
export interface Weighed {
  readonly weights: Tensor;
  readonly state: States;
}

/**
 * Base of the scores. A query q [batch, queries, queryDim] fits each key k [batch, length, keyDim] with some energy e; the weights are a = softmax(e) over the positions
 * that it may look at, and `output` is Σ a v, [batch, queries, valueDim]. A single step of a decoder is one query, [batch, 1, queryDim]. A query that may look nowhere gets zeros.
 *
 * In place of keys `forward` takes what `project` has made of them, so that what concerns the source alone is computed once, not for each step. `state` goes from call to
 * call where a score looks at where it looked before.
 *
 * A score of your own says `energies`, and `projectKeys` where it maps keys.
 *
 * @throws ShapeError for queries, keys, values or a mask that do not fit, DTypeError for a mask that is not bool, ArgumentError for a state or a source of another score.
 *
 * @example
 * ```ts
 * import { matmul, randn, type Tensor, useBackend } from '@dl/autograd';
 * import { AttentionScore } from '@dl/attention';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 *
 * const unit = (x: Tensor) => x.div(x.norm(-1, { keepDims: true }));
 *
 * class CosineAttention extends AttentionScore {
 *   constructor(features: number) {
 *     super('CosineAttention', features, features);
 *   }
 *
 *   override projectKeys(keys: Tensor): Tensor {
 *     return unit(keys);
 *   }
 *
 *   energies(query: Tensor, keys: Tensor): Tensor {
 *     return matmul(unit(query), keys, { transposeB: true });
 *   }
 * }
 *
 * const { output, weights } = new CosineAttention(4).forward(randn([2, 3, 4]), randn([2, 5, 4]), { lengths: [5, 2], returnWeights: true });
 * console.log(output.shape, weights?.shape); // [2, 3, 4] [2, 3, 5]
 * ```
 */
export abstract class AttentionScore extends Module<
  [query: Tensor, keys: Tensor | ProjectedSource, options?: ScoreCallOptions],
  ScoreOutput
> {
  readonly queryDim: number;
  readonly keyDim: number;
  /** The probability with which weights are left out while training. */
  readonly dropout: number;
  readonly #name: string;

  protected constructor(name: string, queryDim: number, keyDim: number, dropout = 0) {
    super();
    this.#name = name;
    this.queryDim = checkInteger(name, 'queryDim', queryDim, 1);
    this.keyDim = checkInteger(name, 'keyDim', keyDim, 1);
    if (!(dropout >= 0 && dropout <= 1)) {
      throw new ArgumentError(`${name}: dropout is ${shown(dropout)}, needs a probability from 0 to 1`);
    }
    this.dropout = dropout;
  }

  /** Which argument of `forward` the options are: `attentionMaps` asks for weights there. */
  get optionsAt(): number {
    return 2;
  }

  /** How well each query [batch, queries, queryDim] fits each of the keys, as `projectKeys` gave them: [batch, queries, length]. */
  abstract energies(query: Tensor, keys: Tensor): Tensor;

  /** What is computed of keys [batch, length, keyDim] alone. Default: the keys. */
  projectKeys(keys: Tensor): Tensor {
    return keys;
  }

  /** What goes from call to call, by name, for so many sequences of that length. Default: nothing. */
  stateShapes(_batch: number, _length: number): Readonly<Record<string, Shape>> {
    return {};
  }

  forward(query: Tensor, keys: Tensor | ProjectedSource, options: ScoreCallOptions = {}): ScoreOutput {
    checkCall(this.#name, arguments, ['query', 'keys'], scoreCallOptions);
    const { mask, state, returnWeights = false, ...about } = options;
    this.#checkRows('query', query, this.queryDim, '[batch, queries,');
    return tidied(
      () => {
        const source =
          keys instanceof ProjectedSource
            ? this.#own(keys, about)
            : this.#projected(keys, about, mask, query.shape[1]!);
        if (source.values.dtype !== query.dtype) {
          throw new DTypeError(
            `${this.#name}: queries are ${query.dtype} and the source ${source.values.dtype}; cast one with .cast('${query.dtype}')`,
          );
        }
        if (source.batch !== query.shape[0]) {
          throw new ShapeError(
            `${this.#name}: queries are for ${query.shape[0]} sequences and keys for ${source.batch}; needs as many`,
          );
        }
        const { batch, length } = source;
        const allowed = both(source.mask, mask && this.#rankThree(mask, [batch, query.shape[1]!, length]));
        const found = this.weigh(query, source, allowed, this.#stateOf(state, query, this.stateShapes(batch, length)));
        const dropped = this.training && this.dropout > 0 ? dropout(found.weights, this.dropout) : found.weights;
        return {
          output: matmul(dropped, source.values),
          weights: returnWeights ? found.weights : undefined,
          state: found.state,
        };
      },
      ({ output, weights, state }) => [output, ...(weights ? [weights] : []), ...Object.values(state)],
    );
  }

  /** A source that many calls look at: `forward(query, score.project(keys, { lengths }))`. */
  project(keys: Tensor, options: SourceOptions = {}): ProjectedSource {
    checkCall(`${this.#name}.project`, arguments, ['keys'], sourceOptions);
    return tidied(
      () => this.#projected(keys, options),
      (source) => source.tensors(),
    );
  }

  /** The weights of queries, and what goes on to the next call; `allowed` broadcasts to [batch, queries, length], true where one may look. */
  protected weigh(query: Tensor, source: ProjectedSource, allowed: Tensor | undefined, _state: States): Weighed {
    return { weights: softmaxWithin(this.energies(query, source.keys), allowed), state: {} };
  }

  #projected(keys: Tensor, { values = keys, lengths }: SourceOptions, mask?: Tensor, queries = 1): ProjectedSource {
    this.#checkRows('keys', keys, this.keyDim, '[batch, length,');
    const [batch, length] = keys.shape as readonly [number, number, number];
    needTensor(this.#name, values, keys);
    if (values.rank !== 3 || values.shape[0] !== batch || values.shape[1] !== length) {
      throw new ShapeError(
        `${this.#name}: values are ${formatShape(values.shape)}, needs [${batch}, ${length}, features], one for each key`,
      );
    }
    if (length === 0) throw new ShapeError(`${this.#name}: keys are ${formatShape(keys.shape)}, needs at least one`);
    const counts = lengths && this.#lengthMask(lengths, batch, length, keys);
    // What nobody may look at is 0: with weight 0 even, NaN would stay NaN.
    const seen = both(counts, mask && any(this.#rankThree(mask, [batch, queries, length]), [1], { keepDims: true }));
    const column = seen?.reshape([seen.shape[0]!, seen.shape[2]!, 1]);
    const clean = (x: Tensor): Tensor => (column === undefined ? x.alias() : where(column, x, 0));
    const cleanKeys = clean(keys);
    return new ProjectedSource(this, {
      keys: this.projectKeys(cleanKeys),
      values: values === keys ? cleanKeys : clean(values),
      mask: counts,
      lengths,
    });
  }

  #lengthMask(lengths: readonly number[], batch: number, length: number, { backend }: Tensor): Tensor {
    if (lengths.length !== batch) {
      throw new ShapeError(
        `${this.#name}: ${lengths.length === 1 ? '1 length comes' : `${lengths.length} lengths come`} with ${batch} sources, needs one for each`,
      );
    }
    return lengthMask(lengths, length, { backend }).reshape([batch, 1, length]);
  }

  /** A source that this score has projected. */
  #own(source: ProjectedSource, { values, lengths }: SourceOptions): ProjectedSource {
    if (source.score !== this) {
      throw new ArgumentError(
        `${this.#name}: the source was projected by another score; needs what project() of this one gives`,
      );
    }
    if (values !== undefined || lengths !== undefined) {
      throw new ArgumentError(
        `${this.#name}: got ${values === undefined ? 'lengths' : 'values'} with a source that is projected already; give them to project()`,
      );
    }
    return source;
  }

  #checkRows(what: 'query' | 'keys', x: Tensor, features: number, axes: string): void {
    needTensor(this.#name, x);
    if (x.rank !== 3 || x.shape[2] !== features) {
      const step = what === 'query' && x.rank === 2 ? '; one step is one query, x.unsqueeze(1)' : '';
      throw new ShapeError(
        `${this.#name}: ${what} ${what === 'query' ? 'is' : 'are'} ${formatShape(x.shape)}, needs ${axes} ${features}]${step}`,
      );
    }
  }

  /** The mask with three axes, as it broadcasts to these. */
  #rankThree(mask: Tensor, shape: readonly [batch: number, queries: number, length: number]): Tensor {
    if (!isBoolean(mask.dtype)) {
      throw new DTypeError(`${this.#name}: mask is ${mask.dtype}, needs bool, true where a query may look`);
    }
    const full = [...new Array<number>(Math.max(0, 3 - mask.rank)).fill(1), ...mask.shape];
    if (full.length > 3 || full.some((each, axis) => each !== 1 && each !== shape[axis])) {
      throw new ShapeError(
        `${this.#name}: mask is ${formatShape(mask.shape)}, which does not broadcast to ${formatShape(shape)}, [batch, queries, length]`,
      );
    }
    return mask.rank === 3 ? mask : mask.reshape(full);
  }

  #stateOf(state: States | undefined, query: Tensor, shapes: Readonly<Record<string, Shape>>): States {
    const names = Object.keys(shapes);
    if (state === undefined) {
      const made = { dtype: query.dtype, backend: query.backend };
      return Object.fromEntries(names.map((name) => [name, zeros(shapes[name]!, made)]));
    }
    const given = Object.keys(state);
    if (given.length !== names.length || given.some((name) => !Object.hasOwn(shapes, name))) {
      throw new ArgumentError(
        `${this.#name}: the state has { ${given.join(', ')} }, needs { ${names.join(', ')} }, as a former call gave it`,
      );
    }
    for (const name of names) {
      const value: unknown = state[name];
      if (!isInstance(value, Tensor, this.#name, `the state's ${name}`)) {
        throw new ArgumentError(`${this.#name}: the state's ${name} is ${shown(value)}, needs a Tensor`);
      }
      if (`${value.shape}` !== `${shapes[name]}` || value.dtype !== query.dtype) {
        throw new ShapeError(
          `${this.#name}: the state's ${name} is ${formatShape(value.shape)} ${value.dtype}, needs ${formatShape(shapes[name]!)} ${query.dtype}; it is of another source`,
        );
      }
    }
    return state;
  }
}

/** Low enough to weigh nothing beside any energy, and finite, so that a row of nothing else is no NaN on its way to zeros. */
const LOWEST = -3e38;

/** The softmax over the positions that are allowed, 0 elsewhere; where none is, all are 0. */
export function softmaxWithin(energies: Tensor, allowed: Tensor | undefined): Tensor {
  if (allowed === undefined) return softmax(energies);
  return where(allowed, softmax(where(allowed, energies, LOWEST)), 0);
}
