// ARPA files: KenLM's own sums, all forms in which a file comes, what is missing in pruned ones, and files that are wrong.

import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createGzip, gzipSync } from 'node:zlib';
import { ArgumentError, FormatError } from '@dl/autograd';
import { describe, expect, test } from 'vitest';
import { addedOne, contexts, counted, discounted, sentences, total, words } from '../../../test/small-models.js';
import {
  type BackoffModel,
  katz,
  modifiedKneserNey,
  NgramCounts,
  readArpa,
  stupidBackoff,
  Vocabulary,
  writeArpa,
} from '../../index.js';
import { contextSums } from '../sums.js';
import { decimalOf, naturalOf } from './decimal.js';

type Gram = readonly [log: number, words: string, weight?: number];

const golden = JSON.parse(readFileSync(new URL('../../../golden/kenlm.json', import.meta.url), 'utf8')) as {
  readonly grams: readonly (readonly Gram[])[];
  readonly scores: readonly {
    readonly context: readonly string[];
    readonly words: readonly string[];
    readonly sums: readonly (readonly number[])[];
  }[];
};

function arpa(grams: readonly (readonly Gram[])[]): string {
  const counts = grams.map((all, i) => `ngram ${i + 1}=${all.length}\n`).join('');
  const sections = grams.map(
    (all, i) => `\n\\${i + 1}-grams:\n${all.map((gram) => `${gram.map(String).join('\t')}\n`).join('')}`,
  );
  return `\n\\data\\\n${counts}${sections.join('')}\n\\end\\\n`;
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const caught = (act: Promise<unknown>): Promise<Error> =>
  act.then(
    () => new Error('nothing was thrown'),
    (error: Error) => error,
  );

describe('scores that KenLM states', () => {
  test.each(golden.scores)('$words after $context', async ({ context, words: said, sums }) => {
    const model = await readArpa(arpa(golden.grams));
    const ids = (texts: readonly string[]): number[] => texts.map((text) => model.info.vocabulary!.id(text));
    const logs = new Float64Array(said.length);
    model.run(model.contextOf(ids(context)), ids(said), logs);
    said.forEach((_, i) => {
      const stated = sums[i]!.reduce((a, b) => a + b, 0);
      // The places that they are stated with.
      expect(Math.abs(logs[i]! / Math.LN10 - stated)).toBeLessThan(1e-5 * Math.abs(stated));
    });
    // One by one, and in a batch.
    let state = model.contextOf(ids(context));
    for (const [i, id] of ids(said).entries()) {
      expect(model.logProbabilityIn(state, id)).toBe(logs[i]);
      state = model.next(state, id);
    }
  });

  test('begin behind <s>', async () => {
    const model = await readArpa(arpa(golden.grams));
    const looking = model.info.vocabulary!.id('looking');
    expect(model.logProbabilityIn(model.begin, looking) / Math.LN10).toBeCloseTo(-0.4846522, 7);
    expect(model.start(1).logProbabilities).toHaveLength(golden.grams[0]!.length);
  });
});

describe('a file comes', () => {
  const text = arpa(golden.grams);
  const packed = new Uint8Array(gzipSync(text));
  async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  async function* lines(): AsyncGenerator<string> {
    yield* text.split('\n');
  }
  test.each([
    ['as bytes', () => bytesOf(text)],
    ['with a mark of its order of bytes', () => bytesOf(`\uFEFF${text.trimStart()}`)],
    ['as a text with such a mark', () => `\uFEFF${text.trimStart()}`],
    ['with line ends of Windows', () => text.replaceAll('\n', '\r\n')],
    ['with blanks for tabs', () => text.replaceAll('\t', '  ')],
    ['without a last line end', () => text.trimEnd()],
    ['with a comment in front', () => `Made by hand\n${text}`],
    ['packed', () => packed],
    ['in two packed parts', () => cut(packed, packed.length / 2 + 1)],
    ['in lines', lines],
    ['in a list of lines', () => text.split('\n')],
    ['in bytes of a stream', () => cut(bytesOf(text), 7)],
    ['in packed bytes of a stream', () => cut(packed, 1)],
    ['in the pieces of writeArpa', () => writeArpa(discounted(counted(3)))],
  ])('%s', async (name, source) => {
    const model = await readArpa(source());
    if (name.startsWith('in the pieces')) expect(model.trie.size).toBe(discounted(counted(3)).trie.size);
    else {
      const plain = await readArpa(text);
      expect(model.logProbabilities).toEqual(plain.logProbabilities);
      expect(model.backoffs).toEqual(plain.backoffs);
      expect(model.info.vocabulary!.tokens).toEqual(plain.info.vocabulary!.tokens);
    }
  });

  test('with its n-grams in any order', async () => {
    const model = await readArpa(text);
    const turned = await readArpa(arpa([golden.grams[0]!, ...golden.grams.slice(1).map((all) => all.toReversed())]));
    expect(turned.trie.suffixes).toEqual(model.trie.suffixes);
    expect(turned.logProbabilities).toEqual(model.logProbabilities);
  });

  test('with words of any alphabet, and such as objects have already', async () => {
    const model = await readArpa(
      bytesOf(
        arpa([
          [
            [-0.5, '日本'],
            [-0.5, '__proto__'],
            [-0.6, 'constructor'],
          ],
          [[-0.1, '日本 __proto__']],
        ]),
      ),
    );
    expect(model.probability(1, [0])).toBeCloseTo(10 ** -0.1, 12);
  });
});

describe('special tokens', () => {
  test('are known by their names, and <s> is never predicted', async () => {
    // As SRILM and KenLM write it.
    for (const log of [-99, 0]) {
      const { info, ...model } = await readArpa(
        arpa([
          [
            [-0.5, '<unk>'],
            [log, '<s>', -0.1],
            [-0.5, '</s>'],
            [-0.5, 'a'],
          ],
          [[-0.2, '<s> a']],
        ]),
      );
      expect([info.vocabulary!.unk, info.vocabulary!.bos, info.vocabulary!.eos, info.padding]).toEqual([
        0,
        1,
        2,
        'ends',
      ]);
      expect(model.logProbabilities[2]).toBe(Number.NEGATIVE_INFINITY);
    }
  });

  test('that are not there are none', async () => {
    const { info } = await readArpa(
      arpa([
        [
          [-0.5, '<UNK>'],
          [-0.5, '<s>'],
          [-0.5, 'a'],
        ],
      ]),
    );
    expect([info.vocabulary!.unk, info.vocabulary!.eos, info.padding]).toEqual([0, undefined, 'none']);
    const closed = await readArpa(arpa([[[-0.5, 'a']]]));
    expect(() => closed.info.vocabulary!.id('b')).toThrow('no token stands for unknown ones');
  });
});

test('says whether the probabilities of each context sum to 1', async () => {
  const whole = await readArpa([...writeArpa(discounted(counted(3)))]);
  expect(whole.info.isDistribution).toBe(true);
  const odd = await readArpa(arpa(golden.grams));
  expect(odd.info.isDistribution).toBe(false);
  // What it says is what adding up gives.
  const sums = contextSums(odd);
  for (let context = 0; context < odd.trie.contexts; context++) {
    const all = new Float64Array(odd.vocabularySize);
    odd.fill(context, all, 0);
    expect(sums[context]).toBeCloseTo(total(all), 12);
  }
  expect(odd.info.details['sums']).toEqual([Math.min(...sums), Math.max(...sums)]);
});

test('begins and ends that pruning took are made up for, and change no score', async () => {
  const unigrams: readonly Gram[] = [
    [-1, 'a', -0.1],
    [-1.2, 'b', -0.2],
    [-0.9, 'c', -0.3],
    [-0.7, 'd', -0.4],
  ];
  // Neither 'a b' nor 'b c' is there; 'a b c d' has no begin at all.
  const model = await readArpa(arpa([unigrams, [[-0.6, 'c d', -0.5]], [[-0.3, 'a b c', -0.6]], [[-0.2, 'b a b c']]]));
  expect(model.info.details['missing']).toBe(3);
  const score = (word: string, ...context: string[]): number => {
    const id = (text: string): number => model.info.vocabulary!.id(text);
    return model.logProbability(id(word), context.map(id)) / Math.LN10;
  };
  // By hand, from what the file has: weights of contexts that it has not are 1.
  expect(score('b', 'a')).toBeCloseTo(-0.1 - 1.2, 12);
  expect(score('c', 'a', 'b')).toBeCloseTo(-0.3, 12);
  expect(score('d', 'a', 'b')).toBeCloseTo(-0.2 - 0.7, 12);
  expect(score('d', 'a', 'b', 'c')).toBeCloseTo(-0.6 - 0.6, 12);
  expect(score('a', 'a', 'b', 'c')).toBeCloseTo(-0.6 - 0.3 - 1, 12);
  expect(score('c', 'b', 'a', 'b')).toBeCloseTo(-0.2, 12);
  expect(score('b', 'b', 'a')).toBeCloseTo(-0.1 - 1.2, 12);
  expect(score('b', 'd', 'c', 'd')).toBeCloseTo(-0.5 - 0.4 - 1.2, 12);
});

describe('writing and reading', () => {
  const models = [
    ...[1, 2, 4].map((order) => discounted(counted(order))),
    modifiedKneserNey(counted(3)),
    katz(counted(3)),
  ];
  test.each(models)('gives the same numbers within 2e-8, $order-grams', async (model) => {
    const read = await readArpa(writeArpa(model));
    expect(read.trie).toEqual(model.trie);
    expect(read.info.padding).toBe('ends');
    expect(read.info.vocabulary!.tokens).toEqual(words.tokens);
    const most = Math.max(
      ...Array.from(read.logProbabilities.subarray(1), (log, i) =>
        log === model.logProbabilities[i + 1] ? 0 : Math.abs(log - model.logProbabilities[i + 1]!),
      ),
      ...Array.from(read.backoffs.subarray(1), (log, i) => Math.abs(log - model.backoffs[i + 1]!)),
    );
    expect(most).toBeLessThan(2e-8);
  });

  test.each(models)('gives the same bits where it is to be exact, $order-grams', async (model) => {
    const read = await readArpa(writeArpa(model, { exact: true }));
    expect(read.logProbabilities.subarray(1)).toEqual(model.logProbabilities.subarray(1));
    expect(read.backoffs.subarray(1)).toEqual(model.backoffs.subarray(1));
    const tokens = sentences(20, 3).flat();
    expect(read.score(tokens)).toEqual(model.score(tokens));
  });

  test('is exact for any double', () => {
    for (let k = 0; k < 2000; k++) {
      // Of all magnitudes; the numbers themselves do not matter.
      const log = -Math.exp(((k * 7919) % 1400) / 2 - 340) * (1 + (k % 13) / 17);
      expect(naturalOf(decimalOf(log, true))).toBe(log);
      expect(naturalOf(decimalOf(-log, true))).toBe(-log);
    }
    for (const log of [0, Number.MIN_VALUE, -Number.MAX_VALUE, -1e-300]) {
      expect(naturalOf(decimalOf(log, true))).toBe(log);
    }
  });

  test('has numbers that any reader takes', () => {
    // log10 of 2 to 21 places: as in tables.
    expect(decimalOf(Math.log(2), true)).toMatch(/^3\.010299956639811\d{6}e-1$/);
    expect(decimalOf(-Math.LN10, false)).toBe('-1');
    expect(decimalOf(-1e-12, false)).toBe('0');
    expect(decimalOf(-3e-8, false)).toBe('-1e-8');
    expect(naturalOf('-.5')).toBe(-0.5 * Math.LN10);
    expect(naturalOf('+1.E-2')).toBe(0.01 * Math.LN10);
    expect(naturalOf('-0.30102999566398119521373889472449302676')).toBe(-Math.LN2);
    for (const text of ['', '.', '1e', '0x10', 'nan', '1_0', '--1', '1,5']) expect(naturalOf(text)).toBeNaN();
  });

  test('goes through streams of Node, packed', async () => {
    const model = models[1]!;
    const packed = Readable.from(writeArpa(model)).pipe(createGzip());
    const read = await readArpa(packed);
    expect(read.trie).toEqual(model.trie);
    const bytes = await buffer(Readable.from(writeArpa(model)).pipe(createGzip()));
    expect((await readArpa(bytes)).logProbabilities).toEqual(read.logProbabilities);
  });

  test('names special tokens as the format does', async () => {
    const vocabulary = new Vocabulary(['?', '[begin]', '[end]', 'a'], { unk: '?', bos: '[begin]', eos: '[end]' });
    const model = discounted(new NgramCounts(vocabulary, { order: 2 }).add([3, 3, 0]));
    const read = await readArpa(writeArpa(model));
    expect(read.info.vocabulary!.tokens).toEqual(['<unk>', '<s>', '</s>', 'a']);
    expect(read.score([3, 0])).toHaveLength(3);
  });
});

describe('writeArpa refuses', () => {
  const make = (tokens: readonly string[], options = {}): BackoffModel =>
    discounted(new NgramCounts(new Vocabulary(tokens, options), { order: 1 }).add([0]));
  test.each<[string, () => unknown, string]>([
    [
      'a model with floors',
      () => addedOne(counted(2)),
      "a model of the kind 'floor' (Laplace), but ARPA holds models that back off only",
    ],
    ['stupid back-off', () => stupidBackoff(counted(2)), "a model of the kind 'stupid-backoff' (stupid back-off)"],
    ['no model', () => ({}), 'got an object of nothing, but ARPA holds'],
    [
      'numbers without words',
      () => discounted(new NgramCounts(3, { order: 1 }).add([0, 1])),
      'knows numbers of tokens only',
    ],
    ['a word with a blank', () => make(['a', 'b c']), "token 1 is 'b c', but white space separates"],
    ['an empty word', () => make(['']), "token 0 is '', but white space separates"],
    ['two tokens of one name', () => make(['[', '<s>'], { bos: '[' }), "token 1 is to be '<s>', which is token 0, too"],
  ])('%s', (_, model, message) => {
    expect(() => writeArpa(model() as BackoffModel)).toThrow(ArgumentError);
    expect(() => writeArpa(model() as BackoffModel)).toThrow(message);
  });
});

describe('readArpa refuses', () => {
  const good = arpa([
    [
      [-0.5, 'a', -0.1],
      [-0.6, 'b'],
    ],
    [[-0.1, 'a b']],
  ]);
  test('what the others are made of is right', async () => {
    expect((await readArpa(good)).trie.size).toBe(4);
  });
  test.each<[string, string, string]>([
    ['an empty file', '', 'there is no line \\data\\; needs the text or the bytes'],
    ['another file', 'one\ntwo\n', 'there is no line \\data\\'],
    ['no counts', good.replace(/ngram.*\n/g, ''), "line 4: '\\1-grams:' comes before any line such as 'ngram 1=5000'"],
    ['a count too many', good.replace('2=1', '2=2'), 'the header announces 2 2-grams, but 1 came'],
    ['a count too few', good.replace('1=2', '1=1'), 'line 8: more than the 1 1-grams come that the header announces'],
    [
      '2^40 entries',
      good.replace('2=1', '2=1099511627776'),
      'line 4: 1099511627776 2-grams are announced; at most 536870912',
    ],
    ['10^40 entries', good.replace('2=1', `2=1${'0'.repeat(40)}`), '2-grams are announced; at most'],
    [
      'an order left out',
      good.replace('ngram 2', 'ngram 3'),
      'the number of 3-grams comes where that of 2-grams belongs',
    ],
    ['a negative count', good.replace('2=1', '2=-1'), "'ngram 2=-1' stands in the header"],
    ['no words', good.replace('1=2', '1=0'), 'there are no 1-grams'],
    [
      'sections out of order',
      good.replace('\\1-grams', '\\2-grams'),
      "line 6: '\\2-grams:' comes where \\1-grams: belongs",
    ],
    ['a section left out', good.replace('\\2-grams:\n-0.1\ta b\n', ''), "'\\end\\' comes where \\2-grams: belongs"],
    ['no end', good.replace('\\end\\', ''), 'ends in its 2-grams, before \\end\\'],
    ['an end in the header', good.slice(0, 18), 'ends in its header, before \\end\\'],
    ['what comes after the end', `${good}more`, "'more' comes after \\end\\"],
    [
      'too few fields',
      good.replace('-0.1\ta b', '-0.1\ta'),
      'an entry of the 2-grams has 2 fields, needs a logarithm, 2 words',
    ],
    ['too many fields', good.replace('a b', 'a b c d'), 'an entry of the 2-grams has 5 fields'],
    ['a word twice', good.replace('\tb\n', '\ta\n'), "the word 'a' comes twice"],
    [
      'an n-gram twice',
      good.replace('2=1', '2=2').replace('a b\n', 'a b\n-0.3\ta b\n'),
      "the n-gram 'a b' comes twice",
    ],
    ['an unknown word', good.replace('a b', 'a c'), "'c' is in a 2-gram, but not in the 1-grams"],
    ['NaN', good.replace('-0.5', 'nan'), "line 7: 'nan' is no logarithm of a probability"],
    ['a text for a number', good.replace('-0.5', 'half'), "'half' is no logarithm of a probability"],
    ['a probability above 1', good.replace('-0.5', '0.5'), 'the logarithm 0.5 is above 0, of a probability above 1'],
    ['an infinite probability', good.replace('-0.5', '1e999'), 'the logarithm 1e999 is above 0'],
    ['an infinite weight', good.replace('-0.1', '1e999'), "'1e999' is no logarithm of a back-off weight"],
    ['a weight that is NaN', good.replace('-0.1', 'NaN'), "'NaN' is no logarithm of a back-off weight"],
    ['a weight of the highest order', good.replace('a b', 'a b\t-0.2'), 'a 2-gram has the back-off weight -0.2'],
    [
      'an order without end',
      `\\data\\\n${Array.from({ length: 200 }, (_, i) => `ngram ${i + 1}=1\n`).join('')}`,
      'the order is more than 100',
    ],
  ])('%s', async (_, text, message) => {
    const error = await caught(readArpa(text));
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toContain(message);
    expect(error.message).toMatch(/^readArpa: [^\n]{1,400}$/);
  });

  test('a weight of 0 of the highest order, as some write, it takes', async () => {
    expect((await readArpa(good.replace('a b', 'a b\t0'))).trie.size).toBe(4);
  });

  test.each<[string, () => unknown, string]>([
    ['bytes that are no text', () => Uint8Array.of(0x5c, 0xff, 0xfe, 0x0a), 'the bytes are not UTF-8'],
    ['a character cut off', () => Uint8Array.of(0x61, 0xc3), 'the bytes are not UTF-8'],
    ['gzip cut off', () => new Uint8Array(gzipSync(good)).subarray(0, 40), 'the gzip data are damaged or cut off'],
    ['gzip that is none', () => Uint8Array.of(0x1f, 0x8b, 1, 2, 3, 4), 'the gzip data are damaged or cut off'],
    [
      'a line without end',
      () => new Uint8Array(3_000_000).fill(0x61),
      "a line begins with 'aaaaaaaaaaaaaaaaaaaa' and has more than 1048576",
    ],
    [
      'a packed line without end',
      () => new Uint8Array(gzipSync(new Uint8Array(50_000_000).fill(0x61))),
      'has more than 1048576 characters',
    ],
  ])('%s', async (_, source, message) => {
    const error = await caught(readArpa(source() as Uint8Array));
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toContain(message);
  });

  test('gzip that unpacks to more than is allowed', async () => {
    const packed = new Uint8Array(gzipSync(`${'comment\n'.repeat(20_000)}${good}`));
    expect((await readArpa(packed)).trie.size).toBe(4);
    const error = await caught(readArpa(packed, { maxBytes: 10_000 }));
    expect(error.message).toBe(
      'readArpa: the gzip data unpack to more than 10000 bytes; if that is meant, set maxBytes higher',
    );
  });

  test.each<[unknown, string]>([
    [undefined, 'got undefined, needs a text, a Uint8Array, or an iterable'],
    [5, 'got 5, needs a text'],
    [[1, 2], 'a piece is 1, needs all of them to be texts, or all bytes'],
    [['\\data\\', Uint8Array.of(1)], 'a piece is an Uint8Array, needs'],
    [[Uint8Array.of(65), 'a'], "a piece is 'a', needs"],
  ])('%j as a source', async (source, message) => {
    const error = await caught(readArpa(source as string));
    expect(error).toBeInstanceOf(ArgumentError);
    expect(error.message).toContain(message);
  });

  test('a source that fails with what it failed with, and ends it', async () => {
    for (const head of [new Uint8Array(gzipSync(good)).subarray(0, 30), bytesOf('\\data\\\n'), '\\data\\']) {
      let isEnded = false;
      async function* failing(): AsyncGenerator<never> {
        try {
          yield head as never;
          throw new RangeError('the disk is gone');
        } finally {
          isEnded = true;
        }
      }
      expect(await caught(readArpa(failing()))).toEqual(new RangeError('the disk is gone'));
      expect(isEnded).toBe(true);
    }
  });

  test('a wrong line at once, and lets go of the source', async () => {
    let isEnded = false;
    async function* endless(): AsyncGenerator<string> {
      try {
        yield* ['\\data\\', 'ngram 1=1', '\\1-grams:'];
        for (;;) yield '-1\tone too many';
      } finally {
        isEnded = true;
      }
    }
    expect((await caught(readArpa(endless()))).message).toContain('has 4 fields');
    expect(isEnded).toBe(true);
  });
});

test('scores in pieces are those of the whole', () => {
  const model = discounted(counted(3));
  const tokens = sentences(30, 5).flat();
  const whole = new Float64Array(tokens.length);
  const end = model.run(model.begin, tokens, whole);
  for (const size of [1, 2, 7]) {
    const pieces: number[] = [];
    let context = model.begin;
    for (let at = 0; at < tokens.length; at += size) {
      const piece = tokens.slice(at, at + size);
      const logs = new Float64Array(piece.length);
      context = model.run(context, piece, logs);
      pieces.push(...logs);
    }
    expect(Float64Array.from(pieces)).toEqual(whole);
    expect(context).toBe(end);
  }
  for (const context of contexts(200, 4)) {
    const state = model.contextOf(context);
    const all = model.distribution(context);
    expect(total(all)).toBeCloseTo(1, 12);
    all.forEach((log, token) => void expect(model.logProbabilityIn(state, token)).toBe(log));
  }
});
