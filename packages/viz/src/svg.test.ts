import { describe, expect, it } from 'vitest';
import { parse, texts } from '../test/parse.js';
import {
  escapeText,
  formatNumber,
  formatPercent,
  formatRate,
  svgRoot,
  textElement,
  textWidth,
  wrapText,
} from './svg.js';

describe('escapeText', () => {
  it('comes back from an XML parser as it was', () => {
    const text = `<b attr="x">'A' & B</b> ]]> é 数`;
    expect(texts(parse(`<a>${escapeText(text)}</a>`), 'a')).toEqual([text]);
    expect(parse(`<a b="${escapeText(text)}"/>`).documentElement?.getAttribute('b')).toBe(text);
  });

  it('replaces what XML cannot hold', () => {
    expect(escapeText('a\u0000b\u001fc\ud800d\n\t😀')).toBe('a\ufffdb\ufffdc\ufffdd\n\t😀');
  });
});

describe('numbers', () => {
  it.each([
    [0, '0'],
    [-0, '0'],
    [1, '1'],
    [0.12345678, '0.1235'],
    [98765.4, '98770'],
    [1234567, '1.235e+6'],
    [0.00001234567, '1.235e-5'],
    [0.0001, '0.0001'],
    [-2.5, '-2.5'],
    [Number.NaN, 'NaN'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
  ])('formats %d', (value, text) => expect(formatNumber(value)).toBe(text));

  it('formats shares', () => {
    expect([0.9712, 0.5, 1, 0].map(formatPercent)).toEqual(['97.1\u00a0%', '50\u00a0%', '100\u00a0%', '0\u00a0%']);
    expect([0.9712, 0.5, 1, 0, 0.9999].map(formatRate)).toEqual([
      '97.1\u00a0%',
      '50.0\u00a0%',
      '100\u00a0%',
      '0\u00a0%',
      '100.0\u00a0%',
    ]);
  });
});

describe('wrapText', () => {
  it('breaks at spaces and newlines, and never inside a word', () => {
    const lines = wrapText('is 4, said 9\nwith incomprehensibilities here', 84, 12);
    expect(lines).toEqual(['is 4, said 9', 'with', 'incomprehensibilities', 'here']);
    for (const line of lines.filter((one) => one.includes(' '))) expect(textWidth(line, 12)).toBeLessThanOrEqual(84);
  });
});

describe('svgRoot', () => {
  it('names and describes itself', () => {
    const frame = { width: 20, height: 10, title: 'a < b', description: '"d"' };
    const root = parse(svgRoot(frame, textElement(1, 2, '& so'))).documentElement!;
    expect(root.getAttribute('role')).toBe('img');
    expect(root.getAttribute('aria-label')).toBe('a < b');
    expect(root.getAttribute('viewBox')).toBe('0 0 20 10');
    expect([texts(root, 'title'), texts(root, 'desc'), texts(root)]).toEqual([['a < b'], ['"d"'], ['& so']]);
  });
});
