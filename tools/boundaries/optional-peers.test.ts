// That what an optional peer is for is loaded by the entry points that need it, and by no other: the main entry of a package works without it.

import { expect, test } from 'vitest';
import { workspacePackages } from '../lib/packages.js';
import { loadedBy } from './optional-peers.js';

/** Entry points that say in their README that they need them. */
const needing: readonly string[] = ['@dl/attention/node', '@dl/lm/neural'];

interface Optional {
  readonly exports?: Readonly<Record<string, { readonly '@dl/source'?: string }>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

const cases = workspacePackages().flatMap(({ path, manifest }) => {
  const { exports = {}, peerDependenciesMeta = {} } = manifest as Optional;
  const optional = Object.keys(peerDependenciesMeta).filter((name) => peerDependenciesMeta[name]?.optional);
  if (optional.length === 0) return [];
  return Object.entries(exports).flatMap(([key, { '@dl/source': source }]) =>
    source === undefined ? [] : [[manifest.name + key.slice(1), path, source, optional] as const],
  );
});

test('there are such entry points', () => {
  expect(cases.map(([name]) => name)).toEqual(expect.arrayContaining(['@dl/lm', '@dl/lm/node', ...needing]));
});

test.each(cases)('%s', (name, path, source, optional) => {
  const loaded = loadedBy(path, source).filter(({ from }) =>
    optional.some((peer) => `${from}/`.startsWith(`${peer}/`)),
  );
  if (needing.includes(name)) expect(loaded).not.toEqual([]);
  else expect(loaded).toEqual([]);
});
