import type { Element } from '@xmldom/xmldom';
import { describe, expect, it } from 'vitest';
import { attribute, elements, parse, texts } from '../test/parse.js';
import { confusionMatrix } from './confusion-matrix.js';
import { curves } from './curves.js';
import { imageGrid } from './image-grid.js';
import { type Block, type ReportOptions, report } from './report.js';

const open = (options: ReportOptions) => parse(report(options).replace('<!DOCTYPE html>\n', ''));
const page = (...content: Block[]): ReportOptions => ({ title: 'T', sections: [{ heading: 'H', content }] });

describe('report', () => {
  it('is one document with headings, paragraphs, figures, tables and facts in order', async () => {
    const html = open({
      title: 'LeNet-5',
      subtitle: 'seed 42',
      lang: 'en-GB',
      sections: [
        { heading: 'Result', content: [{ facts: { accuracy: '98.6 %', images: 60000 } }, 'One.', 'Two.'] },
        {
          heading: 'Curves',
          content: [
            { svg: await curves([{ name: 'a', values: [1, 2] }]), caption: 'Loss.' },
            {
              columns: ['epoch', 'loss', 'note'],
              rows: [
                [1, 0.123456, 'x'],
                [2, 0.5, 'y'],
              ],
              caption: 'By epoch.',
            },
          ],
        },
      ],
    });
    expect(attribute(html.documentElement!, 'lang')).toBe('en-GB');
    expect([texts(html, 'h1'), texts(html, 'h2')]).toEqual([['LeNet-5'], ['Result', 'Curves']]);
    expect(texts(html, 'p')).toEqual(['seed 42', 'One.', 'Two.']);
    expect([texts(html, 'dt'), texts(html, 'dd')]).toEqual([
      ['accuracy', 'images'],
      ['98.6 %', '60000'],
    ]);
    expect([texts(html, 'caption'), texts(html, 'figcaption')]).toEqual([['By epoch.'], ['Loss.']]);
    expect([texts(html, 'th'), texts(html, 'td')]).toEqual([
      ['epoch', 'loss', 'note'],
      ['1', '0.1235', 'x', '2', '0.5', 'y'],
    ]);
    expect(elements(html, 'th').map((cell) => cell.getAttribute('class'))).toEqual(['number', 'number', null]);
    expect(elements(elements(html, 'section')[1]!, 'svg')).toHaveLength(1);
  });

  it('has columns of numbers to the right, also of numbers as texts, and all others to the left', () => {
    const cells = [1, '0.5840', '1,234,567', '-3e-7', '79.8 %', '10 s', '0.1.0', '', 'x'];
    const rows = [cells, cells.map(() => 2)].map((row, i) => [...row, i === 0 ? 'x' : 1]);
    const html = open({ title: 'x', sections: [{ heading: 'H', content: [{ columns: rows[0]!.map(String), rows }] }] });
    const toTheRight = elements(html, 'th').filter((cell) => cell.getAttribute('class') === 'number');
    expect(toTheRight.map((cell) => cell.textContent)).toEqual(['1', '0.5840', '1,234,567', '-3e-7', '79.8 %']);
  });

  it('starts in standards mode, says its encoding and its width', () => {
    const html = report(page('x'));
    expect(html.startsWith('<!DOCTYPE html>')).toBe(true);
    const metas = elements(open(page('x')), 'meta');
    expect(attribute(metas[0]!, 'charset')).toBe('utf-8');
    expect(attribute(metas[1]!, 'content')).toBe('width=device-width, initial-scale=1');
  });

  it('has another picture for a narrow page, and each page shows one of the two', () => {
    const html = open(page({ svg: '<svg id="w"></svg>', narrow: '<svg id="n"></svg>', caption: 'c' }));
    const parents = elements(html, 'svg').map((svg) => [
      attribute(svg, 'id'),
      (svg.parentNode as unknown as Element).getAttribute('class'),
    ]);
    expect(parents).toEqual([
      ['w', 'on-wide'],
      ['n', 'on-narrow'],
    ]);
    expect(texts(html, 'figcaption')).toEqual(['c']);
    expect(() => report(page({ svg: '<svg></svg>', narrow: '<p/>' }))).toThrow(
      'report: block 0 of section \'H\': narrow is "<p/>", needs one <svg> element, as curves() returns',
    );
  });

  it('fetches nothing and runs nothing', async () => {
    const html = open(
      page(
        {
          svg: confusionMatrix([
            [1, 2],
            [3, 4],
          ]),
        },
        { svg: imageGrid({ data: [1, 2], shape: [2, 1, 1] }) },
        { svg: await curves([{ name: 'a', values: [1, 2] }]) },
      ),
    );
    for (const name of ['script', 'link', 'iframe', 'img', 'a']) expect(elements(html, name)).toHaveLength(0);
    const [style] = texts(html, 'style');
    expect(style).not.toMatch(/@import|url\(/);
    for (const element of elements(html, '*')) {
      for (const { name, value } of element.attributes) {
        expect(name).not.toMatch(/^on/i);
        if (/href|src/.test(name)) expect(value).toMatch(/^data:image\/png;base64,/);
        else if (!/^xmlns/.test(name)) expect(value).not.toMatch(/https?:/);
      }
    }
  });

  it('escapes every text', () => {
    const evil = `<script>alert("1")</script>&'`;
    const html = open({
      title: evil,
      subtitle: evil,
      lang: '"><b',
      sections: [
        {
          heading: evil,
          content: [
            evil,
            { facts: { [evil]: evil } },
            { columns: [evil], rows: [[evil]], caption: evil },
            { svg: '<svg/>\n</svg>'.replace('/>\n', '>'), caption: evil },
          ],
        },
      ],
    });
    expect(elements(html, 'script')).toHaveLength(0);
    for (const name of ['title', 'h1', 'h2', 'dt', 'dd', 'th', 'td', 'caption', 'figcaption']) {
      expect(texts(html, name)).toEqual([evil]);
    }
    expect(texts(html, 'p')).toEqual([evil, evil]);
    expect(attribute(html.documentElement!, 'lang')).toBe('"><b');
  });

  it('gives the same string each time', async () => {
    const make = async () => report(page({ svg: await curves([{ name: 'a', values: [1, 2] }]) }, 'x'));
    expect(await make()).toBe(await make());
  });

  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'report: got undefined, needs { title, sections }'],
    ['no title', { sections: [] }, 'report: title is undefined, needs a string'],
    ['a subtitle that is no text', { title: 'T', subtitle: 1, sections: [] }, 'report: subtitle is 1, needs a string'],
    ['no sections', { title: 'T', sections: [] }, 'report: got no sections, needs at least one { heading, content }'],
    ['sections no array', { title: 'T', sections: 'x' }, "report: sections is 'x', needs an array"],
    ['a section that is text', { title: 'T', sections: ['x'] }, 'report: section 0 is "x", needs { heading, content }'],
    [
      'no heading',
      { title: 'T', sections: [{ content: [] }] },
      'report: the heading of section 0 is undefined, needs a string',
    ],
    [
      'content no array',
      { title: 'T', sections: [{ heading: 'H', content: 'x' }] },
      'report: the content of section \'H\' is "x", needs an array of blocks',
    ],
    [
      'an unknown block',
      page({} as never),
      "report: block 0 of section 'H' is an object (Object), needs a string, { svg }, { columns, rows } or { facts }",
    ],
    ['a number as block', page('x', 4 as never), "report: block 1 of section 'H' is 4, needs a string"],
    [
      'svg that is none',
      page({ svg: '<p/>' }),
      'report: block 0 of section \'H\': svg is "<p/>", needs one <svg> element, as curves() returns',
    ],
    [
      'svg with a script',
      page({ svg: '<svg><SCRIPT >x</SCRIPT></svg>' }),
      "report: block 0 of section 'H': svg holds a script, and a report has none; remove it",
    ],
    [
      'no columns',
      page({ columns: [], rows: [] }),
      "report: block 0 of section 'H': columns is an array of 0, needs at least one heading",
    ],
    [
      'rows no array',
      page({ columns: ['a'], rows: 'x' as never }),
      'report: block 0 of section \'H\': rows is "x", needs an array of rows',
    ],
    [
      'a ragged table',
      page({ columns: ['a', 'b'], rows: [[1, 2], [3]] }),
      "report: block 0 of section 'H': row 1 has 1 cells but the table has 2 columns",
    ],
    [
      'a cell that is neither',
      page({ columns: ['a'], rows: [[null as never]] }),
      "report: block 0 of section 'H': cell 0 of row 0 is null, needs a string or a number",
    ],
    [
      'no facts',
      page({ facts: {} }),
      "report: block 0 of section 'H': facts is an object (Object), needs an object such as { 'test accuracy': '98.6 %' }",
    ],
    [
      'a fact that is neither',
      page({ facts: { a: true as never } }),
      "report: block 0 of section 'H': 'a' is true, needs a string or a number",
    ],
  ])('refuses %s', (_, options, message) => {
    expect(() => report(options as never)).toThrow(message);
  });
});
