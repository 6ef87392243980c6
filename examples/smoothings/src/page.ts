// The results as curves, on a page without scripts.

import { curves, report } from '@dl/viz';
import type { Results, Settings } from './main.js';
import type { Corpus } from './texts.js';

/** So many bits for a character are worth drawing: what is worse is beyond the picture. */
const MOST = 6;

/** Bits for a character over the order, a line for each smoothing. */
export async function picture(results: Results, orders: readonly number[]): Promise<string> {
  const series = [...results]
    .filter(([name]) => !name.endsWith('*'))
    .map(([name, scores]) => ({
      name,
      steps: orders,
      values: scores.map(({ bits }) => (bits <= MOST ? bits : null)),
    }))
    .filter(({ values }) => values.filter((value) => value !== null).length > 1);
  const all = series.flatMap(({ values }) => values.filter((value) => value !== null));
  const min = Math.floor(2 * Math.min(...all)) / 2;
  return curves(series, { xLabel: 'order', panelHeight: 340, min, panels: { '': { label: 'bits for a character' } } });
}

/** The page. */
export async function page(
  { name, training, test, isList }: Corpus,
  results: Results,
  { orders, tokens }: Settings,
): Promise<string> {
  const best = [...results]
    .filter(([each]) => !each.endsWith('*'))
    .map(([each, scores]) => [each, Math.min(...scores.map(({ bits }) => bits))] as const);
  best.sort(([, a], [, b]) => a - b);
  const characters = (texts: readonly string[]): string =>
    texts.reduce((sum, { length }) => sum + length, 0).toLocaleString('en-US');
  return report({
    title: 'The smoothing shoot-out',
    subtitle: `${name}: ${characters(training)} characters to learn from, ${characters(test)} held back`,
    sections: [
      {
        heading: 'What each needs for a character that it has not seen',
        content: [
          `n-grams of ${tokens}, ${isList ? 'each text with its begin and end' : 'in one text'}. The best is ${best[0]![0]} with ${best[0]![1].toFixed(3)} bits; ` +
            `what needs more than ${MOST} bits, or infinitely many, is not drawn. The longer the n-grams, the more of them are new, and the more depends on what a smoothing says of those.`,
          { svg: await picture(results, orders) },
        ],
      },
    ],
  });
}
