// Files of word vectors: as the programs of word2vec, GloVe and others write them, byte by byte; both ways to the bit, in chunks of any size; and files that are wrong.

import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { ArgumentError, FormatError, Generator } from '@dl/autograd';
import { describe, expect, test } from 'vitest';
import { readWordVectors, WordVectors, type WordVectorsFormat, writeWordVectors } from '../../index.js';
import { floatText, NumberReader } from './numbers.js';
import { ByteWindow } from './window.js';

const formats: readonly WordVectorsFormat[] = ['text', 'binary', 'glove'];

function written(vectors: WordVectors, format: WordVectorsFormat): Uint8Array {
  return new Uint8Array(Buffer.concat([...writeWordVectors(vectors, { format })]));
}

/** Any bits that are a finite number. */
function anyFloats(random: Generator, count: number): Float32Array {
  const bits = new DataView(new ArrayBuffer(4));
  return Float32Array.from({ length: count }, () => {
    for (;;) {
      bits.setUint32(0, random.integer(0, 2 ** 32));
      const value = bits.getFloat32(0);
      if (Number.isFinite(value)) return value;
    }
  });
}

const random = new Generator(3);
const odd = new WordVectors(
  ['the', 'Straße', '你好', '👍🏽', '\ufeffmark', 'nan', '12', '1/2', ',', '"'],
  Float32Array.from([
    ...[0, -0, 1e-45, -1e-45, 3.4028234663852886e38, 1.1754943508222875e-38, 0.1, -1 / 3, 16777217, 0.5],
    ...anyFloats(random, 90),
  ]),
);
const bits = (vectors: WordVectors): Uint8Array =>
  new Uint8Array(vectors.vectors.buffer, vectors.vectors.byteOffset, vectors.vectors.byteLength).slice();

/** What word2vec.c writes with -binary 1: fprintf("%lld %lld\n"), then for each word fprintf("%s "), its floats by fwrite, and fprintf("\n"). */
function asWord2vec(rows: readonly (readonly [string, ...number[]])[], end = '\n'): Uint8Array {
  const parts = rows.flatMap(([word, ...values]) => {
    const floats = Buffer.alloc(4 * values.length);
    values.forEach((value, i) => floats.writeFloatLE(value, 4 * i));
    return [Buffer.from(`${word} `), floats, Buffer.from(end)];
  });
  return new Uint8Array(Buffer.concat([Buffer.from(`${rows.length} ${rows[0]!.length - 1}\n`), ...parts]));
}

const small = [
  ['</s>', 0.5, -0.25, 2],
  ['in', -1, 0.125, 0],
] as const;

async function expectSmall(file: string | Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
  const vectors = await readWordVectors(file);
  expect(vectors.words).toEqual(['</s>', 'in']);
  expect([...vectors.vectors]).toEqual([0.5, -0.25, 2, -1, 0.125, 0]);
}

describe('files of others', () => {
  test.each([
    [
      'word2vec, text, with a blank behind each number',
      '2 3\n</s> 0.500000 -0.250000 2.000000 \nin -1.000000 0.125000 0.000000 \n',
    ],
    ['word2vec, binary', asWord2vec(small)],
    ['gensim, binary, without line ends', asWord2vec(small, '')],
    ['fastText', '2 3\n</s> 0.5 -0.25 2 \nin -1 0.125 0 \n'],
    ['GloVe', '</s> 0.5 -0.25 2\nin -1 0.125 0\n'],
    ['without a line end at its end', '</s> 0.5 -0.25 2\nin -1 0.125 0'],
    ['line ends of Windows, tabs, empty lines', '2 3\r\n</s>\t0.5\t-0.25\t2\r\n\r\nin  -1 1.25e-1 0\r\n\r\n'],
    ['a byte order mark', '\ufeff</s> .5 -.25 +2.\nin -1e0 125E-3 0e9\n'],
    ['packed', new Uint8Array(gzipSync('</s> 0.5 -0.25 2\nin -1 0.125 0\n'))],
  ] as const)('%s', async (_, file) => {
    await expectSmall(file);
  });

  test('words with blanks in them, as GloVe has some: a line ends with the numbers', async () => {
    const file = 'the 0.5 1\n. . . 0.25 2\nname@domain of -1 3\n';
    const vectors = await readWordVectors(file);
    expect(vectors.words).toEqual(['the', '. . .', 'name@domain of']);
    expect([...vectors.vectors]).toEqual([0.5, 1, 0.25, 2, -1, 3]);
  });
});

