// Scatter: points with names in a plane, such as words by the two directions in which their vectors differ most.

import { ArgumentError, checkCall, type Known } from '@dl/autograd';
import { SERIES_COLORS } from './colors.js';
import { type Box, placeLabels } from './label-places.js';
import {
  AXIS_LINE,
  escapeText,
  formatNumber,
  GRID_LINE,
  GROUND,
  INK,
  MUTED,
  round,
  svgRoot,
  textElement,
  textWidth,
} from './svg.js';
import { checkOptionalText, checkText, checkWhole, isList, show } from './validate.js';

/** Points of one kind and colour. */
export interface ScatterGroup {
  /** What the legend calls it. */
  readonly name: string;
  /** [x, y] of each. */
  readonly points: readonly ArrayLike<number>[];
  /** The name of each point, which stands beside it. Default: none. */
  readonly labels?: readonly string[];
}

/** Options of {@link scatter}. */
export interface ScatterOptions {
  /** Drawn on top, and the name that a screen reader says. */
  readonly title?: string;
  readonly xLabel?: string;
  readonly yLabel?: string;
  /** Lines lead from each point of a group to the point of the same place in the next group: from countries to their capitals, say. Default false. */
  readonly linked?: boolean;
  /** In px, 160 to 4000. Default 780. */
  readonly width?: number;
  /** In px, 160 to 4000. Default 560. */
  readonly height?: number;
}

const scatterOptions: Known<ScatterOptions> = {
  title: 'string',
  xLabel: 'string',
  yLabel: 'string',
  linked: 'boolean',
  width: 'number',
  height: 'number',
};

/** More points are a cloud in which none is found. */
const MOST = 5000;
const RADIUS = 4;
const LABEL_SIZE = 12;
const LEGEND_LINE = 22;

/** Where things stand, in px. */
interface Layout {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly xRange: readonly [number, number];
  readonly yRange: readonly [number, number];
  /** px for each unit, of both axes. */
  readonly scale: number;
  x(value: number): number;
  y(value: number): number;
}

/** A group with its colour, and where its points are drawn. */
interface Drawn extends ScatterGroup {
  readonly color: string;
  readonly places: readonly (readonly [x: number, y: number])[];
}

/**
 * Draws points in groups, a colour for each, and returns the picture as an SVG string. Both axes have the same scale, so that distances are true. Labels stand where they cover least of one another; each is under the pointer, too.
 *
 * @param groups At least one, of one point or more; at most 5,000 points in all.
 * @throws ArgumentError, in one sentence, for an empty group, points that are not two numbers, labels that are not as many, a name that comes twice, and linked groups of different sizes.
 *
 * @example
 * ```ts
 * import { scatter } from '@dl/viz';
 * const svg = scatter(
 *   [
 *     { name: 'countries', points: [[0, 1], [0.2, 2]], labels: ['France', 'Italy'] },
 *     { name: 'capitals', points: [[3, 1.1], [3.1, 2.2]], labels: ['Paris', 'Rome'] },
 *   ],
 *   { linked: true, title: 'Words in a plane' },
 * );
 * console.log(svg.includes('Rome')); // true
 * ```
 */
export function scatter(groups: readonly ScatterGroup[], options: ScatterOptions = {}): string {
  checkCall('scatter', arguments, ['groups'], scatterOptions);
  checkGroups(groups, options);
  const { title, width = 780, height = 560, linked = false } = options;
  const legend =
    groups.length > 1
      ? legendOf(groups, width, title === undefined ? 8 : 34)
      : { parts: [], bottom: title === undefined ? 8 : 34 };
  const layout = arrange(groups, options, legend.bottom, width, height);
  const drawn = groups.map((group, g): Drawn => {
    const places = group.points.map((point) => [layout.x(point[0]!), layout.y(point[1]!)] as const);
    return { ...group, places, color: SERIES_COLORS[g % SERIES_COLORS.length]! };
  });
  const parts = [
    ...(title === undefined ? [] : [textElement(4, 18, title, { size: 16, anchor: 'start', bold: true })]),
    ...legend.parts,
    ...axes(layout, options),
    ...(linked ? links(drawn) : []),
    ...drawn.flatMap(circles),
    ...labels(drawn, layout),
  ];
  return svgRoot(
    { width, height, title: title ?? 'Points in a plane', description: describe(groups) },
    parts.join('\n'),
  );
}

