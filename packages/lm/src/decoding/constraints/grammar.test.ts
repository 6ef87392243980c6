// Grammars: what fits and what may begin, beside all texts that their rules make; ambiguous, deep and hostile ones.

import { Generator } from '@dl/autograd';
import { describe, expect, test } from 'vitest';
import { grammar } from '../../index.js';

/** A rule as a tree. */
type Tree =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'rule'; readonly name: string }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly Tree[] }
  | { readonly kind: 'repeat'; readonly part: Tree; readonly count: '?' | '*' | '+' };

const NAMES = ['root', 'one', 'two'];

function randomTree(generator: Generator, depth: number): Tree {
  const at = generator.integer(0, depth === 0 ? 3 : 7);
  const inside = (): Tree => randomTree(generator, depth - 1);
  const several = (): Tree[] => Array.from({ length: generator.integer(1, 4) }, inside);
  if (at < 2) return { kind: 'text', text: ['a', 'b', 'ab', ''][generator.integer(0, 4)]! };
  if (at === 2) return { kind: 'rule', name: NAMES[generator.integer(0, 3)]! };
  if (at < 5) return { kind: at === 3 ? 'sequence' : 'choice', parts: several() };
  return { kind: 'repeat', part: inside(), count: (['?', '*', '+'] as const)[generator.integer(0, 3)]! };
}

function written(tree: Tree): string {
  switch (tree.kind) {
    case 'text':
      return `"${tree.text}"`;
    case 'rule':
      return tree.name;
    case 'repeat':
      return `(${written(tree.part)})${tree.count}`;
    default:
      return `(${tree.parts.map(written).join(tree.kind === 'choice' ? ' | ' : ' ')})`;
  }
}

const MOST = 7;

/** All texts up to a length that a tree makes, where rules make these. */
function made(tree: Tree, rules: ReadonlyMap<string, ReadonlySet<string>>): Set<string> {
  const joined = (a: ReadonlySet<string>, b: ReadonlySet<string>): Set<string> =>
    new Set([...a].flatMap((x) => [...b].map((y) => x + y)).filter(({ length }) => length <= MOST));
  switch (tree.kind) {
    case 'text':
      return new Set([tree.text]);
    case 'rule':
      return new Set(rules.get(tree.name));
    case 'choice':
      return new Set(tree.parts.flatMap((part) => [...made(part, rules)]));
    case 'sequence':
      return tree.parts.reduce((all, part) => joined(all, made(part, rules)), new Set(['']));
    default: {
      const part = made(tree.part, rules);
      let all = new Set(tree.count === '+' ? part : ['', ...part]);
      if (tree.count === '?') return all;
      for (let size = -1; size !== all.size; ) {
        size = all.size;
        all = new Set([...all, ...joined(all, part)]);
      }
      return all;
    }
  }
}

/** All texts up to a length that the rules make: more and more, until there are no more. */
function language(trees: ReadonlyMap<string, Tree>): ReadonlySet<string> {
  let rules = new Map<string, ReadonlySet<string>>(NAMES.map((name) => [name, new Set<string>()]));
  for (let size = -1; ; ) {
    rules = new Map([...trees].map(([name, tree]) => [name, made(tree, rules)]));
    const now = [...rules.values()].reduce((sum, each) => sum + each.size, 0);
    if (now === size) return rules.get('root')!;
    size = now;
  }
}

test('grammars by chance: every text up to 7 characters, every beginning', () => {
  const generator = new Generator(29);
  const texts = [''];
  for (let i = 0; texts.length < 2 ** (MOST + 1) - 1; i++) texts.push(`${texts[i]}a`, `${texts[i]}b`);
  let [grammars, recursive] = [0, 0];
  while (grammars < 120) {
    const trees = new Map(NAMES.map((name) => [name, randomTree(generator, 3)]));
    const source = [...trees].map(([name, tree]) => `${name} ::= ${written(tree)}`).join('\n');
    const all = language(trees);
    let pattern: ReturnType<typeof grammar>;
    try {
      pattern = grammar(source);
    } catch (error) {
      const { message } = error as Error;
      if (message.includes('left recursion')) continue;
      expect(message).toMatch(/no text fits|only the empty text fits/);
      expect([source, all.size - Number(all.has(''))]).toEqual([source, 0]);
      continue;
    }
    grammars++;
    if (/root ::= .*root/.test(source) || /(one|two) ::= .*\1/.test(source)) recursive++;
    expect([source, texts.filter((text) => pattern.fits(text))]).toEqual([
      source,
      texts.filter((text) => all.has(text)),
    ]);
    const begins = new Set([...all].flatMap((text) => [0, 1, 2, 3].map((length) => text.slice(0, length))));
    for (const text of texts) {
      if (text.length > 3) break;
      // A beginning that only texts of more characters have: one is found by going on as the pattern says.
      if (pattern.canBegin(text) && !begins.has(text))
        expect([source, text, reaches(pattern, text)]).toEqual([source, text, true]);
      if (begins.has(text)) expect([source, text, pattern.canBegin(text)]).toEqual([source, text, true]);
    }
  }
  expect(recursive).toBeGreaterThan(20);
});

