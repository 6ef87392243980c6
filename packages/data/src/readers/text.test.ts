import { FormatError } from '@dl/autograd';
import { describe, expect, it } from 'vitest';
import { parseConllu, parseTagged } from './conllu.js';
import { decodeText, parseLines, parseParallel } from './text.js';

describe('plain text', () => {
  it('is decoded and cut into lines', () => {
    expect(decodeText(new TextEncoder().encode('\uFEFFcrème'))).toBe('crème');
    expect(parseLines('a\n\nb\r\nc\rd')).toEqual(['a', '', 'b', 'c', 'd']);
    expect(parseLines('a\n')).toEqual(['a']);
    expect(parseLines('')).toEqual([]);
  });

  it('refuses what is not UTF-8, and texts that do not pair', () => {
    expect(() => decodeText(Uint8Array.of(0x61, 0xff))).toThrow(
      new FormatError('decodeText: the bytes are not UTF-8 text; unpack or convert the file first'),
    );
    expect(() => parseParallel('a\nb\n', 'A\n')).toThrow(
      new FormatError('parseParallel: the source has 2 lines but the target 1; take both files from the same release'),
    );
  });
});

const row = (id: string, form: string, head: string, feats = '_') =>
  [id, form, form.toLowerCase(), 'NOUN', '_', feats, head, 'dep', '_', '_'].join('\t');

describe('parseConllu', () => {
  it('reads words, words written as one, empty nodes, features and comments', () => {
    const lines = [
      '# newdoc',
      '# text = a = b',
      row('1-2', 'Dont', '_'),
      row('1', 'Do', '0', 'Number=Plur|Case=Nom'),
      row('2', 'nt', '1'),
      row('2.1', 'go', '_'),
      '',
      '# sent_id = 2',
      row('1', '_', '_'),
    ];
    const [first, second] = parseConllu(`${lines.join('\r\n')}\r\n\r\n`);
    expect(first?.metadata).toEqual({ newdoc: '', text: 'a = b' });
    expect(first?.multiwords).toEqual([{ first: 1, last: 2, form: 'Dont', misc: '' }]);
    expect(first?.emptyNodes.map(({ id, form }) => [id, form])).toEqual([['2.1', 'go']]);
    expect(first?.words[0]).toEqual({
      id: 1,
      form: 'Do',
      lemma: 'do',
      upos: 'NOUN',
      xpos: '',
      feats: { Number: 'Plur', Case: 'Nom' },
      head: 0,
      deprel: 'dep',
      deps: '',
      misc: '',
    });
    expect(second?.words.map(({ form, head }) => [form, head])).toEqual([['_', null]]);
  });

  it.each([
    [
      `${row('1', 'a', '0')}\textra\n\n`,
      'line 1 has 11 columns, needs 10 with tabs between; is the file cut off, or of another format?',
    ],
    [
      `${row('1', 'a', '0')}\n2\tb\n`,
      'line 2 has 2 columns, needs 10 with tabs between; is the file cut off, or of another format?',
    ],
    [`${row('1', 'a', '0')}\n${row('3', 'b', '1')}\n\n`, "line 2 has the id '3', needs 2; is a line missing?"],
    [`${row('1', 'a', 'x')}\n\n`, "line 1 has the head 'x', needs a whole number or _"],
    [
      `${row('1', 'a', '4')}\n\n`,
      "the sentence at line 1 has 1 words, but 'a' points beyond them; the file is cut off or damaged, get it again",
    ],
    [
      row('1', 'a', '0'),
      'the text ends within a sentence, needs an empty line after it; the file is cut off, get it again',
    ],
  ])('refuses %j', (text, message) => {
    expect(() => parseConllu(text)).toThrow(new FormatError(`parseConllu: ${message}`));
  });
});

describe('parseTagged', () => {
  it('reads words and tags, sentences apart', () => {
    expect(parseTagged('a\tX\nb\tY\n\n\nc\tX\n')).toEqual([
      { forms: ['a', 'b'], tags: ['X', 'Y'] },
      { forms: ['c'], tags: ['X'] },
    ]);
  });

  it('refuses a line without a tag', () => {
    expect(() => parseTagged('a\tX\nb\n')).toThrow(
      new FormatError("parseTagged: line 2 is 'b', needs a word, one tab and a tag"),
    );
  });
});

describe('what others put before and into a text', () => {
  const word = '1\ta\ta\tNOUN\t_\t_\t0\troot\t_\t_';

  it('a byte order mark is left out by every reader', () => {
    expect(parseLines('\uFEFFa\nb')).toEqual(['a', 'b']);
    expect(parseParallel('\uFEFFa\n', 'b\n')).toEqual([{ source: 'a', target: 'b' }]);
    expect(parseTagged('\uFEFFa\tX\n\n')).toEqual([{ forms: ['a'], tags: ['X'] }]);
    expect(parseConllu(`\uFEFF# id = 1\n${word}\n\n`)).toEqual(parseConllu(`# id = 1\n${word}\n\n`));
    expect(parseConllu(`\uFEFF${word}\n\n`)).toHaveLength(1);
  });

  it('a comment may be called what every object has', () => {
    const [sentence] = parseConllu(`# __proto__ = x\n# constructor = y\n${word}\n\n`);
    expect(Object.entries(sentence!.metadata)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });

  it('long lines make no long messages', () => {
    const long = 'x'.repeat(1e6);
    for (const act of [
      () => parseTagged(`${long}\n`),
      () => parseConllu(`${word.replace('1', long)}\n\n`),
      () => parseConllu(`${word.replace('0', long)}\n\n`),
      () => parseConllu(`${word.replace('a', long).replace('0', '9'.repeat(400))}\n\n`),
    ]) {
      expect(act).toThrow(/^parse\w+: [^\n]{1,300}$/);
    }
  });
});
