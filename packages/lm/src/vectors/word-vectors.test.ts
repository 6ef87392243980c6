// Word vectors: neighbours and analogies beside their definitions, all cosines computed and sorted; and questions as word2vec has them.

import { ArgumentError, Generator, ShapeError } from '@dl/autograd';
import { describe, expect, test } from 'vitest';
import { type AnalogyMethod, type Neighbour, WordVectors } from '../index.js';

const SIZE = 7;
const COUNT = 60;

/** Vectors of all lengths, some of them with the same direction. */
function randomVectors(seed: number): WordVectors {
  const random = new Generator(seed);
  const vectors = new Float32Array(COUNT * SIZE);
  for (let row = 0; row < COUNT; row++) {
    const length = 10 ** random.uniform(-3, 3);
    const from = row % 10 === 9 ? (row - 9) * SIZE : undefined;
    for (let i = 0; i < SIZE; i++) {
      vectors[row * SIZE + i] = from === undefined ? length * random.normal() : 2 * vectors[from + i]!;
    }
  }
  return new WordVectors(
    Array.from({ length: COUNT }, (_, i) => `w${i}`),
    vectors,
  );
}

/** The cosine by its formula, of plain numbers. */
function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [product, first, second] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    product += a[i]! * b[i]!;
    first += a[i]! ** 2;
    second += b[i]! ** 2;
  }
  return first === 0 || second === 0 ? 0 : product / Math.sqrt(first) / Math.sqrt(second);
}

/** All words but some, by a score, the best one first. */
function ranked(all: WordVectors, without: readonly string[], score: (vector: Float32Array) => number): Neighbour[] {
  return all.words
    .filter((word) => !without.includes(word))
    .map((word) => ({ word, similarity: score(all.vector(word)) }))
    .sort((a, b) => b.similarity - a.similarity);
}

function expectSame(found: readonly Neighbour[], wanted: readonly Neighbour[]): void {
  expect(found.length).toBe(wanted.length);
  found.forEach(({ word, similarity }, i) => {
    expect(similarity).toBeCloseTo(wanted[i]!.similarity, 10);
    // Of two with the same direction either comes first, by the last bit.
    const same = wanted.filter((other) => Math.abs(other.similarity - similarity) < 1e-9).map((other) => other.word);
    expect(same).toContain(word);
  });
}

const unit = (vector: Float32Array): number[] => {
  const length = Math.hypot(...vector);
  return Array.from(vector, (value) => value / length);
};

/** What an analogy is by the formulas of the papers. */
function byFormula(all: WordVectors, method: AnalogyMethod, [a, b, c]: readonly [string, string, string]): Neighbour[] {
  if (method === 'multiply') {
    const moved = (x: Float32Array, y: string): number => (cosine(x, all.vector(y)) + 1) / 2;
    return ranked(all, [a, b, c], (x) => (moved(x, b) * moved(x, c)) / (moved(x, a) + 0.001));
  }
  const [u, v, w] = [a, b, c].map((word) => unit(all.vector(word))) as [number[], number[], number[]];
  const wanted = v.map((value, i) => value - u[i]! + w[i]!);
  return ranked(all, [a, b, c], (x) => cosine(x, wanted));
}

const all = randomVectors(1);

