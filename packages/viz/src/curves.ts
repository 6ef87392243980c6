// Curves over steps or epochs: loss, accuracy, learning rate; several panels, one below the other.

import { checkCall, type Known } from '@dl/autograd';
import { renderChart } from './chart.js';
import { SERIES_COLORS } from './colors.js';
import { checkCurves, type Panel } from './curves-check.js';
import { smooth } from './smooth.js';
import { AXIS_LINE, cleanText, formatNumber, formatPercent, GRID_LINE, INK, MUTED, textWidth } from './svg.js';

/** One line. */
export interface CurveSeries {
  /** Shown in the legend. The same name in another panel gets the same colour. */
  readonly name: string;
  /**
   * One value per step. `null` leaves a gap. NaN and infinities leave a gap too, and are marked with a red
   * cross at the foot of the panel: a run that diverged shows it.
   */
  readonly values: ArrayLike<number | null>;
  /** Where the values stand on the x axis: finite and rising, as many as values. Default 1, 2, 3, … */
  readonly steps?: ArrayLike<number>;
  /** The panel that the line is drawn in, by name. Panels appear in the order of their first series. */
  readonly panel?: string;
  /** Overrides {@link CurvesOptions.smoothing} for this line. */
  readonly smoothing?: number;
}

/** How one panel's y axis looks. */
export interface PanelOptions {
  /** Written above the y axis. Default: the panel's name. */
  readonly label?: string;
  /** Default 'linear'. With 'log' (base 10) every value must be above 0. */
  readonly scale?: 'linear' | 'log';
  /** Ends of the y axis. Default: what the values need. */
  readonly min?: number;
  readonly max?: number;
  /** Shows 0.97 as 97 %. Default false. */
  readonly percent?: boolean;
}

const panelOptions: Known<PanelOptions> = {
  label: 'string',
  scale: ['linear', 'log'],
  min: 'number',
  max: 'number',
  percent: 'boolean',
};

/**
 * Options of {@link curves}; lengths in px. Those of a panel, given here (`{ scale: 'log' }`), count for each panel
 * for which `panels` says nothing else.
 */
export interface CurvesOptions extends PanelOptions {
  /** Drawn on top, and the name that a screen reader says. */
  readonly title?: string;
  /** Under the x axis. Default 'step'. */
  readonly xLabel?: string;
  /** Default 780, which fills a report's column. */
  readonly width?: number;
  /** Height of each panel's plot, without labels. Default 220. */
  readonly panelHeight?: number;
  /**
   * β of an exponential moving average with bias correction (see `smooth`), from 0 (none, the default) to
   * below 1. The values themselves stay visible as a pale line behind.
   */
  readonly smoothing?: number;
  /** By panel name; series that name no panel are in panel ''. */
  readonly panels?: Readonly<Record<string, PanelOptions>>;
}

const curvesOptions: Known<CurvesOptions> = {
  title: 'string',
  xLabel: 'string',
  width: 'number',
  panelHeight: 'number',
  smoothing: 'number',
  panels: 'object',
  ...panelOptions,
};

const MARGIN = 4;
const LEFT = 58;
const RIGHT = 22;
const LEGEND_LINE = 22;
const LEGEND_GAP = 26;
/** Wide enough for two dashes beside the point. */
const LEGEND_MARK = 34;
const PANEL_GAP = 26;
const CROSS = 'path://M1 0L5 4L9 0L10 1L6 5L10 9L9 10L5 6L1 10L0 9L4 5L0 1Z';
// Up to so many values per line, each is marked with a dot, which shows its number under the pointer.
const DOTS = 60;

// ECharts' own option types would ask for casts at every spread; the tests check what it draws.
type Option = Record<string, unknown>;

interface Line {
  readonly option: Option;
  readonly hint: (item: number) => string | undefined;
}

/**
 * Draws one line per series over a shared x axis, and resolves to the picture as an SVG string. Lines with more
 * values than pixels are thinned by largest-triangle-three-buckets, which keeps their peaks. The first call loads the
 * chart library, which takes about a second; importing this package does not.
 *
 * @param series At least one; steps may differ from series to series.
 * @throws ArgumentError, in one sentence, as a rejection, for an empty series, steps that do not match the values or do
 *   not rise, a value of at most 0 on a log scale, a name used twice in a panel, options out of range.
 *
 * @example
 * ```ts
 * import { curves } from '@dl/viz';
 * const svg = await curves(
 *   [
 *     { name: 'train', values: [2.1, 0.6, 0.3], panel: 'loss' },
 *     { name: 'test', values: [1.2, 0.5, 0.4], panel: 'loss' },
 *     { name: 'test', values: [0.61, 0.9, 0.94], panel: 'accuracy' },
 *   ],
 *   { xLabel: 'epoch', panels: { loss: { scale: 'log' }, accuracy: { percent: true } } },
 * );
 * console.log(svg.startsWith('<svg')); // true
 * ```
 */
