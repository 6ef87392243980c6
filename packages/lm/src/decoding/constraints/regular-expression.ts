// Regular expressions in JavaScript's syntax, as trees.

import { allBut, lineEnds } from './code-points.js';
import { nothing, type Part, Reader } from './syntax.js';

/** Reads a regular expression. Anchors at its ends are implied. */
export function readRegularExpression(source: string, isDotAll: boolean): Part {
  const reader = new Reader('regularExpression', source);
  const part = choice(reader, isDotAll);
  if (!reader.isAtEnd) throw reader.error('a parenthesis is closed that was not opened');
  return withoutAnchors(reader, part, true, true);
}

function choice(reader: Reader, isDotAll: boolean): Part {
  const parts: Part[] = [];
  do parts.push(sequence(reader, isDotAll));
  while (reader.skip('|'));
  return parts.length === 1 ? parts[0]! : { kind: 'choice', parts };
}

function sequence(reader: Reader, isDotAll: boolean): Part {
  const parts: Part[] = [];
  while (!reader.isAtEnd && !reader.looksAt('|') && !reader.looksAt(')')) {
    const { at } = reader;
    const part = reader.repeated(atom(reader, isDotAll), at);
    // As few as possible or as many: the same texts fit.
    if (part.kind === 'repeat') reader.skip('?');
    parts.push(part);
  }
  return parts.length === 1 ? parts[0]! : { kind: 'sequence', parts };
}

function atom(reader: Reader, isDotAll: boolean): Part {
  const { at } = reader;
  if (reader.skip('(')) {
    if (reader.match(/\?<?[=!]/y)) throw reader.error('looking ahead or behind is not supported', at);
    if (!reader.match(/\?:|\?<[\p{ID_Start}$_][\p{ID_Continue}$]*>/uy) && reader.looksAt('?')) {
      throw reader.error('there is no group of this kind', at);
    }
    return reader.group(() => choice(reader, isDotAll));
  }
  if (reader.skip('[')) return { kind: 'class', set: reader.bracketed() };
  if (reader.skip('.')) return { kind: 'class', set: isDotAll ? allBut([]) : allBut(lineEnds) };
  if (reader.skip('^')) return { kind: 'anchor', isBegin: true, at };
  if (reader.skip('$')) return { kind: 'anchor', isBegin: false, at };
  if (reader.skip('\\')) return { kind: 'class', set: reader.escaped() };
  if (/[*+?]/.test(reader.next) || reader.match(/\{\d+,?\d*\}/y)) throw reader.error('there is nothing to repeat', at);
  if (/[\]{}]/.test(reader.next))
    throw reader.error(`${reader.next} stands alone; write \\${reader.next} for the character`, at);
  return { kind: 'class', set: reader.literal() };
}

/** The whole text has to fit, so that anchors at its ends say nothing; elsewhere they are refused. */
function withoutAnchors(reader: Reader, part: Part, isFirst: boolean, isLast: boolean): Part {
  switch (part.kind) {
    case 'anchor':
      if (part.isBegin ? isFirst : isLast) return nothing;
      throw reader.error(
        part.isBegin ? '^ is supported where the text begins only' : '$ is supported where the text ends only',
        part.at,
      );
    case 'choice':
      return { kind: 'choice', parts: part.parts.map((each) => withoutAnchors(reader, each, isFirst, isLast)) };
    case 'repeat':
      return { ...part, part: withoutAnchors(reader, part.part, false, false) };
    case 'sequence': {
      const { parts } = part;
      const begins = parts.findIndex((each) => !(each.kind === 'anchor' && each.isBegin));
      const ends = parts.findLastIndex((each) => !(each.kind === 'anchor' && !each.isBegin));
      return {
        kind: 'sequence',
        parts: parts.map((each, i) =>
          withoutAnchors(reader, each, isFirst && (begins < 0 || i <= begins), isLast && i >= ends),
        ),
      };
    }
    default:
      return part;
  }
}
