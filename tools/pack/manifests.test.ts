// What every package.json says, so that the registry can show and find the packages.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { publicPackages, readJson, root, workspacePackages } from '../lib/packages.js';

const manifests = publicPackages().map(({ path }) => readJson<Record<string, unknown>>(join(path, 'package.json')));

test('all packages have one version, and changesets keep it so', () => {
  expect(new Set(workspacePackages().map(({ manifest }) => manifest.version)).size).toBe(1);
  const config = JSON.parse(readFileSync(join(root, '.changeset/config.json'), 'utf8')) as { fixed: string[][] };
  expect(config.fixed).toEqual([['@dl/*']]);
});

test.each(manifests.map((manifest) => [manifest.name as string, manifest] as const))(
  '%s can be found',
  (_, manifest) => {
    expect(manifest).toMatchObject({ license: 'MIT', type: 'module', engines: { node: '>=20.19' } });
    expect(manifest.description).toMatch(/^[A-Z].{20,}\.$/);
    const keywords = manifest.keywords as string[];
    expect(keywords).toEqual(expect.arrayContaining(['deep-learning', 'machine-learning', 'typescript']));
    expect(keywords.length).toBeGreaterThanOrEqual(6);
    expect(new Set(keywords).size).toBe(keywords.length);
  },
);
