// The example does what it says.

import { Generator, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import { drawStories, type Story } from './facts.js';
import { run, small } from './main.js';

beforeAll(() => useBackend(cpu()));

test('attention finds in facts what a bag of words cannot, over combinations that it has never seen', () => {
  const lines: string[] = [];
  const { frequent, counted, attended, found, picture, asked } = run(small, (line) => lines.push(line));
  expect(attended.one).toBeGreaterThan(0.95);
  expect(attended.two).toBeGreaterThan(0.9);
  expect(found).toBeGreaterThan(0.9);
  // Who guesses among the four people, places or things of a story is right once in four.
  expect(Math.max(frequent.one, frequent.two)).toBeLessThan(0.3);
  expect(Math.max(counted.one, counted.two)).toBeLessThan(0.5);
  const shown = asked[2]!;
  expect(lines.some((line) => line.startsWith(`  ${shown.question}`))).toBe(true);
  for (const text of [...shown.facts, shown.question]) expect(picture).toContain(text);
});

describe('the generator', () => {
  const draw = new Generator(5);
  const world = { names: 8, told: 4 };
  const [learned, asked] = [drawStories(world, 2000, 'learn', draw), drawStories(world, 400, 'ask', draw)];
  /** Who and where, or who and what. */
  const pairOf = (fact: string): string => `${fact.split(' ')[0]} ${fact.split(' ').at(-1)}`;

  test('an answer follows from the facts that are said to be needed, and from no others', () => {
    const answered = ({ question, facts }: Story): string[] => {
      const [asked, , ...rest] = question.split(' ');
      const name = rest.at(-2)!;
      const told = facts.map((fact) => ({
        person: fact.split(' ')[0]!,
        is: fact.includes(' is '),
        last: fact.split(' ').at(-1)!,
      }));
      const of = (person: string, is: boolean): string[] =>
        told.flatMap((fact) => (fact.person === person && fact.is === is ? [fact.last] : []));
      const whose = told.filter(({ last }) => last === name).map(({ person }) => person);
      if (asked === 'who') return whose;
      if (asked === 'what') return whose.flatMap((person) => of(person, false));
      return (whose.length > 0 ? whose : [name]).flatMap((person) => of(person, true));
    };
    for (const story of [...learned, ...asked]) {
      expect([story.question, answered(story)]).toEqual([story.question, [story.answer]]);
      const needed = story.needed.map((i) => story.facts[i]!);
      expect(answered({ ...story, facts: needed })).toEqual([story.answer]);
      expect(needed.at(-1)).toContain(story.answer);
    }
  });

  test('what is asked about follows from pairs that were in no story that is learned from', () => {
    const seen = new Set(learned.flatMap(({ facts }) => facts.map(pairOf)));
    for (const { facts, needed } of asked) for (const i of needed) expect(seen.has(pairOf(facts[i]!))).toBe(false);
    // But every word of them was, and three quarters of all pairs of a person with a place or a thing.
    expect(seen.size).toBe(2 * 8 * 8 * 0.75);
    const words = new Set(learned.flatMap(({ facts }) => facts.flatMap((fact) => fact.split(' '))));
    for (const { facts } of asked)
      for (const word of facts.flatMap((fact) => fact.split(' '))) expect(words.has(word)).toBe(true);
  });
});
