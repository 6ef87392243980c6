// goodTuring: the published example of Simple Good–Turing, its formulas, and what small corpora get.

import { describe, expect, test } from 'vitest';
import { padded, paddings, randomContexts, randomTexts, runOf, runsIn, vocabularyOf } from '../../../test/texts.js';
import { goodTuring, NgramCounts, type NgramModel } from '../../index.js';
import { simpleGoodTuring } from './simple-good-turing.js';

/** "Prosody" of Gale and Sampson (1995), table 4: how many different items came so often. */
const prosody: readonly (readonly [number, number])[] = [
  ...[120, 40, 24, 13, 15, 5, 11, 2, 2, 1].map((howMany, i) => [i + 1, howMany] as const),
  ...([
    [12, 3],
    [14, 2],
    [15, 1],
    [16, 1],
    [17, 3],
    [19, 1],
    [20, 3],
    [21, 2],
    [23, 3],
    [24, 3],
    [25, 3],
    [26, 2],
  ] as const),
  ...([
    [27, 2],
    [28, 1],
    [31, 2],
    [32, 2],
    [33, 1],
    [34, 2],
    [36, 2],
    [41, 3],
    [43, 1],
    [45, 3],
  ] as const),
  ...[46, 47, 50, 71, 84, 101, 105, 121, 124, 146, 162, 193, 199, 224, 226, 254, 257].map(
    (count) => [count, 1] as const,
  ),
  ...[339, 421, 456, 481, 483, 1140, 1256, 1322, 1530, 2131, 2395, 6925, 7846].map((count) => [count, 1] as const),
];
/** What Gale's own program gives, to 7 digits. */
const stars: readonly (readonly [number, number])[] = [
  [1, 0.7628079], [2, 1.706448], [3, 2.679796], [4, 3.663988], [5, 4.653366], [6, 5.645628], [7, 6.63966], [8, 7.634856],
  [9, 8.63086], [10, 9.627446], [12, 11.62182], [20, 19.60685], [50, 49.57351], [101, 100.5272], [257, 256.3922],
  [483, 482.1983], [1140, 1138.636], [2395, 2392.562], [6925, 6918.687], [7846, 7838.899],
]; // biome-ignore format: a table

describe('Simple Good–Turing', () => {
  test('the example of the paper', () => {
    const { of, unseen, details } = simpleGoodTuring(new Map(prosody));
    const total = prosody.reduce((sum, [count, howMany]) => sum + count * howMany, 0);
    expect(total).toBe(30_902);
    expect(unseen / total).toBeCloseTo(0.003883244, 9);
    for (const [count, star] of stars) expect(of.get(count)! / star, `${count}`).toBeCloseTo(1, 6);
    expect(details).toMatchObject({ method: 'Simple Good-Turing', lineFrom: 1 });
  });

  test('Turing as long as he differs from the line, then the line for good', () => {
    // 2 is far too frequent; at 3 both agree, and at 5 they would not again.
    const howMany = [1000, 900, 100, 60, 40, 200, 20, 15, 12, 10];
    const countsOfCounts = new Map(howMany.map((each, i) => [i + 1, each]));
    const { of, details } = simpleGoodTuring(countsOfCounts);
    const xs = howMany.map((_, i) => Math.log(i + 1));
    // Without gaps Z is n_r itself.
    const ys = howMany.map(Math.log);
    const n = xs.length;
    const sum = (list: readonly number[]): number => list.reduce((all, each) => all + each, 0);
    const products = sum(xs.map((x, i) => x * ys[i]!));
    const slope = (n * products - sum(xs) * sum(ys)) / (n * sum(xs.map((x) => x * x)) - sum(xs) ** 2);
    const line = (r: number): number => ((r + 1) * (r + 1) ** slope) / r ** slope;
    const raw = howMany.map((_, i) => (i < 2 ? ((i + 2) * howMany[i + 1]!) / howMany[i]! : line(i + 1)));
    const total = sum(howMany.map((each, i) => each * (i + 1)));
    const scale = (total - 1000) / sum(raw.map((each, i) => each * howMany[i]!));
    raw.forEach((each, i) => {
      expect(of.get(i + 1)! / (each * scale)).toBeCloseTo(1, 12);
    });
    expect(details).toMatchObject({ lineFrom: 3 });
    expect(details['slope']).toBeCloseTo(slope, 12);
  });

  test('a gap ends Turing, however he differs', () => {
    const { details } = simpleGoodTuring(new Map([[1, 1000], [3, 10], [4, 9], [5, 3], [6, 2]])); // biome-ignore format: short
    expect(details).toMatchObject({ lineFrom: 1 });
  });

  test.each<[string, [number, number][], number, string]>([
    ['few counts', [[1, 9], [2, 3], [3, 1], [9, 1]], 9 / 15, '4 different counts, and a line needs at least 5'],
    ['one count', [[1, 9]], 0.75, '1 different counts, and a line needs at least 5'],
    ['nothing', [], 0.75, '0 different counts'],
    ['nothing once', [[2, 9], [3, 5], [4, 3], [5, 2], [6, 1]], 0.75, 'nothing came once'],
    ['a line that rises', [[1, 1], [2, 2], [3, 3], [4, 4], [5, 5]], 1 / 5, 'the slope of the line is'],
  ])('small corpora lose a discount, and are told: %s', (_, points, discount, because) => {
    const { of, unseen, details } = simpleGoodTuring(new Map(points));
    expect(details).toMatchObject({ method: 'absolute discounting', because: expect.stringContaining(because) });
    for (const [count] of points) expect(of.get(count)).toBeCloseTo(count - discount, 14);
    expect(unseen).toBeCloseTo(discount * points.reduce((sum, [, howMany]) => sum + howMany, 0), 14);
  }); // biome-ignore format: tables
});

