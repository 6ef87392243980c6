// scoredPieces: what the tokens of long sequences cost, a piece of many steps at a time.

import { ArgumentError, type Carried, carried, checkCall, noGrad, scope, shown, type Tensor } from '@dl/autograd';
import type { StepModel } from './step-model.js';

/** Tokens as `tensor` takes them. */
export interface TokenRows {
  readonly data: Int32Array;
  readonly shape: readonly [rows: number, steps: number];
}

/** What {@link scoredPieces} needs of a model besides its pass. */
export type ScoredModel<State> = Pick<StepModel<State>, 'vocabularySize' | 'select' | 'release'>;

/** A pass over a piece: from what goes in, what is to come out, and the state before it, none at the begin, to -log p of each token, and the state behind it. */
export type ScoringPass<State> = (
  inputs: TokenRows,
  targets: TokenRows,
  state: State | undefined,
) => { readonly losses: Tensor; readonly state: State };

/** The most steps of a piece, and the most logits of one. */
const STEPS = 256;
const LOGITS = 2 ** 22;

/**
 * The logarithm of the probability of each token of each row but the first, which is what stands before: the `scoreRows` of models that pass over pieces of many steps, the state carried on from one to the next.
 * Rows may have any lengths; those that have ended cost nothing more, and memory stays as it is however long they are.
 *
 * @param model How many tokens there are, and how states of some of the rows are made.
 * @param pass Is given tokens [rows, steps] and the targets, the same one step later; it gives -log p of each target, [rows · steps], row after row. Behind the end of a row stands token 0, of which nothing counts.
 *
 * @throws ArgumentError for a row without a token.
 *
 * @example
 * ```ts
 * import { crossEntropy, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Embedding, scoredPieces } from '@dl/layers';
 * await useBackend(cpu());
 * const bigrams = new Embedding(5, 5); // logits of what follows each token
 * const model = { vocabularySize: 5, select: () => undefined };
 * const [first] = await scoredPieces([[0, 3, 1], [0, 2]], model, (inputs, targets) => ({
 *   losses: crossEntropy(bigrams.forward(tensor(inputs)).reshape([-1, 5]), tensor(targets).reshape([-1]), { reduction: 'none' }),
 *   state: undefined,
 * }));
 * console.log(first!.length); // 2: of 3 behind 0, and of 1 behind 3
 * ```
 */
export async function scoredPieces<State>(
  rows: readonly ArrayLike<number>[],
  model: ScoredModel<State>,
  pass: ScoringPass<State>,
): Promise<Float64Array[]> {
  checkCall('scoredPieces', arguments, [
    ['rows', 'list'],
    ['model', 'object'],
    ['pass', 'function'],
  ]);
  const bad = rows.findIndex((row) => !(row?.length >= 1));
  if (bad >= 0) {
    throw new ArgumentError(
      `scoredPieces: row ${bad} is ${shown(rows[bad])}, needs at least the token that stands before the first one that is scored`,
    );
  }
  const scores = rows.map((row) => new Float64Array(row.length - 1));
  const state = carried<State | undefined>(undefined);
  // The longest first, so that those that go on are always the first ones.
  let live = rows.map((_, row) => row).sort((a, b) => rows[b]!.length - rows[a]!.length);
  const lengthOf = (row: number): number => scores[row]!.length;
  const goOn = (from: number): void => {
    const count = live.filter((row) => lengthOf(row) > from).length;
    if (count === live.length) return;
    live = live.slice(0, count);
    if (from > 0 && count > 0) selectFirst(model, state, count);
  };
  try {
    goOn(0);
    for (let from = 0; live.length > 0; ) {
      const most = Math.max(1, Math.floor(LOGITS / (live.length * model.vocabularySize)));
      const steps = Math.min(lengthOf(live[0]!) - from, STEPS, most);
      const piece = (shift: number): TokenRows => pieceOf(rows, live, from + shift, steps);
      const losses = scope(() =>
        noGrad(() => {
          const next = pass(piece(0), piece(1), state.get());
          state.set(next.state);
          return next.losses;
        }),
      );
      try {
        const values = await losses.data();
        for (const [place, row] of live.entries()) {
          const last = Math.min(steps, lengthOf(row) - from);
          for (let t = 0; t < last; t++) scores[row]![from + t] = 0 - values[place * steps + t]!;
        }
      } finally {
        losses.dispose();
      }
      from += steps;
      goOn(from);
    }
    return scores;
  } finally {
    scope(() => {
      const last = state.get();
      if (last !== undefined) model.release?.(last);
    });
    state.dispose();
  }
}

/** Steps of some rows, with token 0 behind the end of a row. */
function pieceOf(rows: readonly ArrayLike<number>[], live: readonly number[], from: number, steps: number): TokenRows {
  const data = new Int32Array(live.length * steps);
  for (const [place, index] of live.entries()) {
    const row = rows[index]!;
    const last = Math.min(steps, row.length - from);
    for (let t = 0; t < last; t++) data[place * steps + t] = row[from + t]!;
  }
  return { data, shape: [live.length, steps] };
}

/** Goes on with the first rows of a state. */
function selectFirst<State>(model: ScoredModel<State>, state: Carried<State | undefined>, count: number): void {
  const rows = Array.from({ length: count }, (_, row) => row);
  scope(() =>
    noGrad(() => {
      const former = state.get() as State;
      const next = model.select(former, rows);
      state.set(next);
      if (next !== former) model.release?.(former);
    }),
  );
}