/** Whether something fits that begins so, found by going on where that may be. */
function reaches(pattern: ReturnType<typeof grammar>, text: string): boolean {
  let open = [text];
  for (let i = 0; i < 40 && open.length > 0; i++) {
    if (open.some((each) => pattern.fits(each))) return true;
    open = open.flatMap((each) => [`${each}a`, `${each}b`].filter((next) => pattern.canBegin(next))).slice(0, 60);
  }
  return false;
}

describe('the notation', () => {
  test('rules over lines, remarks, classes, counts, escapes, names with hyphens', () => {
    const pattern = grammar(`
      # a greeting
      root ::= greet-ing " "
               name   # who
             | "bye\\n"{2}
      greet-ing ::= "hello" | "h\\u00e9" "!"?
      name
        ::= [A-Z] [a-z]{1,3}
    `);
    expect(['hello Bo', 'hé! Anna', 'bye\nbye\n'].map((text) => pattern.fits(text))).toEqual([true, true, true]);
    expect(['hello bo', 'hello Annab', 'bye\n', 'hé!!'].map((text) => pattern.fits(text))).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });

  test('JSON, as deep as one likes', () => {
    const json = grammar(`
      root ::= value
      value ::= object | array | string | number | "true" | "false" | "null"
      object ::= "{" (string ":" value ("," string ":" value)*)? "}"
      array ::= "[" (value ("," value)*)? "]"
      string ::= "\\"" ([^"\\\\\\x00-\\x1f] | "\\\\" ["\\\\/bfnrt] | "\\\\u" [0-9a-fA-F]{4})* "\\""
      number ::= "-"? ("0" | [1-9] [0-9]*) ("." [0-9]+)? ([eE] [-+]? [0-9]+)?
    `);
    const values = [{ a: [1, -2.5e-7, { b: 'x "y" \n é😀' }], c: null }, [], [[[true]]], '', 0, { k: {} }];
    for (const value of values) {
      const text = JSON.stringify(value);
      expect([text, json.fits(text)]).toEqual([text, true]);
      for (let i = 0; i < text.length; i++) {
        if (/[\ud800-\udbff]/.test(text[i - 1] ?? '')) continue;
        expect([text.slice(0, i), json.canBegin(text.slice(0, i))]).toEqual([text.slice(0, i), true]);
      }
    }
    for (const text of ['[1,]', '{"a"}', '01', '"\n"', '{a:1}', '[1 2]', 'tru', ']', '{"a":1}}']) {
      let isJson = true;
      try {
        JSON.parse(text);
      } catch {
        isJson = false;
      }
      expect([text, json.fits(text)]).toEqual([text, isJson]);
    }
  });
});

