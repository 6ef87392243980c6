// Sentences that judge a film, drawn from a small grammar. What is thought in the end depends on "not", and on which part of the sentence has the last word: after "but" the second,
// before "although" the first.

import type { Generator } from '@dl/autograd';

export interface Judgement {
  readonly text: string;
  /** 1 is for, 0 against. */
  readonly label: number;
}

const things = 'film story plot acting music ending camera dialogue'.split(' ');
const good = 'good great lovely clever moving funny fresh brilliant'.split(' ');
const bad = 'bad dull awful boring clumsy silly stale weak'.split(' ');
const degrees = ['', '', 'really', 'rather', 'so'];

/** Judgements that are all different; half of them are for the film. */
export function drawJudgements(count: number, draw: Generator): Judgement[] {
  const found = new Map<string, Judgement>();
  while (found.size < count) {
    const label = found.size % 2;
    const text = sentence(label === 1, draw);
    if (!found.has(text)) found.set(text, { text, label });
  }
  return [...found.values()];
}

function sentence(isFor: boolean, draw: Generator): string {
  const pick = (words: readonly string[]): string => words[draw.integer(0, words.length)]!;
  const clause = (isGood: boolean): string => {
    const isNegated = draw.uniform() < 0.25;
    const words = [
      `the ${pick(things)} is`,
      isNegated ? 'not' : '',
      pick(degrees),
      pick(isGood === isNegated ? bad : good),
    ];
    return words.filter(Boolean).join(' ');
  };
  const forms = [
    () => clause(isFor),
    () => `${clause(isFor)} and ${clause(isFor)}`,
    () => `${clause(!isFor)} , but ${clause(isFor)}`,
    () => `${clause(isFor)} , although ${clause(!isFor)}`,
  ];
  return `${forms[draw.integer(0, forms.length)]!()} .`;
}
