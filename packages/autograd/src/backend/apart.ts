// Two backends in the words of an error: they may have one name.

import type { Backend } from './backend.js';

/** What to call each of two backends, so that they can be told apart. */
export function apart(a: Pick<Backend, 'name'>, b: Pick<Backend, 'name'>): [string, string] {
  if (a.name !== b.name) return [`the ${a.name} backend`, `the ${b.name} backend`];
  return [`one ${a.name} backend`, `another, made by a second call of ${b.name}()`];
}
