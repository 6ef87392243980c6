// What one character is: a grapheme cluster, as readers see it, or a code point.

import { ArgumentError } from '@dl/autograd';

/** What {@link CharacterTokenizer} takes for one character. */
export type CharacterUnit = 'graphemes' | 'codePoints';

/** Gets the places of characters, one after another: text.slice(start, end). */
type Visit = (start: number, end: number) => void;

/**
 * Visits all characters of a text, in order.
 *
 * @throws ArgumentError for grapheme clusters where the platform does not know them.
 */
export function eachCharacter(text: string, unit: CharacterUnit, visit: Visit): void {
  if (unit === 'graphemes') eachGrapheme(text, visit);
  else eachCodePoint(text, visit);
}

function eachCodePoint(text: string, visit: Visit): void {
  for (let start = 0, end = 0; start < text.length; start = end) {
    end = start + (text.codePointAt(start)! > 0xffff ? 2 : 1);
    visit(start, end);
  }
}

/** How far the platform is asked to look at once: what it takes for each step grows with the text that it was given. */
const WINDOW = 128;

/**
 * Extended grapheme clusters, as Unicode Standard Annex 29 has them. What lies between certain borders goes to the platform's `Intl.Segmenter`, which is many times
 * slower.
 */
function eachGrapheme(text: string, visit: Visit): void {
  let segmenter: Intl.Segmenter | undefined;
  let most = WINDOW;
  for (let start = 0, next = 0; start < text.length; start = next) {
    if (isBorder(text, start + 1)) {
      next = start + 1;
      visit(start, next);
      continue;
    }
    let end = start + 2;
    while (end - start < most && !isBorder(text, end)) end++;
    if (isInPair(text, end)) end++;
    const isWhole = isBorder(text, end);
    segmenter ??= graphemeSegmenter();
    for (const { segment, index } of segmenter.segment(text.slice(start, end))) {
      const last = start + index + segment.length;
      // What comes behind the window may belong to the last one.
      if (last === end && !isWhole) break;
      visit(start + index, last);
      next = last;
    }
    most = next > start ? WINDOW : 2 * most;
  }
}

/** Whether there is a border for certain: at the end, and between two code units that stand alone but for CR LF. */
function isBorder(text: string, at: number): boolean {
  if (at >= text.length) return true;
  const before = text.charCodeAt(at - 1);
  const behind = text.charCodeAt(at);
  return standsAlone(before) && standsAlone(behind) && !(before === 0x0d && behind === 0x0a);
}

/** Whether a place is inside of a surrogate pair. */
const isInPair = (text: string, at: number): boolean => text.codePointAt(at - 1)! > 0xffff;

/**
 * Whether a code unit is a character that nothing beside it in the same list joins: no mark, joiner, Hangul letter, prefix or half of a pair. The ranges are
 * letters, signs and controls that are assigned for good.
 */
function standsAlone(unit: number): boolean {
  if (unit < 0x300) return true;
  if (unit < 0x2000) {
    return (
      (unit >= 0x370 && unit < 0x483) || // Greek and Cyrillic
      (unit >= 0x48a && unit < 0x530) ||
      (unit >= 0x5d0 && unit < 0x5eb) || // Hebrew
      (unit >= 0x620 && unit < 0x64b) // Arabic
    );
  }
  return (
    (unit >= 0x2010 && unit < 0x2028) || // dashes and quotes
    (unit >= 0x3000 && unit < 0x302a) ||
    (unit >= 0x3041 && unit < 0x3097) || // Hiragana
    (unit >= 0x30a0 && unit < 0x3100) || // Katakana
    (unit >= 0x4e00 && unit < 0xa000) || // Han
    (unit >= 0xac00 && unit < 0xd7a4) || // Hangul syllables
    (unit >= 0xff01 && unit < 0xff61) // wide forms
  );
}

/** Does not tailor to any language, so that all platforms cut alike. */
function graphemeSegmenter(): Intl.Segmenter {
  if (!('Segmenter' in Intl)) {
    throw new ArgumentError(
      "encode: this platform has no Intl.Segmenter, which finds grapheme clusters; use unit: 'codePoints'",
    );
  }
  return new Intl.Segmenter('und', { granularity: 'grapheme' });
}