describe('neighbours', () => {
  test.each([1, 3, 10, COUNT, 1000])('the %i nearest are those of all cosines, sorted', (count) => {
    for (const word of ['w0', 'w9', 'w31']) {
      const wanted = ranked(all, [word], (x) => cosine(x, all.vector(word)));
      expectSame(all.nearest(word, { count }), wanted.slice(0, count));
    }
    const query = Float32Array.from({ length: SIZE }, (_, i) => i - 2.5);
    const without = ['w3', 'w4'];
    const wanted = ranked(all, without, (x) => cosine(x, query));
    expectSame(all.nearest(query, { count, without }), wanted.slice(0, count));
    expectSame(all.nearest([...query], { count, without }), wanted.slice(0, count));
  });

  test('similarity is the cosine, never above 1', () => {
    for (let i = 0; i < COUNT; i++) {
      for (const other of ['w0', 'w9', 'w12', `w${i}`]) {
        const found = all.similarity(`w${i}`, other);
        expect(found).toBeCloseTo(cosine(all.vector(`w${i}`), all.vector(other)), 12);
        expect(Math.abs(found)).toBeLessThanOrEqual(1);
      }
    }
  });

  test('of equals the first one comes first, and the default is ten', () => {
    const words = Array.from({ length: 30 }, (_, i) => `same${i}`);
    const same = new WordVectors(words, new Float32Array(60).fill(0.5));
    expect(same.nearest('same4').map(({ word }) => word)).toEqual(words.filter((_, i) => i !== 4).slice(0, 10));
    expect(same.analogy('same1', 'same2', 'same3').map(({ word }) => word)).toEqual(
      words.filter((_, i) => i === 0 || i > 3).slice(0, 10),
    );
  });

  test('a vector of zeros has the cosine 0 with all, and is nobody’s best', () => {
    const some = new WordVectors(['zero', 'a', 'b'], Float32Array.of(0, 0, 1, 1, 1, 0.5));
    expect(some.similarity('zero', 'a')).toBe(0);
    expect(some.similarity('zero', 'zero')).toBe(0);
    expect(some.nearest('zero').map(({ similarity }) => similarity)).toEqual([0, 0]);
    expect(some.nearest('a').map(({ word }) => word)).toEqual(['b', 'zero']);
  });

  test('vectors of the largest and the smallest numbers have cosines, too', () => {
    const some = new WordVectors(['large', 'small', 'other'], Float32Array.of(3e38, 3e38, 1e-45, 1e-45, 1, 0));
    expect(some.similarity('large', 'small')).toBeCloseTo(1, 12);
    expect(some.similarity('large', 'other')).toBeCloseTo(Math.SQRT1_2, 12);
  });
});

describe.each(['add', 'multiply'] as const)('analogies, %s', (method) => {
  test('are the best by the formula of the paper, without the three words', () => {
    for (const three of [
      ['w1', 'w2', 'w3'],
      ['w10', 'w40', 'w33'],
      ['w5', 'w7', 'w5'],
    ] as const) {
      const [a, b, c] = three;
      expectSame(all.analogy(a, b, c, { count: 8, method }), byFormula(all, method, three).slice(0, 8));
    }
  });

  test('questions are right where the analogy finds the word, and are counted by section', async () => {
    const random = new Generator(5);
    const word = (): string => `w${random.integer(0, COUNT)}`;
    const lines: string[] = [];
    const right: boolean[] = [];
    // More than go through the table at once.
    for (let i = 0; i < 100; i++) {
      const three = [word(), word(), word()] as const;
      const [best] = byFormula(all, method, three);
      const answer = i % 3 === 0 ? word() : best!.word;
      right.push(answer === best!.word);
      lines.push([...three, answer].join(i % 2 === 0 ? ' ' : '\t'));
    }
    const text = [': one', ...lines.slice(0, 30), '', ': the other one ', ...lines.slice(30), 'w1 w2 w3 none', ''];
    const report = await all.evaluateAnalogies(text.join('\r\n'), { method });
    const count = (list: readonly boolean[]): number => list.filter(Boolean).length;
    expect(report.sections).toEqual([
      {
        name: 'one',
        questions: 30,
        unknown: 0,
        correct: count(right.slice(0, 30)),
        accuracy: count(right.slice(0, 30)) / 30,
      },
      {
        name: 'the other one',
        questions: 70,
        unknown: 1,
        correct: count(right.slice(30)),
        accuracy: count(right.slice(30)) / 70,
      },
    ]);
    expect(report).toMatchObject({ questions: 100, unknown: 1, correct: count(right), accuracy: count(right) / 100 });
    expect(await all.evaluateAnalogies(text, { method })).toEqual(report);
  });
});

describe('questions', () => {
  /** Kinds and forms: the vector of a word is that of its kind and that of its form. */
  const words = ['go', 'went', 'see', 'saw', 'GO', 'Went'];
  const vectors = new WordVectors(words, Float32Array.of(1, 0, 0, 1, 0, 1, 0, 1, 0, 0, 1, 1, 5, 5, 5, 0, 1, 0.9));

  test('restrict leaves the first words alone: others are unknown, and no answers', async () => {
    expect(await vectors.evaluateAnalogies('go went see saw', { restrict: 4 })).toMatchObject({
      correct: 1,
      questions: 1,
    });
    expect(await vectors.evaluateAnalogies('go went see saw', { restrict: 3 })).toMatchObject({
      questions: 0,
      unknown: 1,
    });
    expect(await vectors.evaluateAnalogies('go went see saw', { restrict: 100 })).toMatchObject({ questions: 1 });
  });

  test('ignoreCase: words in other letters are the first of them, which alone is an answer', async () => {
    expect(await vectors.evaluateAnalogies('Go WENT See SAW', {})).toMatchObject({ unknown: 1, questions: 0 });
    const report = await vectors.evaluateAnalogies('Go WENT See SAW', { ignoreCase: true });
    expect(report).toMatchObject({ unknown: 0, questions: 1, correct: 1 });
  });

  test('none are no share', async () => {
    const report = await vectors.evaluateAnalogies('');
    expect(report).toEqual({ accuracy: Number.NaN, correct: 0, questions: 0, unknown: 0, sections: [] });
  });

  test('tell how far they are, and stop at a signal', async () => {
    const shares: number[] = [];
    const many = Array.from({ length: 40 }, () => 'go went see saw');
    await vectors.evaluateAnalogies(many, { onProgress: (share) => shares.push(share) });
    expect(shares).toEqual([0.4, 0.8, 1]);
    const stop = new AbortController();
    const stopped = vectors.evaluateAnalogies(many, {
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('enough')),
    });
    await expect(stopped).rejects.toThrow('enough');
  });
});