function checkGroups(groups: unknown, options: ScatterOptions): asserts groups is readonly ScatterGroup[] {
  if (!Array.isArray(groups) || groups.length === 0) {
    const got = Array.isArray(groups) ? 'an array of no groups' : show(groups);
    throw new ArgumentError(
      `scatter: groups is ${got}, needs groups such as [{ name: 'words', points: [[0, 1], [2, 3]] }]`,
    );
  }
  const names = new Set<string>();
  let count = 0;
  groups.forEach((group: ScatterGroup | undefined, g) => {
    const { name, points, labels } = group ?? ({} as Partial<ScatterGroup>);
    checkText('scatter', `the name of group ${g}`, name);
    if (names.has(name))
      throw new ArgumentError(`scatter: two groups are called ${show(name)}; each needs a name of its own`);
    names.add(name);
    if (!Array.isArray(points) || points.length === 0) {
      const got = Array.isArray(points) ? 'an array of none' : show(points);
      throw new ArgumentError(`scatter: points of ${show(name)} are ${got}, needs [x, y] of at least one`);
    }
    points.forEach((point: unknown, i) => {
      const isPoint = isList(point) && point.length === 2 && isDrawable(point[0]) && isDrawable(point[1]);
      if (isPoint) return;
      const got = isList(point) ? `[${Array.from(point).slice(0, 4).map(show).join(', ')}]` : show(point);
      throw new ArgumentError(
        `scatter: point ${i} of ${show(name)} is ${got}, needs two numbers between -1e100 and 1e100`,
      );
    });
    if (labels !== undefined) {
      if (!Array.isArray(labels) || labels.length !== points.length) {
        const got = Array.isArray(labels) ? `${labels.length} texts` : show(labels);
        throw new ArgumentError(
          `scatter: labels of ${show(name)} are ${got} for ${points.length} points; give one string for each`,
        );
      }
      labels.forEach((label, i) => checkText('scatter', `label ${i} of ${show(name)}`, label));
    }
    if (options.linked === true && g > 0 && points.length !== groups[g - 1].points.length) {
      throw new ArgumentError(
        `scatter: ${show(name)} has ${points.length} points and the group before it ${groups[g - 1].points.length}; linked groups need as many`,
      );
    }
    count += points.length;
  });
  if (count > MOST) {
    throw new ArgumentError(
      `scatter: there are ${count} points, too many to look at; needs at most ${MOST}: draw some of them`,
    );
  }
  for (const name of ['title', 'xLabel', 'yLabel'] as const) checkOptionalText('scatter', name, options[name]);
  for (const name of ['width', 'height'] as const) {
    if (options[name] !== undefined) checkWhole('scatter', name, options[name], 160, 4000);
  }
}

/** Beyond, differences and scales are no numbers any more. */
const isDrawable = (value: unknown): boolean => typeof value === 'number' && Math.abs(value) <= 1e100;

/** The names of groups beside their colours, in as many lines as it takes. */
function legendOf(
  groups: readonly ScatterGroup[],
  width: number,
  top: number,
): { readonly parts: string[]; readonly bottom: number } {
  const parts: string[] = [];
  let [x, y] = [12, top];
  groups.forEach(({ name }, g) => {
    const room = 16 + textWidth(name, LABEL_SIZE) + 18;
    if (x > 12 && x + room > width) [x, y] = [12, y + LEGEND_LINE];
    const color = SERIES_COLORS[g % SERIES_COLORS.length]!;
    parts.push(
      `<circle cx="${round(x)}" cy="${y + 10}" r="${RADIUS + 1}" fill="${color}"/>`,
      textElement(x + 10, y + 10, name, { size: LABEL_SIZE, anchor: 'start' }),
    );
    x += room;
  });
  return { parts, bottom: y + LEGEND_LINE + 4 };
}

function arrange(
  groups: readonly ScatterGroup[],
  { xLabel, yLabel }: ScatterOptions,
  head: number,
  width: number,
  height: number,
): Layout {
  const top = head + 4;
  const left = yLabel === undefined ? 48 : 68;
  const right = width - 14;
  const bottom = height - (xLabel === undefined ? 28 : 48);
  const all = groups.flatMap(({ points }) => points);
  const of = (axis: 0 | 1): [number, number] => {
    let [low, high] = [Infinity, -Infinity];
    for (const point of all) {
      low = Math.min(low, point[axis]!);
      high = Math.max(high, point[axis]!);
    }
    return [low, high];
  };
  const [xs, ys] = [of(0), of(1)];
  // Room for points and labels at the edges.
  const [across, down] = [Math.max(20, right - left - 90), Math.max(20, bottom - top - 40)];
  const most = Math.max((xs[1] - xs[0]) / across, (ys[1] - ys[0]) / down);
  // One place alone, or places so near that no number is between them, have any scale.
  const scale = 1 / (most > 0 && most < Infinity && 1 / most < Infinity ? most : 1 / Math.min(across, down));
  const [middleX, middleY] = [xs[0] / 2 + xs[1] / 2, ys[0] / 2 + ys[1] / 2];
  const [halfX, halfY] = [(right - left) / 2 / scale, (bottom - top) / 2 / scale];
  return {
    left,
    top,
    right,
    bottom,
    scale,
    xRange: [middleX - halfX, middleX + halfX],
    yRange: [middleY - halfY, middleY + halfY],
    x: (value) => (left + right) / 2 + (value - middleX) * scale,
    y: (value) => (top + bottom) / 2 - (value - middleY) * scale,
  };
}

