// Pre-tokens, here called words: where a text is cut before parts of words are looked for. The regular expressions of GPT-2 and its followers by hand: one pass over whatever comes,
// however long a word is, and white space as Unicode has it, which JavaScript's \s is not.

const [LETTER, NUMBER, SPACE, OTHER] = [1, 2, 3, 4] as const;
const KIND = 7;
const PUNCTUATION = 8;

/** What is known of each code point so far. Only the pages that are written to take memory. */
let kinds: Uint8Array | undefined;

function traitsOf(code: number): number {
  kinds ??= new Uint8Array(0x110000);
  return kinds[code]! || (kinds[code] = classify(String.fromCodePoint(code)));
}

function classify(character: string): number {
  const kind = /\p{L}/u.test(character)
    ? LETTER
    : /\p{N}/u.test(character)
      ? NUMBER
      : /\p{White_Space}/u.test(character)
        ? SPACE
        : OTHER;
  return kind | (/[\p{P}$+<=>^`|~]/u.test(character) ? PUNCTUATION : 0);
}

const kindOf = (code: number): number => traitsOf(code) & KIND;
const widthOf = (code: number): number => (code > 0xffff ? 2 : 1);

/** Whether a code unit is white space; all of that is one unit long. */
export const isBlank = (code: number): boolean => kindOf(code) === SPACE;

/** Whether the character before a place, or at it, belongs to a word, as `\w` of Unicode says. */
export function isWordBefore(text: string, at: number): boolean {
  return isWord([...text.slice(Math.max(0, at - 2), at)].at(-1));
}

export function isWordAfter(text: string, at: number): boolean {
  return isWord([...text.slice(at, at + 2)][0]);
}

const isWord = (character: string | undefined): boolean =>
  character !== undefined && /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u.test(character);

/** The end of the word that begins at a place of a text. */
export type WordEnd = (text: string, from: number) => number;

/** Names of the ways to cut a text into words that are known by a regular expression. */
export type WordPattern = 'gpt2' | 'llama3' | 'qwen2';

const anyCase = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const behind = ' ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';

/** The expressions, as files of Hugging Face spell them. No other is read. */
export const wordPatterns: Readonly<Record<WordPattern, string>> = {
  gpt2: "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
  llama3: `${anyCase}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|${behind}`,
  qwen2: `${anyCase}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}|${behind}`,
};

/** Where words end, by the name of the expression. */
export const patternEnds: Readonly<Record<WordPattern, WordEnd>> = {
  gpt2: (text, from) => gpt2End(text, from, false),
  llama3: (text, from) => llamaEnd(text, from, 3),
  qwen2: (text, from) => llamaEnd(text, from, 1),
};

/** Each digit is a word, and what stands between digits is cut as GPT-2 does: so have it StarCoder and SmolLM. */
export const starcoderEnd: WordEnd = (text, from) => gpt2End(text, from, true);

const [NEWLINE, RETURN, BLANK, APOSTROPHE] = [0x0a, 0x0d, 0x20, 0x27] as const;

/** @param digitsAlone Each digit is a word of its own, and no blank is drawn to it. */
function gpt2End(text: string, from: number, digitsAlone: boolean): number {
  const code = text.codePointAt(from)!;
  if (code === APOSTROPHE) {
    const end = contractionEnd(text, from, false);
    if (end > from) return end;
  }
  let at = from;
  let kind = kindOf(code);
  if (digitsAlone && kind === NUMBER) return from + widthOf(code);
  if (code === BLANK && from + 1 < text.length) {
    const next = kindOf(text.codePointAt(from + 1)!);
    if (next !== SPACE && !(digitsAlone && next === NUMBER)) [at, kind] = [from + 1, next];
  }
  if (kind !== SPACE) return runEnd(text, at, kind);
  const end = runEnd(text, from, SPACE);
  const isCut = digitsAlone && end < text.length && kindOf(text.codePointAt(end)!) === NUMBER;
  return isCut ? end : blanksEnd(text, from, end);
}

/** @param digits So many make a word of their own, at most. */
function llamaEnd(text: string, from: number, digits: number): number {
  const code = text.codePointAt(from)!;
  if (code === APOSTROPHE) {
    const end = contractionEnd(text, from, true);
    if (end > from) return end;
  }
  const kind = kindOf(code);
  if (kind === LETTER) return runEnd(text, from, LETTER);
  if (kind === NUMBER) return runEnd(text, from, NUMBER, digits);
  // One character of any other kind is drawn to the letters behind it.
  const behind = from + widthOf(code);
  const next = behind < text.length ? kindOf(text.codePointAt(behind)!) : 0;
  if (next === LETTER && !isNewline(code)) return runEnd(text, behind, LETTER);
  if (kind === OTHER || (code === BLANK && next === OTHER)) {
    let end = runEnd(text, kind === OTHER ? from : behind, OTHER);
    while (end < text.length && isNewline(text.charCodeAt(end))) end++;
    return end;
  }
  const end = runEnd(text, from, SPACE);
  let line = end;
  while (line > from && !isNewline(text.charCodeAt(line - 1))) line--;
  return line > from ? line : blanksEnd(text, from, end);
}

const isNewline = (code: number): boolean => code === NEWLINE || code === RETURN;

/** The end of the characters of a kind, or of so many of them. */
function runEnd(text: string, from: number, kind: number, most = Infinity): number {
  let at = from;
  for (let count = 0; at < text.length && count < most; count++) {
    const code = text.codePointAt(at)!;
    if (kindOf(code) !== kind) break;
    at += widthOf(code);
  }
  return at;
}

/** Of several blanks the last is left to the word behind them. */
function blanksEnd(text: string, from: number, end: number): number {
  return end < text.length && end - from > 1 ? end - 1 : end;
}

/** The end of 's, 't, 're, 've, 'm, 'll or 'd; `from` where there is none. */
function contractionEnd(text: string, from: number, anyCase: boolean): number {
  const fold = (code: number): string => {
    const character = String.fromCharCode(code);
    // The long s is an s in another case.
    return anyCase ? (character === '\u017F' ? 's' : character.toLowerCase()) : character;
  };
  const first = fold(text.charCodeAt(from + 1));
  if ('stmd'.includes(first)) return from + 2;
  return ['re', 've', 'll'].includes(first + fold(text.charCodeAt(from + 2))) ? from + 3 : from;
}

/** Words each begin with the sign that stands for a blank. */
export function signEnd(sign: string): WordEnd {
  return (text, from) => {
    const next = text.indexOf(sign, from + 1);
    return next < 0 ? text.length : next;
  };
}

/** As BERT has it: white space, a sign of punctuation, or what stands between those. */
export function bertEnd(text: string, from: number): number {
  const code = text.codePointAt(from)!;
  const traits = traitsOf(code);
  if ((traits & KIND) === SPACE) return runEnd(text, from, SPACE);
  let at = from + widthOf(code);
  if (traits & PUNCTUATION) return at;
  while (at < text.length) {
    const next = text.codePointAt(at)!;
    const trait = traitsOf(next);
    if ((trait & KIND) === SPACE || trait & PUNCTUATION) break;
    at += widthOf(next);
  }
  return at;
}
