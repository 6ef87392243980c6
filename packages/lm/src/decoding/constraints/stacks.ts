// Where a text may stand in a pattern: a set of stacks of nodes, and how a character leads from one set to the next.

import { type CodePoints, meets } from './code-points.js';
import type { Network } from './network.js';

/** How many rules may be open at once. */
const DEEPEST = 5_000;

/** So much may be remembered before all of it is forgotten. */
const MOST = 500_000;

/**
 * A set of stacks, with those that have the same top as one: below each top is again a set. Equal sets are one object, until they are forgotten.
 *
 * As a state: on top of each stack is a node from which a character leads on, and the empty stack says that the text is complete.
 */
export class Stacks {
  readonly id: number;
  readonly hasEmpty: boolean;
  readonly tops: readonly number[];
  readonly below: readonly Stacks[];
  readonly depth: number;

  constructor(id: number, hasEmpty: boolean, tops: readonly number[], below: readonly Stacks[]) {
    this.id = id;
    this.hasEmpty = hasEmpty;
    this.tops = tops;
    this.below = below;
    this.depth = below.reduce((most, { depth }) => Math.max(most, depth + 1), 0);
  }
}

/** Two sets of stacks of which the tops up to `i` and `j` are joined. */
interface Joining {
  readonly left: Stacks;
  readonly right: Stacks;
  i: number;
  j: number;
  readonly tops: number[];
  readonly below: Stacks[];
}

/**
 * Goes through a network by characters. All ways are gone at once, so that a text takes as many steps as it has characters. Of a regular expression each is bounded by the size of the network; of a grammar it may join sets of stacks,
 * level by level down to where they are the same, so that it is bounded by their depth, too.
 */
export class Machine {
  readonly #network: Network;
  readonly #known = new Map<string | number, Stacks>();
  /** By the one with the smaller number, then by the other. */
  readonly #unions = new Map<Stacks, Map<Stacks, Stacks>>();
  readonly #empty: Stacks;
  #ids = 0;
  #weight = 0;
  /** How often all was forgotten. */
  generation = 0;
  readonly start: Stacks;

  constructor(network: Network) {
    this.#network = network;
    this.#empty = this.#made(true, [], []);
    this.start = this.#after([[network.starts[0]!, this.#empty]])!;
  }

