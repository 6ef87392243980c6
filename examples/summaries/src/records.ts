// Records of what was agreed on, with the sentence that sums each up. All are generated, the names among them.
//
//     day : monday ; from : kalomi tavere ; urgent : yes ; cc : bido natuse ; kind : visit ; place : loriton ; to : pesaru gonite ;
//     urgent : kalomi tavere visits pesaru gonite in loriton on monday .

import type { Generator } from '@dl/autograd';

const [consonants, vowels] = ['b d f g k l m n p r s t v z'.split(' '), 'a e i o u'.split(' ')];
const days = 'monday tuesday wednesday thursday friday saturday sunday'.split(' ');

type Field = 'from' | 'to' | 'place' | 'day' | 'cc';

/** What is said of a record of each kind: with other words, another order of the names, and not always all of what it has. */
const kinds: Readonly<Record<string, string>> = {
  visit: 'FROM visits TO in PLACE on DAY .',
  parcel: 'FROM sends TO a parcel from PLACE .',
  call: 'on DAY FROM will call TO .',
  loan: 'TO gets a loan from FROM .',
  meeting: 'FROM and TO meet in PLACE on DAY .',
};

export interface RecordPair {
  /** The fields in any order. */
  readonly source: string;
  readonly summary: string;
  /** The words of it that are parts of names. */
  readonly names: readonly string[];
}

/** Records of so many entries each, from one to `entries`. No word of a name is one of `taken`. */
export function drawRecords(
  count: number,
  entries: number,
  draw: Generator,
  taken: ReadonlySet<string> = new Set(),
): RecordPair[] {
  return Array.from({ length: count }, () => {
    const all = Array.from({ length: draw.integer(1, entries + 1) }, () => drawEntry(draw, taken));
    return {
      source: all.map(({ source }) => source).join(' '),
      summary: all.map(({ summary }) => summary).join(' '),
      names: all.flatMap(({ names }) => names),
    };
  });
}

function drawEntry(draw: Generator, taken: ReadonlySet<string>): RecordPair {
  const pick = <T>(from: readonly T[]): T => from[draw.integer(0, from.length)]!;
  const word = (syllables: number, end = ''): string => {
    for (;;) {
      const made = Array.from({ length: syllables }, () => pick(consonants) + pick(vowels)).join('') + end;
      if (!taken.has(made)) return made;
    }
  };
  const person = (): string => `${word(3)} ${word(3)}`;
  const fields: Readonly<Record<Field, string>> = {
    from: person(),
    to: person(),
    place: word(2, pick(['ton', 'burg', 'stad'])),
    day: pick(days),
    // Of no use to anybody, and it looks like the others.
    cc: person(),
  };
  const [kind, isUrgent] = [pick(Object.keys(kinds)), draw.uniform() < 0.3];
  const lines = Object.entries({ ...fields, kind, urgent: isUrgent ? 'yes' : 'no' });
  const source = Array.from(draw.permutation(lines.length), (i) => `${lines[i]![0]} : ${lines[i]![1]} ;`).join(' ');
  const said = kinds[kind]!.replace(/[A-Z]+/g, (field) => fields[field.toLowerCase() as Field]);
  const { from, to, place, cc } = fields;
  return {
    source,
    summary: isUrgent ? `urgent : ${said}` : said,
    names: [from, to, place, cc].flatMap((name) => name.split(' ')),
  };
}