describe.each(formats)('%s', (format) => {
  const file = written(odd, format);

  test('comes back to the bit, found out by itself or said', async () => {
    for (const options of [{}, { format }]) {
      const again = await readWordVectors(file, options);
      expect(again.words).toEqual(odd.words);
      expect(bits(again)).toEqual(bits(odd));
    }
    expect(written(await readWordVectors(file), format)).toEqual(file);
  });

  test('in chunks of any size, with empty ones, packed or not', async () => {
    for (const packed of [false, true]) {
      const bytes = packed ? new Uint8Array(gzipSync(file)) : file;
      for (const size of [1, 2, 3, 7, 64, 1000]) {
        const chunks = function* (): Iterable<Uint8Array> {
          for (let at = 0; at < bytes.length; at += size) {
            yield bytes.subarray(at, at + size);
            if (at % 5 === 0) yield new Uint8Array(0);
          }
        };
        const again = await readWordVectors(chunks());
        expect(again.words).toEqual(odd.words);
        expect(bits(again)).toEqual(bits(odd));
      }
    }
  });

  test('limit takes the first words, and leaves the stream', async () => {
    let asked = 0;
    let isClosed = false;
    async function* chunks(): AsyncGenerator<Uint8Array> {
      try {
        for (let at = 0; at < file.length; at += 16) {
          asked = at;
          yield file.subarray(at, at + 16);
        }
      } finally {
        isClosed = true;
      }
    }
    const some = await readWordVectors(chunks(), { limit: 2 });
    expect(some.words).toEqual(odd.words.slice(0, 2));
    expect([...some.vectors]).toEqual([...odd.vectors.subarray(0, 20)]);
    expect(isClosed).toBe(true);
    expect(asked).toBeLessThan(file.length / 2);
    expect((await readWordVectors(file, { limit: 1000 })).words).toEqual(odd.words);
  });

  test('many rows: memory is that of the numbers where their count is known', async () => {
    const words = Array.from({ length: 5000 }, (_, i) => `w${i}`);
    const many = new WordVectors(words, anyFloats(random, 5000 * 20));
    const again = await readWordVectors(written(many, format));
    expect(bits(again)).toEqual(bits(many));
    expect(again.vectors.buffer.byteLength).toBe(4 * 5000 * 20 + (format === 'glove' ? 4 * 20 : 0));
    // A stream without a header grows.
    const streamed = await readWordVectors(Readable.from([written(many, format)]) as AsyncIterable<Uint8Array>);
    expect(bits(streamed)).toEqual(bits(many));
    expect(streamed.vectors.buffer.byteLength).toBeLessThan(3 * 4 * 5000 * 20);
  });
});

test('the rows of one vector of a number, and of a word like a number', async () => {
  const one = new WordVectors(['5', 'x'], Float32Array.of(3, 4));
  for (const format of formats) {
    const again = await readWordVectors(written(one, format), { format });
    expect([again.words, [...again.vectors]]).toEqual([one.words, [3, 4]]);
  }
});

test('text has as many digits as it takes', () => {
  const vectors = new WordVectors(['a'], Float32Array.of(0.1, 1e10, -2.5e-7, 1 / 3, 100));
  expect(new TextDecoder().decode(written(vectors, 'glove'))).toBe('a 0.1 10000000000 -2.5e-7 0.33333334 100\n');
});

describe('numbers', () => {
  test('bytes are read as Number reads the text', () => {
    const reader = new NumberReader();
    const digits = (count: number): string => Array.from({ length: count }, () => random.integer(0, 10)).join('');
    for (let i = 0; i < 20_000; i++) {
      const sign = ['', '-', '+'][random.integer(0, 3)]!;
      const point = random.integer(0, 4);
      const mantissa =
        point === 0
          ? digits(random.integer(1, 25))
          : `${digits(random.integer(point === 1 ? 1 : 0, 12))}.${digits(random.integer(point === 1 ? 0 : 1, 20))}`;
      const exponent =
        random.uniform() < 0.5
          ? ''
          : `${'eE'[random.integer(0, 2)]}${['', '-', '+'][random.integer(0, 3)]}${digits(random.integer(1, 4))}`;
      const text = sign + mantissa + exponent;
      const bytes = new TextEncoder().encode(`  ${text} 9`);
      expect([text, reader.read(bytes, 2, 2 + text.length)]).toEqual([text, 2 + text.length]);
      expect([text, reader.value]).toEqual([text, Number(text)]);
    }
  });

  test.each(['', '-', '.', '+.', 'e5', '1e', '1e+', 'nan', 'inf', 'x1', '-.e1', '--1'])('%j is none', (text) => {
    expect(new NumberReader().read(new TextEncoder().encode(text), 0, text.length)).toBe(-1);
  });

  test('a number of float32 is the same again, in nine digits at most', () => {
    for (const value of [...anyFloats(random, 20_000), 0, -0, 2 ** 24, ...Float32Array.of(1e-45, 1 / 3, 0.1)]) {
      const text = floatText(value);
      expect(Object.is(Math.fround(Number(text)), value)).toBe(true);
      expect(text.replace(/e.*|^-?[0.]*|\./g, '').replace(/0+$/, '').length).toBeLessThan(10);
    }
  });
});

