// What a package lets others import.

import type { Manifest } from '../lib/packages.js';

/** `['@dl/autograd', '@dl/autograd/samples']`. */
export function entryPoints({ name, exports = {} }: Manifest): string[] {
  return Object.keys(exports)
    .filter((key) => key !== './package.json')
    .map((key) => name + key.slice(1));
}

/** An entry point named `node` or `terminal` is for Node alone; all others must work in a browser too. */
export const isForNode = (entryPoint: string): boolean => /^@[^/]+\/[^/]+\/(node|terminal)(\/|$)/.test(entryPoint);
