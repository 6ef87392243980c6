import { ArgumentError, FormatError } from '@dl/autograd';
import { describe, expect, it } from 'vitest';
import { parseCsv } from './csv.js';

describe('the grammar', () => {
  it.each<[string, string, (string | null)[][]]>([
    [
      'plain fields',
      'a,b\n1,2\n3,4\n',
      [
        ['1', '2'],
        ['3', '4'],
      ],
    ],
    ['no end after the last line', 'a,b\n1,2', [['1', '2']]],
    [
      'ends of Windows and of old Macs',
      'a,b\r\n1,2\r3,4\r\n',
      [
        ['1', '2'],
        ['3', '4'],
      ],
    ],
    ['a byte order mark, and empty lines', '\uFEFFa,b\n\n1,2\n\n', [['1', '2']]],
    ['separators, quotes and line ends in quotes', 'a,b\n"x, y","say ""hi""\nnow"\n', [['x, y', 'say "hi"\nnow']]],
    ['an empty field at the end of the text', 'a,b\n1,', [['1', null]]],
    ['quotes around nothing', 'a,b\n"",""""\n', [[null, '"']]],
    ['a quote inside a field', 'a,b\n5" disk,2\n', [['5" disk', '2']]],
  ])('reads %s', (_, text, expected) => {
    const table = parseCsv(text);
    expect(table.names).toEqual(['a', 'b']);
    const columns = table.names.map((name) => table.texts(name));
    expect(Array.from({ length: table.rows }, (_, row) => columns.map((column) => column[row]))).toEqual(expected);
  });

  it('takes other separators, no quotes, and names from outside', () => {
    const table = parseCsv('1\t"so"\n0\tno\n', { separator: '\t', quote: '', header: ['label', 'text'] });
    expect(table.texts('text')).toEqual(['"so"', 'no']);
    expect(parseCsv('1,2\n3,4\n', { header: false }).numbers('1').data).toEqual(Float64Array.of(2, 4));
  });
});

describe('columns', () => {
  const table = parseCsv('kind,size,count\nb,1.5,3\na,,4\n b ,-2e3,5\nNA,.5,6\n');

  it('come as numbers, whole numbers, categories, texts', () => {
    expect(table.rows).toBe(4);
    expect(table.numbers('size')).toEqual({ data: Float64Array.of(1.5, Number.NaN, -2000, 0.5), shape: [4] });
    expect(table.integers('count')).toEqual({ data: Int32Array.of(3, 4, 5, 6), shape: [4] });
    const { codes, categories } = table.categories('kind');
    expect([categories, codes.data]).toEqual([['a', 'b'], Int32Array.of(1, 0, 1, -1)]);
    expect(table.categories('kind', ['b', 'a', 'c']).codes.data).toEqual(Int32Array.of(0, 1, 0, -1));
    expect(table.texts('kind')).toEqual(['b', 'a', ' b ', null]);
    expect([table.missing('kind'), table.missing('count')]).toEqual([1, 0]);
  });

  it('come side by side, missing values filled or dropped', () => {
    const names = ['count', 'size'];
    expect(table.matrix(names, { missing: 0 }).data).toEqual(Float32Array.of(3, 1.5, 4, 0, 5, -2000, 6, 0.5));
    expect(table.matrix(names, { missing: 'mean' }).data[3]).toBeCloseTo(-1998 / 3, 3);
    expect(table.dropMissing(['size']).matrix(names)).toEqual({
      data: Float32Array.of(3, 1.5, 5, -2000, 6, 0.5),
      shape: [3, 2],
    });
    expect(table.dropMissing().rows).toBe(2);
  });

  it('of names come as one column for each category', () => {
    const oneHot = { kind: ['b', 'a'] };
    expect(table.matrix(['count', 'kind', 'size'], { missing: 0, oneHot })).toEqual({
      data: Float32Array.of(3, 1, 0, 1.5, 4, 0, 1, 0, 5, 1, 0, -2000, 6, 0, 0, 0.5),
      shape: [4, 4],
    });
    expect(table.dropMissing(['kind']).matrix(['kind'], { oneHot }).data).toEqual(Float32Array.of(1, 0, 0, 1, 1, 0));
  });

  it.each<[string, () => unknown, Error]>([
    [
      'a missing name',
      () => table.matrix(['kind'], { oneHot: { kind: ['a', 'b'] } }),
      new FormatError("table: 'kind' is missing on line 5; call dropMissing() first, or set missing: 'mean'"),
    ],
    [
      'a name that is no category',
      () => table.matrix(['kind'], { missing: 0, oneHot: { kind: ['a'] } }),
      new FormatError("table: 'kind' on line 2 is 'b', needs one of a"),
    ],
    [
      'categories of a column that is not asked for',
      () => table.matrix(['size'], { oneHot: { kind: ['a'] } }),
      new ArgumentError("table: oneHot has 'kind', which is not among the columns size"),
    ],
    [
      'a column that is not there',
      () => table.numbers('weight'),
      new ArgumentError("table: there is no column 'weight'; the columns are kind, size, count"),
    ],
    [
      'words for numbers',
      () => table.numbers('kind'),
      new FormatError("table: 'kind' on line 2 is 'b', needs a number"),
    ],
    [
      'fractions for whole numbers',
      () => table.integers('size'),
      new FormatError("table: 'size' on line 2 is '1.5', needs a whole number of 32 bits"),
    ],
    [
      'missing whole numbers',
      () => parseCsv('a,b\n1,1\n,1\n').integers('a'),
      new FormatError("table: 'a' on line 3 is missing, needs a whole number of 32 bits"),
    ],
    [
      'an unknown category',
      () => table.categories('kind', ['a']),
      new FormatError("table: 'kind' on line 2 is 'b', needs one of a"),
    ],
    [
      'missing values in a matrix',
      () => table.matrix(['size']),
      new FormatError("table: 'size' is missing on line 3; call dropMissing() first, or set missing: 'mean'"),
    ],
    [
      'the mean of nothing',
      () => parseCsv('a,b\n1,\n2,\n').matrix(['a', 'b'], { missing: 'mean' }),
      new FormatError("table: every field of 'b' is missing, so that it has no mean; leave the column out"),
    ],
    [
      'hexadecimal',
      () => parseCsv('a\n0x1f\n').numbers('a'),
      new FormatError("table: 'a' on line 2 is '0x1f', needs a number"),
    ],
    [
      'a short line',
      () => parseCsv('a,b\n1,2\n3\n'),
      new FormatError('parseCsv: line 3 has 1 fields, needs 2; is the file cut off, or the separator another one?'),
    ],
    [
      'a quote that stays open',
      () => parseCsv('a,b\n1,"2\n3,4\n'),
      new FormatError(
        "parseCsv: the quote opened on line 2 is never closed; is the file cut off? Where quotes mean nothing, set quote: ''",
      ),
    ],
    [
      'letters behind a quote',
      () => parseCsv('a,b\n"1"x,2\n'),
      new FormatError(
        "parseCsv: on line 2 a closing quote is followed by 'x', needs the separator or the end of the line; double a quote that belongs to the field, or set quote: ''",
      ),
    ],
    ['no text', () => parseCsv(''), new FormatError('parseCsv: the text has no lines; get the file again')],
    [
      'a name twice',
      () => parseCsv('a,a\n1,2\n'),
      new FormatError("parseCsv: two columns are called 'a'; give other names as header"),
    ],
    [
      'a long separator',
      () => parseCsv('a', { separator: ', ' }),
      new ArgumentError(
        "parseCsv: separator is ', ' and quote '\"', needs one character each that differ, or no quote",
      ),
    ],
  ])('refuse %s', (_, act, error) => {
    expect(act).toThrow(error);
  });
});

