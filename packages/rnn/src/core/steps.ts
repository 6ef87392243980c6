// Goes through sequences step by step, for what no op does for whole sequences.

import { concat, indexSelect, type Shape, stack, type Tensor, tensor, unbind, zeros } from '@dl/autograd';
import type { LayerResult, LayerRun, States } from './kind.js';

type Step<State> = (x: Tensor, state: State) => State;

/**
 * Runs `step` over x [batch, time, …]; what is given out is the first of the states. Where lengths differ, a step gets the rows that count there and no
 * others: what stands beyond the end of a sequence is never computed with, so that it reaches nothing, neither on the way back.
 */
export function overSteps<State extends States>(
  x: Tensor,
  initial: State,
  { lengths, reverse }: LayerRun,
  step: Step<State>,
): LayerResult<State> {
  const time = x.shape[1]!;
  if (lengths?.some((length) => length !== time)) {
    return overRows(x, initial, lengths, reverse, step);
  }
  const xs = unbind(x, 1);
  const ys: Tensor[] = new Array(time);
  let state = initial;
  for (let i = 0; i < time; i++) {
    const t = reverse ? time - 1 - i : i;
    state = step(xs[t]!, state);
    ys[t] = givenOut(state);
  }
  return { y: stack(ys, 1), state };
}

/** With the longest sequences first, the rows that count at a step are the first so many. */
function overRows<State extends States>(
  x: Tensor,
  initial: State,
  lengths: readonly number[],
  reverse: boolean,
  step: Step<State>,
): LayerResult<State> {
  const [batch, time] = x.shape as readonly [number, number];
  const order = longestFirst(lengths);
  const counts = countsOf(lengths);
  const begin = mapState(initial, (value) => rowsAt(value, order));
  const xs = unbind(rowsAt(x, order), 1);
  const ys: Tensor[] = new Array(time);
  const ended: State[] = [];
  let live = reverse ? 0 : batch;
  let state = begin;
  for (let i = 0; i < counts.length; i++) {
    const t = reverse ? counts.length - 1 - i : i;
    const count = counts[t]!;
    if (count < live) {
      ended.unshift(between(state, count, live));
      state = between(state, 0, count);
    } else if (count > live) {
      const next = between(begin, live, count);
      state = live === 0 ? next : joined([state, next]);
    }
    live = count;
    state = step(firstRows(xs[t]!, count, batch), state);
    ys[t] = padded(givenOut(state), batch);
  }
  const nothing = zeros(ys[0]!.shape, { dtype: ys[0]!.dtype, backend: x.backend });
  for (let t = counts.length; t < time; t++) ys[t] = nothing;
  const back = inverse(order);
  const last = ended.length === 0 ? state : joined([state, ...ended]);
  return { y: rowsAt(stack(ys, 1), back), state: mapState(last, (value) => rowsAt(value, back)) };
}

/** What a state gives out: the first of its record. */
function givenOut(state: States): Tensor {
  return Object.values(state)[0]!;
}

/** Row numbers, those of the longest sequences first; what is as long keeps its order. */
export function longestFirst(lengths: readonly number[]): number[] {
  return Array.from(lengths, (_, row) => row).sort((a, b) => lengths[b]! - lengths[a]!);
}

/** How many sequences count at each step, as far as any does. */
export function countsOf(lengths: readonly number[]): number[] {
  return Array.from({ length: Math.max(0, ...lengths) }, (_, t) => lengths.filter((length) => length > t).length);
}

/** Where each row has gone. */
export function inverse(order: readonly number[]): number[] {
  const at = new Array<number>(order.length);
  for (const [i, row] of order.entries()) at[row] = i;
  return at;
}

/** Rows along axis 0, by their numbers. */
export function rowsAt(x: Tensor, rows: readonly number[]): Tensor {
  if (rows.length === x.shape[0] && rows.every((row, i) => row === i)) return x;
  return indexSelect(x, 0, tensor(Int32Array.from(rows), { backend: x.backend }));
}

function mapState<State extends States>(state: State, f: (value: Tensor) => Tensor): State {
  return Object.fromEntries(Object.entries(state).map(([key, value]) => [key, f(value)])) as State;
}

function between<State extends States>(state: State, from: number, to: number): State {
  return mapState(state, (value) => (from === 0 && to === value.shape[0] ? value : value.slice([[from, to]])));
}

function joined<State extends States>(states: readonly State[]): State {
  const [first] = states;
  return Object.fromEntries(
    Object.keys(first!).map((key) => [key, concat(states.map((state) => state[key]!))]),
  ) as State;
}

const firstRows = (x: Tensor, count: number, batch: number): Tensor => (count === batch ? x : x.slice([[0, count]]));

/** With zeros for the rows that do not count. */
function padded(y: Tensor, batch: number): Tensor {
  const [count, ...rest] = y.shape as readonly [number, ...Shape];
  if (count === batch) return y;
  return concat([y, zeros([batch - count, ...rest], { dtype: y.dtype, backend: y.backend })]);
}
