// Normalising: what is done to a text before it is cut, as files of Hugging Face list it. Where each unit came from is kept.

import { type AlignedText, TextEdit } from './aligned-text.js';

/** One step of normalising, in the words of a `tokenizer.json`. */
export type NormalizerStep =
  /** The four forms of Unicode. */
  | { readonly type: 'NFC' | 'NFD' | 'NFKC' | 'NFKD' }
  /** Lower case, character by character. */
  | { readonly type: 'Lowercase' }
  /** Takes combining marks that take no space away; behind NFD, which splits them off. */
  | { readonly type: 'StripAccents' }
  /** Puts a text before one that is not empty. */
  | { readonly type: 'Prepend'; readonly prepend: string }
  /** Puts one text for every other. */
  | { readonly type: 'Replace'; readonly pattern: { readonly String: string }; readonly content: string }
  /** Takes blanks off the ends. */
  | { readonly type: 'Strip'; readonly strip_left: boolean; readonly strip_right: boolean }
  | BertNormalizerStep;

/** What BERT does, in this order, each where it is true; `strip_accents` is as `lowercase` where it is null. */
export interface BertNormalizerStep {
  readonly type: 'BertNormalizer';
  /** Takes control characters away, and makes every white space a blank. */
  readonly clean_text: boolean;
  /** Puts blanks around Chinese characters. */
  readonly handle_chinese_chars: boolean;
  readonly strip_accents: boolean | null;
  readonly lowercase: boolean;
}

/** Does all steps in turn. */
export function normalize(text: AlignedText, steps: readonly NormalizerStep[]): AlignedText {
  let current = text;
  for (const step of steps) current = normalizeOnce(current, step);
  return current;
}

