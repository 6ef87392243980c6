// A text that is generated: sentences of a grammar, about countries, families and courts, and what grows. No sentence was ever written by anybody. What words have in common stands beside them, as in real texts, where it takes millions of words.

import { Generator } from '@dl/autograd';

/** Words of several kinds in several forms, and what stands beside them. */
export interface Family {
  readonly name: string;
  readonly forms: readonly string[];
  /** A kind's word in each form. */
  readonly kinds: readonly (readonly string[])[];
  /** What stands beside all words of a kind, by kind. */
  readonly beside: readonly (readonly string[])[];
  /** Sentences about each form: `*` is the word, `+` what stands beside its kind. */
  readonly sentences: readonly (readonly string[])[];
}

export const families: readonly Family[] = [
  {
    name: 'countries',
    forms: ['country', 'capital', 'language'],
    kinds: [
      ['france', 'paris', 'french'],
      ['italy', 'rome', 'italian'],
      ['spain', 'madrid', 'spanish'],
      ['poland', 'warsaw', 'polish'],
      ['greece', 'athens', 'greek'],
      ['sweden', 'stockholm', 'swedish'],
    ],
    beside: [
      ['baguettes', 'lavender', 'seine'],
      ['risotto', 'vespas', 'tiber'],
      ['paella', 'flamenco', 'ebro'],
      ['pierogi', 'amber', 'vistula'],
      ['olives', 'marble', 'aegean'],
      ['herrings', 'birches', 'baltic'],
    ],
    sentences: [
      ['the border of * is famous for + and +', 'farmers in * export + and +', 'the parliament of * debates + and +'],
      ['the mayor of * opens a street of + and +', 'trams in * pass + and +', 'downtown * has a museum of + and +'],
      ['she speaks * about + and +', 'a poem in * praises + and +', 'the grammar of * has verbs for + and +'],
    ],
  },
  {
    name: 'people',
    forms: ['man', 'woman'],
    kinds: [
      ['man', 'woman'],
      ['king', 'queen'],
      ['father', 'mother'],
      ['brother', 'sister'],
      ['actor', 'actress'],
      ['monk', 'nun'],
    ],
    beside: [
      ['crowd', 'pavement', 'umbrella'],
      ['throne', 'crown', 'palace'],
      ['cradle', 'kitchen', 'lullaby'],
      ['treehouse', 'quarrel', 'bunk'],
      ['stage', 'applause', 'costume'],
      ['abbey', 'prayer', 'candle'],
    ],
    sentences: [
      ['the * combs his beard near + and +', 'he is a * of + and +', 'a * and his moustache with + and +'],
      ['the * ties her braid near + and +', 'she is a * of + and +', 'a * and her earring with + and +'],
    ],
  },
  {
    name: 'comparison',
    forms: ['plain', 'more', 'most'],
    kinds: [
      ['tall', 'taller', 'tallest'],
      ['cold', 'colder', 'coldest'],
      ['fast', 'faster', 'fastest'],
      ['loud', 'louder', 'loudest'],
      ['sweet', 'sweeter', 'sweetest'],
    ],
    beside: [
      ['tower', 'giraffe', 'mast'],
      ['winter', 'snow', 'glacier'],
      ['cheetah', 'arrow', 'train'],
      ['thunder', 'drum', 'siren'],
      ['honey', 'syrup', 'plum'],
    ],
    sentences: [
      ['a very * + or +', 'how * is the + or the +', 'quite * as + and +'],
      ['this + is * than that +', 'a + much * than a +', 'one + even * than another +'],
      ['the * + and + of all', 'by far the * + and + worldwide', 'the * + and + on record'],
    ],
  },
];

/** So often anything of the family stands beside a word: in real texts, too, hardly any two words never meet. */
const ASTRAY = 0.2;

/** So many sentences, drawn from a seed. */
export function drawText(count: number, seed: number): string[] {
  const random = new Generator(seed);
  const one = <T>(list: readonly T[]): T => list[random.integer(0, list.length)]!;
  return Array.from({ length: count }, () => {
    const { kinds, beside, sentences } = one(families);
    const kind = random.integer(0, kinds.length);
    const form = random.integer(0, sentences.length);
    const near = (): string => one(random.uniform() < ASTRAY ? one(beside) : beside[kind]!);
    return one(sentences[form]!).replace('*', kinds[kind]![form]!).replaceAll('+', near);
  });
}

/** All questions that the families answer, in the form of word2vec's questions-words.txt. */
export function questions(): string[] {
  return families.flatMap(({ name, kinds, forms }) => {
    const lines = [`: ${name}`];
    for (const a of kinds) {
      for (const b of kinds) {
        for (let from = 0; from < forms.length; from++) {
          for (let to = 0; to < forms.length; to++) {
            if (a !== b && from !== to) lines.push([a[from], a[to], b[from], b[to]].join(' '));
          }
        }
      }
    }
    return lines;
  });
}
