// The grammar of CSV (RFC 4180): fields between separators, quotes around what has separators, line ends
// or quotes in it, a quote within quotes doubled.

import { FormatError, printable } from '@dl/autograd';

/** The fields of one record, and the line (from 1) that it begins on. */
export interface CsvRecord {
  readonly fields: string[];
  readonly line: number;
}

/** The records of a text. `quote` is one character, or '' for none. Lines that are empty are left out. */
export function csvRecords(text: string, separator: string, quote: string, what: string): CsvRecord[] {
  const records: CsvRecord[] = [];
  let fields: string[] = [];
  let line = 1;
  let firstLine = 1;
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  while (at < text.length) {
    if (quote !== '' && text[at] === quote) {
      const opened = line;
      let field = '';
      for (at++; ; ) {
        const close = text.indexOf(quote, at);
        if (close < 0) {
          throw new FormatError(
            `${what}: the quote opened on line ${opened} is never closed; is the file cut off? ` +
              "Where quotes mean nothing, set quote: ''",
          );
        }
        field += text.slice(at, close);
        at = close + 1;
        if (text[at] !== quote) break;
        field += quote; // A doubled quote is one of the field's own.
        at++;
      }
      line += (field.match(/\r\n|\n|\r/g) ?? []).length;
      fields.push(field);
      if (at < text.length && text[at] !== separator && !isEnd(text[at]!)) {
        throw new FormatError(
          `${what}: on line ${line} a closing quote is followed by '${printable(text[at])}', needs the separator or the end of ` +
            "the line; double a quote that belongs to the field, or set quote: ''",
        );
      }
    } else {
      let end = at;
      while (end < text.length && text[end] !== separator && !isEnd(text[end]!)) end++;
      fields.push(text.slice(at, end));
      at = end;
    }
    const ended = at >= text.length || isEnd(text[at]!);
    if (!ended) {
      at++;
      // A separator at the very end of the text has an empty field behind it.
      if (at === text.length) fields.push('');
      else continue;
    }
    if (fields.length > 1 || fields[0] !== '') records.push({ fields, line: firstLine });
    fields = [];
    if (text[at] === '\r' && text[at + 1] === '\n') at++;
    at++;
    line++;
    firstLine = line;
  }
  return records;
}

const isEnd = (character: string): boolean => character === '\n' || character === '\r';