describe('many ways at once', () => {
  test('ambiguous ones stay small', () => {
    // 2^n ways to have opened n brackets.
    const doubled = grammar('root ::= "a" root "b" | "a" root "c" | ""');
    const long = 'a'.repeat(1500);
    expect([doubled.canBegin(long), doubled.fits(`${long}${'bc'.repeat(750)}`), doubled.fits(`${long}b`)]).toEqual([
      true,
      true,
      false,
    ]);
    // Twenty levels, each of which stands first in two ways in the one above.
    const levels = Array.from({ length: 20 }, (_, i) => `e${i} ::= e${i + 1} "${'+-*/'[i % 4]}" e${i} | e${i + 1}`);
    const sums = grammar(['root ::= e0', ...levels, 'e20 ::= "x" | "(" root ")"'].join('\n'));
    expect([sums.fits('x+x-(x*x)'), sums.canBegin(`${'('.repeat(40)}x`), sums.fits('x+')]).toEqual([true, true, false]);
  });

  test('what is last in its rule takes no room, however long the text is', () => {
    const list = grammar('root ::= item | item "," root\n item ::= [0-9]+');
    expect([list.fits('12,3,'.repeat(5000)), list.fits(`${'12,3,'.repeat(5000)}4`)]).toEqual([false, true]);
  });

  test('deep sets of stacks that are joined: a bracket is one of a pair, or two are', () => {
    const pairs = grammar('root ::= x\nx ::= ("(" | "((") x ")" | "z"');
    // n brackets are opened, and from n / 2 up to n closed.
    for (const open of [7, 40, 151]) {
      const fits = (close: number): boolean => pairs.fits(`${'('.repeat(open)}z${')'.repeat(close)}`);
      expect([fits(Math.ceil(open / 2) - 1), fits(Math.ceil(open / 2)), fits(open), fits(open + 1)]).toEqual([
        ...[false, true, true, false],
      ]);
    }
    expect(pairs.canBegin('('.repeat(1500))).toBe(true);
  });

  test('deep sets of stacks are joined without recursion', () => {
    // Behind the brackets [ opens one more or none, so that all that is open is joined with itself, moved by one.
    const moved = grammar('root ::= x\nx ::= ("(" | "[") x ")" | "[" x | "z"');
    const texts = [0, 1, 2].map((more) => `${'('.repeat(4900)}[z${')'.repeat(4899 + more)}`);
    // Asked with little of the stack left.
    let depth = 0;
    const down = (): void => {
      depth++;
      down();
    };
    expect(down).toThrow(RangeError);
    const within = <T>(left: number, call: () => T): T => (left <= 0 ? call() : within(left - 1, call));
    const fits = texts.map((text) => within(Math.floor(depth * 0.6), () => moved.fits(text)));
    expect(fits).toEqual([false, true, true]);
  });

  test('as deep as 5,000 open rules', () => {
    const nested = grammar('root ::= "(" root ")" | "x"');
    const deep = (depth: number): string => `${'('.repeat(depth)}x${')'.repeat(depth)}`;
    expect([nested.fits(deep(4990)), nested.canBegin('('.repeat(5010))]).toEqual([true, false]);
  });
});

test.each<[string, string]>([
  ['grammar: there is no rule root, with which every text begins', 'start ::= "a"'],
  ['grammar: there is no rule root', ''],
  ['grammar: there is no rule itme, at character 9', 'root ::= itme\nitem ::= "a"'],
  ['grammar: there are two rules root', 'root ::= "a"\nroot ::= "b"'],
  [
    'grammar: the rule root begins with itself (root → root): left recursion is not supported; write it with *',
    'root ::= root "a" | "a"',
  ],
  ['grammar: the rule a begins with itself (a → b → a)', 'root ::= "x" a\na ::= b "x"\nb ::= a | "y"'],
  ['grammar: the rule root begins with itself', 'root ::= none root "a" | "b"\nnone ::= "n"?'],
  ['grammar: no text fits the pattern', 'root ::= "a" root'],
  ['grammar: no text fits the pattern', 'root ::= []'],
  ['grammar: only the empty text fits grammar root ::= ""', 'root ::= ""'],
  ['grammar: needs the name of a rule, at character 0', '::= "a"'],
  ['grammar: needs ::= behind the name root', 'root = "a"'],
  ['grammar: a text is not closed: a " is missing, at character 9', 'root ::= "a'],
  ['grammar: a parenthesis is not closed', 'root ::= ("a"'],
  ['grammar: a parenthesis is closed that was not opened', 'root ::= "a")'],
  ['grammar: there is nothing to repeat', 'root ::= * "a"'],
  ['grammar: "\'" is no part of a rule; texts stand between quotation marks', "root ::= 'a'"],
  ['grammar: the pattern needs more than 100,000 states and ways', 'root ::= "abcdefghij"{20000}'],
  ['grammar: groups are nested more than 250 deep', `root ::= ${'('.repeat(50_000)}`],
  ['grammar: rules is 3, needs a string', 3 as never],
])('%s', (message, source) => {
  expect(() => grammar(source)).toThrow(message);
});

test('nothing at all is refused', () => {
  expect(() => grammar(undefined as never)).toThrow(
    "grammar: got undefined, needs the text of rules, such as 'root ::=",
  );
});
