// A text with planted structure: each word has a subject and a form, and stands between a mark of the one and a mark of the other.

import { Generator } from '@dl/autograd';

export const subjects = ['sun', 'sea', 'oak', 'fox', 'gem', 'ink'] as const;
export const forms = ['one', 'many', 'small', 'old'] as const;

/** `sunmany` is many suns. */
export const wordOf = (subject: string, form: string): string => subject + form;

/** So many sentences, such as `sun3 sunmany many1 sun0`: the word, and marks of its subject and its form. */
export function plantedText(count: number, seed: number): string[][] {
  const random = new Generator(seed);
  const one = (list: readonly string[]): string => list[random.integer(0, list.length)]!;
  return Array.from({ length: count }, () => {
    const [subject, form] = [one(subjects), one(forms)];
    const mark = (of: string): string => `${of}${random.integer(0, 4)}`;
    return [mark(subject), wordOf(subject, form), mark(form)];
  });
}

/** All questions that the structure answers, as lines of four words. */
export function plantedAnalogies(): string[] {
  const questions: string[] = [];
  for (const a of subjects) {
    for (const b of subjects) {
      if (a === b) continue;
      for (const from of forms) {
        for (const to of forms) {
          if (from === to) continue;
          questions.push([wordOf(a, from), wordOf(a, to), wordOf(b, from), wordOf(b, to)].join(' '));
        }
      }
    }
  }
  return questions;
}
