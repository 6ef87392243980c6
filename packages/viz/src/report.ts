// One HTML page that holds a whole report: no script, nothing fetched, opens from a file or a mail.

import { ArgumentError, checkCall, type Known } from '@dl/autograd';
import { REPORT_STYLE } from './report-style.js';
import { escapeText, formatNumber } from './svg.js';
import { checkOptionalText, checkText, isList, show } from './validate.js';

/** A picture, by this package or another, as an SVG string. It is put into the page as it is. */
export interface Figure {
  readonly svg: string;
  /** The same picture drawn for a page that is less than 560 px wide, such as a telephone's; else `svg` is shrunk there. */
  readonly narrow?: string;
  /** Below the picture. */
  readonly caption?: string;
}

/** A table. Numbers stand right and are rounded to four significant digits; strings stand left, as they are. */
export interface Table {
  readonly columns: readonly string[];
  /** Each as long as `columns`. */
  readonly rows: readonly (readonly (string | number)[])[];
  /** Above the table. */
  readonly caption?: string;
}

/** A few figures that matter most, shown large: `{ facts: { 'test accuracy': '98.6 %', images: 60000 } }`. */
export interface Facts {
  readonly facts: Readonly<Record<string, string | number>>;
}

/** A paragraph (a string), a picture, a table, or a row of large figures. */
export type Block = string | Figure | Table | Facts;

export interface Section {
  readonly heading: string;
  readonly content: readonly Block[];
}

/** What {@link report} puts on the page. */
export interface ReportOptions {
  readonly title: string;
  /** Under the title: the date, the model, the command. */
  readonly subtitle?: string;
  /** BCP 47 language tag of the texts. Default 'en'. */
  readonly lang?: string;
  readonly sections: readonly Section[];
}

const reportOptions: Known<ReportOptions> = { title: 'string', subtitle: 'string', lang: 'string', sections: 'list' };

/**
 * Builds one self-contained HTML page, readable on a phone, on paper and by a screen reader. All text is escaped;
 * only SVG goes in unescaped, so it must come from code that you trust. The same input gives the same string.
 *
 * @returns A complete document, from its doctype on; well-formed as XML too.
 * @throws ArgumentError, in one sentence, for missing texts, a ragged table, an empty page, a figure that
 *   is not one SVG element or that holds a script.
 *
 * @example
 * ```ts
 * import { curves, report } from '@dl/viz';
 * const html = report({
 *   title: 'LeNet-5',
 *   sections: [
 *     { heading: 'Result', content: [{ facts: { 'test accuracy': '98.6 %' } }, 'After three epochs.'] },
 *     { heading: 'Loss', content: [{ svg: await curves([{ name: 'train', values: [2.3, 0.4, 0.1] }]) }] },
 *   ],
 * });
 * console.log(html.includes('<h2>Loss</h2>')); // true
 * ```
 */
export function report(options: ReportOptions): string {
  checkCall('report', arguments, [], reportOptions);
  if (typeof options !== 'object' || options === null) {
    throw new ArgumentError(`report: got ${show(options)}, needs { title, sections }`);
  }
  const { title, subtitle, lang = 'en', sections } = options;
  checkText('report', 'title', title);
  checkOptionalText('report', 'subtitle', subtitle);
  checkText('report', 'lang', lang);
  if (!Array.isArray(sections) || sections.length === 0) {
    const got = Array.isArray(sections) ? 'no sections' : `${show(sections)} as sections`;
    throw new ArgumentError(`report: got ${got}, needs at least one { heading, content }`);
  }
  const body = sections.map(sectionHtml).join('\n');
  const under = subtitle === undefined ? '' : `\n<p class="subtitle">${escapeText(subtitle)}</p>`;
  return `<!DOCTYPE html>
<html lang="${escapeText(lang)}" xmlns="http://www.w3.org/1999/xhtml">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>${escapeText(title)}</title>
<style>
${REPORT_STYLE}
</style>
</head>
<body>
<header>
<h1>${escapeText(title)}</h1>${under}
</header>
<main>
${body}
</main>
</body>
</html>
`;
}

function sectionHtml(section: Section, index: number): string {
  if (typeof section !== 'object' || section === null) {
    throw new ArgumentError(`report: section ${index} is ${show(section)}, needs { heading, content }`);
  }
  const { heading, content } = section;
  checkText('report', `the heading of section ${index}`, heading);
  if (!Array.isArray(content)) {
    throw new ArgumentError(
      `report: the content of section '${heading}' is ${show(content)}, needs an array of blocks`,
    );
  }
  const blocks = content.map((block: Block, i) => blockHtml(block, `report: block ${i} of section '${heading}'`));
  return `<section>\n<h2>${escapeText(heading)}</h2>\n${blocks.join('\n')}\n</section>`;
}

