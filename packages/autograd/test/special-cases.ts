// What PyTorch was asked of special values: NaN or an infinity in one element of an input, or of the upstream gradient, in the
// first samples of each op; and of edges, where a formula that is right elsewhere may fail.

import { edgeCases } from './edge-cases.js';
import { type GoldenCase, type GoldenTensor, notInPyTorch, opCases } from './golden-cases.js';

export interface SpecialCase extends GoldenCase {
  /** What stands where, in words. */
  readonly note: string;
  /** An element of the upstream gradient, and what stands there instead. */
  readonly seed?: readonly [element: number, value: number];
}

const PER_OP = 2;

/** Not asked: optimisers, whose inputs are the results, and what PyTorch 1.13 answers by its own slower formula. */
const isAsked = (name: string): boolean =>
  !(name in notInPyTorch) && !/Update$|^updateElements$|^normalize(Batch|Groups)Grad$/.test(name);

/** A special value in each input of the first samples of each op, and in its upstream gradient. */
export function placedCases(): SpecialCase[] {
  const counts = new Map<string, number>();
  return opCases().flatMap((golden) => {
    const { name, inputs } = golden;
    const number = counts.get(name) ?? 0;
    counts.set(name, number + 1);
    if (number >= PER_OP || !isAsked(name)) return [];
    const cases: SpecialCase[] = [];
    for (const [slot, given] of Object.entries(inputs)) {
      const one = given as GoldenTensor;
      if (Array.isArray(given) || one.dtype !== 'float32' || one.data.length === 0) continue;
      const element = Math.floor(one.data.length / 3);
      for (const value of [Number.NaN, Infinity, -Infinity]) {
        const changed = { ...inputs, [slot]: { ...one, data: one.data.with(element, value) } };
        cases.push({ ...golden, inputs: changed, note: `case ${number}: ${slot}[${element}] = ${value}` });
      }
    }
    return [...cases, { ...golden, seed: [1, Infinity], note: `case ${number}: dy[1] = Infinity` }];
  });
}

export { edgeCases };
