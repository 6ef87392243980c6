// CRF: a linear-chain conditional random field, as the last layer of a tagger.

import {
  ArgumentError,
  checkCall,
  checkInteger,
  crfLogPartition,
  crfLogPartitionGrad,
  DTypeError,
  formatShape,
  gather,
  IndexError,
  indexSelect,
  isInstance,
  isInteger,
  type Known,
  meanLoss,
  noGrad,
  ones,
  rand,
  type Shape,
  ShapeError,
  scope,
  shown,
  sum,
  Tensor,
  tensor,
  where,
} from '@dl/autograd';
import {
  formatArguments,
  Module,
  needTensor,
  type ParameterOptions,
  parameter,
  parameterOptions,
  type Reduction,
  tidied,
} from '@dl/layers';
import { checkLengths, withinLengths } from '../core/lengths.js';
import { type AllowedTable, type AllowedTransitions, allowedTable } from './allowed.js';
import { bestPath, type TagPath } from './viterbi.js';

/** What `body` gives, and nothing of what it made on its way. */
const alone = (body: () => Tensor): Tensor => tidied(body, (result) => [result]);

/** Options of {@link CRF}. */
export interface CRFOptions extends ParameterOptions {
  /** What may follow what; all else gets the probability 0. Default: everything. */
  readonly allowed?: AllowedTransitions;
}

const crfOptions: Known<CRFOptions> = { allowed: 'list or function', ...parameterOptions };

/** What goes with a batch of sequences. */
export interface CRFInput {
  /** How many steps of each sequence count. Default: all. */
  readonly lengths?: readonly number[];
}

const crfInput: Known<CRFInput> = { lengths: 'numbers' };

/** Options of {@link CRF.loss}. */
export interface CRFLossOptions extends CRFInput {
  /** `mean` over all sequences (default), their `sum`, or `none`: each one by itself. */
  readonly reduction?: Reduction;
}

const crfLossOptions: Known<CRFLossOptions> = { ...crfInput, reduction: ['mean', 'sum', 'none'] };

/**
 * A linear-chain conditional random field: the probability of a sequence of tags y is e^score(y) / Z, with
 * score(y) = start(y₁) + Σ emissions(t, yₜ) + Σ transitions(yₜ₋₁, yₜ) + end(y of the last step), and Z the sum over all sequences. `emissions`
 * [batch, time, numTags] are what a network gives at each step, without a softmax; `transitions` [from, to], `start` and `end` [numTags] are learned, and
 * start uniform on ±0.1. Tags are chosen for the whole sequence, so that each knows its neighbours (Lafferty et al., 2001; above an LSTM: Huang et al., "Bidirectional LSTM-CRF
 * models for sequence tagging", 2015).
 *
 * `loss` is -log of the probability of the right tags, `decode` gives the best tags, by the Viterbi algorithm, `marginals` the probability of each tag at each step.
 * `allowed` forbids transitions: what they lead through has the probability 0, while learning as well; {@link bioTransitions} says it for the BIO scheme.
 *
 * @throws ArgumentError where `allowed` lets no tag come first or last.
 *
 * @example
 * ```ts
 * import { randn, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { CRF } from '@dl/rnn';
 * await useBackend(cpu());
 * const crf = new CRF(3, { allowed: (from, to) => !(from === 2 && to === 0) });
 * const emissions = randn([2, 4, 3]);
 * const tags = tensor([[0, 1, 1, 2], [2, 2, 0, 0]], { dtype: 'int32' });
 * const loss = crf.loss(emissions, tags, { lengths: [4, 2] }); // beyond the end, tags do not count
 * loss.backward();
 * for (const { tags, score } of crf.decode(emissions, { lengths: [4, 2] })) console.log(tags, score); // four tags, and two
 * ```
 */
export class CRF extends Module<[emissions: Tensor, input?: CRFInput], Tensor> {
  readonly numTags: number;
  /** The score of each tag behind each, [from, to]. */
  readonly transitions: Tensor;
  /** The scores of the first tag and of the last one. */
  readonly start: Tensor;
  readonly end: Tensor;
  readonly #allowed: AllowedTable | undefined;

