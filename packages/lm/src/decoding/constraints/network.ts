// Patterns as networks of nodes: from one to the next by a character, by nothing, or by all that another rule makes.

import { ArgumentError } from '@dl/autograd';
import type { CodePoints } from './code-points.js';
import type { Part } from './syntax.js';

/** How much a pattern may need in all. */
const MOST = 100_000;

/** A way by one character. */
interface Edge {
  readonly set: CodePoints;
  readonly to: number;
}

/** A way by all that a rule makes. */
interface Call {
  readonly rule: number;
  readonly to: number;
  /** Nothing comes behind it but the end of the own rule. */
  isLast: boolean;
}

interface Node {
  readonly edges: Edge[];
  readonly free: number[];
  readonly calls: Call[];
  isEnd: boolean;
}

/** What is known of a pattern before any text comes: nodes from which nothing can be completed are gone, and no rule begins with itself. */
export interface Network {
  readonly nodes: readonly Readonly<Node>[];
  /** Where each rule begins; the first one is the whole. */
  readonly starts: readonly number[];
  /** Whether a rule may be empty. */
  readonly isNullable: readonly boolean[];
  /** The rules in an order in which each comes before those that it may begin with. */
  readonly order: readonly number[];
}

/**
 * Makes the network of rules.
 *
 * @throws ArgumentError for rules that are too large, that no text completes, or that begin with themselves.
 */
export function networkOf(name: string, rules: ReadonlyMap<string, Part>, whole: string): Network {
  const names = [whole, ...[...rules.keys()].filter((each) => each !== whole)];
  const numbers = new Map(names.map((each, i) => [each, i]));
  const nodes: Node[] = [];
  let used = 0;
  const use = (): void => {
    if (++used > MOST) {
      throw new ArgumentError(
        `${name}: the pattern needs more than ${MOST.toLocaleString('en')} states and ways between them; make its counts smaller, or use * and +`,
      );
    }
  };
  const node = (): number => {
    use();
    return nodes.push({ edges: [], free: [], calls: [], isEnd: false }) - 1;
  };
  const free = (from: number, to: number): void => {
    use();
    if (from !== to) nodes[from]!.free.push(to);
  };
  const build = (part: Part, from: number, to: number): void => {
    switch (part.kind) {
      case 'class':
        use();
        if (part.set.length > 0) nodes[from]!.edges.push({ set: part.set, to });
        return;
      case 'rule':
        use();
        nodes[from]!.calls.push({ rule: numbers.get(part.name)!, to, isLast: false });
        return;
      case 'choice':
        for (const each of part.parts) build(each, from, to);
        return;
      case 'sequence': {
        let at = from;
        for (const each of part.parts) {
          const next = node();
          build(each, at, next);
          at = next;
        }
        free(at, to);
        return;
      }
      case 'repeat': {
        const { least, most } = part;
        let at = from;
        for (let i = 0; i < least; i++) {
          const next = node();
          build(part.part, at, next);
          at = next;
        }
        if (most === Infinity) {
          const loop = node();
          free(at, loop);
          build(part.part, loop, loop);
          free(loop, to);
          return;
        }
        for (let i = least; i < most; i++) {
          const next = node();
          free(at, to);
          build(part.part, at, next);
          at = next;
        }
        free(at, to);
        return;
      }
      default:
        throw new ArgumentError(`${name}: ^ and $ have no place here`);
    }
  };
  const starts: number[] = [];
  const ends: number[] = [];
  for (const each of names) {
    starts.push(node());
    ends.push(node());
    nodes[ends.at(-1)!]!.isEnd = true;
    build(rules.get(each)!, starts.at(-1)!, ends.at(-1)!);
  }

  const alive = reaching(nodes, starts, ({ edges }) => edges);
  if (!alive[starts[0]!]) throw new ArgumentError(`${name}: no text fits the pattern`);
  for (const { edges, free, calls } of nodes) {
    retain(edges, ({ to }) => alive[to]!);
    retain(free, (to) => alive[to]!);
    retain(calls, ({ rule, to }) => alive[starts[rule]!]! && alive[to]!);
  }
  const empty = reaching(nodes, starts, () => []);
  const isNullable = starts.map((start) => empty[start]!);
  for (const { calls } of nodes) for (const call of calls) call.isLast = isOnlyEnd(nodes, call.to);
  return { nodes, starts, isNullable, order: orderOf(name, nodes, starts, isNullable, names) };
}

