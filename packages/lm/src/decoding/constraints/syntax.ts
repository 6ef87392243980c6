// What regular expressions and grammars have in common: their trees, and how texts, classes and counts are written.

import { ArgumentError } from '@dl/autograd';
import {
  allBut,
  type CodePoints,
  codePoints,
  digits,
  one,
  property,
  spaces,
  union,
  wordCharacters,
} from './code-points.js';

/** A part of a pattern. */
export type Part =
  | { readonly kind: 'class'; readonly set: CodePoints }
  | { readonly kind: 'sequence'; readonly parts: readonly Part[] }
  | { readonly kind: 'choice'; readonly parts: readonly Part[] }
  /** Between `least` and `most` times, which may be Infinity. */
  | { readonly kind: 'repeat'; readonly part: Part; readonly least: number; readonly most: number }
  /** The part of another rule. */
  | { readonly kind: 'rule'; readonly name: string; readonly at: number }
  /** `^` or `$`. */
  | { readonly kind: 'anchor'; readonly isBegin: boolean; readonly at: number };

export const nothing: Part = { kind: 'sequence', parts: [] };

/** How deep groups may be nested. */
const DEEPEST = 250;

const controls: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, f: 12, v: 11 };

/** Reads a pattern from its begin to its end. */
export class Reader {
  readonly name: string;
  readonly source: string;
  at = 0;
  #depth = 0;

  constructor(name: string, source: string) {
    this.name = name;
    this.source = source;
  }

  get isAtEnd(): boolean {
    return this.at >= this.source.length;
  }

  /** The character that comes, whole; '' at the end. */
  get next(): string {
    const point = this.source.codePointAt(this.at);
    return point === undefined ? '' : String.fromCodePoint(point);
  }

  looksAt(text: string): boolean {
    return this.source.startsWith(text, this.at);
  }

  take(): string {
    const { next } = this;
    this.at += next.length;
    return next;
  }

  /** Goes beyond a text if it comes. */
  skip(text: string): boolean {
    if (!this.looksAt(text)) return false;
    this.at += text.length;
    return true;
  }

  /** Goes beyond what a sticky pattern finds here. */
  match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.source) ?? undefined;
    if (found !== undefined) this.at = pattern.lastIndex;
    return found;
  }

  error(what: string, at = this.at): ArgumentError {
    const end = this.source.length > 60 ? `${this.source.slice(0, 60)}…` : this.source;
    return new ArgumentError(`${this.name}: ${what}, at character ${at} of ${JSON.stringify(end)}`);
  }

  /** Reads what stands in a group, and the parenthesis behind it. */
  group(inside: () => Part): Part {
    const at = this.at - 1;
    if (++this.#depth > DEEPEST) throw this.error(`groups are nested more than ${DEEPEST} deep`);
    const part = inside();
    if (!this.skip(')')) throw this.error('a parenthesis is not closed: a ) is missing for the (', at);
    this.#depth--;
    return part;
  }

  /** A part with `?`, `*`, `+`, `{m}`, `{m,}` or `{m,n}` behind it, if one comes. */
  repeated(part: Part, from: number): Part {
    const at = this.at;
    let [least, most] = [0, Infinity];
    const counts = this.match(/\{(\d+)(,?)(\d*)\}/y);
    if (counts !== undefined) {
      least = Number(counts[1]);
      most = counts[2] === '' ? least : counts[3] === '' ? Infinity : Number(counts[3]);
      if (most < least) throw this.error(`the counts of ${counts[0]} are out of order`, at);
    } else if (this.skip('?')) most = 1;
    else if (this.skip('+')) least = 1;
    else if (!this.skip('*')) return part;
    if (part.kind === 'anchor') throw this.error('^ and $ cannot be repeated', from);
    return { kind: 'repeat', part, least, most };
  }

  /** A class in brackets, behind the first of them. */
  bracketed(): CodePoints {
    const at = this.at - 1;
    const isNegated = this.skip('^');
    const sets: CodePoints[] = [];
    while (!this.skip(']')) {
      if (this.isAtEnd) throw this.error('a class is not closed: a ] is missing for the [', at);
      const from = this.at;
      const first = this.#member();
      if (!this.looksAt('-') || this.looksAt('-]')) {
        sets.push(first);
        continue;
      }
      this.at++;
      if (this.isAtEnd) throw this.error('a class is not closed: a ] is missing for the [', at);
      const last = this.#member();
      if (!isSingle(first) || !isSingle(last) || first[0]! > last[0]!) {
        throw this.error(`${this.source.slice(from, this.at)} is no range`, from);
      }
      sets.push(codePoints([[first[0]!, last[0]!]]));
    }
    const set = union(sets);
    return isNegated ? allBut(set) : set;
  }

  #member(): CodePoints {
    if (this.skip('\\')) return this.skip('b') ? one(8) : this.skip('-') ? one(0x2d) : this.escaped();
    return this.literal();
  }

  /** A character that stands for itself. */
  literal(): CodePoints {
    const at = this.at;
    const point = this.take().codePointAt(0)!;
    if (point >= 0xd800 && point <= 0xdfff) throw this.error('half a surrogate pair is no character', at);
    return one(point);
  }

  /** What stands behind a backslash. */
  escaped(): CodePoints {
    const at = this.at - 1;
    if (this.isAtEnd) throw this.error('nothing stands behind the last backslash', at);
    const hex = this.match(/x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]+)\}/y);
    if (hex !== undefined) return this.#point(Number.parseInt((hex[1] ?? hex[2] ?? hex[3])!, 16), at);
    const named = this.match(/([pP])\{([^{}]*)\}/y);
    if (named !== undefined) {
      const set = property(named[2]!);
      if (set === undefined) throw this.error(`there is no Unicode property ${JSON.stringify(named[2])}`, at);
      return named[1] === 'p' ? set : allBut(set);
    }
    const control = this.match(/c([a-zA-Z])/y);
    if (control !== undefined) return one(control[1]!.charCodeAt(0) % 32);
    if (this.match(/0(?![0-9])/y)) return one(0);
    const letter = this.take();
    const classes: Readonly<Record<string, CodePoints>> = { d: digits, w: wordCharacters, s: spaces };
    const set = classes[letter.toLowerCase()];
    if (set !== undefined) return letter === letter.toLowerCase() ? set : allBut(set);
    if (controls[letter] !== undefined) return one(controls[letter]);
    if (/[\^$\\.*+?()[\]{}|/"'#-]/.test(letter)) return one(letter.codePointAt(0)!);
    if (/[bB]/.test(letter)) throw this.error(`\\${letter}, a word boundary, is not supported`, at);
    if (/[1-9k]/.test(letter)) throw this.error(`\\${letter}, a reference to a group, is not supported`, at);
    throw this.error(`\\${letter} is no escape`, at);
  }

  /** A code point by its number; of two escapes that are a surrogate pair the character. */
  #point(point: number, at: number): CodePoints {
    if (point >= 0xd800 && point <= 0xdbff) {
      const low = this.match(/\\u([dD][c-fC-F][0-9a-fA-F]{2})/y);
      if (low !== undefined) return one(0x10000 + ((point - 0xd800) << 10) + (Number.parseInt(low[1]!, 16) - 0xdc00));
    }
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
      throw this.error(`${this.source.slice(at, this.at)} is no character`, at);
    }
    return one(point);
  }
}

const isSingle = (set: CodePoints): boolean => set.length === 2 && set[0] === set[1];
