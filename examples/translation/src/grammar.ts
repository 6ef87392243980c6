// A small grammar of German sentences and their English translations: what has to be moved, agreed on, split and joined between the two.
//
//     gestern hat der alte mann den ball nicht gesehen .     yesterday the old man has not seen the ball .
//     ich weiß , dass die kinder die tür aufmachen .         i know that the children open the door .

import type { Generator } from '@dl/autograd';
import type { SentencePair } from '@dl/data';

type Gender = 'm' | 'f' | 'n';

interface Noun {
  readonly gender: Gender;
  /** Singular and plural. */
  readonly german: readonly [string, string];
  readonly english: readonly [string, string];
}

const noun = (gender: Gender, german: string, english: string): Noun => ({
  gender,
  german: german.split(' ') as [string, string],
  english: english.split(' ') as [string, string],
});

const nouns: readonly Noun[] = [
  noun('m', 'mann männer', 'man men'),
  noun('m', 'hund hunde', 'dog dogs'),
  noun('m', 'ball bälle', 'ball balls'),
  noun('f', 'frau frauen', 'woman women'),
  noun('f', 'katze katzen', 'cat cats'),
  noun('f', 'tür türen', 'door doors'),
  noun('n', 'kind kinder', 'child children'),
  noun('n', 'pferd pferde', 'horse horses'),
  noun('n', 'buch bücher', 'book books'),
];

const adjectives: readonly (readonly [german: string, english: string])[] = [
  ['klein', 'small'],
  ['groß', 'large'],
  ['alt', 'old'],
  ['rot', 'red'],
];

interface Verb {
  /** They see, he sees, to see, seen; a particle that stands at the end of a main clause comes first. */
  readonly german: {
    readonly plural: string;
    readonly singular: string;
    readonly participle: string;
    readonly particle?: string;
  };
  readonly english: { readonly base: string; readonly singular: string; readonly participle: string };
}

const verb = (german: string, english: string): Verb => {
  const [plural, singular, participle, particle] = german.split(' ') as [string, string, string, string | undefined];
  const [base, third, past] = english.split(' ') as [string, string, string];
  return {
    german: { plural, singular, participle, ...(particle !== undefined && { particle }) },
    english: { base, singular: third, participle: past },
  };
};

const verbs: readonly Verb[] = [
  verb('sehen sieht gesehen', 'see sees seen'),
  verb('suchen sucht gesucht', 'look_for looks_for looked_for'),
  verb('finden findet gefunden', 'find finds found'),
  verb('machen macht aufgemacht auf', 'open opens opened'),
  verb('heben hebt aufgehoben auf', 'pick_up picks_up picked_up'),
  verb('malen malt angemalt an', 'paint paints painted'),
];

const times: readonly (readonly [german: string, english: string])[] = [
  ['heute', 'today'],
  ['jetzt', 'now'],
  ['oft', 'often'],
];

const openings: readonly (readonly [german: string, english: string])[] = [
  ['ich weiß , dass', 'i know that'],
  ['sie sagt , dass', 'she says that'],
];

interface Phrase {
  readonly german: string;
  readonly english: string;
  readonly isPlural: boolean;
}

const article = { m: ['der', 'den'], f: ['die', 'die'], n: ['das', 'das'] } as const;
const someArticle = { m: ['ein', 'einen'], f: ['eine', 'eine'], n: ['ein', 'ein'] } as const;
const weakEnding = { m: ['e', 'en'], f: ['e', 'e'], n: ['e', 'e'] } as const;
const mixedEnding = { m: ['er', 'en'], f: ['e', 'e'], n: ['es', 'es'] } as const;

/** Sentences of the grammar, all different. */
export function drawPairs(count: number, draw: Generator): SentencePair[] {
  const pairs = new Map<string, SentencePair>();
  while (pairs.size < count) {
    const pair = drawPair(draw);
    pairs.set(pair.source, pair);
  }
  return [...pairs.values()];
}

function drawPair(draw: Generator): SentencePair {
  const pick = <T>(values: readonly T[]): T => values[draw.integer(0, values.length)]!;
  const chance = (p: number): boolean => draw.uniform() < p;

  /** A noun with its article, as what does (0) or what is done to (1). */
  const nounPhrase = (role: 0 | 1): Phrase => {
    const { gender, german, english } = pick(nouns);
    const isPlural = chance(0.3);
    const isDefinite = isPlural || chance(0.6);
    const [adjective, its] = chance(0.5) ? pick(adjectives) : ['', ''];
    const ending = isPlural ? 'en' : (isDefinite ? weakEnding : mixedEnding)[gender][role];
    const first = isPlural ? 'die' : (isDefinite ? article : someArticle)[gender][role];
    const word = english[isPlural ? 1 : 0];
    const an = /^[aeiou]/.test(its || word) ? 'an' : 'a';
    return {
      german: [first, adjective && adjective + ending, german[isPlural ? 1 : 0]].filter(Boolean).join(' '),
      english: [isDefinite ? 'the' : an, its, word].filter(Boolean).join(' '),
      isPlural,
    };
  };

  const [subject, object] = [nounPhrase(0), nounPhrase(1)];
  const { german, english } = pick(verbs);
  const isNegated = chance(0.25);
  const [not, no] = isNegated ? ['nicht', 'not'] : ['', ''];
  const form = pick(['now', 'perfect', 'will'] as const);
  const { particle = '' } = german;
  const finite = subject.isPlural ? german.plural : german.singular;

  /** The verb in its two parts, the one that agrees with its subject and what stands at the end, and all of it in English. */
  const [agreeing, last, said] = {
    now: () => {
      const helped = isNegated ? `${subject.isPlural ? 'do' : 'does'} not ${english.base}` : undefined;
      return [finite, particle, helped ?? (subject.isPlural ? english.base : english.singular)];
    },
    perfect: () => [
      subject.isPlural ? 'haben' : 'hat',
      german.participle,
      `${subject.isPlural ? 'have' : 'has'} ${no} ${english.participle}`,
    ],
    will: () => [subject.isPlural ? 'werden' : 'wird', particle + german.plural, `will ${no} ${english.base}`],
  }[form]() as [string, string, string];

  const sentence = (words: readonly string[]): string => words.filter(Boolean).join(' ').replaceAll(/ +/g, ' ');
  const told = sentence([subject.english, said.replaceAll('_', ' '), object.english]);
  if (chance(0.3)) {
    const [opening, its] = pick(openings);
    // In a subordinate clause all of the verb stands at the end, and a particle is one word with it.
    const end = form === 'now' ? [last + agreeing] : [last, agreeing];
    return {
      source: sentence([opening, subject.german, object.german, not, ...end, '.']),
      target: sentence([its, told, '.']),
    };
  }
  const [time, its] = chance(0.4) ? pick(times) : ['', ''];
  const begin = time ? [time, agreeing, subject.german] : [subject.german, agreeing];
  return { source: sentence([...begin, object.german, not, last, '.']), target: sentence([its, told, '.']) };
}