/** Round numbers within a range, some four of them. */
function ticks([low, high]: readonly [number, number], wanted: number): number[] {
  const rough = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough) ?? 10 * power;
  const found: number[] = [];
  // Not by adding: rounding would add up.
  for (let k = Math.ceil(low / step); k * step <= high && found.length < 20; k++) found.push(k * step);
  return found;
}

function axes(layout: Layout, { xLabel, yLabel }: ScatterOptions): string[] {
  const { left, top, right, bottom, xRange, yRange } = layout;
  const line = (x1: number, y1: number, x2: number, y2: number): string =>
    `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="${GRID_LINE}"/>`;
  const small = { size: 11, color: MUTED } as const;
  const parts: string[] = [];
  for (const value of ticks(xRange, (right - left) / 120)) {
    parts.push(line(layout.x(value), top, layout.x(value), bottom));
    parts.push(textElement(layout.x(value), bottom + 12, formatNumber(value), small));
  }
  for (const value of ticks(yRange, (bottom - top) / 90)) {
    parts.push(line(left, layout.y(value), right, layout.y(value)));
    parts.push(textElement(left - 6, layout.y(value), formatNumber(value), { ...small, anchor: 'end' }));
  }
  parts.push(
    `<rect x="${left}" y="${round(top)}" width="${round(right - left)}" height="${round(bottom - top)}" fill="none" stroke="${AXIS_LINE}"/>`,
  );
  if (xLabel !== undefined) parts.push(textElement((left + right) / 2, bottom + 34, xLabel, { color: MUTED }));
  if (yLabel !== undefined) {
    const transform = `translate(14 ${round((top + bottom) / 2)}) rotate(-90)`;
    parts.push(textElement(0, 0, yLabel, { color: MUTED, transform }));
  }
  return parts;
}

function links(drawn: readonly Drawn[]): string[] {
  return drawn.slice(1).flatMap(({ places }, g) =>
    places.map(([x, y], i) => {
      const [fromX, fromY] = drawn[g]!.places[i]!;
      return `<line x1="${round(fromX)}" y1="${round(fromY)}" x2="${round(x)}" y2="${round(y)}" stroke="${AXIS_LINE}" stroke-width="1" stroke-dasharray="4 3"/>`;
    }),
  );
}

function circles({ name, points, labels, places, color }: Drawn): string[] {
  return places.map(([x, y], i) => {
    const [at0, at1] = [points[i]![0]!, points[i]![1]!];
    const what = labels === undefined ? name : `${labels[i]} (${name})`;
    const hint = `${what}: ${formatNumber(at0)}, ${formatNumber(at1)}`;
    return `<circle cx="${round(x)}" cy="${round(y)}" r="${RADIUS}" fill="${color}" stroke="${GROUND}" stroke-width="0.75"><title>${escapeText(hint)}</title></circle>`;
  });
}

/** The labels, each beside its point. */
function labels(drawn: readonly Drawn[], { left, top, right, bottom }: Layout): string[] {
  const named = drawn.flatMap(({ labels: texts = [], places }) =>
    texts.map((text, i) => ({ text, x: places[i]![0], y: places[i]![1], width: textWidth(text, LABEL_SIZE) })),
  );
  const points = drawn.flatMap(({ places }) =>
    places.map(([x, y]): Box => ({ left: x - RADIUS, top: y - RADIUS, right: x + RADIUS, bottom: y + RADIUS })),
  );
  const found = placeLabels(named, {
    height: LABEL_SIZE,
    gap: RADIUS + 2,
    points,
    within: { left, top, right, bottom },
  });
  return named.map(({ text }, i) =>
    // With a rim, so that lines below leave it readable.
    textElement(found[i]!.left, (found[i]!.top + found[i]!.bottom) / 2, text, {
      size: LABEL_SIZE,
      color: INK,
      anchor: 'start',
    }).replace('<text ', `<text paint-order="stroke" stroke="${GROUND}" stroke-width="2.5" stroke-linejoin="round" `),
  );
}

/** What is there, in words. */
function describe(groups: readonly ScatterGroup[]): string {
  return groups
    .map(({ name, points, labels: texts }) => {
      const count = `${points.length} ${points.length === 1 ? 'point' : 'points'}`;
      if (texts === undefined) return `${name}: ${count}.`;
      const more = texts.length > 12 ? `, and ${texts.length - 12} more` : '';
      return `${name}: ${count}, ${texts.slice(0, 12).join(', ')}${more}.`;
    })
    .join(' ');
}
