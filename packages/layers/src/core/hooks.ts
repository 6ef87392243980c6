// Forward hooks: what is to run before or after a module's forward, until it is removed.

/// <reference lib="esnext.disposable" preserve="true" />

import type { AnyModule } from './module.js';

/** Runs after a forward; what it returns, unless undefined, takes the place of the output. */
export type ForwardHook<Inputs extends readonly unknown[] = readonly unknown[], Output = unknown> = (
  inputs: Inputs,
  output: Output,
  module: AnyModule,
  // biome-ignore lint/suspicious/noConfusingVoidType: a hook that only looks returns nothing
) => Output | undefined | void;

/** Runs before a forward; what it returns, unless undefined, takes the place of the inputs. */
export type ForwardPreHook<Inputs extends readonly unknown[] = readonly unknown[]> = (
  inputs: Inputs,
  module: AnyModule,
  // biome-ignore lint/suspicious/noConfusingVoidType: a hook that only looks returns nothing
) => Inputs | undefined | void;

/** Takes a hook away again: by `remove()`, or at the end of the block with `using`. */
export interface HookHandle {
  /** Takes the hook away. */
  remove(): void;
  [Symbol.dispose](): void;
}

interface Hooks {
  readonly before: Set<ForwardPreHook>;
  readonly after: Set<ForwardHook>;
  /** Gives the module its own forward back. */
  uninstall(): void;
}

type Forward = (...inputs: readonly unknown[]) => unknown;

const hooksOf = new WeakMap<object, Hooks>();

export function addHook(module: AnyModule, when: 'before', hook: ForwardPreHook): HookHandle;
export function addHook(module: AnyModule, when: 'after', hook: ForwardHook): HookHandle;
export function addHook(module: AnyModule, when: 'before' | 'after', hook: ForwardHook | ForwardPreHook): HookHandle {
  const hooks = hooksOf.get(module) ?? install(module);
  const set = hooks[when] as Set<unknown>;
  // Each registration is one of its own, even of the same function.
  const entry = (...args: unknown[]): unknown => (hook as Forward)(...args);
  set.add(entry);
  const remove = (): void => {
    if (set.delete(entry) && hooks.before.size + hooks.after.size === 0) hooks.uninstall();
  };
  return { remove, [Symbol.dispose]: remove };
}

/** Puts a forward that runs hooks in front of the class's own. Modules without hooks pay nothing. */
function install(module: AnyModule): Hooks {
  const forward = module.forward as Forward;
  const own = Object.getOwnPropertyDescriptor(module, 'forward');
  const uninstall = (): void => {
    hooksOf.delete(module);
    if (own === undefined) Reflect.deleteProperty(module, 'forward');
    else Object.defineProperty(module, 'forward', own);
  };
  const hooks: Hooks = { before: new Set(), after: new Set(), uninstall };
  const hooked = (...given: readonly unknown[]): unknown => {
    let inputs = given;
    for (const hook of hooks.before) inputs = hook(inputs, module) ?? inputs;
    let output = forward.apply(module, inputs as unknown[]);
    for (const hook of hooks.after) output = hook(inputs, output, module) ?? output;
    return output;
  };
  // Not enumerable: nothing that a tree of modules is made of.
  Object.defineProperty(module, 'forward', { value: hooked, configurable: true, writable: true, enumerable: false });
  hooksOf.set(module, hooks);
  return hooks;
}