function blockHtml(block: Block, where: string): string {
  if (typeof block === 'string') return `<p>${escapeText(block)}</p>`;
  if (typeof block === 'object' && block !== null) {
    if ('svg' in block) return figureHtml(block, where);
    if ('columns' in block) return tableHtml(block, where);
    if ('facts' in block) return factsHtml(block, where);
  }
  throw new ArgumentError(`${where} is ${show(block)}, needs a string, { svg }, { columns, rows } or { facts }`);
}

function figureHtml({ svg, narrow, caption }: Figure, where: string): string {
  const pictures = [pictureOf('svg', svg, where)];
  if (narrow !== undefined) {
    pictures.unshift('<div class="on-wide">');
    pictures.push(`</div>\n<div class="on-narrow">`, pictureOf('narrow', narrow, where), '</div>');
  }
  checkOptionalText(where, 'caption', caption);
  const below = caption === undefined ? '' : `\n<figcaption>${escapeText(caption)}</figcaption>`;
  return `<figure>\n${pictures.join('\n')}${below}\n</figure>`;
}

function pictureOf(name: string, svg: string, where: string): string {
  checkText(where, name, svg);
  const trimmed = svg.trim();
  if (!/^<svg[\s>]/.test(trimmed) || !trimmed.endsWith('</svg>')) {
    throw new ArgumentError(`${where}: ${name} is ${show(trimmed)}, needs one <svg> element, as curves() returns`);
  }
  if (/<script[\s/>]/i.test(trimmed)) {
    throw new ArgumentError(`${where}: ${name} holds a script, and a report has none; remove it`);
  }
  return trimmed;
}

// A column of such cells stands to the right, so that digits of equal weight stand one above the other.
const numberText = /^[-+−]?(\d+(,\d{3})*(\.\d+)?(e[-+]?\d+)?|Infinity)( ?%)?$|^NaN$/;

function tableHtml({ columns, rows, caption }: Table, where: string): string {
  if (!Array.isArray(columns) || columns.length === 0) {
    throw new ArgumentError(`${where}: columns is ${show(columns)}, needs at least one heading`);
  }
  columns.forEach((column, i) => checkText(where, `column ${i}`, column));
  if (!Array.isArray(rows)) throw new ArgumentError(`${where}: rows is ${show(rows)}, needs an array of rows`);
  checkOptionalText(where, 'caption', caption);
  rows.forEach((row: unknown, i) => {
    if (!isList(row)) throw new ArgumentError(`${where}: row ${i} is ${show(row)}, needs an array of cells`);
    if (row.length !== columns.length) {
      throw new ArgumentError(`${where}: row ${i} has ${row.length} cells but the table has ${columns.length} columns`);
    }
  });
  const numeric = columns.map(
    (_, i) => rows.length > 0 && rows.every((row: Table['rows'][number]) => numberText.test(String(row[i]))),
  );
  const align = (i: number): string => (numeric[i] ? ' class="number"' : '');
  const head = columns.map((column: string, i) => `<th scope="col"${align(i)}>${escapeText(column)}</th>`).join('');
  const body = rows.map((row: Table['rows'][number], r) => {
    const cells = row.map((cell, i) => `<td${align(i)}>${cellText(cell, `${where}: cell ${i} of row ${r}`)}</td>`);
    return `<tr>${cells.join('')}</tr>`;
  });
  const above = caption === undefined ? '' : `<caption>${escapeText(caption)}</caption>\n`;
  return `<div class="table"><table>\n${above}<thead><tr>${head}</tr></thead>\n<tbody>\n${body.join('\n')}\n</tbody>\n</table></div>`;
}

function factsHtml({ facts }: Facts, where: string): string {
  if (typeof facts !== 'object' || facts === null || Object.keys(facts).length === 0) {
    throw new ArgumentError(`${where}: facts is ${show(facts)}, needs an object such as { 'test accuracy': '98.6 %' }`);
  }
  const items = Object.entries(facts).map(
    ([name, value]) => `<div><dt>${escapeText(name)}</dt><dd>${cellText(value, `${where}: '${name}'`)}</dd></div>`,
  );
  return `<dl class="facts">\n${items.join('\n')}\n</dl>`;
}

function cellText(cell: unknown, where: string): string {
  if (typeof cell === 'number') return escapeText(Number.isSafeInteger(cell) ? String(cell) : formatNumber(cell));
  if (typeof cell === 'string') return escapeText(cell);
  throw new ArgumentError(`${where} is ${show(cell)}, needs a string or a number`);
}
