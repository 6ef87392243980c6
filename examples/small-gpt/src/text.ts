// The text: short notes on people, drawn from a seed. What a person does follows from what she or he is, and the pronoun from the name, some words before: more than the last two words can tell.

import { Generator } from '@dl/autograd';

const women = ['Marta', 'Ingrid', 'Selma', 'Teresa', 'Nadja', 'Helena'];
const men = ['Anton', 'Jonas', 'Pavel', 'Emil', 'Ruben', 'Oskar'];
const cities = ['Lisbon', 'Bergen', 'Cracow', 'Trieste', 'Ghent', 'Porto', 'Malmo', 'Graz'];
const times = ['in the morning', 'at noon', 'in the evening', 'at night'];

/** What people are, what that makes them do, and with what. */
const callings: readonly (readonly [is: string, does: string, what: string])[] = [
  ['painter', 'paints', 'the harbour'],
  ['baker', 'bakes', 'rye bread'],
  ['singer', 'sings', 'old songs'],
  ['gardener', 'digs', 'the beds'],
  ['tailor', 'sews', 'coats'],
  ['fisherman', 'mends', 'the nets'],
  ['teacher', 'corrects', 'essays'],
  ['carpenter', 'planes', 'boards'],
];

/** A person, by the numbers of name, calling and city. */
export interface Person {
  readonly name: number;
  readonly calling: number;
  readonly city: number;
}

const names = [...women, ...men];

/** How a note begins, up to what follows from it. */
export function beginOf({ name, calling, city }: Person): string {
  return `${names[name]} is a ${callings[calling]![0]} from ${cities[city]}.`;
}

/** What follows from it: the pronoun, and what she or he does. */
export function rightOf({ name, calling }: Person): string {
  const [, does, what] = callings[calling]!;
  return `${name < women.length ? 'She' : 'He'} ${does} ${what}`;
}

/** People of whom the text says nothing: no such name goes with such a calling in it. */
export const unseen: readonly Person[] = names.flatMap((_, name) =>
  callings.flatMap((_, calling) =>
    isUnseen(name, calling) ? [{ name, calling, city: (3 * name + calling) % cities.length }] : [],
  ),
);

function isUnseen(name: number, calling: number): boolean {
  return (name + calling) % 4 === 0;
}

/** So many notes. */
export function drawNotes(count: number, seed: number): string[] {
  const random = new Generator(seed);
  const notes: string[] = [];
  while (notes.length < count) {
    const [name, calling] = [random.integer(0, names.length), random.integer(0, callings.length)];
    const [city, time] = [random.integer(0, cities.length), random.integer(0, times.length)];
    if (isUnseen(name, calling)) continue;
    const person = { name, calling, city };
    notes.push(`${beginOf(person)} ${rightOf(person)} ${times[time]}.`);
  }
  return notes;
}
