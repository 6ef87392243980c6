// What the READMEs say of installing: every package that their examples use, from the registry and from a folder of tarballs, and
// that the packages are ES modules. First examples are plain JavaScript.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { extractFromMarkdown } from '../doc-snippets/extract.js';
import { toJavaScript } from '../doc-snippets/to-javascript.js';
import { publicPackages, root } from '../lib/packages.js';
import { importedPackages, installed } from './readmes.js';

const packages = publicPackages();
const peers = new Map(
  packages.map(({ manifest: { name, peerDependencies = {}, peerDependenciesMeta = {} } }) => [
    name,
    Object.keys(peerDependencies).filter((peer) => !peerDependenciesMeta[peer]?.optional),
  ]),
);
const readmes: { file: string; own?: string }[] = [
  { file: 'README.md' },
  ...packages.map(({ folder, manifest }) => ({ file: `packages/${folder}/README.md`, own: manifest.name })),
];

describe.each(readmes)('$file', ({ file, own }) => {
  const text = readFileSync(join(root, file), 'utf8');
  const { snippets } = extractFromMarkdown(text);
  const { fromRegistry, fromFolder } = installed(text);

  test('its install lines name the package, and every package that its examples import', () => {
    const imported = new Set(snippets.flatMap(({ code }) => importedPackages(code)));
    if (own !== undefined) imported.add(own);
    expect([...imported].filter((name) => !fromRegistry.has(name))).toEqual([]);
  });

  test('what is installed from a folder is the same', () => {
    expect([...fromFolder].sort()).toEqual([...fromRegistry].sort());
    expect(text).toContain('npm run pack -- ../packed');
  });

  test('nothing that they need is left to the registry', () => {
    const needed = [...fromFolder].flatMap((name) => peers.get(name) ?? []);
    expect(needed.filter((name) => !fromFolder.has(name))).toEqual([]);
  });

  test('it says that the packages are ES modules', () => {
    expect(text).toContain('`"type": "module"`');
  });

  test('its first example is plain JavaScript as it stands', () => {
    const [first] = snippets;
    expect(toJavaScript(first!.code)).toBe(first!.code);
    expect(first).toMatchObject({ run: true, needsUsing: false });
  });
});