/** A text in which word i comes as often as by Zipf's law, and in which what follows a word depends on it. */
function zipf(words: number): number[] {
  const text: number[] = [];
  for (let i = 1; i <= words; i++) for (let j = 0; j < Math.floor(words / i); j++) text.push(3 + i);
  // Mixed by a fixed rule, so that all kinds of pairs arise.
  return text.map((_, i) => text[(i * 7919) % text.length]!);
}

test('tokens alone: what came has r* / N, and all that did not share n_1 / N', () => {
  const vocabulary = vocabularyOf(300);
  const text = zipf(251);
  const model = goodTuring(new NgramCounts(vocabulary, { order: 1, padding: 'none' }).add(text));
  expect(model.info.details).toMatchObject({ orders: [{ order: 1, method: 'Simple Good-Turing' }] });
  const runs = runsIn([text], 1);
  const countsOfCounts = new Map<number, number>();
  for (const count of runs.values()) countsOfCounts.set(count, (countsOfCounts.get(count) ?? 0) + 1);
  const { of } = simpleGoodTuring(countsOfCounts);
  for (const [key, count] of runs)
    expect(model.probability(Number(key)) / (of.get(count)! / text.length)).toBeCloseTo(1, 12);
  // Not the begin token, which is never said.
  const never = [0, 2, ...Array.from({ length: 49 }, (_, i) => 255 + i)];
  const sum = never.reduce((all, token) => all + model.probability(token), 0);
  expect(sum).toBeCloseTo(countsOfCounts.get(1)! / text.length, 12);
  for (const token of never) expect(model.probability(token)).toBeCloseTo(sum / never.length, 15);
});

describe.each(paddings)('padding %s', (padding) => {
  test.each([false, true])('c*(h w) / Σ c*(h v), with 0* = n_1 / n_0; a large corpus: %s', (isLarge) => {
    const order = 3;
    const vocabulary = vocabularyOf(isLarge ? 70 : 6);
    const texts = isLarge ? [zipf(60), zipf(40)] : randomTexts(1, { words: 5 });
    const counts = new NgramCounts(vocabulary, { order, padding });
    for (const text of texts) counts.add(text);
    const model = goodTuring(counts);
    const said = Array.from({ length: vocabulary.size }, (_, token) => token).filter(
      (token) => token !== vocabulary.pad && token !== vocabulary.bos,
    );
    const runs = runsIn(
      texts.map((text) => padded(text, padding, order)),
      order,
    );
    const adjusted = [1, 2, 3].map((k) => {
      const countsOfCounts = new Map<number, number>();
      const contexts = new Set<string>();
      let kinds = 0;
      for (const [key, count] of runs) {
        const run = runOf(key);
        if (run.length !== k || !said.includes(run.at(-1)!)) continue;
        kinds++;
        countsOfCounts.set(count, (countsOfCounts.get(count) ?? 0) + 1);
        contexts.add(run.slice(0, -1).join(' '));
      }
      const { of, unseen } = simpleGoodTuring(countsOfCounts);
      return (count: number): number => (count > 0 ? of.get(count)! : unseen / (contexts.size * said.length - kinds));
    });
    const came = (run: readonly number[]): number => runs.get(run.join(' ')) ?? 0;
    for (const context of [[], ...randomContexts(1, 200, { size: vocabulary.size, longest: 2, texts })]) {
      const isSeen = said.some((token) => came([...context, token]) > 0);
      const of = adjusted[context.length]!;
      const sum = said.reduce((all, token) => all + of(came([...context, token])), 0);
      for (const token of said) {
        const expected = isSeen ? of(came([...context, token])) / sum : 1 / said.length;
        expect(model.probability(token, context) / expected).toBeCloseTo(1, 10);
      }
    }
    if (isLarge) expect(methodsOf(model)[0]).toBe('Simple Good-Turing');
    else expect(methodsOf(model)).toContain('absolute discounting');
  });
});

function methodsOf({ info }: NgramModel): string[] {
  return (info.details['orders'] as { method: string }[]).map(({ method }) => method);
}
