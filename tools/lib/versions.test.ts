// A version.ts says the version of its package.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { workspacePackages } from './packages.js';

const withVersion = workspacePackages().filter(({ path }) => existsSync(join(path, 'src/version.ts')));

test('there are some', () => {
  expect(withVersion.length).toBeGreaterThan(2);
});

test.each(withVersion.map(({ folder, path, manifest }) => [folder, path, manifest.version] as const))(
  '%s',
  (_, path, version) => {
    const [, said] = /version = '([^']*)'/.exec(readFileSync(join(path, 'src/version.ts'), 'utf8')) ?? [];
    expect(said).toBe(version);
  },
);
