// Connectionist temporal classification: the forward and the backward algorithm, in logarithms.

import { type CtcSequences, ctcLosses, ctcLossesGrad } from '@dl/autograd';
import { kernel, type Values } from './kernel.js';

/** Below this a logarithm counts as that of 0, as in the decomposition. */
const NEVER = -1e30;

/** A sequence and the states that say its labels: blank, first label, blank, second, …, blank. */
interface Sequence {
  /** The class that each state says. */
  readonly classes: readonly number[];
  readonly steps: number;
  /** Where its element of a step and a class is. */
  readonly at: (step: number, label: number) => number;
}

function sequenceOf({ shape }: Values, row: number, { labels, inputLengths, blank }: CtcSequences): Sequence {
  const [, batch, classes] = shape as readonly [number, number, number];
  return {
    classes: [blank, ...labels[row]!.flatMap((label) => [label, blank])],
    steps: inputLengths[row]!,
    at: (step, label) => (step * batch + row) * classes + label,
  };
}

/** What each state says at a step. */
function saidAt(x: Values, { classes, at }: Sequence, step: number): number[] {
  return classes.map((label) => {
    const value = x.data[at(step, label)]!;
    return value <= NEVER ? -Infinity : value;
  });
}

/** Whether a path may come to a state from the last but one: to a label that differs from the one before. */
function mayJump(classes: readonly number[], state: number): boolean {
  return state % 2 === 1 && state > 1 && classes[state] !== classes[state - 2];
}

/** log(e^a + e^b + e^c) */
function logSum(a: number, b: number, c: number): number {
  const most = Math.max(a, b, c);
  if (!Number.isFinite(most)) return most;
  return most + Math.log(Math.exp(a - most) + Math.exp(b - most) + Math.exp(c - most));
}

/** Adds what is said to the paths that lead to it; where there are none, it does not matter. */
function saying(paths: number, said: number): number {
  return paths === -Infinity ? paths : paths + said;
}

/** For each step and state the logarithm of the probability of all paths that lead there. */
function forwards(x: Values, sequence: Sequence): number[][] {
  const { classes, steps } = sequence;
  const all = [saidAt(x, sequence, 0).map((said, state) => (state < 2 ? said : -Infinity))];
  for (let step = 1; step < steps; step++) {
    const before = all[step - 1]!;
    const said = saidAt(x, sequence, step);
    all.push(
      said.map((value, state) => {
        const jump = mayJump(classes, state) ? before[state - 2]! : -Infinity;
        return saying(logSum(before[state]!, before[state - 1] ?? -Infinity, jump), value);
      }),
    );
  }
  return all;
}

/** The logarithm of the probability of all paths that end in the last label or in the blank after it. */
function totalOf(forward: readonly number[][]): number {
  const last = forward.at(-1)!;
  return logSum(last.at(-1)!, last.at(-2) ?? -Infinity, -Infinity);
}

export const ctcLossesKernel = kernel(ctcLosses, ({ logProbs, y }, sequences) => {
  for (let row = 0; row < y.size; row++) {
    y.data[row] = -totalOf(forwards(logProbs, sequenceOf(logProbs, row, sequences)));
  }
});

export const ctcLossesGradKernel = kernel(ctcLossesGrad, ({ g, logProbs, y }, sequences) => {
  y.data.fill(0);
  for (let row = 0; row < g.size; row++) {
    const sequence = sequenceOf(logProbs, row, sequences);
    const { classes, steps, at } = sequence;
    const forward = forwards(logProbs, sequence);
    const total = totalOf(forward);
    // From each state to the end, without what it says itself.
    let backward = classes.map((_, state) => (state >= classes.length - 2 ? 0 : -Infinity));
    for (let step = steps - 1; step >= 0; step--) {
      for (const [state, label] of classes.entries()) {
        const [before, after] = [forward[step]![state]!, backward[state]!];
        // Otherwise no path leads there, or on.
        if (before !== -Infinity && after !== -Infinity) {
          y.data[at(step, label)]! -= g.data[row]! * Math.exp(before + after - total);
        }
      }
      const said = saidAt(logProbs, sequence, step);
      const from = backward.map((value, state) => saying(value, said[state]!));
      backward = from.map((value, state) => {
        const jump = mayJump(classes, state + 2) ? (from[state + 2] ?? -Infinity) : -Infinity;
        return logSum(value, from[state + 1] ?? -Infinity, jump);
      });
    }
  }
});