  constructor(numTags: number, options: CRFOptions = {}) {
    checkCall('CRF', arguments, ['numTags'], crfOptions);
    super();
    const { allowed, ...made } = options;
    this.numTags = checkInteger('CRF', 'numTags', numTags, 1);
    this.#allowed = allowed && allowedTable(numTags, allowed);
    const scores = (shape: Shape): Tensor => parameter(rand(shape, { low: -0.1, high: 0.1, ...made }));
    this.transitions = scores([numTags, numTags]);
    this.start = scores([numTags]);
    this.end = scores([numTags]);
  }

  /** The {@link marginals}. */
  forward(emissions: Tensor, input: CRFInput = {}): Tensor {
    return this.marginals(emissions, input);
  }

  /**
   * -log of the probability of the tags: [], or [batch] without reduction. `tags` are numbers in `int32`, [batch, time]; what is beyond the lengths does not
   * matter.
   *
   * @throws ArgumentError for a transition that is forbidden.
   * @throws IndexError for a tag that there is not.
   */
  loss(emissions: Tensor, tags: Tensor, options: CRFLossOptions = {}): Tensor {
    checkCall('CRF.loss', arguments, ['emissions', 'tags'], crfLossOptions);
    const { reduction = 'mean', ...input } = options;
    return alone(() => {
      const losses = this.logPartition(emissions, input).sub(this.score(emissions, tags, input));
      if (reduction === 'none') return losses;
      return reduction === 'sum' ? sum(losses) : meanLoss(losses);
    });
  }

  /** log Z of each sequence, [batch]. */
  logPartition(emissions: Tensor, input: CRFInput = {}): Tensor {
    checkCall('CRF.logPartition', arguments, ['emissions'], crfInput);
    const { lengths } = this.#checked(emissions, input);
    return alone(() => {
      const { transitions, start, end } = this.#scores();
      return crfLogPartition(emissions, transitions, start, end, { lengths });
    });
  }

  /** The score of the tags of each sequence, [batch]: see {@link loss}. */
  score(emissions: Tensor, tags: Tensor, input: CRFInput = {}): Tensor {
    checkCall('CRF.score', arguments, ['emissions', 'tags'], crfInput);
    const { lengths } = this.#checked(emissions, input);
    const targets = this.#targets(emissions, tags, lengths);
    return alone(() => this.#scoreOf(emissions, targets, lengths));
  }

  #scoreOf(emissions: Tensor, targets: readonly (readonly number[])[], lengths: readonly number[]): Tensor {
    const { backend } = emissions;
    const [batch, time, numTags] = emissions.shape as readonly [number, number, number];
    const whole = { dtype: 'int32', backend } as const;
    const picked = (from: Tensor, at: readonly number[]): Tensor => indexSelect(from, 0, tensor(at, whole));
    const each = tensor(targets.flat(), whole).reshape([batch, time, 1]);
    const emitted = withinLengths(gather(emissions, 2, each).reshape([batch, time]), lengths).sum(1);
    const firsts = targets.map((row) => row[0]!);
    const lasts = targets.map((row, i) => row[lengths[i]! - 1]!);
    const score = emitted.add(picked(this.start, firsts)).add(picked(this.end, lasts));
    if (time === 1) return score;
    const pairs = targets.flatMap((row) => row.slice(1).map((tag, t) => row[t]! * numTags + tag));
    const moved = picked(this.transitions.reshape([numTags * numTags]), pairs).reshape([batch, time - 1]);
    const moves = lengths.map((length) => length - 1);
    return score.add(withinLengths(moved, moves).sum(1));
  }

