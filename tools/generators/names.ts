// Which names a generator takes, and what it says of the others.

import { nearest } from '../lib/nearest.js';
import { Refusal } from './plan.js';

/** `scaledTanh` → `scaled-tanh`. */
export function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replace(/^-/, '');
}

const RESERVED = new Set(
  `arguments await break case catch class const continue debugger default delete do else enum eval export extends false
  finally for function if implements import in instanceof interface let new null package private protected public return
  static super switch this throw true try typeof undefined var void while with yield constructor`.split(/\s+/),
);

/** True, or what is wrong with the form of a name. */
export function checkName(name: string, first: 'lower' | 'upper'): true | string {
  const right = first === 'lower' ? /^[a-z][A-Za-z0-9]*$/ : /^[A-Z][A-Za-z0-9]*$/;
  const example = first === 'lower' ? 'scaledTanh' : 'ScaledTanh';
  if (!right.test(name)) return `'${name}' is not a name in the form of ${example}`;
  return !RESERVED.has(name) || `'${name}' is a word of the language; choose another name`;
}

/** Throws for a name of the wrong form, and for one that is taken. */
export function needFreeName(
  name: string,
  first: 'lower' | 'upper',
  taken: Readonly<Record<string, Iterable<string>>>,
): void {
  const form = checkName(name, first);
  if (form !== true) throw new Refusal(form);
  for (const [where, names] of Object.entries(taken)) {
    if (new Set(names).has(name)) throw new Refusal(`${name} is ${where} already; choose another name`);
  }
}

/** Throws for a name that is none of these, with the one that was probably meant, or all where they are few. */
export function needOneOf(what: string, name: string, names: readonly string[]): void {
  if (names.includes(name)) return;
  const meant = nearest(name, names);
  const help =
    meant === undefined ? (names.length > 20 ? '' : `; there are ${names.join(', ')}`) : `; did you mean ${meant}?`;
  throw new Refusal(`there is no ${what} '${name}'${help}`);
}
