// A confusion matrix as a heat map: what the classes are, and what the model took them for.

import { ArgumentError, checkCall, type Known } from '@dl/autograd';
import { blues, oranges, textOn, toHex } from './colors.js';
import { escapeText, FAINT, formatRate, MUTED, NOTHING, round, svgRoot, textElement, textWidth } from './svg.js';
import { checkOptionalText, checkText, checkWhole, isList, show } from './validate.js';

/** Options of {@link confusionMatrix}. */
export interface ConfusionMatrixOptions {
  /** One name per class. Default '0', '1', … */
  readonly labels?: readonly string[];
  /** Drawn on top, and the name that a screen reader says. */
  readonly title?: string;
  /** Side of a cell in px, 8 to 200. Default: 46 for up to 12 classes, less for more. */
  readonly cellSize?: number;
}

const confusionMatrixOptions: Known<ConfusionMatrixOptions> = { labels: 'list', title: 'string', cellSize: 'number' };

const GAP = 2;
const RATE_WIDTH = 54;
// Below this size text in a cell cannot be read: colours and hints remain.
const SMALLEST_TEXT = 6;

interface Totals {
  readonly rows: readonly number[];
  readonly columns: readonly number[];
  readonly all: number;
  readonly right: number;
}

/** Where things stand, in px. */
interface Layout {
  readonly cell: number;
  readonly left: number;
  readonly top: number;
  readonly side: number;
  readonly labelSize: number;
  /** Column labels, and the precisions, are turned where they are wider than a cell. */
  readonly labelsTurned: boolean;
  readonly rateSize: number;
  readonly ratesTurned: boolean;
  /** The middle of the recall column, and of the precision row. */
  readonly recallX: number;
  readonly precisionY: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Draws counts[true class][predicted class], and returns the picture as an SVG string. Right of each row stands
 * the class's recall (of its samples, the share found), under each column its precision (of what was called so,
 * the share that was), and in the corner the accuracy; a share of nothing is shown as –.
 *
 * A cell's colour is the square root of its share of its row, so that a confusion of 1 % is already a tenth of
 * full colour: blue on the diagonal, orange for mistakes. Under the pointer each cell says it in words.
 *
 * @param counts [classes, classes], whole numbers of at least 0.
 * @throws ArgumentError, in one sentence, for an empty matrix, ragged rows, rows that are not as many as
 *   columns, a count that is negative or not whole, labels that do not match.
 *
 * @example
 * ```ts
 * import { confusionMatrix } from '@dl/viz';
 * const svg = confusionMatrix([[48, 2], [5, 45]], { labels: ['cat', 'dog'] });
 * console.log(svg.includes('recall')); // true
 * ```
 */
export function confusionMatrix(counts: readonly ArrayLike<number>[], options: ConfusionMatrixOptions = {}): string {
  checkCall('confusionMatrix', arguments, ['counts'], confusionMatrixOptions);
  const labels = checkMatrix(counts, options);
  const totals = sums(counts);
  const layout = arrange(labels, options);
  const { width, height } = layout;
  const parts = [...headings(labels, options.title, layout), ...cells(counts, labels, totals, layout)];
  parts.push(...rates(counts, totals, layout));
  const accuracy = rate(totals.right, totals.all);
  return svgRoot(
    {
      width,
      height,
      title: options.title ?? 'Confusion matrix',
      description: `${totals.right} of ${totals.all} right (accuracy ${accuracy}). ${describeMistakes(counts, labels)}`,
    },
    parts.join('\n'),
  );
}

function arrange(labels: readonly string[], options: ConfusionMatrixOptions): Layout {
  const n = labels.length;
  const cell = options.cellSize ?? Math.max(12, Math.min(46, Math.floor(560 / n)));
  const labelSize = Math.min(13, Math.max(SMALLEST_TEXT, cell * 0.6));
  const labelRoom = Math.max(...labels.map((label) => textWidth(label, labelSize)));
  const labelsTurned = labelRoom > cell - 4;
  const fitting = cell / textWidth('99.9 %', 1);
  const ratesTurned = fitting < 9;
  const rateSize = ratesTurned ? Math.min(11, cell * 0.75) : Math.min(12, fitting - 1.5);
  const left = Math.ceil(36 + Math.max(labelRoom, textWidth('precision', 12)));
  const header = options.title === undefined ? 26 : 60;
  const top = Math.ceil(header + (labelsTurned ? labelRoom * 0.75 + labelSize : 20));
  const side = n * cell;
  return {
    cell,
    left,
    top,
    side,
    labelSize,
    labelsTurned,
    rateSize,
    ratesTurned,
    recallX: left + side + 10 + RATE_WIDTH / 2,
    precisionY: top + side + 22,
    width: Math.ceil(left + side + RATE_WIDTH + 22),
    height: Math.ceil(top + side + (ratesTurned ? 60 : 44)),
  };
}

function headings(labels: readonly string[], title: string | undefined, layout: Layout): string[] {
  const { cell, left, top, side, labelSize, labelsTurned, recallX, precisionY } = layout;
  const parts = [
    textElement(left + side / 2, title === undefined ? 12 : 46, 'predicted', { color: MUTED, bold: true }),
    textElement(0, 0, 'true', { color: MUTED, bold: true, transform: `translate(12 ${top + side / 2}) rotate(-90)` }),
    textElement(recallX, top - 12, 'recall', { color: MUTED }),
    textElement(left - 10, precisionY, 'precision', { color: MUTED, anchor: 'end' }),
  ];
  if (title !== undefined) parts.push(textElement(4, 14, title, { size: 16, anchor: 'start', bold: true }));
  labels.forEach((label, i) => {
    const middle = (i + 0.5) * cell;
    parts.push(textElement(left - 10, top + middle, label, { size: labelSize, anchor: 'end' }));
    const transform = `translate(${round(left + middle)} ${top - 8}) rotate(-45)`;
    parts.push(
      labelsTurned
        ? textElement(0, 0, label, { size: labelSize, anchor: 'start', transform })
        : textElement(left + middle, top - 12, label, { size: labelSize }),
    );
  });
  return parts;
}

