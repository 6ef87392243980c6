// The look of a report: one column of cards, the reader's own font, paper-friendly.

export const REPORT_STYLE = `:root { color-scheme: light; --ink: #1f2933; --muted: #5b6672; --line: #e4e7eb; --accent: #0072b2; }
* { box-sizing: border-box; }
body {
  margin: 0; background: #f3f5f7; color: var(--ink); line-height: 1.55;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif;
}
header, main { max-width: 880px; margin: 0 auto; padding: 0 20px; }
header { padding-top: 44px; padding-bottom: 8px; }
h1 { margin: 0; font-size: 2rem; line-height: 1.2; letter-spacing: -0.02em; }
.subtitle { margin: 6px 0 0; color: var(--muted); }
section {
  margin: 20px 0; padding: 24px 28px 26px; background: #ffffff;
  border: 1px solid var(--line); border-radius: 12px; overflow-wrap: anywhere;
}
main { padding-bottom: 40px; }
h2 { margin: 0 0 12px; font-size: 1.2rem; line-height: 1.3; letter-spacing: -0.01em; }
p { margin: 0 0 12px; max-width: 68ch; }
section > :last-child { margin-bottom: 0; }
figure { margin: 8px 0 20px; }
figure svg { display: block; max-width: 100%; height: auto; }
figcaption { margin-top: 8px; color: var(--muted); font-size: 0.9rem; max-width: 68ch; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); gap: 12px; margin: 4px 0 18px; }
.facts div { padding: 12px 16px; border-left: 3px solid var(--accent); background: #f3f6fa; border-radius: 0 8px 8px 0; }
.facts dt { color: var(--muted); font-size: 0.85rem; }
.facts dd { margin: 2px 0 0; font-size: 1.5rem; font-weight: 600; line-height: 1.2; font-variant-numeric: tabular-nums; }
.table { overflow-x: auto; margin: 4px 0 18px; }
table { border-collapse: collapse; min-width: 50%; font-size: 0.95rem; font-variant-numeric: tabular-nums; }
caption { padding-bottom: 8px; color: var(--muted); text-align: left; font-size: 0.9rem; }
th, td { padding: 7px 14px; border-bottom: 1px solid var(--line); text-align: left; overflow-wrap: normal; }
th { color: var(--muted); font-weight: 600; border-bottom-color: #cbd2d9; white-space: nowrap; }
.number { text-align: right; }
@media (max-width: 560px) {
  header, main { padding-left: 12px; padding-right: 12px; }
  section { padding: 18px 14px 20px; border-radius: 8px; }
  h1 { font-size: 1.6rem; }
}
@media print {
  body { background: #ffffff; }
  section { border: 0; padding: 0 0 8px; }
  figure, tr { break-inside: avoid; }
}`;
