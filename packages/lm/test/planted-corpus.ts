// Texts with a structure that word vectors have to find: words of kinds and forms, such as countries and their capitals, each beside words of its kind and words of its form.

import { Generator } from '@dl/autograd';

const KINDS = 6;
const FORMS = 3;
/** Words that stand beside all words of a kind, or of a form. */
const BESIDE = 3;
const FILLERS = 10;

const wordOf = (kind: number, form: number): string => `k${kind}f${form}`;

/**
 * So many texts, as lists of words.
 *
 * @param astray the share of the words beside that are of any kind or form: so that all pairs come, some often and some seldom
 */
export function plantedTexts(count: number, seed: number, astray = 0): string[][] {
  const random = new Generator(seed);
  const filler = (): string => `filler${random.integer(0, FILLERS)}`;
  return Array.from({ length: count }, () => {
    const [kind, form] = [random.integer(0, KINDS), random.integer(0, FORMS)];
    const of = (which: number, count: number): number =>
      astray > 0 && random.uniform() < astray ? random.integer(0, count) : which;
    const ofKind = (): string => `kind${of(kind, KINDS)}.${random.integer(0, BESIDE)}`;
    const ofForm = (): string => `form${of(form, FORMS)}.${random.integer(0, BESIDE)}`;
    return [filler(), ofKind(), ofForm(), wordOf(kind, form), ofForm(), ofKind(), filler()];
  });
}

/** The words of kinds and forms. */
export const plantedWords: readonly string[] = Array.from({ length: KINDS * FORMS }, (_, i) =>
  wordOf(Math.floor(i / FORMS), i % FORMS),
);

/** All analogies that the structure has: a word of one kind is to the other form of it as one of another kind is to that. */
export function plantedQuestions(): string[] {
  const questions: string[] = [];
  for (let kind = 0; kind < KINDS; kind++) {
    for (let other = 0; other < KINDS; other++) {
      for (let form = 0; form < FORMS; form++) {
        for (let to = 0; to < FORMS; to++) {
          if (kind === other || form === to) continue;
          questions.push([wordOf(kind, form), wordOf(kind, to), wordOf(other, form), wordOf(other, to)].join(' '));
        }
      }
    }
  }
  return questions;
}
