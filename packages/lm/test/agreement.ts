// That an n-gram model says the same in each of the ways in which it is asked, bit for bit.

import { Decoding } from '@dl/layers';
import { expect } from 'vitest';
import type { NgramModel } from '../src/index.js';

/** Bits, so that -Infinity and NaN are compared as well. */
const same = (a: ArrayLike<number>, b: ArrayLike<number>): boolean =>
  a.length === b.length && Array.from(a).every((value, i) => Object.is(value, b[i]));

/** Asks a model of texts: by `run`, token by token, by `fill`, by `score` and `distribution`, and as a StepModel through Decoding. */
export async function expectAgreement(model: NgramModel, texts: readonly (readonly number[])[]): Promise<void> {
  const size = model.vocabularySize;
  for (const text of texts) {
    const run = new Float64Array(text.length);
    const end = model.run(model.begin, text, run);
    const row = new Float64Array(size + 2).fill(7);
    const decoding = new Decoding(model, { batch: 2 });
    let context = model.begin;
    for (const [i, token] of text.entries()) {
      model.fill(context, row, 1);
      const each = Array.from({ length: size }, (_, other) => model.logProbabilityIn(context, other));
      const stepped = await decoding.logProbabilities();
      expect(same(row, [7, ...each, 7])).toBe(true);
      expect(same(stepped, [...each, ...each])).toBe(true);
      expect(run[i]).toBe(each[token]);
      context = model.next(context, token);
      decoding.step([token, token]);
    }
    model.fill(context, row, 0);
    expect(same(row.subarray(0, size), Array.from(await decoding.logProbabilities()).slice(0, size))).toBe(true);
    decoding.dispose();
    expect(end).toBe(context);
    expect(same(model.score(text).subarray(0, text.length), run)).toBe(true);
    // In pieces as at once.
    const pieces = new Float64Array(text.length);
    const half = Math.floor(text.length / 2);
    const between = model.run(model.begin, text.slice(0, half), pieces.subarray(0, half));
    expect(model.run(between, text.slice(half), pieces.subarray(half))).toBe(end);
    expect(same(pieces, run)).toBe(true);
    // What is asked without a begin is what is asked of its context.
    const distribution = model.distribution(text);
    model.fill(model.contextOf(text), row, 0);
    expect(same(distribution, row.subarray(0, size))).toBe(true);
  }
  const read = new Decoding(model, { batch: 2 });
  const rows = texts.filter(({ length }) => length >= 3).map((text) => text.slice(0, 3));
  if (rows.length >= 2) {
    read.read([rows[0]!, rows[1]!]);
    read.select([1, 0, 1]);
    const expected = [1, 0, 1].flatMap((row) => {
      const scores = new Float64Array(size);
      model.fill(model.run(model.begin, rows[row]!, new Float64Array(3)), scores, 0);
      return [...scores];
    });
    expect(same(await read.logProbabilities(), expected)).toBe(true);
  }
  read.dispose();
}
