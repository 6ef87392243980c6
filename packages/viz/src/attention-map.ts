// Attention as a heat map: how much each query looks at each key, such as which words of a source a translation goes by.

import { ArgumentError, checkCall, type Known } from '@dl/autograd';
import { blues, textOn, toHex } from './colors.js';
import { paletteUri } from './images.js';
import { AXIS_LINE, escapeText, formatNumber, MUTED, NOTHING, round, svgRoot, textElement, textWidth } from './svg.js';
import { checkOptionalText, checkText, checkWhole, isList, show } from './validate.js';

/** Options of {@link attentionMap}. */
export interface AttentionMapOptions {
  /** What each row stands for, such as the words that look. Default '0', '1', … */
  readonly rows?: readonly string[];
  /** What each column stands for, such as the words that are looked at. Default '0', '1', … */
  readonly columns?: readonly string[];
  /** Drawn on top, and the name that a screen reader says. */
  readonly title?: string;
  /** Side of a cell in px, 4 to 200. Default: 40 for up to 14 rows and columns, less for more. */
  readonly cellSize?: number;
}

const attentionMapOptions: Known<AttentionMapOptions> = {
  rows: 'list',
  columns: 'list',
  title: 'string',
  cellSize: 'number',
};

export const MOST = 256;
const GAP = 1;
const BAR_WIDTH = 120;
// Below these sizes numbers in cells, and labels, cannot be read: hints remain.
const SMALLEST_NUMBER = 8;
const SMALLEST_LABEL = 6;

/** Where things stand, in px. */
interface Layout {
  readonly cell: number;
  readonly left: number;
  readonly top: number;
  readonly labelSize: number;
  /** Column labels are turned where they are wider than a cell. */
  readonly isTurned: boolean;
  readonly width: number;
  readonly height: number;
}

/**
 * Draws weights[query][key], and returns the picture as an SVG string: an alignment of two sequences. The darker a cell, the more its row looks at its column; the largest
 * weight has the full colour, and a bar below says which that is. Weights stand in their cells where there is room, and under the pointer.
 *
 * @param weights A row for each query with a number of at least 0 for each key, such as `maps[0].weights[0][0]` of what `attentionMaps` of @dl/attention gives; at
 *   most 256 of each.
 * @throws ArgumentError, in one sentence, for an empty matrix, ragged rows, a weight that is negative or not finite, labels that do not match.
 *
 * @example
 * ```ts
 * import { attentionMap } from '@dl/viz';
 * const weights = [[0.9, 0.1, 0], [0.05, 0.15, 0.8]];
 * const svg = attentionMap(weights, { rows: ['the', 'cat'], columns: ['die', 'Katze', '.'] });
 * console.log(svg.includes('Katze')); // true
 * ```
 */
export function attentionMap(weights: readonly ArrayLike<number>[], options: AttentionMapOptions = {}): string {
  checkCall('attentionMap', arguments, ['weights'], attentionMapOptions);
  const { rows: queries, columns: keys } = checkWeights('attentionMap', 'weights', weights);
  const rows = labelsOf('rows', options.rows, queries);
  const columns = labelsOf('columns', options.columns, keys);
  checkOptionalText('attentionMap', 'title', options.title);
  if (options.cellSize !== undefined) checkWhole('attentionMap', 'cellSize', options.cellSize, 4, 200);
  const most = largest(weights);
  const layout = arrange(rows, columns, options);
  const { width, height, left, top, cell } = layout;
  const parts = [
    ...headings(rows, columns, options.title, layout),
    ...cells(weights, rows, columns, most, layout),
    ...bar(most, left, top + queries * cell + 12),
  ];
  return svgRoot(
    {
      width,
      height,
      title: options.title ?? 'Attention',
      description: describe(weights, rows, columns),
    },
    parts.join('\n'),
  );
}

function arrange(rows: readonly string[], columns: readonly string[], options: AttentionMapOptions): Layout {
  const cell = options.cellSize ?? Math.max(6, Math.min(40, Math.floor(560 / Math.max(rows.length, columns.length))));
  const labelSize = Math.min(13, Math.max(SMALLEST_LABEL, cell * 0.8));
  const roomFor = (labels: readonly string[]): number =>
    Math.max(...labels.map((label) => textWidth(label, labelSize)));
  const columnRoom = roomFor(columns);
  const isTurned = columnRoom > cell - 4;
  const left = Math.ceil(30 + roomFor(rows));
  const header = options.title === undefined ? 24 : 56;
  const top = Math.ceil(header + (isTurned ? columnRoom * 0.75 + labelSize : 20));
  // A turned label of the last column leans over the edge.
  const over = isTurned ? textWidth(columns.at(-1)!, labelSize) * 0.75 : 0;
  const title = options.title === undefined ? 0 : 8 + textWidth(options.title, 17.5);
  return {
    cell,
    left,
    top,
    labelSize,
    isTurned,
    width: Math.ceil(Math.max(left + columns.length * cell + Math.max(over, 8), left + BAR_WIDTH + 60, title)),
    height: Math.ceil(top + rows.length * cell + 42),
  };
}

function headings(
  rows: readonly string[],
  columns: readonly string[],
  title: string | undefined,
  { cell, left, top, labelSize, isTurned }: Layout,
): string[] {
  const middle = { x: left + (columns.length * cell) / 2, y: top + (rows.length * cell) / 2 };
  const parts = [
    textElement(middle.x, title === undefined ? 12 : 42, 'key', { color: MUTED }),
    textElement(0, 0, 'query', { color: MUTED, transform: `translate(12 ${round(middle.y)}) rotate(-90)` }),
  ];
  if (title !== undefined) parts.push(textElement(4, 14, title, { size: 16, anchor: 'start', bold: true }));
  rows.forEach((label, i) => {
    parts.push(textElement(left - 8, top + (i + 0.5) * cell, label, { size: labelSize, anchor: 'end' }));
  });
  columns.forEach((label, i) => {
    const x = left + (i + 0.5) * cell;
    const transform = `translate(${round(x)} ${top - 8}) rotate(-45)`;
    parts.push(
      isTurned
        ? textElement(0, 0, label, { size: labelSize, anchor: 'start', transform })
        : textElement(x, top - 12, label, { size: labelSize }),
    );
  });
  return parts;
}