export async function curves(series: readonly CurveSeries[], options: CurvesOptions = {}): Promise<string> {
  checkCall('curves', arguments, ['series'], curvesOptions);
  const { panels, names } = checkCurves(series, options);
  const { title, xLabel = 'step', width = 780, panelHeight = 220 } = options;
  const [first, last] = stepRange(panels);
  const whole = panels.every((panel) => panel.lines.every((line) => line.steps.every(Number.isInteger)));

  const legends: Option[] = [];
  const grids: Option[] = [];
  const xAxes: Option[] = [];
  const yAxes: Option[] = [];
  const lines: Line[] = [];
  const titles: Option[] = [];
  if (title !== undefined) titles.push(heading(title, 16, 12, INK, 600));

  let top = title === undefined ? 8 : 44;
  panels.forEach((panel, index) => {
    const bottom = index === panels.length - 1;
    const { rows, left } = legendRoom(panel, width);
    if (panel.label !== '') titles.push(heading(panel.label, 13, top + 3, INK, 600));
    legends.push({ ...LEGEND, left, right: RIGHT, top, data: panel.lines.map((line) => cleanText(line.name)) });
    // ECharts leaves the same gap between lines as between items.
    top += LEGEND_LINE + (rows - 1) * (12 + LEGEND_GAP) + 10;
    grids.push({ left: LEFT, right: RIGHT, top, height: panelHeight });
    xAxes.push({
      gridIndex: index,
      type: 'value',
      min: first,
      max: last,
      ...(whole ? { minInterval: 1 } : {}),
      ...AXIS,
      axisLabel: { show: bottom, color: MUTED, hideOverlap: true, formatter: formatNumber },
      ...(bottom
        ? { name: cleanText(xLabel), nameLocation: 'middle', nameGap: 26, nameTextStyle: { color: MUTED } }
        : {}),
    });
    yAxes.push(valueAxis(panel, index), { gridIndex: index, show: false, min: 0, max: 1 });
    lines.push(...panelLines(panel, index, names, xLabel));
    top += panelHeight + PANEL_GAP;
  });
  const height = Math.ceil(top - PANEL_GAP + 46);

  return renderChart(
    {
      title: titles,
      legend: legends,
      grid: grids,
      xAxis: xAxes,
      yAxis: yAxes,
      series: lines.map((line) => line.option),
    },
    {
      width,
      height,
      title: title ?? `Curves: ${names.join(', ')}`,
      description: describe(panels, xLabel),
      hint: (line, item) => lines[line]?.hint(item),
    },
  );
}

const LEGEND = {
  selectedMode: false,
  itemWidth: LEGEND_MARK,
  itemHeight: 8,
  itemGap: LEGEND_GAP,
  padding: [3, 0],
  align: 'left',
  textStyle: { color: INK },
};
const AXIS = {
  axisLine: { show: true, onZero: false, lineStyle: { color: AXIS_LINE } },
  axisTick: { show: true, lineStyle: { color: AXIS_LINE } },
  splitLine: { show: false },
};

function heading(text: string, fontSize: number, top: number, color: string, fontWeight: number): Option {
  return { text: cleanText(text), left: MARGIN, top, padding: 0, textStyle: { fontSize, color, fontWeight } };
}

/** Both ends of the x axis; one lonely step gets room on both sides. */
function stepRange(panels: readonly Panel[]): [number, number] {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const { steps } of panels.flatMap((panel) => panel.lines)) {
    first = Math.min(first, steps[0]!);
    last = Math.max(last, steps[steps.length - 1]!);
  }
  return first === last ? [first - 1, last + 1] : [first, last];
}

/** How many lines the legend takes beside the panel's label. */
function legendRoom(panel: Panel, width: number): { rows: number; left: number } {
  const left = panel.label === '' ? LEFT : Math.max(LEFT, MARGIN + textWidth(panel.label, 14) + 24);
  const items = panel.lines.map((line) => LEGEND_MARK + 5 + LEGEND_GAP + textWidth(line.name, 12) * 1.1);
  let rows = 1;
  let used = 0;
  for (const item of items) {
    if (used > 0 && used + item > width - left - RIGHT) {
      rows++;
      used = 0;
    }
    used += item;
  }
  return { rows, left };
}

function valueAxis(panel: Panel, gridIndex: number): Option {
  return {
    gridIndex,
    type: panel.scale === 'log' ? 'log' : 'value',
    // Zero is not forced into view: 0.97 to 0.99 must fill its panel.
    scale: true,
    splitNumber: 4,
    ...(panel.min === undefined ? {} : { min: panel.min }),
    ...(panel.max === undefined ? {} : { max: panel.max }),
    ...AXIS,
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: { color: MUTED, formatter: format(panel) },
    splitLine: { show: true, lineStyle: { color: GRID_LINE } },
  };
}

