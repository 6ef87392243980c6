// Contexts where the platform keeps nothing for a task, as in browsers: the newest one that has not ended holds for all. What shows that
// two tasks overlap is an error, for one of them has then seen what the other one set.

import { ContextError } from '../errors.js';
import { captureSite, describeSite } from '../memory/site.js';
import type { Context } from './context.js';

export interface Place {
  /** The function, as in `withBackend`. */
  readonly what: string;
  readonly where: Error;
}

/** What holds in this synchronous run. */
let here: Context | undefined;
/** What will hold when this synchronous run is over: the innermost of those whose body waits now. */
let next: Context | undefined;
let isWatched = false;
/** Counts synchronous runs, as far as anybody asked. */
let runs = 0;

export function current(root: Context): Context {
  return here ?? root;
}

/** The number of this synchronous run: code that waited for anything has another one. */
export function thisRun(): number {
  if (!isWatched) {
    isWatched = true;
    // Whatever a body will wait for comes after this, since it was not waited for yet.
    queueMicrotask(() => {
      isWatched = false;
      runs++;
      if (next !== undefined) here = alive(next);
      next = undefined;
    });
  }
  return runs;
}

export function run<T>(context: Context, what: string, body: () => T, end: (context: Context) => void): T {
  thisRun();
  const close = (): void => {
    end(context);
    here = here && alive(here);
    next = next && alive(next);
  };
  const before = here;
  here = context;
  let result: T;
  try {
    result = body();
  } catch (error) {
    close();
    throw error;
  }
  if (!(result instanceof Promise)) {
    close();
    return result;
  }
  // Below, the caller goes on, not the body.
  here = before && alive(before);
  context.madeBy = { what, where: captureSite() };
  const other = next;
  if (other === undefined) {
    next = context;
  } else if (!isWithin(other, context)) {
    if (!isAlike(other, context)) {
      close();
      result.catch(() => undefined);
      return Promise.reject(overlap(other, context)) as T;
    }
    context.outer = other;
    next = context;
  }
  return result.then(
    (value) => {
      const inner = openWithin(context);
      close();
      if (inner !== undefined) throw overlap(context, inner);
      return value;
    },
    (error) => {
      close();
      throw error;
    },
  ) as T;
}

function alive(context: Context): Context | undefined {
  let found: Context | undefined = context;
  while (found?.isEnded) found = found.outer;
  return found;
}

function isWithin(inner: Context, outer: Context): boolean {
  for (let at: Context | undefined = inner; at !== undefined; at = at.outer) if (at === outer) return true;
  return false;
}

/** Something else that was begun since, and has not ended. Code that awaits what it begins leaves nothing. */
function openWithin(context: Context): Context | undefined {
  let found: Context | undefined;
  for (let at = next ?? here; at !== undefined; at = at.outer) {
    if (at === context) return found;
    if (!at.isEnded && !isAlike(at, context)) found = at;
  }
  return undefined;
}

/** Whether nobody can tell which of the two holds. */
function isAlike(a: Context, b: Context): boolean {
  return (
    a.scope === b.scope &&
    a.recording === b.recording &&
    a.anomaly === b.anomaly &&
    a.generator === b.generator &&
    a.chosen.strict === b.chosen.strict &&
    a.chosen.backends.length === b.chosen.backends.length &&
    a.chosen.backends.every((backend, i) => backend === b.chosen.backends[i])
  );
}

function overlap(first: Context, second: Context): ContextError {
  return new ContextError(
    `${describe(second.madeBy)} began while ${describe(first.madeBy)} had not ended, and tasks cannot be told apart here; ` +
      'await the first before the second begins, or the second inside the first',
  );
}

function describe(place: Place | undefined): string {
  return place === undefined ? 'an asynchronous task' : `an asynchronous ${place.what}${describeSite(place.where)}`;
}

/** The asynchronous override that holds now although the code that runs may not be its own, for messages; undefined without one. */
export function heldOver(): string | undefined {
  for (let at = here; at !== undefined; at = at.outer) {
    if (at.madeBy !== undefined && !at.isEnded) return describe(at.madeBy);
  }
  return undefined;
}
