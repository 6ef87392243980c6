// Facts about who is where and who has what, drawn from lists of words, with a question that some of them answer.
//
//     anna is in the kitchen      ben has the lamp      ben is in the cellar      anna has the key      …
//     where is the lamp ?         cellar: from two facts, who has it, and where that one is

import type { Generator } from '@dl/autograd';

const people = 'anna ben clara david emma felix greta hugo ida jonas klara leo mona nils olga paul'.split(' ');
const places =
  'kitchen garden cellar attic office hall garage library yard studio bakery chapel barn tower shop school'.split(' ');
const things = 'ball lamp book key cup map rope coat drum flute bell knife lens violin hammer ring'.split(' ');

/** How many people, places and things there are, at most 16, and of how many people a story tells. */
export interface World {
  readonly names: number;
  readonly told: number;
}

export interface Story {
  readonly facts: readonly string[];
  readonly question: string;
  readonly answer: string;
  /** The numbers of the facts that the answer follows from, in the order in which they are needed. */
  readonly needed: readonly number[];
}

/**
 * A quarter of all pairs of a person and a place, and of a person and a thing, are in no story that is learned from: whoever has only learned by heart who is where cannot
 * answer by them.
 */
export const isHeldBack = (person: number, other: number, of: 'place' | 'thing'): boolean =>
  (person + (of === 'place' ? other : 3 * other + 1)) % 4 === 0;

/** Stories to learn from, without pairs that are held back, or to be asked about: there the answer follows from such pairs alone. */
export function drawStories(world: World, count: number, use: 'learn' | 'ask', draw: Generator): Story[] {
  return Array.from({ length: count }, (_, i) => drawStory(world, i % 4, use, draw));
}

/** The numbers of so many things, in any order. */
const some = (from: number, count: number, draw: Generator): number[] =>
  Array.from(draw.permutation(from)).slice(0, count);

function drawStory({ names, told }: World, kind: number, use: 'learn' | 'ask', draw: Generator): Story {
  const who = some(names, told, draw);
  const deal = (of: 'place' | 'thing'): number[] => {
    for (;;) {
      const dealt = some(names, told, draw);
      const isFit =
        use === 'learn'
          ? who.every((person, i) => !isHeldBack(person, dealt[i]!, of))
          : isHeldBack(who[0]!, dealt[0]!, of);
      if (isFit) return dealt;
    }
  };
  const [where, what] = [deal('place'), deal('thing')];
  const all = who.flatMap((person, i) => [
    { text: `${people[person]} is in the ${places[where[i]!]}`, person: i, of: 'place' },
    { text: `${people[person]} has the ${things[what[i]!]}`, person: i, of: 'thing' },
  ]);
  const facts = Array.from(draw.permutation(all.length), (i) => all[i]!);
  // The question is about the first person, who stands anywhere among the facts.
  const at = (of: string): number => facts.findIndex((fact) => fact.person === 0 && fact.of === of);
  const [person, place, thing] = [people[who[0]!]!, places[where[0]!]!, things[what[0]!]!];
  const asked = [
    { question: `where is ${person} ?`, answer: place, needed: [at('place')] },
    { question: `who has the ${thing} ?`, answer: person, needed: [at('thing')] },
    { question: `where is the ${thing} ?`, answer: place, needed: [at('thing'), at('place')] },
    { question: `what is in the ${place} ?`, answer: thing, needed: [at('place'), at('thing')] },
  ][kind]!;
  return { facts: facts.map(({ text }) => text), ...asked };
}

const WORDS = 6; // of the longest question

/** Token 0 fills up what is shorter. */
export class Words {
  readonly all: readonly string[];
  readonly #numbers: ReadonlyMap<string, number>;

  constructor({ names }: World) {
    const others = 'is in the has where who what ?'.split(' ');
    this.all = ['', ...others, ...[people, places, things].flatMap((list) => list.slice(0, names))];
    this.#numbers = new Map(this.all.map((word, i) => [word, i]));
  }

  number(word: string): number {
    return this.#numbers.get(word)!;
  }

  /** The numbers of a sentence's words, and zeros behind them. */
  row(sentence: string): number[] {
    const numbers = sentence.split(' ').map((word) => this.number(word));
    return [...numbers, ...new Array<number>(WORDS - numbers.length).fill(0)];
  }
}