function cells(
  counts: readonly ArrayLike<number>[],
  labels: readonly string[],
  totals: Totals,
  { cell, left, top }: Layout,
): string[] {
  const digits = Math.max(...counts.map((row) => Math.max(...Array.from(row, (count) => String(count).length))));
  const size = Math.min(14, (cell - 4) / (0.6 * digits));
  const side = cell - GAP;
  return counts.flatMap((counted, row) =>
    Array.from(counted, (count, column) => {
      const x = left + column * cell;
      const y = top + row * cell;
      const share = count / (totals.rows[row]! || 1);
      const right = row === column;
      const shade = share === 0 ? undefined : (right ? blues : oranges)(Math.sqrt(share));
      const color = shade === undefined ? NOTHING : toHex(shade);
      const hint = `true ${labels[row]}, predicted ${labels[column]}: ${count} of ${totals.rows[row]} (${formatRate(share)})`;
      const square = `<rect x="${x}" y="${y}" width="${side}" height="${side}" rx="2" fill="${color}"><title>${escapeText(hint)}</title></rect>`;
      if (size < SMALLEST_TEXT) return square;
      const style = { size, color: shade === undefined ? FAINT : textOn(shade), bold: right && count > 0 };
      return square + textElement(x + side / 2, y + side / 2, String(count), style);
    }),
  );
}

/** Recall beside each row, precision under each column, accuracy in the corner. */
function rates(counts: readonly ArrayLike<number>[], totals: Totals, layout: Layout): string[] {
  const { cell, left, top, rateSize, ratesTurned, recallX, precisionY } = layout;
  const parts = counts.flatMap((row, i) => {
    const middle = (i + 0.5) * cell;
    const precision = rate(row[i]!, totals.columns[i]!);
    const transform = `translate(${round(left + middle - GAP / 2)} ${precisionY - 10}) rotate(-90)`;
    return [
      textElement(recallX, top + middle, rate(row[i]!, totals.rows[i]!), { size: Math.min(12, cell * 0.75) }),
      ratesTurned
        ? textElement(0, 0, precision, { size: rateSize, anchor: 'end', transform })
        : textElement(left + middle, precisionY, precision, { size: rateSize }),
    ];
  });
  parts.push(textElement(recallX, precisionY, rate(totals.right, totals.all), { size: 13, bold: true }));
  return parts;
}

function rate(part: number, whole: number): string {
  return whole === 0 ? '–' : formatRate(part / whole);
}

function sums(counts: readonly ArrayLike<number>[]): Totals {
  const rows = counts.map((row) => Array.from(row).reduce((sum, count) => sum + count, 0));
  const columns = counts.map((_, column) => counts.reduce((sum, row) => sum + row[column]!, 0));
  const right = counts.reduce((sum, row, i) => sum + row[i]!, 0);
  return { rows, columns, right, all: rows.reduce((sum, count) => sum + count, 0) };
}

/** The three commonest mistakes, in words. */
function describeMistakes(counts: readonly ArrayLike<number>[], labels: readonly string[]): string {
  const mistakes = counts.flatMap((row, truth) =>
    Array.from(row, (count, said) => ({ count, truth, said })).filter(({ count, said }) => said !== truth && count > 0),
  );
  if (mistakes.length === 0) return 'No mistakes.';
  mistakes.sort((a, b) => b.count - a.count);
  const told = mistakes
    .slice(0, 3)
    .map(({ count, truth, said }) => `${labels[truth]} taken for ${labels[said]} (${count})`);
  return `Commonest mistakes: ${told.join(', ')}.`;
}

/** Checks everything and returns the labels. */
function checkMatrix(counts: readonly ArrayLike<number>[], options: ConfusionMatrixOptions): readonly string[] {
  const where = 'confusionMatrix';
  if (!Array.isArray(counts) || counts.length === 0) {
    const got = Array.isArray(counts) ? 'no rows' : show(counts);
    throw new ArgumentError(`${where}: got ${got}, needs one row of counts per true class, such as [[48, 2], [5, 45]]`);
  }
  const n = counts.length;
  counts.forEach((row: unknown, i) => {
    if (!isList(row)) throw new ArgumentError(`${where}: row ${i} is ${show(row)}, needs an array of ${n} counts`);
    if (row.length !== n) {
      throw new ArgumentError(
        `${where}: row ${i} has ${row.length} counts but there are ${n} rows; needs as many columns as rows`,
      );
    }
    for (let j = 0; j < n; j++) {
      const count = row[j];
      if (typeof count !== 'number' || !Number.isSafeInteger(count) || count < 0) {
        throw new ArgumentError(`${where}: count [${i}][${j}] is ${show(count)}, needs a whole number of at least 0`);
      }
    }
  });
  checkOptionalText(where, 'title', options.title);
  if (options.cellSize !== undefined) checkWhole(where, 'cellSize', options.cellSize, 8, 200);
  const { labels = counts.map((_, i) => String(i)) } = options;
  if (!Array.isArray(labels) || labels.length !== n) {
    const got = Array.isArray(labels) ? `${labels.length} labels` : `${show(labels)} as labels`;
    throw new ArgumentError(`${where}: got ${got} for ${n} classes; give one string per class`);
  }
  labels.forEach((label, i) => checkText(where, `label ${i}`, label));
  return labels;
}
