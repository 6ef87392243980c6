// Where the platform keeps a value for each asynchronous task.

import type { Context } from './context.js';

/** Keeps a value through whatever a task waits for. */
export interface TaskStorage {
  readonly get: () => Context | undefined;
  readonly run: <T>(context: Context, body: () => T) => T;
  /** Sets the value without a body, for the rest of this synchronous run and what goes on from it. */
  readonly enter: ((context: Context) => void) | undefined;
}

interface Platform {
  readonly process?: {
    getBuiltinModule?(id: 'node:async_hooks'): { readonly AsyncLocalStorage?: new () => LocalStorage } | undefined;
  };
  readonly AsyncContext?: { readonly Variable?: new () => Variable };
}

/** AsyncLocalStorage of Node, Deno and Bun. */
interface LocalStorage {
  getStore(): Context | undefined;
  run<T>(context: Context, body: () => T): T;
  enterWith(context: Context): void;
}

/** AsyncContext.Variable, where engines have it. */
interface Variable {
  get(): Context | undefined;
  run<T>(context: Context, body: () => T): T;
}

/** What there is here, or undefined. It is made when it is first needed, since it makes promises slower in Node 20. */
export function findStorage(): TaskStorage | undefined {
  const { process, AsyncContext } = globalThis as Platform;
  const AsyncLocalStorage = process?.getBuiltinModule?.('node:async_hooks')?.AsyncLocalStorage;
  if (AsyncLocalStorage !== undefined) {
    const storage = new AsyncLocalStorage();
    return {
      get: () => storage.getStore(),
      run: (context, body) => storage.run(context, body),
      enter: (context) => storage.enterWith(context),
    };
  }
  if (AsyncContext?.Variable !== undefined) {
    const variable = new AsyncContext.Variable();
    return { get: () => variable.get(), run: (context, body) => variable.run(context, body), enter: undefined };
  }
  return undefined;
}
