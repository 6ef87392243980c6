// The look of a report: one column of cards, the reader's own font, light or dark as the reader has it, paper-friendly.

import { AXIS_LINE, FAINT, GRID_LINE, GROUND, INK, MUTED, NOTHING } from './svg.js';

/** The neutral colours of pictures, and what a dark page has in their place. What stands for a number keeps its colour. */
const DARK: Readonly<Record<string, string>> = {
  [GROUND]: '#1b222a',
  [INK]: '#e4e9ee',
  [MUTED]: '#a3afbb',
  [FAINT]: '#8d99a6',
  [AXIS_LINE]: '#66727e',
  [GRID_LINE]: '#323c46',
  [NOTHING]: '#262f38',
  // The last colour of lines.
  '#000000': '#ffffff',
  '#0072b2': '#3a9bd9',
};

const ofPictures = Object.entries(DARK).map(([light, dark]) => {
  // White text is that on a strong colour.
  const filled = light === GROUND ? 'figure svg > rect' : 'figure svg ';
  return `  ${filled}[fill="${light}"] { fill: ${dark}; } figure svg [stroke="${light}"] { stroke: ${dark}; }`;
});

export const REPORT_STYLE = `:root {
  color-scheme: light dark; --page: #f3f5f7; --card: ${GROUND}; --ink: ${INK}; --muted: ${MUTED};
  --line: ${GRID_LINE}; --rule: #cbd2d9; --accent: #0072b2; --fact: #f3f6fa;
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink); line-height: 1.55;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif;
}
header, main { max-width: 880px; margin: 0 auto; padding: 0 20px; }
header { padding-top: 44px; padding-bottom: 8px; }
h1 { margin: 0; font-size: 2rem; line-height: 1.2; letter-spacing: -0.02em; }
.subtitle { margin: 6px 0 0; color: var(--muted); }
section {
  margin: 20px 0; padding: 24px 28px 26px; background: var(--card);
  border: 1px solid var(--line); border-radius: 12px; overflow-wrap: anywhere;
}
main { padding-bottom: 40px; }
h2 { margin: 0 0 12px; font-size: 1.2rem; line-height: 1.3; letter-spacing: -0.01em; }
p { margin: 0 0 12px; max-width: 68ch; }
section > :last-child { margin-bottom: 0; }
figure { margin: 8px 0 20px; }
figure svg { display: block; max-width: 100%; height: auto; }
.on-narrow { display: none; }
figcaption { margin-top: 8px; color: var(--muted); font-size: 0.9rem; max-width: 68ch; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); gap: 12px; margin: 4px 0 18px; }
.facts div { padding: 12px 16px; border-left: 3px solid var(--accent); background: var(--fact); border-radius: 0 8px 8px 0; }
.facts dt { color: var(--muted); font-size: 0.85rem; }
.facts dd { margin: 2px 0 0; font-size: 1.5rem; font-weight: 600; line-height: 1.2; font-variant-numeric: tabular-nums; }
.table { overflow-x: auto; margin: 4px 0 18px; }
table { border-collapse: collapse; min-width: 50%; font-size: 0.95rem; font-variant-numeric: tabular-nums; }
caption { padding-bottom: 8px; color: var(--muted); text-align: left; font-size: 0.9rem; }
th, td { padding: 7px 14px; border-bottom: 1px solid var(--line); text-align: left; overflow-wrap: normal; }
th { color: var(--muted); font-weight: 600; border-bottom-color: var(--rule); white-space: nowrap; }
.number { text-align: right; }
@media (max-width: 560px) {
  header, main { padding-left: 12px; padding-right: 12px; }
  section { padding: 18px 14px 20px; border-radius: 8px; }
  h1 { font-size: 1.6rem; }
  .on-wide { display: none; }
  .on-narrow { display: block; }
  table { min-width: 100%; font-size: 0.75rem; }
  th, td { padding: 6px 3px; }
  th { white-space: normal; vertical-align: bottom; }
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #12171d; --card: ${DARK[GROUND]}; --ink: ${DARK[INK]}; --muted: ${DARK[MUTED]};
    --line: ${DARK[GRID_LINE]}; --rule: #4a5560; --accent: #3a9bd9; --fact: #222b34;
  }
${ofPictures.join('\n')}
}
@media print {
  body { background: #ffffff; }
  section { border: 0; padding: 0 0 8px; }
  figure, tr { break-inside: avoid; }
}`;
