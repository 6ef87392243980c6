// Tokens that are found in a text before it is cut into words: special ones, and those that were added to a vocabulary after its training.

import { isBlank, isWordAfter, isWordBefore } from './pre-tokens.js';

/** A token that is found as it stands, and what it takes with it. */
export interface FoundToken {
  readonly id: number;
  readonly text: string;
  /** Takes the blanks on its left, or on its right, into itself. Default false. */
  readonly stripLeft?: boolean;
  readonly stripRight?: boolean;
  /** Is found only where no letter, digit or underscore stands beside it. Default false. */
  readonly singleWord?: boolean;
}

interface Node {
  readonly next: Map<number, Node>;
  token?: FoundToken;
}

/** Finds tokens in one pass, however many there are. */
export class TokenFinder {
  readonly #root: Node = { next: new Map() };

  constructor(tokens: Iterable<FoundToken>) {
    for (const token of tokens) {
      let node = this.#root;
      for (let i = 0; i < token.text.length; i++) {
        const code = token.text.charCodeAt(i);
        let next = node.next.get(code);
        if (next === undefined) node.next.set(code, (next = { next: new Map() }));
        node = next;
      }
      if (node !== this.#root) node.token = token;
    }
  }

  /** From left to right, of two that begin at one place the longer: number, start and end of each, one after another. */
  find(text: string): number[] {
    const found: number[] = [];
    let reached = 0;
    for (let at = 0; at < text.length; ) {
      const token = this.#longest(text, at);
      if (token === undefined) {
        at++;
        continue;
      }
      let start = at;
      let end = (at += token.text.length);
      if (token.singleWord && (isWordBefore(text, start) || isWordAfter(text, end))) continue;
      if (token.stripLeft) while (start > reached && isBlank(text.charCodeAt(start - 1))) start--;
      if (token.stripRight) while (end < text.length && isBlank(text.charCodeAt(end))) end++;
      found.push(token.id, start, end);
      at = reached = end;
    }
    return found;
  }

  #longest(text: string, from: number): FoundToken | undefined {
    let node = this.#root.next.get(text.charCodeAt(from));
    let longest: FoundToken | undefined;
    for (let at = from + 1; node !== undefined; at++) {
      longest = node.token ?? longest;
      node = node.next.get(text.charCodeAt(at));
    }
    return longest;
  }
}
