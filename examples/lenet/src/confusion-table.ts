// A confusion matrix in characters.

import { styleText } from 'node:util';

/** Counts by [true digit][read as], as a table; with colours for a terminal. */
export function confusionTable(
  counts: readonly (readonly number[])[],
  { colors }: { readonly colors: boolean },
): string {
  const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
    colors ? styleText(style, text) : text;
  const width = Math.max(3, ...counts.flat().map((count) => String(count).length)) + 2;
  const cell = (text: string | number): string => String(text).padStart(width);
  const head = `      ${paint('dim', `${counts.map((_, digit) => cell(digit)).join('')}   found`)}`;
  const rows = counts.map((row, digit) => {
    const all = row.reduce((sum, count) => sum + count, 0);
    const cells = row.map((count, read) => {
      if (count === 0) return paint('dim', cell('·'));
      return paint(read === digit ? 'green' : 'yellow', cell(count));
    });
    const found = all === 0 ? '' : `${((100 * row[digit]!) / all).toFixed(1)} %`;
    return `${paint('dim', 'true'.padEnd(4))} ${digit}${cells.join('')}${found.padStart(10)}`;
  });
  return [`      ${paint('dim', `${' '.repeat(width - 1)}read as`)}`, head, ...rows].join('\n');
}