describe('bad input', () => {
  const two = new WordVectors(['a', 'b'], Float32Array.of(1, 0, 0, 1));
  const refused: readonly (readonly [string, () => unknown, Error])[] = [
    [
      'no words',
      () => new WordVectors([], new Float32Array(0)),
      new ArgumentError('WordVectors: got no words, needs at least 1'),
    ],
    [
      'a list of rows',
      () => new WordVectors(['a'], [[1, 2]] as never),
      new ArgumentError('WordVectors: vectors is [[…]], needs a Float32Array of all of them, row after row'),
    ],
    [
      'too few numbers',
      () => new WordVectors(['a', 'b'], new Float32Array(3)),
      new ShapeError('WordVectors: there are 3 numbers for 2 words, needs as many for each word, at least 1'),
    ],
    [
      'no numbers',
      () => new WordVectors(['a', 'b'], new Float32Array(0)),
      new ShapeError('WordVectors: there are 0 numbers for 2 words, needs as many for each word, at least 1'),
    ],
    [
      'a word twice',
      () => new WordVectors(['a', 'b', 'a'], new Float32Array(3)),
      new ArgumentError("WordVectors: 'a' is word 0 and word 2; each may come once"),
    ],
    [
      'a number',
      () => new WordVectors([7] as never, new Float32Array(1)),
      new ArgumentError('WordVectors: word 0 is 7, needs a text'),
    ],
    [
      'NaN',
      () => new WordVectors(['a', 'b'], Float32Array.of(1, 2, 3, Number.NaN)),
      new ArgumentError("WordVectors: the vector of 'b' has NaN at place 1, needs finite numbers"),
    ],
    [
      'a word that is not there',
      () => two.vector('c'),
      new ArgumentError(
        "WordVectors.vector: word is 'c', which is none of the 2 words; ask has(word) first, or try it in other letters",
      ),
    ],
    [
      'an analogy of a number',
      () => two.analogy('a', 1 as never, 'b'),
      new ArgumentError('WordVectors.analogy: b is 1, which is none of the 2 words; needs a text'),
    ],
    [
      'words to leave out that are not there',
      () => two.nearest('a', { without: ['b', 'x'] }),
      new ArgumentError(
        "WordVectors.nearest: without[1] is 'x', which is none of the 2 words; ask has(word) first, or try it in other letters",
      ),
    ],
    [
      'a vector of another size',
      () => two.nearest([1, 2, 3]),
      new ArgumentError('WordVectors.nearest: of is a list of 3, needs a word, or a vector of 2 numbers'),
    ],
    [
      'a vector with NaN',
      () => two.nearest([1, Number.NaN]),
      new ArgumentError('WordVectors.nearest: of has NaN at place 1, needs finite numbers'),
    ],
    [
      'no count',
      () => two.nearest('a', { count: 0 }),
      new ArgumentError('WordVectors.nearest: count is 0, needs a whole number of at least 1'),
    ],
    [
      'questions of five words',
      () => two.evaluateAnalogies(': x\n\na b a b a'),
      new ArgumentError(
        "WordVectors.evaluateAnalogies: line 3 of the questions is 'a b a b a', needs four words, or a section such as ': capitals'",
      ),
    ],
    [
      'no questions',
      () => two.evaluateAnalogies(7 as never),
      new ArgumentError('WordVectors.evaluateAnalogies: questions is 7, needs a text of lines, or an iterable of them'),
    ],
  ];
  test.each(refused)('%s', async (_, call, error) => {
    await expect((async () => call())()).rejects.toThrow(error);
  });
});