const format = (panel: Panel): ((value: number) => string) => (panel.percent ? formatPercent : formatNumber);

function panelLines(panel: Panel, index: number, names: readonly string[], xLabel: string): Line[] {
  return panel.lines.flatMap(({ name, steps, values, smoothing }) => {
    const order = names.indexOf(name);
    const color = SERIES_COLORS[order % SERIES_COLORS.length]!;
    // After the last colour they come again, dashed.
    const type = order < SERIES_COLORS.length ? 'solid' : 'dashed';
    const finite = values.map((value) => (value !== null && Number.isFinite(value) ? value : null));
    const dots = finite.filter((value) => value !== null).length <= DOTS;
    const hint = (item: number): string | undefined => {
      const value = values[item];
      return value == null ? undefined : `${name}, ${xLabel} ${steps[item]}: ${format(panel)(value)}`;
    };
    const base: Option = {
      type: 'line',
      name: cleanText(name),
      xAxisIndex: index,
      yAxisIndex: 2 * index,
      symbol: 'circle',
      symbolSize: 5,
      showSymbol: dots,
      showAllSymbol: true,
      ...(dots ? {} : { sampling: 'lttb' }),
      color,
    };
    const draw = (points: readonly (number | null)[], style: Option): Line => ({
      option: { ...base, ...style, data: points.map((value, i) => [steps[i], value]) },
      hint,
    });

    const main = { z: 3, lineStyle: { width: 2, type, color } };
    const drawn: Line[] = [];
    if (smoothing === 0) {
      drawn.push(draw(finite, main));
    } else {
      drawn.push({ ...draw(smooth(finite, smoothing), { ...main, showSymbol: false }), hint: () => undefined });
      const pale = { width: 1, type, color, opacity: 0.35 };
      drawn.push(draw(finite, { z: 2, lineStyle: pale, itemStyle: { opacity: 0.35 } }));
    }
    const mark = (at: readonly number[], style: Option, y: (i: number) => number): Line => ({
      option: {
        type: 'line',
        xAxisIndex: index,
        lineStyle: { width: 0 },
        showSymbol: true,
        showAllSymbol: true,
        z: 4,
        ...style,
        data: at.map((i) => [steps[i], y(i)]),
      },
      hint: (item) => `${name}, ${xLabel} ${steps[at[item]!]}: ${format(panel)(values[at[item]!]!)}`,
    });
    // A value between two gaps has no neighbour to draw a line to.
    const alone = finite.flatMap((y, i) => (y !== null && finite[i - 1] == null && finite[i + 1] == null ? [i] : []));
    if (!dots && alone.length > 0) {
      const dot = { yAxisIndex: 2 * index, symbol: 'circle', symbolSize: 5, itemStyle: { color } };
      drawn.push(mark(alone, dot, (i) => finite[i]!));
    }
    // On the invisible axis from 0 to 1, where the panel's foot is known.
    const lost = values.flatMap((value, i) => (value === null || Number.isFinite(value) ? [] : [i]));
    const cross = {
      yAxisIndex: 2 * index + 1,
      symbol: CROSS,
      symbolSize: 8,
      clip: false,
      itemStyle: { color: '#c81e1e' },
    };
    if (lost.length > 0) drawn.push(mark(lost, cross, () => 0));
    return drawn;
  });
}

/** `loss: train 2.1 at epoch 1, lowest 0.3 at epoch 3, last 0.3 at epoch 3`: the picture in words. */
function describe(panels: readonly Panel[], xLabel: string): string {
  const sentences = panels.flatMap((panel) =>
    panel.lines.map(({ name, steps, values }) => {
      const label = panel.label === '' ? name : `${panel.label}, ${name}`;
      const kept = values.flatMap((value, i) => (value !== null && Number.isFinite(value) ? [i] : []));
      const lost = values.filter((value) => value !== null && !Number.isFinite(value)).length;
      const tell = (word: string, i: number): string => `${word} ${format(panel)(values[i]!)} at ${xLabel} ${steps[i]}`;
      const best = (sign: 1 | -1): number => kept.reduce((a, b) => (sign * values[b]! > sign * values[a]! ? b : a));
      const parts =
        kept.length === 0
          ? ['nothing finite']
          : [tell('first', kept[0]!), tell('lowest', best(-1)), tell('highest', best(1)), tell('last', kept.at(-1)!)];
      if (lost > 0) parts.push(`${lost} of ${values.length} not finite`);
      return `${label}: ${parts.join('; ')}.`;
    }),
  );
  return sentences.join(' ');
}
