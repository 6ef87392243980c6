// What is ambient, such as the open scope and the backend in use: one record, which every asynchronous task has for itself
// where the platform can tell tasks apart.

import type { Backend } from '../backend/backend.js';
import type { Differentiated } from '../graph/anomaly.js';
import type { Run } from '../graph/once-per-forward.js';
import type { Tracer } from '../graph/trace.js';
import type { Scope } from '../memory/scope.js';
import type { Generator } from '../tensor/random.js';
import * as inTurn from './in-turn.js';
import { findStorage, type TaskStorage } from './storage.js';

/** The backends of a context. Contexts that do not choose their own share one record, so that useBackend reaches them all. */
export interface Chosen {
  /** The one for new tensors first, then those that it may fall back on. */
  backends: readonly Backend[];
  /** With `strict`, an op without a kernel is an error. */
  strict: boolean;
}

export class Context {
  outer: Context | undefined;
  /** The innermost scope that is open. */
  scope: Scope | undefined;
  /** Whether ops are recorded for the gradient. */
  recording: boolean;
  /** Whether every result is checked for NaN and infinities. */
  anomaly: boolean;
  chosen: Chosen;
  /** Undefined for the one that all share. */
  generator: Generator | undefined;
  /** The call whose gradient is being computed, in anomaly mode. */
  differentiating: Differentiated | undefined;
  /** The run of a checkpoint that is under way. */
  checkpoint: Run | undefined;
  /** How many calls of grad are evaluating their function. */
  gradDepth: number;
  /** What is told of each op. */
  tracer: Tracer | undefined;
  /** An ended context stands for the one around it: what its body has left running goes on there. */
  isEnded = false;
  /** What made it, and where, for those that may overlap. */
  madeBy: inTurn.Place | undefined = undefined;

  constructor(outer: Context | undefined) {
    this.outer = outer;
    this.scope = outer?.scope;
    this.recording = outer?.recording ?? true;
    this.anomaly = outer?.anomaly ?? false;
    this.chosen = outer?.chosen ?? { backends: [], strict: false };
    this.generator = outer?.generator;
    this.differentiating = outer?.differentiating;
    this.checkpoint = outer?.checkpoint;
    this.gradDepth = outer?.gradDepth ?? 0;
    this.tracer = outer?.tracer;
  }
}

const root = /* @__PURE__ */ new Context(undefined);
/** How many contexts but the first one have not ended. Without any, nobody needs to be asked which one holds. */
let live = 0;
/** Undefined where the platform has none; null until it was looked for. */
let storage: TaskStorage | undefined | null = null;

/** The record that holds here and now. */
export function currentContext(): Context {
  if (live === 0) return root;
  if (storage == null) return inTurn.current(root);
  const context = storage.get();
  return context === undefined || context.isEnded ? alive(context ?? root) : context;
}

function alive(context: Context): Context {
  let found = context;
  while (found.isEnded) found = found.outer!;
  return found;
}

function begin(context: Context): Context {
  if (storage === null) storage = findStorage();
  live++;
  return context;
}

function end(context: Context): void {
  if (context.isEnded) return;
  context.isEnded = true;
  live--;
  // Whatever was begun in it may hold it for long.
  context.scope = undefined;
  context.chosen = root.chosen;
}

/**
 * Runs `body` in a context of its own, which `change` makes different; for an asynchronous body it holds until the promise settles, and
 * for what the body itself goes on with only.
 */
export function inContext<T>(what: string, change: (context: Context) => void, body: () => T): T {
  const context = begin(new Context(currentContext()));
  change(context);
  if (storage == null) return inTurn.run(context, what, body, end);
  let result: T;
  try {
    result = storage.run(context, body);
  } catch (error) {
    end(context);
    throw error;
  }
  if (result instanceof Promise) return result.finally(() => end(context)) as T;
  end(context);
  return result;
}

/**
 * A context that holds from now on, here and in what goes on from here, until the function that is returned ends it; undefined where
 * that cannot be had.
 */
export function enterContext(change: (context: Context) => void): (() => void) | undefined {
  if (storage === null) storage = findStorage();
  if (storage?.enter === undefined) return undefined;
  const { enter, get } = storage;
  const outer = currentContext();
  const context = begin(new Context(outer));
  change(context);
  enter(context);
  return () => {
    end(context);
    if (get() === context) enter(alive(outer));
  };
}

/** Sets one part of the record while a body runs that does not wait. */
export function during<K extends 'recording' | 'differentiating' | 'checkpoint' | 'gradDepth' | 'tracer', T>(
  part: K,
  value: Context[K],
  body: () => T,
): T {
  const context = currentContext();
  const former = context[part];
  context[part] = value;
  try {
    return body();
  } finally {
    context[part] = former;
  }
}

/** @internal For tests: how tasks are told apart from now on. */
export function tellTasksApart(how: 'as the platform can' | 'not at all'): void {
  if (live > 0) throw new Error('tellTasksApart: something is still open');
  storage = how === 'not at all' ? undefined : findStorage();
}

/** Whether overlapping tasks have contexts of their own here. */
export function tasksAreApart(): boolean {
  if (storage === null) storage = findStorage();
  return storage !== undefined;
}
