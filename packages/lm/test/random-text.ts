// Random texts of what is hard to cut: marks, joiners, pairs, flags, line ends, all scripts.

import type { Generator } from '@dl/autograd';

const pieces = [
  ...[
    'a',
    'b',
    'e',
    'The',
    'x_1',
    "don't",
    "'tis",
    'well-known',
    '3.14',
    '1,000',
    '0',
    'É',
    'e\u0301',
    'o\u0302\u0323',
    'ß',
    'İ',
  ],
  ...[' ', ' ', ' ', '  ', '\n', '\r\n', '\r', '\t', '\u00a0', '\u3000', '\ufeff', '\u200b'],
  ...[
    '.',
    ',',
    '...',
    '!',
    '"',
    "'",
    '’',
    '“',
    '”',
    '(',
    ')',
    '--',
    '—',
    '/',
    '$',
    '€',
    '%',
    '#',
    '<',
    '>',
    '`',
    '\u0000',
  ],
  ...[
    'я',
    'й',
    'и\u0306',
    'λόγος',
    'Σ',
    'שָׁלוֹם',
    'مَرْحَبًا',
    '\u0600',
    'क्षि',
    'नी',
    'நி',
    'กำ',
    'ไทย',
    '한',
    '글',
    '\u1112\u1161\u11ab',
    '\u1100',
    '\uac00\u11a8',
  ],
  ...['漢', '字', '。', 'ひ', 'が', 'か\u3099', 'カタカナ', 'ー', 'ｶﾞ', 'Ａ'],
  ...['😀', '👍🏽', '👩‍👩‍👧‍👦', '❤️', '1️⃣', '🇩🇪', '🇫', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '👨🏿‍🚀', '\u200d', '\ufe0f', '𝒳', '𐍈', '\u{10ffff}'],
];

/** A text of `length` pieces; some of them are any code point. Well-formed: no half of a surrogate pair stands alone. */
export function randomText(random: Generator, length: number): string {
  let text = '';
  for (let i = 0; i < length; i++) {
    const index = random.integer(0, pieces.length + 10);
    text += pieces[index] ?? anyCharacter(random);
  }
  return text;
}

function anyCharacter(random: Generator): string {
  const point = random.integer(0, random.integer(0, 2) === 0 ? 0x110000 : 0x3000);
  return point >= 0xd800 && point < 0xe000 ? '\ufffd' : String.fromCodePoint(point);
}

/** Any code units, halves of surrogate pairs among them. */
export function randomUnits(random: Generator, length: number): string {
  const units = Array.from({ length }, () =>
    random.integer(0, 2) === 0 ? random.integer(0xd800, 0xe000) : random.integer(0, 0x10000),
  );
  return String.fromCharCode(...units);
}