  /** Notes that so much was remembered elsewhere. Forgets all where it is too much: what is in use stays good. */
  weigh(weight: number): void {
    this.#weight += weight;
    if (this.#weight < MOST) return;
    this.#known.clear();
    this.#unions.clear();
    this.#known.set(keyOf(true, [], []), this.#empty);
    this.#weight = 0;
    this.generation++;
  }

  /** The state behind one more character; undefined where none fits. */
  step(state: Stacks, point: number): Stacks | undefined {
    const { nodes } = this.#network;
    const seeds: [number, Stacks][] = [];
    state.tops.forEach((top, i) => {
      for (const { set, to } of nodes[top]!.edges) if (meets(set, point, point)) seeds.push([to, state.below[i]!]);
    });
    return this.#after(seeds);
  }

  /** Whether some character from `first` to `last` may come. */
  admits(state: Stacks, first: number, last: number): boolean {
    const { nodes } = this.#network;
    return state.tops.some((top) => nodes[top]!.edges.some(({ set }: { set: CodePoints }) => meets(set, first, last)));
  }

  /** All that these nodes, each on its stacks, lead to without a character. */
  #after(seeds: readonly (readonly [number, Stacks])[]): Stacks | undefined {
    const { nodes, starts, isNullable, order } = this.#network;
    const tops = new Map<number, Stacks>();
    const entered = new Map<number, Stacks>();
    let isComplete = false;
    const join = (into: Map<number, Stacks>, key: number, stacks: Stacks): void => {
      const former = into.get(key);
      into.set(key, former === undefined ? stacks : this.#union(former, stacks));
    };
    const seen = new Map<Stacks, Set<number>>();
    const work = [...seeds];
    const go = (node: number, stacks: Stacks): void => {
      let visited = seen.get(stacks);
      if (visited === undefined) seen.set(stacks, (visited = new Set()));
      if (visited.has(node)) return;
      visited.add(node);
      work.push([node, stacks]);
    };
    /** Goes on from what is to be looked at. `leaves`: what ends goes on in what is below. */
    const all = (leaves: boolean): void => {
      for (let next = work.pop(); next !== undefined; next = work.pop()) {
        const [at, stacks] = next;
        const { edges, free, calls, isEnd } = nodes[at]!;
        if (edges.length > 0) join(tops, at, stacks);
        for (const to of free) go(to, stacks);
        for (const { rule, to, isLast } of calls) {
          // Rules are entered when all that enter them are known. Where one may be empty, what is behind it comes at once.
          if (isNullable[rule]) go(to, stacks);
          if (isLast) join(entered, rule, stacks);
          else if (stacks.depth < DEEPEST) join(entered, rule, this.#made(false, [to], [stacks]));
        }
        if (isEnd && leaves) {
          if (stacks.hasEmpty) isComplete = true;
          stacks.tops.forEach((top, i) => void go(top, stacks.below[i]!));
        }
      }
    };
    all(true);
    for (const rule of order) {
      const stacks = entered.get(rule);
      if (stacks === undefined) continue;
      work.push([starts[rule]!, stacks]);
      all(false);
    }
    if (tops.size === 0 && !isComplete) return undefined;
    const sorted = [...tops.keys()].sort((a, b) => a - b);
    return this.#made(
      isComplete,
      sorted,
      sorted.map((top) => tops.get(top)!),
    );
  }

  /** All stacks of both. What is below tops that both have is joined first, without recursion: stacks are deeper than calls may be. */
  #union(a: Stacks, b: Stacks): Stacks {
    const known = this.#joined(a, b);
    if (known !== undefined) return known;
    const open: Joining[] = [{ left: a, right: b, i: 0, j: 0, tops: [], below: [] }];
    let done: Stacks | undefined;
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      const { left, right, tops, below } = top;
      if (done !== undefined) below.push(done);
      done = undefined;
      let waits: Joining | undefined;
      while (waits === undefined && (top.i < left.tops.length || top.j < right.tops.length)) {
        const [one, other] = [left.tops[top.i] ?? Infinity, right.tops[top.j] ?? Infinity];
        tops.push(Math.min(one, other));
        if (one < other) below.push(left.below[top.i++]!);
        else if (other < one) below.push(right.below[top.j++]!);
        else {
          const [under, beside] = [left.below[top.i++]!, right.below[top.j++]!];
          const joined = this.#joined(under, beside);
          if (joined === undefined) waits = { left: under, right: beside, i: 0, j: 0, tops: [], below: [] };
          else below.push(joined);
        }
      }
      if (waits !== undefined) {
        open.push(waits);
        continue;
      }
      done = this.#made(left.hasEmpty || right.hasEmpty, tops, below);
      const [first, second] = left.id < right.id ? [left, right] : [right, left];
      let own = this.#unions.get(first);
      if (own === undefined) this.#unions.set(first, (own = new Map()));
      own.set(second, done);
      this.#weight += 2;
      open.pop();
    }
    return done!;
  }

  /** The union of both, where it is known. */
  #joined(a: Stacks, b: Stacks): Stacks | undefined {
    return a === b ? a : a.id < b.id ? this.#unions.get(a)?.get(b) : this.#unions.get(b)?.get(a);
  }

  #made(hasEmpty: boolean, tops: readonly number[], below: readonly Stacks[]): Stacks {
    const key = keyOf(hasEmpty, tops, below);
    let stacks = this.#known.get(key);
    if (stacks === undefined) {
      stacks = new Stacks(this.#ids++, hasEmpty, tops, below);
      this.#known.set(key, stacks);
      this.#weight += 2 + tops.length;
    }
    return stacks;
  }
}

/** A number for one top, which most have: their nodes are fewer than 2^17, as networks are bounded. */
const keyOf = (hasEmpty: boolean, tops: readonly number[], below: readonly Stacks[]): string | number =>
  tops.length === 1 && !hasEmpty
    ? below[0]!.id * 2 ** 17 + tops[0]!
    : `${hasEmpty ? 1 : 0} ${tops.join()} ${below.map(({ id }) => id).join()}`;
