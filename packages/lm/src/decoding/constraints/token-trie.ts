// TokenTrie: the bytes of all tokens as a tree, so that what begins alike is looked at once.

import type { ByteState } from './byte-state.js';

/** A set of tokens: a bit for each. */
export type TokenSet = Uint32Array;

export const emptySet = (size: number): TokenSet => new Uint32Array((size + 31) >> 5);
export const has = (set: TokenSet, id: number): boolean => ((set[id >> 5]! >>> (id & 31)) & 1) === 1;
export const add = (set: TokenSet, id: number): void => {
  set[id >> 5]! |= 1 << (id & 31);
};

/** Nodes from the root on, each before all that are below it: by its byte, how deep it stands, and the node behind those below it. */
export class TokenTrie {
  readonly #size: number;
  readonly #bytes: Uint8Array;
  readonly #depths: Int32Array;
  readonly #behind: Int32Array;
  /** The tokens that end at a node are those from here on, up to where the next node's begin. */
  readonly #starts: Int32Array;
  readonly #tokens: Int32Array;

  /** @param texts The bytes of each token; empty ones are left out. */
  constructor(texts: readonly Uint8Array[]) {
    this.#size = texts.length;
    const order = texts.flatMap(({ length }, id) => (length > 0 ? [id] : []));
    order.sort((a, b) => compare(texts[a]!, texts[b]!) || a - b);
    const most = order.reduce((sum, id) => sum + texts[id]!.length, 0);
    const [bytes, depths, behind] = [new Uint8Array(most), new Int32Array(most), new Int32Array(most)];
    const starts = new Int32Array(most + 1);
    const path: number[] = [];
    let count = 0;
    let last: Uint8Array = new Uint8Array();
    for (const [i, id] of order.entries()) {
      const text = texts[id]!;
      let shared = 0;
      while (shared < last.length && last[shared] === text[shared]) shared++;
      while (path.length > shared) behind[path.pop()!] = count;
      for (let depth = shared; depth < text.length; depth++) {
        bytes[count] = text[depth]!;
        depths[count] = depth;
        starts[count] = i;
        path.push(count++);
      }
      last = text;
    }
    for (const node of path) behind[node] = count;
    starts[count] = order.length;
    this.#bytes = bytes.slice(0, count);
    this.#depths = depths.slice(0, count);
    this.#behind = behind.slice(0, count);
    this.#starts = starts.slice(0, count + 1);
    this.#tokens = Int32Array.from(order);
  }

  /** Whether one of the tokens that keep a pattern alive is such a one. */
  some(from: ByteState, isSuch: (id: number) => boolean): boolean {
    let found = false;
    this.#walk(from, (id) => (found = isSuch(id)));
    return found;
  }

  /** The tokens that keep a pattern alive. Takes as many steps as the part of the tree that does has nodes, and those right below it. */
  allowed(from: ByteState): TokenSet {
    const set = emptySet(this.#size);
    this.#walk(from, (id) => {
      add(set, id);
      return false;
    });
    return set;
  }

  /** Visits those tokens, until one of them is enough. */
  #walk(from: ByteState, visit: (id: number) => boolean): void {
    const states: ByteState[] = [from];
    const count = this.#bytes.length;
    for (let node = 0; node < count; ) {
      const depth = this.#depths[node]!;
      const state = states[depth]!.step(this.#bytes[node]!);
      if (state === undefined) {
        node = this.#behind[node]!;
        continue;
      }
      states[depth + 1] = state;
      const end = this.#starts[node + 1]!;
      for (let i = this.#starts[node]!; i < end; i++) if (visit(this.#tokens[i]!)) return;
      node++;
    }
  }
}

function compare(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}