test('a window holds little more than the row that is read', async () => {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < 20_000; i++) yield new Uint8Array(10).fill(i % 50 === 49 ? 1 : 0);
  }
  const window = new ByteWindow(chunks());
  let most = 0;
  let rows = 0;
  for (let at = await window.find(1, 1e4); at >= 0; at = await window.find(1, 1e4)) {
    most = Math.max(most, window.bytes.length);
    window.from = at + 10;
    rows++;
  }
  expect(rows).toBe(400);
  expect(most).toBeLessThan(4 * 500);
});

const wrong = (words: string): FormatError => new FormatError(`readWordVectors: ${words}`);

describe('a file that is wrong', () => {
  const binary = asWord2vec(small);
  const nan = asWord2vec([
    ['a', 1, Number.NaN],
    ['b', 1, 2],
  ]);
  const cases: readonly (readonly [string, string | Uint8Array, FormatError])[] = [
    ['empty', '', wrong('the file is empty')],
    [
      'a text',
      'It was a dark night.\nIt rained.\n',
      wrong(
        "the first line is 'It was a dark night.'; needs a header such as '400000 300', or a word with its numbers: is this the right file?",
      ),
    ],
    [
      'cut off between lines',
      '3 2\nalpha 1.5 2.5\nbeta 1.5 2.5\n',
      wrong('the header announces 3 words, but the file ends after 2; it is cut off: get it again'),
    ],
    [
      'cut off in a line',
      '2 3\nalpha 1.5 2.5 3.5\nbeta 1.5 2.5',
      wrong("line 3: 'beta' has 2 numbers, needs 3; the file is damaged, or another one"),
    ],
    [
      'more words than announced',
      '1 2\na 1 2\nb 1 2\n',
      wrong('the header announces 1 words, but more come; the file is damaged, or the header is wrong'),
    ],
    [
      'a header that no file could hold',
      '1000000 300\na 1 2\n',
      wrong(
        'the header announces 1000000 words of 300 numbers, which take 601999999 bytes at least, but the file has 18; it is cut off, or the header is wrong',
      ),
    ],
    [
      'a header beyond all bounds',
      '99999999999999999999 2\na 1 2\n',
      wrong(
        'the header announces 99999999999999999999 words of 2 numbers; at most 16777216 words can be read, as limit says',
      ),
    ],
    [
      'vectors beyond all bounds',
      '1 99999999\na 1 2\n',
      wrong('the header announces 1 words of 99999999 numbers; at most 65536 numbers can be read'),
    ],
    ['no words', '0 5\n', wrong('the header announces 0 words of 5 numbers, needs at least 1 of both')],
    [
      'a number too many',
      'a 1 2\nb 1 2 3\n',
      wrong("line 2: 'b' has 3 numbers, needs 2; the file is damaged, or another one"),
    ],
    [
      'a number too few',
      'a 1 2\nb 1\n',
      wrong("line 2: 'b' has 1 numbers, needs 2; the file is damaged, or another one"),
    ],
    ['what is no number', 'a 1 2\nb 1 x\n', wrong("line 2: 'b' has 'x' in its vector, needs numbers")],
    ['NaN', '2 2\na 1 2\nb 1 -nan\n', wrong("line 3: 'b' has -nan in its vector, needs numbers that float32 holds")],
    ['infinity', 'a 1 2\nb 1 inf\n', wrong("line 2: 'b' has inf in its vector, needs numbers that float32 holds")],
    [
      'too large for float32',
      'a 1 2\nb 1 4e38\n',
      wrong("line 2: 'b' has 4e38 in its vector, needs numbers that float32 holds"),
    ],
    [
      'a word twice',
      'a 1 2\nb 1 2\na 3 4\n',
      wrong("line 3: the word 'a' comes twice; with lenient: true the first one counts"),
    ],
    ['no word', 'a 1 2\n 1 2\n', wrong('line 2 has numbers, but no word before them')],
    [
      'a word that is not UTF-8',
      new Uint8Array(Buffer.from('a 1 2\nb\xff 1 2\n', 'latin1')),
      wrong('line 2: the word is not UTF-8; with lenient: true its bytes that are not become U+FFFD'),
    ],
    [
      'binary, cut off in a vector',
      binary.subarray(0, binary.length - 4),
      wrong('the header announces 2 words, but the file ends after 1; it is cut off: get it again'),
    ],
    [
      'binary, with more behind',
      new Uint8Array(Buffer.concat([binary, Buffer.from('more')])),
      wrong('the header announces 2 words, but more come; the file is damaged, or the header is wrong'),
    ],
    ['binary, NaN', nan, wrong("word 1, 'a', has NaN in its vector, needs finite numbers; the file is damaged")],
    [
      'binary, a word twice',
      asWord2vec([
        ['a', 0.3, 0.7],
        ['a', 0.3, 0.7],
      ]),
      wrong("word 2: the word 'a' comes twice; with lenient: true the first one counts"),
    ],
    [
      'gzip that is cut off',
      new Uint8Array(gzipSync(`a${' 0.25 1e3'.repeat(200)}\n`)).subarray(0, 30),
      wrong('the gzip data are damaged or cut off; get the file again'),
    ],
  ];
  test.each(cases)('%s', async (_, file, error) => {
    await expect(readWordVectors(file)).rejects.toThrow(error);
  });

  test('a stream whose header promises more than memory has is refused, and one that promises too much is cut off', async () => {
    const streamed = (text: string): Promise<WordVectors> => readWordVectors([new TextEncoder().encode(text)]);
    await expect(streamed('16777216 65536\na 1 2\n')).rejects.toThrow(FormatError);
    await expect(streamed('100000 300\n')).rejects.toThrow(
      wrong('the header announces 100000 words, but the file ends after 0; it is cut off: get it again'),
    );
  });

  test('lenient: the first of equal words counts, and bytes that are no UTF-8 become U+FFFD', async () => {
    const file = new Uint8Array(Buffer.from('4 1\na 1\nb\xff 2\na 3\nc 4\n', 'latin1'));
    const vectors = await readWordVectors(file, { lenient: true });
    expect([vectors.words, [...vectors.vectors]]).toEqual([
      ['a', 'b\ufffd', 'c'],
      [1, 2, 4],
    ]);
  });

  test('sources and options that are none', async () => {
    await expect(readWordVectors(7 as never)).rejects.toThrow(
      new ArgumentError(
        'readWordVectors: got 7, needs a Uint8Array, a text, or an iterable of bytes, such as createReadStream(path)',
      ),
    );
    await expect(readWordVectors(['a 1 2'] as never)).rejects.toThrow(
      new ArgumentError("readWordVectors: a piece is 'a 1 2', needs bytes; open the stream without an encoding"),
    );
    await expect(readWordVectors('a 1', { limit: 0 })).rejects.toThrow(
      new ArgumentError('readWordVectors: limit is 0, needs a whole number of at least 1'),
    );
    await expect(readWordVectors('a 1\nb 2\n', { format: 'text' })).rejects.toThrow(FormatError);
  });
});