/** Which nodes reach the end of their rule, by these edges, by nothing and by rules of which the begin does. */
function reaching(
  nodes: readonly Node[],
  starts: readonly number[],
  edgesOf: (node: Node) => readonly Edge[],
): boolean[] {
  const reached = new Array<boolean>(nodes.length).fill(false);
  /** What may be reached when a node is, and which node it needs beside that one. */
  const waiting: { readonly node: number; readonly also: number }[][] = nodes.map(() => []);
  nodes.forEach((each, node) => {
    for (const { to } of edgesOf(each)) waiting[to]!.push({ node, also: to });
    for (const to of each.free) waiting[to]!.push({ node, also: to });
    for (const { rule, to } of each.calls) {
      waiting[to]!.push({ node, also: starts[rule]! });
      waiting[starts[rule]!]!.push({ node, also: to });
    }
  });
  const work = nodes.flatMap(({ isEnd }, i) => (isEnd ? [i] : []));
  for (const i of work) reached[i] = true;
  while (work.length > 0) {
    for (const { node, also } of waiting[work.pop()!]!) {
      if (reached[node] || !reached[also]) continue;
      reached[node] = true;
      work.push(node);
    }
  }
  return reached;
}

/** Whether nothing can come from here but the end of the rule. */
function isOnlyEnd(nodes: readonly Node[], from: number): boolean {
  const seen = new Set([from]);
  for (const at of seen) {
    const { edges, free, calls } = nodes[at]!;
    if (edges.length > 0 || calls.length > 0) return false;
    for (const to of free) seen.add(to);
  }
  return true;
}

/** Each rule before those that it may begin with. */
function orderOf(
  name: string,
  nodes: readonly Node[],
  starts: readonly number[],
  isNullable: readonly boolean[],
  names: readonly string[],
): number[] {
  /** The rules that may stand first in a rule. */
  const firsts = starts.map((start) => {
    const rules = new Set<number>();
    const seen = new Set([start]);
    for (const at of seen) {
      const { free, calls } = nodes[at]!;
      for (const to of free) seen.add(to);
      for (const { rule, to } of calls) {
        rules.add(rule);
        if (isNullable[rule]) seen.add(to);
      }
    }
    return [...rules];
  });
  const order: number[] = [];
  const marks = new Uint8Array(starts.length); // 1: begun, 2: done
  for (let first = 0; first < starts.length; first++) {
    if (marks[first] !== 0) continue;
    marks[first] = 1;
    const path = [{ rule: first, next: 0 }];
    while (path.length > 0) {
      const top = path.at(-1)!;
      const rule = firsts[top.rule]![top.next++];
      if (rule === undefined) {
        marks[top.rule] = 2;
        order.push(top.rule);
        path.pop();
      } else if (marks[rule] === 1) {
        const circle = path.slice(path.findIndex((each) => each.rule === rule)).map((each) => names[each.rule]);
        throw new ArgumentError(
          `${name}: the rule ${names[rule]} begins with itself (${[...circle, names[rule]].join(' → ')}): left recursion is not supported; write it with *, as in sum ::= term ("+" term)*`,
        );
      } else if (marks[rule] === 0) {
        marks[rule] = 1;
        path.push({ rule, next: 0 });
      }
    }
  }
  return order.reverse();
}

function retain<T>(list: T[], isKept: (each: T) => boolean): void {
  let count = 0;
  for (const each of list) if (isKept(each)) list[count++] = each;
  list.length = count;
}