describe('tables that others make', () => {
  it('columns may be called what every object has', () => {
    const table = parseCsv('constructor,__proto__,toString\n1,2,a\n3,4,b\n');
    expect([...table.matrix(['constructor', '__proto__']).data]).toEqual([1, 2, 3, 4]);
    expect([...table.matrix(['toString'], { oneHot: { toString: ['a', 'b'] } }).data]).toEqual([1, 0, 0, 1]);
    expect(() => table.matrix(['toString'])).toThrow("table: 'toString' on line 2 is 'a', needs a number");
  });

  it('many columns take no more time each than few', () => {
    // 200,000 names, each looked for: by going through all of them it would take minutes.
    const names = Array.from({ length: 200_000 }, (_, k) => `c${k}`);
    const table = parseCsv(`${names.join(',')}\n${names.map((_, k) => k).join(',')}\n`);
    expect(table.matrix(names).data.at(-1)).toBe(199_999);
    expect(table.dropMissing().rows).toBe(1);
    expect(() => table.texts('no')).toThrow(
      "table: there is no column 'no'; the columns are c0, c1, c2, c3, c4, c5, c6, c7 and 199992 more",
    );
  });

  it('many names over many short lines are refused before room is made for them', () => {
    // Room for 200,000 x 100,000 fields is not to be had.
    const header = Array.from({ length: 200_000 }, (_, k) => k).join(',');
    expect(() => parseCsv(`${header}\n${'1\n'.repeat(100_000)}`)).toThrow(
      'parseCsv: line 2 has 1 fields, needs 200000',
    );
  });

  it('long fields make no long messages', () => {
    const long = 'x'.repeat(1e6);
    const table = parseCsv(`a,${long}\n"${long}\n2",1\n`);
    expect(() => table.numbers('a')).toThrow(`table: 'a' on line 2 is '${'x'.repeat(60)}…', needs a number`);
    expect(() => parseCsv(`${long},${long}\n`)).toThrow(`two columns are called '${'x'.repeat(60)}…'`);
    expect(() => table.categories('a', new Array(9).fill(long))).toThrow(/^table: [^\n]{1,600}$/);
  });
});
