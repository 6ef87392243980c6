// What every picture is made of: escaped text, rounded numbers, estimated text widths and the root element.

/** The font of all pictures: what the reader's system uses, so that nothing is fetched. */
export const FONT = 'system-ui,-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif';

export const INK = '#1f2933';
export const MUTED = '#5b6672';
export const FAINT = '#6f7b87';
/** What pictures stand on. */
export const GROUND = '#ffffff';
export const AXIS_LINE = '#9aa5b1';
export const GRID_LINE = '#e4e7eb';
/** A cell of a matrix in which nothing was counted. */
export const NOTHING = '#f6f6f6';

/** Replaces what XML 1.0 cannot hold in any spelling: control characters and halves of surrogate pairs. */
export function cleanText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu, '\ufffd');
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text made safe for element content and quoted attributes, in SVG and in HTML. */
export function escapeText(text: string): string {
  return cleanText(text).replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** A number as people read it: four significant digits, no trailing zeros; far from 1 with an exponent. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const rounded = Number(value.toPrecision(4));
  const size = Math.abs(rounded);
  return size !== 0 && (size >= 1e6 || size < 1e-4) ? rounded.toExponential() : String(rounded);
}

/** 0.9712 as `97.1 %`, 0.5 as `50 %`, with a space that does not break. */
export function formatPercent(share: number): string {
  return Number.isFinite(share) ? `${Number((share * 100).toFixed(1))}\u00a0%` : String(share);
}

/** As {@link formatPercent}, but always one decimal, to line up in columns; bare 0 % and 100 % are exact. */
export function formatRate(share: number): string {
  return share === 0 || share === 1 ? formatPercent(share) : `${(share * 100).toFixed(1)}\u00a0%`;
}

/** Width of `text` in px, by an average: good enough to reserve room, the same on every machine. */
export function textWidth(text: string, fontSize: number): number {
  let width = 0;
  for (const character of text) width += character.codePointAt(0)! >= 0x2e80 ? 1 : 0.56;
  return width * fontSize;
}

/** Breaks at spaces (and at newlines) so that lines are at most `width` px where words allow it. */
export function wrapText(text: string, width: number, fontSize: number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '';
    for (const word of paragraph.split(/ +/)) {
      const longer = line === '' ? word : `${line} ${word}`;
      if (line !== '' && textWidth(longer, fontSize) > width) {
        lines.push(line);
        line = word;
      } else {
        line = longer;
      }
    }
    lines.push(line);
  }
  return lines;
}

export interface TextStyle {
  readonly size?: number;
  readonly color?: string;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly bold?: boolean;
  /** SVG transform, for turned text. */
  readonly transform?: string;
}

/** A `<text>` whose vertical middle is at y. It lets the pointer through, so that what it labels shows its own hint. */
export function textElement(x: number, y: number, content: string, style: TextStyle = {}): string {
  const { size = 12, color = INK, anchor = 'middle', bold = false, transform } = style;
  const weight = bold ? ' font-weight="600"' : '';
  const turn = transform === undefined ? '' : ` transform="${transform}"`;
  // Not dominant-baseline: several SVG viewers ignore it. A third of the size is half a capital's height.
  const baseline = round(y + size * 0.35);
  return `<text x="${round(x)}" y="${baseline}" font-size="${round(size)}" fill="${color}" text-anchor="${anchor}"${weight}${turn} pointer-events="none">${escapeText(content)}</text>`;
}

/** At most two decimals: enough for a screen, and short. */
export function round(value: number): number {
  return Math.round(value * 100) / 100;
}

export interface SvgFrame {
  readonly width: number;
  readonly height: number;
  /** The accessible name. */
  readonly title: string;
  /** What the picture shows, in words: read aloud, and found by search. */
  readonly description: string;
}

/** A whole picture: role, name and description for screen readers, and a white ground, so that it reads anywhere. */
export function svgRoot({ width, height, title, description }: SvgFrame, body: string): string {
  const name = escapeText(title);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${name}" font-family="${FONT}">`,
    `<title>${name}</title>`,
    `<desc>${escapeText(description)}</desc>`,
    `<rect width="${width}" height="${height}" fill="${GROUND}"/>`,
    body,
    '</svg>',
  ].join('\n');
}
