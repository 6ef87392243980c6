// Pattern: which texts fit, and which may still become one that does.

import { ArgumentError, checkCall, isInstance, type Known, shown } from '@dl/autograd';
import { ByteState } from './byte-state.js';
import { readGrammar } from './grammar-syntax.js';
import { type Network, networkOf } from './network.js';
import { readRegularExpression } from './regular-expression.js';
import { Machine, type Stacks } from './stacks.js';

/** A set of texts, made by {@link regularExpression} or {@link grammar}. */
export class Pattern {
  /** How it was written, shortened. */
  readonly name: string;
  readonly #machine: Machine;

  /** @internal */
  constructor(where: string, name: string, network: Network) {
    this.name = name;
    this.#machine = new Machine(network);
    if (this.#machine.start.tops.length === 0) {
      throw new ArgumentError(
        `${where}: only the empty text fits ${name}, so that nothing could be said; write what may come, such as /[0-9]+/`,
      );
    }
  }

  /** Whether a whole text fits. */
  fits(text: string): boolean {
    checkCall('fits', arguments, [['text', 'string']]);
    return this.#after(text)?.hasEmpty === true;
  }

  /** Whether a text, with more behind it or without, may be one that fits. */
  canBegin(text: string): boolean {
    checkCall('canBegin', arguments, [['text', 'string']]);
    return this.#after(text) !== undefined;
  }

  /**
   * Where a text begins, byte by byte.
   *
   * @internal
   */
  get bytes(): ByteState {
    return ByteState.of(this.#machine, this.#machine.start);
  }

  #after(text: string): Stacks | undefined {
    let state: Stacks | undefined = this.#machine.start;
    for (const character of text) {
      if (state === undefined) return undefined;
      state = this.#machine.step(state, character.codePointAt(0)!);
      this.#machine.weigh(1);
    }
    return state;
  }
}

/** Options of {@link regularExpression}. */
export interface RegularExpressionOptions {
  /** Whether `.` is any character, line ends, too. Default false, or what the flag `s` says. */
  readonly dotAll?: boolean;
}

const regularExpressionOptions: Known<RegularExpressionOptions> = { dotAll: 'boolean' };

/**
 * The texts that a regular expression fits as a whole, for {@link constrain}: anchors at its ends are implied. It takes this part of JavaScript's syntax, over whole characters as under the flag `u`:
 *
 * | | |
 * | --- | --- |
 * | characters | `a`, `\.` and other punctuation behind a backslash, `\n \r \t \v \f \0`, `\xHH`, `\uHHHH`, `\u{H…}`, `\cX` |
 * | classes | `.`, `[a-z_]`, `[^"]`, `\d \w \s \D \W \S`, Unicode properties as `\p{L}` and `\P{Script=Greek}` |
 * | groups | `(…)`, `(?:…)`, `(?<name>…)`, alternatives `a\|b` |
 * | counts | `?`, `*`, `+`, `{m}`, `{m,}`, `{m,n}`, each with a further `?`, which makes no difference here |
 * | anchors | `^` where the text begins and `$` where it ends |
 *
 * Refused are looking ahead and behind, references to groups, word boundaries, and the flags `i`, `m` and `v`. All ways to fit are gone at once, as finite automata do (Thompson, "Regular expression search algorithm", 1968), so that no
 * pattern takes longer than its size times the length of the text.
 *
 * @throws ArgumentError for what is no expression, for what is not supported, for more than 100,000 states and ways between them, such as of `a{1000000}`, and where only the empty text fits.
 *
 * @example
 * ```ts
 * import { regularExpression } from '@dl/lm';
 * const date = regularExpression(/\d{4}-(0[1-9]|1[0-2])-[0-3]\d/);
 * console.log(date.fits('2026-11-30'), date.canBegin('2026-1'), date.canBegin('2026-2')); // true true false
 * ```
 */
export function regularExpression(pattern: RegExp | string, options: RegularExpressionOptions = {}): Pattern {
  checkCall('regularExpression', arguments, ['pattern'], regularExpressionOptions);
  if (typeof pattern !== 'string' && !(pattern instanceof RegExp)) {
    throw new ArgumentError(
      `regularExpression: the pattern is ${shown(pattern)}, needs a RegExp, such as /[a-z]+/, or the text of one`,
    );
  }
  const { source, flags } = typeof pattern === 'string' ? { source: pattern, flags: '' } : pattern;
  const refused = /[imv]/.exec(flags)?.[0];
  if (refused !== undefined) {
    throw new ArgumentError(
      `regularExpression: the flag ${refused} is not supported; write both cases, as in [Aa], or the pattern without it`,
    );
  }
  if (source === '') {
    throw new ArgumentError('regularExpression: the pattern is empty; write what may come, such as /[0-9]+/');
  }
  const part = readRegularExpression(source, options.dotAll ?? flags.includes('s'));
  return new Pattern(
    'regularExpression',
    short(`/${source}/`),
    networkOf('regularExpression', new Map([['', part]]), ''),
  );
}

/**
 * The texts that the rule `root` of a context-free grammar makes, for {@link constrain}. A rule is `name ::= …`; what stands in it:
 *
 * | | |
 * | --- | --- |
 * | a text | `"yes"`, with the escapes of {@link regularExpression} |
 * | a class | `[a-z]`, `[^"\\]`, `.` for any character |
 * | a rule | its name: letters, digits, `_` and `-` |
 * | one after the other, one of several | `"a" b`, `"a" \| b`; nothing at all may be one of several |
 * | counts | `?`, `*`, `+`, `{m}`, `{m,}`, `{m,n}` right behind a part |
 * | groups | `( … )` |
 * | remarks | from `#` to the end of the line |
 *
 * Rules may stand for themselves, but not at their own begin: left recursion is refused. Rules are open at most 5,000 deep, not counting those that nothing comes behind in the rule that uses them.
 * All ways are gone at once, as sets of stacks of which those with the same top are one (after Tomita, "An efficient context-free parsing algorithm for natural languages", 1985).
 *
 * @throws ArgumentError for what is no grammar, a rule that there is not, is there twice or begins with itself, no rule `root`, more than 100,000 states and ways between them, and where no text fits or only the empty one.
 *
 * @example
 * ```ts
 * import { grammar } from '@dl/lm';
 * const sums = grammar(`
 *   root ::= term ("+" term)*
 *   term ::= [0-9]+ | "(" root ")"
 * `);
 * console.log(sums.fits('1+(2+3)'), sums.canBegin('1+(2'), sums.fits('1+(2'), sums.canBegin('1)')); // true true false false
 * ```
 */
export function grammar(rules: string): Pattern {
  checkCall('grammar', arguments, [['rules', 'string']]);
  if (typeof rules !== 'string') {
    throw new ArgumentError(`grammar: got ${shown(rules)}, needs the text of rules, such as 'root ::= "yes" | "no"'`);
  }
  return new Pattern('grammar', short(`grammar ${rules.trim()}`), networkOf('grammar', readGrammar(rules), 'root'));
}

/** A pattern as it is, or that of a RegExp. */
export function patternOf(where: string, given: RegExp | Pattern): Pattern {
  if (given instanceof RegExp) return regularExpression(given);
  if (isInstance(given, Pattern, where, 'pattern')) return given;
  throw new ArgumentError(
    `${where}: the pattern is ${shown(given)}, needs a RegExp, such as /[a-z]+/, or what regularExpression() or grammar() makes`,
  );
}

function short(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > 40 ? `${line.slice(0, 39)}…` : line;
}