describe('words that no file holds', () => {
  const words: readonly (readonly [string, string])[] = [
    [
      'new york',
      "the word 'new york' has white space in it, which stands between words in the file; name it otherwise, such as with _",
    ],
    ['', 'a word is empty, which no file can hold; leave it out'],
    ['\ud83d', "the word '\\ud83d' has half of a surrogate pair, which UTF-8 has not"],
  ];
  test.each(words)('%j', (word, said) => {
    const vectors = new WordVectors(['a', word], new Float32Array(4));
    for (const format of formats) {
      expect(() => writeWordVectors(vectors, { format })).toThrow(ArgumentError);
      if (!said.includes('\\ud83d')) {
        expect(() => writeWordVectors(vectors, { format })).toThrow(new ArgumentError(`writeWordVectors: ${said}`));
      }
    }
  });
});

test('a binary file whose first number has a byte like the end of a line is no text', async () => {
  for (let at = 0; at < 4; at++) {
    const numbers = Float32Array.from({ length: 12 }, (_, i) => i + 0.3);
    const bytes = new Uint8Array(numbers.buffer);
    bytes[at] = 0x0a;
    const file = Buffer.concat([Buffer.from('1 12\nthe '), bytes, Buffer.from('\n')]);
    expect((await readWordVectors(file)).vector('the')).toEqual(numbers);
  }
});