function normalizeOnce(aligned: AlignedText, step: NormalizerStep): AlignedText {
  const { text } = aligned;
  switch (step.type) {
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD': {
      if (isAscii(text) || text.normalize(step.type) === text) return aligned;
      return mappedClusters(aligned, (cluster) => cluster.normalize(step.type));
    }
    case 'Lowercase':
      return isAscii(text) ? aligned.replaced(text.toLowerCase()) : mappedCharacters(aligned, lower);
    case 'StripAccents':
      return /\p{Mn}/u.test(text) ? mappedCharacters(aligned, (one) => (/\p{Mn}/u.test(one) ? '' : one)) : aligned;
    case 'Prepend':
      return text === '' ? aligned : prepended(aligned, step.prepend);
    case 'Replace':
      return replaced(aligned, step.pattern.String, step.content);
    case 'Strip':
      return stripped(aligned, step);
    case 'BertNormalizer':
      return mappedCharacters(aligned, bertMap(step));
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: all characters of ASCII are meant
const isAscii = (text: string): boolean => /^[\x00-\x7F]*$/.test(text);
const lower = (character: string): string => character.toLowerCase();

/**
 * What normalising looks at together: a character with its marks, those of half-width Katakana too, and letters of Hangul in a row. No form of Unicode joins anything
 * beyond.
 */
const clusters =
  /[\u1100-\u11FF\u3131-\u318E\uA960-\uA97F\uAC00-\uD7A3\uD7B0-\uD7FF\uFFA0-\uFFDC]+[\p{M}\uFF9E\uFF9F]*|[^\p{M}\uFF9E\uFF9F][\p{M}\uFF9E\uFF9F]*|[\p{M}\uFF9E\uFF9F]+/gsu;

/** Puts something else for each cluster. */
function mappedClusters(aligned: AlignedText, map: (cluster: string) => string): AlignedText {
  const { text } = aligned;
  const edit = new TextEdit();
  let kept = 0;
  for (const { 0: part, index } of text.matchAll(clusters)) {
    const other = map(part);
    if (other === part) continue;
    edit.keep(text, kept, index);
    kept = index + part.length;
    edit.put(other, index, kept);
  }
  if (kept === 0) return aligned;
  edit.keep(text, kept, text.length);
  return aligned.changed(edit);
}

/** Puts something else for each character. */
function mappedCharacters(aligned: AlignedText, map: (character: string) => string): AlignedText {
  const { text } = aligned;
  const edit = new TextEdit();
  let kept = 0;
  for (let at = 0, end = 0; at < text.length; at = end) {
    end = at + (text.codePointAt(at)! > 0xffff ? 2 : 1);
    const character = text.slice(at, end);
    const other = map(character);
    if (other === character) continue;
    edit.keep(text, kept, at);
    edit.put(other, at, end);
    kept = end;
  }
  if (kept === 0) return aligned;
  edit.keep(text, kept, text.length);
  return aligned.changed(edit);
}

/** Puts a text in front, which takes no place. */
export function prepended(aligned: AlignedText, front: string): AlignedText {
  const edit = new TextEdit();
  edit.put(front, 0, 0);
  edit.keep(aligned.text, 0, aligned.length);
  return aligned.changed(edit);
}

function replaced(aligned: AlignedText, from: string, to: string): AlignedText {
  const { text } = aligned;
  if (from === '' || !text.includes(from)) return aligned;
  if (from.length === 1 && to.length === 1) return aligned.replaced(text.replaceAll(from, () => to));
  const edit = new TextEdit();
  let kept = 0;
  for (let at = text.indexOf(from); at >= 0; at = text.indexOf(from, kept)) {
    edit.keep(text, kept, at);
    kept = at + from.length;
    edit.put(to, at, kept);
  }
  edit.keep(text, kept, text.length);
  return aligned.changed(edit);
}

function stripped(aligned: AlignedText, step: NormalizerStep & { readonly type: 'Strip' }): AlignedText {
  const { text } = aligned;
  let [from, to] = [0, text.length];
  if (step.strip_left) while (from < to && /\p{White_Space}/u.test(text[from]!)) from++;
  if (step.strip_right) while (to > from && /\p{White_Space}/u.test(text[to - 1]!)) to--;
  return aligned.slice(from, to);
}

/** What each character becomes. */
function bertMap(step: BertNormalizerStep): (character: string) => string {
  const { clean_text: cleans, handle_chinese_chars: spaces, lowercase } = step;
  const strips = step.strip_accents ?? lowercase;
  const known = knownMap(JSON.stringify([cleans, spaces, strips, lowercase]));
  return (character) => {
    let other = known.get(character);
    if (other === undefined) {
      other = character;
      if (cleans) other = isUnwanted(character) ? '' : /\p{White_Space}/u.test(character) ? ' ' : character;
      const isChinese = spaces && isChineseCharacter(character.codePointAt(0)!);
      if (strips) other = other.normalize('NFD').replace(/\p{Mn}/gu, '');
      if (lowercase) other = [...other].map(lower).join('');
      if (isChinese) other = ` ${other} `;
      known.set(character, other);
    }
    return other;
  };
}

let knownMaps: Map<string, Map<string, string>> | undefined;

/** What characters were found to become, by the settings. There are at most as many as Unicode has. */
function knownMap(key: string): Map<string, string> {
  knownMaps ??= new Map();
  let known = knownMaps.get(key);
  if (known === undefined) knownMaps.set(key, (known = new Map()));
  return known;
}

const isUnwanted = (character: string): boolean =>
  !'\t\n\r'.includes(character) && /[\0\uFFFD\p{Cc}\p{Cf}\p{Co}\p{Cs}]/u.test(character);

/** CJK ideographs, as BERT lists them: neither Hangul nor kana. */
function isChineseCharacter(code: number): boolean {
  return (
    (code >= 0x4e00 && code <= 0x9fff) ||
    (code >= 0x3400 && code <= 0x4dbf) ||
    (code >= 0x20000 && code <= 0x2a6df) ||
    (code >= 0x2a700 && code <= 0x2ceaf) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0x2f800 && code <= 0x2fa1f)
  );
}
