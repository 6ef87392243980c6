// A confusion matrix in characters.

import { styleText } from 'node:util';

/** Widest and narrowest form; what is left out first is space. */
const GAPS = [2, 1] as const;

/**
 * Counts by [true digit][read as], as a table; with colours for a terminal. Where it would be wider than `columns`, cells are narrower
 * and the words shorter, and at last the shares are left out, so that no line breaks.
 */
export function confusionTable(
  counts: readonly (readonly number[])[],
  { colors, columns = Number.POSITIVE_INFINITY }: { readonly colors: boolean; readonly columns?: number | undefined },
): string {
  const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
    colors ? styleText(style, text) : text;
  const { width, name, shares } = formOf(counts, columns);
  const cell = (text: string | number): string => String(text).padStart(width);
  const label = name.length;
  const head = `${' '.repeat(label)}${counts.map((_, digit) => cell(digit)).join('')}${shares ? '    found' : ''}`;
  const rows = counts.map((row, digit) => {
    const all = row.reduce((sum, count) => sum + count, 0);
    const cells = row.map((count, read) => {
      if (count === 0) return paint('dim', cell('·'));
      return paint(read === digit ? 'green' : 'yellow', cell(count));
    });
    const found = all === 0 || !shares ? '' : `${((100 * row[digit]!) / all).toFixed(1)} %`.padStart(9);
    return `${paint('dim', name.slice(0, -1))}${digit}${cells.join('')}${found}`;
  });
  return [paint('dim', `${' '.repeat(label + width - 1)}read as`), paint('dim', head), ...rows].join('\n');
}

/** The widest form that fits: how wide a cell is, what stands before the digit of a row, and whether shares stand behind it. */
function formOf(counts: readonly (readonly number[])[], columns: number) {
  const digits = Math.max(1, ...counts.flat().map((count) => String(count).length));
  const forms = [
    { width: Math.max(3, digits) + GAPS[0], name: 'true 0', shares: true },
    ...GAPS.map((gap) => ({ width: digits + gap, name: 'true 0', shares: true })),
    { width: digits + GAPS[1], name: '0', shares: true },
    { width: digits + GAPS[1], name: '0', shares: false },
  ];
  const widthOf = ({ width, name, shares }: (typeof forms)[number]): number =>
    name.length + counts.length * width + (shares ? 9 : 0);
  return forms.find((form) => widthOf(form) <= columns) ?? forms.at(-1)!;
}
