// From an Apache ECharts option to a still SVG string: no DOM, no script, the same string each time.

import { escapeText, type SvgFrame, svgRoot } from './svg.js';

export interface ChartFrame extends SvgFrame {
  /** The hint that a marked point shows under the pointer, by series and by place in its data. */
  readonly hint: (series: number, item: number) => string | undefined;
}

/** Draws `option` (as ECharts understands it) into a picture of the given size. */
export async function renderChart(option: object, frame: ChartFrame): Promise<string> {
  // Here and not at the top of the file: importing this package must change nothing, and ECharts takes a second to load.
  const [echarts, { LineChart }, { GridComponent, LegendComponent, TitleComponent }, { SVGRenderer }] =
    await Promise.all([
      import('echarts/core'),
      import('echarts/charts'),
      import('echarts/components'),
      import('echarts/renderers'),
    ]);
  // Repeats are ignored.
  echarts.use([LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);
  const chart = echarts.init(null, null, {
    renderer: 'svg',
    ssr: true,
    width: frame.width,
    height: frame.height,
  });
  try {
    chart.setOption({ animation: false, ...option });
    return svgRoot(frame, still(chart.renderToSVGString(), frame.hint));
  } finally {
    chart.dispose();
  }
}

/**
 * The children of the root that ECharts wrote, without what serves only a live chart: hover styles, classes and
 * meta attributes. In text ECharts escapes `<`, `>` and quotes, so that none of these patterns can match it.
 */
function still(svg: string, hint: ChartFrame['hint']): string {
  const body = svg
    .slice(svg.indexOf('>') + 1, svg.lastIndexOf('</svg>'))
    .replace(/<style\s*><!\[CDATA\[[\s\S]*?\]\]>\s*<\/style>/g, '')
    .replace(/<path ([^<>]*)><\/path>/g, (_, attributes: string) => {
      const mark = /ecmeta_series_index="(\d+)" ecmeta_data_index="(\d+)" ecmeta_ssr_type="chart"/.exec(attributes);
      const text = mark === null ? undefined : hint(Number(mark[1]), Number(mark[2]));
      return text === undefined
        ? `<path ${attributes}/>`
        : `<path ${attributes}><title>${escapeText(text)}</title></path>`;
    })
    .replace(/ (?:ecmeta_\w+|class|pointer-events|xml:space)="[^"]*"/g, '')
    // The root names one font for all.
    .replace(/font-family:[^;"]*;/g, '')
    .replace(/<text /g, '<text pointer-events="none" ')
    .trim();
  // ECharts numbers its charts from one counter, and pages hold many: name clips by what they cut instead.
  const prefix = `c${hash(body.replace(/zr\d+-/g, ''))}-`;
  return body.replace(/(id="|="url\(#)zr\d+-/g, `$1${prefix}`);
}

/** FNV-1a, 32 bits, in base 36. */
function hash(text: string): string {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  return (state >>> 0).toString(36);
}
