// A text of short sentences, drawn from a seed, whose words are often of two classes: "they watch the watch", "the early race ends early". Each word's class is
// kept beside it; whoever reads the text alone does not see it.

import { Generator } from '@dl/autograd';

export const classes = ['noun', 'verb', 'adjective', 'adverb', 'pronoun', 'determiner', 'auxiliary', 'mark'] as const;
type Class = (typeof classes)[number];
type Word = readonly [word: string, of: Class];

export interface Sentence {
  readonly words: readonly string[];
  readonly classes: readonly Class[];
}

const listed = (words: string): readonly string[] => words.split(' ');
const NOUN_OR_VERB = listed('watch plan walk answer study race hunt call paint order dream visit');
const NOUNS = listed('river lawyer garden teacher horse letter');
const VERBS = listed('follow sell bring repair');
const ADJECTIVE_OR_VERB = listed('open clean slow dry warm');
const ADJECTIVE_OR_ADVERB = listed('fast hard early late');
const ADVERBS = listed('often soon again');

/** `count` sentences. */
export function drawText(count: number, seed: number): Sentence[] {
  const random = new Generator(seed);
  const chance = (share: number): boolean => random.uniform() < share;
  const one = <T>(from: readonly T[]): T => from[random.integer(0, from.length)]!;
  const adjective = (): Word => [one(one([ADJECTIVE_OR_VERB, ADJECTIVE_OR_ADVERB])), 'adjective'];
  const noun = (): Word => [one(one([NOUN_OR_VERB, NOUNS])), 'noun'];
  const verb = (): Word => [one(one([NOUN_OR_VERB, ADJECTIVE_OR_VERB, VERBS])), 'verb'];
  const thing = (): Word[] => [
    [one(['the', 'a', 'her', 'every']), 'determiner'],
    ...(chance(0.4) ? [adjective()] : []),
    noun(),
  ];
  const whole = (): Word[] => {
    const subject: Word[] = chance(0.4) ? [[one(['they', 'we', 'you']), 'pronoun']] : thing();
    const mark: Word = [one(['.', '.', '!']), 'mark'];
    if (chance(0.2)) return [...subject, [one(['is', 'was']), 'auxiliary'], adjective(), mark];
    const helped: Word[] = chance(0.5) ? [[one(['will', 'can', 'must']), 'auxiliary']] : [];
    const object: Word[] = chance(0.25) ? [[one(['her', 'them', 'us']), 'pronoun']] : thing();
    const how: Word[] = chance(0.4) ? [[one(one([ADJECTIVE_OR_ADVERB, ADVERBS])), 'adverb']] : [];
    return [...subject, ...helped, verb(), ...object, ...how, mark];
  };
  return Array.from({ length: count }, () => {
    const pairs = whole();
    return { words: pairs.map(([word]) => word), classes: pairs.map(([, of]) => of) };
  });
}