function cells(
  weights: readonly ArrayLike<number>[],
  rows: readonly string[],
  columns: readonly string[],
  most: number,
  { cell, left, top }: Layout,
): string[] {
  const size = Math.min(12, (cell - 4) / (0.6 * 4));
  const side = cell - GAP;
  return weights.flatMap((row, i) =>
    Array.from(row, (weight, j) => {
      const [x, y] = [left + j * cell, top + i * cell];
      const shade = weight === 0 ? undefined : blues(weight / most);
      const hint = `${rows[i]} → ${columns[j]}: ${formatNumber(weight)}`;
      const square = `<rect x="${x}" y="${y}" width="${side}" height="${side}" fill="${shade === undefined ? NOTHING : toHex(shade)}"><title>${escapeText(hint)}</title></rect>`;
      // What would read 0.00 is told by its colour.
      if (size < SMALLEST_NUMBER || shade === undefined || weight < 0.005 || weight >= 100) return square;
      return square + textElement(x + side / 2, y + side / 2, shown(weight), { size, color: textOn(shade) });
    }),
  );
}

/** At most four characters. */
const shown = (weight: number): string => (weight < 10 ? weight.toFixed(2) : weight.toFixed(1));

/** Which colour is which weight. */
export function bar(most: number, x: number, y: number): string[] {
  const place = `x="${x}" y="${y}" width="${BAR_WIDTH}" height="8"`;
  const tick = (at: number, text: string, anchor: 'start' | 'end'): string =>
    textElement(x + at, y + 17, text, { size: 11, color: MUTED, anchor });
  return [
    `<image ${place} preserveAspectRatio="none" href="${paletteUri('blues', 64)}"/>`,
    `<rect ${place} fill="none" stroke="${AXIS_LINE}" stroke-width="0.5"/>`,
    tick(0, '0', 'start'),
    tick(BAR_WIDTH, formatNumber(most), 'end'),
  ];
}

/** The largest weight; 1 where there are none but zeros. */
export function largest(weights: readonly ArrayLike<number>[]): number {
  let most = 0;
  for (const row of weights) for (let j = 0; j < row.length; j++) most = Math.max(most, row[j]!);
  return most || 1;
}

/** Where each row looks most, in words, for the first ones. */
function describe(weights: readonly ArrayLike<number>[], rows: readonly string[], columns: readonly string[]): string {
  const told = weights.slice(0, 20).map((row, i) => {
    const all = Array.from(row);
    const best = all.indexOf(Math.max(...all));
    return all[best] === 0 ? `${rows[i]} at nothing` : `${rows[i]} at ${columns[best]} (${formatNumber(all[best]!)})`;
  });
  const more = rows.length > told.length ? `, and ${rows.length - told.length} more` : '';
  return `${rows.length} queries and ${columns.length} keys. Most looks: ${told.join(', ')}${more}.`;
}

/** Checks a matrix of weights, and gives its size. */
export function checkWeights(
  where: string,
  what: string,
  weights: unknown,
): { readonly rows: number; readonly columns: number } {
  if (!Array.isArray(weights) || weights.length === 0) {
    const got = Array.isArray(weights) ? 'an array of no rows' : show(weights);
    throw new ArgumentError(
      `${where}: ${what} is ${got}, needs a row of numbers for each query, such as [[0.9, 0.1], [0.2, 0.8]]`,
    );
  }
  const columns: unknown = isList(weights[0]) ? weights[0].length : undefined;
  weights.forEach((row: unknown, i) => {
    if (!isList(row) || row.length === 0) {
      const got = isList(row) ? 'an array of no numbers' : show(row);
      throw new ArgumentError(`${where}: row ${i} of ${what} is ${got}, needs an array of a number for each key`);
    }
    if (row.length !== columns) {
      throw new ArgumentError(
        `${where}: row ${i} of ${what} has ${row.length} numbers and row 0 has ${columns}; needs one for each key in all rows`,
      );
    }
    for (let j = 0; j < row.length; j++) {
      const weight = row[j];
      if (!(typeof weight === 'number' && weight >= 0 && weight < Infinity)) {
        throw new ArgumentError(`${where}: ${what} [${i}][${j}] is ${show(weight)}, needs a number of at least 0`);
      }
    }
  });
  const size = { rows: weights.length, columns: columns as number };
  if (size.rows > MOST || size.columns > MOST) {
    throw new ArgumentError(
      `${where}: ${what} has ${size.rows} rows of ${size.columns} numbers, too many to look at; needs at most ${MOST} of each: draw some of them`,
    );
  }
  return size;
}

function labelsOf(name: string, labels: readonly string[] | undefined, count: number): readonly string[] {
  if (labels === undefined) return Array.from({ length: count }, (_, i) => String(i));
  if (!Array.isArray(labels) || labels.length !== count) {
    const got = Array.isArray(labels) ? `${labels.length} texts` : show(labels);
    throw new ArgumentError(
      `attentionMap: ${name} are ${got} for ${count} ${name} of weights; give one string for each`,
    );
  }
  labels.forEach((label, i) => checkText('attentionMap', `${name} [${i}]`, label));
  return labels;
}
