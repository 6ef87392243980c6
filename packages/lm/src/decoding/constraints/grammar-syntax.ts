// Grammars in a small EBNF, as trees.

import type { CodePoints } from './code-points.js';
import { allBut } from './code-points.js';
import { type Part, Reader } from './syntax.js';

/** The rules of a grammar, by their names. */
export type Rules = ReadonlyMap<string, Part>;

const NAME = /[a-zA-Z_][a-zA-Z0-9_-]*/y;
const HEAD = /[a-zA-Z_][a-zA-Z0-9_-]*(?:\s|#[^\n]*(?:\n|$))*::=/y;

/** Reads a grammar. */
export function readGrammar(source: string): Rules {
  const reader = new Reader('grammar', source);
  const rules = new Map<string, Part>();
  blank(reader);
  while (!reader.isAtEnd) {
    const { at } = reader;
    const name = reader.match(NAME)?.[0];
    if (name === undefined) throw reader.error('needs the name of a rule');
    if (rules.has(name)) throw reader.error(`there are two rules ${name}`, at);
    blank(reader);
    if (!reader.skip('::=')) throw reader.error(`needs ::= behind the name ${name}`);
    blank(reader);
    rules.set(name, choice(reader));
    if (reader.looksAt(')')) throw reader.error('a parenthesis is closed that was not opened');
  }
  if (!rules.has('root')) throw reader.error('there is no rule root, with which every text begins', 0);
  const check = (part: Part): void => {
    if (part.kind === 'rule' && !rules.has(part.name)) throw reader.error(`there is no rule ${part.name}`, part.at);
    if (part.kind === 'repeat') check(part.part);
    if (part.kind === 'sequence' || part.kind === 'choice') part.parts.forEach(check);
  };
  for (const part of rules.values()) check(part);
  return rules;
}

function choice(reader: Reader): Part {
  const parts: Part[] = [];
  do {
    blank(reader);
    parts.push(sequence(reader));
  } while (reader.skip('|'));
  return parts.length === 1 ? parts[0]! : { kind: 'choice', parts };
}

function sequence(reader: Reader): Part {
  const parts: Part[] = [];
  while (!reader.isAtEnd && !reader.looksAt('|') && !reader.looksAt(')') && !isHead(reader)) {
    const { at } = reader;
    parts.push(reader.repeated(atom(reader), at));
    blank(reader);
  }
  return parts.length === 1 ? parts[0]! : { kind: 'sequence', parts };
}

function atom(reader: Reader): Part {
  const { at } = reader;
  if (reader.skip('(')) return reader.group(() => choice(reader));
  if (reader.skip('[')) return { kind: 'class', set: reader.bracketed() };
  if (reader.skip('.')) return { kind: 'class', set: allBut([]) };
  if (reader.skip('"')) {
    const parts: Part[] = [];
    while (!reader.skip('"')) {
      if (reader.isAtEnd || reader.looksAt('\n')) throw reader.error('a text is not closed: a " is missing', at);
      const set: CodePoints = reader.skip('\\') ? reader.escaped() : reader.literal();
      parts.push({ kind: 'class', set });
    }
    return { kind: 'sequence', parts };
  }
  const name = reader.match(NAME)?.[0];
  if (name !== undefined) return { kind: 'rule', name, at };
  if (/[*+?{]/.test(reader.next)) throw reader.error('there is nothing to repeat', at);
  throw reader.error(`${JSON.stringify(reader.next)} is no part of a rule; texts stand between quotation marks`, at);
}

/** Whether the next rule begins. */
function isHead(reader: Reader): boolean {
  HEAD.lastIndex = reader.at;
  return HEAD.test(reader.source);
}

/** Goes beyond spaces, line ends and what stands behind a #. */
function blank(reader: Reader): void {
  reader.match(/(?:\s|#[^\n]*(?:\n|$))*/y);
}
