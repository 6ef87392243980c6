// What one word is: a rule of its own on Unicode's properties, and the places of white space.

/** Gets the places of words, one after another: text.slice(start, end). */
export type VisitWord = (start: number, end: number) => void;

// Kinds of characters. 0 in the table of kinds: not looked at yet.
const BLANK = 1;
const LETTER = 2;
const DIGIT = 3;
/** Belongs to what stands before it. */
const MARK = 4;
/** A word by itself: scripts that set no blanks between words, and whose characters carry meaning. */
const SINGLE = 5;
const KATAKANA = 6;
const PICTURE = 7;
/** Half of a flag. */
const REGION = 8;
const OTHER = 9;

/** The first that fits counts. */
const kindsByProperty: readonly (readonly [RegExp, number])[] = [
  [/\s/u, BLANK],
  [/[\p{Mark}\p{Grapheme_Extend}\p{Join_Control}\p{Emoji_Modifier}]/u, MARK],
  [/[\p{Script=Han}\p{Script=Hiragana}]/u, SINGLE],
  [/[\p{Script=Katakana}\u30fc]/u, KATAKANA],
  [/\p{Decimal_Number}/u, DIGIT],
  [/[\p{Letter}\p{Number}\p{Connector_Punctuation}]/u, LETTER],
  [/\p{Regional_Indicator}/u, REGION],
  [/\p{Extended_Pictographic}/u, PICTURE],
];

const ZERO_WIDTH_JOINER = 0x200d;

let kinds: Uint8Array | undefined;

/** The kind of a code point; those of 16 bits are looked up once. */
function kindOf(point: number): number {
  if (point > 0xffff) return foundKind(point);
  kinds ??= new Uint8Array(0x10000);
  return kinds[point] || (kinds[point] = foundKind(point));
}

function foundKind(point: number): number {
  const character = String.fromCodePoint(point);
  return kindsByProperty.find(([property]) => property.test(character))?.[1] ?? OTHER;
}

/** Visits the words of a text by the rule that {@link WordTokenizer} documents. Between them is nothing but white space. */
export function eachWord(text: string, visit: VisitWord): void {
  const { length } = text;
  let start = 0;
  while (start < length) {
    const point = text.codePointAt(start)!;
    const kind = kindOf(point);
    let end = start + sizeOf(point);
    if (kind !== BLANK) {
      if (isInWord(kind) || (isApostrophe(point) && isInWord(kindAt(text, end)))) end = endOfWord(text, end, kind);
      else if (kind === KATAKANA) end = endOfRun(text, end, (next) => next === KATAKANA || next === MARK);
      else if (kind === PICTURE) end = endOfPicture(text, end);
      else {
        if (kind === REGION && kindAt(text, end) === REGION) end += 2;
        else if (kind === OTHER) while (text.codePointAt(end) === point) end += sizeOf(point);
        end = endOfRun(text, end, (next) => next === MARK);
      }
      visit(start, end);
    }
    start = end;
  }
}

/** Visits what stands between white space. */
export function eachUnspaced(text: string, visit: VisitWord): void {
  let start = 0;
  for (let end = 0; end <= text.length; end++) {
    if (end < text.length && kindOf(text.charCodeAt(end)) !== BLANK) continue;
    if (end > start) visit(start, end);
    start = end + 1;
  }
}

const sizeOf = (point: number): number => (point > 0xffff ? 2 : 1);

/** The kind of what stands at a place; of the end of the text, that of white space. */
function kindAt(text: string, at: number): number {
  const point = text.codePointAt(at);
  return point === undefined ? BLANK : kindOf(point);
}

const isInWord = (kind: number): boolean => kind === LETTER || kind === DIGIT || kind === MARK;
const isApostrophe = (point: number): boolean => point === 0x27 || point === 0x2019;

/** Apostrophe, full stop and hyphens: between letters or digits they are part of the word. */
const joins = (point: number): boolean =>
  isApostrophe(point) || point === 0x2e || point === 0x2d || point === 0x2010 || point === 0x2011;

/** Comma and colon: between digits they are part of the number. */
const joinsDigits = (point: number): boolean => point === 0x2c || point === 0x3a;

/** @param kind Of the character before `at`. */
function endOfWord(text: string, at: number, kind: number): number {
  let last = kind;
  for (;;) {
    const point = text.codePointAt(at);
    if (point === undefined) return at;
    const next = kindOf(point);
    if (isInWord(next)) {
      at += sizeOf(point);
      // A mark on a digit leaves it one.
      if (next !== MARK) last = next;
    } else {
      const behind = kindAt(text, at + 1);
      const isJoined = joins(point) ? isInWord(behind) : joinsDigits(point) && last === DIGIT && behind === DIGIT;
      if (!isJoined) return at;
      at++;
    }
  }
}

function endOfRun(text: string, at: number, belongs: (kind: number) => boolean): number {
  while (belongs(kindAt(text, at))) at += sizeOf(text.codePointAt(at)!);
  return at;
}

/** Pictures that are joined are one, such as a family. */
function endOfPicture(text: string, at: number): number {
  let end = endOfRun(text, at, (kind) => kind === MARK);
  while (text.charCodeAt(end - 1) === ZERO_WIDTH_JOINER && kindAt(text, end) === PICTURE) {
    end = endOfRun(text, end + sizeOf(text.codePointAt(end)!), (kind) => kind === MARK);
  }
  return end;
}