  /** The probability of each tag at each step, [batch, time, numTags]; 0 beyond the lengths. */
  marginals(emissions: Tensor, input: CRFInput = {}): Tensor {
    checkCall('CRF.marginals', arguments, ['emissions'], crfInput);
    const { lengths } = this.#checked(emissions, input);
    const { dtype, backend } = emissions;
    return alone(() => {
      const g = ones([lengths.length], { dtype, backend });
      return crfLogPartitionGrad.run({ g, emissions, ...this.#scores() }, { lengths }).gEmissions;
    });
  }

  /**
   * The best tags of each sequence, as many as it has steps, and their score (Viterbi, 1967).
   *
   * @throws ArgumentError for a sequence that no allowed tags can have, and for emissions that are NaN.
   */
  decode(emissions: Tensor, input: CRFInput = {}): TagPath[] {
    checkCall('CRF.decode', arguments, ['emissions'], crfInput);
    const { lengths } = this.#checked(emissions, input);
    const [, time, numTags] = emissions.shape as readonly [number, number, number];
    const values = emissions.dataSync();
    const { transitions, start, end } = scope(() => {
      const scores = noGrad(() => this.#scores());
      return { transitions: scores.transitions.dataSync(), start: scores.start.dataSync(), end: scores.end.dataSync() };
    });
    return lengths.map((length, row) => {
      const own = values.subarray(row * time * numTags, (row * time + length) * numTags);
      return bestPath({ numTags, emissions: own, transitions, start, end }, row);
    });
  }

  override multiplyAdds([batch, time]: Shape): number {
    return batch! * time! * this.numTags ** 2;
  }

  override describe(): string {
    return formatArguments([this.numTags], { allowed: [this.#allowed && '…', undefined] });
  }

  /** The scores, -∞ where something is forbidden. */
  #scores(): { readonly transitions: Tensor; readonly start: Tensor; readonly end: Tensor } {
    const { transitions, start, end } = this;
    if (this.#allowed === undefined) return { transitions, start, end };
    const allowed = this.#allowed;
    const kept = (scores: Tensor, name: keyof AllowedTable): Tensor => {
      const mask = tensor([...allowed[name]], { dtype: 'bool', backend: scores.backend });
      return where(mask.reshape(scores.shape), scores, -Infinity);
    };
    return { transitions: kept(transitions, 'transitions'), start: kept(start, 'start'), end: kept(end, 'end') };
  }

  #checked(emissions: Tensor, { lengths }: CRFInput): { readonly lengths: readonly number[] } {
    needTensor('CRF', emissions, this.transitions);
    if (emissions.rank !== 3 || emissions.shape[1] === 0) {
      throw new ShapeError(
        `CRF: emissions is ${formatShape(emissions.shape)}, needs [batch, time, ${this.numTags}], whole sequences of at least one step`,
      );
    }
    const [batch, time, tags] = emissions.shape as readonly [number, number, number];
    if (tags !== this.numTags) {
      throw new ShapeError(
        `CRF: emissions has scores of ${tags} tags (shape ${formatShape(emissions.shape)}) but the layer expects ${this.numTags}`,
      );
    }
    if (lengths === undefined) return { lengths: new Array<number>(batch).fill(time) };
    checkLengths('CRF', lengths, batch, time);
    return { lengths: [...lengths] };
  }

  /** The tags as numbers, row by row; 0 where they do not count. */
  #targets(emissions: Tensor, tags: Tensor, lengths: readonly number[]): number[][] {
    if (!isInstance(tags, Tensor, 'CRF', 'tags') || !isInteger(tags.dtype)) {
      const got = tags instanceof Tensor ? (tags as Tensor).dtype : shown(tags);
      throw new DTypeError(`CRF: tags is ${got}, needs a Tensor of int32; cast it with .cast('int32')`);
    }
    const [batch, time] = emissions.shape as readonly [number, number, number];
    if (formatShape(tags.shape) !== formatShape([batch, time])) {
      throw new ShapeError(
        `CRF: tags is ${formatShape(tags.shape)}, needs ${formatShape([batch, time])}, a tag for each step`,
      );
    }
    const values = tags.dataSync();
    return lengths.map((length, row) => {
      const own = Array.from({ length: time }, (_, step) => (step < length ? Number(values[row * time + step]) : 0));
      this.#checkTags(own.slice(0, length), row);
      return own;
    });
  }

  #checkTags(tags: readonly number[], row: number): void {
    for (const [step, tag] of tags.entries()) {
      if (tag < 0 || tag >= this.numTags) {
        throw new IndexError(
          `CRF: tag ${step} of sequence ${row} is ${shown(tag)}, needs the number of a tag, 0 to ${this.numTags - 1}`,
        );
      }
    }
    const { transitions, start, end } = this.#allowed ?? {};
    const refuse = (what: string): never => {
      throw new ArgumentError(`CRF: sequence ${row} ${what}, which allowed forbids; correct the tags, or allow it`);
    };
    for (const [step, tag] of tags.entries()) {
      const before = tags[step - 1];
      if (before === undefined && start?.[tag] === false) refuse(`starts with tag ${tag}`);
      if (before !== undefined && transitions?.[before * this.numTags + tag] === false) {
        refuse(`goes from tag ${before} to tag ${tag} at step ${step}`);
      }
    }
    if (end?.[tags.at(-1)!] === false) refuse(`ends with tag ${tags.at(-1)}`);
  }
}
