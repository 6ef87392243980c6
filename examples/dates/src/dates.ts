// Dates: every day from 1900 to 2099, in words as people write them, and in the form of ISO 8601.

import type { Generator } from '@dl/autograd';

const months = 'january february march april may june july august september october november december'.split(' ');
const days =
  'first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth thirtieth'.split(
    ' ',
  );
const ones =
  'one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const tens = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
const others = ['the', 'of', 'and', 'oh', 'hundred', 'thousand'];

/** The words that dates are written in; 0 fills up what is shorter. */
export const sourceWords: readonly string[] = ['', ...new Set([...months, ...days, ...ones, ...tens, ...others])];
const numbers = new Map(sourceWords.map((word, i) => [word, i]));

/** What ISO dates are written in. Token 0 begins and ends a date. */
const characters = '|0123456789-';
export const TARGETS = characters.length;

/** 21 → twenty one */
function inWords(n: number): string {
  if (n < 20) return ones[n - 1]!;
  return [tens[Math.floor(n / 10) - 2]!, n % 10 === 0 ? '' : ones[(n % 10) - 1]!].join(' ').trim();
}

/** 21 → twenty first */
function ordinal(n: number): string {
  if (n <= 20) return days[n - 1]!;
  return n === 30 ? days[20]! : `${tens[Math.floor(n / 10) - 2]!} ${days[(n % 10) - 1]!}`;
}

/** The ways to say a year: nineteen oh five, two thousand and seven, twenty twenty six. */
function yearForms(year: number): string[] {
  const [century, rest] = [Math.floor(year / 100), year % 100];
  if (rest === 0) return year === 2000 ? ['two thousand'] : [`${inWords(century)} hundred`];
  const forms = [`${inWords(century)} ${rest < 10 ? 'oh ' : ''}${inWords(rest)}`];
  if (century === 20) forms.push(`two thousand and ${inWords(rest)}`, `two thousand ${inWords(rest)}`);
  else forms.push(`${inWords(century)} hundred and ${inWords(rest)}`);
  return forms;
}

export interface DateOfDay {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** Every day from 1900 to 2099. */
export function allDays(): DateOfDay[] {
  const found: DateOfDay[] = [];
  for (let year = 1900; year < 2100; year++) {
    for (let month = 1; month <= 12; month++) {
      const count = new Date(Date.UTC(year, month, 0)).getUTCDate();
      for (let day = 1; day <= count; day++) found.push({ year, month, day });
    }
  }
  return found;
}

export const iso = ({ year, month, day }: DateOfDay): string =>
  `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;

/** One of the ways to write a date in words. */
export function written({ year, month, day }: DateOfDay, draw: Generator): string {
  const pick = (forms: readonly string[]): string => forms[draw.integer(0, forms.length)]!;
  const [name, nth, years] = [months[month - 1]!, ordinal(day), pick(yearForms(year))];
  return pick([
    `the ${nth} of ${name} ${years}`,
    `${nth} ${name} ${years}`,
    `${name} ${nth} ${years}`,
    `${name} the ${nth} ${years}`,
    `${years} ${name} ${nth}`,
  ]);
}

export const sourceTokens = (text: string): number[] => text.split(' ').map((word) => numbers.get(word)!);
export const targetTokens = (date: string): number[] => [...Array.from(date, (each) => characters.indexOf(each)), 0];
export const dateOf = (tokens: readonly number[]): string => tokens.map((token) => characters[token]).join('');
